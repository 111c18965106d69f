import { ownText } from "../../answers.ts";

const BLANK = 32;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

/** Values by which devices say "nothing". */
export function isNothing(value: string): boolean {
  switch (value.length) {
    case 0:
      return true;
    case 1:
      return value === "-";
    case 3:
      return value === "N/A" || value === "n/a";
    case 6:
      return value === "(null)";
    default:
      return false;
  }
}

/** For each code unit that a key may hold, the same in lower case; else 0. */
const LOWER = new Uint8Array(128);
for (const one of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")
  LOWER[one.charCodeAt(0)] = one.toLowerCase().charCodeAt(0);
const SLOTS = 4_096;

/**
 * Keys in lower case, each the same string whenever it comes: the lines of a product repeat a few dozen, and a string of
 * its own for each costs more than all else about it. Bounded: a key takes the place of others of its hash.
 */
class KeyTexts {
  readonly #slots = new Array<string>(SLOTS).fill("");
  /** The key that was read last. */
  key = "";

  /** Reads the key that starts at `from`; answers where it ends (its sign), or -1 when no key starts there. */
  read(text: string, from: number, sign: number): number {
    const limit = Math.min(text.length, from + 65);
    let at = from;
    let hash = 0;
    for (; at < limit; at++) {
      const code = LOWER[text.charCodeAt(at)];
      if (code === undefined || code === 0) break;
      hash = (Math.imul(hash, 31) + code) | 0;
    }
    if (at === from || text.charCodeAt(at) !== sign) return -1;
    const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1);
    const first = this.#slots[slot] as string;
    const second = this.#slots[slot ^ 1] as string;
    if (isKeyAt(text, from, at, first)) this.key = first;
    else if (isKeyAt(text, from, at, second)) this.key = second;
    else {
      this.key = ownText(text.slice(from, at).toLowerCase());
      this.#slots[slot ^ 1] = first;
      this.#slots[slot] = this.key;
    }
    return at;
  }
}

function isKeyAt(text: string, from: number, to: number, key: string): boolean {
  if (key.length !== to - from) return false;
  for (let at = 0; at < key.length; at++)
    if (key.charCodeAt(at) !== LOWER[text.charCodeAt(from + at)]) return false;
  return true;
}

const KEYS = new KeyTexts();

export interface PairStyle {
  /** What stands between pairs besides blanks: a blank (the default), `,` or `;`. */
  readonly gap?: string;
  /** What stands between key and value: `=` unless told. */
  readonly sign?: string;
  /** Values that say nothing elsewhere (`-`, `N/A`) count; empty ones are left out all the same. */
  readonly verbatim?: boolean;
}

/**
 * `key=value key="quoted \" value"` in one pass. A bare word without a sign belongs to the value before it
 * (`time=10: 13:03`, unquoted names with blanks). Keys come out in lower case; empty values and `N/A` are left out;
 * of a key that comes twice the first counts.
 */
export function readPairs(text: string, style: PairStyle = {}): Map<string, string> {
  const pairs = new Map<string, string>();
  const gapText = style.gap ?? " ";
  const gap = gapText.charCodeAt(0);
  const sign = style.sign === undefined ? EQUALS : style.sign.charCodeAt(0);
  const escapes = text.includes("\\");
  const verbatim = style.verbatim === true;
  let key = "";
  let value = "";
  const keep = () => {
    const counts = verbatim ? value !== "" : !isNothing(value);
    if (key !== "" && counts && !pairs.has(key)) pairs.set(key, value);
  };
  let at = 0;
  while (at < text.length) {
    while (at < text.length && (text.charCodeAt(at) === gap || text.charCodeAt(at) === BLANK)) at++;
    if (at >= text.length) break;
    const equals = KEYS.read(text, at, sign);
    if (equals >= 0) {
      keep();
      key = KEYS.key;
      at = equals + 1;
      value = "";
      if (text.charCodeAt(at) === QUOTE) {
        const close = escapes ? -1 : text.indexOf('"', at + 1);
        const read = close < 0 ? quotedAt(text, at) : undefined;
        value = read?.value ?? text.slice(at + 1, close);
        at = read?.end ?? close + 1;
        continue;
      }
    }
    const stop = text.indexOf(gapText, at);
    const end = stop < 0 ? text.length : stop;
    const word = text.slice(at, end).trimEnd();
    value = value === "" ? word : `${value} ${word}`;
    at = end + 1;
  }
  keep();
  return pairs;
}

/** The text in the quotes that open at `from`, `\"` and `\\` undone; without a closing quote it goes to the end. */
export function quotedAt(text: string, from: number): { value: string; end: number } {
  let start = from + 1;
  let value = "";
  let at = start;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    if (text.charCodeAt(at) === BACKSLASH) {
      const next = text.charCodeAt(at + 1);
      if (next === QUOTE || next === BACKSLASH) {
        value += text.slice(start, at);
        start = at + 1;
        at++;
      }
    }
    at++;
  }
  return { value: value + text.slice(start, at), end: at + 1 };
}
