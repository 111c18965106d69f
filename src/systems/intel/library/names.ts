import { isList, type Json, type JsonObject } from "../stix/json.ts";

const NAMES = ["name", "value", "title", "abstract", "path", "subject", "display_name"] as const;

/** What a person calls the object. */
export function namesOf(object: JsonObject): string[] {
  return [
    ...NAMES.flatMap((name) => (typeof object[name] === "string" ? [object[name]] : [])),
    ...textsIn(object["aliases"]),
    ...textsIn(object["x_mitre_aliases"]),
  ];
}

export function textsIn(value: Json | undefined): string[] {
  return value !== undefined && isList(value) ? value.filter((each) => typeof each === "string") : [];
}

/** A name as two producers that write it differently have in common. */
export function foldedName(name: string): string {
  return name.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}
