import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { startNats, type TestNats } from "../scripts/nats.ts";
import { Client } from "../src/app/client.ts";
import { askNode } from "../src/app/local-socket.ts";
import { Config } from "../src/platform/config/config.ts";
import { uuidV7 } from "../src/platform/crypto/digest.ts";
import { closeEventStores } from "../src/platform/events/testing.ts";
import { NatsCollector } from "../src/systems/detection/collect/nats/collector.ts";
import { Unconfirmed } from "../src/systems/detection/collect/nats/sequences.ts";
import { OrgNames } from "../src/systems/detection/collect/senders.ts";
import { openIntake, openWorkshop } from "../src/systems/detection/collect/testing.ts";
import { until } from "./support/node.ts";
import { everything, freePort, Victim } from "./support/victim.ts";

const ROUNDS = 3;
const nats = await startNats();
if ("skipped" in nats) test("NATS", { skip: nats.skipped }, () => undefined);
else {
  test("lines of a stream are stored once, over a restart of the server and of the collector, and while the store is away", () =>
    flows(nats));
  test(`kill -9 at ${ROUNDS} random moments of reading a stream: each line is there once`, () =>
    crashes(nats));
  test.after(() => nats.stop());
}

async function stream(
  server: TestNats,
  name: string,
): Promise<{ connection: NatsConnection; manager: JetStreamManager }> {
  const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects: [`${name}.>`] });
  return { connection, manager };
}

function settings(server: TestNats, name: string, org: string) {
  const subjects = [
    { name: "north", subject: `${name}.north.>`, org },
    { name: "south", subject: `${name}.south`, org },
  ];
  return { servers: [server.url], stream: name, subjects };
}

async function publish(
  connection: NatsConnection,
  name: string,
  from: number,
  count: number,
): Promise<string[]> {
  const lines = Array.from({ length: count }, (_, at) => `line ${from + at} of the stream`);
  const js = jetstream(connection);
  const send = async (line: string, at: number): Promise<void> => {
    const subject = at % 2 === 0 ? `${name}.north.fw` : `${name}.south`;
    // Under an id of its own a line may be sent again: the server was away perhaps.
    for (let tries = 0; ; tries++) {
      try {
        await js.publish(subject, line, { msgID: line, timeout: 2_000 });
        return;
      } catch (error) {
        if (tries === 10) throw error;
      }
    }
  };
  await Promise.all(lines.map(send));
  return lines;
}

/** What is stored, once it is as many as were sent. */
async function stored(client: Client, wanted: readonly string[]): Promise<void> {
  await until(
    `${wanted.length} lines`,
    async () => {
      const answer = await client.get<{ total: number }>("/api/v1/logs?limit=1");
      return answer.body.total >= wanted.length;
    },
    120,
  );
  const found = (await everything<{ original: string }>(client, "/api/v1/logs")).map(
    ({ original }) => original,
  );
  assert.equal(found.length, wanted.length, "none is twice");
  assert.deepEqual(new Set(found), new Set(wanted));
}

/** Messages that the server would still deliver. */
async function open(manager: JetStreamManager, name: string): Promise<number> {
  let left = 0;
  for await (const { num_pending, num_ack_pending } of manager.consumers.list(name))
    left += num_pending + num_ack_pending;
  return left;
}

/** The collector over a real stream, spool and stores, within this process. */
async function flows(server: TestNats): Promise<void> {
  const { connection, manager } = await stream(server, "FLOW");
  const shop = await openWorkshop();
  const folder = mkdtempSync(join(tmpdir(), "lianfang-nats-spool-"));
  const orgId = uuidV7();
  let away = false;
  const running = async () => {
    const unconfirmed = new Unconfirmed();
    const ingest = shop.ingestWith();
    const taking = await openIntake(shop, {
      folder,
      ingest: async (source, batch) => {
        if (away) throw new Error("the store is away");
        return ingest.ingest(source, batch);
      },
      onFound: (meta) => unconfirmed.add(meta),
      checkpoint: () => unconfirmed.checkpoint(),
    });
    const { ingest: config } = Config.parse({ ingest: { nats: settings(server, "FLOW", "res") } });
    const collector = new NatsCollector({
      config: config.nats ?? assert.fail(),
      orgs: new OrgNames(async () => orgId, shop.clock),
      spool: taking.spool,
      unconfirmed,
      maxLineBytes: 65_536,
      cut: ingest.cut.bind(ingest),
      ingestMetrics: taking.metrics,
      metrics: shop.metrics,
      clock: shop.clock,
      log: shop.log,
    });
    collector.start();
    return {
      spool: taking.spool,
      async stop() {
        await collector.stop();
        await taking.stop();
      },
    };
  };
  const all = async (count: number) => {
    await until(`${count} lines`, async () => (await shop.stored(orgId)).rows >= count, 180);
    assert.deepEqual(await shop.stored(orgId), { rows: count, distinct: count });
  };
  const acknowledged = () =>
    until("every acknowledgement", async () => (await open(manager, "FLOW")) === 0, 180);
  let node: Awaited<ReturnType<typeof running>> | undefined;
  try {
    await publish(connection, "FLOW", 0, 300);
    node = await running();
    await all(300);
    await server.kill();
    await server.start();
    await publish(connection, "FLOW", 300, 100);
    await all(400);
    await acknowledged();
    away = true;
    await publish(connection, "FLOW", 400, 50);
    const { spool } = node;
    await until("the spool to hold them", async () => spool.lines === 50);
    // In the spool is on disk: the stream may forget them.
    await acknowledged();
    await node.stop();
    away = false;
    await publish(connection, "FLOW", 450, 50);
    node = await running();
    await all(500);
    await acknowledged();
  } finally {
    await node?.stop();
    await connection.close();
    rmSync(folder, { recursive: true });
    await shop.dispose();
    await closeEventStores();
  }
}

async function readerOf(data: string, url: string): Promise<{ client: Client; orgId: string }> {
  const { body } = await askNode(data, { method: "GET", path: "/api/v1/orgs" });
  const orgId = (body as { items: { id: string }[] }).items[0]?.id ?? assert.fail();
  const permissions = ["logs:read", "platform:read"];
  const issued = await askNode(data, {
    method: "POST",
    path: "/api/v1/keys",
    body: { orgId, name: "reader", permissions },
  });
  return { client: Client.withKey(url, (issued.body as { secret: string }).secret), orgId };
}

async function crashes(server: TestNats): Promise<void> {
  const { connection, manager } = await stream(server, "CRASH");
  const data = mkdtempSync(join(tmpdir(), "lianfang-crash-nats-"));
  const port = await freePort();
  let victim = new Victim(data, port);
  try {
    await victim.start();
    const { client, orgId } = await readerOf(data, victim.url);
    await victim.end("SIGTERM");
    victim = new Victim(data, port, {
      LIANFANG_INGEST__NATS: JSON.stringify(settings(server, "CRASH", orgId)),
    });
    const wanted: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await victim.start();
      const deadline = Date.now() + Math.random() * 1_500;
      while (Date.now() < deadline) {
        wanted.push(...(await publish(connection, "CRASH", wanted.length, 100)));
        await new Promise((done) => setTimeout(done, 20));
      }
      await victim.end("SIGKILL");
    }
    await victim.start();
    await until("every acknowledgement", async () => (await open(manager, "CRASH")) === 0, 120);
    await stored(client, wanted);
  } finally {
    await victim.end("SIGTERM").catch(() => undefined);
    await connection.close();
    rmSync(data, { recursive: true, force: true });
  }
}
