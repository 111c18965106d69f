/** The fields of one CSV line (RFC 4180: quotes around, doubled within); blanks around a field are taken off. */
export function splitCsv(line: string, comma = ","): string[] {
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] !== '"') {
      const stop = line.indexOf(comma, at);
      const end = stop < 0 ? line.length : stop;
      fields.push(line.slice(at, end).trim());
      at = end + 1;
      continue;
    }
    let value = "";
    let from = at + 1;
    for (;;) {
      const quote = line.indexOf('"', from);
      if (quote < 0) {
        value += line.slice(from);
        at = line.length;
        break;
      }
      value += line.slice(from, quote);
      at = quote + 1;
      if (line[at] !== '"') break;
      value += '"';
      from = at + 1;
    }
    fields.push(value);
    const next = line.indexOf(comma, at);
    if (next < 0) break;
    at = next + 1;
  }
  return fields;
}

/** Splits at runs of blanks into at most `limit` words; the last one keeps the rest. */
export function words(text: string, limit: number): string[] {
  const found: string[] = [];
  let at = 0;
  while (at < text.length && found.length < limit) {
    while (text.charCodeAt(at) === 32) at++;
    if (at >= text.length) break;
    const space = text.indexOf(" ", at);
    const end = space < 0 || found.length === limit - 1 ? text.length : space;
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

/** What lies between two texts, or `undefined` when either is missing. */
export function between(text: string, open: string, close: string, from = 0): string | undefined {
  const start = text.indexOf(open, from);
  if (start < 0) return undefined;
  const end = text.indexOf(close, start + open.length);
  return end < 0 ? undefined : text.slice(start + open.length, end);
}

/** The words of a text one after the other; empty when there is none left. */
export class Words {
  readonly #text: string;
  #at: number;

  constructor(text: string, from = 0) {
    this.#text = text;
    this.#at = from;
  }

  next(): string {
    const text = this.#text;
    let at = this.#at;
    while (text.charCodeAt(at) === 32) at++;
    const space = text.indexOf(" ", at);
    this.#at = space < 0 ? text.length : space;
    return text.slice(at, this.#at);
  }

  /** All that is left, without blanks around it. */
  rest(): string {
    const rest = this.#text.slice(this.#at).trim();
    this.#at = this.#text.length;
    return rest;
  }
}
