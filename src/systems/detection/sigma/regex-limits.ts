const GROUPS = [
  ["(?<=", "lookbehind"],
  ["(?<!", "negative lookbehind"],
  ["(?=", "lookahead"],
  ["(?!", "negative lookahead"],
  ["(?>", "an atomic group"],
] as const;

/**
 * The construct of Perl's regular expressions that an engine of linear time cannot offer, in the words of a writer of
 * rules, and its sign. The first one of the expression; undefined where there is none.
 */
export function beyondLinear(source: string): { readonly form: string; readonly sign: string } | undefined {
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === "\\") {
      at++;
      if (!inClass && /[1-9]/.test(source[at] ?? ""))
        return { form: "a back-reference", sign: `\\${source[at]}` };
    } else if (inClass) inClass = char !== "]";
    else if (char === "[") {
      inClass = true;
      // A bracket that comes first stands for itself.
      if (source[at + 1] === "^") at++;
      if (source[at + 1] === "]") at++;
    } else if (char === "(") {
      const found = GROUPS.find(([sign]) => source.startsWith(sign, at));
      if (found !== undefined) return { form: found[1], sign: found[0] };
    }
  }
  return undefined;
}
