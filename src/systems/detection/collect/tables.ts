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
  invalid_utf8: Count;
  alerts: Count;
  last_error: string | null;
  last_error_at: ColumnType<Date | null, string | null, string | null>;
}

export interface IngestTables {
  ingest_batch: BatchRow;
  ingest_source: SourceRow;
}
