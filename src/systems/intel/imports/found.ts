import { type Tlp, tlpLabel, tlpRank } from "../../../core/tlp.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import { valuesOf } from "../library/values.ts";
import { checkable } from "../library/warned.ts";
import type { IndicatorType } from "../model.ts";
import { type Refusal, refusal, refusalWithin } from "../reasons/model.ts";
import { digestOf } from "../stix/digest.ts";
import { isJsonObject, type JsonObject } from "../stix/json.ts";
import { markedTlpOf } from "../stix/marking.ts";
import { type StixObject, versionOf } from "../stix/object.ts";
import { timestampKey } from "../stix/timestamp.ts";
import { validate } from "../stix/validate.ts";

/** An object that an import would store: its text, what it is, and the values in it that warninglists may know. */
export interface FoundObject {
  readonly text: string;
  readonly path: string;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly versionKey: string | null;
  readonly tlp: Tlp;
  readonly digest: string;
  readonly values: readonly FoundValue[];
  /** Made here in the name of the source, and so ours to give a later version. */
  readonly made: boolean;
}

export interface FoundValue {
  readonly type: IndicatorType;
  readonly value: string;
}

/** Something that stays out: where it is, what it is as far as that can be told, and every reason by itself. */
export interface Refused {
  readonly path: string;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly reasons: readonly Refusal[];
  /** More reasons than these. */
  readonly more: number;
}

export type Found = FoundObject | Refused;

export function isRefused(found: Found): found is Refused {
  return "reasons" in found;
}

/** Refused for one reason; `value` is the object, where there is one. */
export function refusedAt(reason: Refusal, value?: unknown): Refused {
  return { path: reason.path, ...whatOf(value), reasons: [reason], more: 0 };
}

/** What a refused object calls itself, as far as it says. */
function whatOf(value: unknown): { id: string; type: string; name: string } {
  if (!isJsonObject(value)) return { id: "", type: "", name: "" };
  const object = value as JsonObject;
  const text = (member: string) => (typeof object[member] === "string" ? plain(object[member]) : "");
  return { id: text("id"), type: text("type"), name: foundName(object) };
}

export interface Bounds {
  /** Of what bears no marking of its own. */
  readonly tlp: Tlp;
  /** Nothing above comes in. */
  readonly clearance: Tlp;
}

const MOST_REASONS = 20;
/** Values of one object that warninglists are asked for. */
const MOST_CHECKED = 50;

/** Judges an object by itself: what breaks a MUST of STIX 2.1 or is marked above the clearance is refused with its reasons. */
export function judged(
  value: unknown,
  text: string | undefined,
  path: string,
  bounds: Bounds,
  made = false,
): Found {
  if (!isJsonObject(value)) return refusedAt(refusal(path, "8 type", "object"));
  if ((value as JsonObject)["type"] === "bundle")
    return refusedAt(refusal(path, "8 bundle", "bundle-inside"), value);
  const broken = validate(value).filter((finding) => finding.level === "must");
  if (broken.length > 0) {
    const reasons = broken.slice(0, MOST_REASONS).map((each) => refusalWithin(path, each));
    return { path, ...whatOf(value), reasons, more: broken.length - reasons.length };
  }
  const object = value as StixObject;
  const tlp = markedTlpOf(object) ?? bounds.tlp;
  if (tlpRank(tlp) > tlpRank(bounds.clearance))
    return refusedAt(refusal(path, "tlp clearance", "above-clearance", { tlp: tlpLabel(tlp) }), value);
  const version = versionOf(object);
  return {
    text: text ?? JSON.stringify(object),
    path,
    id: object.id,
    type: object.type,
    name: foundName(object),
    versionKey: version === undefined ? null : timestampKey(version),
    tlp,
    digest: made ? timelessDigest(object) : digestOf(object, text ?? ""),
    values: checkable(valuesOf(object)).slice(0, MOST_CHECKED),
    made,
  };
}

/** Times that the importer itself gives where a source names none; the same thing read later is still the same. */
const GIVEN_TIMES = new Set(["created", "modified", "valid_from", "published"]);

function timelessDigest(object: JsonObject): string {
  const said = Object.fromEntries(Object.entries(object).filter(([name]) => !GIVEN_TIMES.has(name)));
  return digestOf(said, sha256Hex(JSON.stringify(said)));
}

const LONGEST_NAME = 300;

/** What the stores take: no NUL, no lone surrogate, no great length. */
function plain(text: string): string {
  return text.slice(0, LONGEST_NAME).toWellFormed().replaceAll("\0", "");
}

/** What an object is called in a list; a relationship by `<source id> <type> <target id>`. */
export function foundName(object: JsonObject): string {
  const { type, source_ref: source, target_ref: target, relationship_type: relation } = object;
  if (type === "relationship") return plain(`${String(source)} ${String(relation)} ${String(target)}`);
  return plain(nameOf(object));
}

function nameOf(object: JsonObject): string {
  for (const member of [
    "name",
    "value",
    "pattern",
    "abstract",
    "content",
    "explanation",
    "relationship_type",
    "key",
    "subject",
    "path",
  ])
    if (typeof object[member] === "string") return object[member];
  const { hashes, definition } = object;
  if (isJsonObject(definition) && typeof definition["statement"] === "string") return definition["statement"];
  if (isJsonObject(hashes)) return String(Object.values(hashes)[0] ?? "");
  const { source_ref: source, target_ref: target, sighting_of_ref: sighted } = object;
  if (typeof source === "string") return `${source} ${String(target)}`;
  return typeof sighted === "string" ? sighted : "";
}
