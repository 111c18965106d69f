import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Problem } from "../../../core/problem.ts";
import { sha256Hex, uuidV7 } from "../../../platform/crypto/digest.ts";
import type { EventBatch } from "../../../platform/events/store.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { DATABASES, testScope } from "../../../platform/records/testing.ts";
import { listAlerts } from "../alerts/list.ts";
import { AlertQuery } from "../alerts/model.ts";
import type { IncomingBatch } from "./ingest.ts";
import { SourceQuery } from "./model.ts";
import { retentionJob } from "./retention.ts";
import { SourceList } from "./source-list.ts";
import type { Source } from "./sources.ts";
import { openWorkshop, type Workshop } from "./testing.ts";

const FORTIGATE = readFileSync(new URL("../parsers/fortigate/sample.log", import.meta.url));

function batchOf(text: string | Buffer, key: string): IncomingBatch {
  const bytes = Buffer.from(text);
  return { bytes, format: "lines", firstLine: 1, key, sha256: sha256Hex(bytes), sentBy: "test" };
}

const sourceOf = (orgId: string): Source => ({ orgId, name: "fw", channel: "http", parser: "auto" });

after(closeEventStores);

for (const database of DATABASES) {
  describe(database.name, () => {
    let shop: Workshop;
    before(async () => {
      shop = await openWorkshop(database);
    });
    after(() => shop.dispose());

    function alertsOf(orgId: string) {
      const scope = testScope({ orgId, clearance: "red" });
      return shop.records.within(scope, (work) => listAlerts(work, AlertQuery.parse({})));
    }

    async function countersOf(orgId: string) {
      const scope = testScope({ orgId });
      const page = await shop.records.within(scope, (work) =>
        new SourceList(work).list(SourceQuery.parse({})),
      );
      return page.items[0];
    }

    test("lines become rows and alerts, and the source's figures say so", async () => {
      const orgId = uuidV7();
      const done = await shop
        .ingestWith()
        .ingest(sourceOf(orgId), batchOf(`${FORTIGATE}unknown line\n`, "k/0"));
      assert.equal(done.received, 14);
      assert.equal(done.parsed, 13);
      assert.equal(done.unparsed, 1);
      assert.ok(done.alerts >= 3, `${done.alerts} alerts`);
      assert.deepEqual(await shop.stored(orgId), { rows: 14, distinct: 14 });
      assert.equal((await alertsOf(orgId)).total, done.alerts);
      const counters = await countersOf(orgId);
      assert.deepEqual(
        [counters?.received, counters?.parsed, counters?.unparsed, counters?.alerts, counters?.lastSeen],
        [14, 13, 1, done.alerts, "2026-11-23T03:00:00.000Z"],
      );
    });

    test("the same batch again, at the same time or later, stores and raises nothing more and answers the same", async () => {
      const orgId = uuidV7();
      const ingest = shop.ingestWith();
      const batch = batchOf(FORTIGATE, "again/0");
      const answers = await Promise.all([1, 2, 3].map(() => ingest.ingest(sourceOf(orgId), batch)));
      shop.clock.set("2026-11-24T03:00:00.000Z");
      answers.push(await ingest.ingest(sourceOf(orgId), batch));
      shop.clock.set("2026-11-23T03:00:00.000Z");
      assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1, JSON.stringify(answers));
      assert.deepEqual(await shop.stored(orgId), { rows: 13, distinct: 13 });
      const alerts = await alertsOf(orgId);
      assert.equal(alerts.total, answers[0]?.alerts);
      assert.equal((await countersOf(orgId))?.received, 13);
    });

    test("an attempt that breaks off anywhere is completed by the next one, once", async () => {
      const broken = new Error("the power went");
      const failing: [string, Parameters<Workshop["ingestWith"]>[0]][] = [
        [
          "before the insert",
          { events: Object.create(shop.events, { insert: { value: () => Promise.reject(broken) } }) },
        ],
        [
          "after the insert",
          {
            events: Object.create(shop.events, {
              insert: {
                value: async (batch: EventBatch) => {
                  await shop.events.insert(batch);
                  throw broken;
                },
              },
            }),
          },
        ],
        [
          "before the last transaction commits",
          {
            records: Object.create(shop.records, {
              within: {
                value: (() => {
                  let calls = 0;
                  return (...args: Parameters<typeof shop.records.within>) =>
                    shop.records.within(args[0], async (work) => {
                      const result = await args[1](work);
                      if (++calls === 2) throw broken;
                      return result;
                    });
                })(),
              },
            }),
          },
        ],
      ];
      for (const [where, parts] of failing) {
        const orgId = uuidV7();
        const batch = batchOf(FORTIGATE, "broken/0");
        await assert.rejects(shop.ingestWith(parts).ingest(sourceOf(orgId), batch), broken, where);
        assert.equal((await alertsOf(orgId)).total, 0, where);
        // The next attempt comes on another day, as after a long outage: still the same rows.
        shop.clock.set("2026-11-25T03:00:00.000Z");
        const done = await shop.ingestWith().ingest(sourceOf(orgId), batch);
        shop.clock.set("2026-11-23T03:00:00.000Z");
        assert.equal(done.received, 13, where);
        assert.deepEqual(await shop.stored(orgId), { rows: 13, distinct: 13 }, where);
        assert.equal((await alertsOf(orgId)).total, done.alerts, where);
        assert.equal((await countersOf(orgId))?.received, 13, where);
      }
    });

    test("a key that came with another body is refused, and only for its own organisation", async () => {
      const orgId = uuidV7();
      const ingest = shop.ingestWith();
      await ingest.ingest(sourceOf(orgId), batchOf("a\n", "mine"));
      await assert.rejects(
        ingest.ingest(sourceOf(orgId), batchOf("b\n", "mine")),
        (error) =>
          error instanceof Problem &&
          error.code === "ingest.key-reused" &&
          error.faults[0]?.path === "headers.idempotency-key",
      );
      await ingest.ingest(sourceOf(uuidV7()), batchOf("b\n", "mine"));
      assert.deepEqual(await shop.stored(orgId), { rows: 1, distinct: 1 });
    });

    test("the figures of a source are seen by its own organisation and by no other", async () => {
      const orgId = uuidV7();
      await shop.ingestWith().ingest(sourceOf(orgId), batchOf("a\n", "k"));
      await shop.ingestWith().refused(sourceOf(orgId), 3, {
        code: "ingest.line-too-long",
        detail: "line 2 is longer than 65536 bytes",
      });
      const own = await countersOf(orgId);
      assert.deepEqual(
        [own?.received, own?.refused, own?.lastErrorCode, own?.lastError],
        [1, 3, "ingest.line-too-long", "line 2 is longer than 65536 bytes"],
      );
      assert.equal(await countersOf(uuidV7()), undefined);
    });

    test("retention drops old days and forgets old keys, and nothing younger", async () => {
      const orgId = uuidV7();
      const ingest = shop.ingestWith();
      shop.clock.set("2026-01-01T00:00:00.000Z");
      await ingest.ingest(sourceOf(orgId), batchOf("old\n", "old"));
      shop.clock.set("2026-11-20T00:00:00.000Z");
      await ingest.ingest(sourceOf(orgId), batchOf("young\n", "young"));
      shop.clock.set("2026-11-23T03:00:00.000Z");
      const { records, events, clock, log, config } = shop;
      const scope = testScope({ orgId, clearance: "red" });
      await retentionJob({ config: config.events, events, records, clock, log }).run({
        scope,
        data: undefined,
        signal: new AbortController().signal,
      });
      assert.deepEqual(await shop.stored(orgId), { rows: 1, distinct: 1 });
      await ingest.ingest(sourceOf(orgId), batchOf("another old\n", "old"));
      await assert.rejects(ingest.ingest(sourceOf(orgId), batchOf("another young\n", "young")), Problem);
    });
  });
}
