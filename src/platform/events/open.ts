import type { Log } from "../log/log.ts";
import { openChdb } from "./chdb.ts";
import { openClickhouse, placementOf } from "./clickhouse.ts";
import { EventStoreError } from "./error.ts";
import { SqlEventStore } from "./sql-store.ts";
import type { EventStore } from "./store.ts";

/**
 * Opens the events store that `url` names: `chdb` keeps its files in `folder`, `http(s)://user:password@host:port/database`
 * is a ClickHouse server, `?cluster=name` after it a cluster. Rejects with EventStoreError when it cannot answer.
 */
export async function openEvents(options: { url: string; folder: string; log: Log }): Promise<EventStore> {
  const store = storeOf(options.url, options.folder);
  try {
    await store.found();
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
  options.log.info({ dialect: store.dialect }, "events store open");
  return store;
}

function storeOf(url: string, folder: string): SqlEventStore {
  if (url === "chdb")
    return new SqlEventStore("chdb", openChdb(folder, "lianfang"), { database: "lianfang" });
  const server = URL.canParse(url) ? new URL(url) : undefined;
  if (server === undefined || !/^https?:$/.test(server.protocol)) {
    throw new EventStoreError("BAD_URL", "events.url is chdb or http(s)://user:password@host:port/database");
  }
  return new SqlEventStore("clickhouse", openClickhouse(server), placementOf(server));
}
