import { defineParser, type EcsDraft } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { between } from "../text/csv.ts";
import { draftOf, kindFields, put, timeField } from "../text/fields.ts";
import { setLevel } from "../text/network.ts";
import { bsdAt, digitsAt } from "../text/time.ts";

const FIREWALLS = new Set(["ASA", "FTD", "PIX", "FWSM"]);
/** How far into a line the mark may stand: after a sequence number, a time and perhaps a relay's header. */
const FARTHEST = 160;

interface Mark {
  readonly from: number;
  readonly facility: string;
  readonly level: number;
  readonly mnemonic: string;
  readonly text: string;
}

/** `%SEC-6-IPACCESSLOGP: text`; the facility may itself hold hyphens (`%C4K_IOSMODPORTMAN-4-...`, `%SYS-SW1-5-...`). */
function markIn(message: string): Mark | undefined {
  const from = message.indexOf("%");
  if (from < 0 || from > FARTHEST) return undefined;
  const colon = message.indexOf(":", from);
  if (colon < 0 || colon - from > 90) return undefined;
  const head = message.slice(from + 1, colon);
  const parts = head.split("-");
  const at = parts.findIndex((part, index) => index > 0 && part.length === 1 && part >= "0" && part <= "7");
  const facility = parts[0] ?? "";
  if (at < 1 || at + 1 >= parts.length || head.includes(" ") || FIREWALLS.has(facility)) return undefined;
  if (!/^[A-Z][A-Z0-9_]*$/.test(facility)) return undefined;
  return {
    from,
    facility: parts.slice(0, at).join("-"),
    level: digitsAt(parts[at] ?? "", 0, 1),
    mnemonic: parts.slice(at + 1).join("-"),
    text: message.slice(colon + 1).trim(),
  };
}

/** Cisco IOS, IOS XE and NX-OS: every message by its mark, the fields of access lists, logins, configuration and IPS. */
export const ciscoIos = defineParser({
  id: "cisco-ios",
  product: "Cisco IOS",
  accepts: (message) => markIn(message) !== undefined,
  parse(message, context) {
    const mark = markIn(message);
    if (mark === undefined) return undefined;
    const draft = draftOf("cisco", "cisco.ios", "Cisco", "IOS", "switch");
    draft["event.code"] = mark.mnemonic;
    draft["cisco.ios.facility"] = mark.facility;
    draft["event.provider"] = mark.facility;
    draft.message = mark.text;
    setLevel(draft, mark.level);
    headFields(draft, message.slice(0, mark.from), (text) => bsdAt(text, 0, context)?.at);
    kindOf(draft, mark);
    return draft;
  },
});

/** `3924923: *Oct  6 03:32:04.114 gmt: ` before the mark. */
function headFields(draft: EcsDraft, head: string, timeOf: (text: string) => number | undefined): void {
  let rest = head;
  const colon = head.indexOf(": ");
  if (colon > 0 && colon < 12 && put(draft, "event.sequence", head.slice(0, colon)))
    rest = head.slice(colon + 2);
  let at = timeOf(unmarked(rest));
  const next = rest.indexOf(": ");
  if (at === undefined && next > 0) {
    // `sw-core: Nov 23 10:12:00.001: `: the host when `logging origin-id` is set.
    at = timeOf(unmarked(rest.slice(next + 2)));
    if (at !== undefined && next < 64) put(draft, "observer.name", rest.slice(0, next));
  }
  timeField(draft, at);
}

/** Without the `*` or `.` by which the device says that its clock is not set. */
function unmarked(text: string): string {
  return text.startsWith("*") || text.startsWith(".") ? text.slice(1) : text;
}

function kindOf(draft: EcsDraft, mark: Mark): void {
  const { text, mnemonic } = mark;
  if (mnemonic.startsWith("IPACCESSLOG") || mnemonic.startsWith("ACCESSLOG")) {
    accessFields(draft, text);
  } else if (mark.facility === "IPS" && text.startsWith("Sig:")) {
    signatureFields(draft, text);
  } else if (mnemonic === "CONFIG_I") {
    kindFields(draft, "configuration-changed", ["configuration"], ["change"], "success");
    put(draft, "user.name", between(text, " by ", " "));
    put(draft, "source.ip", between(text, "(", ")"));
  } else if (mnemonic === "CFGLOG_LOGGEDCMD") {
    kindFields(draft, "command-executed", ["configuration"], ["change"], "success");
    put(draft, "user.name", between(text, "User:", " "));
    const command = text.indexOf("logged command:");
    if (command >= 0) put(draft, "process.command_line", text.slice(command + 15).trim());
  } else if (mark.facility === "SEC_LOGIN" || mark.facility === "SSH" || mnemonic.includes("AUTH")) {
    loginFields(draft, mark);
  } else if (mnemonic === "UPDOWN" || mnemonic === "CHANGED") {
    const name = between(text, "nterface ", ",");
    kindFields(draft, text.endsWith("up") ? "link-up" : "link-down", ["network"], ["info"]);
    put(draft, "observer.ingress.interface.name", name);
  } else {
    kindFields(draft, mnemonic.toLowerCase(), ["host"], ["info"]);
  }
}

/** `list 102 denied tcp 10.0.6.56(3067) (Gi0/1 aabb.ccdd.eeff) -> 172.36.4.7(139), 1 packet`. */
function accessFields(draft: EcsDraft, text: string): void {
  const parts = text.split(" ");
  const denied = parts[2] === "denied";
  const list = parts[0] === "list" ? parts[1] : undefined;
  kindFields(
    draft,
    denied ? "connection-denied" : "connection-permitted",
    ["network"],
    ["connection", denied ? "denied" : "allowed"],
    denied ? "failure" : "success",
  );
  put(draft, "rule.name", list);
  const arrow = parts.indexOf("->");
  const first = endOf(parts[3]) === undefined ? 4 : 3;
  if (first === 4) put(draft, "network.transport", parts[3]);
  sideFields(draft, "source", endOf(parts[first]));
  if (arrow > 0) sideFields(draft, "destination", endOf(parts[arrow + 1]));
  const open = parts.slice(first + 1, Math.max(arrow, 0)).find((part) => part.startsWith("("));
  if (open !== undefined) put(draft, "observer.ingress.interface.name", open.slice(1).replace(")", ""));
  const count = text.lastIndexOf(", ");
  if (count > 0) put(draft, "network.packets", text.slice(count + 2).split(" ", 1)[0]);
}

interface End {
  readonly ip: string;
  readonly port: number | undefined;
}

/** `10.0.6.56(3067),` or `10.0.6.56:3067` or an address alone. */
function endOf(word: string | undefined): End | undefined {
  if (word === undefined) return undefined;
  const text = word.endsWith(",") ? word.slice(0, -1) : word;
  if (isIp(text)) return { ip: text, port: undefined };
  const open = text.indexOf("(") > 0 ? text.indexOf("(") : text.lastIndexOf(":");
  const ip = text.slice(0, Math.max(open, 0));
  const port = portOf(text.slice(open + 1, text.endsWith(")") ? -1 : undefined));
  return isIp(ip) ? { ip, port } : undefined;
}

function sideFields(draft: EcsDraft, side: "source" | "destination", end: End | undefined): void {
  if (end === undefined) return;
  draft[`${side}.ip`] = end.ip;
  if (end.port !== undefined) draft[`${side}.port`] = end.port;
}

/** `Sig:3051 Subsig:1 Sev:4 TCP Connection Window Size DoS [192.168.100.11:51654 -> 10.10.10.10:4444]`. */
function signatureFields(draft: EcsDraft, text: string): void {
  draft["event.kind"] = "alert";
  kindFields(draft, "signature", ["intrusion_detection", "network"], ["info"]);
  put(draft, "rule.id", between(text, "Sig:", " "));
  put(draft, "cisco.ios.signature_severity", between(text, "Sev:", " "));
  const severity = text.indexOf("Sev:");
  const open = text.lastIndexOf(" [");
  const name = text.indexOf(" ", severity);
  if (severity < 0 || open < name) return;
  put(draft, "rule.name", text.slice(name + 1, open));
  const [from, , to] = text
    .slice(open + 2)
    .replace("]", "")
    .split(" ", 3);
  sideFields(draft, "source", endOf(from));
  sideFields(draft, "destination", endOf(to));
}

function loginFields(draft: EcsDraft, mark: Mark): void {
  const { text, mnemonic } = mark;
  const lower = text.toLowerCase();
  const failed = mnemonic.includes("FAIL") || lower.includes("fail") || lower.includes("denied");
  const ended = mnemonic.includes("CLOSE") || mnemonic.includes("LOGOUT");
  kindFields(
    draft,
    ended ? "logout" : failed ? "login-failed" : "login-succeeded",
    ["authentication"],
    [ended ? "end" : "start"],
    failed ? "failure" : "success",
  );
  put(draft, "user.name", between(text, "[user: ", "]") ?? between(text, "User '", "'"));
  put(draft, "source.ip", between(text, "[Source: ", "]") ?? between(text, " from ", " "));
  put(draft, "destination.port", between(text, "[localport: ", "]"));
  put(draft, "event.reason", between(text, "[Reason: ", "]"));
}
