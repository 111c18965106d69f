/**
 * A hundredth of the programme's day through a whole node: `npm run bench -- day [--share S] [--lines N] [--senders N]
 * [--independent] [--profiles DIR] [--keep DIR]`. 430,000 firewall lines, 2,000,000 DNS queries and 20,000,000 proxy
 * lines (times `share`, or `lines` in all) are written to files first; then a node in a process of its own, with a list
 * of a million indicators and all rules, takes them by POST /ingest/logs, parses, matches, stores and raises alerts.
 * Planted: 178 domains of the list, and 293 hosts of which each asks for one of them. Prints one JSON object.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { askNode } from "../src/app/local-socket.ts";
import { Country, type Infected } from "./support/country.ts";
import { badDomains } from "./support/indicators.ts";
import { BenchNode, memoryOf } from "./support/node.ts";
import { LogSender } from "./support/sender.ts";

const DAY = { security: 430_000, dns: 2_000_000, proxy: 20_000_000 };
const ALL = DAY.security + DAY.dns + DAY.proxy;
const DOMAINS = 178;
const HOSTS = 293;
/** Times that each planted host asks. */
const ASKS = 6;
const INDICATORS = 1_000_000;
const BODY_BYTES = 8 * 2 ** 20;
/** Lines a millisecond of the invented day: 26,000 a second. */
const PER_MILLI = 26;

const { values } = parseArgs({
  options: {
    share: { type: "string", default: "1" },
    lines: { type: "string" },
    senders: { type: "string", default: "3" },
    independent: { type: "boolean", default: false },
    profiles: { type: "string" },
    keep: { type: "string" },
  },
});
const share = values.lines === undefined ? Number(values.share) : Number(values.lines) / ALL;
type Kind = keyof typeof DAY;
const counts = Object.fromEntries(
  Object.entries(DAY).map(([kind, count]) => [kind, Math.max(1, Math.round(count * share))]),
) as Record<Kind, number>;
const LINES = counts.security + counts.dns + counts.proxy;
const rounded = (value: number, digits = 2) => Number(value.toFixed(digits));

interface Chunk {
  readonly kind: Kind;
  readonly file: string;
  readonly lines: number;
}

/** Writes the day to files of about 8 MiB, in the order of time, each of one kind. */
function writeDay(folder: string, infected: readonly Infected[]): { chunks: Chunk[]; raw: number } {
  const country = new Country(20_261_124, values.independent);
  const began = Date.now() - Math.floor(LINES / PER_MILLI);
  const left = { ...counts };
  const open = new Map<
    Kind,
    { file: string; handle: number; lines: number; bytes: number; text: string[] }
  >();
  const chunks: Chunk[] = [];
  let raw = 0;
  const flush = (kind: Kind, last: boolean) => {
    const chunk = open.get(kind);
    if (chunk === undefined) return;
    writeSync(chunk.handle, chunk.text.join(""));
    chunk.text = [];
    if (!last && chunk.bytes < BODY_BYTES) return;
    closeSync(chunk.handle);
    chunks.push({ kind, file: chunk.file, lines: chunk.lines });
    open.delete(kind);
  };
  /** Every so many lines of proxies and name servers one of the planted. */
  const plantEvery = Math.max(1, Math.floor((counts.dns + counts.proxy) / (HOSTS * ASKS)));
  let asks = 0;
  let askable = 0;
  for (let at = 0; at < LINES; at++) {
    const time = began + Math.floor(at / PER_MILLI);
    const draw = (at * 0.618_033_988_749_895) % 1;
    let kind: Kind =
      draw < counts.security / LINES
        ? "security"
        : draw < (counts.security + counts.dns) / LINES
          ? "dns"
          : "proxy";
    if (left[kind] === 0) kind = left.proxy > 0 ? "proxy" : left.dns > 0 ? "dns" : "security";
    left[kind]--;
    const due = kind !== "security" && ++askable % plantEvery === 0 && asks < HOSTS * ASKS;
    const asked = due ? infected[asks++ % HOSTS] : undefined;
    const line = `${kind === "proxy" ? country.proxy(time, asked) : kind === "dns" ? country.dns(time, asked) : country.security(time)}\n`;
    raw += line.length;
    let chunk = open.get(kind);
    if (chunk === undefined) {
      const file = join(folder, `${String(chunks.length + open.size).padStart(5, "0")}-${kind}-${at}.log`);
      chunk = { file, handle: openSync(file, "w"), lines: 0, bytes: 0, text: [] };
      open.set(kind, chunk);
    }
    chunk.text.push(line);
    chunk.lines++;
    chunk.bytes += line.length;
    if (chunk.text.length === 5_000) flush(kind, false);
  }
  for (const kind of [...open.keys()]) flush(kind, true);
  return { chunks, raw };
}

async function ask<Body>(node: BenchNode, method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await askNode(node.data, { method, path, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Body;
}

interface Seen {
  readonly mainEntity: string;
  readonly level: string;
  readonly count: number;
  readonly entities: { readonly sourceIps: readonly string[] };
}

async function alertsOf(node: BenchNode): Promise<Seen[]> {
  const all: Seen[] = [];
  for (let cursor = ""; ; ) {
    const page = await ask<{ items: Seen[]; next?: string }>(
      node,
      "GET",
      `/api/v1/alerts?limit=200${cursor}`,
    );
    all.push(...page.items);
    if (page.next === undefined) return all;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

/** The node loads its million indicators by itself; a probe tells when it knows them. */
async function ready(node: BenchNode, sender: LogSender, probe: string): Promise<number> {
  const began = performance.now();
  for (let at = 0; ; at++) {
    const line = new Country(at).dns(Date.now(), { host: "10.99.99.99", user: "-", domain: probe });
    await sender.send("probe", `probe-${at}`, Buffer.from(`${line}\n`));
    if ((await alertsOf(node)).some(({ mainEntity }) => mainEntity.includes(probe)))
      return (performance.now() - began) / 1000;
    if (performance.now() - began > 300_000)
      throw new Error("the indicators are not known after five minutes");
    await wait(500);
  }
}

/** Threads that took a tenth of a second at least since then, the busiest first. */
function secondsSince(before: Map<string, number>, now: Map<string, number>): Record<string, number> {
  const took = [...now].map(
    ([name, seconds]) => [name, rounded(seconds - (before.get(name) ?? 0), 1)] as const,
  );
  return Object.fromEntries(took.filter(([, seconds]) => seconds >= 0.1).toSorted((a, b) => b[1] - a[1]));
}

const folder = values.keep ?? mkdtempSync(join(tmpdir(), "lianfang-bench-day-"));
try {
  const bad = badDomains(INDICATORS, 1);
  const domains = bad.slice(0, DOMAINS);
  const probe = bad[DOMAINS] ?? "";
  const infected: Infected[] = Array.from({ length: HOSTS }, (_, at) => ({
    host: `10.66.${at >> 7}.${1 + (at & 127)}`,
    user: "-",
    domain: domains[at % DOMAINS] ?? "",
  }));
  const making = performance.now();
  const { chunks, raw } = writeDay(folder, infected);
  const list = join(folder, "indicators.txt");
  writeFileSync(list, `${bad.join("\n")}\n`);
  const makingSeconds = (performance.now() - making) / 1000;
  const node = await BenchNode.start(folder, {
    ...(values.profiles === undefined ? {} : { profiles: values.profiles }),
    env: {
      LIANFANG_INGEST__INDICATORS: JSON.stringify([
        { name: "bench", path: list, kind: "domain", level: "high" },
      ]),
    },
  });
  try {
    const orgs = await ask<{ items: { id: string }[] }>(node, "GET", "/api/v1/orgs");
    const { secret } = await ask<{ secret: string }>(node, "POST", "/api/v1/keys", {
      orgId: orgs.items[0]?.id,
      name: "bench",
      permissions: ["logs:ingest"],
    });
    const sender = new LogSender(node.url, secret);
    const loadSeconds = await ready(node, sender, probe);
    const sum = { stored: 0, unparsed: 0 };
    let next = 0;
    const send = async () => {
      for (let at = next++; at < chunks.length; at = next++) {
        const { kind, file } = chunks[at] as Chunk;
        const done = await sender.send(kind, `day-${at}`, readFileSync(file));
        sum.stored += done.stored;
        sum.unparsed += done.unparsed;
      }
    };
    const own = process.cpuUsage();
    const [cpu, threads] = [node.cpuSeconds(), node.threadSeconds()];
    const began = performance.now();
    await Promise.all(Array.from({ length: Number(values.senders) }, send));
    const seconds = (performance.now() - began) / 1000;
    const cpuSeconds = node.cpuSeconds() - cpu;
    const { user, system } = process.cpuUsage(own);
    const senderSeconds = (user + system) / 1e6;
    const byThread = secondsSince(threads, node.threadSeconds());
    sender.close();
    const alerts = (await alertsOf(node)).filter(({ mainEntity }) => !mainEntity.includes(probe));
    const named = alerts.filter(({ mainEntity }) => mainEntity.startsWith("domain "));
    const foundDomains = domains.filter((domain) =>
      named.some(({ mainEntity }) => mainEntity === `domain ${domain}`),
    );
    const hosts = new Set(named.flatMap(({ entities }) => entities.sourceIps));
    const foundHosts = infected.filter(({ host }) => hosts.has(host));
    // Parts are merged for some seconds more; what is old then still counts until it is removed.
    await wait(10_000);
    const laterSeconds = node.cpuSeconds() - cpu - cpuSeconds;
    const { events } = await ask<{ events: { tables: { table: string; rows: number; bytes: number }[] } }>(
      node,
      "GET",
      "/api/v1/platform",
    );
    const table = events.tables.find((each) => each.table === "log_line");
    const probes = (table?.rows ?? 0) - LINES;
    const memory = memoryOf(node.pid);
    const found = (foundDomains.length + foundHosts.length) / (DOMAINS + HOSTS);
    const high = alerts.filter(({ level }) => level === "high" || level === "critical").length;
    const ratio = (table?.bytes ?? 0) / raw;
    const figures = {
      bench: "day",
      lines: LINES,
      shareOfAHundredth: rounded(share, 4),
      independent: values.independent,
      recordsPerSecond: Math.round(LINES / seconds),
      seconds: rounded(seconds, 1),
      nodeCpuSeconds: rounded(cpuSeconds, 1),
      nodeCpuMicrosecondsPerLine: rounded((cpuSeconds / LINES) * 1e6),
      nodeCpuSecondsByThread: byThread,
      // In the ten seconds after the last answer: what of the load was put off, and what a node does anyway.
      nodeCpuSecondsLater: rounded(laterSeconds, 1),
      recordsPerTwoCpuSeconds: Math.round((2 * LINES) / cpuSeconds),
      recordsPerTwoCpuSecondsWithSender: Math.round((2 * LINES) / (cpuSeconds + senderSeconds)),
      senderCpuSeconds: rounded(senderSeconds, 1),
      indicators: INDICATORS,
      indicatorLoadSeconds: rounded(loadSeconds, 1),
      makingSeconds: rounded(makingSeconds, 1),
      stored: sum.stored,
      unparsed: sum.unparsed,
      rowsInStore: (table?.rows ?? 0) - Math.max(0, probes),
      rawBytesPerLine: rounded(raw / LINES, 1),
      storedBytesPerLine: rounded((table?.bytes ?? 0) / LINES, 1),
      storedOfRaw: rounded(ratio, 3),
      plantedDomainsFound: foundDomains.length,
      plantedHostsFound: foundHosts.length,
      plantedFound: rounded(found, 4),
      alerts: alerts.length,
      highAlerts: high,
      memory,
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    const kept = sum.stored === LINES && (table?.rows ?? 0) >= LINES && sum.unparsed === 0;
    if (!kept || found < 0.99 || high > 400 || memory.highestMiB > 4096) {
      process.stderr.write(
        "not every record is stored, or too little found, or too many alerts, or too much memory\n",
      );
      process.exitCode = 1;
    }
  } finally {
    await node.stop();
  }
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
