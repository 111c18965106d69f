/** What JSON is made of, in bytes of UTF-8. */
export const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
export const OPEN_LIST = 0x5b;
export const OPENS: ReadonlySet<number> = new Set([OPEN_LIST, 0x7b]);
export const CLOSES: ReadonlySet<number> = new Set([0x5d, 0x7d]);
export const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Where a string that begins at `from` ends; behind the last byte where it does not. */
export function stringEnd(bytes: Buffer, from: number): number {
  let at = from + 1;
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return bytes.length;
    let slashes = 0;
    while (quote - 1 - slashes > from && bytes[quote - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote;
    at = quote + 1;
  }
}
