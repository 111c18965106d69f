/**
 * The whole thread of a log line, from the wire to the acknowledgement: `npm run bench -- thread [--lines N]
 * [--senders N] [--profiles DIR]`. A node in a process of its own takes generated lines of four products by
 * POST /ingest/logs, parses them, meets them with the rules, stores them and raises alerts. Prints one JSON object.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client } from "../src/app/client.ts";
import { type Device, quietLine, randomOf, STEPS } from "../src/app/demo/lines.ts";
import { askNode } from "../src/app/local-socket.ts";
import { parseLine } from "../src/systems/detection/index.ts";
import { BenchNode, memoryOf } from "./support/node.ts";

const BATCH = 5_000;
/** One line in so many is a step of the demo's attack, which a rule knows. */
const MATCH_EVERY = 2_000;
const SAMPLE = 20_000;

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "200000" },
    senders: { type: "string", default: "2" },
    profiles: { type: "string" },
  },
});
const LINES = Number(values.lines);
const SENDERS = Number(values.senders);

const devices: readonly Device[] = [
  { name: "BENCH-FW", kind: "fortigate", network: "10.31.4" },
  { name: "BENCH-ASA", kind: "asa", network: "10.52.8" },
  { name: "BENCH-PROXY", kind: "squid", network: "10.77.2" },
  { name: "BENCH-DNS", kind: "bind", network: "10.31.5" },
];
/** Which device says what of the attack, by the place in `devices`. */
const steps: readonly [keyof typeof STEPS, number][] = [
  ["guessing", 0],
  ["exploit", 0],
  ["entry", 0],
  ["account", 0],
  ["control", 0],
  ["knocking", 1],
  ["download", 2],
  ["beacon", 3],
];

/** The same lines at every run, a millisecond apart and ending now. */
function linesOf(count: number): string[] {
  const random = randomOf(20_261_123);
  const began = Date.now() - count;
  return Array.from({ length: count }, (_, at) => {
    const [step, place] = steps[Math.floor(at / MATCH_EVERY) % steps.length] ?? ["guessing", 0];
    const device = devices[at % MATCH_EVERY === MATCH_EVERY - 1 ? place : at % devices.length];
    if (device === undefined) throw new Error("no such device");
    return at % MATCH_EVERY === MATCH_EVERY - 1
      ? STEPS[step](device, began + at)
      : quietLine(device, began + at, random);
  });
}

/** CPU seconds that JSON.parse alone takes for 100,000 of these records: what to hold every other figure against. */
function jsonParseSeconds(lines: readonly string[]): number {
  const receivedAt = new Date().toISOString();
  const records = lines
    .slice(0, SAMPLE)
    .map((line) => JSON.stringify(parseLine(line, { receivedAt }).record));
  const rounds = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    for (const record of records) JSON.parse(record);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  return ((rounds.toSorted((a, b) => a - b)[2] ?? 0) / records.length) * 100_000;
}

interface Stored {
  readonly events: { readonly tables: readonly { table: string; rows: number; bytes: number }[] };
}

async function ask<Body>(node: BenchNode, method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await askNode(node.data, { method, path, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Body;
}

async function alertsOf(node: BenchNode): Promise<{ alerts: number; matches: number }> {
  const { items } = await ask<{ items: { count: number }[] }>(node, "GET", "/api/v1/alerts?limit=200");
  return { alerts: items.length, matches: items.reduce((sum, alert) => sum + alert.count, 0) };
}

async function measured(node: BenchNode, batches: readonly Buffer[]) {
  const orgs = await ask<{ items: { id: string }[] }>(node, "GET", "/api/v1/orgs");
  const { secret } = await ask<{ secret: string }>(node, "POST", "/api/v1/keys", {
    orgId: orgs.items[0]?.id,
    name: "bench",
    permissions: ["logs:ingest"],
  });
  const client = Client.withKey(node.url, secret);
  const took: number[] = [];
  const sum = { stored: 0, unparsed: 0 };
  let next = 0;
  const send = async () => {
    for (let at = next++; at < batches.length; at = next++) {
      const began = performance.now();
      const answer = await client.post<{ stored: number; unparsed: number }>("/ingest/logs", batches[at], {
        "content-type": "text/plain",
        "idempotency-key": `bench-${at}`,
      });
      if (answer.status !== 200) throw new Error(`batch ${at}: ${answer.status} ${answer.text}`);
      took.push(performance.now() - began);
      sum.stored += answer.body.stored;
      sum.unparsed += answer.body.unparsed;
    }
  };
  const cpu = node.cpuSeconds();
  const began = performance.now();
  await Promise.all(Array.from({ length: SENDERS }, send));
  const seconds = (performance.now() - began) / 1000;
  return { seconds, cpuSeconds: node.cpuSeconds() - cpu, took: took.toSorted((a, b) => a - b), ...sum };
}

const rounded = (value: number, digits = 2) => Number(value.toFixed(digits));

const folder = mkdtempSync(join(tmpdir(), "lianfang-bench-thread-"));
try {
  const lines = linesOf(LINES);
  const batches = Array.from({ length: Math.ceil(lines.length / BATCH) }, (_, at) =>
    Buffer.from(`${lines.slice(at * BATCH, (at + 1) * BATCH).join("\n")}\n`),
  );
  const raw = batches.reduce((bytes, batch) => bytes + batch.length, 0);
  const json = jsonParseSeconds(lines);
  const node = await BenchNode.start(
    folder,
    values.profiles === undefined ? {} : { profiles: values.profiles },
  );
  try {
    const run = await measured(node, batches);
    const { alerts, matches } = await alertsOf(node);
    const { events } = await ask<Stored>(node, "GET", "/api/v1/platform");
    const table = events.tables.find(({ table }) => table === "log_line");
    const perHundredThousand = (run.cpuSeconds / LINES) * 100_000;
    const percentile = (share: number) =>
      Math.round(run.took[Math.min(run.took.length - 1, Math.floor(run.took.length * share))] ?? 0);
    const figures = {
      bench: "thread",
      lines: LINES,
      batch: BATCH,
      senders: SENDERS,
      linesPerSecond: Math.round(LINES / run.seconds),
      cpuSecondsPer100kLines: rounded(perHundredThousand),
      jsonParseSecondsPer100k: rounded(json, 3),
      timesJsonParse: rounded(perHundredThousand / json, 1),
      batchMs: { p50: percentile(0.5), p95: percentile(0.95) },
      stored: run.stored,
      unparsed: run.unparsed,
      alerts,
      matches,
      rawBytesPerLine: rounded(raw / LINES, 1),
      storedBytesPerLine: rounded((table?.bytes ?? 0) / (table?.rows ?? 1), 1),
      rawToStored: rounded(raw / (table?.bytes ?? 1), 1),
      memory: memoryOf(node.pid),
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    const expected = Math.floor(LINES / MATCH_EVERY);
    if (run.stored !== LINES || table?.rows !== LINES || run.unparsed > 0 || matches < expected) {
      process.stderr.write(`expected ${LINES} lines parsed and stored, and ${expected} matches at least\n`);
      process.exitCode = 1;
    }
  } finally {
    await node.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
