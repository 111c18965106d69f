import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { missingPlatforms } from "../scripts/lockfile.ts";
import { systems } from "../src/app/systems.ts";
import { PROBLEMS } from "../src/core/problem.ts";

/** The habits of the house, each by the tool that keeps it. */
const HABITS: Record<string, [string, ...string[]]> = {
  "format and lint (biome)": ["biome", "check", "--error-on-warnings", "."],
  "types (tsc)": [
    "tsc",
    "--noEmit",
    "--incremental",
    "--tsBuildInfoFile",
    "node_modules/.cache/tsc.tsbuildinfo",
  ],
  "import direction (dependency-cruiser)": ["depcruise", "--config", ".dependency-cruiser.cjs", "src"],
  "unused files, exports and packages (knip)": ["knip", "--no-progress"],
};

for (const [habit, [tool, ...args]] of Object.entries(HABITS)) {
  test(habit, () => {
    const done = spawnSync(`node_modules/.bin/${tool}`, args, { encoding: "utf8" });
    assert.equal(done.status, 0, `${done.stdout}\n${done.stderr}`);
  });
}

test("the lock file holds the packages of every platform, so that npm ci takes it", () => {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  assert.deepEqual(missingPlatforms(lock), [], "run node scripts/lockfile.ts");
});

test("every folder of src/systems is on the list that a person reads", () => {
  const folders = readdirSync("src/systems", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(systems.map((system) => system.name).sort(), folders.map((folder) => folder.name).sort());
});

test("every system says in a README what it is", () => {
  for (const { name } of systems)
    assert.ok(readFileSync(`src/systems/${name}/README.md`, "utf8").length > 200, name);
});

test("every problem code is documented, and no other", () => {
  const page = readFileSync("docs/problems.md", "utf8");
  const documented = [...page.matchAll(/^## (\S+)$/gm)].map((match) => match[1]);
  assert.deepEqual(documented.sort(), Object.keys(PROBLEMS).sort());
});

test("no source file has grown over 400 lines", () => {
  const long = globSync(["src/**/*.ts", "src/**/*.tsx", "scripts/*.ts", "bench/*.ts"])
    .filter((file) => !file.includes(".test."))
    .map((file) => ({ file, lines: readFileSync(file, "utf8").split("\n").length }))
    .filter(({ lines }) => lines > 400);
  assert.deepEqual(long, []);
});
