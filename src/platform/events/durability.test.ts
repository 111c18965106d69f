import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createLog } from "../log/log.ts";
import { EventStoreError } from "./error.ts";
import { openEvents } from "./open.ts";
import type { EventStore } from "./store.ts";
import { batchOf, KEPT, ROWS_A_BATCH } from "./testing/kept-table.ts";

const folder = await mkdtemp(join(tmpdir(), "lianfang-kept-"));
after(() => rm(folder, { recursive: true, force: true }));

const PROGRAM = fileURLToPath(new URL("./testing/insert-until-killed.ts", import.meta.url));
const log = createLog({ level: "silent" });

function open(): Promise<EventStore> {
  return openEvents({ url: "chdb", folder, log });
}

/** Runs the inserting process, kills it once it acknowledged `enough` and answers all that it acknowledged. */
async function killedAfter(
  enough: number,
  first: number,
  meanwhile?: () => Promise<void>,
): Promise<number[]> {
  const child = spawn(process.execPath, [PROGRAM, folder, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: number[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    acknowledged.push(Number(line));
    if (acknowledged.length === 1 && meanwhile !== undefined)
      void meanwhile().finally(() => child.kill("SIGKILL"));
    else if (acknowledged.length === enough) child.kill("SIGKILL");
  });
  const closed = once(lines, "close");
  const [, signal] = await once(child, "exit");
  await closed;
  assert.equal(signal, "SIGKILL");
  return acknowledged;
}

async function rowsByBatch(store: EventStore): Promise<Map<number, number>> {
  const rows = await store.query<{ batch: number; n: string }>({
    sql: "SELECT batch, uniqExact(place) AS n, count() AS total FROM kept GROUP BY batch HAVING total = n ORDER BY batch",
  });
  return new Map(rows.map((row) => [row.batch, Number(row.n)]));
}

test("what was acknowledged survives kill -9, whole and once, and its tokens are remembered", {
  timeout: 120_000,
}, async () => {
  const acknowledged: number[] = [];
  for (let round = 0; round < 5; round++) {
    const first = acknowledged.length === 0 ? 0 : Math.max(...acknowledged) + 1;
    acknowledged.push(...(await killedAfter(5 + Math.floor(Math.random() * 30), first)));
  }
  let store = await open();
  const before = await rowsByBatch(store);
  for (const number of acknowledged) assert.equal(before.get(number), ROWS_A_BATCH, `batch ${number}`);
  for (const [number, rows] of before)
    assert.equal(rows, ROWS_A_BATCH, `batch ${number} is there whole or not at all`);

  // The sender that heard no answer sends again, and so does one that lost its own memory.
  const last = Math.max(...acknowledged) + 1;
  for (let number = 0; number <= last; number++) await store.insert(batchOf(number));
  await store.close();
  store = await open();
  for (let number = 0; number <= last; number++) await store.insert(batchOf(number));
  const [total] = await store.query<{ n: string }>({ sql: "SELECT count() AS n FROM kept" });
  assert.equal(Number(total?.n), (last + 1) * ROWS_A_BATCH);
  await store.close();
});

test("a second process is refused while the first holds the folder, and let in after kill -9", {
  timeout: 60_000,
}, async () => {
  const refusal = async (): Promise<void> => {
    await assert.rejects(open(), (thrown) => thrown instanceof EventStoreError && thrown.reason === "LOCKED");
  };
  await killedAfter(Number.POSITIVE_INFINITY, 1_000_000, refusal);
  const store = await open();
  await store.ping();
  await store.close();
});

test("an insert is acknowledged after its files and their folder were synced", async () => {
  const store = await open();
  await store.createTable(KEPT);
  const synced = async (): Promise<{ files: number; folders: number }> => {
    const rows = await store.query<{ event: string; value: string }>({
      sql: "SELECT event, value FROM system.events WHERE event IN ('FileSync', 'DirectorySync')",
    });
    const of = (event: string): number => Number(rows.find((row) => row.event === event)?.value ?? 0);
    return { files: of("FileSync"), folders: of("DirectorySync") };
  };
  const before = await synced();
  for (let number = 2_000_000; number < 2_000_010; number++) await store.insert(batchOf(number));
  const later = await synced();
  assert.ok(later.files - before.files >= 10, `${later.files - before.files} files synced in 10 inserts`);
  assert.ok(
    later.folders - before.folders >= 10,
    `${later.folders - before.folders} folders synced in 10 inserts`,
  );
  await store.close();
});
