import type { Bound } from "./store.ts";

/** Rows as bytes: JSON lines, or one block in the Native format. */
export interface InsertRows {
  readonly format: "JSONEachRow" | "Native";
  readonly bytes: Uint8Array;
}

/** What the two dialects differ in; everything else of the store is written once over this. */
export interface Engine {
  /** Runs one reading statement and answers its rows as JSON lines. Rejects with `signal.reason` when aborted. */
  read(sql: string, params: Readonly<Record<string, Bound>>, signal?: AbortSignal): Promise<string>;
  /** Answers whether work can be taken, however busy the store is. */
  ping(): Promise<void>;
  /** Runs one statement that changes tables, to its end. */
  command(sql: string): Promise<void>;
  /** Stores rows as one block under a deduplication token; resolves once on disk. */
  insert(table: string, rows: InsertRows, token: string): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/**
 * How every read answers, whatever the engine: nothing is written, instants are ISO in UTC, 64-bit integers are text.
 * An answer too large for the caller's thread is refused rather than cut.
 */
export const READ_SETTINGS = {
  readonly: "2",
  output_format_json_quote_64bit_integers: 1,
  date_time_output_format: "iso",
  session_timezone: "UTC",
  max_query_size: "16777216",
  max_execution_time: 600,
  max_result_rows: "100000",
  max_result_bytes: "134217728",
  result_overflow_mode: "throw",
} as const;

/** How every insert is taken: one block of one partition or nothing, ISO instants, no unknown column. */
export const INSERT_SETTINGS = {
  date_time_input_format: "best_effort",
  session_timezone: "UTC",
  input_format_skip_unknown_fields: 0,
  // A lone surrogate in hostile text is kept as its escape instead of refusing the whole batch.
  input_format_json_throw_on_bad_escape_sequence: 0,
  input_format_parallel_parsing: 0,
  max_partitions_per_insert_block: "1",
  max_insert_block_size: "1000000",
  insert_deduplicate: 1,
  // Newer servers would gather inserts of several callers and lose the one block of each.
  async_insert: 0,
} as const;
