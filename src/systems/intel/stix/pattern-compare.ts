import { RE2JS } from "re2js";
import { readNetwork } from "../../../platform/lookup/network.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "./json.ts";
import type { Comparison, ObjectPath, PathStep, PatternValue } from "./pattern-tree.ts";
import { isTimestamp, timestampKey } from "./timestamp.ts";

/** Finds the object that a reference names, in the same observation. */
export type Resolve = (id: string) => JsonObject | undefined;

/** Is the comparison true of this object? All that AND joins must hold of one and the same object. */
export function holds(comparison: Comparison, object: JsonObject, resolve: Resolve): boolean {
  if (comparison.kind === "and") return comparison.parts.every((part) => holds(part, object, resolve));
  if (comparison.kind === "or") return comparison.parts.some((part) => holds(part, object, resolve));
  const { path, negated } = comparison;
  if (path.type !== object["type"]) return false;
  const found = valuesAt(object, path, resolve);
  if (comparison.kind === "exists") return found.length > 0 !== negated;
  const name = path.steps.findLast((step) => typeof step === "string") ?? "";
  const test = testOf(comparison, String(name));
  return found.some((value) => test(value) !== negated);
}

/** Every value at a path: `[*]` means each of a list, a step behind a reference goes on in what it names. */
function valuesAt(object: JsonObject, path: ObjectPath, resolve: Resolve): Json[] {
  let values: Json[] = [object];
  for (const step of path.steps) values = values.flatMap((value) => stepInto(value, step, resolve));
  return values;
}

function stepInto(value: Json, step: PathStep, resolve: Resolve): Json[] {
  if (typeof step === "string") {
    const inside = typeof value === "string" ? resolve(value) : value;
    if (inside === undefined || !isJsonObject(inside) || !Object.hasOwn(inside, step)) return [];
    return [inside[step] ?? null];
  }
  if (!isList(value)) return [];
  if (typeof step !== "number") return [...value];
  const found = value[step];
  return found === undefined ? [] : [found];
}

type Test = (value: Json) => boolean;

const tests = new WeakMap<Comparison, Test>();

/** The test of a comparison, made once: an expression is compiled at its first use. */
function testOf(comparison: Extract<Comparison, { kind: "test" }>, property: string): Test {
  const known = tests.get(comparison);
  if (known !== undefined) return known;
  const made = testFor(comparison, property);
  tests.set(comparison, made);
  return made;
}

function testFor({ operator, values }: Extract<Comparison, { kind: "test" }>, property: string): Test {
  const [first] = values;
  const text = first?.kind === "text" ? first.text.normalize("NFC") : "";
  switch (operator) {
    case "IN":
      return (value) => values.some((each) => order(value, each, property) === 0);
    case "LIKE":
      return expression(likeExpression(text));
    case "MATCHES":
      return expression(text);
    case "ISSUBSET":
      return (value) => typeof value === "string" && isInside(value, text);
    case "ISSUPERSET":
      return (value) => typeof value === "string" && isInside(text, value);
    case "!=":
      return (value) => first !== undefined && order(value, first, property) !== 0;
    default:
      return (value) => {
        const by = first === undefined ? undefined : order(value, first, property);
        if (by === undefined) return false;
        if (operator === "=") return by === 0;
        if (operator === "<") return by < 0;
        if (operator === "<=") return by <= 0;
        return operator === ">" ? by > 0 : by >= 0;
      };
  }
}

/** Below, at or above 0 as the value stands to the literal; undefined where they cannot be compared. */
function order(value: Json, literal: PatternValue, property: string): number | undefined {
  if (literal.kind === "number") return typeof value === "number" ? value - literal.number : undefined;
  if (literal.kind === "boolean") {
    return typeof value === "boolean" ? Number(value) - Number(literal.truth) : undefined;
  }
  if (typeof value !== "string") return undefined;
  if (literal.kind === "bytes") return Buffer.compare(bytesOf(value, property), literal.bytes);
  if (literal.kind === "time") {
    return isTimestamp(value) ? compare(timestampKey(value), timestampKey(literal.text)) : undefined;
  }
  return compare(value.normalize("NFC"), literal.text.normalize("NFC"));
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Properties that end in `_hex` hold hexadecimal, other binary ones base64 (STIX 2.1 sections 2.1 and 2.8). */
function bytesOf(value: string, property: string): Buffer {
  return Buffer.from(value, property.endsWith("_hex") ? "hex" : "base64");
}

/** In linear time; an expression that this cannot do throws SyntaxError. `.` takes line ends, too (section 9.6). */
function expression(source: string): Test {
  let form: RE2JS;
  try {
    form = RE2JS.compile(source, RE2JS.DOTALL);
  } catch (error) {
    throw new SyntaxError(
      `an expression that is not supported: ${error instanceof Error ? error.message : source}`,
    );
  }
  return (value) => typeof value === "string" && form.test(value.normalize("NFC"));
}

/** `%` is any text, `_` any character. */
function likeExpression(like: string): string {
  const body = [...like].map((char) => {
    if (char === "%") return ".*";
    return char === "_" ? "." : RE2JS.quote(char);
  });
  return `^${body.join("")}$`;
}

function isInside(inner: string, outer: string): boolean {
  const [one, other] = [readNetwork(inner), readNetwork(outer)];
  return (
    one !== undefined && other !== undefined && one.family === other.family && one.bits.startsWith(other.bits)
  );
}
