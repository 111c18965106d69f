import { isUtf8 } from "node:buffer";

/** One line of a batch. */
export interface Line {
  /** Number in the whole input, from 1. */
  readonly number: number;
  readonly text: string;
  /** False when its bytes are no UTF-8 and the text holds replacement characters. */
  readonly valid: boolean;
}

const LF = 10;
const CR = 13;

/** The lines of a batch without LF or CR LF; empty ones are passed over but counted in the numbers. */
export function* readLines(bytes: Uint8Array, firstLine: number): Generator<Line> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const allValid = isUtf8(buffer);
  let from = 0;
  let number = firstLine;
  while (from < buffer.length) {
    const found = buffer.indexOf(LF, from);
    const end = found < 0 ? buffer.length : found;
    const stop = end > from && buffer[end - 1] === CR ? end - 1 : end;
    if (stop > from) {
      const valid = allValid || isUtf8(buffer.subarray(from, stop));
      let text = buffer.toString("utf8", from, stop);
      if (number === 1 && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      if (text !== "") yield { number, text, valid };
    }
    from = end + 1;
    number++;
  }
}
