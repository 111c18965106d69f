import { isUtf8 } from "node:buffer";
import { unframed } from "./framed.ts";

/** One line of a batch. */
export interface Line {
  /** Number in the whole input, from 1. */
  readonly number: number;
  readonly text: string;
  /** False when its bytes are no UTF-8 and the text holds replacement characters. */
  readonly valid: boolean;
  /** The bytes themselves where they are no UTF-8. */
  readonly raw?: Buffer;
}

const TAB = 9;
const LF = 10;
const CR = 13;

/** Bytes that are made text at once: as much as stays near the processor. */
const WINDOW = 256 * 1024;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * The lines of a batch without LF or CR LF, one after the other, since all at once would outlive what is made of each;
 * empty ones are passed over but counted in the numbers. `framed`: lines may stand for messages that hold LF.
 */
export function* readLines(bytes: Uint8Array, firstLine: number, framed = false): Generator<Line> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let number = firstLine;
  for (let from = 0, end = 0; from < buffer.length; from = end) {
    end = windowEnd(buffer, from);
    const window = buffer.subarray(from, end);
    if (framed || !isUtf8(window)) {
      number = yield* cutBytes(window, number, framed ? unframed : undefined);
      continue;
    }
    // Written out here, since handing each line on costs the hot path more than the cutting.
    const all = window.toString("utf8");
    let at = number === 1 && all.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
    for (; at < all.length; number++) {
      const found = all.indexOf("\n", at);
      const ends = found < 0 ? all.length : found;
      const stop = ends > at && all.charCodeAt(ends - 1) === CR ? ends - 1 : ends;
      if (stop > at) yield { number, text: all.slice(at, stop), valid: true };
      at = ends + 1;
    }
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
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte >= 32 || byte === TAB) continue;
    if (byte === LF) most++;
    else plain = false;
  }
  return { most, plain };
}

/** The number of the line after the last. */
function* cutBytes(
  buffer: Buffer,
  firstLine: number,
  messageOf?: (line: Buffer) => Buffer,
): Generator<Line, number> {
  let from = 0;
  let number = firstLine;
  for (; from < buffer.length; number++) {
    const found = buffer.indexOf(LF, from);
    const end = found < 0 ? buffer.length : found;
    const stop = end > from && buffer[end - 1] === CR ? end - 1 : end;
    const line = buffer.subarray(from, stop);
    const raw = messageOf === undefined ? line : messageOf(line);
    const valid = isUtf8(raw);
    let text = raw.toString("utf8");
    if (number === 1 && text.charCodeAt(0) === BYTE_ORDER_MARK) text = text.slice(1);
    if (text !== "") yield { number, text, valid, ...(valid ? {} : { raw }) };
    from = end + 1;
  }
  return number;
}
