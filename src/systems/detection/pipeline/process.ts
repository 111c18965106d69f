import { jsonFaultAt, jsonTooDeepAt } from "../../../core/json-fault.ts";
import { type Fault, Problem } from "../../../core/problem.ts";
import type { MatchedEvent } from "../alerts/index.ts";
import type { IndicatorPass } from "../indicators/pass.ts";
import { type ParsedLine, parseLine, parseObject } from "../parsers/line.ts";
import type { ParseContext } from "../parsers/parser.ts";
import type { Matcher } from "../sigma/index.ts";
import type { BatchLines, BatchResult, BatchTask } from "./batch.ts";
import { eventIds } from "./event-id.ts";
import { type Line, readLines } from "./lines.ts";
import { LOG_TLP } from "./log-table.ts";
import { rowJson } from "./row.ts";

/** What a record that met an indicator bears among its rules. */
const INDICATOR_MET = "Known indicator";
const INVALID_UTF8 = "invalid-utf8";
/** Its bytes stand alone in memory, so that a thread can hand them on without copying; a Buffer's may not. */
const ENCODER = new TextEncoder();

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
    const value: unknown = JSON.parse(line.text);
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

function readLine(line: Line, task: BatchTask, context: ParseContext): ParsedLine & { original: string } {
  if (task.format === "lines") {
    const parsed = parseLine(line.text, context, task.parser);
    return { ...parsed, original: line.text };
  }
  const read = objectOf(line);
  if ("fault" in read) throw new Problem("ingest.bad-record", { faults: [read.fault] });
  const parsed = parseObject(read.object, context, task.parser);
  const { message } = read.object as { message?: unknown };
  const wrapped = typeof message === "string" && Object.keys(read.object).length === 1;
  return { ...parsed, original: wrapped ? message : line.text };
}

/**
 * A batch from bytes to rows and matches. Pure: the same task and rules give the same rows, ids and matches, so that a
 * batch that is tried again after a crash stores and raises nothing twice. Throws ingest.bad-record on a bad NDJSON line.
 */
export function processBatch(task: BatchTask, matcher: Matcher, indicators?: IndicatorPass): BatchResult {
  const idOf = eventIds(task.orgId, task.batch);
  const context: ParseContext = { receivedAt: task.receivedAt };
  const matches: MatchedEvent[] = [];
  const rows: string[] = [];
  let parsed = 0;
  let invalidUtf8 = 0;
  for (const line of readLines(task.bytes, task.firstLine)) {
    const read = readLine(line, task, context);
    const { record } = read;
    if (read.parsed) parsed++;
    if (!line.valid) {
      invalidUtf8++;
      record.tags = [INVALID_UTF8];
    }
    const eventId = idOf(rows.length);
    const fields = JSON.stringify(record);
    record["event.original"] = read.original;
    const found = matcher.match(record);
    const at = String(record["@timestamp"]);
    for (const match of found) matches.push({ orgId: task.orgId, tlp: LOG_TLP, eventId, at, record, match });
    const rules = found.map((match) => match.title.toWellFormed());
    const met = indicators?.meet({ orgId: task.orgId, tlp: LOG_TLP, eventId, at, record });
    if (met !== undefined && met.length > 0) {
      matches.push(...met);
      // Who may read the record may not read of every indicator.
      if (met.some(({ orgId, tlp }) => orgId === task.orgId && tlp === LOG_TLP)) rules.push(INDICATOR_MET);
    }
    rows.push(rowJson(task, eventId, { ...read, fields, rules }));
  }
  const received = rows.length;
  return {
    rows: ENCODER.encode(received === 0 ? "" : `${rows.join("\n")}\n`),
    counts: { received, parsed, unparsed: received - parsed, invalidUtf8 },
    matches,
    ...(indicators === undefined ? {} : { known: indicators.takeKnown() }),
  };
}
