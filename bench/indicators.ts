/**
 * Indicators alone: `node bench/indicators.ts [indicators] [records]`. Builds a set of domains, addresses, prefixes, URLs
 * and hashes, then meets it with proxy and DNS records of which one in a thousand holds an indicator, each a new object
 * with new texts as parsers make them. Prints one JSON object. One thread.
 */

import { IndicatorBuilder } from "../src/systems/detection/indicators/build.ts";
import { bytesOf } from "../src/systems/detection/indicators/image.ts";
import { IndicatorMatcher } from "../src/systems/detection/indicators/match.ts";
import { parseLine } from "../src/systems/detection/parsers/line.ts";

const COUNT = Number(process.argv[2] ?? 1_000_000);
const RECORDS = Number(process.argv[3] ?? 200_000);
const ALL = Uint8Array.of(1);
const CONTEXT = { receivedAt: "2026-11-24T00:00:00.000Z" };

let seed = 20_261_124;

/** Same figures at every run (mulberry32). */
function random(below: number): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}

const word = () => random(2 ** 31).toString(36);
const TOPS = ["com", "net", "org", "com.tw", "info"];
const domain = () => `${word()}-${word()}.${TOPS[random(TOPS.length)]}`;
const address = () => [random(200) + 20, random(256), random(256), random(256)].join(".");
const hex = (length: number) =>
  Array.from({ length: length / 8 }, () =>
    random(2 ** 32)
      .toString(16)
      .padStart(8, "0"),
  ).join("");

const builder = new IndicatorBuilder();
const group = builder.group({
  source: "bench",
  orgId: "0190a000-0000-7000-8000-00000000000a",
  tlp: "clear",
  audience: [],
  level: "high",
});
const planted = Array.from({ length: 1_000 }, domain);
const texts: ["domain" | "ip" | "url" | "hash", string][] = planted.map((name) => ["domain", name]);
for (let at = texts.length; at < COUNT; at++) {
  const kind = at % 20;
  if (kind < 8) texts.push(["domain", domain()]);
  else if (kind < 13) texts.push(["ip", address()]);
  else if (kind < 14) texts.push(["ip", `${address()}/${20 + random(12)}`]);
  else if (kind < 17) texts.push(["url", `http://${domain()}/${word()}/${word()}.php?id=${word()}`]);
  else texts.push(["hash", hex(kind === 17 ? 64 : kind === 18 ? 40 : 32)]);
}
const building = process.cpuUsage();
const began = performance.now();
for (const [kind, value] of texts) builder.add(kind, value, group);
const image = builder.build();
const buildSeconds = (performance.now() - began) / 1000;
const buildCpu = secondsOf(process.cpuUsage(building));
texts.length = 0;

const names = Array.from({ length: 20_000 }, (_, at) => `${["www", "cdn", "api"][at % 3]}.${domain()}`);
const nameAt = (at: number) =>
  at % 1_000 === 500 ? `x.${planted[at % planted.length]}` : names[random(names.length)];
const lines = Array.from({ length: RECORDS }, (_, at) =>
  at % 10 === 0
    ? `24-Nov-2026 08:00:00.123 queries: info: client @0x7f3c5c0d1e68 10.1.${random(256)}.${random(256)}#53011 (${nameAt(at)}): query: ${nameAt(at)} IN A +E(0)K (10.20.0.53)`
    : `1795478400.104    231 10.1.${random(256)}.${random(256)} TCP_MISS/200 4213 GET http://${nameAt(at)}/${word()}/${word()}.html?lang=zh&id=${random(1e6)} - HIER_DIRECT/${address()} text/html`,
);
const matcher = new IndicatorMatcher(image);
const parsed = (from: number, to: number) =>
  lines.slice(from, to).map((line) => parseLine(line, CONTEXT).record);
// Records of the shape that the pipeline has, met while they are young, in steps as its batches are.
const STEP = 5_000;
const warm = parsed(0, STEP * 4);
for (const record of warm) matcher.match(record, 0, ALL);
let hits = 0;
let cpu = 0;
let wall = 0;
for (let from = 0; from < RECORDS; from += STEP) {
  const records = parsed(from, from + STEP);
  const before = process.cpuUsage();
  const start = performance.now();
  for (const record of records) hits += matcher.match(record, 0, ALL).length;
  wall += performance.now() - start;
  cpu += secondsOf(process.cpuUsage(before));
}

const lookups = Array.from({ length: RECORDS }, (_, at) => ({ "dns.question.name": nameAt(at) }));
for (const record of lookups.slice(0, STEP * 4)) matcher.match(record, 0, ALL);
const looking = process.cpuUsage();
for (const record of lookups) matcher.match(record, 0, ALL);
const lookupCpu = secondsOf(process.cpuUsage(looking));
process.stdout.write(
  `${JSON.stringify(
    {
      bench: "indicators",
      node: process.version,
      indicators: image.size,
      buildSeconds: round(buildSeconds),
      buildCpuSeconds: round(buildCpu),
      bytesEach: round(bytesOf(image) / image.size),
      sharedMiB: Math.round(bytesOf(image) / 2 ** 20),
      records: RECORDS,
      hits,
      microsecondsEachRecord: round((wall * 1000) / RECORDS),
      cpuMicrosecondsEachRecord: round((cpu * 1e6) / RECORDS),
      nameLookupsPerCpuSecond: Math.round(RECORDS / lookupCpu),
    },
    null,
    2,
  )}\n`,
);

function secondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
