import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Problem } from "../../../core/problem.ts";
import type { BatchTask } from "./batch.ts";
import { PipelinePool, type RulesLoaded } from "./pool.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-pool-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const NO_RULES = { rules: join(folder, "none"), pipelines: join(folder, "none") };

function task(text: string, given: Partial<BatchTask> = {}): BatchTask {
  return {
    bytes: Buffer.from(text),
    format: "lines",
    firstLine: 1,
    orgId: "0190a000-0000-7000-8000-00000000000a",
    source: "s",
    batch: "k",
    receivedAt: "2026-11-23T03:00:00.000Z",
    parser: "auto",
    ...given,
  };
}

test("batches wait their turn, one too many is refused, and closing finishes what waits", async () => {
  const pool = new PipelinePool({ folders: NO_RULES, queue: 3 });
  const waiting = [1, 2, 3, 4].map((lines) => pool.process(task("x\n".repeat(lines))));
  await assert.rejects(
    pool.process(task("x")),
    (error) => error instanceof Problem && error.code === "ingest.busy" && error.retryAfter !== undefined,
  );
  const closed = pool.close();
  const results = await Promise.all(waiting);
  await closed;
  assert.deepEqual(
    results.map(({ counts }) => counts.received),
    [1, 2, 3, 4],
  );
  await assert.rejects(pool.process(task("x")), Problem);
});

test("a bad batch is told to its sender, and the next one is processed", async () => {
  const pool = new PipelinePool({ folders: NO_RULES });
  const bad = { bytes: Buffer.from('{"a":1}\n{"a"'), format: "ndjson", firstLine: 1 } as const;
  assert.deepEqual(
    (await pool.check(bad)).map((fault) => fault.path),
    ["line 2, column 5"],
  );
  await assert.rejects(
    pool.process(task("", bad)),
    (error) => error instanceof Problem && error.faults[0]?.path === "line 2, column 5",
  );
  assert.equal((await pool.process(task("x\n"))).counts.received, 1);
  await pool.close();
});

test("rules with faults are told once, with file and line, and the others work", async () => {
  const rules = mkdtempSync(join(folder, "rules-"));
  writeFileSync(
    join(rules, "good.yml"),
    "title: Any x\nid: 7c4b8f0e-0000-4000-8000-000000000001\nlevel: low\nstatus: test\nlogsource:\n  category: any\ndetection:\n  selection:\n    message: x\n  condition: selection\n",
  );
  writeFileSync(join(rules, "bad.yml"), "title: Nothing else\n");
  writeFileSync(join(rules, "pipeline"), "");
  const pipelines = join(folder, "any.yml");
  writeFileSync(pipelines, "logsources:\n  - logsource: { category: any }\n");
  const told: Pick<RulesLoaded, "rules" | "faults">[] = [];
  const pool = new PipelinePool({
    folders: { rules, pipelines },
    size: 2,
    onRules: (loaded) => told.push(loaded),
  });
  pool.open();
  const [one, two] = await Promise.all([pool.process(task("x\ny\n")), pool.process(task("x\nx\n"))]);
  assert.deepEqual([one?.matches.length, two?.matches.length], [1, 2]);
  await pool.close();
  assert.equal(told.length, 1);
  assert.equal(told[0]?.rules, 1);
  assert.deepEqual(
    told[0]?.faults.map(({ file, line, path, rule }) => [file, line, path, rule?.title]),
    [
      ["bad.yml", 1, "logsource", "Nothing else"],
      ["bad.yml", 1, "detection", "Nothing else"],
    ],
  );
});

test("threads that cannot start fail their batches instead of keeping them", async () => {
  const crashes: Error[] = [];
  // Reading this file fails as a broken disk does.
  const pool = new PipelinePool({
    folders: { rules: "/proc/self/mem", pipelines: "" },
    onCrash: (error) => crashes.push(error),
  });
  await assert.rejects(pool.process(task("x")), /pipeline thread/);
  assert.ok(crashes.length > 0);
  await pool.close();
});

test("rules read again under load: no batch is lost, each is met with one reading or the other", async () => {
  const rules = mkdtempSync(join(folder, "reload-"));
  const pipelines = join(folder, "reload.yml");
  writeFileSync(pipelines, "logsources:\n  - logsource: { category: any }\n");
  const write = (title: string) =>
    writeFileSync(
      join(rules, "rule.yml"),
      `title: ${title}\nid: 7c4b8f0e-0000-4000-8000-000000000001\nlevel: low\nstatus: test\nlogsource:\n  category: any\ndetection:\n  selection:\n    message: x\n  condition: selection\n`,
    );
  write("before");
  let told = 0;
  const pool = new PipelinePool({ folders: { rules, pipelines }, size: 2, onRules: () => told++ });
  const seen: string[] = [];
  try {
    await pool.process(task("x\n"));
    write("after");
    pool.reload();
    // The old threads go on until the new ones are ready.
    while (told < 2 || seen.at(-1) !== "after") {
      const results = await Promise.all([1, 2, 3].map((lines) => pool.process(task("x\n".repeat(lines)))));
      for (const [at, { matches }] of results.entries()) {
        assert.equal(matches.length, at + 1);
        const titles = new Set(matches.map(({ match }) => match.title));
        assert.equal(titles.size, 1);
        seen.push(...titles);
      }
    }
    assert.equal(seen[0], "before");
    // Several changes at once end with the last of them, in every thread.
    write("later");
    pool.reload();
    pool.reload();
    let titles: (string | undefined)[];
    do {
      const results = await Promise.all([1, 2, 3, 4].map((lines) => pool.process(task("x\n".repeat(lines)))));
      titles = results.map(({ matches }) => matches[0]?.match.title);
    } while (titles.some((title) => title !== "later"));
  } finally {
    await pool.close();
  }
});

test("while rules are compiled aside no batch waits for them", async () => {
  const rules = mkdtempSync(join(folder, "aside-"));
  const pipelines = join(folder, "aside.yml");
  writeFileSync(pipelines, "logsources:\n  - logsource: { category: any }\n");
  const write = (count: number) =>
    writeFileSync(
      join(rules, "rules.yml"),
      Array.from(
        { length: count },
        (_, at) =>
          `title: r${count}\nid: 7c4b8f0e-0000-4000-8000-${String(at).padStart(12, "0")}\nlogsource:\n  category: any\ndetection:\n  selection:\n    message: x${at}\n  condition: selection\n`,
      ).join("---\n"),
    );
  write(1);
  let told = 0;
  const pool = new PipelinePool({ folders: { rules, pipelines }, size: 1, onRules: () => told++ });
  try {
    await pool.process(task("x0\n"));
    assert.deepEqual([told, pool.loading], [1, false]);
    write(2_000);
    pool.reload();
    const results = await Promise.all([1, 2, 3, 4].map(() => pool.process(task("x0\n"))));
    assert.deepEqual([told, pool.loading], [1, true], "answered before the new rules are ready");
    assert.ok(results.every(({ matches }) => matches[0]?.match.title === "r1"));
  } finally {
    await pool.close();
  }
});
