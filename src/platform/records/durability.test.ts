import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { systemClock } from "../../core/instant.ts";
import { createLog } from "../log/log.ts";
import { type OpenRecords, openRecords } from "./open.ts";
import { preparedFolder, testScope } from "./testing.ts";

const log = createLog({ level: "silent" });
const open = (folder: string) => openRecords({ url: "pglite", folder, clock: systemClock, log });

const children: ChildProcess[] = [];
test.after(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** A program that writes audit rows one after another and says the number of each one that is committed. */
const WRITER = `
  import { openRecords } from ${JSON.stringify(new URL("./open.ts", import.meta.url).href)};
  import { createLog } from ${JSON.stringify(new URL("../log/log.ts", import.meta.url).href)};
  import { systemClock } from ${JSON.stringify(new URL("../../core/instant.ts", import.meta.url).href)};
  const records = await openRecords({ url: "pglite", folder: process.argv[1], clock: systemClock, log: createLog({ level: "silent" }) });
  await records.migrate([]);
  const scope = { actor: { kind: "job", id: "w", name: "w" }, orgId: "0190a000-0000-7000-8000-000000000001",
    orgIds: [], audiences: [], permissions: new Set(), clearance: "clear", purpose: "test" };
  for (let n = Number(process.argv[2]); ; n++) {
    await records.within(scope, async (work) => work.audit({ action: "test.write", subject: String(n) }));
    process.stdout.write(n + "\\n");
  }
`;

/** Starts the writer, kills it at once after it said `lines` more numbers, and answers the last one it said. */
async function writeAndKill(folder: string, from: number, lines: number): Promise<number> {
  const child = spawn(
    process.execPath,
    ["--input-type=module", "--eval", WRITER, "--", folder, String(from)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  children.push(child);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let last = from - 1;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (last === from + lines - 1) child.kill("SIGKILL");
  }
  await ended;
  return last;
}

async function subjects(records: OpenRecords): Promise<number[]> {
  const { rows } = await records.platformOnly.execute("select subject from audit order by seq");
  return rows.map((row) => Number(row["subject"]));
}

test("every commit reaches the disk with an fsync of its own", async () => {
  const folder = await preparedFolder();
  const records = await open(folder);
  try {
    await records.migrate([]);
    const before = (await records.platformOnly.syncs()) ?? 0;
    for (let n = 0; n < 100; n++) {
      await records.within(testScope(), async (work) =>
        work.audit({ action: "test.write", subject: String(n) }),
      );
    }
    const synced = ((await records.platformOnly.syncs()) ?? 0) - before;
    assert.ok(synced >= 100, `${synced} fsyncs in 100 commits`);
    const settings =
      "select string_agg(setting, ' ' order by name) s from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method')";
    assert.equal((await records.platformOnly.execute(settings)).rows[0]?.["s"], "on on on fsync");
  } finally {
    await records.close();
  }
});

test("what was acknowledged is there after kill -9, again and again, and the folder opens by itself", async () => {
  const folder = await preparedFolder();
  let acknowledged = -1;
  for (const lines of [1, 17, 60, 5]) acknowledged = await writeAndKill(folder, acknowledged + 1, lines);
  assert.ok(acknowledged >= 82, `${acknowledged} acknowledged`);
  const records = await open(folder);
  try {
    const found = await subjects(records);
    const missing = Array.from({ length: acknowledged + 1 }, (_, n) => n).filter((n) => !found.includes(n));
    assert.deepEqual(missing, []);
  } finally {
    await records.close();
  }
});

test("a folder is open in one program at a time; a dead program's lock and an old postmaster.pid hinder nobody", async () => {
  const folder = await preparedFolder();
  const records = await open(folder);
  await records.migrate([]);
  await assert.rejects(open(folder), (error: Error) => error.message.includes(`pid ${process.pid}`));
  const holder = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"]);
  children.push(holder);
  await records.within(testScope(), async (work) => work.audit({ action: "test.write", subject: "1" }));
  await records.close();
  assert.equal(existsSync(join(folder, "lock")), false);

  writeFileSync(join(folder, "lock"), JSON.stringify({ pid: holder.pid, started: "" }));
  await assert.rejects(open(folder), (error: Error) => error.message.includes(`pid ${holder.pid}`));
  // The pid runs, but its program started at another time than the one that wrote the lock.
  writeFileSync(join(folder, "lock"), JSON.stringify({ pid: holder.pid, started: "another boot:1" }));
  await (await open(folder)).close();
  writeFileSync(join(folder, "lock"), JSON.stringify({ pid: holder.pid, started: "" }));
  const gone = new Promise((resolve) => holder.once("exit", resolve));
  holder.kill("SIGKILL");
  await gone;

  writeFileSync(join(folder, "pg", "postmaster.pid"), "42\n/pglite/data\n1700000000\n5432\n\n\n  1234   0\n");
  const again = await open(folder);
  assert.deepEqual(await subjects(again), [1]);
  assert.equal(JSON.parse(readFileSync(join(folder, "lock"), "utf8")).pid, process.pid);
  await again.close();
});

test("a first start that was cut off leaves nothing that passes for a store", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-durable-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "pg.new", "base"), { recursive: true });
  writeFileSync(join(folder, "pg.new", "PG_VERSION"), "18\n");
  const records = await open(folder);
  await records.migrate([]);
  await records.close();
  assert.equal(existsSync(join(folder, "pg.new")), false);
});

test("closing waits for the work under way, takes no more, and loses none", async () => {
  const folder = await preparedFolder();
  const records = await open(folder);
  await records.migrate([]);
  const units = Array.from({ length: 5 }, (_, n) =>
    records.within(testScope(), async (work) => work.audit({ action: "test.write", subject: String(n) })),
  );
  const closing = records.close();
  await assert.rejects(
    records.within(testScope(), async () => 1),
    /closed/,
  );
  await assert.rejects(records.ping(), /closed/);
  await Promise.all([...units, closing]);
  const again = await open(folder);
  assert.deepEqual(await subjects(again), [0, 1, 2, 3, 4]);
  await again.close();
});
