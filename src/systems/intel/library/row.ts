import { tlpOfRank } from "../../../core/tlp.ts";
import { isJsonObject, type Json, type JsonObject } from "../stix/json.ts";
import { labelsOf } from "./entry.ts";
import type { LibraryRow } from "./model.ts";
import { namesOf } from "./names.ts";

/** An object as it is stored, with its place in the order. */
export interface Found {
  readonly seq: number;
  readonly tlp: number;
  readonly orgId: string;
  readonly document: string;
  /** By its document, or withdrawn because nobody tells it any more. */
  readonly revoked: boolean;
  readonly addedAt: string;
}

/** An object as lists show it. */
export function rowOf(found: Found): LibraryRow {
  const { tlp, orgId, addedAt } = found;
  const object = standingOf(found);
  const { id, type, confidence, created, modified, revoked } = object;
  return {
    id: String(id),
    type: String(type),
    name: nameOf(object),
    tlp: tlpOfRank(tlp),
    orgId,
    labels: labelsOf(object).slice(0, 20),
    confidence: typeof confidence === "number" ? confidence : null,
    revoked: revoked === true,
    created: typeof created === "string" ? created : null,
    modified: typeof modified === "string" ? modified : null,
    addedAt,
  };
}

/** The two ends of a relationship; empty for what is none. */
export function endsOf({ document }: Found): string[] {
  const { type, source_ref: source, target_ref: target } = objectOf(document);
  return type === "relationship" && typeof source === "string" && typeof target === "string"
    ? [source, target]
    : [];
}

/** What an object says, revoked also where it is so only because nobody tells it any more. */
export function standingOf({ document, revoked }: Pick<Found, "document" | "revoked">): JsonObject {
  const object = objectOf(document);
  return revoked ? { ...object, revoked } : object;
}

export function objectOf(document: string): JsonObject {
  const value: Json = JSON.parse(document);
  return isJsonObject(value) ? value : {};
}

/** What a person calls the object: its name or value, what a relationship says, the text's beginning. */
export function nameOf(object: JsonObject): string {
  const [name] = namesOf(object);
  if (name !== undefined && name !== "") return name.slice(0, 300);
  const { relationship_type: relation, pattern, hashes, content, opinion, key, number } = object;
  if (typeof relation === "string") return relation;
  if (typeof pattern === "string") return pattern.slice(0, 300);
  if (isJsonObject(hashes)) {
    const [hash] = Object.values(hashes);
    if (typeof hash === "string") return hash;
  }
  const { definition } = object;
  const statement = isJsonObject(definition) ? definition["statement"] : undefined;
  for (const text of [content, opinion, key, number, statement])
    if (typeof text === "string" || typeof text === "number") return String(text).slice(0, 120);
  return String(object["id"] ?? "");
}
