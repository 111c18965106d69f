const GROUPS = ["(?<=", "(?<!", "(?=", "(?!", "(?>"];

/**
 * The construct of Perl's regular expressions that an engine of linear time cannot offer, by its sign: `(?<=`, `\1`.
 * The first one of the expression; undefined where there is none.
 */
export function beyondLinear(source: string): string | undefined {
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === "\\") {
      at++;
      if (!inClass && /[1-9]/.test(source[at] ?? "")) return `\\${source[at]}`;
    } else if (inClass) inClass = char !== "]";
    else if (char === "[") {
      inClass = true;
      // A bracket that comes first stands for itself.
      if (source[at + 1] === "^") at++;
      if (source[at + 1] === "]") at++;
    } else if (char === "(") {
      const found = GROUPS.find((sign) => source.startsWith(sign, at));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
