import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createLog } from "../log/log.ts";
import { openChdb } from "./chdb.ts";
import { EventStoreError } from "./error.ts";
import { openEvents } from "./open.ts";
import type { EventTable } from "./store.ts";
import { startClickhouseHttp } from "./testing/clickhouse-http.ts";

const folder = await mkdtemp(join(tmpdir(), "lianfang-open-"));
after(() => rm(folder, { recursive: true, force: true }));

const lines: string[] = [];
const log = createLog({ level: "debug", write: (line) => lines.push(line) });

const TABLE: EventTable = {
  name: "t",
  columns: "received_at DateTime64(3, 'UTC')",
  orderBy: "received_at",
  partitionBy: "received_at",
};
const ROWS = [{ received_at: "2026-11-23T01:02:03.456Z" }];

function open(url: string): ReturnType<typeof openEvents> {
  return openEvents({ url, folder, log });
}

function refusedAs(...reasons: string[]): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof EventStoreError && reasons.includes(thrown.reason);
}

test("what is no address of a store is refused", async () => {
  for (const url of ["", "chdb2", "postgres://h/db", "http://"])
    await assert.rejects(open(url), refusedAs("BAD_URL"), url);
  await assert.rejects(open("http://h/a;b"), refusedAs("BAD_NAME"));
});

test("a server that is not there, or does not know the password, is named so", async () => {
  const nobody = createServer();
  const port = await new Promise<number>((resolve) => {
    nobody.listen(0, "127.0.0.1", () => resolve((nobody.address() as { port: number }).port));
  });
  await new Promise((closed) => nobody.close(closed));
  await assert.rejects(open(`http://127.0.0.1:${port}/lianfang`), refusedAs("UNREACHABLE"));

  const server = await startClickhouseHttp(folder);
  const wrong = new URL(server.url);
  wrong.password = "guess-1234";
  await assert.rejects(open(wrong.href), refusedAs("AUTHENTICATION_FAILED"));
  await server.stop();
  assert.ok(!lines.join("").includes("guess-1234"));
});

test("the embedded store and a server on the same data know each other's rows and tokens", async () => {
  const embedded = await open("chdb");
  await embedded.createTable(TABLE);
  await embedded.insert({ table: "t", rows: ROWS, token: "1" });
  const server = await startClickhouseHttp(folder);
  const remote = await open(server.url);
  assert.equal(remote.dialect, "clickhouse");
  await remote.createTable(TABLE);
  await remote.insert({ table: "t", rows: ROWS, token: "1" });
  assert.deepEqual(await remote.query({ sql: "SELECT * FROM t" }), ROWS);
  assert.deepEqual(await remote.sizes(), await embedded.sizes());
  await remote.close();
  await server.stop();
  await embedded.close();
});

test("after work the embedded engine gives memory back", { timeout: 30_000 }, async () => {
  const engine = openChdb(folder, "default", { purgeMs: 20 });
  const purges = async (): Promise<string> =>
    engine.read("SELECT value FROM system.events WHERE event = 'MemoryAllocatorPurge'", {});
  while ((await purges()) === "") await new Promise((next) => setImmediate(next));
  await engine.close();
});
