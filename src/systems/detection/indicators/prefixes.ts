import { NONE, type PrefixImage } from "./image.ts";
import { shared8, shared32 } from "./shared.ts";

const V4_BITS = 32;
const V6_BITS = 128;

/** Prefixes of one family on their way into an image. Addresses are big integers here, and words in the image. */
export class PrefixBuilder {
  readonly #bits: number;
  readonly #numbers = new Map<string | number, number>();
  readonly #nets: bigint[] = [];
  readonly #lengths: number[] = [];
  readonly heads: number[] = [];

  constructor(family: 4 | 6) {
    this.#bits = family === 4 ? V4_BITS : V6_BITS;
  }

  get size(): number {
    return this.#nets.length;
  }

  /** The number of a prefix, the same for the same one; bits behind its length are passed over. */
  add(address: bigint, length: number): number {
    const rest = BigInt(this.#bits - length);
    const net = (address >> rest) << rest;
    const key = this.#bits === V4_BITS ? Number(net) * 64 + length : `${net}/${length}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#nets.length;
    this.#numbers.set(key, number);
    this.#nets.push(net);
    this.#lengths.push(length);
    this.heads.push(NONE);
    return number;
  }

  build(): PrefixImage {
    const order = this.#order();
    const starts: bigint[] = [];
    const owners: number[] = [];
    const parents = shared32(this.size).fill(NONE);
    const open: { readonly number: number; readonly end: bigint }[] = [];
    const begin = (start: bigint, owner: number) => {
      if (starts.at(-1) === start) owners[owners.length - 1] = owner;
      else {
        starts.push(start);
        owners.push(owner);
      }
    };
    const closeBefore = (start: bigint) => {
      for (let top = open.at(-1); top !== undefined && top.end < start; top = open.at(-1)) {
        open.pop();
        begin(top.end + 1n, open.at(-1)?.number ?? NONE);
      }
    };
    for (const number of order) {
      const net = this.#nets[number] ?? 0n;
      closeBefore(net);
      parents[number] = open.at(-1)?.number ?? NONE;
      begin(net, number);
      open.push({ number, end: net + (1n << BigInt(this.#bits - (this.#lengths[number] ?? 0))) - 1n });
    }
    closeBefore(1n << BigInt(this.#bits));
    // The segment behind the last address is none.
    if (starts.at(-1) === 1n << BigInt(this.#bits)) {
      starts.pop();
      owners.pop();
    }
    const startWords = this.#words(starts);
    return {
      starts: startWords,
      owners: shared32(owners.length, owners),
      index: this.#bits === V4_BITS ? indexOf(startWords) : shared32(0),
      blocks: this.#bits === V4_BITS ? this.#blocks() : shared32(0),
      nets: this.#words(this.#nets),
      lengths: shared8(this.size, this.#lengths),
      parents,
      heads: shared32(this.size, this.heads),
    };
  }

  #blocks(): Uint32Array {
    const blocks = shared32(this.size === 0 ? 0 : 2 ** 19);
    for (const [number, net] of this.#nets.entries()) {
      const first = Number(net >> 8n);
      const last = first + 2 ** Math.max(0, 24 - (this.#lengths[number] ?? 0)) - 1;
      for (let block = first; block <= last; block++)
        blocks[block >>> 5] = (blocks[block >>> 5] ?? 0) | (1 << (block & 31));
    }
    return blocks;
  }

  /** By first address, the wider before the narrower. */
  #order(): number[] {
    if (this.#bits === V4_BITS) {
      const keys = Float64Array.from(this.#numbers.keys(), Number).sort();
      return Array.from(keys, (key) => this.#numbers.get(key) ?? 0);
    }
    return [...this.#nets.keys()].sort((a, b) => {
      const [one = 0n, other = 0n] = [this.#nets[a], this.#nets[b]];
      if (one !== other) return one < other ? -1 : 1;
      return (this.#lengths[a] ?? 0) - (this.#lengths[b] ?? 0);
    });
  }

  #words(addresses: readonly bigint[]): Uint32Array {
    const each = this.#bits / 32;
    const words = shared32(addresses.length * each);
    for (const [at, address] of addresses.entries()) {
      for (let word = 0; word < each; word++)
        words[at * each + word] = Number((address >> BigInt((each - 1 - word) * 32)) & 0xffffffffn);
    }
    return words;
  }
}

/** For each upper half of an address, the last segment that begins at or before its first address. */
function indexOf(starts: Uint32Array): Uint32Array {
  const index = shared32(65_537);
  let at = 0;
  for (let upper = 0; upper < 65_536; upper++) {
    while (at < starts.length && (starts[at] ?? 0) < upper * 65_536) at++;
    index[upper] = at;
  }
  index[65_536] = starts.length;
  return index;
}

/** Whether an IPv4 address can lie in a prefix at all. */
export function mayHoldV4({ blocks }: PrefixImage, address: number): boolean {
  const block = address >>> 8;
  return ((blocks[block >>> 5] ?? 0) & (1 << (block & 31))) !== 0;
}

/** The narrowest prefix over an IPv4 address, or NONE. */
export function prefixOfV4(image: PrefixImage, address: number): number {
  const { starts, owners, index } = image;
  const upper = address >>> 16;
  // Segments of this upper half, and the one that reaches into it.
  let low = index[upper] ?? 0;
  let high = index[upper + 1] ?? 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? NONE : (owners[low - 1] ?? NONE);
}

/** The narrowest prefix over an IPv6 address of four words, or NONE. */
export function prefixOfV6(image: PrefixImage, words: Uint32Array): number {
  const { starts, owners } = image;
  let low = 0;
  let high = owners.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (notAfter(starts, middle * 4, words)) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? NONE : (owners[low - 1] ?? NONE);
}

function notAfter(starts: Uint32Array, from: number, words: Uint32Array): boolean {
  for (let word = 0; word < 4; word++) {
    const [start = 0, given = 0] = [starts[from + word], words[word]];
    if (start !== given) return start < given;
  }
  return true;
}
