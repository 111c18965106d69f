import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../log/log.ts";
import { DATABASES, type FreshRecords, testScope } from "../records/testing.ts";
import type { Job, Jobs } from "./job.ts";
import { openJobs } from "./pg-boss.ts";

const log = createLog({ level: "silent" });
const scopeFor = async (job: Job) => testScope({ purpose: `job:${job.name}`, permissions: job.permissions });

/** Runs that are queued and not yet begun, counted now: pg-boss itself keeps a count of it for a minute. */
const waiting = async (records: FreshRecords, name: string) => {
  const { rows } = await records.platformOnly.execute(
    "select count(*)::int as waiting from pgboss.job where name = $1 and state < 'active'",
    [name],
  );
  return rows[0]?.["waiting"];
};

for (const database of DATABASES) {
  const withJobs = async (run: (records: FreshRecords, open: () => Jobs) => Promise<void>) => {
    const records = await database.fresh([]);
    const opened: Jobs[] = [];
    try {
      await run(records, () => {
        const jobs = openJobs({ records, log, pollSeconds: 0.5 });
        opened.push(jobs);
        return jobs;
      });
    } finally {
      for (const jobs of opened) await jobs.stop();
      await records.dispose();
    }
  };

  test(`${database.name}: a sent job runs once under its own scope, a failed one runs again`, () =>
    withJobs(async (records, open) => {
      const jobs = open();
      const seen: { of: string; purpose: string; permissions: string[] }[] = [];
      const done = Promise.withResolvers<void>();
      const counted: Job = {
        name: "test.counted",
        permissions: ["platform:read"],
        run: async ({ data, scope }) => {
          const { of } = data as { of: string };
          seen.push({ of, purpose: scope.purpose, permissions: [...scope.permissions] });
          if (seen.length === 1) throw new Error("the first run fails");
          await records.within(scope, async (work) => work.audit({ action: "test.count", subject: of }));
          if (seen.length === 3) done.resolve();
        },
      };
      await jobs.start([counted], scopeFor);
      await jobs.send("test.counted", { of: "water" });
      await jobs.send("test.counted", { of: "fire" });
      await done.promise;
      // Three runs of two jobs, for the first run failed.
      assert.deepEqual(new Set(seen.map((run) => run.of)), new Set(["water", "fire"]));
      assert.ok(
        seen.every((run) => run.purpose === "job:test.counted" && run.permissions.join() === "platform:read"),
      );
      assert.equal(await waiting(records, "test.counted"), 0);
    }));

  test(`${database.name}: a key is queued only once while it waits`, () =>
    withJobs(async (records, open) => {
      const jobs = open();
      await jobs.start([{ name: "test.once", permissions: [], run: async () => {} }], scopeFor);
      // Far ahead, so that no worker takes one between two of them.
      const startAfter = "2099-01-01T00:00:00.000Z";
      await jobs.send("test.once", { of: "water" }, { once: "water", startAfter });
      await jobs.send("test.once", { of: "water" }, { once: "water", startAfter });
      assert.equal(await waiting(records, "test.once"), 1);
      await jobs.send("test.once", { of: "fire" }, { once: "fire", startAfter });
      await jobs.send("test.once", { of: "fire" }, { startAfter });
      assert.equal(await waiting(records, "test.once"), 3);
    }));

  test(`${database.name}: the stored schedules are those of the program's jobs, and no others`, () =>
    withJobs(async (records, open) => {
      const schedules = async () =>
        (await records.platformOnly.execute("select name, cron, timezone from pgboss.schedule order by name"))
          .rows;
      const job = (name: string, cron?: string): Job => ({
        name,
        permissions: [],
        ...(cron !== undefined && { cron }),
        run: async () => {},
      });
      const first = open();
      await first.start(
        [job("test.daily", "0 3 * * *"), job("test.gone", "5 * * * *"), job("test.sent")],
        scopeFor,
      );
      await first.stop();
      await open().start([job("test.daily", "0 4 * * *"), job("test.sent")], scopeFor);
      assert.deepEqual(await schedules(), [{ name: "test.daily", cron: "0 4 * * *", timezone: "UTC" }]);
    }));

  test(`${database.name}: what waits outlives the program, and stop waits for what runs`, () =>
    withJobs(async (records, open) => {
      const begun = Promise.withResolvers<void>();
      const order: string[] = [];
      const slow: Job = {
        name: "test.slow",
        permissions: [],
        run: async ({ signal }) => {
          begun.resolve();
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => setImmediate(resolve)));
          order.push("ran");
        },
      };
      const first = open();
      await first.start([slow], scopeFor);
      await first.send("test.slow", {});
      await first.send("test.slow", {}, { startAfter: "2099-01-01T00:00:00.000Z" });
      await begun.promise;
      await first.stop();
      order.push("stopped");
      assert.deepEqual(order, ["ran", "stopped"]);
      const second = open();
      await second.start([{ ...slow, run: async () => {} }], scopeFor);
      assert.equal(await waiting(records, "test.slow"), 1);
    }));
}
