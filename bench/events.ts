/**
 * The events store alone: `node bench/events.ts [records]`. Prints one JSON object: insert speed of log records in
 * batches of 5,000 as objects and as ready JSON lines, bytes a record on disk, memory, and how long this thread waited.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as settled } from "node:timers/promises";
import { uuidV7 } from "../src/platform/crypto/digest.ts";
import { openEvents } from "../src/platform/events/open.ts";
import type { EventTable } from "../src/platform/events/store.ts";
import { createLog } from "../src/platform/log/log.ts";

const RECORDS = Number(process.argv[2] ?? 500_000);
const BATCH = 5_000;

const TABLE: EventTable = {
  name: "bench_record",
  columns: `time DateTime64(3, 'UTC'), received_at DateTime64(3, 'UTC'), org_id UUID, tlp Int16, source LowCardinality(String),
    parser LowCardinality(String), event_id UUID, action LowCardinality(String), category LowCardinality(String),
    outcome LowCardinality(String), severity UInt8, source_ip String, source_port UInt16, destination_ip String,
    destination_port UInt16, protocol LowCardinality(String), bytes_in UInt64, bytes_out UInt64, user_name String,
    host_name LowCardinality(String), domain String, url String, fields String CODEC(ZSTD(3)), original String CODEC(ZSTD(3))`,
  orderBy: "org_id, received_at",
  partitionBy: "received_at",
};

const ORGS = Array.from({ length: 20 }, () => uuidV7());
let seed = 20_261_123;

/** Same figures at every run (mulberry32). */
function random(below: number): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}

function record(at: number): Record<string, unknown> {
  const time = new Date(Date.UTC(2026, 10, 23) + (at % 86_000_000)).toISOString();
  const from = `10.${random(8)}.${random(256)}.${random(256)}`;
  const to = `203.0.113.${random(256)}`;
  const [sport, dport, sent, received] = [1024 + random(60_000), 443, random(90_000), random(900_000)];
  const session = random(2 ** 31);
  const original =
    `date=2026-11-23 time=${time.slice(11, 19)} devname="FG-WATER-${random(9)}" devid="FGT60E${random(99)}" logid="0000000013" type="traffic" ` +
    `subtype="forward" level="notice" vd="root" srcip=${from} srcport=${sport} srcintf="lan" dstip=${to} dstport=${dport} dstintf="wan1" ` +
    `sessionid=${session} proto=6 action="accept" policyid=${random(40)} service="HTTPS" sentbyte=${sent} rcvdbyte=${received}`;
  const fields = JSON.stringify({
    "observer.vendor": "Fortinet",
    "observer.product": "FortiGate",
    "observer.name": `FG-WATER-${random(9)}`,
    "event.code": "0000000013",
    "event.kind": "event",
    "event.duration": random(1e9),
    "network.transport": "tcp",
    "source.ip": from,
    "source.port": sport,
    "destination.ip": to,
    "destination.port": dport,
    "rule.id": String(random(40)),
    "observer.ingress.interface.name": "lan",
    "observer.egress.interface.name": "wan1",
    "fortinet.sessionid": session,
    "source.bytes": sent,
    "destination.bytes": received,
    "network.protocol": "https",
    "log.level": "notice",
  });
  return {
    time,
    received_at: time,
    org_id: ORGS[random(ORGS.length)],
    tlp: 2,
    source: "firewalls",
    parser: "fortigate",
    event_id: uuidV7(Date.parse(time)),
    action: "accept",
    category: "network",
    outcome: "success",
    severity: 3,
    source_ip: from,
    source_port: sport,
    destination_ip: to,
    destination_port: dport,
    protocol: "tcp",
    bytes_in: String(received),
    bytes_out: String(sent),
    user_name: `u${random(500)}`,
    host_name: `h${random(50)}`,
    domain: "",
    url: "",
    fields,
    original,
  };
}

function megabytes(what: "VmRSS" | "VmHWM" | "RssAnon"): number {
  const line = new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}

const folder = mkdtempSync(join(tmpdir(), "lianfang-bench-events-"));
const bare = { rss: megabytes("VmRSS"), anonymous: megabytes("RssAnon") };
const opening = performance.now();
const store = await openEvents({ url: "chdb", folder, log: createLog({ level: "silent" }) });
await store.createTable(TABLE);
const openMs = performance.now() - opening;
const open = { rss: megabytes("VmRSS"), anonymous: megabytes("RssAnon") };

async function measured(kind: "objects" | "lines"): Promise<Record<string, number>> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let spent = 0;
  let cpu = 0;
  let longest = 0;
  delay.enable();
  for (let at = 0; at < RECORDS; at += BATCH) {
    const rows = Array.from({ length: BATCH }, (_, place) => record(at + place));
    const ready = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const token = `${kind} ${at}`;
    // The histogram would otherwise count the making of the records.
    await settled(5);
    delay.reset();
    const [started, usage] = [performance.now(), process.cpuUsage()];
    await store.insert({ table: TABLE.name, rows: kind === "objects" ? rows : ready, token });
    spent += performance.now() - started;
    const used = process.cpuUsage(usage);
    cpu += used.user + used.system;
    longest = Math.max(longest, delay.max);
  }
  delay.disable();
  return {
    recordsPerSecond: Math.round((RECORDS / spent) * 1000),
    cpuMicrosecondsPerRecord: Math.round((cpu / RECORDS) * 100) / 100,
    longestWaitOfThisThreadMs: Math.round(longest / 1e5) / 10,
  };
}

const asObjects = await measured("objects");
const asLines = await measured("lines");
const [size] = await store.sizes();
const counting = performance.now();
await store.query({
  sql: "SELECT source_ip, count() AS n FROM bench_record WHERE original LIKE '%FG-WATER-3%' GROUP BY source_ip ORDER BY n DESC LIMIT 20",
});
const scanMs = performance.now() - counting;
const after = { rss: megabytes("VmRSS"), anonymous: megabytes("RssAnon"), highest: megabytes("VmHWM") };
await store.close();
rmSync(folder, { recursive: true, force: true });

const figures = {
  bench: "events",
  records: size?.rows ?? 0,
  batch: BATCH,
  openMs: Math.round(openMs),
  asObjects,
  asLines,
  bytesPerRecordOnDisk: Math.round(((size?.bytes ?? 0) / (size?.rows ?? 1)) * 10) / 10,
  scanMs: Math.round(scanMs),
  memoryMb: { bare, open, after },
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
