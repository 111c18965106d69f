import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Problem } from "../../../core/problem.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { ingestMetrics } from "./metrics.ts";
import { eventually, openIntake, openWorkshop, type Workshop } from "./testing.ts";

let shop: Workshop;
let folder: string;
before(async () => {
  shop = await openWorkshop();
  folder = mkdtempSync(join(tmpdir(), "intake-"));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await shop.dispose();
  await closeEventStores();
});

const sourceOf = (orgId: string, name = "fw") =>
  ({ orgId, name, channel: "syslog", parser: "auto" }) as const;
const away = new Error("the store is away");

async function originals(orgId: string): Promise<string[]> {
  const rows = await shop.events.query<{ original: string }>({
    sql: "SELECT original FROM log_line WHERE org_id = {org:UUID} ORDER BY received_at, event_id",
    params: { org: orgId },
  });
  return rows.map((row) => row.original);
}

test("lines that come while the store is away go over the disk and are stored once it is back, with the time they came", async () => {
  const orgId = uuidV7();
  const ingest = shop.ingestWith();
  let gone = true;
  const keys: string[] = [];
  const taking = await openIntake(shop, {
    ingest: async (source, batch) => {
      keys.push(batch.key);
      if (gone) throw away;
      return ingest.ingest(source, batch);
    },
  });
  for (let at = 0; at < 2_500; at++)
    taking.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from(`line ${at}`));
  await eventually(
    () => taking.spool.lines,
    (lines) => lines === 2_500,
  );
  assert.ok(taking.health.failing);
  // The same batch is tried again under its key.
  await eventually(
    () => keys.length - new Set(keys).size,
    (again) => again > 0,
  );
  shop.clock.set("2026-11-23T04:00:00.000Z");
  gone = false;
  await eventually(
    () => shop.stored(orgId),
    ({ rows }) => rows === 2_500,
  );
  await eventually(
    () => taking.spool.lines,
    (lines) => lines === 0,
  );
  assert.ok(!taking.health.failing);
  await taking.stop();
  shop.clock.set("2026-11-23T03:00:00.000Z");
  assert.deepEqual(await shop.stored(orgId), { rows: 2_500, distinct: 2_500 });
  const [row] = await shop.events.query<{ came: string }>({
    sql: "SELECT DISTINCT toString(received_at) AS came FROM log_line WHERE org_id = {org:UUID}",
    params: { org: orgId },
  });
  assert.match(row?.came ?? "", /^2026-11-23 03:00/);
  assert.match(await shop.metrics.text(), /ingest_lines_total\{channel="syslog",result="spooled"\} 2500/);
});

test("what is in the spool at the stop is stored after the next start, in the order in which it came", async () => {
  const orgId = uuidV7();
  const spool = join(folder, "restart");
  const first = await openIntake(shop, {
    folder: spool,
    ingest: async () => {
      throw away;
    },
  });
  for (let at = 0; at < 30; at++) first.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from(`line ${at}`));
  await eventually(
    () => first.spool.lines,
    (lines) => lines === 30,
  );
  first.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from("line 30"));
  await first.stop();
  const order: string[] = [];
  const ingest = shop.ingestWith();
  const second = await openIntake(shop, {
    folder: spool,
    ingest: async (source, batch) => {
      const done = await ingest.ingest(source, batch);
      order.push(...Buffer.from(batch.bytes).toString().trimEnd().split("\n"));
      return done;
    },
  });
  second.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from("line 31"));
  await eventually(
    () => order.length,
    (count) => count === 32,
  );
  await second.stop();
  assert.deepEqual(
    order,
    Array.from({ length: 32 }, (_, at) => `line ${at}`),
  );
  assert.equal(new Set(await originals(orgId)).size, 32);
});

test("the zone of a source outlives a stop in the spool", async () => {
  const source = { ...sourceOf(uuidV7()), timeZone: "Europe/Berlin" };
  const spool = join(folder, "zone");
  const first = await openIntake(shop, {
    folder: spool,
    ingest: async () => {
      throw away;
    },
  });
  first.intake.offer(source, "192.0.2.1", Buffer.from("<13>Jul 23 10:00:00 web sshd[1]: a"));
  await eventually(
    () => first.spool.lines,
    (lines) => lines === 1,
  );
  await first.stop();
  const second = await openIntake(shop, { folder: spool });
  await eventually(
    () => shop.stored(source.orgId),
    ({ rows }) => rows === 1,
  );
  await second.stop();
  const [row] = await shop.events.query<{ at: string }>({
    sql: "SELECT toString(time) AS at FROM log_line WHERE org_id = {org:UUID}",
    params: { org: source.orgId },
  });
  assert.match(row?.at ?? "", /^2026-07-23 08:00:00/);
});

test("an attempt that only seemed to fail is found again by its key", async () => {
  const orgId = uuidV7();
  const ingest = shop.ingestWith();
  let attempts = 0;
  const taking = await openIntake(shop, {
    ingest: async (source, batch) => {
      const done = await ingest.ingest(source, batch);
      if (attempts++ < 2) throw away;
      return done;
    },
  });
  taking.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from("once"));
  await eventually(
    () => attempts,
    (count) => count === 3,
  );
  await taking.stop();
  assert.deepEqual(await shop.stored(orgId), { rows: 1, distinct: 1 });
});

test("a batch that can never be stored is set aside and counted, and holds up nobody", async () => {
  const orgId = uuidV7();
  const ingest = shop.ingestWith();
  const spool = join(folder, "poison");
  const taking = await openIntake(shop, {
    folder: spool,
    ingest: async (source, batch) => {
      if (source.name === "refused") throw new Problem("ingest.key-reused");
      if (source.name === "broken") throw new Error("something in it breaks the program");
      return ingest.ingest(source, batch);
    },
  });
  const offer = (name: string) => taking.intake.offer(sourceOf(orgId, name), "192.0.2.1", Buffer.from(name));
  offer("refused");
  offer("broken");
  await eventually(
    () => taking.spool.lines,
    (lines) => lines === 1,
  );
  await eventually(
    () => {
      offer("good");
      return readdirSync(join(spool, "set-aside")).length;
    },
    (files) => files === 2,
  );
  await taking.stop();
  const aside = readdirSync(join(spool, "set-aside")).map((file) =>
    readFileSync(join(spool, "set-aside", file), "utf8"),
  );
  assert.deepEqual(aside.toSorted(), ["broken\n", "refused\n"]);
  assert.ok((await shop.stored(orgId)).rows > 0);
});

test("when neither the stores nor the spool take any more, the intake fills up; the stop counts what is lost", async () => {
  const orgId = uuidV7();
  const metrics = ingestMetrics(shop.metrics);
  const dropped: number[] = [];
  const taking = await openIntake(shop, {
    maxLines: 100,
    limitBytes: 4_096,
    metrics: { ...metrics, dropped: (_channel, count) => void dropped.push(count) },
    ingest: async () => {
      throw away;
    },
  });
  const offer = () => taking.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.alloc(100, "x"));
  await eventually(
    () => {
      while (offer());
      return taking.spool.lines > 0 && taking.spool.full && taking.intake.full;
    },
    (full) => full,
  );
  await taking.stop();
  assert.ok(dropped.reduce((sum, count) => sum + count, 0) > 0);
});

test("what comes while a batch is stored goes in one batch after it, however much it is", async () => {
  const orgId = uuidV7();
  const gate = Promise.withResolvers<void>();
  const batches: number[] = [];
  const ingest = shop.ingestWith();
  const taking = await openIntake(shop, {
    ingest: async (source, batch) => {
      batches.push(Buffer.from(batch.bytes).toString().trimEnd().split("\n").length);
      if (batches.length === 1) await gate.promise;
      return ingest.ingest(source, batch);
    },
  });
  const offer = (from: number, to: number) => {
    for (let at = from; at < to; at++)
      assert.ok(taking.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from(`line ${at}`)));
  };
  offer(0, 10);
  await eventually(
    () => batches.length,
    (count) => count === 1,
  );
  offer(10, 4_000);
  gate.resolve();
  await eventually(
    () => shop.stored(orgId),
    ({ rows }) => rows === 4_000,
  );
  await taking.stop();
  assert.deepEqual(batches, [10, 3_990]);
});

const audit = (serial: number, kind: string) =>
  `type=${kind} msg=audit(1795399872.${serial}:${serial}): n=${serial}`;

test("the encoding of a source goes with its lines, over the spool, too", async () => {
  const orgId = uuidV7();
  let gone = true;
  const ingest = shop.ingestWith();
  const taking = await openIntake(shop, {
    ingest: async (source, batch) => {
      if (gone) throw away;
      return ingest.ingest(source, batch);
    },
  });
  const line = Buffer.from("b56ea44a", "hex");
  taking.intake.offer({ ...sourceOf(orgId), encoding: "big5" }, "192.0.2.1", line);
  taking.intake.offer(sourceOf(orgId), "192.0.2.1", line);
  await eventually(
    () => taking.spool.lines,
    (lines) => lines === 2,
  );
  gone = false;
  const found = await eventually(
    () => originals(orgId),
    (all) => all.length === 2,
  );
  assert.deepEqual(found.toSorted(), ["登入", line.toString("utf8")].toSorted());
  await taking.stop();
});

test("lines of an event that come in several batches are stored as one; what never ends is not waited for long", async () => {
  const orgId = uuidV7();
  const taking = await openIntake(shop);
  const offer = (line: string) => taking.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from(line));
  for (const line of [audit(101, "SYSCALL"), audit(102, "SYSCALL"), "a line alone"]) offer(line);
  // What stands alone goes at once, and with it only that.
  assert.deepEqual(
    await eventually(
      () => originals(orgId),
      (all) => all.length > 0,
    ),
    ["a line alone"],
  );
  for (const line of [audit(102, "EXECVE"), audit(101, "PROCTITLE"), audit(102, "PROCTITLE")]) offer(line);
  offer(audit(103, "SYSCALL"));
  const found = await eventually(
    () => originals(orgId),
    (all) => all.length >= 4,
  );
  assert.deepEqual(
    found.toSorted(),
    [
      "a line alone",
      [audit(101, "SYSCALL"), audit(101, "PROCTITLE")].join("\n"),
      [audit(102, "SYSCALL"), audit(102, "EXECVE"), audit(102, "PROCTITLE")].join("\n"),
      audit(103, "SYSCALL"),
    ].toSorted(),
  );
  await taking.stop();
});

test("a stop stores what waits for the rest of its event", async () => {
  const orgId = uuidV7();
  const taking = await openIntake(shop);
  taking.intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from(audit(104, "SYSCALL")));
  await taking.stop();
  assert.deepEqual(await originals(orgId), [audit(104, "SYSCALL")]);
});

test("lines of one event that wait never keep others from being taken: a full intake lets them go", async () => {
  const orgId = uuidV7();
  const taking = await openIntake(shop, { maxLines: 4 });
  const { intake } = taking;
  const lines = ["SYSCALL", "EXECVE", "CWD", "PATH"].map((kind) => audit(105, kind));
  for (const line of lines) {
    await eventually(
      () => intake.offer(sourceOf(orgId), "192.0.2.1", Buffer.from(line)),
      (taken) => taken,
    );
  }
  const found = await eventually(
    () => originals(orgId),
    (all) => all.flatMap((text) => text.split("\n")).length >= 4,
  );
  await taking.stop();
  assert.deepEqual(found.flatMap((text) => text.split("\n")).toSorted(), lines.toSorted());
});
