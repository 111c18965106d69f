import { getRandomValues } from "node:crypto";
import { mappedV4, readV4, readV6 } from "../parsers/text/ip-form.ts";
import { canonicalDomain, canonicalEmail, canonicalUrl } from "./canonical.ts";
import { type IndicatorGroup, type IndicatorImage, type IndicatorKind, NONE } from "./image.ts";
import { Keys } from "./keys.ts";
import { PrefixBuilder } from "./prefixes.ts";
import { Bytes, shared8, shared32, Words } from "./shared.ts";

/** What tells one indicator from others of its value and group. */
export interface IndicatorDetail {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** Seconds since 1970 from which on it is not used. */
  readonly until?: number | undefined;
}

/** `too-wide`: a top-level domain or a prefix over a good part of the net, which would meet everything. */
export type Added = "added" | "unreadable" | "too-wide";

/** Shortest prefixes that are taken. */
const WIDEST = { 4: 8, 6: 19 } as const;
const HOST_OF_URL = 1;
const ID = /^indicator--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ID_START = "indicator--".length;

/** Gathers indicators into an image; takes half a second of processor time for 100,000, so not in a thread that answers. */
export class IndicatorBuilder {
  readonly #key = getRandomValues(shared32(2));
  readonly #keys = new Keys(this.#key);
  #slots = new Uint32Array(1_024);
  readonly #hashes = new Words();
  readonly #texts = new Bytes();
  readonly #textStarts = new Words();
  readonly #flags = new Words();
  readonly #heads = new Words();
  readonly #next = new Words();
  readonly #group = new Words();
  readonly #until = new Words();
  readonly #details = new Bytes();
  readonly #detailStarts = new Words();
  readonly #groups: IndicatorGroup[] = [];
  readonly #groupNumbers = new Map<string, number>();
  readonly #prefixes = { 4: new PrefixBuilder(4), 6: new PrefixBuilder(6) } as const;

  get size(): number {
    return this.#next.length;
  }

  /** The number of a group, the same for an equal one. */
  group(group: IndicatorGroup): number {
    const { source, orgId, tlp, audience, level } = group;
    const sorted = [...audience].sort();
    const key = JSON.stringify([source, orgId, tlp, level, sorted]);
    const known = this.#groupNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.#groups.push({ source, orgId, tlp, level, audience: sorted }) - 1;
    this.#groupNumbers.set(key, number);
    return number;
  }

  add(kind: IndicatorKind, value: string, group: number, detail: IndicatorDetail = {}): Added {
    if (kind === "ip") return this.#addPrefix(value, group, detail);
    if (kind === "domain") return this.#addDomain(value, group, detail);
    if (kind === "url") return this.#addUrl(value, group, detail);
    const known =
      kind === "hash"
        ? this.#keys.digest(value.trim())
        : this.#keys.text("email", canonicalEmail(value.trim()) ?? "");
    if (known === 0 || (kind === "email" && (this.#keys.ends[0] ?? 0) < 2)) return "unreadable";
    return this.#link(this.#heads, this.#text(0), group, detail);
  }

  build(): IndicatorImage {
    this.#textStarts.push(this.#texts.length);
    this.#detailStarts.push(this.#details.length);
    const count = this.#heads.length;
    const filter = shared32(Math.max(1, sizeFor(count * 16) / 32));
    const bits = filter.length * 32;
    for (const hash of this.#hashes.used) {
      const bit = hash & (bits - 1);
      filter[bit >>> 5] = (filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
    const words = (list: Words) => shared32(list.length, list.used);
    return {
      key: this.#key,
      size: this.size,
      groups: this.#groups,
      filter,
      slots: shared32(this.#slots.length, this.#slots),
      texts: shared8(this.#texts.length, this.#texts.used),
      textStarts: words(this.#textStarts),
      flags: shared8(count, this.#flags.used),
      heads: words(this.#heads),
      v4: this.#prefixes[4].build(),
      v6: this.#prefixes[6].build(),
      next: words(this.#next),
      group: words(this.#group),
      until: words(this.#until),
      details: shared8(this.#details.length, this.#details.used),
      detailStarts: words(this.#detailStarts),
    };
  }

  #addPrefix(text: string, group: number, detail: IndicatorDetail): Added {
    const prefix = readPrefix(text.trim());
    if (prefix === undefined) return "unreadable";
    const { family, address, length } = prefix;
    if (length < WIDEST[family]) return "too-wide";
    const builder = this.#prefixes[family];
    const number = builder.add(address, length);
    const entry = this.#entry(builder.heads[number] ?? NONE, group, detail);
    builder.heads[number] = entry;
    return "added";
  }

  #addDomain(text: string, group: number, detail: IndicatorDetail): Added {
    const name = canonicalDomain(text.trim().replace(/^(?:\*?\.)/, ""));
    if (name === undefined || /[\s/:@]/.test(name)) return "unreadable";
    if (!name.includes(".")) return "too-wide";
    if (readV4(name) >= 0) return this.#addPrefix(name, group, detail);
    const count = this.#keys.domain(name);
    if (count <= 0) return "unreadable";
    return this.#link(this.#heads, this.#text(count - 1), group, detail);
  }

  #addUrl(text: string, group: number, detail: IndicatorDetail): Added {
    const url = canonicalUrl(text.trim());
    if (url === undefined) return "unreadable";
    const count = this.#keys.domain(url.host);
    if (count <= 0) return "unreadable";
    const host = this.#text(count - 1);
    this.#flags.array[host] = HOST_OF_URL;
    if (this.#keys.text("url", url.full) === 0) return "unreadable";
    return this.#link(this.#heads, this.#text(0), group, detail);
  }

  #link(heads: Words, at: number, group: number, detail: IndicatorDetail): Added {
    heads.array[at] = this.#entry(heads.array[at] ?? NONE, group, detail);
    return "added";
  }

  #entry(next: number, group: number, { id, name, until }: IndicatorDetail): number {
    const entry = this.#next.length;
    this.#next.push(next);
    this.#group.push(group);
    this.#until.push(Math.max(0, Math.min(NONE, Math.floor(until ?? 0))));
    this.#detailStarts.push(this.#details.length);
    if (id !== undefined || name !== undefined) this.#details.push(detailBytes(id ?? "", name ?? ""));
    return entry;
  }

  /** The number of the text that `keys` holds up to its end `which`. */
  #text(which: number): number {
    const { bytes, ends, hashes } = this.#keys;
    const key = bytes.subarray(0, ends[which]);
    const hash = hashes[which] ?? 0;
    if (this.#heads.length * 2 >= this.#slots.length) this.#widen();
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let number = this.#slots[slot] ?? 0; number !== 0; number = this.#slots[slot] ?? 0) {
      if (this.#hashes.array[number - 1] === hash && this.#holds(number - 1, key)) return number - 1;
      slot = (slot + 1) & mask;
    }
    const number = this.#heads.length;
    this.#slots[slot] = number + 1;
    this.#hashes.push(hash);
    this.#heads.push(NONE);
    this.#flags.push(0);
    this.#textStarts.push(this.#texts.length);
    this.#texts.push(key);
    return number;
  }

  #holds(number: number, key: Uint8Array): boolean {
    const from = this.#textStarts.array[number] ?? 0;
    const end =
      number + 1 < this.#textStarts.length ? this.#textStarts.array[number + 1] : this.#texts.length;
    return Buffer.compare(key, this.#texts.array.subarray(from, end)) === 0;
  }

  #widen(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (const [number, hash] of this.#hashes.used.entries()) {
      let slot = hash & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

/** The next power of two, 1,024 at least. */
function sizeFor(count: number): number {
  return 2 ** Math.max(10, Math.ceil(Math.log2(Math.max(1, count))));
}

function readPrefix(
  text: string,
): { readonly family: 4 | 6; readonly address: bigint; readonly length: number } | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const four = readV4(address);
  const six = four < 0 ? readV6(address) : undefined;
  if (four < 0 && six === undefined) return undefined;
  const most = four >= 0 ? 32 : 128;
  const digits = slash < 0 ? String(most) : text.slice(slash + 1);
  const length = Number(digits);
  if (!/^\d{1,3}$/.test(digits) || length > most) return undefined;
  if (six === undefined) return { family: 4, address: BigInt(four), length };
  const mapped = mappedV4(six);
  if (mapped >= 0 && length >= 96) return { family: 4, address: BigInt(mapped), length: length - 96 };
  return { family: 6, address: six.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n), length };
}

/** First byte of a detail whose id is a UUID, packed behind it; else it is the length of the id. */
const PACKED = 255;

function detailBytes(id: string, name: string): Uint8Array {
  if (ID.test(id)) {
    const uuid = Buffer.from(id.slice(ID_START).replaceAll("-", ""), "hex");
    return Buffer.concat([Uint8Array.of(PACKED), uuid, Buffer.from(name)]);
  }
  const bytes = Buffer.from(id).subarray(0, PACKED - 1);
  return Buffer.concat([Uint8Array.of(bytes.length), bytes, Buffer.from(name)]);
}

/** The id and the name as the image keeps them; empty where there is none. */
export function readDetail(bytes: Uint8Array): { readonly id: string; readonly name: string } {
  const buffer = Buffer.from(bytes);
  const [first = 0] = buffer;
  const end = 1 + (first === PACKED ? 16 : first);
  const id =
    first === PACKED
      ? `indicator--${buffer.toString("hex", 1, end).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")}`
      : buffer.toString("utf8", 1, end);
  return { id, name: buffer.toString("utf8", end) };
}
