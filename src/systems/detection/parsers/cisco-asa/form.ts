/** A message as the vendor's manual prints it: words that stand there and `{names}` of what changes (`{}` is passed over). */
export interface Form {
  /** Words and names in turn, words first (perhaps empty). */
  readonly words: readonly string[];
  readonly names: readonly string[];
}

/** `Deny {transport} src {src} dst {dst}` as words and names. */
export function form(text: string): Form {
  const words: string[] = [];
  const names: string[] = [];
  let at = 0;
  while (at <= text.length) {
    const open = text.indexOf("{", at);
    if (open < 0) {
      words.push(text.slice(at));
      break;
    }
    const close = text.indexOf("}", open);
    words.push(text.slice(at, open));
    names.push(text.slice(open + 1, close));
    at = close + 1;
  }
  return { words, names };
}

/** What the first of the forms that fits reads. */
export function readFirst(text: string, forms: readonly Form[]): Map<string, string> | undefined {
  for (const by of forms) {
    const read = readForm(text, by);
    if (read !== undefined) return read;
  }
  return undefined;
}

/**
 * Reads a text by a form: each name takes what lies before the next words, the last one the rest of the text.
 * Text after the last words is let be. One pass, no going back.
 */
export function readForm(text: string, by: Form): Map<string, string> | undefined {
  const first = by.words[0] ?? "";
  if (!text.startsWith(first)) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (let index = 0; index < by.names.length; index++) {
    const next = by.words[index + 1] ?? "";
    const end = next === "" ? text.length : text.indexOf(next, at);
    if (end < 0) return undefined;
    values.push(text.slice(at, end).trim());
    at = end + next.length;
  }
  const found = new Map<string, string>();
  for (const [index, name] of by.names.entries()) if (name !== "") found.set(name, values[index] ?? "");
  return found;
}
