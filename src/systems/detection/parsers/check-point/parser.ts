import { cefAt, readCef } from "../cef/read.ts";
import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { isNothing, quotedAt, readPairs } from "../text/pairs.ts";
import { table } from "../text/table.ts";
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
  rule: "rule.id",
  hostname: "observer.name",
  service_id: "network.protocol",
  protection_id: "rule.id",
  user_name: "user.name",
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
  user_agent: "user_agent.original",
  method: "http.request.method",
  file_size: "file.size",
  app_category: "rule.category",
  matched_category: "rule.category",
  elapsed: "",
  client_outbound_bytes: "source.bytes",
  client_inbound_bytes: "destination.bytes",
  time: "",
  version: "",
});

const START = '[action:"';

/** Where the list of pairs opens: the Log Exporter's order puts the action first, other orders begin with flags or time. */
function isList(message: string): boolean {
  if (message.startsWith(START)) return true;
  if (!message.startsWith("[") || !message.slice(1, 40).includes(':"')) return false;
  return (
    message.includes('; loguid:"') || (message.includes('; origin:"') && message.includes('; product:"'))
  );
}

/** The Log Exporter's generic format: `time=1795399870|hostname=gw|product=Firewall|action=Drop|...`. */
function isBarred(message: string): boolean {
  return message.includes("|product=") && message.includes("|loguid=") && message.includes("|origin=");
}

function isCheckPointCef(message: string): boolean {
  const at = cefAt(message);
  return at >= 0 && message.startsWith("Check Point|", at + 6);
}

function isCheckPointLeef(message: string): boolean {
  const at = message.indexOf("LEEF:");
  return at >= 0 && at < 100 && message.startsWith("|Check Point|", at + 8);
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

function barredPairs(message: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const part of message.split("|")) {
    const equals = part.indexOf("=");
    const key = part.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    const value = part.slice(equals + 1);
    if (key !== "" && key.length < 65 && !isNothing(value) && !pairs.has(key)) pairs.set(key, value);
  }
  return pairs;
}

/** CEF and LEEF of the Log Exporter hold its own names beside those of the format. */
const OTHER_NAMES = table<string>({
  act: "action",
  spt: "s_port",
  srcport: "s_port",
  dpt: "service",
  dstport: "service",
  rt: "time",
  devtime: "time",
  sourcetranslatedaddress: "xlatesrc",
  sourcetranslatedport: "xlatesport",
  destinationtranslatedaddress: "xlatedst",
  destinationtranslatedport: "xlatedport",
  srcpostnat: "xlatesrc",
  dstpostnat: "xlatedst",
  in: "received_bytes",
  out: "sent_bytes",
  request: "resource",
  fname: "file_name",
  suser: "src_user_name",
  usrname: "src_user_name",
  cs2: "rule_name",
});

function formattedPairs(message: string): Map<string, string> | undefined {
  const found = new Map<string, string>();
  const keep = (key: string, value: string) => {
    if (isNothing(value) || key.endsWith("label")) return;
    found.set(OTHER_NAMES[key] ?? key, value.includes("\\") ? value.replaceAll(/\\([=|\\])/g, "$1") : value);
  };
  if (isCheckPointCef(message)) {
    const line = readCef(message);
    if (line === undefined) return undefined;
    for (const [key, value] of readPairs(line.extension)) keep(key, value);
    return found;
  }
  const bars = message.split("|", 6);
  const rest = message
    .slice(bars.join("|").length - (bars[5] ?? "").length)
    .replace(/^(\^|x?[0-9A-Fa-f]{0,4})\|/, "");
  const gap = rest.includes("\t") ? "\t" : rest.includes("^") ? "^" : "|";
  for (const part of rest.split(gap)) {
    const equals = part.indexOf("=");
    if (equals > 0 && equals < 65) keep(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1));
  }
  return found;
}

/** Check Point: what the Log Exporter sends as syslog, generic, CEF and LEEF. */
export const checkPoint = defineParser({
  id: "check-point",
  product: "Check Point",
  accepts: (message) =>
    isList(message) || isBarred(message) || isCheckPointCef(message) || isCheckPointLeef(message),
  parse(message) {
    const pairs = isList(message)
      ? pairsOf(message)
      : isBarred(message)
        ? barredPairs(message)
        : isCheckPointCef(message) || isCheckPointLeef(message)
          ? formattedPairs(message)
          : undefined;
    if (pairs === undefined) return undefined;
    const draft = draftOf("checkpoint", "checkpoint.firewall", "Check Point", "", "firewall");
    delete draft["observer.product"];
    placeAll(draft, TABLE, pairs);
    draft["observer.product"] ??= "Firewall";
    timeField(draft, epochOf(pairs.get("time") ?? ""));
    kindOf(draft, pairs);
    domainFields(draft, pairs);
    const seconds = Number(pairs.get("elapsed"));
    if (seconds > 0 && seconds < 9_000_000) draft["event.duration"] = Math.floor(seconds) * 1_000_000_000;
    nameFields(draft);
    for (const side of ["source", "destination"]) {
      if (draft[`${side}.nat.ip`] === "0.0.0.0") delete draft[`${side}.nat.ip`];
      if (draft[`${side}.nat.port`] === 0) delete draft[`${side}.nat.port`];
    }
    return draft;
  },
});

/** `resource:"bad.example"` of a reputation that was asked for a name; the log says it was DNS by its type or port. */
function domainFields(draft: EcsDraft, pairs: Map<string, string>): void {
  const resource = pairs.get("resource") ?? "";
  if (resource === "" || /[/: ]/.test(resource)) return;
  const named = pairs.get("protection_type")?.startsWith("DNS") === true || pairs.get("service") === "53";
  if (named) {
    delete draft["url.original"];
    put(draft, "dns.question.name", resource);
  } else put(draft, "url.domain", resource);
}

/** `Chen Wei (chen)`: a person's name and the account. */
function nameFields(draft: EcsDraft): void {
  const text = draft["user.name"];
  if (typeof text !== "string" || !text.endsWith(")")) return;
  const open = text.lastIndexOf("(");
  const name = text.slice(open + 1, -1).trim();
  if (open < 1 || name === "" || name.includes(" ")) return;
  draft["user.name"] = name;
  draft["user.full_name"] = text.slice(0, open).trim();
}

/** What an administrator did on the management server: it is logged as accepted, too. */
const ADMINISTRATION = [
  "SmartConsole",
  "SmartDashboard",
  "SmartUpdate",
  "WEB_API",
  "Security Gateway/Management",
];

const CONFIGURING = ["login", "log in", "log out", "logout", "failed log in", "authorize", "deauthorize"];

function kindOf(draft: EcsDraft, pairs: Map<string, string>): void {
  const action = pairs.get("action") ?? "";
  const lower = action.toLowerCase();
  const attack = pairs.get("attack") ?? pairs.get("protection_name") ?? pairs.get("malware_family");
  if (
    attack !== undefined ||
    pairs.has("malware_action") ||
    lower === "detect" ||
    lower === "prevent" ||
    lower === "quarantine"
  ) {
    draft["event.kind"] = "alert";
    const malware =
      pairs.has("malware_action") || pairs.get("verdict") === "Malicious" || lower === "quarantine";
    kindFields(draft, action, [malware ? "malware" : "intrusion_detection", "network"], ["info"]);
    if (attack !== undefined) {
      const layer = draft["rule.name"];
      if (typeof layer === "string" && layer !== attack) draft["rule.ruleset"] = layer;
      draft["rule.name"] = pairs.get("protection_name") ?? attack;
    }
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
  } else if (
    pairs.has("administrator") &&
    (pairs.has("operation") || ADMINISTRATION.includes(pairs.get("product") ?? ""))
  ) {
    kindFields(
      draft,
      (pairs.get("operation") ?? action).toLowerCase(),
      ["configuration"],
      ["change"],
      lower === "accept" ? "success" : undefined,
    );
    draft["event.action"] = pairs.get("operation") ?? action;
    return;
  } else if (draft["url.domain"] !== undefined || pairs.get("product") === "URL Filtering") {
    kindFields(draft, action === "" ? "log" : action, ["web", "network"], ["access"]);
  } else {
    kindFields(draft, action === "" ? "log" : action, ["network"], ["connection"]);
  }
  verdictFields(draft, lower);
  put(draft, "network.direction", pairs.get("ifdir"));
  const severity = pairs.get("severity") ?? "";
  if (severity.length > 1) put(draft, "log.level", severity);
}
