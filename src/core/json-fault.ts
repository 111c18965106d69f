const BLANKS = " \t\r\n";

/**
 * Where a JSON text stops being one, counted from 0; its length when it ends too early; -1 when it is valid.
 * The runtime's own message names no place for short texts. One pass, no recursion.
 */
export function jsonFaultAt(text: string): number {
  const open: string[] = [];
  let at = 0;
  /** What may come next: a value, a key, what follows a key, what follows a value, or nothing more. */
  let wanted: "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma" | "end" = "value";
  while (true) {
    while (at < text.length && BLANKS.includes(text[at] ?? "")) at++;
    if (at >= text.length) return wanted === "end" ? -1 : text.length;
    const mark = text[at] ?? "";
    if (wanted === "end") return at;
    if (wanted === "colon") {
      if (mark !== ":") return at;
      wanted = "value";
      at++;
    } else if (wanted === "comma" || mark === "}" || mark === "]") {
      const inner = open.at(-1);
      const closes = (mark === "}" && inner === "{") || (mark === "]" && inner === "[");
      const empty = wanted === "comma" || wanted === "key-or-end" || wanted === "value-or-end";
      if (closes && empty) {
        open.pop();
        wanted = open.length === 0 ? "end" : "comma";
      } else if (wanted === "comma" && mark === "," && inner !== undefined) {
        wanted = inner === "{" ? "key" : "value";
      } else {
        return at;
      }
      at++;
    } else if (wanted === "key" || wanted === "key-or-end") {
      if (mark !== '"') return at;
      const read = stringEnd(text, at);
      if (read.fault) return read.at;
      at = read.at;
      wanted = "colon";
    } else if (mark === "{" || mark === "[") {
      open.push(mark);
      wanted = mark === "{" ? "key-or-end" : "value-or-end";
      at++;
    } else {
      const read = mark === '"' ? stringEnd(text, at) : plainEnd(text, at);
      if (read.fault) return read.at;
      at = read.at;
      wanted = open.length === 0 ? "end" : "comma";
    }
  }
}

interface Read {
  readonly at: number;
  readonly fault: boolean;
}

function stringEnd(text: string, from: number): Read {
  let at = from + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 34) return { at: at + 1, fault: false };
    if (code < 32) return { at, fault: true };
    if (code === 92) {
      const next = text[at + 1] ?? "";
      if (next === "u") {
        for (let digit = at + 2; digit < at + 6; digit++) {
          if (!"0123456789abcdefABCDEF".includes(text[digit] ?? "?"))
            return { at: Math.min(digit, text.length), fault: true };
        }
        at += 6;
        continue;
      }
      if (next === "" || !'"\\/bfnrt'.includes(next)) return { at: at + 1, fault: true };
      at++;
    }
    at++;
  }
  return { at: text.length, fault: true };
}

const DIGITS = "0123456789";

function plainEnd(text: string, from: number): Read {
  for (const word of ["true", "false", "null"]) {
    if (text[from] !== word[0]) continue;
    for (let at = 0; at < word.length; at++)
      if (text[from + at] !== word[at]) return { at: from + at, fault: true };
    return { at: from + word.length, fault: false };
  }
  let at = from;
  const digits = (): boolean => {
    const start = at;
    while (at < text.length && DIGITS.includes(text[at] ?? "?")) at++;
    return at > start;
  };
  if (text[at] === "-") at++;
  if (text[at] === "0") at++;
  else if (!digits()) return { at, fault: true };
  if (text[at] === ".") {
    at++;
    if (!digits()) return { at, fault: true };
  }
  if (text[at] === "e" || text[at] === "E") {
    at++;
    if (text[at] === "+" || text[at] === "-") at++;
    if (!digits()) return { at, fault: true };
  }
  return { at, fault: false };
}

/** Where a valid JSON text opens more than `most` objects and lists within one another, counted from 0; else -1. */
export function jsonTooDeepAt(text: string, most: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === "\\") at++;
    else if (mark === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (mark === "{" || mark === "[") {
      if (++depth > most) return at;
    } else if (mark === "}" || mark === "]") depth--;
  }
  return -1;
}
