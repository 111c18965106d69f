const DASHES = ["-", "/", "\u2013", "\u2014", "\u2015"] as const;
const SWITCH = /\B[-/\u2013\u2014\u2015]\b/g;
const MAX_SWITCHES = 4;

/** Every writing of a command line's switches; undefined where there are more of them than can be written out. */
export function withDashes(text: string): string[] | undefined {
  const pieces = text.split(SWITCH);
  if (pieces.length - 1 > MAX_SWITCHES) return undefined;
  const [first = "", ...others] = pieces;
  return others.reduce(
    (grown, piece) => grown.flatMap((before) => DASHES.map((dash) => `${before}${dash}${piece}`)),
    [first],
  );
}

/** UTF-16 bytes; `mark` puts the byte order mark FF FE before them. */
export function utf16(text: string, options: { bigEndian?: boolean; mark?: boolean } = {}): Buffer {
  const bytes = Buffer.from(options.mark === true ? `\ufeff${text}` : text, "utf16le");
  return options.bigEndian === true ? bytes.swap16() : bytes;
}

/**
 * The three texts as which `bytes` can stand inside a longer base64 text: with 0, 1 or 2 bytes before them, less the
 * characters that also hold bits of their neighbours.
 */
export function base64Offsets(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor((whole.length * 8) / 6);
    return whole.toString("base64").slice(from, to);
  });
}
