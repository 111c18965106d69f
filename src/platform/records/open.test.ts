import assert from "node:assert/strict";
import { test } from "node:test";
import { type Kysely, sql } from "kysely";
import { uuidV7 } from "../crypto/digest.ts";
import { createLog } from "../log/log.ts";
import type { Delivered } from "../outbox/subscriber.ts";
import { openRecords } from "./open.ts";
import { DATABASES, testClock, testScope } from "./testing.ts";
import type { Work } from "./work.ts";

interface Tables {
  note: { id: string; org_id: string; tlp: number; audience: string[]; text: string };
}
const system = { name: "notes", migrations: new URL("./testing-migrations/", import.meta.url) };

const noteOf = (work: Work, text = "") => ({
  id: uuidV7(),
  org_id: work.scope.orgId,
  tlp: 1,
  audience: [],
  text,
});
const save = (work: Work, text = "") =>
  work.tables<Tables>().insertInto("note").values(noteOf(work, text)).execute();

async function ledger(db: Kysely<unknown>) {
  const count = async (table: string) =>
    (await sql<{ n: number }>`select count(*) n from ${sql.table(table)}`.execute(db)).rows[0]?.n;
  return { audit: await count("audit"), outbox: await count("outbox") };
}

for (const database of DATABASES) {
  const withRecords = async (run: (records: Awaited<ReturnType<typeof database.fresh>>) => Promise<void>) => {
    const records = await database.fresh([system], { clock: testClock() });
    try {
      await run(records);
    } finally {
      await records.dispose();
    }
  };

  test(`${database.name}: a change, its audit rows and its events commit together or not at all`, () =>
    withRecords(async (records) => {
      const scope = testScope();
      const heard: Delivered[] = [];
      records.onCommit((events) => heard.push(...events));
      const event = {
        topic: "notes.saved",
        subject: "1",
        marked: { orgId: scope.orgId, tlp: "green" as const, audience: [] },
        data: {},
      };
      const unit = (fail: boolean) =>
        records.within(scope, async (work) => {
          await save(work);
          work.audit({ action: "notes.save", subject: "1" });
          work.emit(event);
          if (fail) throw new RangeError("no");
          return "done";
        });
      await assert.rejects(unit(true), RangeError);
      assert.deepEqual(await records.platformOnly.transaction(ledger), { audit: 0, outbox: 0 });
      assert.equal(heard.length, 0);
      assert.equal(await unit(false), "done");
      assert.deepEqual(await records.platformOnly.transaction(ledger), { audit: 1, outbox: 1 });
      assert.deepEqual(
        heard.map(({ topic, at }) => [topic, at]),
        [["notes.saved", "2026-11-23T01:00:00.000Z"]],
      );
      const notes = await records.within(scope, (work) =>
        work.tables<Tables>().selectFrom("note").selectAll().execute(),
      );
      assert.equal(notes.length, 1);
    }));

  test(`${database.name}: the work's scope ends with it and platform tables stay out of its reach`, () =>
    withRecords(async (records) => {
      const scope = testScope();
      await records.within(scope, (work) => save(work));
      const role = await records.platformOnly.execute(
        "select current_user u, current_setting('lianfang.org_ids', true) o",
      );
      assert.notEqual(role.rows[0]?.["u"], "lianfang_scope");
      assert.equal(role.rows[0]?.["o"] ?? "", "");
      for (const text of [
        "select * from outbox",
        "delete from audit",
        "update audit set action = ''",
        "insert into audit_checkpoint values (1)",
        "select * from lianfang_migration",
      ]) {
        await assert.rejects(
          records.within(scope, (work) => sql.raw(text).execute(work.tables())),
          /permission denied/,
          text,
        );
      }
    }));

  test(`${database.name}: a query after the end is refused, and one left running undoes the work`, () =>
    withRecords(async (records) => {
      const scope = testScope();
      let kept: Work | undefined;
      await records.within(scope, async (work) => {
        kept = work;
      });
      const late = kept;
      assert.ok(late);
      await assert.rejects(save(late), /ended/);
      assert.throws(() => late.audit({ action: "a", subject: "b" }), /ended/);
      let running: Promise<unknown> = Promise.resolve();
      await assert.rejects(
        records.within(scope, async (work) => {
          await save(work);
          running = Promise.allSettled([sql`select pg_sleep(0.1)`.execute(work.tables()), save(work)]);
        }),
        /await each/,
      );
      await running;
      const notes = await records.within(scope, (work) =>
        work.tables<Tables>().selectFrom("note").selectAll().execute(),
      );
      assert.equal(notes.length, 0);
    }));

  test(`${database.name}: work inside work is refused instead of waiting for ever`, () =>
    withRecords(async (records) => {
      const scope = testScope();
      await assert.rejects(
        records.within(scope, () => records.within(scope, async () => 1)),
        /inside a unit of work/,
      );
      await assert.rejects(
        records.within(scope, () => records.platformOnly.execute("select 1")),
        /inside a unit of work/,
      );
      // What was begun inside and runs after the end is outside again.
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const later = await records.within(scope, async () => ({
        run: ended.then(() => records.within(scope, async () => 1)),
      }));
      end();
      assert.equal(await later.run, 1);
      assert.equal(await records.within(scope, async () => 2), 2);
    }));

  test(`${database.name}: an error that was swallowed inside does not pass for a commit`, () =>
    withRecords(async (records) => {
      const scope = testScope();
      await assert.rejects(
        records.within(scope, async (work) => {
          await save(work);
          await sql`select 1/0`.execute(work.tables()).catch(() => {});
        }),
        /rolled back/,
      );
      assert.equal(
        (
          await records.within(scope, (work) =>
            work.tables<Tables>().selectFrom("note").selectAll().execute(),
          )
        ).length,
        0,
      );
    }));

  test(`${database.name}: a serialisation failure is tried again three times`, () =>
    withRecords(async (records) => {
      const scope = testScope();
      let runs = 0;
      const failing = (times: number) =>
        records.within(scope, async (work) => {
          runs++;
          await save(work, String(runs));
          if (runs <= times)
            await sql
              .raw("do $$ begin raise exception 'again' using errcode = '40001'; end $$")
              .execute(work.tables());
          return runs;
        });
      assert.equal(await failing(3), 4);
      runs = 0;
      await assert.rejects(failing(4), /again/);
      assert.equal(runs, 4);
      const notes = await records.within(scope, (work) =>
        work.tables<Tables>().selectFrom("note").select("text").execute(),
      );
      assert.deepEqual(notes, [{ text: "4" }]);
    }));

  test(`${database.name}: many units at once all commit, their audit rows in one unbroken chain`, () =>
    withRecords(async (records) => {
      const scope = testScope();
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          records.within(scope, async (work) => {
            await save(work, String(n));
            work.audit({ action: "notes.save", subject: String(n) });
          }),
        ),
      );
      const { rows } = await records.platformOnly.execute(
        "select seq, prev_hash, hash from audit order by seq",
      );
      assert.deepEqual(
        rows.map((row) => row["seq"]),
        Array.from({ length: 40 }, (_, n) => n + 1),
      );
      for (const [at, row] of rows.entries())
        if (at > 0) assert.equal(row["prev_hash"], rows[at - 1]?.["hash"]);
    }));

  test(`${database.name}: values come back as the same types from both databases`, () =>
    withRecords(async (records) => {
      const { rows } = await records.platformOnly.execute(
        `select 9007199254740991::bigint as big, count(*) as n, date '2026-11-23' as day, timestamptz '2026-11-23 01:02:03.004+00' as at,
                '{"a":[1]}'::jsonb as doc, array['x','y'] as list, 1.50::numeric as num, '\\x00ff'::bytea as bytes, true as yes, null as nothing`,
      );
      assert.deepEqual(rows[0], {
        big: Number.MAX_SAFE_INTEGER,
        n: 1,
        day: "2026-11-23",
        at: new Date("2026-11-23T01:02:03.004Z"),
        doc: { a: [1] },
        list: ["x", "y"],
        num: "1.50",
        bytes: Buffer.from([0, 255]),
        yes: true,
        nothing: null,
      });
      await assert.rejects(records.platformOnly.execute("select 9007199254740993::bigint"), /exact/);
      const several = await records.platformOnly.execute(
        "select 1 a; select 2 a; create table q (i int); select 3 a",
      );
      assert.deepEqual(several.rows, [{ a: 1 }, { a: 2 }, { a: 3 }]);
    }));

  test(`${database.name}: a long query does not hold the program's own thread`, () =>
    withRecords(async (records) => {
      let done = false;
      const long = records.platformOnly
        .execute("select count(*) from generate_series(1, 2000000) n where md5(n::text) = ''")
        .then(() => {
          done = true;
        });
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
      assert.equal(done, false);
      await long;
    }));

  test(`${database.name}: large texts pass whole`, () =>
    withRecords(async (records) => {
      const scope = testScope();
      const text = "聯防".repeat(1_000_000);
      await records.within(scope, (work) => save(work, text));
      const [note] = await records.within(scope, (work) =>
        work.tables<Tables>().selectFrom("note").select("text").execute(),
      );
      assert.equal(note?.text === text, true);
    }));
}

test("a server that is not there is refused with its address and without the password", async () => {
  const opening = openRecords({
    url: "postgres://someone:hunter2@127.0.0.1:1/none",
    folder: "",
    clock: testClock(),
    log: createLog({ level: "silent" }),
  });
  await assert.rejects(opening, (error: Error) => !error.message.includes("hunter2"));
});
