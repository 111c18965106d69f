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

/** Text; a lone surrogate becomes U+FFFD. */
export function texts(name: string, values: readonly string[]): NativeColumn {
  return { name, type: "String", bytes: textBytes(values) };
}

/** Lists of text. */
export function textLists(name: string, values: readonly (readonly string[])[]): NativeColumn {
  const ends = new Uint32Array(2 * values.length);
  let end = 0;
  for (const [at, list] of values.entries()) {
    end += list.length;
    ends[2 * at] = end;
  }
  const bytes = Buffer.concat([new Uint8Array(ends.buffer), textBytes(values.flat())]);
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

/** Each text with its size before it. */
function textBytes(values: readonly string[]): Uint8Array {
  const joined = values.join("");
  const text = Buffer.from(joined, "utf8");
  // Whether every character is one byte, so that lengths need no counting.
  const plain = text.length === joined.length;
  if (!plain && !joined.isWellFormed()) return textBytes(values.map((value) => value.toWellFormed()));
  const out = Buffer.allocUnsafe(text.length + LONGEST_VARINT * values.length);
  let from = 0;
  let to = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? "";
    const size = plain ? value.length : Buffer.byteLength(value, "utf8");
    let rest = size;
    while (rest > 127) {
      out[to++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    out[to++] = rest;
    const end = from + size;
    if (size > LONG) {
      text.copy(out, to, from, end);
      to += size;
      from = end;
    } else while (from < end) out[to++] = text[from++] as number;
  }
  return out.subarray(0, to);
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
