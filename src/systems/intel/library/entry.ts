import { hash } from "node:crypto";
import { isJsonObject, isList, type Json, type JsonObject } from "../stix/json.ts";
import type { StixObject } from "../stix/object.ts";
import { versionOf } from "../stix/object.ts";
import type { Value } from "./model.ts";
import { partsOfValue, referencesOf, valuesOf } from "./values.ts";
import { addWords } from "./words.ts";

/** Grows when what is derived changes; `lianfang intel reindex` then makes the older entries anew. */
export const DERIVATION = 1;

/** Objects whose numbers differ by less share a part of the index; a search goes from the newest part to the oldest. */
export const PART_BITS = 14;

/** Distinct words of one object; what a longer text says after them is not found by its words. */
const MOST_WORDS = 1500;

/** What the library derives from an object, to find it by. */
export interface Entry {
  /** 64 bits of the id's SHA-256; versions of one object share it. */
  readonly thing: bigint;
  /** Microseconds since 1970 of the version; 0 for what has none, as observables. */
  readonly versionAt: number;
  /** Milliseconds since 1970 of `created`; 0 for what has none. */
  readonly createdAt: number;
  readonly tokens: string[];
}

/** Where an id stands in the index. */
export function thingOf(id: string): bigint {
  return hash("sha256", id, "buffer").readBigInt64BE(0);
}

/** What marks an object in the index, beside its words. None can be typed as a word. */
export const token = {
  /** Words of a name, which weigh more. */
  name: (word: string) => `^${word}`,
  /** A whole name, which weighs most. */
  wholeName: (name: string) =>
    `#n${name.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim().slice(0, 150)}`,
  value: ({ kind, value }: Value) =>
    value.length > 150 ? `#v${kind}:${hash("sha256", value, "base64url")}` : `#v${kind}:${value}`,
  refersTo: (id: string) => `#r${BigInt.asUintN(64, thingOf(id)).toString(36)}`,
  type: (type: string) => `#t${type}`,
  label: (label: string) => `#l${label.toLowerCase().slice(0, 150)}`,
  phase: (chain: string, phase: string) => `#k${chain}/${phase}`.slice(0, 150),
  tlp: (rank: number) => `#m${rank}`,
  revoked: "#x",
  part: (seq: number) => `#p${Math.floor(seq / 2 ** PART_BITS)}`,
};

/** Everything by which an object is found, out of its document alone. */
export function entryOf(object: StixObject): Entry {
  const words = new Set<string>();
  const marks = new Set<string>([token.type(object.type)]);
  for (const text of namesOf(object)) {
    marks.add(token.wholeName(text));
    const named = new Set<string>();
    addWords(text, named, MOST_WORDS);
    for (const word of named) {
      words.add(word);
      marks.add(token.name(word));
    }
  }
  for (const value of valuesOf(object)) {
    marks.add(token.value(value));
    const whole = value.value.toLowerCase().slice(0, 200);
    words.add(whole);
    for (const part of partsOfValue(value)) words.add(part.slice(0, 200));
    if (value.kind !== "url" && value.kind !== "domain" && value.kind !== "email") continue;
    addWords(whole, words, MOST_WORDS);
  }
  for (const { id } of referencesOf(object)) marks.add(token.refersTo(id));
  for (const label of labelsOf(object)) marks.add(token.label(label));
  for (const { chain, phase } of phasesOf(object)) marks.add(token.phase(chain, phase));
  if (object["revoked"] === true) marks.add(token.revoked);
  addTexts(object, words);
  words.delete("");
  const version = versionOf(object);
  return {
    thing: thingOf(object.id),
    versionAt: version === undefined ? 0 : microseconds(version),
    createdAt: typeof object["created"] === "string" ? Math.max(0, Date.parse(object["created"]) || 0) : 0,
    tokens: [...marks, ...words],
  };
}

function microseconds(timestamp: string): number {
  const millis = Date.parse(timestamp);
  if (Number.isNaN(millis)) return 0;
  const fraction = /\.\d{3}(\d{1,3})/.exec(timestamp)?.[1] ?? "";
  return millis * 1000 + Number(fraction.padEnd(3, "0"));
}

const NAMES = ["name", "value", "title", "abstract", "path", "subject", "display_name"] as const;

/** What a person calls the object. */
export function namesOf(object: JsonObject): string[] {
  return [
    ...NAMES.flatMap((name) => (typeof object[name] === "string" ? [object[name]] : [])),
    ...textsIn(object["aliases"]),
    ...textsIn(object["x_mitre_aliases"]),
  ];
}

export function labelsOf(object: JsonObject): string[] {
  return [
    object["labels"],
    ...Object.entries(object).flatMap(([name, value]) => (name.endsWith("_types") ? [value] : [])),
  ]
    .flatMap(textsIn)
    .slice(0, 100);
}

export function phasesOf(object: JsonObject): { readonly chain: string; readonly phase: string }[] {
  const phases = object["kill_chain_phases"];
  if (phases === undefined || !isList(phases)) return [];
  return phases.flatMap((each) => {
    if (!isJsonObject(each)) return [];
    const { kill_chain_name: chain, phase_name: phase } = each;
    return typeof chain === "string" && typeof phase === "string" ? [{ chain, phase }] : [];
  });
}

function textsIn(value: Json | undefined): string[] {
  return value !== undefined && isList(value) ? value.filter((each) => typeof each === "string") : [];
}

/** Properties that are no words for people: identifiers, times, markings, what is taken apart elsewhere. */
const PASSED_OVER = new Set(
  `id type spec_version created modified valid_from valid_until first_seen last_seen first_observed last_observed
  start_time stop_time ctime mtime atime published pattern pattern_type pattern_version granular_markings hashes
  payload_bin lang extension_type url x_mitre_attack_spec_version x_mitre_version x_mitre_domains labels`.split(
    /\s+/,
  ),
);
/** Of a reference to elsewhere only the name of its keeper and its identifier there are words of the object. */
const OF_REFERENCES = new Set(["source_name", "external_id"]);

function addTexts(object: JsonObject, words: Set<string>): void {
  const walk = (value: Json, depth: number, only?: ReadonlySet<string>): void => {
    if (words.size >= MOST_WORDS || depth > 20) return;
    if (typeof value === "string") addWords(value, words, MOST_WORDS);
    else if (value !== null && typeof value === "object") {
      if (isList(value)) for (const each of value) walk(each, depth + 1, only);
      else
        for (const [name, each] of Object.entries(value)) {
          if (only !== undefined ? !only.has(name) : isPassedOver(name, depth)) continue;
          walk(each, depth + 1, name === "external_references" ? OF_REFERENCES : undefined);
        }
    }
  };
  walk(object, 0);
  for (const label of labelsOf(object)) addWords(label, words, MOST_WORDS);
}

function isPassedOver(name: string, depth: number): boolean {
  return (PASSED_OVER.has(name) && (depth === 0 || name !== "type")) || /_refs?$/.test(name);
}
