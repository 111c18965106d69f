const LF = 10;
const CR = 13;

export interface ChunkOptions {
  readonly maxLines: number;
  readonly maxLineBytes: number;
  /** The bytes go to the end of a file to which nothing will be added: its last line may lack its end. */
  readonly last: boolean;
  /** As many bytes as fit were read: a line that has no end among them is taken in pieces. */
  readonly full: boolean;
}

/** How many of the bytes make whole lines, at most so many; 0 while the first line is not complete. */
export function wholeLines(bytes: Uint8Array, options: ChunkOptions): number {
  let end = 0;
  for (let lines = 0; lines < options.maxLines; lines++) {
    const found = bytes.indexOf(LF, end);
    if (found < 0) {
      if (options.last || (options.full && end === 0)) return bytes.length;
      return end;
    }
    end = found + 1;
  }
  return end;
}

/** The lines, none longer than allowed: what is longer is cut there. Answers how many were, too. */
export function cutLong(bytes: Uint8Array, maxLineBytes: number): { bytes: Uint8Array; cut: number } {
  const pieces: Uint8Array[] = [];
  let cut = 0;
  let from = 0;
  while (from < bytes.length) {
    const found = bytes.indexOf(LF, from);
    const end = found < 0 ? bytes.length : found;
    const length = end - from - (bytes[end - 1] === CR ? 1 : 0);
    if (length > maxLineBytes) {
      cut++;
      pieces.push(bytes.subarray(from, from + maxLineBytes), Uint8Array.of(LF));
    } else {
      pieces.push(bytes.subarray(from, Math.min(end + 1, bytes.length)));
    }
    from = end + 1;
  }
  return cut === 0 ? { bytes, cut } : { bytes: Buffer.concat(pieces), cut };
}
