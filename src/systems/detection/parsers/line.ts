import { flatten, settleTime } from "./ecs-object.ts";
import { PARSERS } from "./list.ts";
import type { EcsDraft, ParseContext, Parser } from "./parser.ts";
import { type Headed, readHeader } from "./syslog/header.ts";

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
function attempt(parser: Parser, message: string, context: ParseContext): EcsDraft | undefined {
  try {
    return parser.parse(message, context);
  } catch {
    return undefined;
  }
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
  for (const parser of PARSERS) {
    if (!parser.accepts(message, context)) continue;
    const draft = attempt(parser, message, context);
    if (draft !== undefined) return [parser, draft];
  }
  return undefined;
}

/**
 * One log line to one ECS record: the syslog header is taken off, then the chosen parser, or under `auto` the first
 * that accepts the message, reads the rest. Never throws; `@timestamp` is always set.
 */
export function parseLine(line: string, context: ParseContext, choice: ParserChoice = "auto"): ParsedLine {
  const headed = readHeader(line, context);
  const within = headed.program === undefined ? context : { ...context, program: headed.program };
  const found = choose(choice, headed.message, within);
  if (found === undefined)
    return { parser: "", parsed: false, record: finish(headed, { message: line }, context) };
  return { parser: found[0].id, parsed: true, record: finish(headed, found[1], context) };
}

/** What the device said wins over what the transport said. */
function finish(headed: Headed, draft: EcsDraft, context: ParseContext): EcsDraft {
  for (const [field, value] of Object.entries(headed.fields)) draft[field] ??= value;
  draft["@timestamp"] ??= context.receivedAt;
  return draft;
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
    return line;
  }
  const record = flatten(object);
  settleTime(record, context);
  return { parser: ECS, parsed: true, record };
}
