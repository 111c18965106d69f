import type { Scope } from "../../../core/scope.ts";
import type { EventStore } from "../../../platform/events/store.ts";
import { LOG_TABLE } from "../pipeline/log-table.ts";
import type { LogFilter, LogTimes, LogValues, ValueField } from "./model.ts";
import { passing } from "./search.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Spans that a person reads at a glance, in milliseconds. */
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 7, 30, 90, 365].map((count) => count * DAY),
];
const MOST_SPANS = 72;
const MOST_VALUES = 20;
/** Spans of a day begin at midnight in Taipei. */
const TAIPEI = 8 * HOUR;

/** The shortest step with which a stretch of `length` milliseconds takes at most 72 spans. */
export function stepFor(length: number): number {
  const step = STEPS.find((each) => length / each <= MOST_SPANS - 1);
  return step ?? Math.ceil(length / (MOST_SPANS - 1) / DAY) * DAY;
}

/**
 * How the records in the scope's sight that pass the filter lie in time: from the filter's ends, or else from the first
 * of them to the last. No spans where nothing matches.
 */
export async function logTimes(
  events: EventStore,
  scope: Scope,
  query: LogFilter,
  signal: AbortSignal,
): Promise<LogTimes> {
  const where = passing(scope, query);
  const [found] = await events.query<{ total: string; first: string; last: string }>({
    sql: `SELECT count() AS total, toString(toUnixTimestamp64Milli(min(time))) AS first,
        toString(toUnixTimestamp64Milli(max(time))) AS last FROM ${LOG_TABLE.name} WHERE ${where.sql}`,
    params: where.params,
    signal,
  });
  if (found === undefined || Number(found.total) === 0) return { stepSeconds: 1, spans: [] };
  const from = query.from === undefined ? Number(found.first) : Date.parse(query.from);
  const to = query.to === undefined ? Number(found.last) : Date.parse(query.to) - 1;
  const step = stepFor(to - from);
  const rows = await events.query<{ span: string; count: string; failures: string }>({
    sql: `SELECT toString(intDiv(toUnixTimestamp64Milli(time) + {zone:Int64}, {step:Int64})) AS span, count() AS count,
        countIf(outcome = 'failure') AS failures FROM ${LOG_TABLE.name} WHERE ${where.sql} GROUP BY span`,
    params: { ...where.params, zone: TAIPEI, step },
    signal,
  });
  const counted = new Map(rows.map((row) => [Number(row.span), row]));
  const [first, last] = [from, to].map((at) => Math.floor((at + TAIPEI) / step)) as [number, number];
  const spans = Array.from({ length: last - first + 1 }, (_, at) => {
    const row = counted.get(first + at);
    return {
      from: new Date((first + at) * step - TAIPEI).toISOString(),
      count: Number(row?.count ?? 0),
      failures: Number(row?.failures ?? 0),
    };
  });
  return { stepSeconds: step / SECOND, spans };
}

const COLUMNS: Readonly<Record<ValueField, string>> = {
  parser: "parser",
  action: "action",
  outcome: "outcome",
  user: "user",
  domain: "domain",
  sourceIp: "source_ip",
  destinationIp: "destination_ip",
  source: "source",
  org: "toString(org_id)",
};

/** The commonest values of one column among the records in the scope's sight that pass the filter. */
export async function logValues(
  events: EventStore,
  scope: Scope,
  { field, query, signal }: { field: ValueField; query: LogFilter; signal: AbortSignal },
): Promise<LogValues> {
  const where = passing(scope, query);
  const column = COLUMNS[field];
  const filled = `${where.sql} AND ${column} != ''`;
  const ask = <Row>(sql: string) => events.query<Row>({ sql, params: where.params, signal });
  const [counted, rows] = await Promise.all([
    ask<{ records: string; distinct: string }>(
      `SELECT count() AS records, uniq(${column}) AS distinct FROM ${LOG_TABLE.name} WHERE ${filled}`,
    ),
    ask<{ value: string; count: string }>(
      `SELECT ${column} AS value, count() AS count FROM ${LOG_TABLE.name} WHERE ${filled}
        GROUP BY value ORDER BY count DESC, value LIMIT ${MOST_VALUES}`,
    ),
  ]);
  return {
    records: Number(counted[0]?.records ?? 0),
    distinct: Number(counted[0]?.distinct ?? 0),
    values: rows.map(({ value, count }) => ({ value, count: Number(count) })),
  };
}
