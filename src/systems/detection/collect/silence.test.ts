import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { addMillis } from "../../../core/instant.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { testScope } from "../../../platform/records/testing.ts";
import { AlertStore } from "../alerts/store.ts";
import { OrgNames } from "./senders.ts";
import { lengthOf, silenceLevel, silentAfter, silentSince } from "./silence.ts";
import { watchSilence } from "./silence-watch.ts";
import { SourceList } from "./source-list.ts";
import { type Source, SourceStore } from "./sources.ts";
import { openWorkshop, type Workshop } from "./testing.ts";

const NOW = "2026-11-23T03:00:00.000Z";
const HOUR = 3_600_000;
const ago = (hours: number) => addMillis(NOW, -hours * HOUR);
const rhythm = (pauses: number[], configured?: number, knownHours = 200) => ({
  configured,
  firstSeen: ago(knownHours),
  pauses,
});

test("the configuration says when a source is silent; otherwise its own longest pause does, three times", () => {
  assert.equal(silentAfter(rhythm([], 5), NOW), 5);
  assert.equal(silentAfter(rhythm([60, 60], 0), NOW), undefined, "0 is never");
  assert.equal(silentAfter(rhythm(Array(100).fill(2)), NOW), 15, "the floor");
  assert.equal(silentAfter(rhythm(Array(20).fill(1_200)), NOW), 60);
  assert.equal(
    silentAfter(rhythm([86_400, 86_300, 86_500, 86_400, 86_400, 86_400]), NOW),
    4_325,
    "a nightly batch",
  );
  assert.equal(silentAfter(rhythm([36_000, ...Array(50).fill(3)]), NOW), 15, "one outage is no rhythm");
  assert.equal(
    silentAfter(rhythm([10 * 86_400, ...Array(9).fill(9 * 86_400)]), NOW),
    7 * 1_440,
    "the ceiling",
  );
  assert.equal(silentAfter(rhythm(Array(5).fill(2)), NOW), undefined, "too few hours to know it");
  assert.equal(silentAfter(rhythm(Array(20).fill(2), undefined, 23), NOW), undefined, "known too short");
});

test("a learnt interval lies between the floor and the ceiling whatever the pauses", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20 * 86_400), { minLength: 6 }), (pauses) => {
      const minutes = silentAfter(rhythm(pauses), NOW) ?? assert.fail();
      assert.ok(minutes >= 15 && minutes <= 7 * 1_440);
    }),
  );
});

test("silence counts from the last line, or from the start of the node when that was later", () => {
  const source = { firstSeen: ago(100), lastSeen: ago(2) };
  assert.equal(silentSince(source, 60, ago(50), NOW), ago(2));
  assert.equal(silentSince(source, 121, ago(50), NOW), undefined);
  assert.equal(silentSince(source, 60, ago(0.5), NOW), undefined);
  assert.equal(silentSince(source, undefined, ago(50), NOW), undefined);
  assert.equal(
    silentSince({ firstSeen: ago(3), lastSeen: undefined }, 60, ago(50), NOW),
    ago(3),
    "never spoke",
  );
  assert.deepEqual([silenceLevel(10), silenceLevel(undefined)], ["high", "medium"]);
});

test("a length is said in words, without what is nothing", () => {
  assert.deepEqual(lengthOf(51 * HOUR + 5 * 60_000), { zh: "2 天 3 小時 5 分", en: "2 d 3 h 5 min" });
  assert.deepEqual(lengthOf(HOUR), { zh: "1 小時", en: "1 h" });
  assert.deepEqual(lengthOf(1_000), { zh: "0 分", en: "0 min" });
});

let shop: Workshop;
before(async () => {
  shop = await openWorkshop();
});
after(async () => {
  await shop.dispose();
  await closeEventStores();
});

test("a silent source raises one alert, over a restart too; it is settled with the gap's length when lines come again", async () => {
  const orgId = uuidV7();
  const scope = testScope({ orgIds: [orgId], orgId, clearance: "red", permissions: ["logs:ingest"] });
  const source: Source = { orgId, name: "fw", channel: "syslog", parser: "auto" };
  const { records, events, clock, metrics } = shop;
  const line = () =>
    records.within(scope, (work) =>
      new SourceStore(work).stored(
        source,
        { received: 1, parsed: 1, unparsed: 0, invalidUtf8: 0, alerts: 0 },
        0.5,
      ),
    );
  let behind = false;
  const look = (startedAt: string) =>
    watchSilence(
      {
        records,
        events,
        clock,
        metrics,
        startedAt,
        behind: () => behind,
        orgs: new OrgNames(async () => orgId, clock),
        expected: [
          { name: "fw", org: "res", channel: "syslog", parser: "auto", silentAfterMinutes: 30 },
          { name: "never", org: "res", channel: "file", parser: "auto", silentAfterMinutes: 600 },
        ],
      },
      scope,
    );
  const alerts = async () => {
    const rows = await records.within(scope, (work) =>
      work
        .tables<{ alert: { id: string; org_id: string } }>()
        .selectFrom("alert")
        .select("id")
        .where("org_id", "=", orgId)
        .execute(),
    );
    return Promise.all(rows.map(({ id }) => records.within(scope, (work) => new AlertStore(work).get(id))));
  };

  await line();
  await look(NOW);
  clock.set("2026-11-23T03:29:00.000Z");
  await look(NOW);
  assert.equal((await alerts()).length, 0);
  clock.set("2026-11-23T03:31:00.000Z");
  behind = true;
  await look(NOW);
  assert.equal((await alerts()).length, 0, "what waits in the spool is not silence");
  behind = false;
  for (const startedAt of [NOW, NOW, "2026-11-23T03:31:00.000Z"]) await look(startedAt);
  const [raised, ...more] = await alerts();
  assert.equal(more.length, 0);
  assert.deepEqual(
    [raised?.title, raised?.titleZh, raised?.level],
    ["Log source silent: fw", "資料來源靜默：fw", "high"],
  );
  const listed = await records.within(scope, (work) =>
    new SourceList(work).list({ limit: 10, state: "silent" }),
  );
  assert.deepEqual(
    listed.items.map(({ name, silentAlert }) => [name, silentAlert]),
    [["fw", raised?.id]],
  );

  clock.set("2026-11-23T05:02:00.000Z");
  await line();
  clock.set("2026-11-23T05:03:00.000Z");
  await look(NOW);
  const [settled] = await alerts();
  assert.equal(settled?.state, "closed");
  assert.equal(settled?.reason, "handled");
  assert.match(settled?.reasonText ?? "", /中斷 2 小時 2 分。.*2 h 2 min/);
  clock.set("2026-11-23T05:40:00.000Z");
  await look(NOW);
  assert.equal((await alerts()).length, 2, "another silence is another alert");
  clock.set("2026-11-23T13:30:00.000Z");
  const stands = await look(NOW);
  assert.deepEqual(
    stands
      .filter(({ silentSince: since }) => since !== undefined)
      .map(({ name }) => name)
      .toSorted(),
    ["fw", "never"],
  );
  clock.set(NOW);
});

test("a person's word on silence goes before the configuration's, settles what it allows, and is written down", async () => {
  const orgId = uuidV7();
  const { records, events, clock, metrics } = shop;
  const scope = testScope({ orgIds: [orgId], orgId, clearance: "red", permissions: ["alerts:work"] });
  const source: Source = { orgId, name: "router", channel: "syslog", parser: "auto" };
  const counts = { received: 10, parsed: 8, unparsed: 2, invalidUtf8: 0, alerts: 1 };
  await records.within(scope, (work) => new SourceStore(work).stored(source, counts, 2.5));
  await records.within(scope, (work) =>
    new SourceStore(work).stored({ ...source, name: "switch" }, { ...counts, alerts: 0 }, 0.5),
  );
  const look = () =>
    watchSilence(
      {
        ...{ records, events, clock, metrics, startedAt: NOW, behind: () => false },
        orgs: new OrgNames(async () => orgId, clock),
        expected: [{ name: "router", org: "res", channel: "syslog", parser: "auto", silentAfterMinutes: 30 }],
      },
      scope,
    );
  const list = (state?: "silent") =>
    records.within(scope, (work) => new SourceList(work).list({ limit: 10, ...(state && { state }) }));
  const allow = (minutes: number | null, name = "router") =>
    records.within(scope, (work) => new SourceList(work).allowSilence(orgId, name, minutes));
  await look();
  clock.set(addMillis(NOW, HOUR));
  await look();
  const sum = await records.within(scope, (work) => new SourceList(work).summary({}));
  assert.deepEqual(
    [sum.sources, sum.silent, sum.received, sum.parsed, sum.unparsed, sum.alerts],
    [2, 1, 20, 16, 4, 1],
  );
  assert.deepEqual([sum.hours.length, sum.hours[0]?.received], [1, 20]);
  const only = await records.within(scope, (work) => new SourceList(work).summary({ state: "silent" }));
  assert.deepEqual([only.sources, only.received, only.hours[0]?.received], [1, 10, 10]);

  const [before] = (await list("silent")).items;
  assert.deepEqual([before?.silentAfterMinutes, before?.silentAfterFrom], [30, "configuration"]);
  const said = await allow(120);
  assert.deepEqual([said.silentAfterMinutes, said.silentAfterFrom], [120, "person"]);
  await look();
  assert.equal((await list("silent")).total, 0, "an hour is allowed now");
  const alert = await records.within(scope, (work) => new AlertStore(work).get(before?.silentAlert ?? ""));
  assert.equal(alert.state, "closed");
  clock.set(addMillis(NOW, 3 * HOUR));
  await look();
  assert.equal((await list("silent")).total, 1);
  assert.equal((await allow(0)).silentAfterMinutes, null, "0 is never");
  await look();
  assert.equal((await list("silent")).total, 0);
  assert.equal((await allow(null)).silentAfterMinutes, 30, "back to the configuration");
  await assert.rejects(allow(5, "nobody"), { code: "http.not-found" });
  const audited = await records.within(scope, (work) =>
    work
      .tables<{ audit: { action: string; subject: string; org_id: string } }>()
      .selectFrom("audit")
      .select("action")
      .where("subject", "=", "router")
      .where("org_id", "=", orgId)
      .execute(),
  );
  assert.deepEqual(
    audited.map(({ action }) => action),
    Array(3).fill("ingest.silence-allowed"),
  );
  clock.set(NOW);
});

test("the lag of events is that of a source's newest line, also where its clock runs ahead", async () => {
  const orgId = uuidV7();
  const { records, events, clock, metrics } = shop;
  const scope = testScope({ orgIds: [orgId], orgId, clearance: "red", permissions: ["logs:ingest"] });
  const send = async (name: string, time: string, minute: number) => {
    clock.set(addMillis(NOW, minute * 60_000));
    const text = `{"@timestamp":"${time}","message":"${name} ${minute}"}\n`;
    await shop.ingestWith().ingest(
      { orgId, name, channel: "http", parser: "auto" },
      {
        bytes: Buffer.from(text),
        format: "ndjson",
        firstLine: 1,
        key: `${name}/${minute}`,
        sha256: "0".repeat(64),
        sentBy: "test",
      },
    );
  };
  await send("late", "2026-11-23T02:00:00.000Z", 1);
  await send("late", "2026-11-23T02:59:00.000Z", 4);
  await send("ahead", "2026-11-23T03:07:00.000Z", 5);
  await send("old", "2026-11-23T02:00:00.000Z", -60);
  clock.set(addMillis(NOW, 6 * 60_000));
  await watchSilence(
    {
      ...{ records, events, clock, metrics, startedAt: NOW, behind: () => false, expected: [] },
      orgs: new OrgNames(async () => orgId, clock),
    },
    scope,
  );
  const { items } = await records.within(scope, (work) => new SourceList(work).list({ limit: 10 }));
  assert.deepEqual(
    items.map(({ name, eventLag }) => [name, eventLag]),
    [
      ["ahead", -120],
      ["late", 300],
      ["old", null],
    ],
    "what came more than ten minutes ago says nothing of now",
  );
  clock.set(NOW);
});
