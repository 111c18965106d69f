/**
 * Detection alone: `node bench/detect.ts [events] [rules] [pipeline]`. Repeats the Windows events of ../shared/data into a
 * file of JSON lines, meets them with every Windows rule through `detectFile` (reading and parsing included) and prints
 * one JSON object. One thread; `perCpuSecond` counts the processor time of the whole process, so that it holds on a busy
 * machine, too.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { compileRules, detectFile, loadPipeline, loadRules } from "../src/systems/detection/sigma/index.ts";

const root = join(import.meta.dirname, "..");
const EVENTS = Number(process.argv[2] ?? 100_000);
const RULES = process.argv[3] ?? join(root, "../shared/data/sigma/rules/windows");
const PIPELINE = process.argv[4] ?? join(root, "content/sigma-pipelines/windows.yml");
const SAMPLE = join(root, "../shared/data/windows-events/sample.ndjson.gz");

interface Speed {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Times `run` over the whole number of events. */
async function speed(run: () => Promise<void> | void): Promise<Speed> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: Math.round(EVENTS / seconds),
    perCpuSecond: Math.round((EVENTS * 1e6) / (user + system)),
  };
}

const sample = gunzipSync(readFileSync(SAMPLE)).toString("utf8").trimEnd().split("\n");
const lines = Array.from({ length: EVENTS }, (_, at) => sample[at % sample.length] ?? "");
const folder = mkdtempSync(join(tmpdir(), "lianfang-bench-"));
try {
  const file = join(folder, "events.ndjson");
  const out = openSync(file, "w");
  for (let at = 0; at < lines.length; at += 1000)
    writeSync(out, `${lines.slice(at, at + 1000).join("\n")}\n`);
  closeSync(out);

  const loading = performance.now();
  const { rules, issues } = loadRules(RULES);
  const { pipeline } = loadPipeline(PIPELINE);
  const loaded = performance.now();
  const compiled = compileRules(rules, pipeline);
  const compileMs = Math.round(performance.now() - loaded);
  const records = sample.map((line) => JSON.parse(line) as Record<string, unknown>);

  const parse = () => speed(() => lines.forEach((line) => void JSON.parse(line)));
  const match = () =>
    speed(() => {
      for (let at = 0; at < EVENTS; at++) compiled.match(records[at % records.length] ?? {});
    });
  let detections = 0;
  const warm = detectFile({ rules: RULES, pipeline: PIPELINE, events: SAMPLE });
  for await (const _ of warm) detections += 1;
  detections = 0;
  // What loading the rules takes is no part of the speed; a run over nothing measures it.
  const empty = join(folder, "empty.ndjson");
  closeSync(openSync(empty, "w"));
  const run = async (events: string) => {
    for await (const _ of detectFile({ rules: RULES, pipeline: PIPELINE, events })) detections += 1;
  };
  const idle = await speed(() => run(empty));
  const whole = await speed(() => run(file));
  const net = (of: "perSecond" | "perCpuSecond") => Math.round(1 / (1 / whole[of] - 1 / idle[of]));
  await parse();
  const parseOnly = await parse();
  await match();
  const before = compiled.tried;
  const matchOnly = await match();
  const detect: Speed = { perSecond: net("perSecond"), perCpuSecond: net("perCpuSecond") };
  console.log(
    JSON.stringify(
      {
        node: process.version,
        rules: {
          loaded: rules.length,
          issues: issues.length,
          met: compiled.size,
          unmapped: compiled.unmapped.length,
        },
        loadMs: Math.round(loaded - loading),
        compileMs,
        events: EVENTS,
        bytesPerEvent: Math.round(statSync(file).size / EVENTS),
        detect,
        jsonParse: parseOnly,
        matchOnly,
        detectToJsonParse: Number((detect.perCpuSecond / parseOnly.perCpuSecond).toFixed(3)),
        candidatesPerEvent: Number(((compiled.tried - before) / EVENTS).toFixed(2)),
        detections,
        rssMb: Math.round(process.memoryUsage.rss() / 1e6),
      },
      null,
      2,
    ),
  );
} finally {
  rmSync(folder, { recursive: true });
}
