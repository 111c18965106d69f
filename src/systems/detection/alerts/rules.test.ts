import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instantOf } from "../../../core/instant.ts";
import { ALERT_STATES } from "./model.ts";
import { type AlertAct, gather, JOIN_WITHIN, joinSample, stateAfter } from "./rules.ts";

const BASE = Date.parse("2026-11-23T00:00:00Z");
const matchAt = (minutes: number, eventId: string) => ({ at: instantOf(BASE + minutes * 60_000), eventId });

test("an hour apart joins, a moment more does not", () => {
  const groups = gather([], [matchAt(0, "a"), matchAt(60, "b"), matchAt(120.1, "c")]);
  assert.deepEqual(
    groups.map((group) => group.matches.map((match) => match.eventId)),
    [["a", "b"], ["c"]],
  );
});

test("a late event joins the alert that it belongs to, before or inside its time", () => {
  const open = [{ id: "x", firstSeen: instantOf(BASE), lastSeen: instantOf(BASE + 600_000) }];
  const [group] = gather(open, [matchAt(-30, "early"), matchAt(5, "inside")]);
  assert.equal(group?.joins, open[0]);
  assert.equal(group?.firstSeen, instantOf(BASE - 1_800_000));
  assert.equal(group?.lastSeen, open[0]?.lastSeen);
});

test("grouping does not depend on the order of the matches, and loses and doubles none", () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 40 });
  fc.assert(
    fc.property(
      times.chain((minutes) =>
        fc.tuple(fc.constant(minutes), fc.shuffledSubarray(minutes, { minLength: minutes.length })),
      ),
      ([minutes, shuffled]) => {
        const matches = (all: number[]) => all.map((minute) => matchAt(minute, `e${minute}`));
        const groups = gather([], matches(minutes));
        assert.deepEqual(gather([], matches(shuffled)), groups);
        const sorted = minutes.sort((a, b) => a - b);
        const gaps = sorted.filter(
          (minute, at) => at > 0 && (minute - (sorted[at - 1] ?? 0)) * 60_000 > JOIN_WITHIN,
        );
        assert.equal(groups.length, sorted.length === 0 ? 0 : gaps.length + 1);
        assert.equal(groups.flatMap((group) => group.matches).length, minutes.length);
      },
    ),
  );
});

test("the sample keeps the first twenty, in whatever order they come", () => {
  const all = Array.from({ length: 50 }, (_, at) => ({ ...matchAt(at, `e${at}`), why: [], record: {} }));
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 50 }), fc.nat(50), (shuffled, cut) => {
      const kept = joinSample(joinSample([], shuffled.slice(0, cut)), shuffled.slice(cut));
      assert.deepEqual(kept, all.slice(0, 20));
    }),
  );
});

test("which act is open in which state", () => {
  const acts: AlertAct[] = ["assign", "unassign", "close", "reopen", "raise"];
  const table = ALERT_STATES.map((state) =>
    acts.map((act) => {
      const after = stateAfter(state, act);
      return "state" in after ? after.state : after.problem;
    }),
  );
  assert.deepEqual(table, [
    ["assigned", "new", "closed", "http.conflict", "raised"],
    ["assigned", "new", "closed", "http.conflict", "raised"],
    [
      "alerts.already-closed",
      "alerts.already-closed",
      "alerts.already-closed",
      "new",
      "alerts.already-closed",
    ],
    [
      "alerts.already-raised",
      "alerts.already-raised",
      "alerts.already-raised",
      "alerts.already-raised",
      "alerts.already-raised",
    ],
  ]);
});
