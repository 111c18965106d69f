import type { ColumnType } from "kysely";

type When = ColumnType<Date, string, string>;
type Count = ColumnType<string | number, number, number>;

interface BatchRow {
  id: string;
  org_id: string;
  tlp: number;
  audience: ColumnType<string[], string[] | undefined, string[]>;
  key: string;
  body_sha256: string;
  source: string;
  channel: string;
  sent_by: string;
  received_at: When;
  state: "taken" | "done";
  done_at: ColumnType<Date | null, string | null, string | null>;
  received: ColumnType<number, number | undefined, number>;
  parsed: ColumnType<number, number | undefined, number>;
  unparsed: ColumnType<number, number | undefined, number>;
  invalid_utf8: ColumnType<number, number | undefined, number>;
  alerts: ColumnType<number, number | undefined, number>;
}

interface SourceRow {
  org_id: string;
  name: string;
  tlp: number;
  audience: ColumnType<string[], string[] | undefined, string[]>;
  channel: string;
  parser: string;
  address: string | null;
  first_seen: When;
  last_seen: ColumnType<Date | null, string | null, string | null>;
  received: Count;
  parsed: Count;
  unparsed: Count;
  refused: Count;
  cut: ColumnType<string | number, number | undefined, number>;
  time_zone: ColumnType<string, string | undefined, string>;
  invalid_utf8: Count;
  alerts: Count;
  last_error: string | null;
  last_error_at: ColumnType<Date | null, string | null, string | null>;
  dropped: ColumnType<string | number, number | undefined, number>;
  spooled: ColumnType<string | number, number | undefined, number>;
  late: ColumnType<string | number, number | undefined, number>;
  store_lag: ColumnType<number | null, number | null | undefined, number | null>;
  event_lag: ColumnType<number | null, number | null | undefined, number | null>;
  last_gap: ColumnType<number | null, number | null | undefined, number | null>;
  expected_minutes: ColumnType<number | null, number | null | undefined, number | null>;
  set_minutes: ColumnType<number | null, number | null | undefined, number | null>;
  last_error_code: ColumnType<string | null, string | null | undefined, string | null>;
  silent_since: ColumnType<Date | null, string | null | undefined, string | null>;
  silent_alert: ColumnType<string | null, string | null | undefined, string | null>;
}

interface HourRow {
  org_id: string;
  name: string;
  hour: When;
  tlp: number;
  audience: ColumnType<string[], string[] | undefined, string[]>;
  received: Count;
  unparsed: Count;
  refused: Count;
  dropped: Count;
  longest_gap: ColumnType<number, number, number>;
}

interface PositionRow {
  org_id: string;
  name: string;
  identity: string;
  tlp: number;
  audience: ColumnType<string[], string[] | undefined, string[]>;
  path: string;
  at: ColumnType<string | number, number, number>;
  ends: ColumnType<string | number | null, number | null, number | null>;
  finished: ColumnType<boolean, boolean, boolean>;
  generation: string;
  mark: string;
  header: string | null;
  seen_at: When;
}

export interface IngestTables {
  ingest_batch: BatchRow;
  ingest_source: SourceRow;
  ingest_source_hour: HourRow;
  ingest_position: PositionRow;
}
