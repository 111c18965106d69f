import type { Instant } from "../../../core/instant.ts";
import { jsonFaultAt, jsonTooDeepAt } from "../../../core/json-fault.ts";
import { type Fault, Problem } from "../../../core/problem.ts";
import { zoneOf } from "../../../core/time-zone.ts";
import type { MatchedEvent } from "../alerts/index.ts";
import type { IndicatorPass } from "../indicators/pass.ts";
import { withoutGaps } from "../parsers/ecs-object.ts";
import { draftLine, draftMessage, type ParsedLine, parseLine, parseObject } from "../parsers/line.ts";
import type { EcsDraft, ParseContext } from "../parsers/parser.ts";
import { parseJson } from "../parsers/text/exact-json.ts";
import { isoMillis } from "../parsers/text/time.ts";
import type { Matcher } from "../sigma/index.ts";
import { type BatchFormat, type BatchLines, type BatchResult, type BatchTask, ofChoice } from "./batch.ts";
import { batchMark, eventIdOf } from "./event-id.ts";
import { eventsInTurn, type Line, LineReader, lookOver, readLines } from "./lines.ts";
import { LOG_TLP } from "./log-table.ts";
import { LogRows } from "./row.ts";

/** What a record that met an indicator bears among its rules. */
const INDICATOR_MET = "Known indicator";
/** The field of a record that keeps what came where that is no UTF-8. */
export const ORIGINAL_BYTES = "lianfang.original_base64";
const NO_RULES: readonly string[] = [];
const NOTHING_KNOWN: readonly MatchedEvent[] = [];
/** Parsers that read a line by what a header before it said, so that the line alone does not give the record. */
const REMEMBERING: ReadonlySet<string> = new Set(["w3c", "zeek"]);

/** Objects and lists within one another; what writes a record out again works on the stack. */
const MOST_NESTED = 1_000;

/** Most faults told at once. */
const MOST_FAULTS = 20;

type ReadObject = { readonly object: object } | { readonly fault: Fault };

/** The object of an NDJSON line, or the fault with its place. */
function objectOf(line: Line): ReadObject {
  const faultAt = (column: number, message: string): ReadObject => ({
    fault: { path: `line ${line.number}, column ${column}`, message },
  });
  if (!line.valid) return faultAt(line.text.indexOf("\ufffd") + 1, "the bytes here are not UTF-8");
  try {
    const value = parseJson(line.text);
    const deep = line.text.length > 2 * MOST_NESTED ? jsonTooDeepAt(line.text, MOST_NESTED) : -1;
    if (deep >= 0) return faultAt(deep + 1, `nested deeper than ${MOST_NESTED} levels`);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { object: value };
    return faultAt(1, "a record is a JSON object");
  } catch {
    const at = Math.max(0, jsonFaultAt(line.text));
    const early = at >= line.text.length;
    return faultAt(
      at + 1,
      early ? "the JSON ends too early" : `not expected here: ${JSON.stringify(line.text[at])}`,
    );
  }
}

/** The faults of an NDJSON batch, each with line and column; log lines have none. Nothing is stored before this is empty. */
export function faultsOfBatch(batch: BatchLines): Fault[] {
  const faults: Fault[] = [];
  if (batch.format === "lines") return faults;
  for (const line of readLines(batch.bytes, batch.firstLine)) {
    const read = objectOf(line);
    if ("fault" in read) faults.push(read.fault);
    if (faults.length === MOST_FAULTS) break;
  }
  return faults;
}

/** Control characters but tab and line feed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f]/;

/** A match whose event has no id yet: that follows from the place of its row. */
interface Found {
  readonly row: number;
  readonly matched: MatchedEvent;
}

/** A thread makes its batches one after the other. */
const ROWS = new LogRows();

interface ReadLine extends ParsedLine {
  readonly original: string;
  /** What `original` is: a log line, or the JSON of a record. */
  readonly form: BatchFormat;
}

function readLine(line: Line, task: BatchTask, context: ParseContext): ReadLine {
  if (task.format === "lines") {
    const draft = task.framed === true || line.lines !== undefined ? draftMessage : draftLine;
    const { parser, parsed, record } = draft(line.text, context, task.parser);
    return { parser, parsed, record, original: line.text, form: "lines" };
  }
  const read = objectOf(line);
  if ("fault" in read) throw new Problem("ingest.bad-record", { faults: [read.fault] });
  const { parser, parsed, record } = parseObject(read.object, context, task.parser);
  const { message } = read.object as { message?: unknown };
  const wrapped = typeof message === "string" && Object.keys(read.object).length === 1;
  return {
    parser,
    parsed,
    record,
    original: wrapped ? message : line.text,
    form: wrapped ? "lines" : "ndjson",
  };
}

/**
 * The record of a stored line, made anew: what `processBatch` made of it, by today's parsers. `form`, `choice` and
 * `receivedAt` are those of its batch.
 */
export function recordOf(
  original: string,
  batch: { readonly form: BatchFormat; readonly choice: string; readonly receivedAt: Instant },
): EcsDraft {
  const { parser, timeZone } = ofChoice(batch.choice);
  const context: ParseContext = { receivedAt: batch.receivedAt, zone: zoneOf(timeZone) };
  if (batch.form === "lines") return parseLine(original, context, parser).record;
  return parseObject(parseJson(original) as object, context, parser).record;
}

/** The record as it is kept: with the bytes of its line where they are no UTF-8, which rules do not look at. */
function jsonOf(record: EcsDraft, raw: Buffer | undefined): string {
  const whole = raw === undefined ? record : { ...record, [ORIGINAL_BYTES]: raw.toString("base64") };
  return JSON.stringify(whole).toWellFormed();
}

/**
 * A batch from bytes to rows and matches. Pure: the same task and rules give the same rows, ids and matches, so that a
 * batch that is tried again after a crash stores and raises nothing twice. Throws ingest.bad-record on a bad NDJSON line.
 */
export function processBatch(task: BatchTask, matcher: Matcher, indicators?: IndicatorPass): BatchResult {
  const mark = batchMark(task.orgId, task.batch);
  const context: ParseContext = { receivedAt: task.receivedAt, zone: zoneOf(task.timeZone), memory: {} };
  // What the log's header said before this batch; the lines themselves were stored where they stood.
  for (const line of task.header?.split("\n") ?? []) parseLine(line, context, task.parser);
  const found: Found[] = [];
  const { most, plain } = lookOver(task.bytes);
  const rows = ROWS;
  rows.begin(task, most);
  const from = { orgId: task.orgId, tlp: LOG_TLP, eventId: "" };
  const received = isoMillis(task.receivedAt);
  let newest = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let parsed = 0;
  let invalidUtf8 = 0;
  const ofLines = task.format === "lines";
  const line = ofLines ? eventsInTurn(task, task.parser) : new LineReader(task.bytes, task.firstLine);
  while (line.next()) {
    const read = readLine(line, task, context);
    const { record } = read;
    lines += line.lines ?? 1;
    if (read.parsed) parsed += line.lines ?? 1;
    if (!line.valid) {
      invalidUtf8++;
      record.tags = [`invalid-${task.encoding ?? "utf-8"}`.replace("utf-8", "utf8")];
    }
    const kept = line.raw === undefined && !REMEMBERING.has(read.parser) ? "" : jsonOf(record, line.raw);
    record["event.original"] = read.original;
    const row = rows.size;
    const at = record["@timestamp"] as string;
    const time = isoMillis(at);
    // A line without a time of its own bears that of receipt, which says nothing of how far its source has come.
    if (read.parsed && time !== received && time > newest) newest = Math.min(time, received);
    const met = matcher.match(record);
    const known = indicators?.meet(from, record, at, time) ?? NOTHING_KNOWN;
    let rules = NO_RULES;
    if (met.length > 0 || known.length > 0) {
      const whole = {
        record: withoutGaps(record),
        ...(line.raw !== undefined && { originalBase64: line.raw.toString("base64") }),
      };
      for (const match of met) found.push({ row, matched: { ...from, at, ...whole, match } });
      for (const matched of known) found.push({ row, matched: { ...matched, ...whole } });
      rules = met.map((match) => match.title.toWellFormed());
      // Who may read the record may not read of every indicator.
      if (known.some(({ orgId, tlp }) => orgId === task.orgId && tlp === LOG_TLP))
        rules = [...rules, INDICATOR_MET];
    }
    rows.add({
      parser: read.parser,
      parsed: read.parsed,
      record,
      time,
      original: read.original,
      form: read.form,
      plain: (plain && read.form === task.format) || !CONTROL.test(read.original),
      rules,
      fields: kept,
    });
  }
  const { bytes, placeOf } = rows.block(mark);
  const matches = found.map(({ row, matched }) => ({
    ...matched,
    eventId: eventIdOf(mark, placeOf[row] ?? 0),
  }));
  return {
    rows: bytes,
    counts: { received: lines, parsed, unparsed: lines - parsed, invalidUtf8 },
    matches,
    ...(Number.isFinite(newest) && { newest }),
    ...(indicators === undefined ? {} : { known: indicators.takeKnown() }),
  };
}
