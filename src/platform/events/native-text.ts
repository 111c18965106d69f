/** Columns of text in ClickHouse's Native format, written value by value without a string for each. */
import { type NativeColumn, sized, sizedText } from "./native.ts";

/** Memory of a column of text beyond this is not kept for the next block. */
const MOST_KEPT = 4 * 2 ** 20;

/** A column of text that is written piece by piece, without a string for each value. A lone surrogate becomes U+FFFD. */
export class TextColumn {
  #ends: Uint32Array;
  #bytes: Uint8Array;
  #rows = 0;
  #size = 0;

  /** `rows`: values there can be. */
  constructor(rows: number) {
    this.#ends = new Uint32Array(rows);
    this.#bytes = new Uint8Array(4 * rows + 64);
  }

  /** Makes it empty for a block of at most `rows` values, in the memory of the one before. */
  clear(rows: number): void {
    if (rows > this.#ends.length) this.#ends = new Uint32Array(rows);
    else if (this.#size > 0) this.#ends.fill(0);
    if (this.#bytes.length > MOST_KEPT) this.#bytes = new Uint8Array(4 * rows + 64);
    this.#rows = 0;
    this.#size = 0;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Adds the characters from `from` up to `to` to the value under way; pairs of surrogates stay together. */
  append(text: string, from: number, to: number): void {
    if (this.#size + 3 * (to - from) > this.#bytes.length) this.#grow(3 * (to - from));
    const bytes = this.#bytes;
    let size = this.#size;
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code > 127) {
        size += Buffer.from(bytes.buffer).write(text.slice(at, to), size, "utf8");
        break;
      }
      bytes[size++] = code;
    }
    this.#size = size;
  }

  /** Adds one ASCII character to the value under way. */
  put(code: number): void {
    if (this.#size === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#size++] = code;
  }

  /**
   * Adds the characters from `from` up to the first blank behind something else, or up to `to`; answers where it
   * stopped. `begun`: the value under way holds something else already.
   */
  appendWord(text: string, from: number, to: number, begun: boolean): number {
    if (this.#size + 3 * (to - from) > this.#bytes.length) this.#grow(3 * (to - from));
    const bytes = this.#bytes;
    let size = this.#size;
    let started = begun;
    let at = from;
    for (; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code === BLANK) {
        if (started) break;
      } else started = true;
      if (code > 127) {
        const blank = text.indexOf(" ", at);
        const end = blank < 0 || blank > to ? to : blank;
        size += Buffer.from(bytes.buffer).write(text.slice(at, end), size, "utf8");
        at = end;
        break;
      }
      bytes[size++] = code;
    }
    this.#size = size;
    return at;
  }

  /** Ends the value under way. */
  end(): void {
    this.#ends[this.#rows++] = this.#size;
  }

  /** Ends the value of this row; rows before it that nobody ended are empty. For all rows `fill` must follow. */
  endAt(row: number): void {
    this.#ends[row] = this.#size;
  }

  /** Ends the first `rows` rows that nobody ended. */
  fill(rows: number): void {
    const ends = this.#ends;
    let last = 0;
    for (let row = 0; row < rows; row++) {
      if ((ends[row] as number) < last) ends[row] = last;
      else last = ends[row] as number;
    }
    this.#rows = rows;
  }

  add(text: string): void {
    if (text !== "") this.append(text, 0, text.length);
    this.end();
  }

  /**
   * Takes the values apart that are whole numbers after any blanks: the number and 1 (0: none), the blanks, and what is
   * no number. Undefined when fewer than nine of ten are.
   */
  numbers(order: Uint32Array): { pads: FewTextColumn; rest: TextColumn; numbers: Uint32Array } | undefined {
    const rows = order.length;
    const found = {
      pads: new FewTextColumn(rows),
      rest: new TextColumn(rows),
      numbers: new Uint32Array(rows),
    };
    let others = 0;
    for (let row = 0; row < rows; row++) {
      const at = order[row] as number;
      const start = at === 0 ? 0 : (this.#ends[at - 1] as number);
      const end = this.#ends[at] as number;
      let digits = start;
      while (digits < end && this.#bytes[digits] === BLANK) digits++;
      const number = wholeIn(this.#bytes, digits, end);
      if (number < 0) {
        others += end > start ? 1 : 0;
        if (others * 10 > rows) return undefined;
        found.pads.add("");
        found.rest.add(Buffer.from(this.#bytes.buffer).toString("utf8", start, end));
      } else {
        found.pads.add(BLANKS[digits - start] ?? " ".repeat(digits - start));
        found.rest.end();
        found.numbers[row] = number + 1;
      }
    }
    return found;
  }

  /** How many values differ among `most` of them, evenly spread. */
  variety(most: number): number {
    const bytes = Buffer.from(this.#bytes.buffer);
    const seen = new Set<string>();
    const step = Math.max(1, Math.floor(this.#rows / most));
    for (let at = 0; at < this.#rows; at += step)
      seen.add(bytes.toString("latin1", at === 0 ? 0 : this.#ends[at - 1], this.#ends[at]));
    return seen.size;
  }

  /** The column as one of few texts, its rows in the order given; undefined when there are many after all. */
  fewColumn(name: string, order: Uint32Array): NativeColumn | undefined {
    const rows = order.length;
    const places = new Uint16Array(rows);
    const keys = new ByteKeys(this.#bytes);
    for (let row = 0; row < rows; row++) {
      const at = order[row] as number;
      const place = keys.placeOf(at === 0 ? 0 : (this.#ends[at - 1] as number), this.#ends[at] as number);
      if (place < 0) return undefined;
      places[row] = place;
    }
    const few = placesFor(rows, keys.size);
    few.set(places);
    return fewTexts(name, keys.sized(), few);
  }

  /** The column, its rows in the order given. */
  column(name: string, order: Uint32Array): NativeColumn {
    const [ends, from] = [this.#ends, this.#bytes];
    const source = Buffer.from(from.buffer);
    const out = Buffer.allocUnsafe(this.#size + LONGEST_VARINT * order.length);
    let to = 0;
    for (let row = 0; row < order.length; row++) {
      const at = order[row] as number;
      const start = at === 0 ? 0 : (ends[at - 1] as number);
      const end = ends[at] as number;
      const size = end - start;
      let rest = size;
      while (rest > 127) {
        out[to++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      out[to++] = rest;
      if (size > LONG) {
        source.copy(out, to, start, end);
        to += size;
      } else for (let byte = start; byte < end; byte++) out[to++] = from[byte] as number;
    }
    return { name, type: "String", bytes: out.subarray(0, to) };
  }

  #grow(more: number): void {
    const bytes = new Uint8Array(2 * this.#bytes.length + more);
    bytes.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = bytes;
  }
}

/** Different texts that `ByteKeys` tells apart; beyond that it gives up, so that chosen texts cannot make it slow. */
const MOST_KEYS = 1_000;
const KEY_SLOTS = 4_096;

/** Ranges of bytes told apart by what they hold. */
class ByteKeys {
  readonly #bytes: Uint8Array;
  /** Place of a text and 1. */
  readonly #slots = new Uint16Array(KEY_SLOTS);
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#starts.length;
  }

  /** The place of the text among the different ones, or -1 when they are too many. */
  placeOf(start: number, end: number): number {
    const bytes = this.#bytes;
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    let slot = (hash ^ (hash >>> 15)) & (KEY_SLOTS - 1);
    for (let known = this.#slots[slot] as number; known !== 0; known = this.#slots[slot] as number) {
      if (this.#holds(known - 1, start, end)) return known - 1;
      slot = (slot + 1) & (KEY_SLOTS - 1);
    }
    const place = this.#starts.length;
    if (place === MOST_KEYS) return -1;
    this.#slots[slot] = place + 1;
    this.#starts.push(start);
    this.#ends.push(end);
    return place;
  }

  #holds(place: number, start: number, end: number): boolean {
    const from = this.#starts[place] as number;
    if ((this.#ends[place] as number) - from !== end - start) return false;
    const bytes = this.#bytes;
    for (let at = start; at < end; at++) if (bytes[at] !== bytes[from + at - start]) return false;
    return true;
  }

  sized(): Uint8Array[] {
    return this.#starts.map((start, place) => sized(this.#bytes.subarray(start, this.#ends[place])));
  }
}

const BLANK = 32;
const BLANKS = Array.from({ length: 16 }, (_, count) => " ".repeat(count));
const MOST_DIGITS = 9;

/** The number that the bytes write without leading zeros; -1 when they do not. */
function wholeIn(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > MOST_DIGITS || (bytes[from] === 48 && to - from > 1)) return -1;
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = 10 * number + digit;
  }
  return number;
}

/** A column of text of which each value comes many times: every different one is kept and written out once. */
export class FewTextColumn {
  #numbers: Uint32Array;
  #numberOf = new Map<string, number>();
  #texts: string[] = [];
  #rows = 0;
  #last = "";
  #lastNumber = -1;

  constructor(rows: number) {
    this.#numbers = new Uint32Array(rows);
  }

  /** Makes it empty for a block of at most `rows` values, in the memory of the one before. */
  clear(rows: number): void {
    if (rows > this.#numbers.length) this.#numbers = new Uint32Array(rows);
    this.#numberOf = new Map();
    this.#texts = [];
    this.#rows = 0;
    this.#last = "";
    this.#lastNumber = -1;
  }

  /** Answers the text's number among the different ones so far. A lone surrogate becomes U+FFFD. */
  add(text: string): number {
    if (text !== this.#last || this.#lastNumber < 0) {
      this.#lastNumber = this.#numberOf.get(text) ?? this.#learn(text);
      this.#last = text;
    }
    this.#numbers[this.#rows++] = this.#lastNumber;
    return this.#lastNumber;
  }

  /** The text that has this number, as it is kept. */
  textOf(number: number): string {
    return this.#texts[number] ?? "";
  }

  #learn(text: string): number {
    const fit = text.toWellFormed();
    const number = this.#numberOf.get(fit) ?? this.#texts.push(fit) - 1;
    this.#numberOf.set(fit, number);
    if (fit !== text) this.#numberOf.set(text, number);
    return number;
  }

  column(name: string, order: Uint32Array): NativeColumn {
    const places = placesFor(order.length, this.#texts.length);
    const numbers = this.#numbers;
    for (let row = 0; row < order.length; row++) places[row] = numbers[order[row] as number] as number;
    return fewTexts(name, this.#texts.map(sizedText), places);
  }
}

const LONGEST_VARINT = 5;
/** From here on the copy of the engine is faster than a loop. */
const LONG = 48;

/** The same text in every row. */
export function repeatedText(name: string, rows: number, text: string): NativeColumn {
  return fewTexts(name, [sizedText(text)], new Uint8Array(rows));
}

/** Serialization of LowCardinality: shared dictionaries with keys of their own in each block. */
const LOW_CARDINALITY_VERSION = 1;
/** The block brings its keys, and no dictionary from before counts. */
const OWN_KEYS = 0x600;

/** LowCardinality(String): `keys` (sized texts, all different) and for each row the place of its own among them. */
function fewTexts(
  name: string,
  keys: readonly Uint8Array[],
  places: Uint8Array | Uint16Array | Uint32Array,
): NativeColumn {
  const type = "LowCardinality(String)";
  if (places.length === 0) return { name, type, bytes: new Uint8Array(0) };
  const head = new DataView(new ArrayBuffer(24));
  head.setUint32(0, LOW_CARDINALITY_VERSION, true);
  head.setUint32(8, OWN_KEYS | Math.log2(places.BYTES_PER_ELEMENT), true);
  head.setUint32(16, keys.length, true);
  const count = new DataView(new ArrayBuffer(8));
  count.setUint32(0, places.length, true);
  const bytes = Buffer.concat([
    new Uint8Array(head.buffer),
    ...keys,
    new Uint8Array(count.buffer),
    new Uint8Array(places.buffer, places.byteOffset, places.byteLength),
  ]);
  return { name, type, bytes };
}

/** Room for so many places, each in as few bytes as `keys` different ones need. */
function placesFor(rows: number, keys: number): Uint8Array | Uint16Array | Uint32Array {
  return keys <= 0x100
    ? new Uint8Array(rows)
    : keys <= 0x10000
      ? new Uint16Array(rows)
      : new Uint32Array(rows);
}
