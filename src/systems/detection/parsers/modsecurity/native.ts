import type { EcsDraft, Joint, ParseContext } from "../parser.ts";
import { between } from "../text/csv.ts";
import { kindFields, put, timeField } from "../text/fields.ts";
import { clfAt } from "../text/time.ts";
import { base, MARK, tagFields, verdict } from "./fields.ts";

/** `--a1b2c3d4-A--` of version 2, `---a1B2c3D4---A--` of version 3. */
const BOUNDARY = /^-{2,3}([0-9a-zA-Z]{6,16})-{1,3}([A-Z])--$/;
/** Sections of what others sent, in which a line may look like anything. */
const FOREIGN = "CDEGI";

/** A transaction goes from its section A to its section Z; lines between have nothing that tells whose they are. */
export function joint(message: string, holding?: Joint): Joint | undefined {
  const found = message.startsWith("--") ? BOUNDARY.exec(message) : null;
  const [, id = "", section = ""] = found ?? [];
  if (found !== null && id === holding?.key)
    return section === "Z" ? { key: id, ended: true } : { key: id, ended: false, holds: section };
  // Its writer was stopped in the middle: a line that only looks like a beginning stands in what others sent.
  const begins = section === "A" && (holding === undefined || !FOREIGN.includes(holding.holds ?? ""));
  return begins ? { key: id, ended: false, holds: "A" } : holding;
}

interface Section {
  readonly letter: string;
  readonly lines: readonly string[];
}

function sectionsOf(messages: readonly string[]): Section[] {
  const sections: { readonly letter: string; readonly lines: string[] }[] = [];
  const id = BOUNDARY.exec(messages[0] ?? "")?.[1];
  for (const line of messages) {
    const found = line.startsWith("--") ? BOUNDARY.exec(line) : null;
    if (found !== null && found[1] === id) sections.push({ letter: found[2] ?? "", lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

/** A whole transaction of the audit log in its native form. */
export function transaction(messages: readonly string[], context: ParseContext): EcsDraft | undefined {
  const sections = sectionsOf(messages);
  if (sections.length === 0) return undefined;
  const draft = base();
  const linesOf = (letter: string) => sections.find((section) => section.letter === letter)?.lines ?? [];
  const head = linesOf("A").find((line) => HEADER.test(line));
  if (head !== undefined) headerFields(draft, head, context);
  requestFields(draft, linesOf("B"));
  responseFields(draft, linesOf("F"));
  messageFields(draft, linesOf("H"));
  return draft;
}

/** `name: value` lines up to the first that is empty, by name in lower case; of one that comes twice the first. */
function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    if (line === "") break;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

const REQUEST_HEADERS = {
  host: "url.domain",
  "user-agent": "user_agent.original",
  referer: "http.request.referrer",
  "content-type": "http.request.mime_type",
  "content-length": "http.request.body.bytes",
  "x-forwarded-for": "modsecurity.x_forwarded_for",
  authorization: "modsecurity.authorization_scheme",
};

function requestFields(draft: EcsDraft, lines: readonly string[]): void {
  const request = lines[0] ?? "";
  const first = request.indexOf(" ");
  const last = request.lastIndexOf(" HTTP/");
  if (first > 0) {
    put(draft, "http.request.method", request.slice(0, first));
    put(draft, "url.original", request.slice(first + 1, last > first ? last : undefined));
    if (last > first) put(draft, "http.version", request.slice(last + 6));
  }
  const headers = headersOf(lines.slice(1));
  for (const [name, field] of Object.entries(REQUEST_HEADERS)) {
    const value = headers.get(name);
    // Of what signs somebody in only the way is of note.
    if (value !== undefined) put(draft, field, name === "authorization" ? value.split(" ", 1)[0] : value);
  }
}

function responseFields(draft: EcsDraft, lines: readonly string[]): void {
  put(draft, "http.response.status_code", (lines[0] ?? "").split(" ", 2)[1]);
  const headers = headersOf(lines.slice(1));
  put(draft, "http.response.mime_type", headers.get("content-type"));
  put(draft, "http.response.body.bytes", headers.get("content-length"));
}

/** Fields of a rule that fired; those of all rules stand in one list each. */
const LISTED = ["rule.id", "rule.name", "modsecurity.data", "modsecurity.file", "modsecurity.line"];

/** Every message of section H, and what was done in the end. */
function messageFields(draft: EcsDraft, lines: readonly string[]): void {
  const messages: string[] = [];
  const tags = new Set<string>();
  const lists = new Map(LISTED.map((field) => [field, [] as string[]]));
  let worst: EcsDraft | undefined;
  let intercepted = false;
  for (const line of lines) {
    if (line.startsWith("Action: Intercepted")) {
      intercepted = true;
      put(draft, "modsecurity.phase", between(line, "(phase ", ")"));
    }
    const said = messageOf(line);
    if (said === undefined) {
      if (line.startsWith("Server: ")) put(draft, "modsecurity.server", line.slice(8));
      if (line.startsWith("Engine-Mode: "))
        put(draft, "modsecurity.engine_mode", line.slice(13).replaceAll('"', ""));
      continue;
    }
    const open = said.indexOf(" [");
    messages.push(open < 0 ? said : said.slice(0, open));
    intercepted ||= said.startsWith("Access denied");
    const one: EcsDraft = {};
    tagFields(one, said);
    for (const tag of (one["modsecurity.tags"] as readonly string[] | undefined) ?? []) tags.add(tag);
    for (const [field, list] of lists) {
      const value = one[field];
      if (typeof value === "string" && !list.includes(value)) list.push(value);
    }
    if (worst === undefined || levelOf(one) < levelOf(worst)) worst = one;
    for (const field of ["rule.ruleset", "destination.address", "destination.ip", "event.id", "url.domain"])
      if (typeof one[field] === "string") draft[field] ??= one[field];
  }
  for (const [field, list] of lists)
    if (list.length > 0) draft[field] = list.length === 1 ? (list[0] ?? "") : list;
  for (const field of ["event.severity", "log.level"]) {
    const value = worst?.[field];
    if (value !== undefined) draft[field] = value;
  }
  if (tags.size > 0) {
    draft["modsecurity.tags"] = [...tags];
    draft["rule.category"] = [...tags][0] ?? "";
  }
  if (messages.length > 0) draft.message = messages.length === 1 ? (messages[0] ?? "") : messages.join("\n");
  else draft["event.kind"] = "event";
  const action = intercepted ? "access-denied" : messages.length > 0 ? "warning" : "transaction";
  verdict(draft, intercepted, action);
}

/** What a line of section H says of a rule: `Message: ` in version 2, `ModSecurity: ` in version 3. */
function messageOf(line: string): string | undefined {
  if (line.startsWith("Message: ")) return line.slice(9);
  return line.startsWith(MARK) ? line.slice(MARK.length).trim() : undefined;
}

function levelOf(draft: EcsDraft): number {
  return Number(draft["event.severity"] ?? 8);
}
const HEADER =
  /^\[(\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] (\S{8,40}) (\S{2,45}) (\d{1,5}) (\S{2,45}) (\d{1,5})$/;

/** A line of the audit log in its native form: the boundary of a section, its first line, a message of section H. */
export function isSection(message: string): boolean {
  if (message.startsWith("--")) return BOUNDARY.test(message);
  if (message.startsWith("Message: ")) return message.includes(' [id "') || message.includes(' [file "');
  return message.startsWith("[") && message.length < 200 && HEADER.test(message);
}

/** The boundary of a section, or its first line, where it came alone. */
export function section(message: string, context: ParseContext): EcsDraft {
  const draft = base();
  draft["event.kind"] = "event";
  draft.message = message;
  kindFields(draft, message.startsWith("--") ? "audit-section" : "audit-header", ["web"], ["info"]);
  headerFields(draft, message, context);
  return draft;
}

/** `[23/Nov/2026:10:11:12 +0800] Z0E1a2B3c4D5e6F7 198.51.100.9 51000 203.0.113.5 80` */
function headerFields(draft: EcsDraft, line: string, context: ParseContext): void {
  const found = HEADER.exec(line);
  if (found === null) return;
  timeField(draft, clfAt(found[1] ?? "", 0, context)?.at);
  put(draft, "event.id", found[2]);
  put(draft, "source.ip", found[3]);
  put(draft, "source.port", found[4]);
  put(draft, "destination.ip", found[5]);
  put(draft, "destination.port", found[6]);
}
