import { flatten, settleTime, withoutGaps } from "./ecs-object.ts";
import { PARSERS } from "./list.ts";
import type { EcsDraft, Joins, ParseContext, Parser } from "./parser.ts";
import { type Headed, readHeader } from "./syslog/header.ts";
import { isProgramLine, syslog } from "./syslog/parser.ts";
import { canonicalIp } from "./text/ip-form.ts";

/** One line after parsing. */
export interface ParsedLine {
  /** The parser that took it; empty when none did. */
  readonly parser: string;
  /** False for a line that no parser took: its header's fields and its text are kept. */
  readonly parsed: boolean;
  readonly record: EcsDraft;
}

/** What `parser=` takes: an id, or `auto` to choose for each line. */
export type ParserChoice = string;

const BY_ID = new Map(PARSERS.map((parser) => [parser.id, parser]));

export function parserIds(): string[] {
  return PARSERS.map((parser) => parser.id);
}

export function isParserChoice(choice: string): boolean {
  return choice === "auto" || BY_ID.has(choice);
}

/** Runs one parser; a fault in it must not lose the line. */
function attempt(parser: Parser, message: string, context: ParseContext, sure = false): EcsDraft | undefined {
  try {
    return sure ? parser.sure?.(message, context) : parser.parse(message, context);
  } catch {
    return undefined;
  }
}

const JOINING = PARSERS.flatMap(({ id, joins }) => (joins === undefined ? [] : [{ id, joins }]));
const JOINING_BY_ID = new Map(JOINING.map((parser) => [parser.id, [parser]]));

/** The parsers, among those that the choice asks, whose products write one event as several lines. */
export function joiningParsers(
  choice: ParserChoice,
): readonly { readonly id: string; readonly joins: Joins }[] {
  return choice === "auto" ? JOINING : (JOINING_BY_ID.get(choice) ?? []);
}

const LAST_CODE = 128;

/** For each first character, the parsers that can take the message, in the list's order; beyond ASCII, those that say nothing of it. */
const BY_FIRST: readonly (readonly Parser[])[] = Array.from({ length: LAST_CODE + 1 }, (_, code) =>
  PARSERS.filter(
    ({ begins }) => begins === undefined || (code < LAST_CODE && begins.includes(String.fromCharCode(code))),
  ),
);
const BY_PROGRAM = new Map(
  PARSERS.flatMap((parser) => (parser.programs ?? []).map((name) => [name, parser])),
);
const SURE = PARSERS.filter((parser) => parser.sure !== undefined);
const WHOLE = PARSERS.filter((parser) => parser.whole === true);

function candidates(message: string): readonly Parser[] {
  const code = message.charCodeAt(0);
  return BY_FIRST[Math.min(code, LAST_CODE)] ?? PARSERS;
}

function choose(
  choice: ParserChoice,
  message: string,
  context: ParseContext,
): [Parser, EcsDraft] | undefined {
  if (choice !== "auto") {
    const parser = BY_ID.get(choice);
    const draft = parser === undefined ? undefined : attempt(parser, message, context);
    return parser === undefined || draft === undefined ? undefined : [parser, draft];
  }
  const named = context.program === undefined ? undefined : BY_PROGRAM.get(context.program);
  const first = named === undefined ? undefined : attempt(named, message, context);
  if (named !== undefined && first !== undefined) return [named, first];
  for (const parser of candidates(message)) {
    if (parser === named || !parser.accepts(message, context)) continue;
    const draft = attempt(parser, message, context);
    if (draft !== undefined) return [parser, draft];
  }
  return undefined;
}

/** A line of a format whose own date would pass for a syslog header. */
function chooseWhole(line: string, context: ParseContext, choice: ParserChoice): ParsedLine | undefined {
  const code = line.charCodeAt(0);
  // Such lines begin with a digit or with the `#` of a header.
  if (code !== 35 && (code < 48 || code > 57)) return undefined;
  if (choice === "auto") {
    for (const parser of SURE) {
      const sure = whole(parser, attempt(parser, line, context, true), context);
      if (sure !== undefined) return sure;
    }
  }
  for (const parser of WHOLE) {
    if (choice !== parser.id && (choice !== "auto" || !parser.accepts(line, context))) continue;
    const read = whole(parser, attempt(parser, line, context), context);
    if (read !== undefined) return read;
  }
  return undefined;
}

function whole(parser: Parser, record: EcsDraft | undefined, context: ParseContext): ParsedLine | undefined {
  if (record === undefined) return undefined;
  record["@timestamp"] ??= context.receivedAt;
  settleAddresses(record);
  return { parser: parser.id, parsed: true, record };
}

/**
 * One log line to one ECS record: the syslog header is taken off, then the chosen parser, or under `auto` the first
 * that accepts the message, reads the rest. Never throws; `@timestamp` is always set.
 */
export function parseLine(line: string, context: ParseContext, choice: ParserChoice = "auto"): ParsedLine {
  const { parser, parsed, record } = draftMessage(line, context, choice);
  return { parser, parsed, record: withoutGaps(record) };
}

/**
 * The same for readers who take fields by name: the record may hold fields that are undefined, since records of one
 * parser have one form, which the engine reads and writes several times as fast.
 */
export function draftLine(line: string, context: ParseContext, choice: ParserChoice = "auto"): ParsedLine {
  const unheaded = chooseWhole(line, context, choice);
  if (unheaded !== undefined) return unheaded;
  const headed = readHeader(line, context);
  const within = headed.program === undefined ? context : { ...context, program: headed.program };
  const found = choose(choice, headed.message, within);
  if (found === undefined)
    return choice === "auto" ? unknown(line, headed, context) : unparsed(line, headed, context);
  return { parser: found[0].id, parsed: true, record: finish(headed, found[1], context) };
}

/** A line of no product: of a program that nobody knows the plain message. */
function unknown(line: string, headed: Headed, context: ParseContext): ParsedLine {
  const draft = isProgramLine(headed) ? syslog.parse(headed.message, context) : undefined;
  if (draft === undefined) return unparsed(line, headed, context);
  return { parser: syslog.id, parsed: true, record: finish(headed, draft, context) };
}

function unparsed(line: string, headed: Headed, context: ParseContext): ParsedLine {
  return { parser: "", parsed: false, record: finish(headed, { message: line }, context) };
}

/**
 * The same of a message that may hold line feeds: the lines of one event, or else it is read as one line with blanks in
 * their place.
 */
export function draftMessage(message: string, context: ParseContext, choice: ParserChoice): ParsedLine {
  if (!message.includes("\n")) return draftLine(message, context, choice);
  const joined = draftJoined(message, context, choice);
  if (joined !== undefined) return joined;
  const read = draftLine(message.replaceAll("\n", " "), context, choice);
  if (!read.parsed) read.record["message"] = message;
  return read;
}

function draftJoined(message: string, context: ParseContext, choice: ParserChoice): ParsedLine | undefined {
  const lines = message.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const headed = readHeader(lines[0] ?? "", context);
  for (const { id, joins } of joiningParsers(choice)) {
    if (joins.joint(headed.message) === undefined) continue;
    const messages = lines.map((line, at) => {
      if (at === 0) return headed.message;
      // What looks like a header inside a text that has none is part of the text.
      return headed.found ? readHeader(line, context).message : line;
    });
    const within = headed.program === undefined ? context : { ...context, program: headed.program };
    const draft = attemptJoined(joins, messages, within);
    if (draft !== undefined) return { parser: id, parsed: true, record: finish(headed, draft, context) };
  }
  return undefined;
}

function attemptJoined(
  joins: Joins,
  messages: readonly string[],
  context: ParseContext,
): EcsDraft | undefined {
  try {
    return joins.parse(messages, context);
  } catch {
    return undefined;
  }
}

/** What the device said wins over what the transport said. */
function finish(headed: Headed, draft: EcsDraft, context: ParseContext): EcsDraft {
  const { fields } = headed;
  for (const field in fields) draft[field] ??= fields[field] ?? "";
  draft["@timestamp"] ??= context.receivedAt;
  settleAddresses(draft);
  return draft;
}

/** One form for one address, so that a search, a group of a correlation and a colleague's copy all mean the same host. */
function settleAddresses(record: EcsDraft): void {
  // Keys that are written out are read at once.
  const [source, destination] = [record["source.ip"], record["destination.ip"]];
  const [client, server] = [record["client.ip"], record["server.ip"]];
  if (typeof source === "string" && !isDotted(source)) record["source.ip"] = canonicalIp(source);
  if (typeof destination === "string" && !isDotted(destination))
    record["destination.ip"] = canonicalIp(destination);
  if (typeof client === "string" && !isDotted(client)) record["client.ip"] = canonicalIp(client);
  if (typeof server === "string" && !isDotted(server)) record["server.ip"] = canonicalIp(server);
}

const DOT = 46;
const COLON = 58;

/** Whether it begins with one to three characters and a dot, as every IPv4 address does and none of IPv6 (`::1.2.3.4`). */
function isDotted(address: string): boolean {
  if (address.charCodeAt(0) === COLON) return false;
  return address.charCodeAt(1) === DOT || address.charCodeAt(2) === DOT || address.charCodeAt(3) === DOT;
}

/** What the record's `parser` says of an object that came as ECS already. */
export const ECS = "ecs";

/**
 * One object of an NDJSON body to one ECS record: `{"message": "..."}` alone is a wrapped line; an object with a
 * message and a named parser is that line with fields beside it; anything else is an ECS record already.
 */
export function parseObject(
  object: object,
  context: ParseContext,
  choice: ParserChoice = "auto",
): ParsedLine {
  const { message } = object as { message?: unknown };
  const alone = Object.keys(object).length === 1;
  if (typeof message === "string" && (alone || choice !== "auto")) {
    const line = parseLine(message, context, choice);
    if (alone) return line;
    const beside = flatten(object);
    const said = beside["@timestamp"] !== undefined;
    settleTime(beside, context);
    for (const [field, value] of Object.entries(beside)) {
      // A line without a time of its own has the time of receipt, which the sender knows better.
      if (field === "@timestamp" && said && line.record[field] === context.receivedAt)
        line.record[field] = value;
      else line.record[field] ??= value;
    }
    settleAddresses(line.record);
    return line;
  }
  const record = flatten(object);
  settleTime(record, context);
  settleAddresses(record);
  return { parser: ECS, parsed: true, record };
}
