/**
 * Runs every test (npm test), or all but those in a browser (--without-browser, npm run check).
 * Brings what they need by itself where it may: Debian's Chromium, a throw-away PostgreSQL, the built console.
 * Arguments that are paths narrow it down: `npm test -- src/core`.
 */
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { buildConsole } from "./build-console.ts";
import { findChromium } from "./chromium.ts";
import { startPostgres } from "./postgres.ts";

const args = process.argv.slice(2);
const withBrowser = !args.includes("--without-browser");
const chosen = args.filter((arg) => !arg.startsWith("--"));

const files = globSync(["src/**/*.test.ts", "src/**/*.test.tsx", "tests/**/*.test.ts"])
  .filter((file) => withBrowser || !file.startsWith("tests/journeys/"))
  .filter((file) => chosen.length === 0 || chosen.some((prefix) => file.startsWith(prefix)))
  .sort();
if (files.length === 0) {
  console.error("no test there");
  process.exit(2);
}

const notes: string[] = [];
await buildConsole({ ifStale: true });
if (withBrowser) {
  const chromium = findChromium();
  if ("path" in chromium) process.env.LIANFANG_TEST_CHROMIUM = chromium.path;
  else notes.push(`browser tests are skipped: ${chromium.reason}`);
}
const postgres = await startPostgres();
if ("url" in postgres) process.env.LIANFANG_TEST_POSTGRES = postgres.url;
else notes.push(`tests on a PostgreSQL server are skipped: ${postgres.skipped}`);

const began = performance.now();
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
try {
  const stream = run({ files, concurrency: 2, timeout: 600_000 });
  stream.on("test:pass", (event) => {
    if (event.details.type === "suite") return;
    if (event.skip !== undefined) {
      counts.skipped += 1;
      notes.push(`skipped: ${event.name}${typeof event.skip === "string" ? ` (${event.skip})` : ""}`);
    } else counts.passed += 1;
  });
  stream.on("test:fail", (event) => {
    if (event.details.type === "suite") return;
    counts.failed += 1;
    failures.push(`${event.file ?? ""}: ${event.name}`);
  });
  const report = stream.compose(spec);
  report.pipe(process.stdout);
  await new Promise((done) => report.once("end", done));
} finally {
  if ("stop" in postgres) await postgres.stop();
}

console.log(`\n${files.length} files in ${((performance.now() - began) / 1000).toFixed(0)} s`);
for (const note of notes) console.log(note);
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
