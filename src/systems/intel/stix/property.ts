import { isIdentifier, typeOfIdentifier } from "./identifier.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "./json.ts";
import { isTimestamp, timestampKey } from "./timestamp.ts";
import { isKnownLanguage } from "./vocabularies.ts";

/** One thing wrong with a document: where, which rule of STIX 2.1 it breaks, and why, in words. */
export interface StixFinding {
  readonly level: "must" | "should";
  /** `objects.3.created`. */
  readonly path: string;
  /** The section of the standard and a stable name of the rule: `2.16 timestamp`, `4.7 required`. */
  readonly rule: string;
  readonly message: string;
}

export type Report = (path: string, rule: string, message: string, level?: StixFinding["level"]) => void;
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
  if (typeof value !== "string") report(path, "type", "a string is wanted");
};

export const matching =
  (pattern: RegExp, what: string, rule = "format"): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !pattern.test(value)) report(path, rule, `${what} is wanted`);
  };

export const boolean: Check = (value, path, report) => {
  if (typeof value !== "boolean") report(path, "type", "true or false is wanted");
};

export const integer =
  (least = -Number.MAX_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER): Check =>
  (value, path, report) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value))
      report(path, "type", "an integer is wanted");
    else if (value < least || value > most) report(path, "range", `between ${least} and ${most}`);
  };

export const float =
  (least: number, most: number): Check =>
  (value, path, report) => {
    if (typeof value !== "number") report(path, "type", "a number is wanted");
    else if (value < least || value > most) report(path, "range", `between ${least} and ${most}`);
  };

export const timestamp: Check = (value, path, report) => {
  if (typeof value !== "string" || !isTimestamp(value)) {
    report(path, "timestamp", "an RFC 3339 timestamp in UTC with Z and a real day is wanted");
  }
};

/** An identifier, of one of the types where some are named. */
export const reference =
  (...types: readonly string[]): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !isIdentifier(value))
      report(path, "identifier", "an identifier is wanted");
    else if (types.length > 0 && !types.includes(typeOfIdentifier(value))) {
      report(path, "reference", `may refer to ${types.join(", ")}`);
    }
  };

/**
 * A reference between observables. That its UUID is well formed is told as a warning only: the reference validator
 * takes such references for valid, and so do the producers that were tested with it.
 */
export const observableReference =
  (...types: readonly string[]): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !types.includes(typeOfIdentifier(value))) {
      report(path, "reference", `may refer to ${types.join(", ")}`);
    } else if (!isIdentifier(value))
      report(path, "identifier", "the identifier has no well-formed UUID", "should");
  };

/** Any identifier; one of another type than the standard has in mind is a warning. */
export const referenceBest =
  (type: string): Check =>
  (value, path, report) => {
    reference()(value, path, report);
    if (typeof value === "string" && typeOfIdentifier(value) !== type) {
      report(path, "reference", `refers to ${type} by the standard`, "should");
    }
  };

/** An identifier whose type is anything but those named. */
export const referenceExcept =
  (...types: readonly string[]): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !isIdentifier(value))
      report(path, "identifier", "an identifier is wanted");
    else if (types.includes(typeOfIdentifier(value))) {
      report(path, "reference", `may not refer to ${typeOfIdentifier(value)}`);
    }
  };

export const listOf =
  (check: Check): Check =>
  (value, path, report) => {
    if (!isList(value)) report(path, "type", "a list is wanted");
    else if (value.length === 0) report(path, "empty-list", "an empty list is left out instead");
    else
      value.forEach((each, at) => {
        check(each, `${path}.${at}`, report);
      });
  };

export const oneOf =
  (...values: readonly string[]): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !values.includes(value))
      report(path, "enum", `one of ${values.join(", ")}`);
  };

/** An object with named members of its own, none of which is unknown to the standard without a lawful name. */
export const structure =
  (definition: TypeDefinition): Check =>
  (value, path, report) => {
    if (!isJsonObject(value)) report(path, "type", "an object is wanted");
    else checkMembers(value, definition, path, report);
  };

/** STIX 2.1 section 2.4: keys of 3 to 250 of `a-zA-Z0-9_-`. */
export const dictionary =
  (check: Check = () => {}): Check =>
  (value, path, report) => {
    if (!isJsonObject(value)) {
      report(path, "type", "a dictionary is wanted");
      return;
    }
    if (Object.keys(value).length === 0)
      report(path, "empty-dictionary", "an empty dictionary is left out instead");
    for (const [key, inner] of Object.entries(value)) {
      if (!/^[A-Za-z0-9_-]{3,250}$/.test(key))
        report(`${path}.${key}`, "dictionary-key", "3 to 250 of a-z, A-Z, 0-9, - and _");
      check(inner, `${path}.${key}`, report);
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

/** STIX 2.1 sections 2.7 and 10.7: the value of a known algorithm has that algorithm's form. */
export const hashes: Check = (value, path, report) => {
  dictionary((hash, at) => {
    const name = at.slice(at.lastIndexOf(".") + 1);
    const digits = Object.hasOwn(HASH_DIGITS, name) ? HASH_DIGITS[name] : undefined;
    const form = Object.hasOwn(FUZZY_HASHES, name) ? FUZZY_HASHES[name] : undefined;
    if (typeof hash !== "string") report(at, "type", "a string is wanted");
    else if (form !== undefined && !form.test(hash)) report(at, "hash", `a digest of ${name} is wanted`);
    else if (digits !== undefined && (hash.length !== digits || !/^[0-9a-f]+$/i.test(hash))) {
      report(at, "hash", `${digits} hexadecimal digits`);
    }
  })(value, path, report);
};

export const hex = matching(/^(?:[0-9a-fA-F]{2})+$/, "an even number of hexadecimal digits", "hex");
export const base64 = matching(
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  "base64 text",
  "binary",
);
const LANGUAGE_TAG = matching(
  /^(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8}|x-[a-z0-9]{1,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-[a-z0-9]{1,8})*$/i,
  "a language tag of RFC 5646",
  "language",
);

/** RFC 5646: a well-formed tag whose language is registered; of three letters only the well-known are told apart. */
export const language: Check = (value, path, report) => {
  LANGUAGE_TAG(value, path, report);
  const [subtag = ""] = typeof value === "string" ? value.split("-") : [];
  if (/^[a-z]{2}$/i.test(subtag) && !isKnownLanguage(subtag))
    report(path, "language", `${subtag} is no language of ISO 639`);
};
export const absoluteUrl: Check = (value, path, report) => {
  if (typeof value !== "string" || !URL.canParse(value)) report(path, "url", "a URL is wanted");
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
    if (object[name] === undefined) report(at(name), "required", `${name} is required`);
  }
  for (const [name, value] of Object.entries(object)) {
    const check = Object.hasOwn(definition.properties, name) ? definition.properties[name] : undefined;
    if (check !== undefined) check(value, at(name), report);
    else {
      if (!PROPERTY_NAME.test(name))
        report(at(name), "property-name", "3 to 250 of a-z, 0-9 and _, a letter first");
      checkFree(name, value, at(name), report);
    }
  }
  for (const rule of definition.rules ?? []) rule(object, path, report);
}

/** Deeper than any object of STIX; the deeper is refused instead of being walked. */
const DEPTH = 200;

/**
 * What holds for every value, whoever defined it: no null, no empty list (sections 2.1 and 2.11), and the two endings of
 * names that mean a type (section 3.1). Inside properties of somebody's own the first two are warnings only: ATT&CK
 * itself has such lists, and everybody takes it for valid.
 */
function checkFree(name: string, value: Json, path: string, report: Report, depth = 1): void {
  if (depth > DEPTH) report(path.slice(0, 200), "nesting", `nested deeper than ${DEPTH} levels`);
  else if (value === null) report(path, "null", "an absent value is left out instead", "should");
  else if (typeof value !== "object") {
    if (name.endsWith("_hex")) hex(value, path, report);
    if (name.endsWith("_bin")) base64(value, path, report);
  } else if (isList(value)) {
    if (value.length === 0) report(path, "empty-list", "an empty list is left out instead", "should");
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
      report(
        path === "" ? later : `${path}.${later}`,
        "order",
        `${later} is before ${earlier}${strictly ? " or the same" : ""}`,
      );
    }
  };
}

/** At least one of these properties is there. */
export function anyOf(...names: readonly string[]): ObjectRule {
  return (object, path, report) => {
    if (names.every((name) => object[name] === undefined))
      report(path, "any-of", `at least one of ${names.join(", ")}`);
  };
}
