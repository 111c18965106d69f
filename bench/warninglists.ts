/**
 * Warninglists: `node bench/warninglists.ts [checks]`. Loads every list of ../shared/data/misp/warninglists and checks
 * values that stand in them and values that do not, half and half; then networks, /8 to /24. Prints one JSON object.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type IndicatorValue, readIndicator } from "../src/systems/intel/model.ts";
import { WarninglistChecker } from "../src/systems/intel/warninglists/checker.ts";
import { loadWarninglists } from "../src/systems/intel/warninglists/list.ts";

const MISP = fileURLToPath(new URL("../../shared/data/misp/warninglists/", import.meta.url));
const CHECKS = Number(process.argv[2] ?? 200_000);

if (!existsSync(MISP)) {
  process.stderr.write("../shared/data/misp is absent: nothing to load\n");
  process.exit(1);
}
const before = process.memoryUsage.rss();
const loading = performance.now();
const { lists } = loadWarninglists(MISP);
const checker = new WarninglistChecker(lists);
const loadSeconds = (performance.now() - loading) / 1000;
const loaded = process.memoryUsage.rss();

const known = lists
  .flatMap((list) => list.entries.filter((_, at) => at % 40 === 0))
  .flatMap((entry) => readIndicator((entry.split("/")[0] ?? "").replace(/^\./, "")) ?? []);
const unknown = known.map((_, at): IndicatorValue => {
  if (at % 4 === 0) return { type: "ipv4", value: `${(at % 200) + 20}.${at % 251}.${at % 13}.${at % 255}` };
  if (at % 4 === 1) return { type: "url", value: `https://host${at}.nowhere-${at % 97}.tw/path/${at}?q=1` };
  if (at % 4 === 2) return { type: "sha256", value: at.toString(16).padStart(64, "0") };
  return { type: "email", value: `sender${at}@mail.nowhere-${at % 97}.tw` };
});
const values = known.flatMap((value, at) => [value, unknown[at] ?? value]);
let hits = 0;
const checking = performance.now();
for (let at = 0; at < CHECKS; at++) {
  const { type, value } = values[at % values.length] ?? { type: "ipv4" as const, value: "203.0.114.1" };
  if (checker.check(type, value).length > 0) hits++;
}
const checkSeconds = (performance.now() - checking) / 1000;
const networks = known.flatMap(({ type, value }, at) =>
  type === "ipv4" ? [`${value}/${8 + (at % 17)}`] : [],
);
const asking = performance.now();
for (const network of networks) checker.check("ipv4", network);
const networkSeconds = (performance.now() - asking) / 1000;
const figures = {
  bench: "warninglists",
  lists: lists.length,
  entries: checker.entryCount,
  unusable: checker.faults.length,
  loadSeconds: Math.round(loadSeconds * 100) / 100,
  checks: CHECKS,
  hits,
  checksPerSecond: Math.round(CHECKS / checkSeconds),
  networkChecksPerSecond: Math.round(networks.length / networkSeconds),
  memoryMb: Math.round((loaded - before) / 2 ** 20),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
