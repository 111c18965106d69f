import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedHash } from "./keyed-hash.ts";

/** HalfSipHash-1-3 as its paper writes it, over whole messages and with big integers. */
function plainly(key: readonly number[], message: Uint8Array): number {
  const mask = 0xffffffffn;
  const rotl = (x: bigint, n: bigint) => ((x << n) | (x >> (32n - n))) & mask;
  const [k0, k1] = [BigInt(key[0] ?? 0), BigInt(key[1] ?? 0)];
  let [v0, v1, v2, v3] = [k0, k1, 0x6c796765n ^ k0, 0x74656462n ^ k1];
  const round = () => {
    v0 = (v0 + v1) & mask;
    v1 = rotl(v1, 5n) ^ v0;
    v0 = rotl(v0, 16n);
    v2 = (v2 + v3) & mask;
    v3 = rotl(v3, 8n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = rotl(v3, 7n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = rotl(v1, 13n) ^ v2;
    v2 = rotl(v2, 16n);
  };
  const padded = [...message, ...new Array<number>(3 - (message.length % 4)).fill(0), message.length & 255];
  for (let at = 0; at < padded.length; at += 4) {
    const word = BigInt(Buffer.from(padded.slice(at, at + 4)).readUInt32LE());
    v3 ^= word;
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  round();
  round();
  round();
  return Number(v1 ^ v3);
}

test("every prefix has the hash of HalfSipHash-1-3, and another key gives another", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, at) => (at * 37) & 255);
  const ends = Uint32Array.from({ length: 64 }, (_, at) => at + 1);
  for (const key of [
    [0, 0],
    [0x03020100, 0x07060504],
    [0xffffffff, 0x80000000],
  ]) {
    const out = new Uint32Array(64);
    new KeyedHash(Uint32Array.from(key)).prefixes(new Uint32Array(bytes.buffer), ends, 64, out);
    assert.deepEqual(
      [...out],
      [...ends].map((end) => plainly(key, bytes.subarray(0, end))),
    );
  }
});
