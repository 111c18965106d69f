import type { JsonObject } from "./json.ts";

/** Any STIX object: at least a type and an identifier. */
export type StixObject = JsonObject & { readonly type: string; readonly id: string };

/** Drops members whose value is undefined, so that optional properties are absent instead of null. */
export function stixObject(properties: {
  readonly [name: string]: import("./json.ts").Json | undefined;
  readonly type: string;
  readonly id: string;
}): StixObject {
  const present = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as StixObject;
}

/**
 * The version of an object as TAXII 2.1 counts it (section 3.4.1): `modified`, else `created`, else nothing.
 */
export function versionOf(object: JsonObject): string | undefined {
  const { modified, created } = object;
  if (typeof modified === "string") return modified;
  return typeof created === "string" ? created : undefined;
}
