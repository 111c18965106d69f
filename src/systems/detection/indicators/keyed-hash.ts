/**
 * HalfSipHash-1-3 (J.-P. Aumasson, https://github.com/veorq/SipHash) with 32 bits of result: keyed, so that nobody who
 * does not know the key can choose values that fall together. The state goes on word by word, so that every prefix of
 * a text is hashed in one pass.
 */
export class KeyedHash {
  readonly #k0: number;
  readonly #k1: number;

  constructor(key: Uint32Array) {
    this.#k0 = (key[0] ?? 0) | 0;
    this.#k1 = (key[1] ?? 0) | 0;
  }

  /**
   * The hashes of the prefixes of `words` (little-endian) that are `ends[0..count)` bytes long, ascending, into `out`.
   * What lies in `words` behind the last end has no bearing.
   */
  prefixes(words: Uint32Array, ends: Uint32Array, count: number, out: Uint32Array): void {
    let v0 = this.#k0;
    let v1 = this.#k1;
    let v2 = 0x6c796765 ^ this.#k0;
    let v3 = 0x74656462 ^ this.#k1;
    let at = 0;
    for (let next = 0; next < count; ) {
      const end = ends[next] ?? 0;
      const word = (words[at] ?? 0) | 0;
      if (end >> 2 === at) {
        const rest = end & 3;
        out[next] = finished(
          v0,
          v1,
          v2,
          v3,
          (end << 24) | (rest === 0 ? 0 : word & (0xffffff >> (24 - rest * 8))),
        );
        next++;
        continue;
      }
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
      at++;
    }
  }
}

function finished(a: number, b: number, c: number, d: number, last: number): number {
  let v0 = a;
  let v1 = b;
  let v2 = c;
  let v3 = d ^ last;
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    if (round === 0) {
      v0 ^= last;
      v2 ^= 0xff;
    }
  }
  return (v1 ^ v3) >>> 0;
}
