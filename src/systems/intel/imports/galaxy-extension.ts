import { isJsonObject, isList, type Json, type JsonObject } from "../stix/json.ts";

/** The extension that keeps what of a galaxy's cluster STIX has no property for. */
export const GALAXY_EXTENSION = "extension-definition--3b2f8e4d-7a60-4a2c-8d1f-64d1a0e59c37";

/** A relation of a cluster to another, of whatever file, by MISP's UUID. */
export interface ClusterTie {
  readonly uuid: string;
  /** As MISP calls it: `similar`, `used-by`. */
  readonly type: string;
}

/** The relations that a cluster says it has; empty for what is no cluster. */
export function clusterTies(object: JsonObject): ClusterTie[] {
  const { extensions } = object;
  const own = isObject(extensions) ? extensions[GALAXY_EXTENSION] : undefined;
  const related = isObject(own) ? own["related"] : undefined;
  if (related === undefined || !isList(related)) return [];
  return related.flatMap((each) => {
    if (!isJsonObject(each)) return [];
    const { dest_uuid: uuid, type } = each;
    return typeof uuid === "string" && typeof type === "string" ? [{ uuid: uuid.toLowerCase(), type }] : [];
  });
}

/** MISP's `similar` says no more than STIX's `related-to`. */
export function relationshipType(type: string): string {
  const plain = type
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
  return plain.length < 3 || plain === "similar" ? "related-to" : plain;
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && isJsonObject(value);
}
