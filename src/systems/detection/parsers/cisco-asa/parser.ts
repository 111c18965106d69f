import { defineParser, type EcsDraft } from "../parser.ts";
import { isIp, wholeOf } from "../text/address.ts";
import { namesUnder } from "../text/fields.ts";
import { setLevel, transportFields } from "../text/network.ts";
import { table } from "../text/table.ts";
import { digitsAt } from "../text/time.ts";
import { urlFields } from "../text/url.ts";
import { endpointFields, natFields } from "./endpoint.ts";
import { readFirst } from "./form.ts";
import { CLASSES, type Kind, MESSAGES } from "./messages.ts";
import { securityEvent } from "./security-event.ts";

const FAMILIES = ["%ASA-", "%FTD-", "%PIX-", "%FWSM-"];
const ownName = namesUnder("cisco.asa.");

interface Mark {
  readonly family: string;
  readonly level: number;
  readonly id: string;
  readonly text: string;
}

let lastMessage = "";
let lastMark: Mark | undefined;

/** The mark of a message; of the one asked for last, which `accepts` and `parse` share, without reading it again. */
function markOf(message: string): Mark | undefined {
  if (message === lastMessage) return lastMark;
  lastMark = markIn(message);
  lastMessage = message;
  return lastMark;
}

/** `%ASA-6-302013: text`, also with a word for the class (`%ASA-session-6-302013`) and without the colon. */
function markIn(message: string): Mark | undefined {
  const percent = message.indexOf("%");
  if (percent < 0 || percent > 200) return undefined;
  const family = FAMILIES.find((name) => message.startsWith(name, percent));
  if (family === undefined) return undefined;
  let at = percent + family.length;
  if (digitsAt(message, at, 1) < 0) {
    const dash = message.indexOf("-", at);
    if (dash < 0 || dash - at > 20) return undefined;
    at = dash + 1;
  }
  const level = digitsAt(message, at, 1);
  if (level < 0 || level > 7 || message[at + 1] !== "-" || digitsAt(message, at + 2, 6) < 0) return undefined;
  const id = message.slice(at + 2, at + 8);
  at += 8;
  if (message[at] === ":") at++;
  return { family: family.slice(1, -1), level, id, text: message.slice(at).trim() };
}

/** Cisco ASA, and what speaks its tongue: Firepower Threat Defense, PIX and the firewall service module. */
export const ciscoAsa = defineParser({
  id: "cisco-asa",
  product: "Cisco ASA",
  accepts: (message) => markOf(message) !== undefined,
  parse(message) {
    const mark = markOf(message);
    if (mark === undefined) return undefined;
    if (mark.id >= "430001" && mark.id <= "430005") {
      const event = securityEvent(mark.id, mark.text);
      setLevel(event, mark.level);
      return event;
    }
    const draft: EcsDraft = {
      "event.kind": "event",
      "event.module": "cisco",
      "event.dataset": "cisco.asa",
      "event.code": mark.id,
      "observer.vendor": "Cisco",
      "observer.product": mark.family === "ASA" ? "ASA" : mark.family,
      "observer.type": "firewall",
      message: mark.text,
    };
    setLevel(draft, mark.level);
    const known = MESSAGES.get(mark.id);
    const kind = known?.kind ?? CLASSES.get(mark.id.slice(0, 3));
    kindFields(draft, kind ?? OTHER);
    // Runs of spaces differ between releases of the same message.
    const text = singleSpaced(mark.text);
    const read = known === undefined ? undefined : readFirst(text, known.forms);
    if (read === undefined) looseFields(draft, text);
    else for (const [name, value] of read) formField(draft, name, value);
    keyedFields(draft, text);
    if (read !== undefined) directionFields(draft, read);
    if (kind?.action === "connection-teardown") serverLast(draft);
    if (draft["network.transport"] === "icmp") {
      // What stands in the place of the port is the ICMP identifier.
      delete draft["source.port"];
      delete draft["destination.port"];
    }
    return draft;
  },
});

const OTHER: Kind = { action: "", category: ["host"], type: ["info"] };

function kindFields(draft: EcsDraft, kind: Kind): void {
  if (kind.action !== "") draft["event.action"] = kind.action;
  draft["event.category"] = kind.category;
  draft["event.type"] = kind.type;
  if (kind.outcome !== undefined) draft["event.outcome"] = kind.outcome;
  if (kind.category.includes("intrusion_detection")) draft["event.kind"] = "alert";
}

function singleSpaced(text: string): string {
  if (!text.includes("  ")) return text;
  return text
    .split(" ")
    .filter((word) => word !== "")
    .join(" ");
}

function formField(draft: EcsDraft, name: string, value: string): void {
  if (value === "") return;
  switch (name) {
    case "a":
    case "b":
    case "direction":
      // Who opened the connection follows from all three.
      return;
    case "src":
      endpointFields(draft, "source", value);
      natFields(draft, "source", value);
      return;
    case "dst":
      endpointFields(draft, "destination", value);
      natFields(draft, "destination", value);
      icmpFields(draft, value);
      return;
    case "transport":
      transportFields(draft, value.startsWith("protocol ") ? value.slice(9) : lastWord(value));
      return;
    case "verdict":
      verdictFields(draft, value);
      return;
    case "duration":
      durationField(draft, value);
      return;
    case "bytes":
      bytesField(draft, value);
      return;
    case "sent":
    case "received": {
      const size = wholeOf(value);
      if (size !== undefined) draft[name === "sent" ? "destination.bytes" : "source.bytes"] = size;
      return;
    }
    case "nat":
      natFields(draft, "source", ` (${value})`);
      return;
    case "url-at": {
      // `192.0.2.80:http://host/path`: the server's address, then the URL.
      const colon = value.indexOf(":http");
      if (colon > 0) endpointFields(draft, "destination", value.slice(0, colon));
      urlFields(draft, colon > 0 ? value.slice(colon + 1) : value);
      return;
    }
    case "url":
      urlFields(draft, value);
      return;
    default: {
      const field = FIELDS[name];
      draft[field ?? ownName(name.replaceAll("-", "_"))] = value;
    }
  }
}

const FIELDS = table<string>({
  user: "user.name",
  group: "user.group.name",
  rule: "rule.name",
  "rule-id": "rule.id",
  "rule-category": "rule.category",
  in: "observer.ingress.interface.name",
  reason: "event.reason",
  file: "file.path",
  command: "process.command_line",
  indicator: "threat.indicator.name",
  connection: "network.session_id",
});

function lastWord(text: string): string {
  return text.slice(text.lastIndexOf(" ") + 1);
}

function icmpFields(draft: EcsDraft, value: string): void {
  const at = value.indexOf("(type ");
  const comma = value.indexOf(", code ", at);
  const close = value.indexOf(")", comma);
  if (at < 0 || comma < 0 || close < 0) return;
  draft["cisco.asa.icmp_type"] = value.slice(at + 6, comma);
  draft["cisco.asa.icmp_code"] = value.slice(comma + 7, close);
}

function verdictFields(draft: EcsDraft, verdict: string): void {
  const allowed = verdict.includes("permitted") || verdict.includes("allowed") || verdict === "requested";
  draft["event.action"] = allowed ? "connection-permitted" : "connection-denied";
  draft["event.type"] = ["connection", allowed ? "allowed" : "denied"];
  draft["event.outcome"] = allowed ? "success" : "failure";
}

/** `1:02:03` or `0h:01m:10s` as nanoseconds. */
function durationField(draft: EcsDraft, value: string): void {
  const word = value.split(" ")[0] ?? "";
  const parts = word
    .split(":")
    .map((part) => wholeOf(Number.isNaN(Number(part.at(-1))) ? part.slice(0, -1) : part));
  const [hours, minutes, seconds] = parts;
  if (parts.length !== 3 || hours === undefined || minutes === undefined || seconds === undefined) return;
  const total = hours * 3600 + minutes * 60 + seconds;
  if (total <= 9_000_000) draft["event.duration"] = total * 1_000_000_000;
}

/** `526 TCP FINs from inside (user)`: the size, then why it ended. */
function bytesField(draft: EcsDraft, value: string): void {
  const space = value.indexOf(" ");
  const size = wholeOf(space < 0 ? value : value.slice(0, space));
  if (size === undefined) return;
  draft["network.bytes"] = size;
  if (space > 0) draft["event.reason"] = value.slice(space + 1);
}

/** A built connection names the outer end first; who opened it follows from the direction. */
function directionFields(draft: EcsDraft, read: Map<string, string>): void {
  const outer = read.get("a");
  const inner = read.get("b");
  if (outer === undefined || inner === undefined) return;
  const direction = read.get("direction");
  const [from, to] = direction === "outbound" ? [inner, outer] : [outer, inner];
  if (direction === "inbound" || direction === "outbound") draft["network.direction"] = direction;
  formField(draft, "src", from);
  formField(draft, "dst", to);
}

const ENDS = [
  ["source.ip", "destination.ip"],
  ["source.port", "destination.port"],
  ["source.domain", "destination.domain"],
  ["source.nat.ip", "destination.nat.ip"],
  ["source.nat.port", "destination.nat.port"],
  ["source.user.name", "destination.user.name"],
  ["observer.ingress.interface.name", "observer.egress.interface.name"],
] as const;

/** A teardown does not say who had opened the connection; the end with the well-known port is taken for the server. */
function serverLast(draft: EcsDraft): void {
  const first = draft["source.port"];
  const second = draft["destination.port"];
  if (typeof first !== "number" || typeof second !== "number" || first >= 1024 || second < 1024) return;
  for (const [left, right] of ENDS) swap(draft, left, right);
}

function swap(draft: EcsDraft, left: string, right: string): void {
  const { [left]: a, [right]: b } = draft;
  if (b !== undefined) draft[left] = b;
  else if (a !== undefined) delete draft[left];
  if (a !== undefined) draft[right] = a;
  else if (b !== undefined) delete draft[right];
}

/** Where a message has no form: `from A to B` or `src A dst B`, when these are addresses. */
function looseFields(draft: EcsDraft, text: string): void {
  for (const [before, between] of [
    [" from ", " to "],
    ["src ", " dst "],
  ] as const) {
    const at = text.indexOf(before);
    const split = at < 0 ? -1 : text.indexOf(between, at + before.length);
    if (at < 0) continue;
    const left = text.slice(at + before.length, split < 0 ? undefined : split);
    const found: EcsDraft = {};
    endpointFields(found, "source", left);
    if (split > 0) endpointFields(found, "destination", text.slice(split + between.length));
    if (found["source.ip"] === undefined && found["destination.ip"] === undefined) continue;
    for (const [key, value] of Object.entries(found)) if (!key.endsWith(".domain")) draft[key] ??= value;
    return;
  }
}

/** Words of sign-in and VPN messages, in the order in which they are tried for one field. */
const KEYED: readonly (readonly [field: string, words: string, close: string])[] = [
  ["user.name", "Username = ", ""],
  ["user.name", "User <", ">"],
  ["user.name", "Uname: ", ""],
  ["user.name", "user = ", ""],
  ["user.name", "User = ", ""],
  ["source.ip", "user IP = ", ""],
  ["source.ip", " IP = ", ""],
  ["source.ip", "IP <", ">"],
  ["source.ip", "IP address: ", ""],
  ["source.ip", ", Addr ", ""],
  ["destination.ip", "server = ", ""],
  ["user.group.name", "Group = ", ""],
  ["user.group.name", "Group <", ">"],
  ["event.reason", "Reason: ", "\n"],
  ["event.reason", "reason = ", ""],
];

/** Signs of which each of these words holds one: most messages hold none, and need not be searched for every word. */
const SIGNS = [" = ", " <", ": ", ", Addr "];
const SIGN_OF = KEYED.map(([, words]) => SIGNS.findIndex((sign) => words.includes(sign)));

function keyedFields(draft: EcsDraft, text: string): void {
  let there = 0;
  for (let sign = 0; sign < SIGNS.length; sign++) if (text.includes(SIGNS[sign] ?? "")) there |= 1 << sign;
  if (there === 0) return;
  for (const [place, [field, words, close]] of KEYED.entries()) {
    if ((there & (1 << (SIGN_OF[place] ?? 0))) === 0 || draft[field] !== undefined) continue;
    const at = text.indexOf(words);
    if (at < 0) continue;
    const from = at + words.length;
    const value = text.slice(from, close === "" ? valueEnd(text, from) : closeAt(text, from, close)).trim();
    if (value !== "" && (!field.endsWith(".ip") || isIp(value))) draft[field] = value;
  }
}

function closeAt(text: string, from: number, close: string): number {
  const end = text.indexOf(close, from);
  return end < 0 ? text.length : end;
}

/** A value ends at a comma, or at a colon or space before the next word; an IPv6 address holds colons of its own. */
function valueEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 44) return at;
    if (code === 58 && (at + 1 === text.length || text.charCodeAt(at + 1) === 32)) return at;
    if (
      code === 32 &&
      (text[at + 1] === ":" || text.startsWith("From:", at + 1) || text.startsWith("Priv:", at + 1))
    )
      return at;
  }
  return text.length;
}
