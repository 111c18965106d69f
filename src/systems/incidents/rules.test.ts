import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Problem } from "../../core/problem.ts";
import { DATABASES } from "../../platform/records/testing.ts";
import type { Incidents } from "./acts.ts";
import { ClockStore } from "./clocks.ts";
import { detailOf } from "./detail.ts";
import { clocksFor } from "./duties/rules.ts";
import { type Act, indicatorsOf, indicatorTyped, NewIndicator } from "./model.ts";
import { type Entered, numberText, refusal, standingOf, stateOf, taipeiYear } from "./rules.ts";
import { aReport, CLOSING, type Desk, freshDesk, WORSE } from "./testing.ts";

const MOMENTS = [
  "reportedAt",
  "takenAt",
  "reviewedAt",
  "levelChangedAt",
  "updatedAt",
  "recoveredAt",
  "closedAt",
  "reopenedAt",
  "extendedAt",
  "forwardedAt",
];
const moment = (name: string, by: string): Entered => ({
  moment: name,
  at: "2026-11-23T01:00:00.000Z",
  by,
  enteredAt: "2026-11-23T01:00:00.000Z",
});

test("whatever the journal, the state is one of five and the acts fit it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...MOMENTS), fc.constantFrom("a", "b"))),
      fc.constantFrom("a", "b"),
      (entries, actor) => {
        const moments = entries.map(([name, by]) => moment(name, by));
        const state = stateOf(moments);
        const may = (act: Act) => refusal(act, moments, actor) === undefined;
        assert.equal(may("reopen"), state === "closed");
        assert.equal(may("close"), state === "recovered");
        assert.equal(may("note"), state !== "closed");
        assert.ok(may("comment"));
        if (may("take")) assert.equal(state, "reported");
        if (state === "closed")
          for (const act of ["review", "recover", "change-facts", "extend"] as const)
            assert.equal(refusal(act, moments, actor), "incidents.already-closed");
        if (moments.some((one) => one.moment === "reportedAt" && one.by === actor)) assert.ok(!may("review"));
        assert.deepEqual(standingOf(moments), standingOf([...moments, moment("updatedAt", actor)]));
      },
    ),
  );
});

test("numbers are readable and the year is Taipei's", () => {
  assert.equal(numberText("W", 2026, 123), "W-2026-000123");
  assert.equal(numberText("member", 2026, 1_234_567), "M-2026-1234567");
  assert.equal(taipeiYear("2026-12-31T15:59:59.999Z"), 2026);
  assert.equal(taipeiYear("2026-12-31T16:00:00.000Z"), 2027);
});

test("an indicator is what it says it is, and leaves once", () => {
  const one = NewIndicator.parse({ type: "domain", value: "Evil.Example.ORG" });
  assert.equal(one.value, "evil.example.org");
  for (const [type, value] of [
    ["ipv4", "256.1.1.1"],
    ["ipv6", "1.2.3.4"],
    ["domain", "no spaces.example"],
    ["sha256", "abc"],
    ["email", "nobody"],
    ["url", "not a url"],
  ]) {
    assert.ok(!NewIndicator.safeParse({ type, value }).success, `${type} ${value}`);
  }
  const seen = (value: string, firstSeen: string, lastSeen: string) => ({
    type: "ipv4" as const,
    value,
    note: "",
    firstSeen,
    lastSeen,
  });
  assert.deepEqual(
    [
      "203.0.113[.]9",
      "hxxps://evil.example/a",
      "EVIL.example",
      "2001:DB8::1",
      "A".repeat(64),
      "who@evil.example",
      "？",
    ].map((line) => indicatorTyped(line)?.type),
    ["ipv4", "url", "domain", "ipv6", "sha256", "email", undefined],
  );
  assert.deepEqual(
    indicatorsOf({
      indicators: [
        seen("203.0.113.9", "2026-02", "2026-03"),
        seen("203.0.113.1", "2026-01", "2026-01"),
        seen("203.0.113.9", "2026-01", "2026-02"),
      ],
    }),
    [
      { type: "ipv4", value: "203.0.113.1", firstSeen: "2026-01", lastSeen: "2026-01" },
      { type: "ipv4", value: "203.0.113.9", firstSeen: "2026-01", lastSeen: "2026-03" },
    ],
  );
});

/** Acts that a person could try next, whatever the state. */
const step = fc.record({
  act: fc.constantFrom<Act>(
    "change-facts",
    "take",
    "review",
    "note",
    "milestone",
    "recover",
    "close",
    "reopen",
    "extend",
    "comment",
  ),
  reviewer: fc.boolean(),
  worse: fc.boolean(),
  level: fc.integer({ min: 1, max: 4 }),
  minutes: fc.integer({ min: 1, max: 3_000 }),
});

function perform(
  incidents: Incidents,
  id: string,
  version: number,
  now: string,
  one: { act: Act; worse: boolean; level: number },
): Promise<unknown> {
  switch (one.act) {
    case "change-facts":
      return incidents.changeFacts(id, {
        version,
        facts: one.worse ? WORSE : aReport().facts,
        note: "",
        channel: "platform",
      });
    case "take":
      return incidents.take(id, version);
    case "review":
      return incidents.review(id, { version, decision: "change", level: one.level, grounds: "so it is" });
    case "note":
      return incidents.note(id, { version, text: "went on" });
    case "milestone":
      return incidents.milestone(id, { version, milestone: "forwardedAt", note: "" });
    case "recover":
      return incidents.recover(id, { version, text: "back" });
    case "close":
      return incidents.close(id, { version, report: CLOSING });
    case "reopen":
      return incidents.reopen(id, version, "more came up");
    case "extend":
      return incidents.extend(id, {
        version,
        duty: "closing-report",
        until: new Date(Date.parse(now) + 40 * 86_400_000).toISOString(),
        grounds: "laboratory",
      });
    default:
      return incidents.comment(id, "hm");
  }
}

for (const database of DATABASES) {
  test(`${database.name}: any run of acts keeps rows, state and clocks what the rules say`, async () => {
    const desk = await freshDesk(database);
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => walk(desk, steps)),
        { numRuns: 25 },
      );
    } finally {
      await desk.records.dispose();
    }
  });
}

async function walk(
  desk: Desk,
  steps: readonly { act: Act; reviewer: boolean; worse: boolean; level: number; minutes: number }[],
): Promise<void> {
  desk.clock.set("2026-11-23T01:20:00.000Z");
  const { id } = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
  for (const one of steps) {
    desk.clock.set(new Date(Date.parse(desk.clock.now()) + one.minutes * 60_000).toISOString());
    const scope = one.reviewer ? desk.reviewer : desk.member;
    const detail = (who = scope) =>
      desk.as(who, (_, work) =>
        detailOf(work, { packOf: desk.room.packOf, orgNames: async () => new Map() }, id),
      );
    const before = await detail();
    const allowed = before.acts.includes(one.act);
    const tried = await desk
      .as(scope, (incidents) => perform(incidents, id, before.version, desk.clock.now(), one))
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    // A route would refuse what the reader lacks the right for; here only the state stands in the way.
    const stands = before.blocked.find((blocked) => blocked.act === one.act);
    if (stands !== undefined)
      assert.ok(tried instanceof Problem && tried.code === stands.code, `${one.act}: ${String(tried)}`);
    else if (allowed && tried !== undefined)
      assert.ok(
        tried instanceof Problem && ["http.invalid", "http.forbidden"].includes(tried.code),
        `${one.act}: ${String(tried)}`,
      );

    const { kept, clocks } = await desk.as(desk.reviewer, async (incidents, work) => ({
      kept: await incidents.store.get(id),
      clocks: await new ClockStore(work).of(id),
    }));
    assert.equal(kept.state, stateOf(kept.moments));
    assert.equal(kept.version, before.version + (tried === undefined && one.act !== "comment" ? 1 : 0));
    const ruled = clocksFor(
      { awareAt: kept.awareAt, facts: kept.facts, moments: [...kept.moments] },
      desk.room.pack,
      desk.clock.now(),
    );
    const sorted = <T extends { duty: string; n: number }>(list: readonly T[]) =>
      [...list].sort((a, b) => (a.duty === b.duty ? a.n - b.n : a.duty < b.duty ? -1 : 1));
    assert.deepEqual(sorted(clocks), sorted(ruled));
    for (const clock of before.clocks.filter((each) => each.doneAt !== undefined)) {
      const now = clocks.find((each) => each.duty === clock.duty && each.n === clock.n);
      assert.equal(now?.doneAt, clock.doneAt, "what was done stays done");
    }
    const open = clocks.filter((clock) => clock.doneAt === undefined).map((clock) => clock.dueAt);
    assert.equal((await detail(desk.reviewer)).next?.dueAt ?? null, open.sort()[0] ?? null);
  }
}
