/**
 * Blocks in ClickHouse's Native format (clickhouse.com/docs, "Native Format"): columns one after the other, so that the
 * engine neither parses text nor turns rows into columns. LowCardinality columns are sent as their plain type.
 */

/** One column of a block, written. */
export interface NativeColumn {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A block of `rows` rows; its bytes stand alone in memory, so that a thread can hand them on without copying. */
export function nativeBlock(rows: number, columns: readonly NativeColumn[]): Uint8Array<ArrayBuffer> {
  const heads = columns.map(({ name, type }) =>
    Buffer.concat([sized(Buffer.from(name, "utf8")), sized(Buffer.from(type, "utf8"))]),
  );
  const start = Buffer.concat([varint(columns.length), varint(rows)]);
  const length = columns.reduce(
    (sum, { bytes }, at) => sum + bytes.length + (heads[at]?.length ?? 0),
    start.length,
  );
  const block = new Uint8Array(length);
  block.set(start, 0);
  let to = start.length;
  for (const [at, { bytes }] of columns.entries()) {
    const head = heads[at] ?? start;
    block.set(head, to);
    block.set(bytes, to + head.length);
    to += head.length + bytes.length;
  }
  return block;
}

/** Numbers of 8 to 32 bits, as the array's own type. */
export function numbers(name: string, values: Uint8Array | Uint16Array | Uint32Array): NativeColumn {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, type: `UInt${8 * values.BYTES_PER_ELEMENT}`, bytes };
}

/** Numbers of which some are missing: those below zero. */
export function nullableBytes(name: string, values: Int16Array): NativeColumn {
  const bytes = new Uint8Array(2 * values.length);
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? -1;
    if (value < 0) bytes[at] = 1;
    else bytes[values.length + at] = value;
  }
  return { name, type: "Nullable(UInt8)", bytes };
}

/** Instants in milliseconds since 1970. */
export function instants(name: string, values: Float64Array): NativeColumn {
  const bytes = new Uint8Array(8 * values.length);
  const words = new Uint32Array(bytes.buffer);
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? 0;
    const high = Math.floor(value / 2 ** 32);
    words[2 * at] = value - high * 2 ** 32;
    words[2 * at + 1] = high;
  }
  return { name, type: "DateTime64(3, 'UTC')", bytes };
}

/** The same `bytes` of a fixed size in every row. */
export function repeated(name: string, type: string, rows: number, bytes: Uint8Array): NativeColumn {
  const all = new Uint8Array(rows * bytes.length);
  for (let at = 0; at < all.length; at += bytes.length) all.set(bytes, at);
  return { name, type, bytes: all };
}

/** The same text in every row. */
export function repeatedText(name: string, rows: number, text: string): NativeColumn {
  return repeated(name, "String", rows, sizedText(text));
}

/** A column of text that is written piece by piece, without a string for each value. A lone surrogate becomes U+FFFD. */
export class TextColumn {
  readonly #ends: Uint32Array;
  #bytes: Uint8Array;
  #rows = 0;
  #size = 0;

  /** `rows`: values there can be. */
  constructor(rows: number) {
    this.#ends = new Uint32Array(rows);
    this.#bytes = new Uint8Array(4 * rows + 64);
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

  /** Ends the value under way. */
  end(): void {
    this.#ends[this.#rows++] = this.#size;
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
        found.pads.add(" ".repeat(digits - start));
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

const BLANK = 32;
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
  readonly #numbers: Uint32Array;
  readonly #numberOf = new Map<string, number>();
  readonly #texts: string[] = [];
  #rows = 0;
  #last = "";
  #lastNumber = -1;

  constructor(rows: number) {
    this.#numbers = new Uint32Array(rows);
  }

  /** Answers the text's number among the different ones so far. */
  add(text: string): number {
    if (text !== this.#last || this.#lastNumber < 0) {
      const known = this.#numberOf.get(text);
      this.#last = text;
      this.#lastNumber = known ?? this.#texts.length;
      if (known === undefined) {
        this.#numberOf.set(text, this.#lastNumber);
        this.#texts.push(text);
      }
    }
    this.#numbers[this.#rows++] = this.#lastNumber;
    return this.#lastNumber;
  }

  column(name: string, order: Uint32Array): NativeColumn {
    const values = this.#texts.map(sizedText);
    let length = 0;
    for (let row = 0; row < order.length; row++)
      length += (values[this.#numbers[order[row] as number] as number] as Uint8Array).length;
    const out = new Uint8Array(length);
    let to = 0;
    for (let row = 0; row < order.length; row++) {
      const value = values[this.#numbers[order[row] as number] as number] as Uint8Array;
      for (let at = 0; at < value.length; at++) out[to++] = value[at] as number;
    }
    return { name, type: "String", bytes: out };
  }
}

/** Lists of text. */
export function textLists(name: string, values: readonly (readonly string[])[]): NativeColumn {
  const ends = new Uint32Array(2 * values.length);
  const items: Uint8Array[] = [];
  for (let at = 0; at < values.length; at++) {
    for (const text of values[at] ?? []) items.push(sizedText(text));
    ends[2 * at] = items.length;
  }
  const bytes = Buffer.concat([new Uint8Array(ends.buffer), ...items]);
  return { name, type: "Array(String)", bytes };
}

/** A UUID: two halves of 64 bits, each with its least byte first. */
export function uuidBytes(uuid: string): Uint8Array {
  const bytes = Buffer.from(uuid.replaceAll("-", ""), "hex");
  bytes.subarray(0, 8).reverse();
  bytes.subarray(8, 16).reverse();
  return bytes;
}

const LONGEST_VARINT = 5;
/** From here on the copy of the engine is faster than a loop. */
const LONG = 48;

function sizedText(text: string): Uint8Array {
  return sized(Buffer.from(text, "utf8"));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Uint8Array.of(...bytes, rest);
}

function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint(bytes.length), bytes]);
}
