import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { isNothing, quotedAt } from "../text/pairs.ts";
import { epochOf } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

const TABLE = fieldTable("checkpoint.", {
  src: "source.ip",
  client_ip: "source.ip",
  dst: "destination.ip",
  s_port: "source.port",
  service: "destination.port",
  proto: "network.transport",
  xlatesrc: "source.nat.ip",
  xlatedst: "destination.nat.ip",
  xlatesport: "source.nat.port",
  xlatedport: "destination.nat.port",
  origin: "observer.ip",
  product: "observer.product",
  ifname: "observer.ingress.interface.name",
  inzone: "observer.ingress.zone",
  outzone: "observer.egress.zone",
  rule_name: "rule.name",
  rule_uid: "rule.uuid",
  action: "event.action",
  loguid: "event.id",
  sequencenum: "event.sequence",
  user: "user.name",
  src_user_name: "user.name",
  administrator: "user.name",
  appi_name: "network.application",
  resource: "url.original",
  file_name: "file.name",
  file_md5: "file.hash.md5",
  file_sha1: "file.hash.sha1",
  file_sha256: "file.hash.sha256",
  reason: "event.reason",
  bytes: "network.bytes",
  sent_bytes: "source.bytes",
  received_bytes: "destination.bytes",
  client_outbound_bytes: "source.bytes",
  client_inbound_bytes: "destination.bytes",
  time: "",
  version: "",
});

const START = '[action:"';

/** Where the list of pairs opens: the Log Exporter's order puts the action first, other orders begin with flags or time. */
function isList(message: string): boolean {
  if (message.startsWith(START)) return true;
  return message.startsWith("[") && message.slice(1, 40).includes(':"') && message.includes('; loguid:"');
}

/** `key:"value"; key::"value"; ` in one pass; what is cut off at the end is let be. Of a key that comes twice the first counts. */
function pairsOf(message: string): Map<string, string> {
  const pairs = new Map<string, string>();
  let at = 1;
  while (at < message.length) {
    const colon = message.indexOf(":", at);
    if (colon < 0) break;
    const key = message.slice(at, colon).trim();
    const open = message[colon + 1] === ":" ? colon + 2 : colon + 1;
    if (message[open] !== '"' || key.includes(" ")) break;
    const read = quotedAt(message, open);
    if (!isNothing(read.value) && !pairs.has(key)) pairs.set(key.toLowerCase(), read.value);
    at = message[read.end] === ";" ? read.end + 1 : read.end;
  }
  return pairs;
}

/** Check Point: the syslog format of the Log Exporter. */
export const checkPoint = defineParser({
  id: "check-point",
  product: "Check Point",
  begins: "[",
  accepts: (message) => isList(message),
  parse(message) {
    if (!isList(message)) return undefined;
    const pairs = pairsOf(message);
    const draft = draftOf("checkpoint", "checkpoint.firewall", "Check Point", "", "firewall");
    delete draft["observer.product"];
    placeAll(draft, TABLE, pairs);
    draft["observer.product"] ??= "Firewall";
    timeField(draft, epochOf(pairs.get("time") ?? ""));
    kindOf(draft, pairs);
    for (const side of ["source", "destination"]) {
      if (draft[`${side}.nat.ip`] === "0.0.0.0") delete draft[`${side}.nat.ip`];
      if (draft[`${side}.nat.port`] === 0) delete draft[`${side}.nat.port`];
    }
    return draft;
  },
});

const CONFIGURING = ["login", "log in", "log out", "logout", "failed log in", "authorize", "deauthorize"];

function kindOf(draft: EcsDraft, pairs: Map<string, string>): void {
  const action = pairs.get("action") ?? "";
  const lower = action.toLowerCase();
  const attack = pairs.get("attack") ?? pairs.get("protection_name");
  if (
    attack !== undefined ||
    pairs.has("malware_action") ||
    lower === "detect" ||
    lower === "prevent" ||
    lower === "quarantine"
  ) {
    draft["event.kind"] = "alert";
    const malware = pairs.has("malware_action") || lower === "quarantine";
    kindFields(draft, action, [malware ? "malware" : "intrusion_detection", "network"], ["info"]);
    if (attack !== undefined) draft["rule.name"] = attack;
  } else if (CONFIGURING.includes(lower)) {
    const failed = lower.startsWith("failed");
    kindFields(
      draft,
      action,
      ["authentication"],
      [lower.includes("out") ? "end" : "start"],
      failed ? "failure" : "success",
    );
    return;
  } else {
    kindFields(draft, action === "" ? "log" : action, ["network"], ["connection"]);
  }
  verdictFields(draft, lower);
  put(draft, "network.direction", pairs.get("ifdir"));
  const severity = pairs.get("severity") ?? "";
  if (severity.length > 1) put(draft, "log.level", severity);
}
