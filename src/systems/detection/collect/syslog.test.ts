import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { systemClock } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import { Config } from "../../../platform/config/config.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { testScope } from "../../../platform/records/testing.ts";
import type { Intake } from "./intake.ts";
import { SourceQuery } from "./model.ts";
import { findLog, searchLogs } from "./search.ts";
import { OrgNames, Senders } from "./senders.ts";
import { SourceList } from "./source-list.ts";
import { SyslogCollector } from "./syslog.ts";
import { eventually, openIntake, openWorkshop, type Workshop } from "./testing.ts";

let shop: Workshop;
before(async () => {
  shop = await openWorkshop();
});
after(async () => {
  await shop.dispose();
  await closeEventStores();
});

const LINE =
  '<166>Nov 23 2026 10:14:20 asa : %ASA-6-605004: Login denied from 198.51.100.66/50122 to outside:203.0.113.5/ssh for user "admin"';

interface Running {
  readonly orgId: string;
  readonly ports: { udp?: number; tcp?: number };
  readonly intake: Intake;
  stop(): Promise<void>;
}

async function running(
  given: {
    address?: string;
    org?: string;
    maxLines?: number;
    maxLineBytes?: number;
    limitBytes?: number;
    stall?: Promise<void>;
  } = {},
): Promise<Running> {
  const orgId = uuidV7();
  const listener = { host: "127.0.0.1", port: 0 };
  const { ingest: config } = Config.parse({
    ingest: {
      udp: listener,
      tcp: listener,
      maxLineBytes: given.maxLineBytes ?? 65_536,
      sources: [{ name: "fw", address: given.address ?? "127.0.0.0/8", org: given.org ?? "res" }],
    },
  });
  const ingest = shop.ingestWith();
  const { log } = shop;
  const taking = await openIntake(shop, {
    ingest: async (source, batch) => {
      await given.stall;
      return ingest.ingest(source, batch);
    },
    ...(given.maxLines !== undefined && { maxLines: given.maxLines }),
    ...(given.limitBytes !== undefined && { limitBytes: given.limitBytes }),
  });
  const { intake, tally, metrics } = taking;
  const orgByName = async (name: string) => (name === "res" ? orgId : undefined);
  const senders = new Senders(config.sources, new OrgNames(orgByName, shop.clock));
  const collector = new SyslogCollector({
    config,
    senders,
    intake,
    tally,
    metrics,
    clock: shop.clock,
    log,
  });
  const ports = await collector.start();
  return {
    orgId,
    ports,
    intake,
    async stop() {
      await collector.stop();
      await taking.stop();
    },
  };
}

async function sendUdp(port: number, ...messages: (string | Buffer)[]): Promise<void> {
  const socket = createSocket("udp4");
  for (const message of messages) await new Promise((done) => socket.send(message, port, "127.0.0.1", done));
  await new Promise<void>((done) => socket.close(done));
}

async function sendTcp(port: number, ...pieces: (string | Buffer)[]): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  for (const piece of pieces) if (!socket.write(piece)) await once(socket, "drain");
  socket.end();
  socket.resume();
  await once(socket, "close");
}

async function metric(result: string): Promise<number> {
  const text = await shop.metrics.text();
  return Number(
    new RegExp(`ingest_lines_total\\{channel="syslog",result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
  );
}

test("datagrams are stored for the organisation of their address, with their alerts", async () => {
  const node = await running();
  await sendUdp(node.ports.udp ?? 0, LINE, `${LINE}\n`, "something else", "");
  await eventually(
    () => shop.stored(node.orgId),
    ({ rows }) => rows === 3,
  );
  await node.stop();
  const [row] = await shop.events.query<Record<string, unknown>>({
    sql: "SELECT source, parser, user, batch FROM log_line WHERE org_id = {org:UUID} AND parsed = 1 LIMIT 1",
    params: { org: node.orgId },
  });
  assert.deepEqual([row?.["source"], row?.["parser"], row?.["user"]], ["fw", "cisco-asa", "admin"]);
});

test("the original comes back to the byte over UDP and TCP: line feeds, and bytes that are no UTF-8", async () => {
  const node = await running();
  const two = Buffer.from("<13>Nov 23 10:14:20 host app: first\n  second \u001bn");
  const big5 = Buffer.concat([
    Buffer.from("<13>Nov 23 10:14:20 host app: "),
    Buffer.from("b56ea44aa5a2b1d1", "hex"),
  ]);
  const messages = [two, big5];
  await sendUdp(node.ports.udp ?? 0, ...messages);
  await sendTcp(
    node.ports.tcp ?? 0,
    ...messages.flatMap((message) => [Buffer.from(`${message.length} `), message]),
  );
  await eventually(
    () => shop.stored(node.orgId),
    ({ rows }) => rows === 4,
  );
  await node.stop();
  const scope = testScope({ clearance: "red", orgId: node.orgId });
  const found = await searchLogs(shop.events, scope, { limit: 10 });
  const kept = await Promise.all(
    found.items.map(async ({ eventId }) => {
      const { original, originalBase64 } = await findLog(shop.events, scope, eventId);
      return Buffer.from(originalBase64 ?? original, originalBase64 === undefined ? "utf8" : "base64");
    }),
  );
  assert.deepEqual(
    kept.map((bytes) => bytes.toString("latin1")).sort(),
    [...messages, ...messages].map((bytes) => bytes.toString("latin1")).sort(),
  );
});

test("a connection may count its messages or end them by line, and cut them anywhere", async () => {
  const node = await running();
  const counted = `${Buffer.byteLength(LINE)} ${LINE}`;
  await sendTcp(
    node.ports.tcp ?? 0,
    `${counted}${counted.slice(0, 30)}`,
    `${counted.slice(30)}${LINE}\n${LINE.slice(0, 9)}`,
    LINE.slice(9),
  );
  await eventually(
    () => shop.stored(node.orgId),
    ({ rows }) => rows === 4,
  );
  await node.stop();
});

test("what came before the stop is stored by the stop", async () => {
  const node = await running();
  await sendTcp(node.ports.tcp ?? 0, `${LINE}\n`.repeat(2_500));
  await node.stop();
  assert.deepEqual(await shop.stored(node.orgId), { rows: 2_500, distinct: 2_500 });
});

test("an address that no source names is counted, told once a minute and not stored", async () => {
  const node = await running({ address: "192.0.2.0/24" });
  const before = await metric("unknown-sender");
  const told = () => shop.logged.filter((line) => line.includes("ingest.sources does not name")).length;
  const toldBefore = told();
  await sendUdp(node.ports.udp ?? 0, LINE, LINE, LINE);
  await eventually(
    () => metric("unknown-sender"),
    (count) => count === before + 3,
  );
  await sendTcp(node.ports.tcp ?? 0, LINE).catch(() => undefined);
  await eventually(
    () => metric("unknown-sender"),
    (count) => count === before + 4,
  );
  assert.equal(told(), toldBefore + 1);
  shop.clock.set("2026-11-23T03:01:01.000Z");
  await sendUdp(node.ports.udp ?? 0, LINE);
  await eventually(told, (count) => count === toldBefore + 2);
  shop.clock.set("2026-11-23T03:00:00.000Z");
  await node.stop();
  assert.equal((await shop.stored(node.orgId)).rows, 0);
});

test("a source whose organisation does not exist is treated as unknown", async () => {
  const node = await running({ org: "nobody" });
  const before = await metric("unknown-sender");
  await sendUdp(node.ports.udp ?? 0, LINE);
  await eventually(
    () => metric("unknown-sender"),
    (count) => count === before + 1,
  );
  await node.stop();
});

test("a line that is too long is cut and counted, its neighbours are whole", async () => {
  const before = await metric("cut");
  const node = await running({ maxLineBytes: 200 });
  await sendTcp(node.ports.tcp ?? 0, `${LINE}\n${"y".repeat(5_000)}\n${LINE}\n`);
  await eventually(
    () => shop.stored(node.orgId),
    ({ rows }) => rows === 3,
  );
  await node.stop();
  const rows = await shop.events.query<{ bytes: string }>({
    sql: "SELECT length(original) AS bytes FROM log_line WHERE org_id = {org:UUID}",
    params: { org: node.orgId },
  });
  assert.deepEqual(
    rows.map((row) => Number(row.bytes)).toSorted((a, b) => a - b),
    [LINE.length, LINE.length, 200],
  );
  assert.equal(await metric("cut"), before + 1);
  const scope = testScope({ orgId: node.orgId });
  const { items } = await shop.records.within(scope, (work) =>
    new SourceList(work).list(SourceQuery.parse({})),
  );
  assert.deepEqual([items[0]?.cut, items[0]?.refused, items[0]?.lastErrorCode], [1, 0, null]);
});

test("a full intake over a full spool holds a connection back and lets datagrams go, counted; all of the connection is stored later", async () => {
  const gate = Promise.withResolvers<void>();
  const node = await running({ maxLines: 50, limitBytes: 4_096, stall: gate.promise });
  const sending = sendTcp(node.ports.tcp ?? 0, `${LINE}\n`.repeat(300));
  await eventually(
    () => node.intake.full,
    (full) => full,
  );
  const before = await metric("dropped");
  await sendUdp(node.ports.udp ?? 0, LINE, LINE);
  await eventually(
    () => metric("dropped"),
    (count) => count === before + 2,
  );
  assert.equal((await shop.stored(node.orgId)).rows, 0);
  gate.resolve();
  await sending;
  await eventually(
    () => shop.stored(node.orgId),
    ({ rows }) => rows === 300,
  );
  await node.stop();
  assert.deepEqual(await shop.stored(node.orgId), { rows: 300, distinct: 300 });
});

test("the longest prefix names the source, IPv4 in IPv6 clothes too; faults of the configuration are told all at once", async () => {
  const sources = Config.parse({
    ingest: {
      sources: [
        { name: "all", address: "10.0.0.0/8", org: "a" },
        { name: "one", address: "10.1.2.3", org: "a", parser: "squid" },
        { name: "net", address: "10.1.0.0/16", org: "a" },
        { name: "six", address: "2001:db8::/32", org: "a" },
      ],
    },
  }).ingest.sources;
  const senders = new Senders(
    sources,
    new OrgNames(async () => "0190a000-0000-7000-8000-00000000000a", systemClock),
  );
  const name = async (address: string) => (await senders.sourceOf({ address }))?.name;
  assert.equal(await name("10.9.9.9"), "all");
  assert.equal(await name("10.1.9.9"), "net");
  assert.equal(await name("::ffff:10.1.2.3"), "one");
  assert.equal(await name("2001:db8::7"), "six");
  assert.equal(await name("192.0.2.1"), undefined);
  assert.equal(await name("fe80::1%eth0"), undefined);
  const bad = Config.parse({
    ingest: {
      sources: [
        { name: "x", address: "10.0.0.0/33", org: "a" },
        { name: "y", address: "nowhere", org: "a", parser: "nonesuch" },
      ],
    },
  }).ingest.sources;
  assert.throws(
    () => new Senders(bad, new OrgNames(async () => undefined, systemClock)),
    (error) =>
      error instanceof Problem &&
      error.faults.map((fault) => fault.path).join(" ") ===
        "ingest.sources.0.address ingest.sources.1.address ingest.sources.1.parser",
  );
});
