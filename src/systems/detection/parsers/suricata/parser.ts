import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, put, timeField } from "../text/fields.ts";
import { jsonRecord, placeRecord, textOf } from "../text/json.ts";
import { isoAt } from "../text/time.ts";

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
    kindOf(draft, type, record);
    return draft;
  },
});

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
        record["dns.type"] === "answer" ? "reply" : "query",
        ["network"],
        ["protocol", "info"],
      );
      if (record["dns.type"] !== undefined) draft["dns.type"] = record["dns.type"];
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
  if (found.length > 0) draft["dns.resolved_ip"] = found;
}
