/** Any run of characters, `*`. */
const ANY: unique symbol = Symbol("any");
/** Exactly one character, `?`. */
const ONE: unique symbol = Symbol("one");

const NAME = /%([\w.-]+)%/y;

/** Stands for values that a pipeline gives: `%Administrators%` after the modifier `expand`. */
export interface Placeholder {
  readonly placeholder: string;
}

export type PatternPart = string | typeof ANY | typeof ONE | Placeholder;
/** A Sigma string: literal pieces between wildcards. Two literals never stand side by side. */
export type Pattern = readonly PatternPart[];

/**
 * Reads a Sigma string (specification 2.0, "String Wildcard" and "Escaping"): `*` and `?` are wildcards, a backslash
 * takes that meaning from them, two backslashes are one, any other backslash is itself. With `expand` also `%name%` is a
 * placeholder and `\%` a percent sign.
 */
export function readPattern(text: string, expand = false): Pattern {
  const parts: PatternPart[] = [];
  let literal = "";
  const add = (part: Exclude<PatternPart, string>) => {
    if (literal !== "") parts.push(literal);
    literal = "";
    if (part !== ANY || parts.at(-1) !== ANY) parts.push(part);
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") {
      const next = text[at + 1];
      if (next === "*" || next === "?" || next === "\\" || (expand && next === "%")) {
        literal += next;
        at += 1;
      } else literal += "\\";
    } else if (char === "*") add(ANY);
    else if (char === "?") add(ONE);
    else if (expand && char === "%") {
      NAME.lastIndex = at;
      const name = NAME.exec(text)?.[1];
      if (name === undefined) literal += char;
      else {
        add({ placeholder: name });
        at += name.length + 1;
      }
    } else literal += char;
  }
  if (literal !== "") parts.push(literal);
  return parts;
}

/** A pattern that means exactly `text`. */
export function literalPattern(text: string): Pattern {
  return text === "" ? [] : [text];
}

/** The text of a pattern without wildcards and placeholders, undefined for any other. */
export function literalOf(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return "";
  const [only] = pattern;
  return pattern.length === 1 && typeof only === "string" ? only : undefined;
}

export function anythingAfter(pattern: Pattern): Pattern {
  return pattern.at(-1) === ANY ? pattern : [...pattern, ANY];
}

export function anythingBefore(pattern: Pattern): Pattern {
  return pattern[0] === ANY ? pattern : [ANY, ...pattern];
}

/** The same pattern with its literals changed; one literal may become several patterns, all of which are returned. */
export function mapLiterals(pattern: Pattern, change: (literal: string) => readonly string[]): Pattern[] {
  let grown: PatternPart[][] = [[]];
  for (const part of pattern) {
    const choices: readonly PatternPart[] = typeof part === "string" ? change(part) : [part];
    grown = grown.flatMap((before) => choices.map((choice): PatternPart[] => [...before, choice]));
  }
  return grown;
}

export function placeholdersOf(pattern: Pattern): string[] {
  return pattern.flatMap((part) => (isPlaceholder(part) ? [part.placeholder] : []));
}

/** Every pattern that `values` make of it. Throws when a name has no values; ask `placeholdersOf` before. */
export function fillPlaceholders(
  pattern: Pattern,
  values: ReadonlyMap<string, readonly string[]>,
): Pattern[] {
  let grown: PatternPart[][] = [[]];
  for (const part of pattern) {
    const choices: readonly Pattern[] = isPlaceholder(part)
      ? (values.get(part.placeholder) ?? []).map((value) => readPattern(value))
      : [[part]];
    grown = grown.flatMap((before) => choices.map((choice) => [...before, ...choice]));
  }
  return grown.map(joined);
}

function isPlaceholder(part: PatternPart): part is Placeholder {
  return typeof part === "object";
}

function joined(parts: readonly PatternPart[]): Pattern {
  const whole: PatternPart[] = [];
  for (const part of parts) {
    const before = whole.at(-1);
    if (part === "" || (part === ANY && before === ANY)) continue;
    if (typeof part === "string" && typeof before === "string") whole[whole.length - 1] = before + part;
    else whole.push(part);
  }
  return whole;
}

/** The form in which text is compared without regard to case. The final sigma is one with the other. */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes("ς") ? lower.replaceAll("ς", "σ") : lower;
}

/** How a pattern meets a value; the plain shapes are what an index can work with. */
export type Shape =
  | { readonly how: "equals" | "startsWith" | "endsWith" | "contains"; readonly text: string }
  | { readonly how: "anything" }
  | {
      readonly how: "glob";
      readonly segments: readonly Pattern[];
      readonly atStart: boolean;
      readonly atEnd: boolean;
    };

/** `cased` patterns meet the value as it is, others meet `folded(value)`. The pattern holds no placeholder. */
export function shapeOf(pattern: Pattern, cased: boolean): Shape {
  const parts = pattern.map((part) => (typeof part === "string" && !cased ? folded(part) : part));
  const [first, second, third] = parts;
  if (parts.length === 0) return { how: "equals", text: "" };
  if (parts.length === 1 && first === ANY) return { how: "anything" };
  if (parts.length === 1 && typeof first === "string") return { how: "equals", text: first };
  if (parts.length === 2 && typeof first === "string" && second === ANY)
    return { how: "startsWith", text: first };
  if (parts.length === 2 && first === ANY && typeof second === "string")
    return { how: "endsWith", text: second };
  if (parts.length === 3 && first === ANY && typeof second === "string" && third === ANY) {
    return { how: "contains", text: second };
  }
  const segments: PatternPart[][] = [[]];
  for (const part of parts) {
    if (part === ANY) segments.push([]);
    else segments.at(-1)?.push(part);
  }
  const atStart = first !== ANY;
  const atEnd = parts.at(-1) !== ANY;
  return { how: "glob", segments: segments.filter((segment) => segment.length > 0), atStart, atEnd };
}

/** The test of one value. Time grows with pattern times value at worst, never faster. */
export function testOf(shape: Shape): (value: string) => boolean {
  switch (shape.how) {
    case "anything":
      return () => true;
    case "equals": {
      const { text } = shape;
      return (value) => value === text;
    }
    case "startsWith": {
      const { text } = shape;
      return (value) => value.startsWith(text);
    }
    case "endsWith": {
      const { text } = shape;
      return (value) => value.endsWith(text);
    }
    case "contains": {
      const { text } = shape;
      return (value) => value.includes(text);
    }
    case "glob":
      return (value) => globMatches(shape.segments, shape.atStart, shape.atEnd, value);
  }
}

/** Each segment takes its earliest place; a segment tied to the end must also stop there. */
function globMatches(segments: readonly Pattern[], atStart: boolean, atEnd: boolean, value: string): boolean {
  let at = 0;
  for (const [index, segment] of segments.entries()) {
    const tiedToEnd = atEnd && index === segments.length - 1;
    if (index === 0 && atStart) {
      const end = segmentEnd(segment, value, 0);
      if (end === -1 || (tiedToEnd && end !== value.length)) return false;
      at = end;
      continue;
    }
    let end = -1;
    for (let start = at; start <= value.length; start++) {
      if (insideCharacter(value, start)) continue;
      end = segmentEnd(segment, value, start);
      if (end !== -1 && (!tiedToEnd || end === value.length)) break;
      end = -1;
    }
    if (end === -1) return false;
    at = end;
  }
  return true;
}

/** Where the segment ends when it begins at `start`, -1 when it does not stand there. */
function segmentEnd(segment: Pattern, value: string, start: number): number {
  let at = start;
  for (const part of segment) {
    if (typeof part === "string") {
      if (!value.startsWith(part, at)) return -1;
      at += part.length;
    } else {
      const point = value.codePointAt(at);
      if (point === undefined) return -1;
      at += point > 0xffff ? 2 : 1;
    }
  }
  return at;
}

/** The second half of a character beyond the basic plane is no place for `?` to begin. */
function insideCharacter(value: string, at: number): boolean {
  const code = value.charCodeAt(at);
  if (code < 0xdc00 || code > 0xdfff || at === 0) return false;
  const before = value.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff;
}
