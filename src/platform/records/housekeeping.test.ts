import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import { DurableFolder } from "./durable-folder.ts";
import { Housekeeping } from "./housekeeping.ts";

test("the log is checkpointed by size and by time, and tired tables are vacuumed", async (t) => {
  const path = mkdtempSync(join(tmpdir(), "lianfang-housekeeping-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const folder = new DurableFolder(path);
  const pg = await PGlite.create({ fs: folder });
  t.after(() => pg.close());
  const read = async (text: string) =>
    Object.values((await pg.query<Record<string, unknown>>(text)).rows[0] ?? {})[0];
  const redo = () => read("select redo_lsn::text from pg_control_checkpoint()");

  let task: (() => Promise<void>) | undefined;
  t.mock.timers.enable({ apis: ["setInterval"] });
  let now = 0;
  const housekeeping = new Housekeeping(pg, folder, () => now);
  housekeeping.start((given) => {
    task = given;
  });
  t.after(() => housekeeping.stop());

  const tick = async () => {
    task = undefined;
    t.mock.timers.tick(30_000);
    now += 30_000;
    assert.ok(task !== undefined, "no task");
    await (task as () => Promise<void>)();
  };

  await pg.exec(
    "create table worn (n int, text text); insert into worn select n, repeat('x', 2000) from generate_series(1, 5000) n",
  );
  const before = await redo();
  await housekeeping.afterWork();
  assert.equal(await redo(), before, "a little log is left for later");
  await pg.exec(
    "update worn set n = n + 1; update worn set n = n + 1; update worn set n = n + 1; update worn set n = n + 1",
  );
  assert.ok(folder.walBytes > 48 * 2 ** 20, `${folder.walBytes} bytes of log`);
  await pg.exec("begin");
  await housekeeping.afterWork();
  await pg.exec("commit");
  assert.equal(await redo(), before, "not inside a transaction");
  await housekeeping.afterWork();
  const bySize = await redo();
  assert.notEqual(bySize, before);

  await pg.exec("update worn set n = 0 where n < 10");
  for (let n = 0; n < 9; n++) await tick();
  assert.equal(await redo(), bySize, "not before five minutes");
  const vacuumed = "select vacuum_count from pg_stat_user_tables where relname = 'worn'";
  assert.ok(Number(await read(vacuumed)) >= 1, "vacuumed");
  const count = await read(vacuumed);
  await tick();
  await tick();
  assert.notEqual(await redo(), bySize);
  assert.equal(await read(vacuumed), count, "a rested table is left alone");
});
