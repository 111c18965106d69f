/**
 * Lines on one core: `npm run bench -- lines [--lines N] [--indicators N] [--batch N] [--independent]`. Ten proxy lines
 * (Squid) for each DNS query (BIND) are parsed to ECS, met with a million indicators and with all rules of
 * content/detection-rules, and made a block that the events store takes as it is. One pipeline thread, as in a node; all
 * CPU time of the process counts, garbage collection too. Prints one JSON object.
 */
import { parseArgs } from "node:util";
import { RULE_FOLDERS } from "../src/systems/detection/index.ts";
import { IndicatorBuilder } from "../src/systems/detection/indicators/build.ts";
import { parseLine } from "../src/systems/detection/parsers/line.ts";
import type { BatchTask } from "../src/systems/detection/pipeline/batch.ts";
import { BATCH_LINES } from "../src/systems/detection/pipeline/batch.ts";
import { PipelinePool } from "../src/systems/detection/pipeline/pool.ts";
import { Country } from "./support/country.ts";
import { badDomains } from "./support/indicators.ts";

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "1000000" },
    indicators: { type: "string", default: "1000000" },
    batch: { type: "string", default: String(BATCH_LINES) },
    independent: { type: "boolean", default: false },
  },
});
const [LINES, INDICATORS, BATCH] = [Number(values.lines), Number(values.indicators), Number(values.batch)];
const ORG = "0190a000-0000-7000-8000-00000000000a";
/** One line in so many asks for a domain of the set. */
const PLANT_EVERY = 100_000;
const rounded = (value: number, digits = 2) => Number(value.toFixed(digits));

const began = Date.now();
const country = new Country(20_261_124, values.independent);
const bad = badDomains(INDICATORS, 1);
const builder = new IndicatorBuilder();
const group = builder.group({ source: "bench", orgId: ORG, tlp: "clear", audience: [], level: "high" });
for (const domain of bad) builder.add("domain", domain, group);
const image = builder.build();

const lines: Record<"proxy" | "dns", string[]> = { proxy: [], dns: [] };
let raw = 0;
for (let at = 0; at < LINES; at++) {
  const time = began - Math.floor((LINES - at) / 26);
  const planted =
    at % PLANT_EVERY === PLANT_EVERY / 2
      ? { host: "10.20.1.1", user: "-", domain: bad[at % bad.length] ?? "" }
      : undefined;
  const kind = at % 11 === 0 ? "dns" : "proxy";
  const line = kind === "dns" ? country.dns(time, planted) : country.proxy(time, planted);
  raw += line.length + 1;
  lines[kind].push(line);
}
const tasks: BatchTask[] = Object.entries(lines).flatMap(([kind, of]) =>
  Array.from({ length: Math.ceil(of.length / BATCH) }, (_, at) => ({
    bytes: Buffer.from(`${of.slice(at * BATCH, (at + 1) * BATCH).join("\n")}\n`),
    format: "lines" as const,
    firstLine: 1,
    orgId: ORG,
    source: kind,
    batch: `${kind}/${at}`,
    receivedAt: new Date(began).toISOString(),
    parser: "auto",
  })),
);
const records = lines.proxy
  .slice(0, 20_000)
  .map((line) => JSON.stringify(parseLine(line, { receivedAt: new Date(began).toISOString() }).record));
// What only makes the lines is no part of a node, and would be looked through by its garbage collection.
lines.proxy = [];
lines.dns = [];
bad.length = 0;

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

let rules = 0;
const pool = new PipelinePool({ folders: RULE_FOLDERS, onRules: (loaded) => (rules = loaded.rules) });
pool.equip({ image, uses: new Map([[ORG, Uint8Array.of(1)]]), known: undefined });
pool.open();
// The compiler warms up on a part of the lines, as a node does in its first seconds.
for (const task of tasks.slice(0, Math.ceil(200_000 / BATCH))) await pool.process(task);
const [cpu, wall] = [process.cpuUsage(), performance.now()];
const sum = { received: 0, unparsed: 0, matches: 0, indicators: 0, block: 0 };
for (const task of tasks) {
  const { rows, counts, matches } = await pool.process(task);
  sum.received += counts.received;
  sum.unparsed += counts.unparsed;
  sum.matches += matches.length;
  sum.indicators += matches.filter(({ match }) => match.ruleId.startsWith("indicator")).length;
  sum.block += rows.length;
}
const seconds = cpuSince(cpu);
const wallSeconds = (performance.now() - wall) / 1000;
await pool.close();
const parsing = process.cpuUsage();
for (let round = 0; round < 5; round++) for (const record of records) JSON.parse(record);
const json = cpuSince(parsing) / (5 * records.length);
const figures = {
  bench: "lines",
  lines: LINES,
  batch: BATCH,
  indicators: image.size,
  rules,
  linesPerCpuSecond: Math.round(LINES / seconds),
  linesPerSecond: Math.round(LINES / wallSeconds),
  cpuMicrosecondsPerLine: rounded((seconds / LINES) * 1e6),
  timesJsonParseOfTheRecord: rounded(seconds / LINES / json),
  rawBytesPerLine: rounded(raw / LINES, 1),
  blockBytesPerLine: rounded(sum.block / LINES, 1),
  unparsed: sum.unparsed,
  matches: sum.matches,
  indicatorMatches: sum.indicators,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
const planted = Math.floor((LINES + PLANT_EVERY / 2) / PLANT_EVERY);
if (sum.received !== LINES || sum.unparsed > 0 || sum.indicators < planted) {
  process.stderr.write(`expected ${LINES} lines parsed and ${planted} indicator matches\n`);
  process.exitCode = 1;
}
