import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import chdb from "chdb";
import { literal, parameterText, plainName } from "./bound.ts";
import { type Engine, INSERT_SETTINGS, type InsertRows, READ_SETTINGS } from "./engine.ts";
import { EventStoreError, eventStoreError } from "./error.ts";
import { Lanes } from "./lanes.ts";
import type { Bound } from "./store.ts";

/** Reads at the same time. Each holds one of libuv's threads (four by default), which files and passwords need too. */
const READERS = 2;

const MIB = 2 ** 20;

/** One thread reads a block of one piece, so that it stays one piece: whole or nothing. */
const BLOCK_SETTINGS = {
  max_threads: 1,
  max_insert_threads: 1,
  min_insert_block_size_rows: "1000000",
  min_insert_block_size_bytes: String(256 * MIB),
} as const;

/** The allocator keeps what an insert or merge freed; after work it is given back this often, which takes 8 ms elsewhere. */
const PURGE_MS = 60_000;

/** Caches fill with use; these ceilings keep an idle node small. Pools are for one embedded writer. */
const SERVER_ARGUMENTS = [
  `--mark_cache_size=${64 * MIB}`,
  `--index_mark_cache_size=${16 * MIB}`,
  `--primary_index_cache_size=${32 * MIB}`,
  `--query_condition_cache_size=${8 * MIB}`,
  `--compiled_expression_cache_size=${16 * MIB}`,
  "--uncompressed_cache_size=0",
  "--index_uncompressed_cache_size=0",
  "--mmap_cache_size=64",
  "--background_pool_size=2",
  "--background_move_pool_size=1",
  "--background_fetches_pool_size=1",
  "--background_common_pool_size=1",
  "--background_schedule_pool_size=2",
  // A part's dictionary of names and addresses holds this many before their repetitions cost more.
  "--low_cardinality_max_dictionary_size=65536",
  // Parameters of a wide scope come before the settings of a query can take effect.
  `--max_query_size=${READ_SETTINGS.max_query_size}`,
];

/**
 * ClickHouse inside this process, its files in `folder`; one folder a process. Every operation runs on a connection
 * of its own off the event loop, so that parameters and settings of one never reach another.
 */
export function openChdb(folder: string, database: string, options: { purgeMs?: number } = {}): Engine {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return new ChdbEngine(folder, plainName(database), options.purgeMs ?? PURGE_MS);
}

class ChdbEngine implements Engine {
  readonly #folder: string;
  readonly #database: string;
  /** Holds the engine open between operations. */
  readonly #anchor: chdb.Session;
  readonly #readers = new Lanes(READERS);
  readonly #writer = new Lanes(1);
  readonly #settings: string;
  /** Blocks on their way into the engine. */
  readonly #blocks: string;
  readonly #purging: NodeJS.Timeout;
  #serial = 0;
  #worked = false;
  #closing: Promise<void> | undefined;

  constructor(folder: string, database: string, purgeMs: number) {
    this.#folder = folder;
    this.#database = database;
    this.#anchor = this.#connect();
    this.#blocks = join(folder, "blocks");
    clearBlocks(this.#blocks);
    this.#purging = setInterval(() => this.#purge(), purgeMs).unref();
    const memory = Math.floor(Math.min(1024 * MIB, totalmem() / 4));
    this.#settings = settingsList({ ...READ_SETTINGS, max_memory_usage: String(memory) });
  }

  async read(sql: string, params: Readonly<Record<string, Bound>>, signal?: AbortSignal): Promise<string> {
    this.#refuseWhenClosed();
    const bindings = Object.entries(params).map(
      ([name, value]) => `param_${plainName(name)} = ${literal(parameterText(value))}`,
    );
    return this.#readers.run(signal, async () => {
      const mark = `lianfang-${process.pid}-${++this.#serial}`;
      const set = `SET ${[`log_comment = ${literal(mark)}`, ...bindings, this.#settings].join(", ")}`;
      const session = this.#connect();
      const running = session.queryAsync(`USE ${this.#database};\n${set};\n${sql}`, {
        format: "JSONEachRow",
      });
      const stop = signal === undefined ? undefined : this.#killOnAbort(signal, mark, running);
      try {
        return (await running).text();
      } catch (thrown) {
        throw signal?.aborted === true ? signal.reason : eventStoreError(thrown);
      } finally {
        stop?.();
        session.close();
      }
    });
  }

  async command(sql: string): Promise<void> {
    this.#refuseWhenClosed();
    return this.#writer.run(undefined, async () => {
      await this.#onOwnConnection((session) => session.queryAsync(sql, { format: "Null" }));
    });
  }

  async insert(table: string, rows: InsertRows, token: string): Promise<void> {
    this.#refuseWhenClosed();
    return this.#writer.run(undefined, async () => {
      await this.#onOwnConnection((session) => {
        if (rows.format === "Native") return this.#insertBlock(session, table, rows.bytes, token);
        const settings = { ...INSERT_SETTINGS, insert_deduplication_token: token };
        return session.insert({ table, values: rows.bytes, format: rows.format, settings });
      });
    });
  }

  /** The embedded engine takes binary rows from files only; this one never leaves the page cache. */
  async #insertBlock(session: chdb.Session, table: string, bytes: Uint8Array, token: string): Promise<void> {
    const file = join(this.#blocks, `${OWN_BLOCKS}${++blocks}`);
    await writeFile(file, bytes);
    try {
      await session.queryAsync(
        `INSERT INTO ${table} SETTINGS ${settingsList({ ...INSERT_SETTINGS, ...BLOCK_SETTINGS })}, insert_deduplication_token = ${literal(token)} SELECT * FROM file(${literal(file)}, Native)`,
        { format: "Null" },
      );
    } finally {
      await rm(file, { force: true });
    }
  }

  async ping(): Promise<void> {
    this.#refuseWhenClosed();
    // Beside the lanes: a store busy with long scans still works.
    await this.#anchor.queryAsync("SELECT 1", { format: "Null" });
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    clearInterval(this.#purging);
    await Promise.all([this.#readers.drained(), this.#writer.drained()]);
    this.#anchor.close();
    await chdb.drainPending();
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw new EventStoreError("CLOSED", "the events store is closed");
  }

  #purge(): void {
    if (!this.#worked) return;
    this.#worked = false;
    this.#anchor.queryAsync("SYSTEM JEMALLOC PURGE", { format: "Null" }).catch(() => undefined);
  }

  #connect(): chdb.Session {
    this.#worked = true;
    try {
      return new chdb.Session(this.#folder, { connectionArgs: SERVER_ARGUMENTS });
    } catch (thrown) {
      const why = `cannot open ${this.#folder}: another node runs on it, or it cannot be written`;
      throw new EventStoreError("LOCKED", why, { cause: thrown });
    }
  }

  async #onOwnConnection(run: (session: chdb.Session) => Promise<unknown>): Promise<void> {
    const session = this.#connect();
    try {
      await run(session);
    } catch (thrown) {
      throw eventStoreError(thrown);
    } finally {
      session.close();
    }
  }

  /** The engine's own abort leaves the query computing; this one ends it. */
  #killOnAbort(signal: AbortSignal, mark: string, running: Promise<unknown>): () => void {
    let over = false;
    const kill = async (): Promise<void> => {
      // The query may not have registered itself yet, so one attempt is not enough.
      while (!over) {
        await this.#anchor
          .queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${literal(mark)} ASYNC`, { format: "Null" })
          .catch(() => undefined);
        await Promise.race([running.catch(() => undefined), new Promise((again) => setTimeout(again, 50))]);
      }
    };
    const onAbort = (): void => void kill();
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    return () => {
      over = true;
      signal.removeEventListener("abort", onAbort);
    };
  }
}

const OWN_BLOCKS = `${process.pid}-`;
let blocks = 0;

/** Makes the folder, and removes what a process that was killed left in it. */
function clearBlocks(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) if (!name.startsWith(OWN_BLOCKS)) rmSync(join(folder, name));
}

function settingsList(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(
      ([name, value]) =>
        `${plainName(name)} = ${/^\d+$/.test(String(value)) ? value : literal(String(value))}`,
    )
    .join(", ");
}
