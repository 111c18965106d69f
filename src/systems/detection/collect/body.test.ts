import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { Problem } from "../../../core/problem.ts";
import { type BodyOptions, readBody } from "./body.ts";
import { Budget } from "./budget.ts";

function streamOf(bytes: Buffer, size = 4_096): Readable {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return Readable.from(parts, { objectMode: false });
}

const options = (given: Partial<BodyOptions> = {}): BodyOptions => ({
  gzip: false,
  format: "lines",
  maxBytes: 1_000_000,
  maxLineBytes: 65_536,
  budget: new Budget(10_000_000),
  ...given,
});

async function refusal(bytes: Buffer, given: Partial<BodyOptions>): Promise<Problem> {
  try {
    (await readBody(streamOf(bytes), options(given))).release();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return assert.fail("not refused");
}

const TEXT = Buffer.from(
  Array.from(
    { length: 3_000 },
    (_, at) => `line ${at} ${createHash("md5").update(String(at)).digest("hex")}`,
  ).join("\n"),
);

test("a body packed or plain gives the same batches and digest, and gives its memory back", async () => {
  const budget = new Budget(1_000_000);
  const plain = await readBody(streamOf(TEXT), options({ budget }));
  const packed = await readBody(streamOf(gzipSync(TEXT), 333), options({ budget, gzip: true }));
  assert.deepEqual(packed.batches, plain.batches);
  const file = await readBody(streamOf(gzipSync(TEXT), 333), options({ budget }));
  assert.deepEqual([file.batches, file.sha256], [plain.batches, plain.sha256], "a .gz that nobody named so");
  file.release();
  assert.equal(packed.sha256, plain.sha256);
  assert.equal(packed.sha256, createHash("sha256").update(TEXT).digest("hex"));
  plain.release();
  packed.release();
  assert.equal(budget.taken, 0);
});

test("a broken gzip is refused with the place of the break", async () => {
  const whole = gzipSync(TEXT);
  const notGzip = await refusal(TEXT, { gzip: true });
  assert.equal(notGzip.code, "ingest.bad-gzip");
  assert.match(notGzip.detail ?? "", /^byte 0 to \d+: incorrect header check/);
  const cut = await refusal(whole.subarray(0, 20_000), { gzip: true });
  assert.match(cut.detail ?? "", /^byte 20000: the stream ends before it is complete/);
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, 9_000, 9_040);
  const broken = await refusal(damaged, { gzip: true });
  const [, from, to] = /^byte (\d+) to (\d+)/.exec(broken.detail ?? "") ?? assert.fail(broken.detail);
  assert.ok(Number(to) >= 9_000 && Number(from) < 20_000, broken.detail);
  const trailer = Buffer.from(whole);
  trailer[trailer.length - 6] = (trailer[trailer.length - 6] ?? 0) ^ 0xff;
  assert.match((await refusal(trailer, { gzip: true })).detail ?? "", /incorrect data check/);
});

test("no damage to a gzip goes unnoticed or breaks anything", async () => {
  const whole = gzipSync(TEXT.subarray(0, 4_000));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 1, max: 900 }),
      async (at, flip, size) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const budget = new Budget(1_000_000);
        const body = await readBody(streamOf(bytes, size), options({ gzip: true, budget })).catch(
          (error: unknown) => {
            assert.ok(error instanceof Problem && error.code === "ingest.bad-gzip", String(error));
          },
        );
        // The header holds bytes that mean nothing; then the content must be whole.
        if (body !== undefined) {
          assert.equal(body.sha256, createHash("sha256").update(TEXT.subarray(0, 4_000)).digest("hex"));
          body.release();
        }
        assert.equal(budget.taken, 0);
      },
    ),
    { numRuns: 200 },
  );
});

test("a gzip bomb is refused once it exceeds the limit, with little unpacked", async () => {
  const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20, "a\n"), { level: 9 });
  assert.ok(bomb.length < 300_000);
  let read = 0;
  const stream = streamOf(bomb, 512);
  stream.on("data", (chunk: Buffer) => {
    read += chunk.length;
  });
  stream.pause();
  const problem = await readBody(stream, options({ gzip: true, maxBytes: 2 ** 20 })).then(
    () => assert.fail("taken"),
    (error: unknown) => error,
  );
  assert.ok(problem instanceof Problem && problem.code === "http.too-large", String(problem));
  assert.ok(read < bomb.length / 4, `${read} of ${bomb.length} bytes read`);
});

test("a line of 10 MB is refused by its number, and a full memory asks to come again", async () => {
  const long = await refusal(Buffer.concat([Buffer.from("a\nb\n"), Buffer.alloc(10_000_000, "x")]), {
    maxBytes: 20_000_000,
    budget: new Budget(20_000_000),
  });
  assert.equal(long.code, "ingest.line-too-long");
  assert.deepEqual(long.faults, [{ path: "line 3", message: "longer than 65536 bytes" }]);
  const busy = await refusal(TEXT, { budget: new Budget(50_000) });
  assert.equal(busy.code, "ingest.busy");
  assert.ok((busy.retryAfter ?? 0) > 0);
});
