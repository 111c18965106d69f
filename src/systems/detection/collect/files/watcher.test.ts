import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { addMillis } from "../../../../core/instant.ts";
import { uuidV7 } from "../../../../platform/crypto/digest.ts";
import { closeEventStores } from "../../../../platform/events/testing.ts";
import { BATCH_LINES } from "../../pipeline/batch.ts";
import { StoreHealth } from "../health.ts";
import { OrgNames } from "../senders.ts";
import { eventually, openWorkshop, type Workshop } from "../testing.ts";
import { FileWatcher } from "./watcher.ts";

let shop: Workshop;
let folder: string;
before(async () => {
  shop = await openWorkshop();
  folder = mkdtempSync(join(tmpdir(), "watcher-"));
});
after(async () => {
  await shop.dispose();
  rmSync(folder, { recursive: true });
  await closeEventStores();
});

/** A number of lines that no other test writes; long enough that one file's beginning is not another's. */
const lines = (tag: string, from: number, count: number) =>
  Array.from(
    { length: count },
    (_, at) => `${tag} line ${from + at} of a device that speaks in sentences\n`,
  ).join("");

/** How often a watcher forgot files that are gone. */
let prunes = 0;
let places = 0;
function place(): string {
  const path = join(folder, String(places++));
  mkdirSync(path);
  return path;
}

interface Watching {
  readonly orgId: string;
  /** Resolves when so many lines are stored, and fails if any is there twice. */
  stored(count: number): Promise<void>;
  stop(): Promise<void>;
}

function watch(
  path: string,
  given: {
    orgId?: string;
    fail?: () => boolean;
    /** Called when a batch is stored, before its position is kept. */
    onStored?: () => void;
    lastLineMillis?: number;
    eventMillis?: number;
    maxLineBytes?: number;
    encoding?: string;
  } = {},
): Watching {
  const orgId = given.orgId ?? uuidV7();
  const ingest = shop.ingestWith();
  const watcher = new FileWatcher({
    watched: [
      {
        name: "files",
        path,
        org: "res",
        parser: "auto",
        timeZone: "Asia/Taipei",
        encoding: given.encoding,
      },
    ],
    orgs: new OrgNames(async () => orgId, shop.clock),
    ingest: async (source, batch) => {
      if (given.fail?.() === true) throw new Error("the store is away");
      const answer = await ingest.ingest(source, batch);
      given.onStored?.();
      return answer;
    },
    refused: ingest.refused.bind(ingest),
    cut: ingest.cut.bind(ingest),
    positions: ingest.positions.bind(ingest),
    keep: ingest.keepPosition.bind(ingest),
    prune: async (source, there) => {
      const gone = await ingest.prunePositions(source, there);
      prunes++;
      return gone;
    },
    pruneMillis: 0,
    health: new StoreHealth(shop.clock, folder),
    maxLineBytes: given.maxLineBytes ?? 65_536,
    log: shop.log,
    pollMillis: 10,
    settledMillis: 0,
    lastLineMillis: given.lastLineMillis ?? 3_600_000,
    ...(given.eventMillis !== undefined && { eventMillis: given.eventMillis }),
  });
  shop.open.add(() => watcher.stop());
  watcher.start();
  return {
    orgId,
    async stored(count) {
      await eventually(
        () => texts(orgId),
        (all) => all.length >= count,
      );
      const all = await texts(orgId);
      assert.equal(all.length, count);
      assert.equal(new Set(all).size, count, "a line is there twice");
    },
    stop: () => watcher.stop(),
  };
}

async function texts(orgId: string): Promise<string[]> {
  const rows = await shop.events.query<{ original: string }>({
    sql: "SELECT original FROM log_line WHERE org_id = {org:UUID}",
    params: { org: orgId },
  });
  return rows.map((row) => row.original);
}

test("a file is followed as it grows; a line half written waits for its end", async () => {
  const file = join(place(), "a.log");
  writeFileSync(file, `${lines("grow", 0, 3)}grow half`);
  const watching = watch(file);
  await watching.stored(3);
  appendFileSync(file, " and whole\n");
  await watching.stored(4);
  await watching.stop();
  assert.ok((await texts(watching.orgId)).includes("grow half and whole"));
});

const audit = (serial: number, kind: string) =>
  `type=${kind} msg=audit(1795399872.${serial}:${serial}): n=${serial}\n`;

test("an event whose lines are written little by little, over a restart, is stored as one", async () => {
  const file = join(place(), "audit.log");
  writeFileSync(file, audit(101, "USER_CMD") + audit(102, "SYSCALL") + audit(103, "SYSCALL"));
  const first = watch(file, { eventMillis: 3_600_000 });
  await first.stored(1);
  appendFileSync(file, audit(103, "PROCTITLE") + audit(102, "EXECVE"));
  await first.stop();
  assert.deepEqual(await texts(first.orgId), [audit(101, "USER_CMD").trim()]);
  const second = watch(file, { orgId: first.orgId, eventMillis: 3_600_000 });
  appendFileSync(file, audit(102, "PROCTITLE") + audit(104, "USER_CMD"));
  await second.stored(4);
  const found = await texts(first.orgId);
  const whole = [audit(102, "SYSCALL"), audit(102, "EXECVE"), audit(102, "PROCTITLE")].join("").trim();
  assert.ok(found.includes(whole), found.join("\n--\n"));
  assert.ok(found.includes([audit(103, "SYSCALL"), audit(103, "PROCTITLE")].join("").trim()));
  await second.stop();
});

test("an event that nobody ends is taken once its file rests", async () => {
  const file = join(place(), "audit.log");
  writeFileSync(file, audit(101, "SYSCALL") + audit(101, "CWD"));
  const watching = watch(file, { eventMillis: 50 });
  await watching.stored(1);
  await watching.stop();
});

test("an end that nobody completes is taken after a while", async () => {
  const file = join(place(), "a.log");
  writeFileSync(file, `${lines("end", 0, 1)}end without`);
  const watching = watch(file, { lastLineMillis: 0 });
  await watching.stored(2);
  await watching.stop();
});

test("a restart goes on where it was; what came meanwhile is read, also in a file that was renamed", async () => {
  const folder = place();
  const file = join(folder, "a.log");
  writeFileSync(file, lines("restart", 0, 5));
  const first = watch(file);
  await first.stored(5);
  await first.stop();
  appendFileSync(file, lines("restart", 5, 2));
  renameSync(file, join(folder, "a.log.1"));
  writeFileSync(file, lines("new", 0, 3));
  const second = watch(file, { orgId: first.orgId });
  await second.stored(10);
  await second.stop();
});

test("rotation by renaming loses nothing that is still written to the old file", async () => {
  const folder = place();
  const file = join(folder, "a.log");
  writeFileSync(file, lines("rename", 0, 4));
  const watching = watch(file);
  await watching.stored(4);
  renameSync(file, join(folder, "a.log.1"));
  writeFileSync(file, lines("fresh", 0, 4));
  appendFileSync(join(folder, "a.log.1"), lines("rename", 4, 2));
  await watching.stored(10);
  renameSync(join(folder, "a.log.1"), join(folder, "a.log.2"));
  renameSync(file, join(folder, "a.log.1"));
  writeFileSync(file, lines("third", 0, 1));
  await watching.stored(11);
  await watching.stop();
});

test("a copy that stays and a truncation (copytruncate), in a folder where both are seen: each line once", async () => {
  const folder = place();
  const file = join(folder, "a.log");
  writeFileSync(file, lines("copy", 0, 6));
  const watching = watch(folder);
  await watching.stored(6);
  copyFileSync(file, join(folder, "a.log.1"));
  truncateSync(file);
  appendFileSync(file, lines("after", 0, 2));
  await watching.stored(8);
  await watching.stop();
});

test("a truncation before the position of what is stored was kept: the copy is still known", async () => {
  const folder = place();
  const file = join(folder, "a.log");
  writeFileSync(file, lines("race", 0, 6));
  let batches = 0;
  const watching = watch(folder, {
    onStored: () => {
      if (batches++ > 0) return;
      copyFileSync(file, join(folder, "a.log.1"));
      truncateSync(file);
      appendFileSync(file, lines("behind", 0, 2));
    },
  });
  await watching.stored(8);
  await watching.stop();
});

test("a copy that is found only after the truncation was seen is known, too", async () => {
  const folder = place();
  const file = join(folder, "a.log");
  writeFileSync(file, lines("late", 0, 6));
  const watching = watch(folder);
  await watching.stored(6);
  const copy = readFileSync(file);
  truncateSync(file);
  appendFileSync(file, lines("anew", 0, 2));
  await watching.stored(8);
  writeFileSync(join(folder, "a.log.1"), copy);
  appendFileSync(file, lines("more", 0, 1));
  await watching.stored(9);
  await watching.stop();
  assert.equal((await texts(watching.orgId)).length, 9);
});

test("a file that is written again, longer than before, begins anew", async () => {
  const file = join(place(), "a.log");
  writeFileSync(file, lines("short", 0, 3));
  const first = watch(file);
  await first.stored(3);
  await first.stop();
  writeFileSync(file, lines("other", 0, 9));
  const second = watch(file, { orgId: first.orgId });
  await second.stored(12);
  await second.stop();
});

test("an archive is read once; one of a file that was read already is not, but for what came after", async () => {
  const folder = place();
  const file = join(folder, "a.log");
  writeFileSync(file, lines("plain", 0, 6));
  writeFileSync(join(folder, "b.log.gz"), gzipSync(lines("archive", 0, 7)));
  const first = watch(folder);
  await first.stored(13);
  await first.stop();
  writeFileSync(join(folder, "a.log.1.gz"), gzipSync(lines("plain", 0, 8)));
  unlinkSync(file);
  renameSync(join(folder, "b.log.gz"), join(folder, "c.log.gz"));
  const second = watch(folder, { orgId: first.orgId });
  await second.stored(15);
  await second.stop();
});

test("a pattern takes what it names; links are refused and told", async () => {
  const folder = place();
  writeFileSync(join(folder, "fw-1.log"), lines("one", 0, 2));
  writeFileSync(join(folder, "fw-2.log"), lines("two", 0, 2));
  writeFileSync(join(folder, "other.txt"), lines("other", 0, 2));
  symlinkSync(join(folder, "other.txt"), join(folder, "fw-3.log"));
  const watching = watch(join(folder, "fw-?.log"));
  await watching.stored(4);
  await eventually(
    () => shop.logged.some((line) => line.includes("a symbolic link is not followed")),
    (told) => told,
  );
  await watching.stop();
  assert.equal((await texts(watching.orgId)).length, 4);
});

test("while the store is away the file waits; an attempt that only seemed to fail is not twice", async () => {
  const file = join(place(), "a.log");
  const count = BATCH_LINES + 2_000;
  writeFileSync(file, lines("away", 0, count));
  let calls = 0;
  const watching = watch(file, { fail: () => calls++ < 3 });
  await watching.stored(count);
  await watching.stop();
  assert.ok(calls > 4, "a batch of lines at most goes at a time");
});

test("lines longer than allowed are cut, their neighbours are whole", async () => {
  const file = join(place(), "a.log");
  writeFileSync(file, `before\n${"x".repeat(5_000)}\nafter\n`);
  const watching = watch(file, { maxLineBytes: 1_000 });
  await watching.stored(3);
  await watching.stop();
  assert.match(await shop.metrics.text(), /ingest_lines_total\{channel="file",result="cut"\} 1/);
  assert.deepEqual(
    (await texts(watching.orgId)).map(({ length }) => length).toSorted(),
    [1_000, 5, 6].toSorted(),
  );
});

test("a broken archive is told and counted, and holds up nobody", async () => {
  const folder = place();
  writeFileSync(join(folder, "a.log.gz"), gzipSync(lines("broken", 0, 4)).subarray(0, 40));
  writeFileSync(join(folder, "b.log"), lines("good", 0, 2));
  const watching = watch(folder);
  await watching.stored(2);
  await eventually(
    () => shop.logged.some((line) => line.includes("a packed file is broken")),
    (told) => told,
  );
  await watching.stop();
});

test("a file that is gone for a month is forgotten, one that only rests is not", async () => {
  const path = place();
  writeFileSync(join(path, "rests.log"), lines("rests", 0, 3));
  writeFileSync(join(path, "goes.log"), lines("goes", 0, 3));
  const orgId = uuidV7();
  const source = { orgId, name: "files", channel: "file", parser: "auto" } as const;
  const known = async () =>
    (await shop.ingestWith().positions(source)).map((position) => position.path.split("/").at(-1)).sort();
  const begun = shop.clock.now();
  let watching = watch(path, { orgId });
  try {
    await watching.stored(6);
    await watching.stop();
    unlinkSync(join(path, "goes.log"));
    for (const [days, left] of [
      [29, ["goes.log", "rests.log"]],
      [58, ["rests.log"]],
      [87, ["rests.log"]],
    ] as const) {
      shop.clock.set(addMillis(begun, days * 86_400_000));
      const pruned = prunes;
      watching = watch(path, { orgId });
      await eventually(
        () => prunes,
        (count) => count > pruned,
      );
      await watching.stop();
      assert.deepEqual(await known(), left, `after ${days} days`);
    }
    watching = watch(path, { orgId });
    appendFileSync(join(path, "rests.log"), lines("rests", 3, 1));
    await watching.stored(7);
  } finally {
    await watching.stop();
    shop.clock.set(begun);
  }
});

test("the header of a log holds for the lines that come later, over a restart and until another comes", async () => {
  const path = place();
  const file = join(path, "u_ex.log");
  const head = (version: string, fields: string) => `#Software: IIS ${version}\n#Fields: ${fields}\n`;
  const line = (at: number) =>
    `2026-11-23 10:11:${10 + at} 198.51.100.${at} GET /of/watcher/header/${at} 200\n`;
  const status = async (orgId: string) => {
    const rows = await shop.events.query<{ original: string; parser: string; source_ip: string }>({
      sql: "SELECT original, parser, IPv4NumToString(source_ip4) AS source_ip FROM log_line WHERE org_id = {org:UUID} AND NOT startsWith(original, '#') ORDER BY original",
      params: { org: orgId },
    });
    return rows.map(
      ({ original, parser, source_ip }) => `${original.split("/").at(-1)} ${parser} ${source_ip}`,
    );
  };
  writeFileSync(file, `${head("9.0", "date time c-ip cs-method cs-uri-stem sc-status")}${line(1)}`);
  const first = watch(path);
  await first.stored(3);
  appendFileSync(file, line(2));
  await first.stored(4);
  await first.stop();
  appendFileSync(file, line(3));
  const again = watch(path, { orgId: first.orgId });
  await again.stored(5);
  // As a position from before headers were kept.
  await again.stop();
  await shop.records.platformOnly.execute("update ingest_position set header = null");
  appendFileSync(file, line(4));
  const upgraded = watch(path, { orgId: first.orgId });
  await upgraded.stored(6);
  appendFileSync(file, `${head("10.0", "date time s-ip cs-method cs-uri-stem sc-status")}`);
  await upgraded.stored(8);
  appendFileSync(file, line(5));
  await upgraded.stored(9);
  await upgraded.stop();
  const ip = (at: number) => `${at} 200 w3c 198.51.100.${at}`;
  assert.deepEqual(await status(first.orgId), [ip(1), ip(2), ip(3), ip(4), "5 200 w3c 0.0.0.0"]);
});

test("a file in UTF-16 is followed by its byte order mark, one in Big5 by its source's word", async () => {
  const folder = place();
  const wide = (text: string) => Buffer.from(text, "utf16le");
  const file = join(folder, "wide.log");
  writeFileSync(file, wide("\ufeff上線 one\r\n二 tw"));
  const first = watch(file, { encoding: "big5", maxLineBytes: 41 });
  await first.stored(1);
  await first.stop();
  appendFileSync(file, wide(`o\n${"長".repeat(30)}\n`));
  const second = watch(file, { orgId: first.orgId, encoding: "big5", maxLineBytes: 41 });
  await second.stored(3);
  await second.stop();
  assert.deepEqual((await texts(first.orgId)).toSorted(), ["上線 one", "二 two", "長".repeat(20)].toSorted());

  const narrow = join(folder, "narrow.log");
  writeFileSync(narrow, Buffer.concat([Buffer.from("b56ea44a", "hex"), Buffer.from(" x\n")]));
  const third = watch(narrow, { encoding: "big5" });
  await third.stored(1);
  await third.stop();
  assert.deepEqual(await texts(third.orgId), ["登入 x"]);
});
