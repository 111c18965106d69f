import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scope } from "../../core/scope.ts";
import { createLog } from "../log/log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { OpenRecords } from "../records/open.ts";
import { DATABASES, testClock, testScope } from "../records/testing.ts";
import { type OutboxOptions, startOutbox } from "./outbox.ts";
import type { Delivered, Subscriber } from "./subscriber.ts";

const log = createLog({ level: "silent" });
const scope = testScope();

function emit(
  records: OpenRecords,
  subject: string,
  topic = "notes.saved",
  by: Scope = scope,
): Promise<void> {
  return records.within(by, async (work) => {
    work.emit({
      topic,
      subject,
      marked: { orgId: by.orgId, tlp: "green", audience: [by.orgId] },
      data: { subject },
    });
  });
}

function recorder(
  name: string,
  topics: readonly string[] = ["notes.saved"],
): Subscriber & { got: Delivered[]; failing: boolean } {
  return {
    name,
    topics,
    got: [],
    failing: false,
    async handle(event) {
      if (this.failing) throw new Error("not now");
      this.got.push(event);
    },
  };
}

for (const database of DATABASES) {
  const withRecords = async (
    run: (
      records: OpenRecords,
      start: (more?: Partial<OutboxOptions>) => ReturnType<typeof startOutbox>,
    ) => Promise<void>,
  ) => {
    const clock = testClock();
    const records = await database.fresh([], { clock });
    const running: ReturnType<typeof startOutbox>[] = [];
    try {
      await run(records, (more = {}) => {
        const outbox = startOutbox({ records, clock, log, ...more });
        running.push(outbox);
        return outbox;
      });
    } finally {
      for (const outbox of running) await outbox.stop();
      await records.dispose();
    }
  };
  const left = async (records: OpenRecords) =>
    Number((await records.platformOnly.execute("select count(*) n from outbox")).rows[0]?.["n"]);

  test(`${database.name}: every subscriber of a topic gets each event once, in the order of commit`, () =>
    withRecords(async (records, start) => {
      const first = recorder("a.first");
      const second = recorder("b.second", ["notes.saved", "notes.dropped"]);
      const deaf = recorder("c.deaf", ["other.topic"]);
      await emit(records, "before");
      const outbox = start({ subscribers: [first, second, deaf] });
      await Promise.all(Array.from({ length: 120 }, (_, n) => emit(records, `n${n}`)));
      await emit(records, "dropped", "notes.dropped");
      await outbox.idle();
      const { rows } = await records.platformOnly.execute("select subject from outbox order by position");
      const order = rows.map((row) => row["subject"]);
      assert.equal(order.length, 122);
      assert.deepEqual(
        second.got.map((event) => event.subject),
        order,
      );
      assert.deepEqual(
        first.got.map((event) => event.subject),
        order.slice(0, -1),
      );
      assert.equal(deaf.got.length, 0);
      assert.deepEqual(
        { ...first.got[0], id: "" },
        {
          id: "",
          at: "2026-11-23T01:00:00.000Z",
          topic: "notes.saved",
          subject: "before",
          marked: { orgId: scope.orgId, tlp: "green", audience: [scope.orgId] },
          data: { subject: "before" },
        },
      );
      await outbox.stop();
      assert.equal(await left(records), 0, "what everyone has had is dropped");
    }));

  test(`${database.name}: a failing subscriber is tried again and keeps its order; others go on`, () =>
    withRecords(async (records, start) => {
      const broken = recorder("a.broken");
      const sound = recorder("b.sound");
      const waits: number[] = [];
      broken.failing = true;
      const metrics = createMetrics();
      const outbox = start({
        metrics,
        subscribers: [broken, sound],
        retryAfter: (failures) => {
          waits.push(failures);
          if (failures === 3) broken.failing = false;
          return 1;
        },
      });
      for (const subject of ["1", "2", "3"]) await emit(records, subject);
      await outbox.idle();
      assert.deepEqual(
        broken.got.map((event) => event.subject),
        ["1", "2", "3"],
      );
      assert.deepEqual(
        sound.got.map((event) => event.subject),
        ["1", "2", "3"],
      );
      assert.deepEqual(waits.slice(0, 3), [1, 2, 3]);
      assert.match(await metrics.text(), /lianfang_outbox_failures_total\{subscriber="a.broken"\} 3/);
    }));

  test(`${database.name}: where a subscriber stands outlives the program, and nothing undelivered is dropped`, () =>
    withRecords(async (records, start) => {
      const reader = recorder("a.reader");
      const stuck = recorder("b.stuck");
      stuck.failing = true;
      const failed = Promise.withResolvers<void>();
      const retryAfter = () => {
        failed.resolve();
        return 60_000;
      };
      const before = start({ subscribers: [reader, stuck], retryAfter });
      await emit(records, "1");
      await failed.promise;
      await before.stop();
      assert.equal(await left(records), 1);
      await emit(records, "2");
      stuck.failing = false;
      const after = start({ subscribers: [reader, stuck] });
      await after.idle();
      assert.deepEqual(
        reader.got.map((event) => event.subject),
        ["1", "2"],
      );
      assert.deepEqual(
        stuck.got.map((event) => event.subject),
        ["1", "2"],
      );
    }));

  test(`${database.name}: a handler may work on the store and emit further events`, () =>
    withRecords(async (records, start) => {
      const last = recorder("b.last", ["notes.echoed"]);
      const echo: Subscriber = {
        name: "a.echo",
        topics: ["notes.saved"],
        handle: (event) => emit(records, event.subject, "notes.echoed"),
      };
      const outbox = start();
      await outbox.deliverTo([echo, last]);
      await emit(records, "1");
      await outbox.idle();
      assert.deepEqual(
        last.got.map((event) => event.subject),
        ["1"],
      );
      await assert.rejects(outbox.deliverTo([echo]), /two subscribers/);
    }));

  test(`${database.name}: the live bus tells what commits, not what is rolled back, and no listener harms another`, () =>
    withRecords(async (records, start) => {
      const { bus } = start();
      const heard: string[] = [];
      bus.listen(() => {
        throw new Error("a broken stream");
      });
      const stop = bus.listen((event) => heard.push(event.subject));
      await emit(records, "1");
      await assert.rejects(
        records.within(scope, async (work) => {
          work.emit({
            topic: "notes.saved",
            subject: "undone",
            marked: { orgId: scope.orgId, tlp: "clear", audience: [] },
            data: {},
          });
          throw new Error("no");
        }),
      );
      stop();
      await emit(records, "2");
      assert.deepEqual(heard, ["1"]);
    }));

  test(`${database.name}: what a process keeps in memory gets each event there is, however late or slow the process`, () =>
    withRecords(async (records, start) => {
      const cache = () => ({ ...recorder("b.cache"), everywhere: true as const });
      const [first, slow, passing, late] = [cache(), cache(), cache(), cache()];
      const held = Promise.withResolvers<void>();
      const before = start({ subscribers: [first] });
      await emit(records, "1");
      await before.idle();
      const behind = start();
      await behind.deliverTo([
        {
          ...slow,
          async handle(event) {
            await held.promise;
            slow.got.push(event);
          },
        },
      ]);
      await emit(records, "2");
      await before.idle();
      const leaves = start({ subscribers: [passing] });
      await leaves.idle();
      await leaves.stop();
      assert.equal(await left(records), 2, "an end prunes, and drops nothing that another has not had");
      const comes = start({ subscribers: [late] });
      await comes.idle();
      held.resolve();
      await behind.idle();
      for (const each of [first, slow, passing, late])
        assert.deepEqual(
          each.got.map((event) => event.subject),
          ["1", "2"],
        );
      await Promise.all([before.stop(), behind.stop()]);
      await emit(records, "3");
      await comes.idle();
      await records.platformOnly.execute(
        `insert into outbox_subscriber (name, position, seen_at, everywhere, held_until)
         values ('b.cache@died', 0, clock_timestamp(), true, clock_timestamp() - interval '1 second')`,
      );
      const other = start({ subscribers: [recorder("c.other")] });
      await other.idle();
      await comes.stop();
      assert.equal(await left(records), 0, "a process that died an hour ago holds nothing back");
    }));

  test(`${database.name}: of several processes on one store one delivers to a subscriber, and another goes on`, (t) =>
    withRecords(async (records, start) => {
      if (records.dialect !== "postgres") {
        t.skip("the embedded store has but one process");
        return;
      }
      const got: [string, string][] = [];
      const caches: string[] = [];
      const enough: { wanted: number; reached: () => void } = { wanted: 0, reached: () => {} };
      const subscribersOf = (process: string): Subscriber[] => [
        {
          name: "a.mail",
          topics: ["notes.saved"],
          handle: async ({ subject }) => {
            got.push([process, subject]);
            if (got.length >= enough.wanted) enough.reached();
          },
        },
        {
          name: "b.cache",
          topics: ["notes.saved"],
          everywhere: true,
          handle: async () => void caches.push(process),
        },
      ];
      const send = async (from: number, to: number) => {
        const reached = Promise.withResolvers<void>();
        enough.wanted = to;
        enough.reached = () => reached.resolve();
        for (let at = from; at < to; at++) await emit(records, String(at));
        await reached.promise;
      };
      const one = start({ subscribers: subscribersOf("one") });
      const two = start({ subscribers: subscribersOf("two") });
      await send(0, 120);
      await Promise.all([one.idle(), two.idle()]);
      assert.deepEqual(
        got.map(([, subject]) => Number(subject)),
        Array.from({ length: 120 }, (_, at) => at),
        "each once, in order",
      );
      const [holder] = got[0] ?? [];
      assert.ok(got.every(([process]) => process === holder));
      assert.deepEqual(
        ["one", "two"].map((process) => caches.filter((each) => each === process).length),
        [120, 120],
      );
      await (holder === "one" ? one : two).stop();
      await send(120, 130);
      assert.deepEqual(
        got.slice(120).map(([process, subject]) => [process === holder, Number(subject)]),
        Array.from({ length: 10 }, (_, at) => [false, 120 + at]),
        "the other goes on where the first stopped",
      );
      await records.platformOnly.execute(
        `update outbox_subscriber set holder = gen_random_uuid(),
           held_until = clock_timestamp() + interval '3 seconds' where name = 'a.mail'`,
      );
      await send(130, 131);
      assert.equal(got.length, 131, "a holder that died is waited for and no longer");
    }));
}
