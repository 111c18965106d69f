/**
 * How messages that hold line feeds lie in a batch, whose lines end by LF: ESC `n` stands for LF, ESC `e` for ESC, in
 * every line of a batch that is marked `framed`. Both are ASCII, so that what was UTF-8 remains it.
 */

const LF = 10;
const ESC = 0x1b;
const LF_SIGN = 0x6e;
const ESC_SIGN = 0x65;

/** The bytes of a batch, and whether it is framed. */
export interface Frame {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly framed?: true;
}

/** Messages as the bytes of a batch, each ended by LF; framed only where one holds a LF. */
export function frame(messages: readonly Uint8Array[]): Frame {
  const end = Uint8Array.of(LF);
  if (!messages.some((message) => message.includes(LF)))
    return { bytes: Buffer.concat(messages.flatMap((message) => [message, end])) };
  return { bytes: Buffer.concat(messages.flatMap((message) => [escaped(message), end])), framed: true };
}

function escaped(message: Uint8Array): Uint8Array {
  if (!message.includes(LF) && !message.includes(ESC)) return message;
  const written = new Uint8Array(2 * message.length);
  let at = 0;
  for (const byte of message) {
    if (byte === LF || byte === ESC) {
      written[at++] = ESC;
      written[at++] = byte === LF ? LF_SIGN : ESC_SIGN;
    } else written[at++] = byte;
  }
  return written.subarray(0, at);
}

/** The message of a line of a framed batch. */
export function unframed(line: Buffer): Buffer {
  if (!line.includes(ESC)) return line;
  const read = Buffer.alloc(line.length);
  let to = 0;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at] as number;
    const sign = line[at + 1];
    if (byte === ESC && (sign === LF_SIGN || sign === ESC_SIGN)) {
      read[to++] = sign === LF_SIGN ? LF : ESC;
      at++;
    } else read[to++] = byte;
  }
  return read.subarray(0, to);
}
