/** A value that may be bound in ClickHouse SQL as `{name:Type}`. */
export type Bound = string | number | boolean | null | readonly (string | number)[];

export interface EventQuery {
  /** One reading statement of ClickHouse SQL with `{name:Type}` parameters; never holds a value. */
  readonly sql: string;
  readonly params?: Readonly<Record<string, Bound>>;
  /** Ends the query in the engine too; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Rows of one insert; stored whole or not at all. */
export interface EventBatch {
  readonly table: string;
  /**
   * Rows as objects, as JSON lines in UTF-8 that a worker already wrote (instants are ISO text), or as one block in the
   * Native format (`native.ts`), which costs the least. Unknown columns are refused.
   */
  readonly rows: readonly Readonly<Record<string, unknown>>[] | Uint8Array | { readonly native: Uint8Array };
  /**
   * Makes the insert idempotent: a second insert of the same table and token stores nothing, also after a restart
   * (the last 10,000 tokens of a table are remembered). All rows must fall in one partition.
   */
  readonly token: string;
}

/** One table of the events store and how long its rows live. */
export interface EventTable {
  readonly name: string;
  /** Column list of `CREATE TABLE IF NOT EXISTS` (without brackets) and `ORDER BY`, in ClickHouse SQL, without engine and partition. */
  readonly columns: string;
  readonly orderBy: string;
  /** How columns are packed, by their names: `T64, ZSTD(3)`. Where a table packs one otherwise, its new parts do so from now on. */
  readonly codecs?: Readonly<Record<string, string>>;
  /** Settings of MergeTree that may be changed later. */
  readonly settings?: Readonly<Record<string, number>>;
  /** Column by whose day the table is partitioned and retired: the time of receipt, so that one batch is one part. */
  readonly partitionBy: string;
}

export interface EventTableSize {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly oldestPartition: string | undefined;
}

/** The events store: log records, alarms, flows; billions. The HTTP thread never waits on a scan. */
export interface EventStore {
  readonly dialect: "chdb" | "clickhouse";
  /** Makes the table where it is missing; gives one that is there its new columns, and its codecs and settings of today. */
  createTable(table: EventTable): Promise<void>;
  /** Resolves once the rows are on disk. */
  insert(batch: EventBatch): Promise<void>;
  /**
   * Rows of a reading statement: instants as ISO text in UTC, 64-bit integers (so `count()` too) as text.
   * Nothing can be written through it. Tables are named without their database. Rejects with EventStoreError, also
   * when the answer would be longer than 100,000 rows or 128 MiB.
   */
  query<Row>(query: EventQuery): Promise<Row[]>;
  sizes(): Promise<EventTableSize[]>;
  /**
   * Drops whole partitions older than `days`, then the oldest ones while the store exceeds `bytes`; today's stay.
   * Returns what went.
   */
  retire(limits: {
    days: number;
    bytes: number;
    today: string;
  }): Promise<{ table: string; partition: string }[]>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
