import { FEW_COLUMNS, isWordCode, MANY_COLUMNS, URL_SQL } from "./line-text.ts";

/**
 * What spares a search most of the lines that hold nothing of what is sought. A mark stands only for a whole word of the
 * line (`wholeAt`), so that a run of letters and digits never lies across the edge of one: where such a run is in a line,
 * it is in the text of one column.
 */

/** Columns that may hold a run with a letter in it; numbers, ports, IPv4 addresses and the time hold none but a month. */
const COLUMNS = [
  ...FEW_COLUMNS,
  ...MANY_COLUMNS,
  "domain",
  // The mark for the domain within a URL may stand anywhere in it.
  URL_SQL,
  "user",
  "host",
  "action",
  "source_other",
  "destination_other",
];

const SHORTEST_RUN = 3;
const MONTHS = new Set("jan feb mar apr may jun jul aug sep oct nov dec".split(" "));

/** The longest run of letters and digits in `sought` that only a column of text can hold; undefined when there is none. */
export function runOf(sought: string): string | undefined {
  let best = "";
  let from = 0;
  for (let at = 0; at <= sought.length; at++) {
    if (at < sought.length && isWordCode(sought.charCodeAt(at))) continue;
    if (at - from > best.length && isText(sought.slice(from, at))) best = sought.slice(from, at);
    from = at + 1;
  }
  return best === "" ? undefined : best;
}

function isText(run: string): boolean {
  return run.length >= SHORTEST_RUN && /[^0-9]/.test(run) && !MONTHS.has(run.toLowerCase());
}

/** A condition that every line holding the run meets, whatever its case; `run` is the name of a parameter. */
export function mayHoldSql(run: string): string {
  return `(${COLUMNS.map((text) => `positionCaseInsensitiveUTF8(${text}, {${run}:String}) > 0`).join(" OR ")})`;
}
