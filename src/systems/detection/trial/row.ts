import { fieldsOf, type StoredRecord } from "../collect/search.ts";
import { ORIGINAL_BYTES } from "../pipeline/process.ts";
import type { TrialRecord } from "./tally.ts";

/** Columns of a record as a trial reads them. */
export const TRIAL_COLUMNS = `event_id, time, received_at, org_id, source, host, source_ip, original AS line, fields, form,
  choice`;

/** A row as the events store answers it. */
export interface TrialRow extends StoredRecord {
  readonly event_id: string;
  readonly time: string;
  readonly org_id: string;
  readonly source: string;
  readonly host: string;
  readonly source_ip: string;
}

/** The record as its batch met the rules: what was stored of it, or made anew from its line. */
export function recordOfRow(row: TrialRow): TrialRecord {
  const { [ORIGINAL_BYTES]: _, ...record } = fieldsOf(row);
  record["event.original"] = row.line;
  return {
    eventId: row.event_id,
    time: Date.parse(row.time),
    receivedAt: Date.parse(row.received_at),
    orgId: row.org_id,
    source: row.source,
    host: row.host === "" ? row.source_ip : row.host,
    original: row.line,
    record,
  };
}
