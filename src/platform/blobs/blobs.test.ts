import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, beforeEach, test } from "node:test";
import { Problem } from "../../core/problem.ts";
import { openBlobs } from "./open.ts";
import type { BlobStore } from "./store.ts";

const root = await mkdtemp(join(tmpdir(), "lianfang-blobs-"));
after(() => rm(root, { recursive: true, force: true }));

let folder = "";
let blobs: BlobStore;
let serial = 0;
beforeEach(async () => {
  folder = join(root, String(++serial));
  blobs = await openBlobs({ url: "files", folder });
});

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function placeOf(sha256: string): string {
  return join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
}

async function filesIn(at: string): Promise<string[]> {
  const entries = await readdir(at, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test("bytes and streams come back as they went, under their SHA-256", async () => {
  const pieces = [Buffer.from("證據"), Buffer.alloc(0), randomBytes(100_000), Buffer.from([0, 10, 255])];
  const whole = Buffer.concat(pieces);
  const put = await blobs.put(Readable.from(pieces));
  assert.deepEqual(put, { sha256: digest(whole), size: whole.length });
  assert.deepEqual(await buffer(await blobs.open(put.sha256)), whole);
  assert.equal(await blobs.has(put.sha256), true);
  assert.equal(((await stat(placeOf(put.sha256))).mode & 0o777).toString(8), "400");

  const empty = await blobs.put(new Uint8Array(0));
  assert.deepEqual(empty, { sha256: digest(Buffer.alloc(0)), size: 0 });
  assert.equal((await buffer(await blobs.open(empty.sha256))).length, 0);
});

test("text streams are stored as UTF-8", async () => {
  const put = await blobs.put(Readable.from(["水", "庫"]));
  assert.equal((await buffer(await blobs.open(put.sha256))).toString("utf8"), "水庫");
});

test("the same content twice, and at once, is one file", async () => {
  const content = randomBytes(300_000);
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => blobs.put(Readable.from([content.subarray(0, 7), content.subarray(7)]))),
  );
  answers.push(await blobs.put(content));
  assert.deepEqual(new Set(answers.map((answer) => answer.sha256)), new Set([digest(content)]));
  assert.deepEqual(await filesIn(folder), [digest(content)]);
});

test("it survives being opened again", async () => {
  const { sha256 } = await blobs.put(Buffer.from("keep"));
  const again = await openBlobs({ url: "files", folder });
  assert.equal((await buffer(await again.open(sha256))).toString(), "keep");
});

test("a stream that breaks leaves nothing behind", async () => {
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from("half");
      throw new Error("the wire broke");
    })(),
  );
  await assert.rejects(blobs.put(broken), /the wire broke/);
  assert.deepEqual(await filesIn(folder), []);
  assert.equal(await blobs.has(digest(Buffer.from("half"))), false);
});

test("only a SHA-256 in lower-case hex opens anything", async () => {
  const { sha256 } = await blobs.put(Buffer.from("x"));
  await writeFile(join(folder, "secret"), "s");
  const names = [
    "",
    "../secret",
    "secret",
    "incoming",
    sha256.toUpperCase(),
    `${sha256}\0`,
    `${sha256}\n`,
    "0".repeat(64),
  ];
  for (const name of names) {
    assert.equal(await blobs.has(name), false, name);
    await assert.rejects(
      blobs.open(name),
      (thrown) => thrown instanceof Problem && thrown.code === "http.not-found",
      name,
    );
  }
});

test("content that changed on disk is not handed out as whole", async () => {
  const { sha256 } = await blobs.put(Buffer.from("evidence"));
  await rm(placeOf(sha256));
  await writeFile(placeOf(sha256), "evidencf");
  await assert.rejects(buffer(await blobs.open(sha256)), /damaged on disk/);
});

test("a reader that goes away closes the file", async () => {
  const { sha256 } = await blobs.put(randomBytes(5_000_000));
  const open = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
  const before = await open();
  for (let round = 0; round < 5; round++) {
    const reader = await blobs.open(sha256);
    for await (const _ of reader) break;
  }
  const deadline = Date.now() + 5_000;
  while ((await open()) > before && Date.now() < deadline) await new Promise((next) => setImmediate(next));
  assert.ok((await open()) <= before);
});

test("a large stream passes in bounded memory, no faster than the disk takes it", async () => {
  const source = new PassThrough({ highWaterMark: 65_536 });
  const put = blobs.put(source);
  const chunk = Buffer.alloc(65_536, 7);
  let waited = 0;
  let most = 0;
  for (let at = 0; at < 1_600; at++) {
    if (!source.write(chunk)) {
      waited++;
      await new Promise((drained) => source.once("drain", drained));
    }
    most = Math.max(most, source.writableLength + source.readableLength);
  }
  source.end();
  assert.equal((await put).size, 1_600 * 65_536);
  assert.ok(waited > 500, `the writer was held back ${waited} times`);
  assert.ok(most <= 4 * 65_536, `${most} bytes waited in memory`);
});

test("what a dead process left half-written is swept a day later", async () => {
  const old = join(folder, "incoming", "old");
  const fresh = join(folder, "incoming", "fresh");
  await writeFile(old, "half");
  await writeFile(fresh, "half");
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  await utimes(old, twoDaysAgo, twoDaysAgo);
  await openBlobs({ url: "files", folder });
  assert.deepEqual(await filesIn(folder), ["fresh"]);
});
