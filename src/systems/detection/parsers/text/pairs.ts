const BLANK = 32;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

/** Values by which devices say "nothing". */
export function isNothing(value: string): boolean {
  switch (value.length) {
    case 0:
      return true;
    case 1:
      return value === "-";
    case 3:
      return value === "N/A" || value === "n/a";
    case 6:
      return value === "(null)";
    default:
      return false;
  }
}

/** Code units that a key may hold. */
const IN_KEY = new Uint8Array(128);
for (const one of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")
  IN_KEY[one.charCodeAt(0)] = 1;

/** Where the key that starts at `from` ends (its sign), or -1 when no key starts there. */
function keyEnd(text: string, from: number, sign: number): number {
  const limit = Math.min(text.length, from + 65);
  let at = from;
  while (at < limit && IN_KEY[text.charCodeAt(at)] === 1) at++;
  return at > from && text.charCodeAt(at) === sign ? at : -1;
}

export interface PairStyle {
  /** What stands between pairs besides blanks: a blank (the default), `,` or `;`. */
  readonly gap?: string;
  /** What stands between key and value: `=` unless told. */
  readonly sign?: string;
}

/**
 * `key=value key="quoted \" value"` in one pass. A bare word without a sign belongs to the value before it
 * (`time=10: 13:03`, unquoted names with blanks). Keys come out in lower case; empty values and `N/A` are left out;
 * of a key that comes twice the first counts.
 */
export function readPairs(text: string, style: PairStyle = {}): Map<string, string> {
  const pairs = new Map<string, string>();
  const gapText = style.gap ?? " ";
  const gap = gapText.charCodeAt(0);
  const sign = style.sign === undefined ? EQUALS : style.sign.charCodeAt(0);
  let key = "";
  let value = "";
  const keep = () => {
    if (key !== "" && !isNothing(value) && !pairs.has(key)) pairs.set(key, value);
  };
  let at = 0;
  while (at < text.length) {
    while (at < text.length && (text.charCodeAt(at) === gap || text.charCodeAt(at) === BLANK)) at++;
    if (at >= text.length) break;
    const equals = keyEnd(text, at, sign);
    if (equals >= 0) {
      keep();
      key = text.slice(at, equals).toLowerCase();
      at = equals + 1;
      value = "";
      if (text.charCodeAt(at) === QUOTE) {
        const read = quotedAt(text, at);
        value = read.value;
        at = read.end;
        continue;
      }
    }
    const stop = text.indexOf(gapText, at);
    const end = stop < 0 ? text.length : stop;
    const word = text.slice(at, end).trimEnd();
    value = value === "" ? word : `${value} ${word}`;
    at = end + 1;
  }
  keep();
  return pairs;
}

/** The text in the quotes that open at `from`, `\"` and `\\` undone; without a closing quote it goes to the end. */
export function quotedAt(text: string, from: number): { value: string; end: number } {
  let start = from + 1;
  let value = "";
  let at = start;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    if (text.charCodeAt(at) === BACKSLASH) {
      const next = text.charCodeAt(at + 1);
      if (next === QUOTE || next === BACKSLASH) {
        value += text.slice(start, at);
        start = at + 1;
        at++;
      }
    }
    at++;
  }
  return { value: value + text.slice(start, at), end: at + 1 };
}
