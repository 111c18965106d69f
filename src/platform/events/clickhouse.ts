import { Readable } from "node:stream";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { parameterText, plainName } from "./bound.ts";
import type { Placement } from "./ddl.ts";
import { type Engine, INSERT_SETTINGS, type InsertRows, READ_SETTINGS } from "./engine.ts";
import { EventStoreError, eventStoreError } from "./error.ts";
import type { Bound } from "./store.ts";

const REQUEST_TIMEOUT_MS = 630_000;
const PING_TIMEOUT_MS = 5_000;

/** Where `http(s)://user:password@host:port/database?cluster=name` puts the tables; the database is `lianfang` unless named. */
export function placementOf(url: URL): Placement {
  const database = plainName(decodeURIComponent(url.pathname.slice(1)) || "lianfang");
  const cluster = url.searchParams.get("cluster");
  return cluster === null ? { database } : { database, cluster: plainName(cluster) };
}

/** A ClickHouse server, or the cluster of which it is a member, over HTTP. */
export function openClickhouse(url: URL): Engine {
  return new ClickhouseEngine(
    (database) =>
      createClient({
        url: `${url.protocol}//${url.host}`,
        username: decodeURIComponent(url.username) || "default",
        password: decodeURIComponent(url.password),
        application: "lianfang",
        request_timeout: REQUEST_TIMEOUT_MS,
        compression: { request: true, response: true },
        // The URL of a request is limited and a scope may name thousands of organisations.
        use_multipart_params_auto: true,
        log: { level: ClickHouseLogLevel.OFF },
        ...(database === undefined ? {} : { database }),
      }),
    placementOf(url).database,
  );
}

class ClickhouseEngine implements Engine {
  /** Reads and inserts name tables of one database, which need not exist before the first command. */
  readonly #client: ClickHouseClient;
  readonly #founder: ClickHouseClient;
  #closed = false;

  constructor(connect: (database?: string) => ClickHouseClient, database: string) {
    this.#client = connect(database);
    this.#founder = connect();
  }

  async read(sql: string, params: Readonly<Record<string, Bound>>, signal?: AbortSignal): Promise<string> {
    this.#refuseWhenClosed();
    signal?.throwIfAborted();
    for (const [name, value] of Object.entries(params)) {
      plainName(name);
      parameterText(value);
    }
    try {
      const result = await this.#client.query({
        query: sql,
        query_params: params,
        format: "JSONEachRow",
        clickhouse_settings: {
          ...READ_SETTINGS,
          wait_end_of_query: 1,
          cancel_http_readonly_queries_on_client_close: 1,
        },
        ...(signal === undefined ? {} : { abort_signal: signal }),
      });
      return await result.text();
    } catch (thrown) {
      throw signal?.aborted === true ? signal.reason : eventStoreError(thrown);
    }
  }

  async ping(): Promise<void> {
    this.#refuseWhenClosed();
    const answer = await this.#founder.ping({
      select: true,
      abort_signal: AbortSignal.timeout(PING_TIMEOUT_MS),
    });
    if (!answer.success) throw eventStoreError(answer.error);
  }

  async command(sql: string): Promise<void> {
    this.#refuseWhenClosed();
    try {
      await this.#founder.command({
        query: sql,
        clickhouse_settings: { wait_end_of_query: 1, alter_sync: "2" },
      });
    } catch (thrown) {
      throw eventStoreError(thrown);
    }
  }

  async insert(table: string, rows: InsertRows, token: string): Promise<void> {
    this.#refuseWhenClosed();
    try {
      const { stream } = await this.#client.exec({
        query: `INSERT INTO ${table} FORMAT ${rows.format}`,
        values: Readable.from([rows.bytes], { objectMode: false }),
        clickhouse_settings: {
          ...INSERT_SETTINGS,
          insert_deduplication_token: token,
          wait_end_of_query: 1,
          // Through a Distributed table: acknowledged only once every shard has its rows on disk.
          distributed_foreground_insert: 1,
        },
      });
      for await (const _ of stream);
    } catch (thrown) {
      throw eventStoreError(thrown);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#client.close(), this.#founder.close()]);
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new EventStoreError("CLOSED", "the events store is closed");
  }
}
