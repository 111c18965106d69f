import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { Issues } from "../sigma/issue.ts";
import { readTrees } from "../sigma/tree.ts";
import { SourceClocks } from "./clocks.ts";
import {
  type CorrelationRule,
  Correlator,
  linkCorrelations,
  type RuleHit,
  readCorrelation,
} from "./index.ts";

/**
 * Correlation so plain that it can be held beside the specification: all events at once, in order, each looking back over
 * the whole list. The correlator, which sees them shuffled and twice and keeps only windows, must find the same.
 */
interface Written {
  readonly type: string;
  readonly rules: readonly string[];
  readonly span: number;
  readonly group: boolean;
  readonly condition?: unknown;
}

const SOURCES = ["a", "b", "c"];
const LATENESS = 20_000;

interface Told {
  readonly rule: string;
  readonly key: string;
  readonly at: number;
  readonly count: number;
  readonly value: number;
  readonly ids: string;
}

function order(hits: readonly RuleHit[]): RuleHit[] {
  const seen = new Set<string>();
  return hits
    .filter(({ eventId, ruleId }) => !seen.has(`${eventId} ${ruleId}`) && seen.add(`${eventId} ${ruleId}`))
    .sort((x, y) => x.at - y.at || (x.eventId < y.eventId ? -1 : x.eventId > y.eventId ? 1 : 0));
}

function compare(value: number, condition: Readonly<Record<string, number | string>>): boolean {
  if (Number.isNaN(value)) return false;
  const meets: Record<string, (than: number) => boolean> = {
    gt: (than) => value > than,
    gte: (than) => value >= than,
    lt: (than) => value < than,
    lte: (than) => value <= than,
    eq: (than) => value === than,
    neq: (than) => value !== than,
  };
  return Object.entries(condition).every(([op, than]) => meets[op]?.(Number(than)) ?? true);
}

function percentile(numbers: readonly number[], at: number): number {
  const sorted = [...numbers].sort((x, y) => x - y);
  const place = ((sorted.length - 1) * at) / 100;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** What a rule makes of a window: whether it is met, and its value. */
function judge(rule: Written, window: readonly RuleHit[]): { met: boolean; value: number } {
  const present = new Set(window.map(({ ruleId }) => ruleId));
  const numbers = window.map(({ record }) => Number(record.n));
  const sum = numbers.reduce((x, y) => x + y, 0);
  const condition = (typeof rule.condition === "object" ? rule.condition : {}) as Record<string, number>;
  const values: Record<string, number> = {
    event_count: window.length,
    value_count: new Set(window.map(({ record }) => record.user)).size,
    value_sum: sum,
    value_avg: sum / numbers.length,
    value_median: percentile(numbers, 50),
    value_percentile: percentile(numbers, condition.percentile ?? 0),
  };
  const value = values[rule.type];
  if (value !== undefined) return { met: compare(value, condition), value };
  const seen = rule.rules.filter((name) => present.has(name)).length;
  if (rule.condition === "a and not b") {
    return { met: present.has("a") && !present.has("b"), value: seen };
  }
  if (rule.condition === "a and (b or c)") {
    const first = window.findIndex(({ ruleId }) => ruleId === "a");
    const later = window.slice(first + 1).some(({ ruleId }) => ruleId !== "a");
    const both = present.has("a") && (present.has("b") || present.has("c"));
    return { met: rule.type === "temporal" ? both : first >= 0 && later, value: seen };
  }
  const all = seen === rule.rules.length;
  if (rule.type === "temporal") return { met: all, value: seen };
  const wanted = [...rule.rules];
  for (const { ruleId } of window) if (ruleId === wanted[0]) wanted.shift();
  return { met: wanted.length === 0, value: seen };
}

function brute(rules: readonly Written[], hits: readonly RuleHit[]): Told[] {
  const told: Told[] = [];
  const ordered = order(hits);
  for (const [number, rule] of rules.entries()) {
    const firedAt = new Map<string, number>();
    for (const [at, hit] of ordered.entries()) {
      if (!rule.rules.includes(hit.ruleId)) continue;
      const key = rule.group ? String(hit.record.host) : "";
      const window = ordered.slice(0, at + 1).filter((one) => {
        const same = !rule.group || one.record.host === hit.record.host;
        return same && rule.rules.includes(one.ruleId) && one.at > hit.at - rule.span;
      });
      const { met, value } = judge(rule, window);
      if (!met || hit.at - (firedAt.get(key) ?? Number.NEGATIVE_INFINITY) < rule.span) continue;
      firedAt.set(key, hit.at);
      const ids = window.map(({ eventId }) => eventId).join();
      told.push({ rule: `r${number}`, key, at: hit.at, count: window.length, value, ids });
    }
  }
  return told;
}

export function correlationOf(document: object, file = "c.yml"): CorrelationRule {
  const issues = new Issues(file);
  const [tree] = readTrees(stringify(document), issues);
  assert.equal(tree?.kind, "map");
  const rule = tree?.kind === "map" ? readCorrelation(tree, file, issues) : undefined;
  assert.deepEqual(issues.found, []);
  assert.ok(rule);
  return rule;
}

function read(rule: Written, number: number): CorrelationRule {
  return correlationOf({
    title: "t",
    name: `r${number}`,
    correlation: {
      type: rule.type,
      rules: rule.rules,
      timespan: `${rule.span / 1000}s`,
      ...(rule.group ? { "group-by": ["host"] } : {}),
      ...(rule.condition === undefined ? {} : { condition: rule.condition }),
    },
  });
}

const rules = fc.shuffledSubarray(SOURCES, { minLength: 1 });
const span = fc.integer({ min: 1, max: 30 }).map((seconds) => seconds * 1000);
const range = fc.oneof(
  fc.record({ gte: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ gt: fc.nat(5), lt: fc.integer({ min: 4, max: 9 }) }),
  fc.record({ eq: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ neq: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ lte: fc.integer({ min: 1, max: 4 }) }),
);
const group = fc.boolean();
const written: fc.Arbitrary<Written> = fc.oneof(
  fc.record({ type: fc.constant("event_count"), rules, span, group, condition: range }),
  fc.record({
    type: fc.constant("value_count"),
    rules,
    span,
    group,
    condition: range.map((of) => ({ ...of, field: "user" })),
  }),
  fc.record({
    type: fc.constantFrom("value_sum", "value_avg", "value_median"),
    rules,
    span,
    group,
    condition: range.map((of) => ({ ...of, field: "n" })),
  }),
  fc.record({
    type: fc.constant("value_percentile"),
    rules,
    span,
    group,
    condition: fc.tuple(range, fc.nat(100)).map(([of, percentile]) => ({ ...of, field: "n", percentile })),
  }),
  fc.record({ type: fc.constantFrom("temporal", "temporal_ordered"), rules, span, group }),
  fc.record({
    type: fc.constantFrom("temporal", "temporal_ordered"),
    rules: fc.constant(SOURCES),
    span,
    group,
    condition: fc.constant("a and (b or c)"),
  }),
  fc.record({
    type: fc.constant("temporal"),
    rules: fc.constant(["a", "b"]),
    span,
    group,
    condition: fc.constant("a and not b"),
  }),
);

/** A stream as it arrives: out of order by less than the lateness, some of it twice. */
const stream = fc
  .array(
    fc.record({
      ruleId: fc.constantFrom(...SOURCES),
      gap: fc.oneof(
        fc.nat(6).map((halves) => halves * 500),
        fc.nat(3000),
      ),
      delay: fc.nat(LATENESS / 2 - 1),
      again: fc.option(fc.nat(LATENESS / 2 - 1), { nil: undefined, freq: 3 }),
      host: fc.constantFrom("h1", "h2"),
      user: fc.constantFrom("u1", "u2", "u3"),
      n: fc.oneof(fc.integer({ min: -2, max: 5 }), fc.constantFrom(0.5, 1.25, 2.75)),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((events) => {
    let at = 1_700_000_000_000;
    const arrivals: { due: number; hit: RuleHit }[] = [];
    for (const [number, { ruleId, gap, delay, again, host, user, n }] of events.entries()) {
      at += gap;
      const hit = { ruleId, eventId: `e${(number * 7919) % 1000}`, at, record: { host, user, n } };
      arrivals.push({ due: at + delay, hit });
      if (again !== undefined) arrivals.push({ due: at + again, hit });
    }
    return arrivals.sort((x, y) => x.due - y.due).map(({ hit }) => hit);
  });

const byAll = (x: Told, y: Told) => x.rule.localeCompare(y.rule) || x.key.localeCompare(y.key) || x.at - y.at;

test("shuffled and doubled streams find what a search through all events finds", () => {
  let fired = 0;
  let duplicates = 0;
  fc.assert(
    fc.property(
      fc.array(written, { minLength: 1, maxLength: 4 }),
      stream,
      fc.nat(),
      (writtenRules, hits, cut) => {
        const { linked, issues } = linkCorrelations(
          writtenRules.map(read),
          SOURCES.map((id) => ({ id })),
        );
        assert.deepEqual(issues, []);
        let correlator = new Correlator(linked, { lateness: LATENESS });
        const found = [];
        for (const [at, hit] of hits.entries()) {
          // Somewhere on the way the program is started again.
          if (at === cut % hits.length) {
            const kept: unknown = JSON.parse(JSON.stringify(correlator.snapshot()));
            correlator = Correlator.restore(kept as ReturnType<Correlator["snapshot"]>, linked, {
              lateness: LATENESS,
            });
          }
          found.push(...correlator.feed(hit));
        }
        found.push(...correlator.flush());
        assert.equal(correlator.counters.late, 0);
        const told = found.map((match) => ({
          rule: match.ruleId,
          key: match.group.host ?? "",
          at: match.at,
          count: match.count,
          value: match.value,
          ids: match.eventIds.join(),
        }));
        fired += told.length;
        duplicates += correlator.counters.duplicates;
        assert.deepEqual(told.sort(byAll), brute(writtenRules, hits).sort(byAll));
      },
    ),
    { numRuns: 1000 },
  );
  // Streams in which nothing happens would prove nothing.
  assert.ok(fired > 1000 && duplicates > 1000, `${fired} fired, ${duplicates} duplicates`);
});

const MINUTE = 60_000;
const IDLE = 2 * MINUTE;

test("of sources that lag, each in its own way, nothing is lost, and one that fell idle holds nobody back", () => {
  let fired = 0;
  fc.assert(
    fc.property(
      fc.array(written, { minLength: 1, maxLength: 3 }),
      stream,
      fc.array(fc.nat(55 * MINUTE), { minLength: 3, maxLength: 3 }),
      fc.array(fc.nat(LATENESS - 1), { minLength: 80, maxLength: 80 }),
      fc.nat(),
      (writtenRules, hits, lags, delays, cut) => {
        const { linked } = linkCorrelations(
          writtenRules.map(read),
          SOURCES.map((id) => ({ id })),
        );
        const begin = hits.reduce((least, { at }) => Math.min(least, at), Infinity) - 10 * MINUTE;
        // What comes when: a word of each source every minute, and the hits, each late by its source and by itself.
        const comes: { due: number; source: string; newest: number; hit?: RuleHit }[] = [];
        for (let minute = 0; minute < 75; minute++)
          for (const [source, lag] of lags.entries()) {
            const due = begin + minute * MINUTE;
            comes.push({ due, source: `s${source}`, newest: due - lag });
          }
        for (const [number, hit] of hits.entries()) {
          const source = number % lags.length;
          const due = hit.at + (lags[source] ?? 0) + (delays[number] ?? 0);
          comes.push({ due, source: `s${source}`, newest: hit.at, hit });
        }
        comes.sort((x, y) => x.due - y.due);
        let clocks = new SourceClocks(begin, IDLE);
        clocks.hear("idle", begin - 56 * MINUTE, begin);
        let correlator = new Correlator(linked, { lateness: LATENESS });
        const found = [];
        for (const [at, { due, source, newest, hit }] of comes.entries()) {
          // The program is started again, and has to hear of each source anew.
          if (at === cut % comes.length) {
            clocks = new SourceClocks(due, IDLE);
            correlator = Correlator.restore(correlator.snapshot(), linked, { lateness: LATENESS });
          }
          if (hit !== undefined) assert.ok(correlator.add(hit) || !linked.inputs.has(hit.ruleId), "late");
          clocks.hear(source, newest, due);
          const reached = clocks.reached(due);
          if (reached === undefined) continue;
          assert.ok(reached >= due - Math.max(...lags) - MINUTE, "held back by one that is idle");
          found.push(...correlator.advance(reached));
        }
        // All fell silent: time goes on with the clock.
        found.push(...correlator.advance(clocks.reached(begin + 200 * MINUTE + IDLE) ?? 0));
        const told = found.map((match) => ({
          rule: match.ruleId,
          key: match.group.host ?? "",
          at: match.at,
          count: match.count,
          value: match.value,
          ids: match.eventIds.join(),
        }));
        fired += told.length;
        assert.deepEqual(told.sort(byAll), brute(writtenRules, hits).sort(byAll));
      },
    ),
    { numRuns: 200 },
  );
  assert.ok(fired > 200, `${fired} fired`);
});
