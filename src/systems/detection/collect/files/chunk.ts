import { type LineEnds, linesOf, withoutReturn } from "../../pipeline/line-ends.ts";

export interface ChunkOptions {
  readonly maxLines: number;
  readonly maxLineBytes: number;
  /** The bytes go to the end of a file to which nothing will be added: its last line may lack its end. */
  readonly last: boolean;
  /** As many bytes as fit were read: a line that has no end among them is taken in pieces. */
  readonly full: boolean;
  readonly ends: LineEnds;
}

/** How many of the bytes make whole lines, at most so many; 0 while the first line is not complete. */
export function wholeLines(bytes: Uint8Array, options: ChunkOptions): number {
  const { ends } = options;
  let end = 0;
  for (let lines = 0; lines < options.maxLines; lines++) {
    const found = ends.next(bytes, end);
    if (found < 0) {
      if (options.last || (options.full && end === 0)) return bytes.length;
      return end;
    }
    end = found + ends.width;
  }
  return end;
}

/** The lines, none longer than allowed: what is longer is cut there. Answers how many were, too. */
export function cutLong(
  bytes: Uint8Array,
  maxLineBytes: number,
  ends: LineEnds,
): { bytes: Uint8Array; cut: number } {
  const most = maxLineBytes - (maxLineBytes % ends.width);
  const pieces: Uint8Array[] = [];
  let cut = 0;
  for (const { line, from } of linesOf(bytes, ends)) {
    if (withoutReturn(line, ends).length > maxLineBytes) {
      cut++;
      pieces.push(line.subarray(0, most), ends.feed);
    } else {
      pieces.push(bytes.subarray(from, Math.min(from + line.length + ends.width, bytes.length)));
    }
  }
  return cut === 0 ? { bytes, cut } : { bytes: Buffer.concat(pieces), cut };
}
