import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { wholeOf } from "../text/address.ts";
import { between, splitCsv } from "../text/csv.ts";
import { draftOf, kindFields, placeColumns, put, timeField } from "../text/fields.ts";
import { table } from "../text/table.ts";
import { digitsAt, isoAt, isoText, slashAt } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";
import { PREFIX, TYPES } from "./columns.ts";

/** Where the type stands: after three commas; -1 when the line does not begin like PAN-OS. */
function typeAt(message: string): number {
  const first = message.indexOf(",");
  if (first < 0 || first > 12) return -1;
  const dash = message[first + 5];
  if ((dash !== "/" && dash !== "-") || digitsAt(message, first + 1, 4) < 0) return -1;
  if (first > 0 && wholeOf(message.slice(0, first)) === undefined) return -1;
  const second = message.indexOf(",", first + 1);
  const third = second < 0 ? -1 : message.indexOf(",", second + 1);
  return third < 0 || third - first > 70 ? -1 : third + 1;
}

function typeIn(message: string): string {
  const at = typeAt(message);
  return at < 0 ? "" : message.slice(at, message.indexOf(",", at));
}

/** Palo Alto Networks PAN-OS: the CSV of every log type, in the order of the releases 8.1 to 11; newer ones add at the end. */
export const panOs = defineParser({
  id: "pan-os",
  product: "Palo Alto Networks PAN-OS",
  begins: ",0123456789",
  accepts: (message) => TYPES.has(typeIn(message)),
  parse(message, context) {
    const type = typeIn(message);
    const columns = TYPES.get(type);
    if (columns === undefined) return undefined;
    const values = splitCsv(message);
    const dataset = `panw.panos.${type.toLowerCase()}`;
    const draft = draftOf("panw", dataset, "Palo Alto Networks", "PAN-OS", "firewall");
    placeColumns(draft, columns, values);
    timeField(draft, timeOf(values, context));
    const start = draft["event.start"];
    if (typeof start === "string") instantField(draft, "event.start", start, context);
    typeFields(draft, type);
    untranslated(draft);
    return draft;
  },
});

/** The generated time; releases from 10 on repeat it near the end with its zone and milliseconds. */
function timeOf(values: readonly string[], context: ParseContext): number | undefined {
  const [, received = "", , , , , generated = ""] = values;
  const read = (text: string) => slashAt(text, 0, context)?.at ?? isoAt(text, 0, context)?.at;
  const at = read(generated) ?? read(received);
  for (let index = values.length - 1; index > 20; index--) {
    const value = values[index] ?? "";
    if (value.length < 28 || value.length > 32 || value[10] !== "T") continue;
    const exact = isoAt(value, 0, context)?.at;
    if (exact !== undefined && at !== undefined && Math.abs(exact - at) < DAY) return exact;
  }
  return at;
}

const DAY = 86_400_000;

function instantField(draft: EcsDraft, field: string, text: string, context: ParseContext): void {
  const at = slashAt(text, 0, context)?.at ?? isoAt(text, 0, context)?.at;
  if (at === undefined) delete draft[field];
  else draft[field] = isoText(at);
}

function typeFields(draft: EcsDraft, type: string): void {
  const subtype = String(draft[`${PREFIX}sub_type`] ?? "");
  const action = String(draft["event.action"] ?? "");
  switch (type) {
    case "TRAFFIC":
    case "GTP":
    case "SCTP":
    case "TUNNEL":
    case "START":
      kindFields(draft, action === "" ? subtype : action, ["network"], ["connection", ...phaseOf(subtype)]);
      verdictFields(draft, action);
      break;
    case "DECRYPTION":
      kindFields(draft, action === "" ? "decryption" : action, ["network"], ["connection", "protocol"]);
      verdictFields(draft, action);
      if (draft["error.message"] !== undefined) draft["event.outcome"] = "failure";
      versionFields(draft);
      break;
    case "THREAT":
      threatFields(draft, subtype, action);
      break;
    case "SYSTEM":
      systemFields(draft, subtype);
      break;
    case "CONFIG":
      kindFields(draft, String(draft[`${PREFIX}cmd`] ?? "config"), ["configuration"], ["change"]);
      draft["event.outcome"] =
        String(draft[`${PREFIX}result`]).toLowerCase() === "succeeded" ? "success" : "failure";
      break;
    case "AUDIT":
      kindFields(draft, action === "" ? "audit" : action, ["configuration"], ["access"]);
      break;
    case "USERID":
      kindFields(draft, subtype, ["authentication"], [subtype === "logout" ? "end" : "start"], "success");
      break;
    case "AUTHENTICATION":
      authentication(draft);
      break;
    case "CORRELATION":
      draft["event.kind"] = "alert";
      kindFields(draft, "correlation", ["intrusion_detection"], ["info"]);
      break;
    case "GLOBALPROTECT":
      tunnel(draft, action);
      break;
    default:
      kindFields(draft, type.toLowerCase(), ["host"], ["info"]);
  }
  severityFields(draft);
  const elapsed = Number(draft[`${PREFIX}elapsed`]);
  if (elapsed >= 0 && elapsed < 9_000_000) draft["event.duration"] = Math.floor(elapsed) * 1_000_000_000;
  const user = draft["source.user.name"];
  const domain = draft["source.user.domain"];
  if (user !== undefined) draft["user.name"] ??= user;
  if (domain !== undefined) draft["user.domain"] ??= domain;
  const region = draft[`${PREFIX}source_region`];
  if (typeof region === "string" && /^[A-Z]{2}$/.test(region)) draft["source.geo.country_iso_code"] = region;
}

/** GlobalProtect: signing in is one of the stages of a session. */
function tunnel(draft: EcsDraft, action: string): void {
  const stage = String(draft[`${PREFIX}stage`] ?? "");
  const status = String(draft[`${PREFIX}status`] ?? "").toLowerCase();
  const login = stage === "login" || stage === "before-login" || action.endsWith("-auth");
  const ended = stage === "logout" || action.includes("logout");
  kindFields(
    draft,
    action,
    login || ended ? ["authentication", "session"] : ["network", "session"],
    [ended ? "end" : login ? "start" : "info"],
    status === "success" ? "success" : "failure",
  );
}

function authentication(draft: EcsDraft): void {
  const event = String(draft[`${PREFIX}event_type`] ?? "").toLowerCase();
  const said = `${event} ${String(draft[`${PREFIX}description`] ?? "")}`.toLowerCase();
  const failed = /fail|invalid|denied|timeout|reject/.test(said);
  const passed = /success|allow|succeed/.test(said);
  const outcome = failed ? "failure" : passed ? "success" : undefined;
  kindFields(draft, event === "" ? "authentication" : event, ["authentication"], ["start"], outcome);
  put(draft, "event.reason", String(draft[`${PREFIX}description`] ?? ""));
}

/** `TLS1.2`: protocol and number are two fields. */
function versionFields(draft: EcsDraft): void {
  const found = /^(TLS|SSL)v?(\d(?:\.\d)?)$/.exec(String(draft["tls.version"] ?? ""));
  if (found === null) return;
  draft["tls.version_protocol"] = String(found[1]).toLowerCase();
  draft["tls.version"] = String(found[2]);
}

/** All zeros mean that nothing was translated. */
function untranslated(draft: EcsDraft): void {
  for (const side of ["source", "destination"]) {
    const ip = draft[`${side}.nat.ip`];
    if (ip === "0.0.0.0" || ip === "::") delete draft[`${side}.nat.ip`];
    if (draft[`${side}.nat.port`] === 0) delete draft[`${side}.nat.port`];
    // Of private addresses it says the range, or the region's name, in the place of a country.
    const country = draft[`${side}.geo.country_name`];
    if (typeof country === "string" && country.charCodeAt(0) < 65) {
      delete draft[`${side}.geo.country_name`];
      draft[`${side}.geo.name`] = country;
    }
  }
}

function phaseOf(subtype: string): string[] {
  return subtype === "start" || subtype === "end" ? [subtype] : [];
}

function threatFields(draft: EcsDraft, subtype: string, action: string): void {
  const misc = draft[`${PREFIX}misc`];
  if (subtype === "url") {
    kindFields(draft, action, ["web", "network"], ["access"]);
    if (typeof misc === "string") webAddress(draft, misc);
  } else {
    draft["event.kind"] = "alert";
    const malware = /virus|wildfire|ml-virus|spyware/.test(subtype) && subtype !== "spyware";
    kindFields(draft, action, [malware ? "malware" : "intrusion_detection", "network"], ["info"]);
    const file = malware || subtype === "file" || subtype === "data";
    const name =
      String(draft["network.application"] ?? "").startsWith("dns") || draft["destination.port"] === 53;
    if (typeof misc === "string") {
      // Only an address has a slash: what has none is a name that was asked for, or part of one.
      if (file) put(draft, "file.name", misc);
      else if (misc.includes("/")) webAddress(draft, misc);
      else put(draft, name ? "dns.question.name" : "url.original", misc);
    }
    const digest = String(draft[`${PREFIX}file_digest`] ?? "");
    const kind = { 32: "md5", 40: "sha1", 64: "sha256" }[digest.length];
    if (kind !== undefined) put(draft, `file.hash.${kind}`, digest);
  }
  verdictFields(draft, action);
  const threat = draft[`${PREFIX}threat_id`];
  if (typeof threat === "string" && subtype !== "url") {
    const open = threat.lastIndexOf("(");
    put(draft, "rule.ruleset", String(draft["rule.name"] ?? ""));
    draft["rule.name"] = open > 0 ? threat.slice(0, open).trim() : threat;
    if (open > 0 && threat.endsWith(")")) draft["rule.id"] = threat.slice(open + 1, -1);
  }
  const method = draft["http.request.method"];
  if (typeof method === "string") draft["http.request.method"] = method.toUpperCase();
}

/** PAN-OS leaves the scheme out: it follows from the port. A path alone stays one. */
function webAddress(draft: EcsDraft, text: string): void {
  const path = text.startsWith("/") || !text.split("/", 1)[0]?.includes(".") || text.includes("://");
  const https = draft["destination.port"] === 443 || draft["network.application"] === "ssl";
  put(draft, "url.original", path ? text : `${https ? "https" : "http"}://${text}`);
}

function systemFields(draft: EcsDraft, subtype: string): void {
  const text = String(draft.message ?? "");
  const said = text.toLowerCase();
  const code = String(draft["event.code"] ?? subtype);
  const failed = /fail|invalid|denied|not authenticated/.test(said) || code.includes("fail");
  const login =
    subtype === "auth" ||
    /(^|-)auth(-|$)|login|logout/.test(code) ||
    /logged (in|out)|authenticat/.test(said);
  if (login) {
    const ended = code.includes("logout") || said.includes("logged out");
    const action = code === "general" ? (ended ? "logout" : failed ? "login-failed" : "login") : code;
    kindFields(draft, action, ["authentication"], [ended ? "end" : "start"], failed ? "failure" : "success");
    const named = between(text, "user '", "'") ?? between(`${text},`, "User name: ", ",");
    put(draft, "user.name", named ?? /^User (\S{1,64}) logged/.exec(text)?.[1]);
    const from =
      between(`${text} `, "From: ", " ") ??
      between(`${text} `, "from: ", " ") ??
      between(`${text} `, " from ", " ");
    put(draft, "source.ip", from?.replace(/[.,]$/, ""));
    put(
      draft,
      "event.reason",
      between(`${text}, `, "Reason: ", /Reason: [^,]*From:/.test(text) ? ". From" : ", "),
    );
  } else {
    kindFields(draft, code, [subtype === "vpn" || subtype === "routing" ? "network" : "host"], ["info"]);
  }
}

const SEVERITIES = table<number>({ critical: 2, high: 3, medium: 4, low: 5, informational: 6 });

function severityFields(draft: EcsDraft): void {
  const word = draft[`${PREFIX}severity`];
  const level = SEVERITIES[String(word)];
  if (level === undefined) return;
  draft["log.level"] = String(word);
  draft["event.severity"] = level;
}
