import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chdb from "chdb";
import { openChdb } from "./chdb.ts";
import { openClickhouse } from "./clickhouse.ts";
import { SqlEventStore } from "./sql-store.ts";
import type { EventStore } from "./store.ts";
import { type ClickhouseHttp, startClickhouseHttp } from "./testing/clickhouse-http.ts";

/** An events store of one test; `dispose` drops what it holds and closes it. */
export type FreshEvents = EventStore & { dispose(): Promise<void> };

/**
 * Both dialects of the events store, each `fresh()` one empty: a database of its own, since chDB binds one data
 * directory to a process. Call `closeEventStores` in the file's `after`, so that the process can end.
 */
export const EVENT_STORES: readonly { readonly name: string; fresh(): Promise<FreshEvents> }[] = [
  {
    name: "chdb",
    fresh: () => {
      const database = nextDatabase();
      return freshStore(new SqlEventStore("chdb", openChdb(folder(), database), { database }), database);
    },
  },
  {
    name: "clickhouse",
    fresh: async () => {
      const database = nextDatabase();
      server ??= startClickhouseHttp(folder());
      const url = new URL(`${(await server).url}/${database}`);
      return freshStore(new SqlEventStore("clickhouse", openClickhouse(url), { database }), database);
    },
  },
];

let madeFolder: string | undefined;
let server: Promise<ClickhouseHttp> | undefined;
let serial = 0;

/** Stops the loopback server and removes the data directory of this process's tests. */
export async function closeEventStores(): Promise<void> {
  await (await server)?.stop();
  server = undefined;
  await chdb.drainPending();
  if (madeFolder !== undefined) rmSync(madeFolder, { recursive: true, force: true });
  madeFolder = undefined;
}

/** Queries of the loopback server that ended because their caller went away. */
export async function cancelledOnServer(): Promise<number> {
  return (await server)?.cancelled() ?? 0;
}

function folder(): string {
  madeFolder ??= mkdtempSync(join(tmpdir(), "lianfang-events-"));
  return madeFolder;
}

function nextDatabase(): string {
  return `test_${++serial}`;
}

async function freshStore(store: SqlEventStore, database: string): Promise<FreshEvents> {
  await store.found();
  const dispose = async (): Promise<void> => {
    await store.close();
    const cleaner = openChdb(folder(), "default");
    await cleaner.command(`DROP DATABASE IF EXISTS ${database} SYNC`);
    await cleaner.close();
  };
  return Object.assign(store, { dispose });
}
