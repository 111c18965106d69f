import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { draftOf, put, timeField } from "../text/fields.ts";
import { setLevel } from "../text/network.ts";
import { bsdAt, digitsAt, isoAt } from "../text/time.ts";
import { zoneNamed } from "../text/zone.ts";
import { type Mark, messageFields } from "./messages.ts";

const FIREWALLS = new Set(["ASA", "FTD", "PIX", "FWSM"]);
/** How far into a line the mark may stand: after a sequence number, a time and perhaps a relay's header. */
const FARTHEST = 160;

/** `%SEC-6-IPACCESSLOGP: text`; the facility may itself hold hyphens (`%C4K_IOSMODPORTMAN-4-...`, `%SYS-SW1-5-...`). */
function markIn(message: string): Mark | undefined {
  const from = message.indexOf("%");
  if (from < 0 || from > FARTHEST) return undefined;
  const colon = message.indexOf(":", from);
  if (colon < 0 || colon - from > 90) return undefined;
  const head = message.slice(from + 1, colon).trimEnd();
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

/** Cisco IOS, IOS XE, IOS XR and NX-OS: every message by its mark, the fields of access lists, logins, configuration and IPS. */
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
    headFields(draft, message.slice(0, mark.from), context);
    messageFields(draft, mark);
    return draft;
  },
});

/** `RP/0/RSP0/CPU0:`, the node of IOS XR. */
const NODE = /^(RP|LC|SP|DRP)\/\d+\/[\w/]{1,20}$/;

/**
 * What stands before the mark, in the order that the device was told to print it: sequence numbers, the host when
 * `logging origin-id` is set, the time with its zone, on IOS XR the node and the process.
 */
function headFields(draft: EcsDraft, head: string, context: ParseContext): void {
  let rest = head.trim();
  for (let step = 0; step < 6 && rest !== ""; step++) {
    const text = unmarked(rest);
    const time = bsdAt(text, 0, context) ?? isoAt(text, 0, context);
    if (time !== undefined) {
      const zone = /^ ?([A-Za-z]{1,6}):?(?= |$)/.exec(text.slice(time.end));
      const minutes = zone?.[1] === undefined ? undefined : zoneNamed(zone[1]);
      const local = minutes === undefined ? context : { ...context, zoneMinutes: minutes };
      const zoned = minutes === undefined ? time : (bsdAt(text, 0, local) ?? isoAt(text, 0, local));
      if (draft["@timestamp"] === undefined) timeField(draft, zoned?.at);
      rest = text.slice(time.end + (zone?.[0].length ?? 0)).replace(/^[\s:]+/, "");
      continue;
    }
    const colon = /:(?: |$)/.exec(rest)?.index ?? -1;
    const node = rest.indexOf(":");
    if (node > 0 && NODE.test(rest.slice(0, node))) {
      put(draft, "cisco.ios.node", rest.slice(0, node));
      rest = rest.slice(node + 1).trimStart();
      continue;
    }
    const word = (colon < 0 ? rest : rest.slice(0, colon)).trim();
    const space = word.indexOf(" ");
    rest = colon < 0 ? "" : rest.slice(colon + 1).trimStart();
    if (space > 0 && NODE.test(word.slice(space + 1).split(":", 1)[0] ?? "")) {
      put(draft, "observer.name", word.slice(0, space));
      rest = `${word.slice(space + 1)}${rest === "" ? "" : `: ${rest}`}`;
    } else if (/^\d{1,12}$/.test(word)) put(draft, "event.sequence", word);
    else if (UPTIME.test(word)) put(draft, "cisco.ios.uptime", word);
    else if (/^[\w-]+\[\d+\]$/.test(word)) put(draft, "process.name", word.split("[", 1)[0]);
    else if (space < 0 && word.length > 0 && word.length < 64) put(draft, "observer.name", word);
  }
}

/** `10w2d`, `3d05h`, `00:01:12`: time since the start, where the device has no clock. */
const UPTIME = /^(\d{1,4}[ywdh]\d{1,3}[wdhm]|\d{1,2}:\d\d:\d\d)$/;

/** Without the `*` or `.` by which the device says that its clock is not set. */
function unmarked(text: string): string {
  return text.startsWith("*") || text.startsWith(".") ? text.slice(1) : text;
}
