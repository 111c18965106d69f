import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { type Scope, visibleTo } from "../../../core/scope.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import type { Bound, EventStore } from "../../../platform/events/store.ts";
import { visible } from "../../../platform/events/visible.ts";
import { ipv4Number } from "../parsers/text/address.ts";
import { canonicalIp } from "../parsers/text/ip-form.ts";
import type { BatchFormat } from "../pipeline/batch.ts";
import { placeOf } from "../pipeline/event-id.ts";
import { mayHoldSql, runOf } from "../pipeline/line-search.ts";
import { LOG_TABLE } from "../pipeline/log-table.ts";
import { ORIGINAL_BYTES, recordOf } from "../pipeline/process.ts";
import type { LogDetail, LogQuery, LogRecord } from "./model.ts";

const SHOWN = `event_id, time, received_at, org_id, tlp, source, parser, parsed, dataset, action, outcome, severity,
  source_ip, source_port, destination_ip, destination_port, user, host, domain, url, rules`;
/** The bytes of a line, kept where its text is not they. */
const BYTES_SQL = `if(fields = '', '', JSONExtractString(fields, '${ORIGINAL_BYTES}'))`;
const LIST_CHARS = 1_000;
const MOST_WORDS = 20;

/** A row as the events store answers it. */
interface LogRow {
  event_id: string;
  time: string;
  received_at: string;
  org_id: string;
  tlp: number;
  source: string;
  parser: string;
  parsed: number;
  dataset: string;
  action: string;
  outcome: string;
  severity: number | null;
  source_ip: string;
  source_port: number;
  destination_ip: string;
  destination_port: number;
  user: string;
  host: string;
  domain: string;
  url: string;
  rules: string[];
  /** The line, in a list its beginning. */
  line: string;
  bytes?: string;
}

/** A condition with the values that are bound to it. */
export interface Where {
  readonly sql: string;
  readonly params: Record<string, Bound>;
}

/** Log records in the scope's sight that pass the filter, newest first, with their number. */
export async function searchLogs(
  events: EventStore,
  scope: Scope,
  query: LogQuery,
  signal?: AbortSignal,
): Promise<Page<LogRecord>> {
  const where = passing(scope, query);
  const ask = <Row>(sql: string, params: Record<string, Bound>) =>
    events.query<Row>({ sql, params, ...(signal !== undefined && { signal }) });
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const further =
    after === undefined
      ? ""
      : " AND (time, batch_high, batch_low, place) < ({after_time:DateTime64(3)}, {after_high:UInt64}, {after_low:UInt32}, {after_place:UInt32})";
  const bytes = query.bytes === "true" ? `, ${BYTES_SQL} AS bytes` : "";
  const [counted, rows] = await Promise.all([
    ask<{ total: string }>(`SELECT count() AS total FROM ${LOG_TABLE.name} WHERE ${where.sql}`, where.params),
    ask<LogRow>(
      `SELECT ${SHOWN}, substringUTF8(original, 1, ${LIST_CHARS}) AS line${bytes} FROM ${LOG_TABLE.name}
        WHERE ${where.sql}${further} ORDER BY time DESC, batch_high DESC, batch_low DESC, place DESC LIMIT {rows:UInt32}`,
      {
        ...where.params,
        rows: query.limit + 1,
        ...(after !== undefined && { after_time: after.time, ...placeParams("after", after.id) }),
      },
    ),
  ]);
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  const next = rows.length > query.limit && last !== undefined ? writeCursor(last) : undefined;
  return {
    items: items.map(present),
    ...(next !== undefined && { next }),
    total: Number(counted[0]?.total ?? 0),
  };
}

/** One record with all its fields. Throws http.not-found for what the scope does not see. */
export async function findLog(
  events: EventStore,
  scope: Scope,
  eventId: string,
  signal?: AbortSignal,
): Promise<LogDetail> {
  const seen = visible(visibleTo(scope));
  const [row] = await events.query<LogRow & StoredRecord & { batch: string }>({
    sql: `SELECT ${SHOWN}, original AS line, batch, fields, form, choice FROM ${LOG_TABLE.name}
      WHERE ${seen.sql} AND batch_high = {id_high:UInt64} AND batch_low = {id_low:UInt32} AND place = {id_place:UInt32} LIMIT 1`,
    params: { ...seen.params, ...placeParams("id", eventId) },
    ...(signal !== undefined && { signal }),
  });
  if (row === undefined) throw new Problem("http.not-found");
  const { [ORIGINAL_BYTES]: bytes, ...fields } = fieldsOf(row);
  return {
    ...present(row),
    batch: row.batch,
    ...(typeof bytes === "string" && { originalBase64: bytes }),
    fields,
  };
}

/** What the record of a row is made from. */
export interface StoredRecord {
  received_at: string;
  line: string;
  fields: string;
  form: BatchFormat;
  choice: string;
}

/** The whole record of a row in ECS, with the bytes of its line where they are no UTF-8. */
export function fieldsOf(row: StoredRecord): Record<string, unknown> {
  if (row.fields !== "") return JSON.parse(row.fields) as Record<string, unknown>;
  return recordOf(row.line, { form: row.form, choice: row.choice, receivedAt: row.received_at });
}

/** Batch and place of an event's id as parameters `<name>_high`, `<name>_low`, `<name>_place`. */
function placeParams(name: string, eventId: string): Record<string, Bound> {
  const { high, low, place } = placeOf(eventId);
  return { [`${name}_high`]: high.toString(), [`${name}_low`]: low, [`${name}_place`]: place };
}

/** What of the log table the scope sees and the filter lets pass. Throws http.invalid for an address that is none. */
export function passing(scope: Scope, query: Omit<LogQuery, "limit" | "cursor">): Where {
  const seen = visible(visibleTo(scope));
  const params: Record<string, Bound> = { ...seen.params };
  const conditions = [seen.sql];
  const add = (sql: string, values: Record<string, Bound>): void => {
    conditions.push(sql);
    Object.assign(params, values);
  };
  if (query.from !== undefined) add("time >= {from:DateTime64(3)}", { from: utc(query.from) });
  if (query.to !== undefined) add("time < {to:DateTime64(3)}", { to: utc(query.to) });
  if (query.org !== undefined) add("org_id = {org:UUID}", { org: query.org });
  if (query.parser !== undefined) add("parser = {parser:String}", { parser: query.parser });
  if (query.parsed !== undefined) add("parsed = {parsed:UInt8}", { parsed: query.parsed === "true" ? 1 : 0 });
  if (query.source !== undefined) add("source = {source:String}", { source: query.source });
  if (query.outcome !== undefined) add("outcome = {outcome:String}", { outcome: query.outcome });
  if (query.action !== undefined)
    add("lowerUTF8(action) = lowerUTF8({action:String})", { action: query.action });
  if (query.user !== undefined) add("lowerUTF8(user) = lowerUTF8({user:String})", { user: query.user });
  if (query.domain !== undefined) {
    // Name servers say A-labels, people and some proxies the letters themselves.
    const said = query.domain.toLowerCase().replace(/\.$/, "");
    const forms = [...new Set([said, domainToASCII(said) || said])];
    const values = forms.flatMap(
      (form, at) =>
        [
          [`domain${at}`, form],
          [`below${at}`, `.${form}`],
        ] as const,
    );
    const each = forms.map(
      (_, at) => `domain = {domain${at}:String} OR endsWith(domain, {below${at}:String})`,
    );
    add(`(${each.join(" OR ")})`, Object.fromEntries(values));
  }
  if (query.ip !== undefined) addAddress(query.ip, add);
  for (const [index, word] of wordsOf(query.q ?? "").entries()) {
    const run = runOf(word);
    if (run !== undefined) add(mayHoldSql(`run${index}`), { [`run${index}`]: run });
    add(`positionCaseInsensitiveUTF8(original, {word${index}:String}) > 0`, { [`word${index}`]: word });
  }
  return { sql: conditions.join(" AND "), params };
}

function utc(instant: string): string {
  return new Date(instant).toISOString();
}

/** Words and "quoted words" of a search, each to be found. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === " ") {
      at++;
      continue;
    }
    const quoted = text[at] === '"';
    const from = quoted ? at + 1 : at;
    const found = text.indexOf(quoted ? '"' : " ", from);
    const end = found < 0 ? text.length : found;
    if (end > from) words.push(text.slice(from, end));
    at = end + 1;
  }
  return words.slice(0, MOST_WORDS);
}

function addAddress(given: string, add: (sql: string, values: Record<string, Bound>) => void): void {
  const text = given.includes("/") ? given : canonicalIp(given);
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  const bits = slash < 0 ? most : Number(text.slice(slash + 1));
  if (version === 0 || text.endsWith("/") || !Number.isInteger(bits) || bits < 0 || bits > most) {
    throw new Problem("http.invalid", {
      faults: [{ path: "query.ip", message: "not an address or prefix" }],
    });
  }
  const either = (condition: (side: string) => string, values: Record<string, Bound>): void =>
    add(`(${condition("source")} OR ${condition("destination")})`, values);
  if (version === 4) {
    const size = 2 ** (32 - bits);
    const first = Math.floor(ipv4Number(address) / size) * size;
    // Zero says that there is no address of this kind.
    either((side) => `${side}_ip4 BETWEEN {first:UInt32} AND {last:UInt32}`, {
      first: Math.max(1, first),
      last: first + size - 1,
    });
  } else if (bits === most) {
    either((side) => `${side}_other = {ip:String}`, { ip: address });
  } else {
    const range = "IPv6CIDRToRange(toIPv6({ip:String}), {bits:UInt8})";
    either(
      (side) => {
        const value = `toIPv6OrNull(${side}_other)`;
        return `ifNull(${value} >= tupleElement(${range}, 1) AND ${value} <= tupleElement(${range}, 2), 0)`;
      },
      { ip: address, bits },
    );
  }
}

function present(row: LogRow): LogRecord {
  return {
    eventId: row.event_id,
    time: row.time,
    receivedAt: row.received_at,
    orgId: row.org_id,
    tlp: tlpOfRank(row.tlp),
    source: row.source,
    parser: row.parser,
    parsed: row.parsed === 1,
    dataset: row.dataset,
    action: row.action,
    outcome: row.outcome,
    severity: row.severity,
    sourceIp: row.source_ip,
    sourcePort: row.source_port,
    destinationIp: row.destination_ip,
    destinationPort: row.destination_port,
    user: row.user,
    host: row.host,
    domain: row.domain,
    url: row.url,
    rules: row.rules,
    original: row.line,
    ...(row.bytes !== undefined && row.bytes !== "" && { originalBase64: row.bytes }),
  };
}

function writeCursor(row: LogRow): string {
  return `${Date.parse(row.time)}.${row.event_id}`;
}

function readCursor(cursor: string): { time: string; id: string } {
  const found = /^(\d{1,14})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor);
  if (found === null) {
    throw new Problem("http.invalid", {
      faults: [{ path: "query.cursor", message: "not a cursor of this list" }],
    });
  }
  return { time: new Date(Number(found[1])).toISOString(), id: found[2] ?? "" };
}
