/**
 * The parsers alone, on one core: `node bench/parsers.ts [seconds a product]`. Prints one JSON object: for each product the
 * lines of its sample that `auto` turns into ECS records a second, and how that compares to JSON.parse of the same
 * records as JSON (above 1 the line is read faster than its record would be from JSON).
 */
import { readFileSync } from "node:fs";
import { parseLine } from "../src/systems/detection/parsers/line.ts";
import { PARSERS } from "../src/systems/detection/parsers/list.ts";
import type { ParseContext } from "../src/systems/detection/parsers/parser.ts";

const SECONDS = Number(process.argv[2] ?? 0.3);
const CONTEXT: ParseContext = { receivedAt: "2026-11-23T03:00:00.000Z" };
const FOLDER = new URL("../src/systems/detection/parsers/", import.meta.url);
/** Distinct copies of the samples, so that nothing that is read for one line is known for the next. */
const COPIES = 400;

interface Figure {
  readonly linesPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly toJsonParse: number;
}

/** Calls a second of `work` over all items, after as long a time to warm up. */
function perSecond(items: readonly string[], work: (item: string) => unknown): number {
  let sink = 0;
  const run = (until: number): [calls: number, took: number] => {
    const began = performance.now();
    let calls = 0;
    while (performance.now() - began < until) {
      for (const item of items) if (work(item) !== undefined) sink++;
      calls += items.length;
    }
    return [calls, performance.now() - began];
  };
  run(SECONDS * 1000);
  const [calls, took] = run(SECONDS * 1000);
  if (sink === 0) throw new Error("nothing was read");
  return (calls / took) * 1000;
}

/** The same line at another hour and from another port, as a new string of its own. */
function copyOf(line: string, index: number): string {
  const text = line.replaceAll(/\b10\.20\.4\.31\b/g, `10.20.${index % 200}.${(index % 250) + 1}`);
  return Buffer.from(text, "utf8").toString("utf8");
}

function figureOf(lines: readonly string[], choice: string): Figure {
  const copies = Array.from({ length: COPIES }, (_, index) =>
    lines.map((line) => copyOf(line, index)),
  ).flat();
  const records = copies.map((line) => JSON.stringify(parseLine(line, CONTEXT, choice).record));
  const bytes = copies.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / copies.length;
  const speed = perSecond(copies, (line) => parseLine(line, CONTEXT, choice));
  const json = perSecond(records, (record) => JSON.parse(record) as unknown);
  return {
    linesPerSecond: Math.round(speed),
    megabytesPerSecond: Math.round((speed * bytes) / 1e5) / 10,
    toJsonParse: Math.round((speed / json) * 100) / 100,
  };
}

const only = process.argv.slice(3);
const products: Record<string, Figure> = {};
for (const { id } of PARSERS) {
  if (only.length > 0 && !only.includes(id)) continue;
  const text = readFileSync(new URL(`${id}/sample.log`, FOLDER), "utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  products[id] = figureOf(lines, id === "syslog" ? "syslog" : "auto");
}
console.log(JSON.stringify({ bench: "parsers", seconds: SECONDS, products }, undefined, 2));
