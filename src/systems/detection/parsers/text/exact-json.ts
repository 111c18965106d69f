/** 2 to the 53rd: the first whole number whose neighbours a double does not tell apart. */
const LAST_EXACT = "9007199254740992";
const DIGITS = LAST_EXACT.length;

/**
 * `JSON.parse`, but whole numbers that a double cannot hold to the digit come as texts of their digits: event ids and
 * nanoseconds must be found again by what the line says. Costs a look at every 16th character where there is none, and
 * a copy of the line where one is a member's value, as `Keywords` is in every event of Windows.
 */
export function parseJson(text: string): unknown {
  const runs = longNumbers(text);
  if (runs === undefined) return JSON.parse(text);
  try {
    const quoted = withQuotes(text, runs);
    if (quoted !== undefined) return JSON.parse(quoted);
  } catch {
    // The line is none, or a number stood in a text after all: what follows tells.
  }
  try {
    return JSON.parse(text, exact);
  } catch (error) {
    // Nested deeper than a reviver can go, but not than JSON.parse can.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

/**
 * The text with quotation marks around its long numbers; undefined where one is not plainly a member's value, `"name":`
 * and whole. Where the mark before the colon began a text, the one that is put in ends it, and a text with a digit
 * behind it is no JSON: nothing is read wrongly.
 */
function withQuotes(text: string, runs: readonly Run[]): string | undefined {
  let quoted = "";
  let done = 0;
  for (const { from, to } of runs) {
    const start = text[from - 1] === "-" ? from - 1 : from;
    let colon = start - 1;
    while (text[colon] === " ") colon--;
    const after = text[to];
    if (text[colon] !== ":" || text[colon - 1] !== '"' || text[colon - 2] === "\\") return undefined;
    if (text[from] === "0" || (after !== "," && after !== "}")) return undefined;
    quoted += `${text.slice(done, start)}"${text.slice(start, to)}"`;
    done = to;
  }
  return quoted + text.slice(done);
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

interface Run {
  readonly from: number;
  readonly to: number;
}

/** Runs of digits above 2^53 that stand where a number may begin; a run of 16 covers every 16th place. */
function longNumbers(text: string): readonly Run[] | undefined {
  let runs: Run[] | undefined;
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
      if (before === 58 || before === 44 || before === 91 || before === 45 || before <= 32 || from === 0) {
        runs ??= [];
        runs.push({ from, to });
      }
    }
    at = to - 1;
  }
  return runs;
}
