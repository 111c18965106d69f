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

/**
 * The lines of a batch without LF or CR LF, one after the other, since all at once would outlive what is made of each;
 * empty ones are passed over but counted in the numbers. `framed`: lines may stand for messages that hold LF.
 */
export function readLines(bytes: Uint8Array, firstLine: number, framed = false): Generator<Line> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (framed) return cutBytes(buffer, firstLine, unframed);
  return isUtf8(buffer) ? cutText(buffer.toString("utf8"), firstLine) : cutBytes(buffer, firstLine);
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

function* cutText(all: string, firstLine: number): Generator<Line> {
  // A byte order mark at the very start of the input.
  let from = firstLine === 1 && all.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let number = firstLine; from < all.length; number++) {
    const found = all.indexOf("\n", from);
    const end = found < 0 ? all.length : found;
    const stop = end > from && all.charCodeAt(end - 1) === CR ? end - 1 : end;
    if (stop > from) yield { number, text: all.slice(from, stop), valid: true };
    from = end + 1;
  }
}

function* cutBytes(buffer: Buffer, firstLine: number, messageOf?: (line: Buffer) => Buffer): Generator<Line> {
  let from = 0;
  for (let number = firstLine; from < buffer.length; number++) {
    const found = buffer.indexOf(LF, from);
    const end = found < 0 ? buffer.length : found;
    const stop = end > from && buffer[end - 1] === CR ? end - 1 : end;
    const line = buffer.subarray(from, stop);
    const raw = messageOf === undefined ? line : messageOf(line);
    const valid = isUtf8(raw);
    let text = raw.toString("utf8");
    if (number === 1 && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    if (text !== "") yield { number, text, valid, ...(valid ? {} : { raw }) };
    from = end + 1;
  }
}
