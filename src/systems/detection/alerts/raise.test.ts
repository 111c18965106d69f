import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { instantOf } from "../../../core/instant.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { DATABASES, type FreshRecords, testClock, testScope } from "../../../platform/records/testing.ts";
import { closeAlert } from "./acts.ts";
import { listAlerts } from "./list.ts";
import { raiseAlerts } from "./raise.ts";
import { SightStore } from "./sights.ts";
import { AlertStore } from "./store.ts";
import { BASE, list, matched, refuses, SYSTEMS } from "./testing.ts";

for (const database of DATABASES) {
  describe(database.name, () => {
    let records: FreshRecords;
    const clock = testClock();
    before(async () => {
      records = await database.fresh(SYSTEMS, { clock });
    });
    after(() => records.dispose());

    test("matches gather into one alert, told once, and count each event once", async () => {
      const scope = testScope();
      const heard: string[] = [];
      const stop = records.onCommit((events) =>
        heard.push(...events.map((event) => `${event.topic} ${event.subject}`)),
      );
      const first = await records.within(scope, (work) =>
        raiseAlerts(work, [
          matched(scope.orgId, "a", 0),
          matched(scope.orgId, "b", 5),
          matched(scope.orgId, "a", 0),
        ]),
      );
      const again = await records.within(scope, (work) =>
        raiseAlerts(work, [matched(scope.orgId, "b", 5), matched(scope.orgId, "c", 50)]),
      );
      stop();
      assert.equal(first.counted, 2);
      assert.equal(again.counted, 1);
      assert.deepEqual(again.alerts, []);
      const [alert] = first.alerts;
      assert.ok(alert);
      assert.deepEqual(heard, [`alerts.raised ${alert.id}`]);
      const now = await records.within(scope, (work) => new AlertStore(work).get(alert.id));
      assert.equal(now.count, 3);
      assert.equal(now.version, 1);
      assert.equal(now.mainEntity, "ip 203.0.113.7");
      assert.equal(now.firstSeen, instantOf(BASE));
      assert.equal(now.lastSeen, instantOf(BASE + 50 * 60_000));
      assert.deepEqual(
        now.sample.map((event) => event.eventId),
        ["a", "b", "c"],
      );
      assert.deepEqual(now.sample[0]?.why, [{ field: "user.name", value: "root" }]);
    });

    test("whom events named together is counted apart, up to a thousand, and each event once", async () => {
      const scope = testScope();
      const sight = (at: number) => {
        const one = matched(scope.orgId, `s${at}`, at / 60, { entity: "domain evil.example" });
        return { ...one, record: { "host.name": `h${at % 1_010}`, "source.ip": "192.0.2.1" } };
      };
      const raise = (from: number, to: number) =>
        records.within(scope, (work) =>
          raiseAlerts(
            work,
            Array.from({ length: to - from }, (_, at) => sight(from + at)),
          ),
        );
      const [alert] = (await raise(0, 600)).alerts;
      assert.ok(alert);
      await raise(500, 1_110);
      const all = async (given: object = {}, reader = scope) =>
        records.within(reader, (work) => new SightStore(work).list(alert.id, { limit: 200, ...given }));
      const first = await all();
      assert.equal(first.total, 1_001, "a thousand, and one for the rest");
      assert.deepEqual(
        [first.items[0]?.host, first.items[0]?.count, first.items[0]?.firstSeen, first.items[0]?.lastSeen],
        ["h0", 2, instantOf(BASE), instantOf(BASE + 1_010_000)],
      );
      const seen = [...first.items];
      for (let next = first.next; next !== undefined; ) {
        const page = await all({ cursor: next });
        seen.push(...page.items);
        next = page.next;
      }
      assert.equal(seen.length, 1_001);
      assert.equal(
        seen.reduce((sum, { count }) => sum + count, 0),
        1_110,
      );
      assert.deepEqual(
        seen.filter(({ rest }) => rest).map(({ count }) => count),
        [10],
      );
      assert.equal((await all({ q: "H77" })).total, 11, "part of a name, in any case");
      await assert.rejects(all({}, testScope()), refuses("http.not-found"));
    });

    test("the bytes of a line that is no UTF-8 stay with its event, whole groups of base64 of them", async () => {
      const scope = testScope();
      const bytes = Buffer.from("b56ea44a".repeat(2_000), "hex");
      const [alert] = (
        await records.within(scope, (work) =>
          raiseAlerts(work, [
            { ...matched(scope.orgId, "bytes", 0), originalBase64: bytes.subarray(0, 8).toString("base64") },
            { ...matched(scope.orgId, "long", 1), originalBase64: bytes.toString("base64") },
            matched(scope.orgId, "text", 2),
          ]),
        )
      ).alerts;
      assert.ok(alert);
      const { sample } = await records.within(scope, (work) => new AlertStore(work).get(alert.id));
      assert.deepEqual(
        sample.map(({ originalBase64 }) => originalBase64),
        [bytes.subarray(0, 8).toString("base64"), bytes.subarray(0, 6_000).toString("base64"), undefined],
      );
    });

    test("a match that stands for many counts as many, from the first of them", async () => {
      const scope = testScope();
      const since = instantOf(BASE - 600_000);
      const [alert] = (
        await records.within(scope, (work) =>
          raiseAlerts(work, [{ ...matched(scope.orgId, "many", 0), stands: { count: 40, since } }]),
        )
      ).alerts;
      assert.deepEqual([alert?.count, alert?.firstSeen, alert?.lastSeen], [40, since, instantOf(BASE)]);
      await records.within(scope, (work) => raiseAlerts(work, [matched(scope.orgId, "one", 5)]));
      const now = await records.within(scope, (work) => new AlertStore(work).get(alert?.id ?? ""));
      assert.deepEqual([now.count, now.firstSeen], [41, since]);
    });

    test("an alert above organisations names those alone that its reader sees", async () => {
      const scope = testScope();
      const [member, foreign] = [uuidV7(), uuidV7()];
      const named = [member, foreign].map((id, at) => ({
        ...matched(scope.orgId, `m${at}`, at, { why: [{ field: "organization.id", value: id }] }),
        record: { "organization.id": id, "host.name": "gate" },
      }));
      const raised = await records.within(scope, (work) => raiseAlerts(work, named));
      const id = raised.alerts[0]?.id ?? assert.fail();
      const reader = { ...scope, orgIds: [scope.orgId, member] };
      const detail = await records.within(reader, (work) => new AlertStore(work).get(id));
      assert.deepEqual(
        detail.sample.map(({ record }) => record["organization.id"]),
        [member, undefined],
      );
      assert.deepEqual(
        detail.sample.map(({ why }) => why.length),
        [1, 0],
      );
      const sights = await records.within(reader, (work) => new SightStore(work).list(id, { limit: 10 }));
      assert.deepEqual(
        sights.items.map(({ host, memberId }) => [host, memberId]),
        [
          ["gate", member],
          ["gate", null],
        ],
      );
    });

    test("another rule, organisation or entity is another alert; a closed one takes no more", async () => {
      const [one, two] = [testScope(), testScope()];
      const scope = testScope({ orgIds: [one.orgId, two.orgId] });
      const raised = await records.within(scope, (work) =>
        raiseAlerts(work, [
          matched(one.orgId, "k1", 0),
          matched(two.orgId, "k2", 0),
          matched(one.orgId, "k3", 0, { ruleId: "r2" }),
          matched(one.orgId, "k4", 0, { ip: "203.0.113.8" }),
          matched(one.orgId, "k5", 70),
        ]),
      );
      assert.equal(raised.alerts.length, 5);
      const [alert] = raised.alerts;
      assert.ok(alert);
      await records.within(scope, (work) => closeAlert(work, alert, "benign", ""));
      const next = await records.within(scope, (work) => raiseAlerts(work, [matched(one.orgId, "k6", 1)]));
      assert.deepEqual(
        next.alerts.map((each) => each.count),
        [1],
      );
    });

    test("shuffled, repeated and split as they may be, the counts are the same", async () => {
      const input = fc.array(
        fc.record({ minute: fc.nat(55), rule: fc.constantFrom("p1", "p2"), ip: fc.nat(1) }),
        {
          minLength: 1,
          maxLength: 30,
        },
      );
      await fc.assert(
        fc.asyncProperty(input, fc.infiniteStream(fc.nat(1000)), async (events, random) => {
          const scope = testScope();
          const all = events.map((event, at) =>
            matched(scope.orgId, `${scope.orgId}-${at}`, event.minute, {
              ruleId: event.rule,
              ip: `203.0.113.${event.ip}`,
            }),
          );
          const pick = () => random.next().value ?? 0;
          const mixed = [...all, ...all]
            .map((event) => ({ event, key: pick() }))
            .sort((a, b) => a.key - b.key)
            .map(({ event }) => event);
          const cut = pick() % (mixed.length + 1);
          for (const part of [mixed.slice(0, cut), mixed.slice(cut)]) {
            await records.within(scope, (work) => raiseAlerts(work, part));
          }
          const expected = new Map<string, { count: number; first: string; last: string }>();
          for (const event of all) {
            const key = `${event.match.ruleId} ip ${String(event.record["source.ip"])}`;
            const known = expected.get(key) ?? { count: 0, first: event.at, last: event.at };
            expected.set(key, {
              count: known.count + 1,
              first: [event.at, known.first].sort()[0] ?? "",
              last: [event.at, known.last].sort()[1] ?? "",
            });
          }
          const page = await records.within(scope, (work) => listAlerts(work, list({ limit: 200 })));
          const got = page.items.map((alert): [string, { count: number; first: string; last: string }] => [
            `${alert.ruleId} ${alert.mainEntity}`,
            { count: alert.count, first: alert.firstSeen, last: alert.lastSeen },
          ]);
          assert.deepEqual(new Map(got), expected);
          assert.equal(got.length, expected.size);
        }),
        { numRuns: 25 },
      );
    });

    test("two works at once count an event once", async () => {
      const scope = testScope();
      const events = Array.from({ length: 20 }, (_, at) => matched(scope.orgId, `${scope.orgId}-${at}`, at));
      const results = await Promise.all([
        records.within(scope, (work) => raiseAlerts(work, events)),
        records.within(scope, (work) => raiseAlerts(work, [...events].reverse())),
      ]);
      assert.equal(results[0].counted + results[1].counted, 20);
      const page = await records.within(scope, (work) => listAlerts(work, list()));
      assert.deepEqual(
        page.items.map((alert) => alert.count),
        [20],
      );
    });

    test("a batch may raise more alerts than the store has room for locks", async () => {
      const scope = testScope();
      const events = Array.from({ length: 30_000 }, (_, at) => {
        const one = matched(scope.orgId, `${scope.orgId}-${at}`, 0);
        return { ...one, match: { ...one.match, entity: `host h${at}` } };
      });
      const { counted, alerts } = await records.within(scope, (work) => raiseAlerts(work, events));
      assert.deepEqual([counted, alerts.length], [30_000, 30_000]);
    });

    test("hostile text is kept as far as the database can", async () => {
      const scope = testScope();
      const event = matched(scope.orgId, uuidV7(), 0);
      const record = {
        ...event.record,
        message: "a\u0000b\ud800",
        "x.y": "z".repeat(10_000),
        list: ["\u0000"],
      };
      const [alert] = (await records.within(scope, (work) => raiseAlerts(work, [{ ...event, record }])))
        .alerts;
      assert.ok(alert);
      const detail = await records.within(scope, (work) => new AlertStore(work).get(alert.id));
      assert.equal(detail.sample[0]?.record.message, "a\ufffdb\ufffd");
      assert.equal(String(detail.sample[0]?.record["x.y"]).length, 2000);
    });
  });
}
