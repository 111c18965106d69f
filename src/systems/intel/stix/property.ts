import type { Reason, ReasonFacts } from "../reasons/model.ts";
import { isIdentifier, typeOfIdentifier } from "./identifier.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "./json.ts";
import { isTimestamp, timestampKey } from "./timestamp.ts";
import { isKnownLanguage } from "./vocabularies.ts";

/** One thing wrong with a document: where, which rule of STIX 2.1 it breaks, and why, in words. */
export interface StixFinding {
  readonly level: "must" | "should";
  /** `objects.3.created`; `$` is the document as a whole. */
  readonly path: string;
  /** The section of the standard and a stable name of the rule: `2.16 timestamp`, `4.7 required`. */
  readonly rule: string;
  /** The reason's key, and what it names. */
  readonly why: Reason;
  readonly facts: ReasonFacts;
  /** The reason in English. */
  readonly message: string;
}

export type Report = (
  path: string,
  rule: string,
  why: Reason,
  facts?: ReasonFacts,
  level?: StixFinding["level"],
) => void;
export type Check = (value: Json, path: string, report: Report) => void;
export type ObjectRule = (object: JsonObject, path: string, report: Report) => void;

/** A type of object: what it must have, what each property is, and what holds between them. */
export interface TypeDefinition {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, Check>>;
  readonly rules?: readonly ObjectRule[];
  /** Extensions that the standard itself defines for the type. */
  readonly extensions?: Readonly<Record<string, Check>>;
}

export const string: Check = (value, path, report) => {
  if (typeof value !== "string") report(path, "type", "string");
};

export const matching =
  (pattern: RegExp, why: Reason, rule = "format"): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !pattern.test(value)) report(path, rule, why);
  };

export const boolean: Check = (value, path, report) => {
  if (typeof value !== "boolean") report(path, "type", "boolean");
};

export const integer =
  (least = -Number.MAX_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER): Check =>
  (value, path, report) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) report(path, "type", "integer");
    else if (value < least || value > most) outOfRange(path, least, most, report);
  };

export const float =
  (least: number, most: number): Check =>
  (value, path, report) => {
    if (typeof value !== "number") report(path, "type", "number");
    else if (value < least || value > most) outOfRange(path, least, most, report);
  };

function outOfRange(path: string, least: number, most: number, report: Report): void {
  if (most >= Number.MAX_SAFE_INTEGER) report(path, "range", "least", { least });
  else report(path, "range", "range", { least, most });
}

export const timestamp: Check = (value, path, report) => {
  if (typeof value !== "string" || !isTimestamp(value)) {
    report(path, "timestamp", "timestamp");
  }
};

/** An identifier, of one of the types where some are named. */
export const reference =
  (...types: readonly string[]): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !isIdentifier(value)) report(path, "identifier", "identifier");
    else if (types.length > 0 && !types.includes(typeOfIdentifier(value)))
      report(path, "reference", "reference-to", { types: types.join(", ") });
  };

/**
 * A reference between observables. That its UUID is well formed is told as a warning only: the reference validator
 * takes such references for valid, and so do the producers that were tested with it.
 */
export const observableReference =
  (...types: readonly string[]): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !types.includes(typeOfIdentifier(value))) {
      report(path, "reference", "reference-to", { types: types.join(", ") });
    } else if (!isIdentifier(value)) report(path, "identifier", "reference-uuid", {}, "should");
  };

/** Any identifier; one of another type than the standard has in mind is a warning. */
export const referenceBest =
  (type: string): Check =>
  (value, path, report) => {
    reference()(value, path, report);
    if (typeof value === "string" && typeOfIdentifier(value) !== type) {
      report(path, "reference", "reference-best", { type }, "should");
    }
  };

/** An identifier whose type is anything but those named. */
export const referenceExcept =
  (...types: readonly string[]): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !isIdentifier(value)) report(path, "identifier", "identifier");
    else if (types.includes(typeOfIdentifier(value)))
      report(path, "reference", "reference-not", { type: typeOfIdentifier(value) });
  };

export const listOf =
  (check: Check): Check =>
  (value, path, report) => {
    if (!isList(value)) report(path, "type", "list");
    else if (value.length === 0) report(path, "empty-list", "list-empty");
    else
      value.forEach((each, at) => {
        check(each, `${path}.${at}`, report);
      });
  };

export const oneOf =
  (...values: readonly string[]): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !values.includes(value))
      report(path, "enum", "enum", { values: values.join(", ") });
  };

/** An object with named members of its own, none of which is unknown to the standard without a lawful name. */
export const structure =
  (definition: TypeDefinition): Check =>
  (value, path, report) => {
    if (!isJsonObject(value)) report(path, "type", "object");
    else checkMembers(value, definition, path, report);
  };

/** STIX 2.1 section 2.3: keys of up to 250 of `a-zA-Z0-9_-`. */
export const dictionary =
  (check: Check = () => {}): Check =>
  (value, path, report) => {
    if (!isJsonObject(value)) {
      report(path, "type", "dictionary");
      return;
    }
    if (Object.keys(value).length === 0) report(path, "empty-dictionary", "dictionary-empty");
    for (const [key, inner] of Object.entries(value)) {
      const at = `${path}.${key.slice(0, 250)}`;
      if (!/^[A-Za-z0-9_-]{1,250}$/.test(key)) report(at, "dictionary-key", "dictionary-key");
      check(inner, at, report);
    }
  };

const HASH_DIGITS: Readonly<Record<string, number>> = {
  MD5: 32,
  "RIPEMD-160": 40,
  "SHA-1": 40,
  "SHA-224": 56,
  "SHA-256": 64,
  "SHA-384": 96,
  "SHA-512": 128,
  "SHA3-224": 56,
  "SHA3-256": 64,
  "SHA3-384": 96,
  "SHA3-512": 128,
  WHIRLPOOL: 128,
};
const FUZZY_HASHES: Readonly<Record<string, RegExp>> = {
  SSDEEP: /^\d{1,12}:[A-Za-z0-9/+]{0,160}:[A-Za-z0-9/+]{0,160}$/,
  TLSH: /^(?:T1)?[0-9A-Fa-f]{70}$/,
};

/** STIX 2.1 sections 2.7 and 10.7: names of 3 to 250 characters; the value of a known algorithm has that algorithm's form. */
export const hashes: Check = (value, path, report) => {
  dictionary((hash, at) => {
    const name = at.slice(at.lastIndexOf(".") + 1);
    const digits = Object.hasOwn(HASH_DIGITS, name) ? HASH_DIGITS[name] : undefined;
    const form = Object.hasOwn(FUZZY_HASHES, name) ? FUZZY_HASHES[name] : undefined;
    if (name.length < 3) report(at, "hash-key", "hash-name");
    if (typeof hash !== "string") report(at, "type", "string");
    else if (form !== undefined && !form.test(hash)) report(at, "hash", "hash-form", { name });
    else if (digits !== undefined && (hash.length !== digits || !/^[0-9a-f]+$/i.test(hash)))
      report(at, "hash", "hash-digits", { digits });
  })(value, path, report);
};

/** Section 2.8. Upper case, which the standard has not, is a warning: tools write it, and the reference validator takes it. */
export const hex: Check = (value, path, report) => {
  if (typeof value !== "string" || !/^(?:[0-9a-fA-F]{2})+$/.test(value)) report(path, "hex", "hex");
  else if (/[A-F]/.test(value)) report(path, "hex", "hex-case", {}, "should");
};
export const base64 = matching(
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  "base64",
  "binary",
);
const LANGUAGE_TAG = matching(
  /^(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8}|x-[a-z0-9]{1,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-[a-z0-9]{1,8})*$/i,
  "language",
  "language",
);

/** RFC 5646: a well-formed tag whose language is registered; of three letters only the well-known are told apart. */
export const language: Check = (value, path, report) => {
  LANGUAGE_TAG(value, path, report);
  const [subtag = ""] = typeof value === "string" ? value.split("-") : [];
  if (/^[a-z]{2}$/i.test(subtag) && !isKnownLanguage(subtag))
    report(path, "language", "language-unknown", { language: subtag });
};

/** RFC 3986: no blanks, quotes, angle brackets and controls. Other characters that it has not are a warning, for malware's own URLs hold them. */
export const absoluteUrl: Check = (value, path, report) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (typeof value !== "string" || /[\s<>"\u0000-\u001f\u007f]/.test(value) || !URL.canParse(value))
    report(path, "url", "url");
  else if (/[^\x21-\x7e]|[\\^`{|}]/.test(value)) report(path, "url", "url-characters", {}, "should");
};

/** Sections 3.1 and 11.1. */
export const PROPERTY_NAME = /^[a-z][a-z0-9_]{2,249}$/;

/** Members against a definition: the required, the known, and lawful names for the rest (section 11.1). */
export function checkMembers(
  object: JsonObject,
  definition: TypeDefinition,
  path: string,
  report: Report,
): void {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  for (const name of definition.required ?? []) {
    if (object[name] === undefined) report(at(name), "required", "required", { name });
  }
  for (const [name, value] of Object.entries(object)) {
    const check = Object.hasOwn(definition.properties, name) ? definition.properties[name] : undefined;
    if (check !== undefined) check(value, at(name), report);
    else {
      if (!PROPERTY_NAME.test(name) && name !== "id")
        report(at(name.slice(0, 250)), "property-name", "property-name");
      checkFree(name, value, at(name.slice(0, 250)), report);
    }
  }
  for (const rule of definition.rules ?? []) rule(object, path, report);
}

/** Deeper than any object of STIX; the deeper is refused instead of being walked. */
const DEPTH = 200;

/**
 * What holds for every value, whoever defined it: no null, no empty list (sections 2 and 2.12), and the two endings of
 * names that mean a type (sections 2.1 and 2.8). An empty list deep inside a property of somebody's own is a warning only:
 * ATT&CK itself has such lists, and everybody takes it for valid.
 */
function checkFree(name: string, value: Json, path: string, report: Report, depth = 1): void {
  if (depth > DEPTH) report(path.slice(0, 200), "nesting", "nesting", { levels: DEPTH });
  else if (value === null) report(path, "null", "null");
  else if (typeof value !== "object") {
    if (name.endsWith("_hex")) hex(value, path, report);
    if (name.endsWith("_bin")) base64(value, path, report);
  } else if (isList(value)) {
    if (value.length === 0) report(path, "empty-list", "list-empty", {}, depth === 1 ? "must" : "should");
    value.forEach((each, at) => {
      checkFree("", each, `${path}.${at}`, report, depth + 1);
    });
  } else if (isJsonObject(value))
    for (const [key, inner] of Object.entries(value))
      checkFree("", inner, `${path}.${key}`, report, depth + 1);
}

/** `later` is not before `earlier`, or strictly after it. */
export function ordered(earlier: string, later: string, strictly = false): ObjectRule {
  return (object, path, report) => {
    const [from, to] = [object[earlier], object[later]];
    if (typeof from !== "string" || typeof to !== "string" || !isTimestamp(from) || !isTimestamp(to)) return;
    const [fromKey, toKey] = [timestampKey(from), timestampKey(to)];
    if (toKey < fromKey || (strictly && toKey === fromKey)) {
      report(within(path, later), "order", strictly ? "order-strict" : "order", { later, earlier });
    }
  };
}

/** At least one of these properties is there; what is missing is told at the first of them. */
export function anyOf(...names: readonly string[]): ObjectRule {
  return (object, path, report) => {
    if (names.every((name) => object[name] === undefined))
      report(within(path, names[0] ?? ""), "any-of", "any-of", { names: names.join(", ") });
  };
}

/** Just one of the two properties is there. */
export function oneOfTwo(one: string, other: string): ObjectRule {
  return (object, path, report) => {
    const has = object[one] !== undefined;
    if (has === (object[other] !== undefined))
      report(within(path, has ? other : one), "one-of", "one-of", { one, other });
  };
}

/** The path of a member; that of the document itself is empty, and told as `$` where it has none of its members to name. */
export function within(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
