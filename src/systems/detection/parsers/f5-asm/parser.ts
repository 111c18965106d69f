import { cefAt, readCef } from "../cef/read.ts";
import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { jsonRecord, textOf } from "../text/json.ts";
import { isNothing, readPairs } from "../text/pairs.ts";
import { table } from "../text/table.ts";
import { anyTime } from "../text/time.ts";

const TABLE = fieldTable("f5.asm.", {
  ip_client: "source.ip",
  src_port: "source.port",
  dest_ip: "destination.ip",
  dest_port: "destination.port",
  geo_location: "source.geo.country_iso_code",
  method: "http.request.method",
  uri: "url.original",
  query_string: "url.query",
  response_code: "http.response.status_code",
  protocol: "network.protocol",
  username: "user.name",
  policy_name: "rule.ruleset",
  sig_ids: "rule.id",
  sig_names: "rule.name",
  attack_type: "rule.category",
  support_id: "event.id",
  unit_hostname: "observer.name",
  management_ip_address: "observer.ip",
  x_forwarded_for_header_value: "client.ip",
  user_agent: "user_agent.original",
  session_id: "network.session_id",
  date_time: "",
  request_status: "",
  request: "",
});

function isAsm(message: string): boolean {
  if (message.startsWith("{"))
    return (
      message.includes('"support_id"') &&
      /"req(uest)?_status"/.test(message) &&
      message.includes('"ip_client"')
    );
  return (message.includes('request_status="') && message.includes('support_id="')) || isAsmCef(message);
}

function isAsmCef(message: string): boolean {
  const at = cefAt(message);
  return at >= 0 && message.startsWith("F5|ASM|", at + 6);
}

/** Names in Telemetry Streaming and in CEF that are shorter than those of the key-value format. */
const SAME = table<string>({
  req_status: "request_status",
  resp_code: "response_code",
  query_str: "query_string",
  x_fwd_hdr_val: "x_forwarded_for_header_value",
  manage_ip_addr: "management_ip_address",
  unit_host: "unit_hostname",
  hostname: "unit_hostname",
  req: "request",
  geo_info: "geo_location",
});

/** The CEF format's keys and what they hold here. */
const CEF_NAMES = table<string>({
  act: "request_status",
  src: "ip_client",
  spt: "src_port",
  dst: "dest_ip",
  dpt: "dest_port",
  requestmethod: "method",
  app: "protocol",
  externalid: "support_id",
  rt: "date_time",
  dvchost: "unit_hostname",
  dvc: "management_ip_address",
  request: "uri",
  suser: "username",
});

function pairsOf(message: string): Map<string, string> | undefined {
  const pairs = new Map<string, string>();
  if (message.startsWith("{")) {
    const record = jsonRecord(message);
    if (record === undefined) return undefined;
    for (const [key, value] of Object.entries(record)) {
      const text = textOf(value);
      if (text !== undefined && !isNothing(text)) pairs.set(SAME[key] ?? key, text);
    }
    return pairs;
  }
  if (!isAsmCef(message)) {
    const text = message.startsWith("ASM:") ? message.slice(4) : message;
    // Quotes within a value are doubled; a pair of them alone is an empty value.
    return readPairs(text.includes('""') ? text.replaceAll(/(?<!=)""/g, "'") : text, { gap: "," });
  }
  const line = readCef(message);
  if (line === undefined) return undefined;
  const raw = readPairs(line.extension);
  for (const [key, value] of raw) {
    if (key.endsWith("label")) continue;
    pairs.set(raw.get(`${key}label`) ?? CEF_NAMES[key] ?? key, value);
  }
  pairs.set("sig_ids", line.head[3] ?? "");
  pairs.set("sig_names", line.head[4] ?? "");
  return pairs;
}

/** F5 BIG-IP ASM (Advanced WAF): key-value and CEF of its remote logging, JSON of Telemetry Streaming. */
export const f5Asm = defineParser({
  id: "f5-asm",
  product: "F5 BIG-IP ASM",
  accepts: (message) => isAsm(message),
  parse(message, context) {
    const pairs = isAsm(message) ? pairsOf(message) : undefined;
    if (pairs === undefined) return undefined;
    const draft = draftOf("f5", "f5.asm", "F5", "BIG-IP ASM", "waf");
    // Nothing was answered.
    if (pairs.get("response_code") === "0") pairs.delete("response_code");
    for (const [key, value] of pairs) if (value === "" || isNothing(value)) pairs.delete(key);
    placeAll(draft, TABLE, pairs);
    timeField(draft, anyTime(pairs.get("date_time") ?? "", context));
    const status = (pairs.get("request_status") ?? "").toLowerCase();
    const denied = status === "blocked";
    if (pairs.has("violations") || pairs.has("sig_ids") || pairs.has("attack_type"))
      draft["event.kind"] = "alert";
    kindFields(
      draft,
      status === "" ? "request" : status,
      ["intrusion_detection", "web", "network"],
      ["access", denied ? "denied" : "allowed"],
      denied ? "failure" : "success",
    );
    put(draft, "log.level", pairs.get("severity"));
    const request = pairs.get("request");
    if (request !== undefined) requestFields(draft, request);
    wholeUrl(draft);
    return draft;
  },
});

function wholeUrl(draft: EcsDraft): void {
  const { "url.domain": host, "url.path": path, "url.query": query, "network.protocol": scheme } = draft;
  if (typeof host !== "string" || typeof path !== "string" || (scheme !== "http" && scheme !== "https"))
    return;
  draft["url.scheme"] ??= scheme;
  draft["url.full"] ??= `${scheme}://${host}${path}${typeof query === "string" ? `?${query}` : ""}`;
}

/** The head of the request as the client sent it, its line ends written `\r\n`. */
function requestFields(draft: EcsDraft, request: string): void {
  draft["f5.asm.request"] = request;
  for (const part of request.split("\\r\\n")) {
    const colon = part.indexOf(": ");
    const name = colon > 0 && colon < 20 ? part.slice(0, colon).toLowerCase() : "";
    if (name === "host") put(draft, "url.domain", part.slice(colon + 2));
    else if (name === "user-agent") put(draft, "user_agent.original", part.slice(colon + 2));
    else if (name === "referer") put(draft, "http.request.referrer", part.slice(colon + 2));
  }
}
