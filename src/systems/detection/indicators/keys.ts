import { KeyedHash } from "./keyed-hash.ts";

const TAGS = { domain: 100, url: 117, hash: 104, email: 101 } as const;
const DOT = 46;
/** A canonical URL of 4,000 characters, all of three bytes. */
const LONGEST = 12_288;
const LONGEST_NAME = 253;
const MOST_LABELS = 128;

/**
 * Texts on their way into the hash: the bytes of one key, where its prefixes end, and their hashes. A domain stands
 * backwards, so that its parents are prefixes of it.
 */
export class Keys {
  readonly bytes = new Uint8Array(LONGEST);
  readonly ends = new Uint32Array(MOST_LABELS + 2);
  readonly hashes = new Uint32Array(MOST_LABELS + 2);
  readonly #words = new Uint32Array(this.bytes.buffer);
  readonly #hash: KeyedHash;

  constructor(key: Uint32Array) {
    this.#hash = new KeyedHash(key);
  }

  /**
   * A domain in any case, with or without the root's dot. Answers how many names it and its parents are, the widest
   * first and the top-level domain left out; 0 for what can be no name, -1 when it must be made canonical first.
   */
  domain(text: string): number {
    const { bytes, ends } = this;
    let from = text.length - 1;
    if (from > 0 && text.charCodeAt(from) === DOT) from--;
    if (from < 0 || from >= LONGEST_NAME + 20) return 0;
    bytes[0] = TAGS.domain;
    let length = 1;
    let count = 0;
    let labels = 0;
    for (let at = from; at >= 0; at--) {
      const code = text.charCodeAt(at);
      if (code > 127) return -1;
      if (code === DOT) {
        if (labels > 0 && count < MOST_LABELS) ends[count++] = length;
        labels++;
      }
      bytes[length++] = code >= 65 && code <= 90 ? code + 32 : code;
    }
    if (length > LONGEST_NAME + 1) return 0;
    ends[count++] = length;
    this.#hash.prefixes(this.#words, ends, count, this.hashes);
    return count;
  }

  /** Text as it stands. Answers 1, or 0 when it is too long. */
  text(kind: "url" | "email", text: string): number {
    if (text.length > LONGEST / 3 - 1) return 0;
    this.bytes[0] = TAGS[kind];
    let length = 1;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 127) {
        length += ENCODER.encodeInto(text.slice(at), this.bytes.subarray(length)).written;
        break;
      }
      this.bytes[length++] = code;
    }
    return this.#one(length);
  }

  /** An MD5, SHA-1 or SHA-256 in hexadecimal digits of either case, packed. Answers 1, or 0 for what is none. */
  digest(text: string): number {
    const { length } = text;
    if (length !== 64 && length !== 40 && length !== 32) return 0;
    this.bytes[0] = TAGS.hash;
    for (let at = 0; at < length; at += 2) {
      const high = digitOf(text.charCodeAt(at));
      const low = digitOf(text.charCodeAt(at + 1));
      if (high < 0 || low < 0) return 0;
      this.bytes[1 + at / 2] = high * 16 + low;
    }
    return this.#one(1 + length / 2);
  }

  #one(length: number): number {
    this.ends[0] = length;
    this.#hash.prefixes(this.#words, this.ends, 1, this.hashes);
    return 1;
  }
}

const ENCODER = new TextEncoder();

function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** The text of a key as people write it. */
export function keyText(key: Uint8Array): string {
  const body = Buffer.from(key.buffer, key.byteOffset + 1, key.byteLength - 1);
  if (key[0] === TAGS.hash) return body.toString("hex");
  const text = body.toString("utf8");
  return key[0] === TAGS.domain ? [...text].reverse().join("") : text;
}
