import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { Problem } from "../../core/problem.ts";
import { isGzip, unpacked } from "./gzip.ts";

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size: number): Promise<{ packed: boolean; whole: Buffer }> {
  const { packed, bytes: pieces } = await unpacked(cut(bytes, size));
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(piece);
  return { packed, whole: Buffer.concat(parts) };
}

test("any bytes come out as they are, packed or not and however they are cut; only a file that begins as gzip is one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 5_000 }),
      fc.integer({ min: 1, max: 3_000 }),
      async (given, size) => {
        const plain = Buffer.from(given);
        const begins = plain[0] === 0x1f && plain[1] === 0x8b;
        if (!begins) assert.deepEqual(await read(plain, size), { packed: false, whole: plain });
        assert.deepEqual(await read(gzipSync(plain), size), { packed: true, whole: plain });
        // Members one after the other are one file (RFC 1952 section 2.2).
        const twice = Buffer.concat([gzipSync(plain), gzipSync(plain)]);
        assert.deepEqual((await read(twice, size)).whole, Buffer.concat([plain, plain]));
      },
    ),
    { numRuns: 200 },
  );
});

test("whoever leaves off, at the first piece or later, lets go of the source", async () => {
  for (const file of [
    Buffer.alloc(5_000),
    gzipSync(Buffer.from(Array.from({ length: 5_000 }, (_, at) => at % 251))),
  ])
    for (const pieces of [1, 2]) {
      let open = true;
      const source = async function* () {
        try {
          yield* cut(file, 7);
        } finally {
          open = false;
        }
      };
      let seen = 0;
      for await (const _ of (await unpacked(source())).bytes) if (++seen === pieces) break;
      assert.equal(open, false, `${pieces} pieces`);
    }
});

test("an encoding other than gzip is refused by its name", () => {
  const asked = (encoding?: string) =>
    isGzip({ headers: encoding === undefined ? {} : { "content-encoding": encoding } });
  assert.deepEqual([undefined, "identity", "GZIP", "x-gzip"].map(asked), [false, false, true, true]);
  assert.throws(
    () => asked("br"),
    (error) =>
      error instanceof Problem && error.code === "http.media-type" && /\bbr\b/.test(error.detail ?? ""),
  );
});
