/** 2 to the 53rd: the first whole number whose neighbours a double does not tell apart. */
const LAST_EXACT = "9007199254740992";
const DIGITS = LAST_EXACT.length;

/**
 * `JSON.parse`, but whole numbers that a double cannot hold to the digit come as texts of their digits: event ids and
 * nanoseconds must be found again by what the line says. Costs a look at every 16th character where there is none.
 */
export function parseJson(text: string): unknown {
  if (!hasLongNumber(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, exact);
  } catch (error) {
    // Nested deeper than a reviver can go, but not than JSON.parse can.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

/** TypeScript does not know the third argument yet (ECMAScript proposal JSON.parse source text access, in V8 11.4). */
function exact(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d{16,}$/.test(source) ? source : value;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Whether a run of digits above 2^53 stands where a number may begin; a run of 16 covers every 16th place. */
function hasLongNumber(text: string): boolean {
  for (let at = DIGITS - 1; at < text.length; at += DIGITS) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let from = at;
    while (from > 0 && isDigit(text.charCodeAt(from - 1))) from--;
    let to = at + 1;
    while (to < text.length && isDigit(text.charCodeAt(to))) to++;
    const length = to - from;
    if (length > DIGITS || (length === DIGITS && text.slice(from, to) >= LAST_EXACT)) {
      // `:` `,` `[` `-` and white space; a quotation mark before it makes it a text that keeps its digits anyway.
      const before = text.charCodeAt(from - 1);
      if (before === 58 || before === 44 || before === 91 || before === 45 || before <= 32 || from === 0)
        return true;
    }
    at = to - 1;
  }
  return false;
}
