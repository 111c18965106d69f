import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Correlator, type CorrelatorOptions, loadCorrelations, type RuleHit } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-correlation-"));
after(() => rmSync(folder, { recursive: true }));

const rule = (name: string) =>
  `title: ${name}\nname: ${name}\nid: 00000000-0000-4000-8000-0000000000${name.charCodeAt(0).toString(16)}\n` +
  `logsource: {category: any}\ndetection:\n  s: {a: 1}\n  condition: s\n`;

function load(correlations: string) {
  writeFileSync(join(folder, "rules.yml"), [rule("fail"), rule("ok"), correlations].join("---\n"));
  return loadCorrelations(folder);
}

const id = (name: string) => `00000000-0000-4000-8000-0000000000${name.charCodeAt(0).toString(16)}`;
const hit = (name: string, second: number, record: RuleHit["record"] = {}, eventId = `${name}${second}`) => ({
  ruleId: id(name),
  eventId,
  at: second * 1000,
  record,
});

function correlator(text: string, options: Partial<CorrelatorOptions> = {}) {
  const { linked, issues } = load(text);
  assert.deepEqual(issues, []);
  return new Correlator(linked, { lateness: 0, ...options });
}

const COUNT = `title: many failures
name: many
correlation:
  type: event_count
  rules: [fail]
  group-by: [user]
  timespan: 10s
  condition: {gte: 3}
`;

test("a rule fires once for a timespan, tells its events, and can fire again after it", () => {
  const many = correlator(COUNT);
  const found = [1, 2, 3, 4, 5, 14, 15].flatMap((second) => many.feed(hit("fail", second, { user: "eve" })));
  found.push(...many.flush());
  assert.deepEqual(
    found.map(({ at, firstAt, count, group, eventIds }) => ({ at, firstAt, count, group, eventIds })),
    [
      { at: 3000, firstAt: 1000, count: 3, group: { user: "eve" }, eventIds: ["fail1", "fail2", "fail3"] },
      // At 14 only 5 and 14 are left; at 15 even 5 is gone.
    ],
  );
  assert.equal(many.feed(hit("fail", 16, { user: "eve" })).length, 0);
  assert.equal(many.flush()[0]?.at, 16_000);
});

test("what comes too late, without a value or from the future is counted and does no harm", () => {
  const many = correlator(COUNT, { lateness: 5000 });
  many.feed(hit("fail", 100, { user: "eve" }));
  many.feed(hit("fail", 101, {}));
  many.feed(hit("fail", 90, { user: "eve" }));
  many.feed({ ...hit("fail", 9_000_000, { user: "eve" }), receivedAt: 102_000 });
  many.feed(hit("fail", 98, { user: "eve" }));
  const [match] = many.flush();
  assert.deepEqual(match?.eventIds, ["fail98", "fail100", "fail9000000"]);
  assert.equal(many.counters.late, 1);
  assert.equal(many.counters.withoutValue, 1);
});

test("correlations chain, aliases name fields of each rule, and sources are silent without generate", () => {
  const both = correlator(`${COUNT}---
title: then in
name: then
correlation:
  type: temporal_ordered
  rules: [many, ok]
  group-by: [who]
  timespan: 1m
  aliases:
    who: {many: user, ok: account}
level: high
`);
  for (const second of [1, 2, 3]) both.feed(hit("fail", second, { user: "eve" }));
  both.feed(hit("ok", 4, { account: "bob" }));
  both.feed(hit("ok", 5, { account: "eve" }));
  const found = both.flush();
  assert.deepEqual(
    found.map(({ title, level, group, at }) => ({ title, level, group, at })),
    [{ title: "then in", level: "high", group: { who: "eve" }, at: 5000 }],
  );
  assert.deepEqual([...both.silent].sort(), [id("fail"), id("ok"), "many"].sort());
  const loud = correlator(COUNT.replace("condition:", "generate: true\n  condition:"));
  assert.deepEqual([...loud.silent], []);
});

test("keys, entries and waiting events are bounded, and what is let go of is counted", () => {
  const few = correlator(COUNT, { keysPerRule: 10, entriesPerKey: 2, lateness: 1_000_000, pending: 50 });
  for (let at = 0; at < 100; at++) few.feed(hit("fail", 5, { user: `u${at}` }, `e${at}`));
  few.flush();
  assert.equal(few.keys, 10);
  // The 51st was one too many: all went on, and the other 49 of the same second came too late.
  const { hurried, late, evictedKeys } = few.counters;
  assert.deepEqual({ hurried, late, evictedKeys }, { hurried: 1, late: 49, evictedKeys: 41 });
  for (let at = 0; at < 5; at++) few.feed(hit("fail", 100, { user: "eve" }, `f${at}`));
  assert.deepEqual(few.flush(), []);
  assert.equal(few.counters.evictedEntries, 3);
});

test("faults have their lines, and rules that look in a circle or at nothing are left out", () => {
  const { linked, issues } = load(`title: a
name: a1
correlation:
  type: event_counts
  rules: [fail]
  timespan: 10x
  condition: {atleast: 3}
---
title: b
name: b1
correlation: {type: temporal, rules: [c1], timespan: 1m}
---
title: c
name: c1
correlation: {type: temporal, rules: [b1], timespan: 1m}
---
title: d
name: d1
correlation: {type: temporal, rules: [nobody], timespan: 1m}
---
title: e
name: e1
correlation: {type: value_percentile, rules: [fail], timespan: 1m, condition: {gte: 1, field: x}}
---
title: f
name: f1
correlation: {type: temporal_extended, rules: [fail, ok], timespan: 1m, condition: fail and not nobody}
`);
  assert.deepEqual(linked.rules, []);
  const lines = issues.map(({ line, message }) => `${line - 14} ${message.slice(0, 40)}`);
  assert.ok(issues.every(({ file }) => file === "rules.yml"));
  assert.equal(lines.length, 9, lines.join("\n"));
});

test("a snapshot of a rule that was changed is not taken up", () => {
  const before = correlator(COUNT);
  for (const second of [1, 2]) before.feed(hit("fail", second, { user: "eve" }));
  const kept = before.snapshot();
  const again = Correlator.restore(kept, load(COUNT).linked, { lateness: 0 });
  again.feed(hit("fail", 3, { user: "eve" }));
  assert.equal(again.flush().length, 1);
  const changed = Correlator.restore(kept, load(COUNT.replace("10s", "20s")).linked, { lateness: 0 });
  changed.feed(hit("fail", 3, { user: "eve" }));
  assert.equal(changed.flush().length, 0);
});

test("every comparison and range of a condition, and every unit of a timespan", () => {
  const fires = (condition: string, events: number) => {
    const some = correlator(COUNT.replace("{gte: 3}", condition));
    const hits = Array.from({ length: events }, (_, at) => some.feed(hit("fail", at + 1, { user: "eve" })));
    return [...hits.flat(), ...some.flush()].length > 0;
  };
  const rows: readonly (readonly [condition: string, events: number, wanted: boolean])[] = [
    ["{gt: 2}", 2, false],
    ["{gt: 2}", 3, true],
    ["{gte: 2}", 2, true],
    ["{lt: 2}", 1, true],
    ["{lte: 2}", 1, true],
    ["{eq: 2}", 1, false],
    ["{eq: 2}", 2, true],
    ["{neq: 1}", 1, false],
    ["{neq: 1}", 2, true],
    ["{gt: 2, lte: 4}", 2, false],
    ["{gt: 2, lte: 4}", 3, true],
  ];
  for (const [condition, events, wanted] of rows)
    assert.equal(fires(condition, events), wanted, `${condition} after ${events}`);
  const within = (timespan: string, seconds: number) => {
    const pair = correlator(COUNT.replace("10s", timespan).replace("gte: 3", "gte: 2"));
    const found = [1, seconds + 1].flatMap((second) => pair.feed(hit("fail", second, { user: "eve" })));
    return [...found, ...pair.flush()].length > 0;
  };
  const units = {
    "2s": 2,
    "2m": 120,
    "2h": 7_200,
    "2d": 172_800,
    "2w": 1_209_600,
    "1M": 2_629_746,
    "1y": 31_556_952,
  };
  for (const [timespan, seconds] of Object.entries(units)) {
    assert.equal(within(timespan, seconds - 1), true, timespan);
    assert.equal(within(timespan, seconds), false, timespan);
  }
});
