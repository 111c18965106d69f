import { BLANKS, CLOSES, COMMA, OPEN_LIST, OPENS, QUOTE, stringEnd } from "../stix/json-bytes.ts";

/** An element of an envelope's `objects`: its text exactly as it came, and how deep brackets stand in it. */
export interface EnvelopePart {
  readonly text: string;
  readonly depth: number;
}

/** Where the elements of an envelope stand in its bytes; nothing is decoded before it is asked for. */
export interface Elements {
  readonly count: number;
  /** The text of one, without the blanks around it. */
  at(index: number): EnvelopePart;
  parts(): Generator<EnvelopePart>;
  /** Which of them a byte of the body belongs to. */
  holding(byte: number): number | undefined;
  /** The envelope without them: `{"objects":[]}`. Undefined where there is no list named `objects`. */
  readonly shell: string | undefined;
}

/**
 * The elements of the last member named `objects` of a JSON object in UTF-8: one pass over the bytes that counts brackets
 * and never recurses, so that neither length nor any depth of nesting hurts it. Whoever finds that the shell and each
 * element are JSON knows that the whole is.
 */
export function elementsOf(bytes: Buffer): Elements {
  /** From, to and depth of each. */
  let places: number[] = [];
  let list: readonly [number, number] | undefined;
  let depth = 0;
  let key: readonly [number, number] = [0, 0];
  let wanted = false;
  let start = 0;
  let first = 0;
  let deepest = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at);
      if (depth === 1) key = [at, end + 1];
      at = end;
    } else if (OPENS.has(byte)) {
      depth++;
      if (depth === 2) {
        wanted = byte === OPEN_LIST && isObjects(bytes, key);
        if (wanted) [places, list, start, first, deepest] = [[], undefined, at + 1, at + 1, 0];
      } else if (wanted) deepest = Math.max(deepest, depth - 2);
    } else if (CLOSES.has(byte)) {
      if (depth === 2 && wanted) {
        if (places.length > 0 || !isBlank(bytes, start, at)) places.push(start, at, deepest);
        list = [first, at];
        wanted = false;
      }
      depth--;
    } else if (byte === COMMA && depth === 2 && wanted) {
      places.push(start, at, deepest);
      [start, deepest] = [at + 1, 0];
    }
  }
  const at = (index: number): EnvelopePart => {
    let [from = 0, to = 0, deep = 0] = places.slice(index * 3, index * 3 + 3);
    while (from < to && BLANKS.has(bytes[from] ?? 0)) from++;
    while (to > from && BLANKS.has(bytes[to - 1] ?? 0)) to--;
    return { text: bytes.toString("utf8", from, to), depth: deep };
  };
  const count = places.length / 3;
  return {
    count,
    at,
    *parts() {
      for (let index = 0; index < count; index++) yield at(index);
    },
    holding(byte) {
      for (let index = 0; index < count; index++)
        if ((places[index * 3] ?? 0) <= byte && byte < (places[index * 3 + 1] ?? 0)) return index;
      return undefined;
    },
    shell:
      list === undefined
        ? undefined
        : bytes.toString("utf8", 0, list[0]) + bytes.toString("utf8", list[1], bytes.length),
  };
}

function isObjects(bytes: Buffer, [from, to]: readonly [number, number]): boolean {
  if (to - from > 100) return false;
  try {
    return JSON.parse(bytes.toString("utf8", from, to)) === "objects";
  } catch {
    return false;
  }
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!BLANKS.has(bytes[at] ?? 0)) return false;
  return true;
}
