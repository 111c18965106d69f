import { hash } from "node:crypto";
import { clusterTies } from "../imports/galaxy-extension.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "../stix/json.ts";
import type { StixObject } from "../stix/object.ts";
import { versionOf } from "../stix/object.ts";
import { VALUE_KINDS, type Value } from "./model.ts";
import { foldedName, namesOf, textsIn } from "./names.ts";
import { nodeOf, sameKey } from "./same.ts";
import { partsOfValue, referencesOf, valuesOf } from "./values.ts";
import { addWords } from "./words.ts";

/** Grows when what is derived changes; `lianfang intel reindex` then makes the older entries anew. */
export const DERIVATION = 6;

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
  /** 64 bits of what makes the object one with others by itself; undefined where only a person could say so. */
  readonly alike: bigint | undefined;
  /** `valid_until` in milliseconds since 1970. */
  readonly endsAt: number | undefined;
  /** What it says of other objects, where it is a sighting or an opinion. */
  readonly judgements: readonly Judgement[];
}

/** What one sighting or opinion says of one object. */
export interface Judgement {
  /** The object's place in the index. */
  readonly about: bigint;
  /** 1 seen, 0 looked for and not seen, -1 disagrees; null says nothing, as what was revoked. */
  readonly verdict: 1 | 0 | -1 | null;
  readonly times: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
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
  wholeName: (name: string) => `#n${foldedName(name).slice(0, 150)}`,
  value: ({ kind, value }: Value) =>
    value.length > 150 ? `#v${kind}:${hash("sha256", value, "base64url")}` : `#v${kind}:${value}`,
  refersTo: (id: string) => `#r${BigInt.asUintN(64, thingOf(id)).toString(36)}`,
  type: (type: string) => `#t${type}`,
  label: (label: string) => `#l${label.toLowerCase().slice(0, 150)}`,
  phase: (chain: string, phase: string) => `#k${chain}/${phase}`.slice(0, 150),
  tlp: (rank: number) => `#m${rank}`,
  revoked: "#x",
  deprecated: "#d",
  /** Another document of the same version stands beside it (`lianfang_mark_conflicts`). */
  conflicting: "#c",
  /** A cluster of a galaxy that names another by MISP's UUID. */
  clusterTie: (uuid: string) => `#g${uuid.slice(0, 150)}`,
  toldBy: (sourceId: string) => `#o${sourceId.replaceAll("-", "")}`,
  part: (seq: number) => `#p${Math.floor(seq / 2 ** PART_BITS)}`,
};

/** The value whose mark in the index this is; undefined where the mark holds the value's digest alone. */
export function valueOfToken(mark: string): Value | undefined {
  const colon = mark.indexOf(":");
  const kind = VALUE_KINDS.find((each) => each === mark.slice(2, colon));
  const value = mark.slice(colon + 1);
  if (kind === undefined || /^[\w-]{43}$/.test(value)) return undefined;
  return { kind, value };
}

/** When a version was last said to be so, in milliseconds since 1970; 0 where its document names no time. */
export function freshAtOf(object: JsonObject): number {
  const times = ["modified", "created", "valid_from", "last_seen"].map((name) => {
    const value = object[name];
    return typeof value === "string" ? Date.parse(value) || 0 : 0;
  });
  return Math.max(0, ...times);
}

/** The creator's confidence, 0 to 100; null where the object bears none. */
export function confidenceOf({ confidence }: JsonObject): number | null {
  return typeof confidence === "number" && confidence >= 0 && confidence <= 100
    ? Math.round(confidence)
    : null;
}

/** Kept by its producer and recommended no more, as ATT&CK says of techniques (`x_mitre_deprecated`). */
export function isDeprecated(object: JsonObject): boolean {
  return object["x_mitre_deprecated"] === true;
}

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
  for (const { uuid } of clusterTies(object)) marks.add(token.clusterTie(uuid));
  if (object["revoked"] === true) marks.add(token.revoked);
  if (isDeprecated(object)) marks.add(token.deprecated);
  addTexts(object, words);
  words.delete("");
  const version = versionOf(object);
  const key = sameKey(object);
  return {
    thing: thingOf(object.id),
    versionAt: version === undefined ? 0 : microseconds(version),
    createdAt: typeof object["created"] === "string" ? Math.max(0, Date.parse(object["created"]) || 0) : 0,
    tokens: [...marks, ...words],
    alike: key === undefined ? undefined : nodeOf(key.key),
    endsAt:
      typeof object["valid_until"] === "string" ? Date.parse(object["valid_until"]) || undefined : undefined,
    judgements: judgementsOf(object),
  };
}

function judgementsOf(object: StixObject): Judgement[] {
  const { type, revoked } = object;
  const standing = revoked !== true;
  const time = (name: string) => (typeof object[name] === "string" ? Date.parse(object[name]) || 0 : 0);
  if (type === "sighting") {
    const { sighting_of_ref: about, count } = object;
    if (typeof about !== "string") return [];
    const times =
      typeof count === "number" && Number.isInteger(count) ? Math.min(999_999_999, Math.max(0, count)) : 1;
    const lastAt = time("last_seen") || time("created");
    return [{ about: thingOf(about), verdict: standing ? (times === 0 ? 0 : 1) : null, times, lastAt }];
  }
  if (type !== "opinion") return [];
  const disagrees = standing && /^(?:strongly-)?disagree$/.test(String(object["opinion"]));
  return [...new Set(textsIn(object["object_refs"]))].slice(0, MOST_JUDGED).map((about) => ({
    about: thingOf(about),
    verdict: disagrees ? -1 : null,
    times: 1,
    lastAt: time("created"),
  }));
}

/** Objects of which one opinion speaks. */
const MOST_JUDGED = 500;

function microseconds(timestamp: string): number {
  const millis = Date.parse(timestamp);
  if (Number.isNaN(millis)) return 0;
  const fraction = /\.\d{3}(\d{1,3})/.exec(timestamp)?.[1] ?? "";
  return millis * 1000 + Number(fraction.padEnd(3, "0"));
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
