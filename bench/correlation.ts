/**
 * Correlation alone: `node bench/correlation.ts [matches] [keys]`. Feeds matches of many keys, out of order and one in
 * twenty twice, to rules of several types and prints one JSON object. One thread.
 */
import {
  type CorrelationRule,
  Correlator,
  linkCorrelations,
  type RuleHit,
} from "../src/systems/detection/correlation/index.ts";

const MATCHES = Number(process.argv[2] ?? 1_500_000);
const KEYS = Number(process.argv[3] ?? 50_000);
const START = Date.UTC(2026, 10, 23);
const LATENESS = 5_000;

let seed = 20_261_123;

/** Same figures at every run (mulberry32). */
function random(below: number): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}

const base = {
  titleZh: undefined,
  level: "medium",
  tags: [],
  groupBy: ["source.ip"],
  span: 60_000,
  fields: [],
  percentile: Number.NaN,
  ranges: [],
  condition: undefined,
  aliases: new Map(),
  generate: true,
  status: "test",
  across: false,
  file: "bench.yml",
  line: 1,
} as const;
const rule = (
  of: Partial<CorrelationRule> & Pick<CorrelationRule, "id" | "type" | "rules">,
): CorrelationRule => ({
  ...base,
  name: of.id,
  title: of.id,
  ...of,
});
const correlations = [
  rule({ id: "count", type: "event_count", rules: ["a"], ranges: [{ op: "gte", than: 20 }] }),
  rule({
    id: "values",
    type: "value_count",
    rules: ["b"],
    fields: ["user.name"],
    ranges: [{ op: "gte", than: 10 }],
  }),
  rule({ id: "ordered", type: "temporal_ordered", rules: ["c", "d"] }),
];
const { linked } = linkCorrelations(
  correlations,
  ["a", "b", "c", "d"].map((id) => ({ id })),
);
const correlator = new Correlator(linked, { lateness: LATENESS });

const hits: RuleHit[] = [];
for (let at = 0; at < MATCHES; at++) {
  const again = at % 20 === 19 ? hits[at - 1 - random(10)] : undefined;
  // Some 10,000 matches a second of event time; each up to two seconds late.
  hits.push(
    again ?? {
      ruleId: "aabcd"[random(5)] ?? "a",
      eventId: `e${at}`,
      at: START + Math.floor(at / 10) - random(2_000),
      record: { "source.ip": `10.0.${random(KEYS) >> 8}.${random(256)}`, "user.name": `u${random(50)}` },
    },
  );
}
const memory = process.memoryUsage().heapUsed;
const cpu = process.cpuUsage();
const start = performance.now();
let fired = 0;
for (const hit of hits) fired += correlator.feed(hit).length;
fired += correlator.flush().length;
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
const keys = correlator.keys;
const saving = performance.now();
const snapshot = JSON.stringify(correlator.snapshot());
console.log(
  JSON.stringify(
    {
      node: process.version,
      matches: MATCHES,
      keys: KEYS,
      windows: keys,
      perSecond: Math.round(MATCHES / seconds),
      perCpuSecond: Math.round((MATCHES * 1e6) / (user + system)),
      fired,
      counters: correlator.counters,
      stateMb: Math.round((process.memoryUsage().heapUsed - memory) / 1e6),
      snapshotMb: Math.round(snapshot.length / 1e6),
      snapshotMs: Math.round(performance.now() - saving),
    },
    null,
    2,
  ),
);
