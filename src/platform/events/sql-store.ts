import { setImmediate as breath } from "node:timers/promises";
import { plainName, withPlainInstants } from "./bound.ts";
import {
  changeStatements,
  createDatabase,
  createStatements,
  onCluster,
  type Placement,
  partsTableOf,
  tableOf,
} from "./ddl.ts";
import type { Engine, InsertRows } from "./engine.ts";
import { EventStoreError } from "./error.ts";
import { type PartitionSize, partitionsToDrop } from "./retention.ts";
import type { EventBatch, EventQuery, EventStore, EventTable, EventTableSize } from "./store.ts";

/** Above this a batch would no longer be one block, and so not whole or nothing. */
const LARGEST_BATCH_BYTES = 128 * 2 ** 20;
const ROWS_BETWEEN_BREATHS = 500;

/** The events store over either engine. */
export class SqlEventStore implements EventStore {
  readonly dialect: "chdb" | "clickhouse";
  readonly #engine: Engine;
  readonly #place: Placement;

  constructor(dialect: "chdb" | "clickhouse", engine: Engine, place: Placement) {
    this.dialect = dialect;
    this.#engine = engine;
    this.#place = place;
  }

  /** Makes the database where it is missing; everything else needs it. */
  async found(): Promise<void> {
    await this.#engine.ping();
    await this.#engine.command(createDatabase(this.#place));
  }

  async createTable(table: EventTable): Promise<void> {
    for (const statement of createStatements(this.#place, table)) await this.#engine.command(statement);
    const [, name = ""] = partsTableOf(this.#place, table.name).split(".");
    const params = { database: this.#place.database, name };
    const [is] = await this.query<{ engine_full: string }>({
      sql: "SELECT engine_full FROM system.tables WHERE database = {database:String} AND name = {name:String}",
      params,
    });
    const columns = await this.query<{ name: string; codec: string; kind: string }>({
      sql: `SELECT name, compression_codec AS codec, default_kind AS kind FROM system.columns
        WHERE database = {database:String} AND table = {name:String}`,
      params,
    });
    const found = {
      engineFull: is?.engine_full ?? "",
      codecs: new Map(
        columns.filter(({ kind }) => kind !== "ALIAS").map((column) => [column.name, column.codec]),
      ),
      columns: new Set(columns.map(({ name }) => name)),
    };
    for (const statement of changeStatements(this.#place, table, found))
      await this.#engine.command(statement);
  }

  async insert(batch: EventBatch): Promise<void> {
    const table = tableOf(this.#place, batch.table);
    if (batch.token === "" || batch.token.length > 500) {
      throw new EventStoreError("BAD_BATCH", "the token of an insert has 1 to 500 characters");
    }
    const rows = await insertRows(batch.rows);
    const { length } = rows.bytes;
    if (length === 0) return;
    if (length > LARGEST_BATCH_BYTES) {
      throw new EventStoreError(
        "BAD_BATCH",
        `a batch of ${length} bytes is larger than ${LARGEST_BATCH_BYTES}`,
      );
    }
    try {
      await this.#engine.insert(table, rows, batch.token);
    } catch (thrown) {
      throw isOfSeveralDays(thrown)
        ? new EventStoreError("BAD_BATCH", "the rows of a batch are of one day")
        : thrown;
    }
  }

  async query<Row>(query: EventQuery): Promise<Row[]> {
    const text = await this.#engine.read(
      query.sql,
      withPlainInstants(query.sql, query.params ?? {}),
      query.signal,
    );
    return rowsOf<Row>(text);
  }

  async sizes(): Promise<EventTableSize[]> {
    const sizes = new Map<string, { rows: number; bytes: number; oldestPartition: string | undefined }>();
    for (const name of await this.#tables())
      sizes.set(name, { rows: 0, bytes: 0, oldestPartition: undefined });
    for (const { table, partition, rows, bytes } of await this.#partitions()) {
      const size = sizes.get(table) ?? { rows: 0, bytes: 0, oldestPartition: undefined };
      size.rows += rows;
      size.bytes += bytes;
      if (size.oldestPartition === undefined || partition < size.oldestPartition)
        size.oldestPartition = partition;
      sizes.set(table, size);
    }
    return [...sizes].map(([table, size]) => ({ table, ...size }));
  }

  async retire(limits: {
    days: number;
    bytes: number;
    today: string;
  }): Promise<{ table: string; partition: string }[]> {
    const gone = partitionsToDrop(await this.#partitions(), limits);
    for (const { table, partition } of gone) {
      const target = partsTableOf(this.#place, table);
      await this.#engine.command(
        `ALTER TABLE ${target}${onCluster(this.#place)} DROP PARTITION ID '${plainDay(partition)}'`,
      );
    }
    return gone;
  }

  ping(): Promise<void> {
    return this.#engine.ping();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  /** Tables of this store by the names that callers use. */
  async #tables(): Promise<string[]> {
    const rows = await this.query<{ name: string }>({
      sql: "SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name",
      params: { database: this.#place.database },
    });
    return rows.map((row) => this.#callersName(row.name));
  }

  async #partitions(): Promise<PartitionSize[]> {
    // One replica of each shard answers, so that nothing is counted twice.
    const parts =
      this.#place.cluster === undefined
        ? "system.parts"
        : `cluster(${plainName(this.#place.cluster)}, system.parts)`;
    const rows = await this.query<{ table: string; partition: string; rows: string; bytes: string }>({
      sql: `SELECT table, partition_id AS partition, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM ${parts}
        WHERE database = {database:String} AND active GROUP BY table, partition_id ORDER BY partition_id, table`,
      params: { database: this.#place.database },
    });
    return rows.map((row) => ({
      table: this.#callersName(row.table),
      partition: row.partition,
      rows: Number(row.rows),
      bytes: Number(row.bytes),
    }));
  }

  #callersName(name: string): string {
    return this.#place.cluster === undefined ? name : name.replace(/_local$/, "");
  }
}

/** ClickHouse gives this the name of another fault, too many parts, for which waiting would help. */
function isOfSeveralDays(thrown: unknown): boolean {
  return (
    thrown instanceof EventStoreError && thrown.message.includes("Too many partitions for single INSERT")
  );
}

function plainDay(partition: string): string {
  if (!/^\d{8}$/.test(partition))
    throw new EventStoreError("BAD_NAME", `not a day's partition: ${partition.slice(0, 40)}`);
  return partition;
}

async function insertRows(rows: EventBatch["rows"]): Promise<InsertRows> {
  if (rows instanceof Uint8Array) return { format: "JSONEachRow", bytes: rows };
  if ("native" in rows) return { format: "Native", bytes: rows.native };
  return { format: "JSONEachRow", bytes: await jsonLines(rows) };
}

/** JSON lines of the rows. A large batch lets other work run in between, since this is the caller's thread. */
async function jsonLines(rows: readonly Readonly<Record<string, unknown>>[]): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < rows.length; at += ROWS_BETWEEN_BREATHS) {
    if (at > 0) await breath();
    let text = "";
    for (const row of rows.slice(at, at + ROWS_BETWEEN_BREATHS)) text += `${JSON.stringify(row)}\n`;
    pieces.push(Buffer.from(text, "utf8"));
  }
  return Buffer.concat(pieces);
}

function rowsOf<Row>(text: string): Row[] {
  const body = text.trimEnd();
  return body === "" ? [] : (JSON.parse(`[${body.replaceAll("\n", ",")}]`) as Row[]);
}
