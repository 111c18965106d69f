import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
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
  return message.includes('request_status="') && message.includes('support_id="');
}

/** F5 BIG-IP ASM (Advanced WAF): the key-value storage format of its remote logging. */
export const f5Asm = defineParser({
  id: "f5-asm",
  product: "F5 BIG-IP ASM",
  accepts: (message) => isAsm(message),
  parse(message, context) {
    if (!isAsm(message)) return undefined;
    const text = message.startsWith("ASM:") ? message.slice(4) : message;
    const pairs = readPairs(text, { gap: "," });
    const draft = draftOf("f5", "f5.asm", "F5", "BIG-IP ASM", "waf");
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
    return draft;
  },
});

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
