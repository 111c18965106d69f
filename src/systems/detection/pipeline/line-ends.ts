const LF = 10;
const CR = 13;

/** How lines end in bytes. Places are bytes from the beginning of the text; those of UTF-16 are even. */
export interface LineEnds {
  /** Bytes of a line feed. */
  readonly width: 1 | 2;
  readonly feed: Uint8Array;
  /** Where the first line feed from there on stands, or -1. */
  next(bytes: Uint8Array, from: number): number;
  /** Behind the last line feed; 0 where there is none. */
  lastEnd(bytes: Uint8Array): number;
  /** Whether a carriage return stands before that place. */
  returnBefore(bytes: Uint8Array, end: number): boolean;
}

const BYTES: LineEnds = {
  width: 1,
  feed: Uint8Array.of(LF),
  next: (bytes, from) => bytes.indexOf(LF, from),
  lastEnd: (bytes) => bytes.lastIndexOf(LF) + 1,
  returnBefore: (bytes, end) => end > 0 && bytes[end - 1] === CR,
};

/** `low`: where of the two bytes of a character the lower one stands. */
function wide(low: 0 | 1): LineEnds {
  const is = (bytes: Uint8Array, at: number, code: number) =>
    bytes[at + low] === code && bytes[at + 1 - low] === 0;
  return {
    width: 2,
    feed: low === 0 ? Uint8Array.of(LF, 0) : Uint8Array.of(0, LF),
    next(bytes, from) {
      for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
        const start = at - low;
        if (start % 2 === 0 && start >= from && is(bytes, start, LF)) return start;
      }
      return -1;
    },
    lastEnd(bytes) {
      for (let at = bytes.length - (bytes.length % 2) - 2; at >= 0; at -= 2)
        if (is(bytes, at, LF)) return at + 2;
      return 0;
    },
    returnBefore: (bytes, end) => end >= 2 && is(bytes, end - 2, CR),
  };
}

const LITTLE = wide(0);
const BIG = wide(1);

/** How lines end in that encoding; in all but UTF-16 as in ASCII. */
export function lineEnds(encoding: string | undefined): LineEnds {
  if (encoding === "utf-16le") return LITTLE;
  return encoding === "utf-16be" ? BIG : BYTES;
}

/** Lines between line feeds, a carriage return before one included, and where each begins. */
export function* linesOf(
  bytes: Uint8Array,
  ends: LineEnds = BYTES,
): Generator<{ readonly line: Buffer; readonly from: number }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let from = 0; from < buffer.length; ) {
    const found = ends.next(buffer, from);
    const end = found < 0 ? buffer.length : found;
    yield { line: buffer.subarray(from, end), from };
    from = end + ends.width;
  }
}

/** The line without a carriage return at its end. */
export function withoutReturn(line: Buffer, ends: LineEnds = BYTES): Buffer {
  return ends.returnBefore(line, line.length) ? line.subarray(0, line.length - ends.width) : line;
}
