/**
 * Blocks in ClickHouse's Native format (clickhouse.com/docs, "Native Format"): columns one after the other, so that the
 * engine neither parses text nor turns rows into columns. Columns of few texts travel as LowCardinality: each text once,
 * and a number for each row.
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

/** Bytes, their rows in the order given. */
export function bytesInOrder(name: string, values: Uint8Array, order: Uint32Array): NativeColumn {
  const out = new Uint8Array(order.length);
  for (let row = 0; row < order.length; row++) out[row] = values[order[row] as number] as number;
  return numbers(name, out);
}

/** Numbers of 16 bits, their rows in the order given. */
export function shortsInOrder(name: string, values: Uint16Array, order: Uint32Array): NativeColumn {
  const out = new Uint16Array(order.length);
  for (let row = 0; row < order.length; row++) out[row] = values[order[row] as number] as number;
  return numbers(name, out);
}

/** Numbers of 32 bits, their rows in the order given. */
export function wordsInOrder(name: string, values: Uint32Array, order: Uint32Array): NativeColumn {
  const out = new Uint32Array(order.length);
  for (let row = 0; row < order.length; row++) out[row] = values[order[row] as number] as number;
  return numbers(name, out);
}

/** Numbers of which some are missing: those below zero. Rows in the order given. */
export function nullableBytes(name: string, values: Int16Array, order: Uint32Array): NativeColumn {
  const rows = order.length;
  const bytes = new Uint8Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    const value = values[order[row] as number] as number;
    if (value < 0) bytes[row] = 1;
    else bytes[rows + row] = value;
  }
  return { name, type: "Nullable(UInt8)", bytes };
}

const INSTANT = "DateTime64(3, 'UTC')";

/** Instants in milliseconds since 1970, their rows in the order given. */
export function instants(name: string, values: Float64Array, order: Uint32Array): NativeColumn {
  const bytes = new Uint8Array(8 * order.length);
  const words = new Uint32Array(bytes.buffer);
  for (let row = 0; row < order.length; row++) {
    const value = values[order[row] as number] as number;
    const high = Math.floor(value / 2 ** 32);
    words[2 * row] = value - high * 2 ** 32;
    words[2 * row + 1] = high;
  }
  return { name, type: INSTANT, bytes };
}

/** The same instant in every row. */
export function repeatedInstant(name: string, rows: number, value: number): NativeColumn {
  const one = instants(name, Float64Array.of(value), Uint32Array.of(0));
  return repeated(name, INSTANT, rows, one.bytes);
}

/** The same `bytes` of a fixed size in every row. */
export function repeated(name: string, type: string, rows: number, bytes: Uint8Array): NativeColumn {
  const all = new Uint8Array(rows * bytes.length);
  if (rows > 0) all.set(bytes, 0);
  // What is there already is copied behind itself, twice as much each time.
  for (let done = bytes.length; done > 0 && done < all.length; done *= 2) all.copyWithin(done, 0, done);
  return { name, type, bytes: all };
}

/** Lists of text, their rows in the order given. */
export function textLists(
  name: string,
  values: readonly (readonly string[])[],
  order: Uint32Array,
): NativeColumn {
  const ends = new Uint32Array(2 * order.length);
  const items: Uint8Array[] = [];
  for (let row = 0; row < order.length; row++) {
    const texts = values[order[row] as number] as readonly string[];
    for (let item = 0; item < texts.length; item++) items.push(sizedText(texts[item] as string));
    ends[2 * row] = items.length;
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

/** A text as the format writes it: its length in bytes, then UTF-8. A lone surrogate becomes U+FFFD. */
export function sizedText(text: string): Uint8Array {
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

/** Bytes with their number before them. */
export function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint(bytes.length), bytes]);
}
