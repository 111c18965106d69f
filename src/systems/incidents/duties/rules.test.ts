import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addMillis } from "../../../core/instant.ts";
import { BUSINESS_KINDS, DEGREES, type DutyIncident, type Facts, type Impact, OUTAGES } from "./model.ts";
import { loadPack } from "./pack.ts";
import { clocksFor, levelOf } from "./rules.ts";

const packs = ["tw-2026", "tw-2021", "nis2", "circia", "tw-telecom-outage"].map((name) => loadPack(name));
const AWARE = "2026-11-23T01:00:00.000Z";

const impact: fc.Arbitrary<Impact> = fc.record({
  business: fc.constantFrom(...BUSINESS_KINDS),
  leak: fc.constantFrom(...DEGREES),
  tampering: fc.constantFrom(...DEGREES),
  outage: fc.constantFrom(...OUTAGES),
});
const facts: fc.Arbitrary<Facts> = fc.record({
  impacts: fc.uniqueArray(impact, { selector: (one) => one.business }),
  measures: fc.dictionary(
    fc.constantFrom("outage-minutes", "base-stations-one-township", "fixed-lines", "financial-loss"),
    fc.integer({ min: 0, max: 1_000_000 }),
  ),
  systems: fc.constant([]),
  people: fc.integer({ min: 0, max: 1_000_000 }),
  narrative: fc.constant(""),
});
const minutes = (max: number) => fc.integer({ min: 0, max }).map((value) => addMillis(AWARE, value * 60_000));
const pack = fc.constantFrom(...packs);

/** Journals as wild as a caller could send them: any moment, any level, times before the awareness, out of order. */
const incident: fc.Arbitrary<DutyIncident> = fc
  .record({
    facts,
    moments: fc.array(
      fc.record({
        moment: fc.constantFrom(
          "reportedAt",
          "reviewedAt",
          "levelChangedAt",
          "forwardedAt",
          "updatedAt",
          "recoveredAt",
          "closedAt",
          "reopenedAt",
          "notifiedAt",
          "ransomPaidAt",
          "detailedAt",
        ),
        at: fc.integer({ min: -500, max: 60_000 }).map((value) => addMillis(AWARE, value * 60_000)),
        level: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ facts, moments }) => ({
    awareAt: AWARE,
    facts,
    moments: moments.map(({ moment, at, level }) => ({
      moment,
      at,
      ...(level === undefined ? {} : { level }),
    })),
  }));

const worse = { leak: DEGREES, tampering: DEGREES, outage: OUTAGES } as const;

test("more impact never gives a lower level", () => {
  fc.assert(
    fc.property(
      pack,
      facts,
      fc.nat(),
      fc.constantFrom("leak", "tampering", "outage"),
      fc.nat(1_000_000),
      (pack, facts, pick, aspect, more) => {
        const before = levelOf(facts, pack).level;
        const people = { ...facts, people: (facts.people ?? 0) + more };
        assert.ok(levelOf(people, pack).level >= before);
        const measures = Object.fromEntries(
          Object.entries(facts.measures).map(([name, value]) => [name, value + more]),
        );
        assert.ok(levelOf({ ...facts, measures }, pack).level >= before);
        const free = BUSINESS_KINDS.find((kind) => facts.impacts.every((one) => one.business !== kind));
        if (free !== undefined) {
          const added: Impact = {
            business: free,
            leak: "none",
            tampering: "none",
            outage: "none",
            [aspect]: worse[aspect][1 + (pick % 2)],
          };
          assert.ok(levelOf({ ...facts, impacts: [...facts.impacts, added] }, pack).level >= before);
        }
        if (facts.impacts.length === 0) return;
        const index = pick % facts.impacts.length;
        const impacts = facts.impacts.map((one, at) => {
          if (at !== index) return one;
          const degrees: readonly string[] = worse[aspect];
          return { ...one, [aspect]: degrees[Math.min(degrees.indexOf(one[aspect]) + 1, 2)] };
        });
        assert.ok(levelOf({ ...facts, impacts }, pack).level >= before);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("every level has a reason of that level", () => {
  fc.assert(
    fc.property(pack, facts, (pack, facts) => {
      const { level, reasons } = levelOf(facts, pack);
      assert.equal(reasons[0]?.level, level);
      assert.ok(reasons.every((reason) => reason.level <= level));
    }),
  );
});

test("no clock starts before the awareness or ends before it starts; each has a name of its own", () => {
  fc.assert(
    fc.property(pack, incident, minutes(100_000), (pack, incident, now) => {
      const clocks = clocksFor(incident, pack, now);
      for (const clock of clocks) {
        assert.ok(clock.startedAt >= AWARE);
        assert.ok(clock.dueAt > clock.startedAt);
        assert.ok(clock.nearAt >= clock.startedAt && clock.nearAt < clock.dueAt);
        if (clock.doneAt !== undefined) assert.ok(clock.doneAt >= clock.startedAt);
      }
      assert.equal(new Set(clocks.map((clock) => `${clock.duty}#${clock.n}`)).size, clocks.length);
    }),
    { numRuns: 1_000 },
  );
});

test("the same incident gives the same clocks, and time alone only turns running into overdue", () => {
  fc.assert(
    fc.property(pack, incident, minutes(100_000), minutes(100_000), (pack, incident, a, b) => {
      const [now, then] = a <= b ? [a, b] : [b, a];
      const early = clocksFor(incident, pack, now);
      assert.deepEqual(clocksFor(incident, pack, now), early);
      const late = clocksFor(incident, pack, then);
      assert.deepEqual(
        late.map((clock) => ({ ...clock, state: "" })),
        early.map((clock) => ({ ...clock, state: "" })),
      );
      for (const [at, clock] of early.entries()) {
        const after = late[at]?.state;
        assert.ok(after === clock.state || (clock.state === "running" && after === "overdue"));
      }
    }),
    { numRuns: 1_000 },
  );
});

test("what was done stays done, and keeps its number, when the journal grows at the same level", () => {
  fc.assert(
    fc.property(
      pack,
      incident,
      fc.constantFrom(
        "reportedAt",
        "reviewedAt",
        "forwardedAt",
        "updatedAt",
        "recoveredAt",
        "closedAt",
        "reopenedAt",
      ),
      minutes(100_000),
      (pack, incident, moment, at) => {
        const before = clocksFor(incident, pack, at);
        const after = clocksFor({ ...incident, moments: [...incident.moments, { moment, at }] }, pack, at);
        for (const clock of before.filter((one) => one.doneAt !== undefined)) {
          assert.deepEqual(
            after.find((one) => one.duty === clock.duty && one.n === clock.n),
            clock,
          );
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a clock ends with its last instant", () => {
  const pack = loadPack("tw-2026");
  const facts: Facts = { impacts: [], measures: {}, systems: [], narrative: "" };
  const report = (at: string, now: string) =>
    clocksFor(
      { awareAt: AWARE, facts, moments: at === "" ? [] : [{ moment: "reportedAt", at }] },
      pack,
      now,
    ).find((clock) => clock.duty === "report")?.state;
  assert.equal(report("", "2026-11-23T02:00:00.000Z"), "running");
  assert.equal(report("", "2026-11-23T02:00:00.001Z"), "overdue");
  assert.equal(report("2026-11-23T02:00:00.000Z", "2026-11-23T09:00:00.000Z"), "met");
  assert.equal(report("2026-11-23T02:00:00.001Z", "2026-11-23T09:00:00.000Z"), "missed");
});
