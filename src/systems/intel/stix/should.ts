import { derivedIdentifier } from "./contributing.ts";
import { isIdentifier, typeOfIdentifier } from "./identifier.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "./json.ts";
import type { ObjectRule } from "./property.ts";
import {
  HASH_ALGORITHMS,
  isCountry,
  OPEN_VOCABULARIES,
  RELATIONSHIPS,
  SHARED_VOCABULARIES,
} from "./vocabularies.ts";

/** What the standard asks for and does not insist on: every finding of these rules is a warning. */
export const SHOULD_RULES: readonly ObjectRule[] = [
  openVocabularies,
  hashNames,
  killChains,
  identifierVersion,
  relationshipWord,
  places,
  references,
  semanticVersion,
  deprecated,
];

function at(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function textsOf(value: Json | undefined): string[] {
  const all = value !== undefined && isList(value) ? value : [value];
  return all.filter((each): each is string => typeof each === "string");
}

/** Section 10. */
function openVocabularies(...[object, path, report]: Parameters<ObjectRule>): void {
  const vocabularies = { ...SHARED_VOCABULARIES, ...own(OPEN_VOCABULARIES, String(object["type"])) };
  for (const [name, known] of Object.entries(vocabularies)) {
    const strange = textsOf(object[name]).filter((value) => !known.has(value));
    if (strange.length > 0)
      report(
        at(path, name),
        "vocabulary",
        "vocabulary",
        { values: strange.join(", ").slice(0, 200) },
        "should",
      );
  }
}

function hashNames(...[object, path, report]: Parameters<ObjectRule>): void {
  const hashes = object["hashes"];
  for (const name of hashes !== undefined && isJsonObject(hashes) ? Object.keys(hashes) : [])
    if (!HASH_ALGORITHMS.has(name))
      report(at(path, `hashes.${name}`), "vocabulary", "hash-unknown", {}, "should");
}

/** Section 2.12: lower case, with hyphens. */
function killChains(...[object, path, report]: Parameters<ObjectRule>): void {
  const phases = object["kill_chain_phases"];
  if (phases === undefined || !isList(phases)) return;
  phases.forEach((phase, index) => {
    for (const name of ["kill_chain_name", "phase_name"]) {
      const value = isJsonObject(phase) ? phase[name] : undefined;
      if (typeof value === "string" && !/^[a-z0-9-]+$/.test(value))
        report(at(path, `kill_chain_phases.${index}.${name}`), "kill-chain", "kill-chain", {}, "should");
    }
  });
}

/** Section 2.9: UUIDv4, and of observables the one that follows from what they say. */
function identifierVersion(...[object, path, report]: Parameters<ObjectRule>): void {
  const id = object["id"];
  if (typeof id !== "string" || !isIdentifier(id)) return;
  const version = id.at(-22);
  if (object["created"] !== undefined || object["type"] === "bundle") {
    if (version !== "4" && object["type"] !== "marking-definition")
      report(at(path, "id"), "identifier-version", "identifier-v4", {}, "should");
    return;
  }
  if (version !== "5") return;
  const derived = derivedIdentifier(object);
  if (derived !== undefined && derived !== id)
    report(at(path, "id"), "observable-id", "identifier-derived", { id: derived }, "should");
}

/** Appendix B; what every object may have to every other besides. */
const BETWEEN_ALL = new Set(["related-to", "derived-from", "duplicate-of"]);

function relationshipWord(...[object, path, report]: Parameters<ObjectRule>): void {
  const { type, relationship_type: word, source_ref: source, target_ref: target } = object;
  if (type !== "relationship" || typeof word !== "string" || BETWEEN_ALL.has(word)) return;
  if (typeof source !== "string" || typeof target !== "string") return;
  const targets = own(own(RELATIONSHIPS, typeOfIdentifier(source)) ?? {}, word);
  const observable = word === "consists-of" && targets !== undefined;
  if (!observable && targets?.has(typeOfIdentifier(target)) !== true) {
    report(
      at(path, "relationship_type"),
      "relationship",
      "relationship",
      { source: typeOfIdentifier(source), word: word.slice(0, 100), target: typeOfIdentifier(target) },
      "should",
    );
  }
}

function places(...[object, path, report]: Parameters<ObjectRule>): void {
  const country = object["country"];
  if (object["type"] === "location" && typeof country === "string" && !isCountry(country))
    report(at(path, "country"), "vocabulary", "country", {}, "should");
}

/** Section 2.5: what a URL leads to has a hash. */
function references(...[object, path, report]: Parameters<ObjectRule>): void {
  const list = object["external_references"];
  if (list === undefined || !isList(list)) return;
  list.forEach((each, index) => {
    if (isJsonObject(each) && each["url"] !== undefined && each["hashes"] === undefined)
      report(at(path, `external_references.${index}`), "external-reference", "url-hash", {}, "should");
  });
}

function semanticVersion(...[object, path, report]: Parameters<ObjectRule>): void {
  const version = object["version"];
  if (object["type"] !== "extension-definition" || typeof version !== "string") return;
  if (!/^\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]+)?$/.test(version))
    report(at(path, "version"), "vocabulary", "semantic-version", {}, "should");
}

function deprecated(...[object, path, report]: Parameters<ObjectRule>): void {
  if (object["type"] === "observed-data" && object["objects"] !== undefined)
    report(at(path, "objects"), "deprecated", "deprecated", { other: "object_refs" }, "should");
}

const NOT_OF_MARKINGS = ["modified", "revoked", "labels", "confidence", "lang"];
const NOT_OF_OBSERVABLES = [
  "created_by_ref",
  "created",
  "modified",
  "revoked",
  "labels",
  "confidence",
  "lang",
  "external_references",
];

/** Section 3.2: common properties that this kind of object does not have. */
export function notApplicable(kind: "marking" | "observable"): ObjectRule {
  const names = kind === "marking" ? NOT_OF_MARKINGS : NOT_OF_OBSERVABLES;
  return (object, path, report) => {
    for (const name of names)
      if (object[name] !== undefined)
        report(at(path, name), "not-applicable", "not-applicable", {}, "should");
  };
}

/** Section 11: names of somebody's own begin with x_ or x-, unless an extension brings them. */
export function customNames(known: Readonly<Record<string, unknown>>, extended: boolean): ObjectRule {
  return (object: JsonObject, path, report) => {
    if (extended) return;
    for (const name of Object.keys(object))
      if (!Object.hasOwn(known, name) && !name.startsWith("x_"))
        report(at(path, name), "custom-name", "custom-property", {}, "should");
  };
}
