import type { EcsDraft, ParseContext } from "../parser.ts";
import { wholeOf } from "../text/address.ts";
import { setLevel } from "../text/network.ts";
import { bsdAt, isoAt, isoText, offsetAt, type ReadTime } from "../text/time.ts";
import { zoneNamed } from "../text/zone.ts";

/** A line taken apart into what the transport said and what the device said. */
export interface Headed {
  /** `host.name`, `process.*`, `log.syslog.*`, `log.level`, `@timestamp`: what the header held. */
  readonly fields: EcsDraft;
  /** The rest of the line: what a product's parser reads. */
  readonly message: string;
  /** Name of the sending program, when the header had a tag. */
  readonly program: string | undefined;
  /** Whether there was any header: a priority or a time with a host or a tag. */
  readonly found: boolean;
}

/** An IPv6 address in brackets. */
const BRACKETED = /^\[[0-9a-fA-F]*:[0-9a-fA-F:.%]*\]$/;
const WEEKDAY = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)$/;
const YEAR = /^20\d\d $/;
const FACILITIES =
  "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7".split(
    " ",
  );

/** `<0>` to `<191>` at the start of the line. */
function priorityAt(line: string): { value: number; end: number } | undefined {
  if (line[0] !== "<") return undefined;
  const close = line.indexOf(">");
  if (close < 2 || close > 4) return undefined;
  const value = wholeOf(line.slice(1, close));
  return value === undefined || value > 191 ? undefined : { value, end: close + 1 };
}

function priorityFields(fields: EcsDraft, value: number): void {
  const facility = value >> 3;
  const severity = value & 7;
  fields["log.syslog.priority"] = value;
  fields["log.syslog.facility.code"] = facility;
  const name = FACILITIES[facility];
  if (name !== undefined) fields["log.syslog.facility.name"] = name;
  fields["log.syslog.severity.code"] = severity;
  setLevel(fields, severity);
}

/** Some relays put a byte order mark or spaces before the priority. */
function withoutPadding(line: string): string {
  const first = line.charCodeAt(0);
  if (first !== 32 && first !== 9 && first !== 0xfeff) return line;
  const at = skipSpaces(line, first === 0xfeff ? 1 : 0);
  return line[at] === "<" ? line.slice(at) : line;
}

function skipSpaces(line: string, from: number): number {
  let at = from;
  while (line.charCodeAt(at) === 32 || line.charCodeAt(at) === 9) at++;
  return at;
}

function wordEnd(line: string, from: number): number {
  const space = line.indexOf(" ", from);
  return space < 0 ? line.length : space;
}

/** Takes a line's syslog header off: RFC 5424, RFC 3164 and what devices make of them; any text is taken. */
export function readHeader(given: string, context: ParseContext): Headed {
  const line = withoutPadding(given);
  const fields: EcsDraft = {};
  const priority = priorityAt(line);
  if (priority !== undefined) {
    priorityFields(fields, priority.value);
    if (line.startsWith("1 ", priority.end)) {
      const message = rfc5424(line, priority.end + 2, fields, context);
      if (message !== undefined) return message;
    }
  }
  if (priority === undefined && line.startsWith("1 ") && line[6] === "-" && line[12] === "T") {
    // RFC 5424 of which a relay or a file has lost the priority.
    const message = rfc5424(line, 2, fields, context);
    if (message !== undefined) return message;
  }
  return rfc3164(line, priority?.end ?? 0, fields, context, priority !== undefined);
}

function rfc5424(line: string, from: number, fields: EcsDraft, context: ParseContext): Headed | undefined {
  const words: string[] = [];
  let at = from;
  while (words.length < 5) {
    if (at >= line.length) return undefined;
    const end = wordEnd(line, at);
    words.push(line.slice(at, end));
    at = end + 1;
  }
  const [time = "-", host = "-", app = "-", pid = "-", messageId = "-"] = words;
  if (time !== "-") {
    const read = isoAt(time, 0, context);
    if (read === undefined) return undefined;
    fields["@timestamp"] = isoText(read.at);
  }
  fields["log.syslog.version"] = "1";
  if (host !== "-") {
    fields["host.name"] = host;
    fields["log.syslog.hostname"] = host;
  }
  if (app !== "-") programFields(fields, app, pid === "-" ? "" : pid);
  if (messageId !== "-") fields["log.syslog.msgid"] = messageId;
  const program = app === "-" ? undefined : app;
  if (line.startsWith("[junos@", at)) {
    // Junos says the whole event in its structured data, and its name in the message id; its parser reads both.
    return { fields, message: `${messageId} ${line.slice(at)}`, program, found: true };
  }
  at = structuredData(line, at, fields);
  at = skipSpaces(line, at);
  if (line.charCodeAt(at) === 0xfeff) at++;
  return { fields, message: line.slice(at), program, found: true };
}

/** `[id name="value" ...]...` or `-`; what is not of this form is left to the message. Answers where it ends. */
function structuredData(line: string, from: number, fields: EcsDraft): number {
  if (line[from] === "-" && (from + 1 === line.length || line[from + 1] === " ")) return from + 1;
  let at = from;
  while (line[at] === "[") {
    let cursor = at + 1;
    while (cursor < line.length && line[cursor] !== " " && line[cursor] !== "]") cursor++;
    const id = line.slice(at + 1, cursor).toLowerCase();
    const read: [string, string][] = [];
    while (line[cursor] === " ") {
      const equals = line.indexOf("=", cursor);
      if (equals < 0 || line[equals + 1] !== '"') return at;
      const name = line.slice(cursor + 1, equals);
      let value = "";
      cursor = equals + 2;
      while (cursor < line.length && line[cursor] !== '"') {
        if (line[cursor] === "\\" && cursor + 1 < line.length) cursor++;
        value += line[cursor];
        cursor++;
      }
      cursor++;
      read.push([name.toLowerCase(), value]);
    }
    if (line[cursor] !== "]") return at;
    for (const [name, value] of read) fields[`log.syslog.structured_data.${id}.${name}`] = value;
    at = cursor + 1;
  }
  return at;
}

function programFields(fields: EcsDraft, name: string, pid: string): void {
  fields["process.name"] = name;
  fields["log.syslog.appname"] = name;
  const number = wholeOf(pid);
  if (number !== undefined) fields["process.pid"] = number;
  if (pid !== "") fields["log.syslog.procid"] = pid;
}

function timeAt(line: string, at: number, context: ParseContext): ReadTime | undefined {
  const code = line.charCodeAt(at);
  const digit = code >= 48 && code <= 57;
  // Sophos UTM: `2026:11:23-10:13:00`.
  if (digit && line[at + 4] === ":" && line[at + 10] === "-") {
    const date = `${line.slice(at, at + 10).replaceAll(":", "-")} ${line.slice(at + 11, at + 19)}`;
    const read = isoAt(date, 0, context);
    return read === undefined ? undefined : { at: read.at, end: at + 19 };
  }
  const read = digit ? (isoAt(line, at, context) ?? bsdAt(line, at, context)) : bsdAt(line, at, context);
  const sign = read === undefined ? "" : line[read.end];
  if (read === undefined || (sign !== "+" && sign !== "-")) return read;
  // Huawei: `Nov 23 2026 10:11:12+08:00`.
  const offset = offsetAt(line, read.end);
  if (offset === undefined) return read;
  const utc = bsdAt(line, at, { ...context, zoneMinutes: offset.minutes });
  return utc === undefined ? read : { at: utc.at, end: offset.end };
}

/**
 * ` UTC`, ` GMT` and ` CST` after a time, and any other zone's name that a colon follows; a name that means several
 * zones or none (CST is China's standard time on devices here) leaves the zone of the context.
 */
function zoneNameAt(line: string, at: number): { minutes: number | undefined; end: number } | undefined {
  if (line.charCodeAt(at) !== 32) return undefined;
  let end = at + 1;
  while (end < at + 7 && isUpper(line.charCodeAt(end))) end++;
  if (end < at + 3 || end === at + 7) return undefined;
  const next = line[end];
  const word = line.slice(at + 1, end);
  const usual = word === "UTC" || word === "GMT" || word === "CST";
  if (next !== ":" && !(usual && (next === " " || next === undefined))) return undefined;
  return { minutes: zoneNamed(word), end };
}

/** `Nov 23 10:00:00 2026 host`: the year stands behind the time of day. */
function withYearBehind(
  line: string,
  from: number,
  time: ReadTime | undefined,
  context: ParseContext,
): ReadTime | undefined {
  const year = time === undefined || line[time.end] !== " " ? "" : line.slice(time.end + 1, time.end + 6);
  if (time === undefined || !YEAR.test(year)) return time;
  const [month = "", day = "", clock = ""] = line.slice(from, time.end).split(/ +/);
  const read = bsdAt(`${month} ${day} ${year.trim()} ${clock}`, 0, context);
  return read === undefined ? time : { at: read.at, end: time.end + 5 };
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}

/** The time at `from`, read in the zone that the line names behind it. */
function zonedAt(
  line: string,
  from: number,
  time: ReadTime,
  zone: { minutes: number | undefined } | undefined,
  context: ParseContext,
): number {
  if (zone?.minutes === undefined) return time.at;
  const local = { ...context, zoneMinutes: zone.minutes };
  return withYearBehind(line, from, timeAt(line, from, local), local)?.at ?? time.at;
}

function rfc3164(
  line: string,
  from: number,
  fields: EcsDraft,
  context: ParseContext,
  hadPriority: boolean,
): Headed {
  let at = skipSpaces(line, from);
  const mark = line[at];
  // Cisco: `*` and `.` for a clock that is not set, `:` before the time in the EMBLEM format of the ASA.
  const unset = mark === "*" || mark === "." || (hadPriority && mark === ":") ? at + 1 : at;
  // `Wed Nov 25 10:11:12 2026`, as the C library writes it.
  const worded = line[unset + 3] === " " && line.charCodeAt(unset + 4) > 64;
  const marked = worded && WEEKDAY.test(line.slice(unset, unset + 3)) ? unset + 4 : unset;
  const time = withYearBehind(line, marked, timeAt(line, marked, context), context);
  if (time === undefined) {
    const tag = hadPriority ? tagAt(line, at) : undefined;
    if (tag !== undefined) programFields(fields, tag.name, tag.pid);
    return { fields, message: line.slice(tag?.end ?? at), program: tag?.name, found: hadPriority };
  }
  at = time.end;
  const zone = zoneNameAt(line, at);
  at = zone?.end ?? at;
  fields["@timestamp"] = isoText(zonedAt(line, marked, time, zone, context));
  if (line[at] === ":") at++;
  at = skipSpaces(line, at);
  const host = hostAt(line, at);
  if (host !== undefined) {
    fields["host.name"] = host.name;
    fields["log.syslog.hostname"] = host.name;
    at = skipSpaces(line, host.end);
    if (line[at] === ":" && line[at + 1] === " ") at = skipSpaces(line, at + 1);
    const inner = timeAt(line, at, context);
    if (inner !== undefined) return innerHeader(line, at, fields, context, inner);
  }
  const tag = tagAt(line, at);
  if (!hadPriority && host === undefined && line[marked + 4] === "-") {
    // A date with hyphens and then no host is the beginning of a program's own log line, not a syslog header.
    return { fields: {}, message: line, program: undefined, found: false };
  }
  if (tag !== undefined) programFields(fields, tag.name, tag.pid);
  const found = hadPriority || host !== undefined || tag !== undefined;
  return { fields, message: line.slice(tag?.end ?? at), program: tag?.name, found };
}

/** A relay's header stood before the device's own: the device's time and, when it names itself, host win. */
function innerHeader(
  line: string,
  at: number,
  fields: EcsDraft,
  context: ParseContext,
  time: ReadTime,
): Headed {
  const zone = zoneNameAt(line, time.end);
  fields["@timestamp"] = isoText(zonedAt(line, at, time, zone, context));
  let cursor = zone?.end ?? time.end;
  if (line[cursor] === ":") cursor++;
  cursor = skipSpaces(line, cursor);
  const host = hostAt(line, cursor);
  if (host !== undefined && at < cursor) {
    fields["host.name"] = host.name;
    cursor = skipSpaces(line, host.end);
    if (line[cursor] === ":" && line[cursor + 1] === " ") cursor = skipSpaces(line, cursor + 1);
  }
  const tag = tagAt(line, cursor);
  if (tag !== undefined) programFields(fields, tag.name, tag.pid);
  return { fields, message: line.slice(tag?.end ?? cursor), program: tag?.name, found: true };
}

/** The word after the time when it can be a host: no tag, no `key=value`, no Cisco message. `relay->10.0.0.1` names the second. */
function hostAt(line: string, at: number): { name: string; end: number } | undefined {
  const space = wordEnd(line, at);
  const upto = line.slice(at, space);
  const tab = upto.indexOf("\t");
  const end = tab < 0 ? space : at + tab;
  const word = tab < 0 ? upto : upto.slice(0, tab);
  if (word === "" || word.length > 255 || end === line.length) return undefined;
  if (BRACKETED.test(word)) return { name: word.slice(1, -1), end };
  const first = word.charCodeAt(0);
  const last = word.charCodeAt(word.length - 1);
  if (
    last === 58 ||
    last === 44 ||
    first === 37 ||
    first === 34 ||
    first === 91 ||
    first === 40 ||
    first === 58
  ) {
    return undefined;
  }
  if (word.includes("=") || word.includes("[")) return undefined;
  const arrow = word.indexOf("->");
  return { name: arrow >= 0 && arrow + 2 < word.length ? word.slice(arrow + 2) : word, end };
}

/** `named[464]: `, `sshd: `, `(squid-1): `: a program and perhaps its process id. */
function tagAt(line: string, at: number): { name: string; pid: string; end: number } | undefined {
  const limit = Math.min(line.length, at + 64);
  let open = -1;
  for (let cursor = at; cursor < limit; cursor++) {
    const code = line.charCodeAt(cursor);
    if (code === 91 && open < 0) {
      open = cursor;
    } else if (code === 58) {
      const stop = open < 0 ? cursor : open;
      const after = line[cursor + 1];
      if (stop === at || (after !== " " && after !== undefined)) return undefined;
      // A number alone is a sequence number of Cisco's, no program.
      if (wholeOf(line.slice(at, stop)) !== undefined) return undefined;
      // `CEF: 0|Vendor|` with a blank behind the colon is the message already.
      if (cursor - at === 3 && line.startsWith("CEF: 0|", at)) return undefined;
      const close = open < 0 ? -1 : line.indexOf("]", open);
      if (open >= 0 && close !== cursor - 1) return undefined;
      return {
        name: trimmedName(line.slice(at, stop)),
        pid: open < 0 ? "" : line.slice(open + 1, cursor - 1),
        end: skipSpaces(line, cursor + 1),
      };
    } else if (code === 32 || code === 37 || code === 61 || code === 34 || code === 39 || code === 44) {
      return undefined;
    }
  }
  return undefined;
}

function trimmedName(name: string): string {
  return name.startsWith("(") && name.endsWith(")") ? name.slice(1, -1) : name;
}
