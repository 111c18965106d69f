/** Values by which FortiOS says "nothing". */
function isNothing(value: string): boolean {
  return value === "" || value === "N/A" || value === "(null)" || value === "n/a";
}

function isKeyCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 45 ||
    code === 46
  );
}

/** Where the key that starts at `from` ends (its `=`), or -1 when no key starts there. */
function keyEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && at - from <= 64 && isKeyCode(text.charCodeAt(at))) at++;
  return at > from && text[at] === "=" ? at : -1;
}

/**
 * `key=value key="quoted \" value"` in one pass, with `,` between pairs when FortiOS was told to write CSV.
 * A bare word without `=` belongs to the value before it (`time=10: 13:03`, unquoted names with spaces).
 * Empty values and `N/A` are left out; of a key that comes twice the first counts.
 */
export function readPairs(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  const comma = text.startsWith("date=") && text[15] === ",";
  const gap = comma ? 44 : 32;
  let key = "";
  let value = "";
  const keep = () => {
    if (key !== "" && !isNothing(value) && !pairs.has(key)) pairs.set(key, value);
  };
  let at = 0;
  while (at < text.length) {
    while (at < text.length && (text.charCodeAt(at) === gap || text.charCodeAt(at) === 32)) at++;
    if (at >= text.length) break;
    const equals = keyEnd(text, at);
    if (equals >= 0) {
      keep();
      key = text.slice(at, equals).toLowerCase();
      at = equals + 1;
      if (text[at] === '"') {
        let from = at + 1;
        value = "";
        at = from;
        while (at < text.length && text[at] !== '"') {
          if (text[at] === "\\" && (text[at + 1] === '"' || text[at + 1] === "\\")) {
            value += text.slice(from, at);
            from = at + 1;
            at++;
          }
          at++;
        }
        value += text.slice(from, at);
        at++;
        continue;
      }
      value = "";
    }
    const stop = text.indexOf(comma ? "," : " ", at);
    const end = stop < 0 ? text.length : stop;
    const word = text.slice(at, end).trimEnd();
    value = value === "" ? word : `${value} ${word}`;
    at = end + 1;
  }
  keep();
  return pairs;
}
