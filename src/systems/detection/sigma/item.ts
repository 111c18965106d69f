import { RE2JS } from "re2js";
import { base64Offsets, utf16, withDashes } from "./encode.ts";
import type { Issues } from "./issue.ts";
import type { Facts, Reason } from "./model.ts";
import { type Network, readNetwork } from "./network.ts";
import {
  anythingAfter,
  anythingBefore,
  literalOf,
  literalPattern,
  mapLiterals,
  type Pattern,
  readPattern,
} from "./pattern.ts";
import { type RegexHints, regexHints } from "./regex-hints.ts";
import { beyondLinear } from "./regex-limits.ts";
import type { Tree, TreeScalar } from "./tree.ts";

export type TimePart = "minute" | "hour" | "day" | "week" | "month" | "year";

type Refuse = (reason: Reason, facts?: Facts) => undefined;

/** One thing to be found in a field. */
export type Comparison =
  | { readonly kind: "text"; readonly patterns: readonly Pattern[]; readonly cased: boolean }
  | { readonly kind: "null" }
  | { readonly kind: "exists"; readonly present: boolean }
  | {
      readonly kind: "regex";
      readonly regex: RE2JS;
      readonly hints: RegexHints;
    }
  | { readonly kind: "network"; readonly network: Network }
  | {
      readonly kind: "number";
      readonly op: NumberOp;
      readonly than: number;
      readonly part: TimePart | undefined;
    }
  | { readonly kind: "field"; readonly other: string; readonly how: FieldHow; readonly cased: boolean };

export type NumberOp = "eq" | "lt" | "lte" | "gt" | "gte";
export type FieldHow = "equals" | "startsWith" | "endsWith" | "contains";

/** A field (none: anywhere in the event) and what it is held against. */
export interface Item {
  readonly field: string | undefined;
  readonly comparisons: readonly Comparison[];
  /** Every comparison must hold, not just one. */
  readonly all: boolean;
  readonly negated: boolean;
  readonly line: number;
}

const TEXT_MODIFIERS = [
  "contains",
  "startswith",
  "endswith",
  "base64",
  "base64offset",
  "wide",
  "utf16le",
  "utf16be",
  "utf16",
  "windash",
  "expand",
  "cased",
] as const;
const JUDGEMENTS = new Map([
  ["true", true],
  ["yes", true],
  ["false", false],
  ["no", false],
]);
const ENCODINGS: readonly string[] = ["wide", "utf16le", "utf16be", "utf16"];
/** Those that can be applied to text only (specification, "String Modifiers"). */
const OF_TEXT: readonly string[] = [
  ...ENCODINGS,
  "windash",
  "base64",
  "base64offset",
  "re",
  "fieldref",
  "expand",
];
/** Smallest and largest number that a part of a date can be. */
const PART_RANGE: Readonly<Record<string, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [1, 9999],
};
const NUMBER_MODIFIERS = ["lt", "lte", "gt", "gte"] as const;
const TIME_PARTS = ["minute", "hour", "day", "week", "month", "year"] as const;
const REGEX_FLAGS = ["i", "m", "s"] as const;
const FIELD_MODIFIERS = ["contains", "startswith", "endswith", "cased"] as const;
/** Each takes the value as something other than text, and these may stand beside it. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  re: REGEX_FLAGS,
  cidr: [],
  exists: [],
  fieldref: FIELD_MODIFIERS,
  ...Object.fromEntries(NUMBER_MODIFIERS.map((name) => [name, TIME_PARTS])),
};
const KNOWN = new Set<string>([
  "all",
  "neq",
  ...TEXT_MODIFIERS,
  ...NUMBER_MODIFIERS,
  ...TIME_PARTS,
  ...REGEX_FLAGS,
  ...Object.keys(COMPANIONS),
]);

/** Reads `field|modifier|...: value or list`. Undefined when it has faults, all of which are in `issues`. */
export function readItem(key: string, line: number, value: Tree, issues: Issues): Item | undefined {
  const [field = "", ...modifiers] = key.split("|").map((part) => part.trim());
  if (!modifiersFit(key, field, modifiers, line, issues)) return undefined;
  const comparisons: Comparison[] = [];
  let sound = true;
  const list = value.kind === "list" ? value.items : [value];
  const judged = modifiers.includes("exists") ? "exists" : undefined;
  if (judged !== undefined && list.length > 1) {
    issues.add(line, "value-one", { name: judged });
    sound = false;
  }
  if (modifiers.includes("all") && list.length === 1) {
    issues.add(line, "value-several");
    sound = false;
  }
  for (const one of list) {
    const read = one.kind === "scalar" ? readComparison(field, modifiers, one, issues) : undefined;
    if (one.kind !== "scalar") issues.add(one.line, "value-kind", { key, kind: one.kind });
    if (read === undefined) sound = false;
    else comparisons.push(...read);
  }
  if (value.kind === "list" && value.items.length === 0) {
    issues.add(line, "value-none", { key });
    sound = false;
  }
  if (!sound) return undefined;
  return {
    field: field === "" ? undefined : field,
    comparisons,
    all: modifiers.includes("all"),
    negated: modifiers.includes("neq"),
    line,
  };
}

function modifiersFit(
  key: string,
  field: string,
  modifiers: readonly string[],
  line: number,
  issues: Issues,
): boolean {
  const before = issues.found.length;
  const apart = (...names: readonly string[]) => {
    const [one, ...others] = names;
    for (const other of others) issues.add(line, "modifiers-apart", { one: one ?? "", other });
  };
  for (const name of modifiers.filter((modifier) => !KNOWN.has(modifier))) {
    if (name === "") issues.add(line, "modifier-empty", { key });
    else issues.add(line, "modifier-unknown", { name });
  }
  if (new Set(modifiers).size < modifiers.length) issues.add(line, "modifier-twice", { key });
  const kinds = modifiers.filter((modifier) => modifier in COMPANIONS);
  const others = modifiers.filter((modifier) => modifier !== "all" && modifier !== "neq");
  const [kind, second] = kinds;
  if (kind !== undefined && second !== undefined) apart(kind, second);
  else if (kind !== undefined) {
    for (const name of others.filter((other) => other !== kind && KNOWN.has(other))) {
      if (COMPANIONS[kind]?.includes(name) !== true) apart(kind, name);
    }
  } else {
    const part = others.find((other) => TIME_PARTS.some((name) => name === other));
    const flag = others.find((other) => REGEX_FLAGS.some((name) => name === other));
    if (flag !== undefined) issues.add(line, "modifier-after", { name: flag });
    if (part !== undefined && others.length > 1) issues.add(line, "modifier-date", { name: part });
  }
  const places = others.filter(
    (other) => other === "contains" || other === "startswith" || other === "endswith",
  );
  apart(...places);
  const encodings = others.filter((other) => ENCODINGS.includes(other));
  apart(...encodings);
  const bases = others.filter((other) => other === "base64" || other === "base64offset");
  apart(...bases);
  const [encoding] = encodings;
  const [base] = bases;
  if (encoding !== undefined && base !== undefined && modifiers.indexOf(encoding) > modifiers.indexOf(base))
    issues.add(line, "modifier-before", { name: encoding, other: base });
  const early = REGEX_FLAGS.find(
    (name) => modifiers.includes(name) && modifiers.indexOf(name) < modifiers.indexOf("re"),
  );
  if (early !== undefined) issues.add(line, "modifier-behind", { name: early });
  if (others.filter((other) => TIME_PARTS.some((name) => name === other)).length > 1)
    issues.add(line, "modifier-part");
  if (kind === "exists" && modifiers.length > 1 && others.length === 1) issues.add(line, "modifier-alone");
  if (field === "" && modifiers.includes("neq")) issues.add(line, "modifier-field", { name: "neq" });
  if (field === "" && kind !== undefined && kind !== "re") issues.add(line, "modifier-field", { name: kind });
  return issues.found.length === before;
}

function readComparison(
  field: string,
  modifiers: readonly string[],
  value: TreeScalar,
  issues: Issues,
): readonly Comparison[] | undefined {
  const refuse: Refuse = (reason, facts) => {
    issues.add(value.line, reason, facts);
    return undefined;
  };
  if (modifiers.includes("exists")) {
    const present = JUDGEMENTS.get(value.text.toLowerCase());
    return present === undefined ? refuse("value-judgement") : [{ kind: "exists", present }];
  }
  if (value.value === null) {
    const text = modifiers.find(
      (modifier) => modifier !== "all" && modifier !== "neq" && modifier !== "cased",
    );
    if (text !== undefined) return refuse("value-null", { name: text });
    return field === "" ? refuse("value-keyword") : [{ kind: "null" }];
  }
  const textual = modifiers.find((modifier) => OF_TEXT.includes(modifier));
  if (textual !== undefined && typeof value.value === "boolean")
    return refuse("value-text", { name: textual, value: value.text });
  if (textual !== undefined && textual !== "re" && typeof value.value === "number")
    return refuse("value-text-number", { name: textual, value: value.text });
  if (modifiers.includes("re")) {
    try {
      const regex = RE2JS.compile(value.text, regexFlags(modifiers));
      return [{ kind: "regex", regex, hints: regexHints(value.text, modifiers.includes("i")) }];
    } catch (error) {
      const beyond = beyondLinear(value.text);
      if (beyond !== undefined) return refuse("regex-beyond", { sign: beyond });
      const reason = error instanceof Error ? error.message : String(error);
      return refuse("regex-unusable", { fault: reason });
    }
  }
  if (modifiers.includes("cidr")) {
    const network = readNetwork(value.text);
    return network === undefined ? refuse("prefix", { value: value.text }) : [{ kind: "network", network }];
  }
  const op = NUMBER_MODIFIERS.find((name) => modifiers.includes(name));
  const part = TIME_PARTS.find((name) => modifiers.includes(name));
  if (op !== undefined || part !== undefined) {
    const than = value.text.trim() === "" ? Number.NaN : Number(value.text);
    if (!Number.isFinite(than)) return refuse("number", { name: op ?? part ?? "", value: value.text });
    const [least, most] = (part === undefined ? undefined : PART_RANGE[part]) ?? [-Infinity, Infinity];
    if (than < least || than > most) return refuse("range", { name: part ?? "", least, most });
    return [{ kind: "number", op: op ?? "eq", than, part }];
  }
  const cased = modifiers.includes("cased");
  if (modifiers.includes("fieldref")) {
    if (value.text === "") return refuse("fieldref");
    return [{ kind: "field", other: value.text, how: fieldHow(modifiers), cased }];
  }
  const patterns = readPatterns(field, modifiers, value, refuse);
  return patterns === undefined ? undefined : [{ kind: "text", patterns, cased }];
}

function regexFlags(modifiers: readonly string[]): number {
  let flags = 0;
  if (modifiers.includes("i")) flags |= RE2JS.CASE_INSENSITIVE;
  if (modifiers.includes("m")) flags |= RE2JS.MULTILINE;
  if (modifiers.includes("s")) flags |= RE2JS.DOTALL;
  return flags;
}

function fieldHow(modifiers: readonly string[]): FieldHow {
  if (modifiers.includes("startswith")) return "startsWith";
  if (modifiers.includes("endswith")) return "endsWith";
  return modifiers.includes("contains") ? "contains" : "equals";
}

/** The patterns of a text value after its modifiers, in the order in which they are written. */
function readPatterns(
  field: string,
  modifiers: readonly string[],
  value: TreeScalar,
  refuse: Refuse,
): Pattern[] | undefined {
  const expand = modifiers.includes("expand");
  let patterns = typeof value.value === "string" ? [readPattern(value.text, expand)] : plainPatterns(value);
  let bytes: Buffer | undefined;
  const plain = () => bytes ?? (patterns[0] === undefined ? undefined : encoded(patterns[0]));
  for (const modifier of modifiers) {
    if (bytes !== undefined && modifier !== "base64" && modifier !== "base64offset") {
      patterns = [literalPattern(bytes.toString("latin1"))];
      bytes = undefined;
    }
    switch (modifier) {
      case "windash": {
        const widened = patterns.flatMap((pattern) => {
          if (pattern.some((part) => typeof part === "string" && withDashes(part) === undefined)) return [];
          return mapLiterals(pattern, (literal) => withDashes(literal) ?? [literal]);
        });
        if (widened.length === 0) return refuse("windash");
        patterns = widened;
        break;
      }
      case "contains":
        patterns = patterns.map((pattern) => anythingAfter(anythingBefore(pattern)));
        break;
      case "startswith":
        patterns = patterns.map(anythingAfter);
        break;
      case "endswith":
        patterns = patterns.map(anythingBefore);
        break;
      case "wide":
      case "utf16le":
      case "utf16be":
      case "utf16": {
        const text = patterns.length === 1 && patterns[0] !== undefined ? literalOf(patterns[0]) : undefined;
        if (text === undefined) return refuse("wildcards", { name: modifier });
        bytes = utf16(text, { bigEndian: modifier === "utf16be", mark: modifier === "utf16" });
        break;
      }
      case "base64":
      case "base64offset": {
        const source = plain();
        if (source === undefined || patterns.length !== 1) return refuse("wildcards", { name: modifier });
        patterns = (modifier === "base64" ? [source.toString("base64")] : base64Offsets(source)).map(
          literalPattern,
        );
        bytes = undefined;
        break;
      }
    }
  }
  if (bytes !== undefined) patterns = [literalPattern(bytes.toString("latin1"))];
  return field === "" ? patterns.map((pattern) => anythingAfter(anythingBefore(pattern))) : patterns;
}

function encoded(pattern: Pattern): Buffer | undefined {
  const text = literalOf(pattern);
  return text === undefined ? undefined : Buffer.from(text, "utf8");
}

/** A number meets the event's text both as it is written in the rule and as it is usually written: 0x10 and 16. */
function plainPatterns(value: TreeScalar): Pattern[] {
  const usual = String(value.value);
  return value.text === usual ? [literalPattern(usual)] : [literalPattern(value.text), literalPattern(usual)];
}
