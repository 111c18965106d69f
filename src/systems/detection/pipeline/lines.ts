import { isAscii, isUtf8 } from "node:buffer";
import { isWide, LineDecoder } from "../../../core/encoding.ts";
import type { ParserChoice } from "../parsers/line.ts";
import type { BatchLines } from "./batch.ts";
import { unframed } from "./framed.ts";
import { type Group, Joiner, mayJoin } from "./joiner.ts";
import { type LineEnds, lineEnds, linesOf, withoutReturn } from "./line-ends.ts";

/** One line of a batch. */
export interface Line {
  /** Number in the whole input, from 1. */
  readonly number: number;
  readonly text: string;
  /** False when its bytes are no text in the encoding of its source and the text holds replacement characters. */
  readonly valid: boolean;
  /** The bytes themselves where they are not the text as UTF-8. */
  readonly raw?: Buffer | undefined;
  /** How many lines it was in the input, without empty ones, where it was several of one event. */
  readonly lines?: number | undefined;
}

const TAB = 9;
const LF = 10;
const CR = 13;

/** Bytes that are made text at once: as much as stays near the processor. */
const WINDOW = 256 * 1024;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * The lines of a batch without LF or CR LF, one after the other, since all at once would outlive what is made of each;
 * empty ones are passed over but counted in the numbers. It is the line it has read last: no object is made for each.
 * `framed`: lines may stand for messages that hold LF.
 */
export class LineReader implements LinesInTurn {
  number = 0;
  text = "";
  valid = true;
  raw: Buffer | undefined;
  readonly lines = undefined;
  readonly #buffer: Buffer;
  readonly #framed: boolean;
  #end = 0;
  #following: number;
  /** The window under way, one of three: ASCII, text, or bytes whose lines are looked at one by one; and the place in it. */
  #ascii: Buffer | undefined;
  #all = "";
  #bytes: Buffer | undefined;
  #at = 0;

  constructor(bytes: Uint8Array, firstLine: number, framed = false) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#framed = framed;
    this.#following = firstLine;
  }

  /** Reads the next line that is not empty; false when there is none. */
  next(): boolean {
    do {
      if (this.#read()) return true;
    } while (this.#open());
    return false;
  }

  #read(): boolean {
    if (this.#ascii !== undefined) return this.#nextAscii(this.#ascii);
    return this.#bytes === undefined ? this.#nextText() : this.#nextBytes(this.#bytes);
  }

  /** Goes on to the next window. */
  #open(): boolean {
    const buffer = this.#buffer;
    if (this.#end >= buffer.length) return false;
    const end = windowEnd(buffer, this.#end);
    const window = buffer.subarray(this.#end, end);
    this.#end = end;
    this.#at = 0;
    this.#ascii = undefined;
    this.#all = "";
    this.#bytes = undefined;
    if (this.#framed || !isUtf8(window)) {
      this.#bytes = window;
      return true;
    }
    this.valid = true;
    this.raw = undefined;
    if (isAscii(window)) this.#ascii = window;
    else {
      this.#all = window.toString("utf8");
      if (this.#following === 1 && this.#all.charCodeAt(0) === BYTE_ORDER_MARK) this.#at = 1;
    }
    return true;
  }

  /** Each line in memory of its own: a piece of a larger text is slower to read, and keeps the whole of it. */
  #nextAscii(window: Buffer): boolean {
    while (this.#at < window.length) {
      const from = this.#at;
      const found = window.indexOf(LF, from);
      const end = found < 0 ? window.length : found;
      const stop = end > from && window[end - 1] === CR ? end - 1 : end;
      this.#at = end + 1;
      this.number = this.#following++;
      if (stop === from) continue;
      this.text = window.toString("latin1", from, stop);
      return true;
    }
    return false;
  }

  #nextText(): boolean {
    const all = this.#all;
    while (this.#at < all.length) {
      const from = this.#at;
      const found = all.indexOf("\n", from);
      const end = found < 0 ? all.length : found;
      const stop = end > from && all.charCodeAt(end - 1) === CR ? end - 1 : end;
      this.#at = end + 1;
      this.number = this.#following++;
      if (stop === from) continue;
      this.text = all.slice(from, stop);
      return true;
    }
    return false;
  }

  #nextBytes(window: Buffer): boolean {
    while (this.#at < window.length) {
      const from = this.#at;
      const found = window.indexOf(LF, from);
      const end = found < 0 ? window.length : found;
      const stop = end > from && window[end - 1] === CR ? end - 1 : end;
      const line = window.subarray(from, stop);
      const raw = this.#framed ? unframed(line) : line;
      const text = raw.toString("utf8");
      this.#at = end + 1;
      this.number = this.#following++;
      this.text = this.number === 1 && text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
      if (this.text === "") continue;
      this.valid = isUtf8(raw);
      this.raw = this.valid ? undefined : raw;
      return true;
    }
    return false;
  }
}

/** The same as a sequence, each line an object of its own. */
export function* readLines(bytes: Uint8Array, firstLine: number, framed = false): Generator<Line> {
  const lines = new LineReader(bytes, firstLine, framed);
  while (lines.next()) {
    const { number, text, valid, raw } = lines;
    yield { number, text, valid, raw };
  }
}

/** Where a window ends that begins there: behind the last LF within it, or behind the first one after it. */
function windowEnd(buffer: Buffer, from: number): number {
  if (buffer.length - from <= WINDOW) return buffer.length;
  const last = buffer.lastIndexOf(LF, from + WINDOW - 1);
  const found = last >= from ? last : buffer.indexOf(LF, from + WINDOW);
  return found < 0 ? buffer.length : found + 1;
}

/** How many lines a batch has at most, and whether a control character but tab and LF is anywhere in it. */
export function lookOver(bytes: Uint8Array): { readonly most: number; readonly plain: boolean } {
  let most = 1;
  let plain = true;
  const one = (byte: number) => {
    if (byte >= 32 || byte === TAB) return;
    if (byte === LF) most++;
    else plain = false;
  };
  // Four bytes at a time: most hold no control character.
  const skew = (4 - (bytes.byteOffset & 3)) & 3;
  const head = Math.min(skew, bytes.length);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >> 2);
  for (let at = 0; at < head; at++) one(bytes[at] as number);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as number;
    // The highest bit of each byte that is below 32.
    if (((word - 0x20202020) & ~word & 0x80808080) === 0) continue;
    for (let byte = head + 4 * at; byte < head + 4 * at + 4; byte++) one(bytes[byte] as number);
  }
  for (let at = head + 4 * words.length; at < bytes.length; at++) one(bytes[at] as number);
  return { most, plain };
}

/** A reader that is the line it has read last. */
export interface LinesInTurn extends Line {
  /** Reads the next line that is not empty; false when there is none. */
  next(): boolean;
}

type ReadBatch = Pick<BatchLines, "bytes" | "firstLine" | "framed" | "encoding">;

/**
 * The lines of a batch, those of one event as one, with LF between them as they came, in the place of its first.
 * `choice`: the parsers that are asked which belong together.
 */
export function eventsInTurn(batch: ReadBatch, choice: ParserChoice): LinesInTurn {
  const { bytes, firstLine, framed, encoding } = batch;
  // What is joined is ASCII at the beginning of its lines, which the bytes of UTF-16 are not.
  const joiner = !isWide(encoding) && mayJoin(bytes, choice) ? new Joiner(choice) : undefined;
  if (joiner !== undefined || encoding !== undefined) return new EventLines(batch, joiner);
  return new LineReader(bytes, firstLine, framed);
}

/** The same as a sequence, each an object of its own. */
export function* readEvents(batch: ReadBatch, choice: ParserChoice): Generator<Line> {
  const events = eventsInTurn(batch, choice);
  while (events.next()) {
    const { number, text, valid, raw, lines } = events;
    yield { number, text, valid, raw, lines };
  }
}

/** Lines of a batch of which some are one event, or that are in another encoding than UTF-8. */
class EventLines implements LinesInTurn {
  number = 0;
  text = "";
  valid = true;
  raw: Buffer | undefined;
  lines: number | undefined;
  readonly #events: { readonly number: number; readonly lines: Buffer[] }[] = [];
  readonly #ends: LineEnds;
  readonly #encoding: string | undefined;
  #at = 0;

  constructor({ bytes, firstLine, framed, encoding }: ReadBatch, joiner: Joiner | undefined) {
    this.#encoding = encoding;
    this.#ends = lineEnds(framed === true ? undefined : encoding);
    const joined = new Map<Group, Buffer[]>();
    let number = firstLine;
    for (const { line } of linesOf(bytes, this.#ends)) {
      const message = framed === true ? unframed(withoutReturn(line)) : line;
      const group = joiner?.take(message);
      const known = group === undefined ? undefined : joined.get(group);
      if (known === undefined) {
        const lines = [message];
        this.#events.push({ number, lines });
        if (group !== undefined) joined.set(group, lines);
      } else known.push(message);
      number++;
    }
  }

  next(): boolean {
    while (this.#at < this.#events.length) {
      const { number, lines } = this.#events[this.#at++] as { number: number; lines: Buffer[] };
      const bytes = joinedBytes(lines, this.#ends);
      const { text, valid, raw } = decoded(bytes, this.#encoding);
      const marked = number === 1 && text.charCodeAt(0) === BYTE_ORDER_MARK;
      this.number = number;
      this.text = marked ? text.slice(1) : text;
      if (this.text === "") continue;
      this.valid = valid;
      this.raw = marked && isWide(this.#encoding) ? raw?.subarray(2) : raw;
      const filled = (line: Buffer) => withoutReturn(line, this.#ends).length > 0;
      this.lines = lines.length === 1 ? undefined : lines.filter(filled).length;
      return true;
    }
    return false;
  }
}

const DECODERS = new Map<string, LineDecoder>();

/** `raw`: the bytes where the text written as UTF-8 is not they. */
function decoded(
  bytes: Buffer,
  encoding: string | undefined,
): { readonly text: string; readonly valid: boolean; readonly raw: Buffer | undefined } {
  if (encoding === undefined) {
    const valid = isUtf8(bytes);
    return { text: bytes.toString("utf8"), valid, raw: valid ? undefined : bytes };
  }
  if (!isWide(encoding) && isAscii(bytes))
    return { text: bytes.toString("latin1"), valid: true, raw: undefined };
  const decoder = DECODERS.get(encoding) ?? new LineDecoder(encoding);
  DECODERS.set(encoding, decoder);
  return { ...decoder.decode(bytes), raw: bytes };
}

/** The lines as they came, with what ends all but the last. */
function joinedBytes(lines: readonly Buffer[], ends: LineEnds): Buffer {
  const last = withoutReturn(lines.at(-1) as Buffer, ends);
  return lines.length === 1
    ? last
    : Buffer.concat([...lines.slice(0, -1).flatMap((line) => [line, ends.feed]), last]);
}
