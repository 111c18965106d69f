import type { EcsDraft } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { between } from "../text/csv.ts";
import { kindFields, put } from "../text/fields.ts";

/** What stands behind the mark of a message, and the mark itself. */
export interface Mark {
  readonly from: number;
  readonly facility: string;
  readonly level: number;
  readonly mnemonic: string;
  readonly text: string;
}

/** Routing and switching: what happened is about the network, not about the box. */
const NETWORKED =
  /^(BGP|OSPF|OSPFV3|DUAL|LDP|TDP|MPLS|LINK|LINEPROTO|ETHPORT|ETH_PORT_CHANNEL|PKT_INFRA|L2|SPANTREE|STP|SW_MATM|PORT_SECURITY|PM|IP|IPV6|TCP|FW|CRYPTO|IKEV2|ISAKMP|HSRP|VRRP|GLBP|PIM|DOT1X|ARP|DHCP_SNOOPING|SW_DAI)/;

/** The kind of the event and the fields that its text holds. */
export function messageFields(draft: EcsDraft, mark: Mark): void {
  const { text, mnemonic, facility } = mark;
  const lower = text.toLowerCase();
  if (/^(IP|IPV6)?ACCESSLOG(?!RL)/.test(mnemonic) && (text.includes("->") || mnemonic === "IPACCESSLOGS")) {
    accessFields(draft, text);
  } else if (facility === "IPS" && text.startsWith("Sig:")) {
    signatureFields(draft, text);
  } else if (mnemonic === "DB_COMMIT") {
    kindFields(draft, "configuration-changed", ["configuration"], ["change"], "success");
    put(draft, "user.name", between(text, "user '", "'"));
  } else if (mnemonic === "CONFIG_I" || mnemonic === "VSHD_SYSLOG_CONFIG_I") {
    kindFields(draft, "configuration-changed", ["configuration"], ["change"], "success");
    put(draft, "user.name", between(`${text} `, " by ", " "));
    put(draft, "source.ip", between(text, "(", ")") ?? between(`${text} `, "@", " "));
  } else if (mnemonic === "CFGLOG_LOGGEDCMD") {
    kindFields(draft, "command-executed", ["configuration"], ["change"], "success");
    put(draft, "user.name", between(text, "User:", " "));
    const command = text.indexOf("logged command:");
    if (command >= 0) put(draft, "process.command_line", text.slice(command + 15).trim());
  } else if (facility === "FW" || mnemonic === "DROP_PKT" || mnemonic.includes("VIOLATION")) {
    violationFields(draft, mark);
  } else if (isLogin(mark, lower)) {
    loginFields(draft, mark, lower);
  } else if (mnemonic.endsWith("UPDOWN") || mnemonic === "CHANGED" || mnemonic.startsWith("IF_")) {
    const down = lower.includes("down");
    kindFields(draft, down ? "link-down" : "link-up", ["network"], ["info"]);
    put(draft, "observer.ingress.interface.name", between(`${text},`, "nterface ", ",")?.split(" ", 1)[0]);
  } else {
    kindFields(draft, mnemonic.toLowerCase(), [NETWORKED.test(facility) ? "network" : "host"], ["info"]);
    addressFields(draft, text);
  }
}

/** A sign-in to the device; routing protocols that sign their packets are none. */
function isLogin({ facility, mnemonic }: Mark, lower: string): boolean {
  if (facility === "SEC_LOGIN" || facility === "LOGIN" || facility === "SYS" || facility === "AAA")
    return mnemonic.includes("LOG") || mnemonic.includes("AUTH");
  if (facility.startsWith("SSH") || facility.includes("SSHD")) return mnemonic !== "SSH2_UNEXPECTED_MSG";
  if (facility === "DOT1X" || facility === "MAB" || facility === "AUTHMGR" || facility === "SESSION_MGR")
    return true;
  if (mnemonic !== "SYSTEM_MSG") return facility.startsWith("AUTH");
  return lower.includes("authentication") || lower.includes("login") || lower.includes("session");
}

/** `list 102 denied tcp 10.0.6.56(3067) (Gi0/1 aabb.ccdd.eeff) -> 172.36.4.7(139), 1 packet`, perhaps with words before `list`. */
function accessFields(draft: EcsDraft, text: string): void {
  const start = text.startsWith("list ") ? 0 : text.indexOf(" list ") + 1;
  const parts = text
    .slice(start)
    .replace("->", " -> ")
    .split(" ")
    .filter((part) => part !== "");
  const verdict = parts.findIndex((part) => part === "denied" || part === "permitted");
  const denied = parts[verdict] === "denied";
  kindFields(
    draft,
    denied ? "connection-denied" : "connection-permitted",
    ["network"],
    ["connection", denied ? "denied" : "allowed"],
    denied ? "failure" : "success",
  );
  if (parts[0] === "list" && verdict > 1) put(draft, "rule.name", parts.slice(1, verdict).join(" "));
  const arrow = parts.indexOf("->");
  if (endOf(parts[verdict + 1]) === undefined) put(draft, "network.transport", parts[verdict + 1]);
  const from = parts.findIndex(
    (part, index) => index > verdict && (arrow < 0 || index < arrow) && endOf(part) !== undefined,
  );
  sideFields(draft, "source", endOf(parts[from]));
  if (arrow > 0) sideFields(draft, "destination", endOf(parts[arrow + 1]));
  const named = parts.slice(from + 1, Math.max(arrow, 0)).find((part) => /^\(?[A-Z][A-Za-z-]*\d/.test(part));
  if (named !== undefined) put(draft, "observer.ingress.interface.name", named.replaceAll(/[()]/g, ""));
  const icmp =
    arrow < 0 ? undefined : parts.slice(arrow + 2).find((part) => /^\(\d{1,3}\/\d{1,3}\),?$/.test(part));
  if (icmp !== undefined) {
    const [type, code] = icmp.replaceAll(/[(),]/g, "").split("/", 2);
    put(draft, "cisco.ios.icmp_type", type);
    put(draft, "cisco.ios.icmp_code", code);
  }
  const packets = parts.findLastIndex((part) => part.startsWith("packet"));
  if (packets > 0) put(draft, "network.packets", parts[packets - 1]);
}

interface End {
  readonly ip: string;
  readonly port: number | undefined;
}

/** `10.0.6.56(3067),` or `10.0.6.56:3067` or an address alone. */
function endOf(word: string | undefined): End | undefined {
  if (word === undefined) return undefined;
  const bare = word.startsWith("(") && word.endsWith(")") ? word.slice(1, -1) : word;
  const text = bare.endsWith(",") ? bare.slice(0, -1) : bare;
  if (isIp(text)) return { ip: text, port: undefined };
  const open = text.indexOf("(") > 0 ? text.indexOf("(") : text.lastIndexOf(":");
  const ip = text.slice(0, Math.max(open, 0));
  const port = portOf(text.slice(open + 1, text.endsWith(")") ? -1 : undefined));
  return isIp(ip) ? { ip, port } : undefined;
}

function sideFields(draft: EcsDraft, side: "source" | "destination", end: End | undefined): void {
  if (end === undefined) return;
  draft[`${side}.ip`] ??= end.ip;
  if (end.port !== undefined) draft[`${side}.port`] ??= end.port;
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

/** What the box itself did not let through. */
function violationFields(draft: EcsDraft, { text, mnemonic }: Mark): void {
  const dropped = mnemonic.includes("DROP") || mnemonic.includes("VIOLATION");
  kindFields(
    draft,
    mnemonic.toLowerCase(),
    ["network"],
    dropped ? ["connection", "denied"] : ["connection"],
    dropped ? "failure" : undefined,
  );
  put(draft, "network.transport", /\b(tcp|udp|icmp)\b/i.exec(text.slice(0, 60))?.[1]);
  put(draft, "source.mac", between(`${text} `, "MAC address ", " "));
  put(draft, "observer.ingress.interface.name", between(`${text} `, " port ", " ")?.replace(/\.$/, ""));
  addressFields(draft, text);
}

const PLACES: readonly (readonly [words: string, side: "source" | "destination"])[] = [
  [" from ", "source"],
  ["srcaddr=", "source"],
  ["src_addr:", "source"],
  [" to ", "destination"],
  ["destaddr=", "destination"],
  ["dest_addr:", "destination"],
  ["neighbor ", "destination"],
  ["Nbr ", "destination"],
  ["Neighbor ", "destination"],
  ["peer ", "destination"],
];

/** Addresses by the words before them; else the first is the source and the second the destination. */
function addressFields(draft: EcsDraft, text: string): void {
  const padded = ` ${text} `;
  for (const [words, side] of PLACES) {
    const word = wordAfter(padded, words);
    if (word !== undefined) sideFields(draft, side, endOf(word));
  }
  if (draft["source.ip"] !== undefined || draft["destination.ip"] !== undefined) return;
  const [from, to] = text.split(" ", 40).flatMap((word) => endOf(word) ?? []);
  if (from === undefined || to === undefined) return;
  sideFields(draft, "source", from);
  sideFields(draft, "destination", to);
}

function wordAfter(text: string, words: string): string | undefined {
  const at = text.indexOf(words);
  if (at < 0) return undefined;
  const rest = text.slice(at + words.length, at + words.length + 70).trimStart();
  return rest.split(/[\s,;]/, 1)[0]?.replace(/[:.]$/, "");
}

function loginFields(draft: EcsDraft, { text, mnemonic, facility }: Mark, lower: string): void {
  const failed =
    /FAIL|INVALID|ERR|DENY|BAD/.test(mnemonic) || /fail|denied|incorrect|invalid|illegal|refused/.test(lower);
  const ended = /CLOSE|LOGOUT|END/.test(mnemonic) || /exited|logged out|closed/.test(lower);
  const succeeded =
    /SUCCESS|ACCEPT|USERAUTH|LOGIN/.test(mnemonic) || /success|accepted|opened|authenticated/.test(lower);
  const action = ended
    ? "logout"
    : failed
      ? "login-failed"
      : succeeded
        ? "login-succeeded"
        : mnemonic.toLowerCase();
  kindFields(
    draft,
    action,
    ["authentication"],
    [ended ? "end" : failed || succeeded ? "start" : "info"],
    failed ? "failure" : ended || succeeded ? "success" : undefined,
  );
  put(
    draft,
    "user.name",
    between(text, "[user: ", "]") ?? between(text, "User '", "'") ?? between(text, "user '", "'"),
  );
  const named =
    wordAfter(` ${text}`, " illegal user ") ??
    wordAfter(` ${text}`, " for user ") ??
    wordAfter(` ${text}`, " invalid user ");
  put(draft, "user.name", named ?? (text.startsWith("User ") ? wordAfter(text, "User ") : undefined));
  put(
    draft,
    "source.ip",
    between(text, "[Source: ", "]") ?? between(text, " from '", "'") ?? wordAfter(text, " from "),
  );
  put(draft, "source.ip", ended ? between(text.slice(text.lastIndexOf("(")), "(", ")") : undefined);
  put(
    draft,
    "source.mac",
    facility === "DOT1X" || facility === "MAB" ? between(text, "client (", ")") : undefined,
  );
  put(draft, "observer.ingress.interface.name", wordAfter(text, " on Interface "));
  put(draft, "destination.port", between(text, "[localport: ", "]"));
  put(draft, "event.reason", between(text, "[Reason: ", "]"));
}
