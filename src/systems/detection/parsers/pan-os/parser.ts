import { defineParser, type EcsDraft } from "../parser.ts";
import { wholeOf } from "../text/address.ts";
import { between, splitCsv } from "../text/csv.ts";
import { columnsOf, draftOf, kindFields, placeColumns, put, timeField } from "../text/fields.ts";
import { digitsAt, slashAt } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

const PREFIX = "panw.panos.";
const HEAD = "_ _ observer.serial_number _ .sub_type _ _";
const SESSION =
  "source.ip destination.ip source.nat.ip destination.nat.ip rule.name source.user.name destination.user.name network.application .virtual_sys observer.ingress.zone observer.egress.zone observer.ingress.interface.name observer.egress.interface.name .log_profile _ network.session_id _ source.port destination.port source.nat.port destination.nat.port .flow_flags network.transport event.action";
const GROUPS = "_ _ _ _ .vsys_name observer.name";

/** Columns by log type, as the "Syslog Field Descriptions" of PAN-OS 9 to 11 order them. */
const TYPES = new Map([
  [
    "TRAFFIC",
    columnsOf(
      PREFIX,
      `${HEAD} ${SESSION} network.bytes source.bytes destination.bytes network.packets _ .elapsed .url_category _ event.sequence _ source.geo.country_name destination.geo.country_name _ source.packets destination.packets event.reason ${GROUPS} .action_source`,
    ),
  ],
  [
    "THREAT",
    columnsOf(
      PREFIX,
      `${HEAD} ${SESSION} .misc .threat_id .url_category .severity .direction event.sequence _ source.geo.country_name destination.geo.country_name _ http.response.mime_type .pcap_id .file_digest .cloud .url_idx user_agent.original file.type .xff http.request.referrer email.from.address email.subject email.to.address .report_id ${GROUPS} _ _ _ http.request.method`,
    ),
  ],
  [
    "SYSTEM",
    columnsOf(
      PREFIX,
      `${HEAD} .virtual_sys event.code .object _ _ .module .severity message event.sequence _ ${GROUPS}`,
    ),
  ],
  [
    "CONFIG",
    columnsOf(
      PREFIX,
      `${HEAD} source.ip .virtual_sys .cmd user.name .client .result .path event.sequence _ ${GROUPS}`,
    ),
  ],
  [
    "USERID",
    columnsOf(
      PREFIX,
      `${HEAD} .virtual_sys source.ip user.name .data_source_name event.code _ .timeout source.port destination.port .data_source .data_source_type event.sequence _ ${GROUPS}`,
    ),
  ],
  [
    "GLOBALPROTECT",
    columnsOf(
      PREFIX,
      `${HEAD} .virtual_sys event.action .stage .auth_method .tunnel_type user.name source.geo.country_iso_code host.name source.ip .public_ipv6 source.nat.ip .private_ipv6 .host_id .serial_number .client_ver host.os.name host.os.version _ event.reason error.message .opaque .status .location`,
    ),
  ],
]);

/** Where the type stands: after three commas; -1 when the line does not begin like PAN-OS. */
function typeAt(message: string): number {
  const first = message.indexOf(",");
  if (first < 0 || first > 3 || message[first + 5] !== "/" || digitsAt(message, first + 1, 4) < 0) return -1;
  if (first > 0 && wholeOf(message.slice(0, first)) === undefined) return -1;
  const second = message.indexOf(",", first + 1);
  const third = second < 0 ? -1 : message.indexOf(",", second + 1);
  return third < 0 || third - first > 60 ? -1 : third + 1;
}

/** Palo Alto Networks PAN-OS: the CSV logs traffic, threat (with url, wildfire and data), system, config, user-id, GlobalProtect. */
export const panOs = defineParser({
  id: "pan-os",
  product: "Palo Alto Networks PAN-OS",
  begins: ",0123456789",
  accepts(message) {
    const at = typeAt(message);
    return at > 0 && TYPES.has(message.slice(at, message.indexOf(",", at)));
  },
  parse(message, context) {
    const at = typeAt(message);
    if (at < 0) return undefined;
    const type = message.slice(at, message.indexOf(",", at));
    const columns = TYPES.get(type);
    if (columns === undefined) return undefined;
    const values = splitCsv(message);
    const draft = draftOf(
      "panw",
      `panw.panos.${type.toLowerCase()}`,
      "Palo Alto Networks",
      "PAN-OS",
      "firewall",
    );
    placeColumns(draft, columns, values);
    timeField(draft, (slashAt(values[6] ?? "", 0, context) ?? slashAt(values[1] ?? "", 0, context))?.at);
    typeFields(draft, type);
    untranslated(draft);
    return draft;
  },
});

function typeFields(draft: EcsDraft, type: string): void {
  const subtype = String(draft[`${PREFIX}sub_type`] ?? "");
  const action = String(draft["event.action"] ?? "");
  switch (type) {
    case "TRAFFIC":
      kindFields(draft, action, ["network"], ["connection", ...phaseOf(subtype)]);
      verdictFields(draft, action);
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
    case "USERID":
      kindFields(draft, subtype, ["authentication"], [subtype === "logout" ? "end" : "start"]);
      break;
    default:
      kindFields(draft, action, ["network", "session"], ["connection"]);
      draft["event.outcome"] = draft[`${PREFIX}status`] === "success" ? "success" : "failure";
  }
  severityFields(draft);
  const elapsed = Number(draft[`${PREFIX}elapsed`]);
  if (elapsed >= 0 && elapsed < 9_000_000) draft["event.duration"] = Math.floor(elapsed) * 1_000_000_000;
  const user = draft["source.user.name"];
  const domain = draft["source.user.domain"];
  if (user !== undefined) draft["user.name"] ??= user;
  if (domain !== undefined) draft["user.domain"] ??= domain;
}

/** All zeros mean that nothing was translated. */
function untranslated(draft: EcsDraft): void {
  for (const side of ["source", "destination"]) {
    if (draft[`${side}.nat.ip`] === "0.0.0.0") delete draft[`${side}.nat.ip`];
    if (draft[`${side}.nat.port`] === 0) delete draft[`${side}.nat.port`];
  }
}

function phaseOf(subtype: string): string[] {
  return subtype === "start" || subtype === "end" ? [subtype] : [];
}

function threatFields(draft: EcsDraft, subtype: string, action: string): void {
  const misc = draft[`${PREFIX}misc`];
  if (subtype === "url") {
    kindFields(draft, action, ["web", "network"], ["access"]);
    if (typeof misc === "string") put(draft, "url.original", misc.includes("://") ? misc : `http://${misc}`);
  } else {
    draft["event.kind"] = "alert";
    const malware = subtype === "virus" || subtype === "wildfire" || subtype === "wildfire-virus";
    kindFields(draft, action, [malware ? "malware" : "intrusion_detection", "network"], ["info"]);
    const file = malware || subtype === "file" || subtype === "data";
    if (typeof misc === "string") put(draft, file ? "file.name" : "url.original", misc);
    const digest = String(draft[`${PREFIX}file_digest`] ?? "");
    if (digest.length === 64) draft["file.hash.sha256"] = digest.toLowerCase();
  }
  verdictFields(draft, action);
  const threat = draft[`${PREFIX}threat_id`];
  if (typeof threat === "string" && subtype !== "url") {
    const open = threat.lastIndexOf("(");
    draft["rule.ruleset"] = String(draft["rule.name"] ?? "");
    draft["rule.name"] = open > 0 ? threat.slice(0, open) : threat;
    if (open > 0) draft["rule.id"] = threat.slice(open + 1, -1);
  }
}

function systemFields(draft: EcsDraft, subtype: string): void {
  const said = String(draft.message ?? "").toLowerCase();
  const code = String(draft["event.code"] ?? subtype);
  const failed = said.includes("fail") || said.includes("invalid") || said.includes("denied");
  if (subtype === "auth" || code.startsWith("auth-")) {
    kindFields(draft, code, ["authentication"], ["start"], failed ? "failure" : "success");
    const user = between(String(draft.message ?? ""), "user '", "'");
    put(draft, "user.name", user);
    put(draft, "source.ip", between(`${String(draft.message ?? "")} `, "From: ", " ")?.replace(/[.,]$/, ""));
  } else {
    kindFields(draft, code, ["host"], ["info"]);
  }
}

function severityFields(draft: EcsDraft): void {
  const word = draft[`${PREFIX}severity`];
  const level = { critical: 2, high: 3, medium: 4, low: 5, informational: 6 }[String(word)];
  if (level === undefined) return;
  draft["log.level"] = String(word);
  draft["event.severity"] = level;
}
