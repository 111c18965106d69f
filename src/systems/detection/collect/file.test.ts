import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Problem } from "../../../core/problem.ts";
import { readLines } from "../pipeline/lines.ts";
import { type FileChunk, type ImportProgress, importFile, parseFile, readLogs } from "./file.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-file-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let serial = 0;
function fileOf(content: string | Uint8Array): string {
  const path = join(folder, `${++serial}.log`);
  writeFileSync(path, content);
  return path;
}

/** A node that keeps what it is sent, once per key. */
function node(failAt = Number.POSITIVE_INFINITY) {
  const kept = new Map<string, string[]>();
  let sent = 0;
  return {
    lines: () => [...kept.values()].flat(),
    sent: () => sent,
    send: async (chunk: FileChunk) => {
      if (++sent > failAt) throw new Error("the line broke");
      const lines = [...readLines(chunk.bytes, chunk.firstLine)].map((line) => line.text);
      kept.set(chunk.key, lines);
      return { received: lines.length, stored: lines.length, unparsed: 1, alerts: 0 };
    },
  };
}

const LINES = Array.from({ length: 300_000 }, (_, at) => `line ${at}`);
const TEXT = `${LINES.join("\n")}\n`;

test("a file, packed or not, arrives whole in chunks, and progress ends at its size", async () => {
  for (const content of [TEXT, gzipSync(TEXT)]) {
    const file = fileOf(content);
    const to = node();
    const progress: ImportProgress[] = [];
    const result = await importFile({ file, send: to.send, onProgress: (at) => progress.push(at) });
    assert.deepEqual(to.lines().toSorted(), LINES.toSorted());
    assert.deepEqual(result, {
      received: 300_000,
      stored: 300_000,
      unparsed: 5,
      alerts: 0,
      refused: { count: 0, lines: [] },
    });
    assert.equal(progress.length, 5);
    assert.equal(progress.at(-1)?.bytesRead, content.length);
    assert.equal(progress.at(-1)?.bytesTotal, content.length);
  }
});

test("an import that broke off is completed by running it again, and one of a file that grew adds what is new", async () => {
  const file = fileOf(TEXT);
  const kept = node();
  let left = 2;
  const failing = (chunk: FileChunk) =>
    left-- > 0 ? kept.send(chunk) : Promise.reject(new Error("the line broke"));
  await assert.rejects(importFile({ file, send: failing }), /the line broke/);
  assert.ok(kept.lines().length < LINES.length);
  await importFile({ file, send: kept.send });
  assert.deepEqual(kept.lines().toSorted(), LINES.toSorted());
  const whole = LINES.slice(0, 262_144);
  const to = node();
  await importFile({ file: fileOf(`${whole.join("\n")}\n`), send: to.send });
  await importFile({ file: fileOf(TEXT), send: to.send });
  assert.deepEqual(to.lines().toSorted(), LINES.toSorted());
});

test("a line that is too long is left out and named; the rest arrives", async () => {
  const file = fileOf(`a\n${"x".repeat(10_000_000)}\nb\n`);
  const to = node();
  const result = await importFile({ file, send: to.send });
  assert.deepEqual(to.lines(), ["a", "b"]);
  assert.deepEqual(result.refused, { count: 1, lines: [2] });
});

test("each chunk of a file in UTF-16 bears the encoding that its mark names", async () => {
  const file = fileOf(Buffer.from(`\ufeff${"上\n".repeat(70_000)}`, "utf16le"));
  const chunks: FileChunk[] = [];
  await importFile({
    file,
    encoding: "big5",
    send: async (chunk) => {
      chunks.push(chunk);
      return { received: 0, stored: 0, unparsed: 0, alerts: 0 };
    },
  });
  assert.deepEqual(
    chunks.map(({ encoding, firstLine }) => [encoding, firstLine]),
    [
      ["utf-16le", 1],
      ["utf-16le", 65_537],
    ],
  );
});

test("events for rules are read as they arrive, in the encoding of their file, those of several lines whole", async () => {
  const audit = (serial: number, kind: string) =>
    `type=${kind} msg=audit(1795399872.${serial}:${serial}): n=1`;
  const text = ["登入", audit(101, "SYSCALL"), audit(102, "SYSCALL"), audit(101, "PROCTITLE"), "end"].join(
    "\n",
  );
  const read = async (bytes: Buffer, size: number, encoding?: string) => {
    const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    const found: unknown[] = [];
    const events = readLogs(Readable.from(parts), { now: "2026-11-23T03:00:00.000Z", encoding });
    for await (const batch of events)
      for (const { line, event } of batch)
        found.push([line, typeof event === "string" ? event : event["event.original"]]);
    return found;
  };
  const whole = [
    [1, "登入"],
    [2, `${audit(101, "SYSCALL")}\n${audit(101, "PROCTITLE")}`],
    [3, audit(102, "SYSCALL")],
    [5, "end"],
  ];
  for (const size of [1, 7, 60, 1_000]) assert.deepEqual(await read(Buffer.from(text), size), whole);
  const wide = Buffer.from(`\ufeff${text}`, "utf16le");
  for (const size of [1, 60, 1_000])
    assert.deepEqual(
      await read(wide, size),
      text.split("\n").map((line, at) => [at + 1, line]),
    );
  const big5 = Buffer.concat([Buffer.from("b56ea44a", "hex"), Buffer.from(text.slice(2))]);
  assert.deepEqual(await read(big5, 7, "big5"), whole);
});

test("a broken gzip and a stop are told", async () => {
  const packed = gzipSync(TEXT);
  await assert.rejects(
    importFile({ file: fileOf(packed.subarray(0, 30_000)), send: node().send }),
    (error) =>
      error instanceof Problem &&
      error.code === "ingest.bad-gzip" &&
      error.detail?.startsWith("byte 30000") === true,
  );
  const stop = new AbortController();
  const to = node();
  const stopping = importFile({
    file: fileOf(TEXT),
    signal: stop.signal,
    send: async (chunk) => {
      stop.abort(new Error("stopped by hand"));
      return to.send(chunk);
    },
  });
  await assert.rejects(stopping, /stopped by hand/);
  assert.ok(to.sent() < 5);
});

test("parsing a file gives each line's record and number", async () => {
  const file = fileOf(
    gzipSync(
      '\n%ASA-6-605004: Login denied from 192.0.2.1/5 to outside:192.0.2.2/ssh for user "a"\nnothing\n',
    ),
  );
  const found = [];
  for await (const line of parseFile({ source: file, now: "2026-11-23T03:00:00.000Z" })) found.push(line);
  assert.deepEqual(
    found.map(({ line, parser, parsed, record }) => [line, parser, parsed, record["source.ip"]]),
    [
      [2, "cisco-asa", true, "192.0.2.1"],
      [3, "", false, undefined],
    ],
  );
  await assert.rejects(
    parseFile({ source: file, parser: "nonesuch", now: "2026-11-23T03:00:00.000Z" }).next(),
    (error) => error instanceof Problem && error.code === "ingest.unknown-parser",
  );
});
