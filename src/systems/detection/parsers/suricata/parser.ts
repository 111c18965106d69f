import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp } from "../text/address.ts";
import { draftOf, fieldTable, kindFields, put, timeField } from "../text/fields.ts";
import { jsonRecord, placeRecord, textOf } from "../text/json.ts";
import { isoAt, isoText } from "../text/time.ts";

const TABLE = fieldTable("suricata.eve.", {
  timestamp: "",
  event_type: "",
  src_ip: "source.ip",
  src_port: "source.port",
  dest_ip: "destination.ip",
  dest_port: "destination.port",
  proto: "network.transport",
  app_proto: "network.protocol",
  in_iface: "observer.ingress.interface.name",
  flow_id: "network.session_id",
  host: "observer.name",
  community_id: "network.community_id",
  "ether.src_mac": "source.mac",
  "ether.dest_mac": "destination.mac",
  "alert.signature_id": "rule.id",
  "alert.signature": "rule.name",
  "alert.category": "rule.category",
  "alert.rev": "rule.version",
  "alert.severity": "event.severity",
  "alert.action": "event.action",
  "netflow.bytes": "source.bytes",
  "netflow.pkts": "source.packets",
  "netflow.start": "",
  "netflow.end": "",
  "netflow.age": "",
  "flow.bytes_toserver": "source.bytes",
  "flow.bytes_toclient": "destination.bytes",
  "flow.pkts_toserver": "source.packets",
  "flow.pkts_toclient": "destination.packets",
  "flow.reason": "event.reason",
  "dns.rrname": "dns.question.name",
  "dns.rrtype": "dns.question.type",
  "dns.rcode": "dns.response_code",
  "dns.id": "dns.id",
  "http.hostname": "url.domain",
  "http.url": "url.original",
  "http.http_method": "http.request.method",
  "http.http_user_agent": "user_agent.original",
  "http.http_refer": "http.request.referrer",
  "http.status": "http.response.status_code",
  "http.length": "http.response.bytes",
  "http.http_content_type": "http.response.mime_type",
  "http.protocol": "http.version",
  "smtp.mail_from": "email.from.address",
  "smtp.rcpt_to": "email.to.address",
  "email.from": "email.from.address",
  "email.to": "email.to.address",
  "email.subject": "email.subject",
  "krb5.cname": "user.name",
  "krb5.realm": "user.domain",
  "smb.filename": "file.path",
  "flow.start": "",
  "flow.end": "",
  "flow.age": "",
  "tls.sni": "tls.client.server_name",
  "tls.subject": "tls.server.subject",
  "tls.issuerdn": "tls.server.issuer",
  "tls.version": "tls.version",
  "tls.fingerprint": "tls.server.hash.sha1",
  "tls.ja3.hash": "tls.client.ja3",
  "tls.ja3s.hash": "tls.server.ja3s",
  "fileinfo.filename": "file.path",
  "fileinfo.size": "file.size",
  "fileinfo.md5": "file.hash.md5",
  "fileinfo.sha1": "file.hash.sha1",
  "fileinfo.sha256": "file.hash.sha256",
});

function isEve(message: string): boolean {
  return (
    message.startsWith("{") &&
    message.includes('"event_type"') &&
    message.includes('"timestamp"') &&
    (message.includes('"flow_id"') || message.includes('"stats"') || message.includes('"src_ip"'))
  );
}

/** Suricata's EVE log: alerts, flows and what its protocols say. */
export const suricata = defineParser({
  id: "suricata",
  product: "Suricata EVE",
  begins: "{",
  accepts: (message) => isEve(message),
  parse(message, context) {
    const record = jsonRecord(message);
    const type = record?.event_type;
    if (record === undefined || typeof type !== "string") return undefined;
    const draft = draftOf("suricata", "suricata.eve", "OISF", "Suricata", "ids");
    draft["suricata.eve.event_type"] = type;
    placeRecord(draft, TABLE, record);
    timeField(draft, isoAt(textOf(record["timestamp"]) ?? "", 0, context)?.at);
    flowTimes(draft, record, context);
    kindOf(draft, type, record);
    wholeUrl(draft, record);
    plainFields(draft);
    return draft;
  },
});

/** The address as a whole, out of host, port and path. */
function wholeUrl(draft: EcsDraft, record: EcsDraft): void {
  const { "url.domain": host, "url.original": path } = draft;
  if (typeof host !== "string" || typeof path !== "string" || !path.startsWith("/")) return;
  const port = textOf(record["http.http_port"]);
  const said = port === undefined || port === "80" ? "" : `:${port}`;
  const name = host.includes(":") ? `[${host}]` : host;
  draft["url.scheme"] ??= "http";
  draft["url.full"] ??= `http://${name}${said}${path}`;
  if (port !== undefined) put(draft, "url.port", port);
}

/** `<a@example>` and `TLS 1.2` as ECS writes them. */
function plainFields(draft: EcsDraft): void {
  for (const field of ["email.from.address", "email.to.address"]) {
    const text = draft[field];
    if (typeof text === "string" && text.startsWith("<") && text.endsWith(">"))
      draft[field] = text.slice(1, -1);
  }
  const version = draft["tls.version"];
  const found = typeof version === "string" ? /^(TLS|SSL)v? ?(\d(?:\.\d)?)$/.exec(version) : null;
  if (found === null) return;
  draft["tls.version_protocol"] = String(found[1]).toLowerCase();
  draft["tls.version"] = String(found[2]);
}

/** When the flow began and ended, and how long it lasted. */
function flowTimes(draft: EcsDraft, record: EcsDraft, context: ParseContext): void {
  for (const side of ["start", "end"]) {
    const said = textOf(record[`flow.${side}`]) ?? textOf(record[`netflow.${side}`]);
    const at = isoAt(said ?? "", 0, context)?.at;
    if (at !== undefined) draft[`event.${side}`] = isoText(at);
  }
  const seconds = Number(record["flow.age"] ?? record["netflow.age"]);
  if (seconds >= 0 && seconds < 9_000_000) draft["event.duration"] = Math.floor(seconds) * 1_000_000_000;
  const version = draft["http.version"];
  if (typeof version === "string") draft["http.version"] = version.replace(/^HTTP\//, "");
}

/** Version 3 of the DNS record has its questions in a list. */
function questionFields(draft: EcsDraft, record: EcsDraft): void {
  const text = record["dns.queries"] ?? record["dns.query"];
  const [question] = listOf(text);
  put(draft, "dns.question.name", textOf(question?.["rrname"]));
  put(draft, "dns.question.type", textOf(question?.["rrtype"]));
  const data = listOf(record["dns.answers"]).flatMap((answer) => textOf(answer["rdata"]) ?? []);
  if (data.length === 0) return;
  draft["dns.answers.data"] = data;
  const addresses = data.filter(isIp);
  if (addresses.length > 0) draft["dns.resolved_ip"] ??= addresses;
}

/** Lists of objects are kept as JSON in a flat record. */
function listOf(text: unknown): Record<string, unknown>[] {
  if (typeof text !== "string" || !text.startsWith("[")) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list)
      ? list.filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null)
      : [];
  } catch {
    return [];
  }
}

function kindOf(draft: EcsDraft, type: string, record: EcsDraft): void {
  switch (type) {
    case "alert": {
      const denied = record["alert.action"] === "blocked";
      draft["event.kind"] = "alert";
      kindFields(
        draft,
        textOf(record["alert.action"]) ?? "alert",
        ["intrusion_detection", "network"],
        [denied ? "denied" : "allowed"],
        denied ? "failure" : "success",
      );
      break;
    }
    case "dns":
      kindFields(
        draft,
        record["dns.type"] === "answer" || record["dns.type"] === "response" ? "reply" : "query",
        ["network"],
        ["protocol", "info"],
      );
      if (record["dns.type"] !== undefined)
        draft["dns.type"] = draft["event.action"] === "reply" ? "answer" : "query";
      if (draft["dns.response_code"] !== undefined)
        draft["event.outcome"] = draft["dns.response_code"] === "NOERROR" ? "success" : "failure";
      draft["network.protocol"] = "dns";
      questionFields(draft, record);
      answers(draft, record["dns.grouped.A"], record["dns.grouped.AAAA"]);
      break;
    case "http":
      kindFields(draft, "request", ["web", "network"], ["access"]);
      break;
    case "flow":
    case "netflow":
      kindFields(draft, "flow", ["network"], ["connection", "end"]);
      break;
    case "fileinfo":
      kindFields(draft, "file", ["file", "network"], ["info"]);
      break;
    case "drop":
      kindFields(draft, "drop", ["network"], ["connection", "denied"], "failure");
      break;
    case "smtp":
      kindFields(draft, "smtp", ["email", "network"], ["protocol", "info"]);
      break;
    case "stats":
      draft["event.kind"] = "metric";
      kindFields(draft, "stats", ["host"], ["info"]);
      break;
    default:
      kindFields(draft, type, ["network"], ["protocol", "info"]);
  }
  put(draft, "destination.domain", textOf(draft["url.domain"]) ?? textOf(draft["tls.client.server_name"]));
}

function answers(draft: EcsDraft, ...lists: readonly unknown[]): void {
  const found = lists.flat().filter((value): value is string => typeof value === "string");
  if (found.length > 0) draft["dns.resolved_ip"] ??= found;
}
