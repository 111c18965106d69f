import { tlpRank } from "../../../core/tlp.ts";
import type { EcsDraft } from "../parsers/parser.ts";
import type { BatchTask } from "./batch.ts";
import { LOG_TLP } from "./log-table.ts";

/** Longest text of a column that people filter by; the record itself keeps the whole. */
const LONGEST = 2_000;

/** The first of the fields that holds text (or, of a list, its first), fit for a column. */
function textOf(record: EcsDraft, ...fields: string[]): string {
  for (const field of fields) {
    const value = record[field];
    const one = typeof value === "object" ? value[0] : value;
    // A lone surrogate would make the store refuse the whole batch.
    if (one !== undefined && one !== "") return String(one).slice(0, LONGEST).toWellFormed();
  }
  return "";
}

function wholeUpTo(record: EcsDraft, field: string, most: number): number | undefined {
  const value = Number(record[field]);
  return record[field] !== undefined && Number.isInteger(value) && value >= 0 && value <= most
    ? value
    : undefined;
}

/** The row of the table `log` for one record, as JSON. Nothing that a record holds can make the store refuse it. */
export function rowJson(
  task: BatchTask,
  eventId: string,
  line: {
    parser: string;
    parsed: boolean;
    record: EcsDraft;
    original: string;
    rules: readonly string[];
    fields: string;
  },
): string {
  const { record } = line;
  const columns = JSON.stringify({
    time: record["@timestamp"],
    received_at: task.receivedAt,
    org_id: task.orgId,
    tlp: tlpRank(LOG_TLP),
    source: task.source,
    batch: task.batch,
    event_id: eventId,
    parser: line.parser,
    parsed: line.parsed ? 1 : 0,
    dataset: textOf(record, "event.dataset", "event.module"),
    action: textOf(record, "event.action"),
    outcome: textOf(record, "event.outcome"),
    severity: wholeUpTo(record, "event.severity", 255) ?? null,
    source_ip: textOf(record, "source.ip", "client.ip"),
    source_port: wholeUpTo(record, "source.port", 65_535) ?? 0,
    destination_ip: textOf(record, "destination.ip", "server.ip"),
    destination_port: wholeUpTo(record, "destination.port", 65_535) ?? 0,
    user: textOf(record, "user.name", "source.user.name"),
    host: textOf(record, "observer.name", "host.name", "host.hostname"),
    domain: textOf(record, "dns.question.name", "url.domain", "destination.domain"),
    url: textOf(record, "url.full", "url.original"),
    rules: line.rules,
    original: line.original.toWellFormed(),
  });
  // The store keeps an object given for a text column as its JSON: that spares escaping it here and unescaping it there.
  return `${columns.slice(0, -1)},"fields":${line.fields}}`;
}
