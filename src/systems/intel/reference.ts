import { EVERYONE, type Scope } from "../../core/scope.ts";
import type { Tlp } from "../../core/tlp.ts";
import { isJsonObject, isList } from "./stix/json.ts";
import type { StixObject } from "./stix/object.ts";

/** Vocabularies and frameworks, whatever they say. */
const TYPES: ReadonlySet<string> = new Set(["x-misp-taxonomy", "extension-definition"]);
const GALAXY = "misp-galaxy:";

/**
 * Is it reference data, that says what things are called and says nothing of anybody: an object of ATT&CK, a taxonomy, or a
 * cluster of a galaxy? An indicator, an observable, a sighting and a report never are.
 */
export function isReference(object: StixObject): boolean {
  if (NEVER.has(object.type)) return false;
  if (object.type.startsWith("x-mitre-") || TYPES.has(object.type)) return true;
  if (Object.keys(object).some((name) => name.startsWith("x_mitre_"))) return true;
  const { labels, external_references: references } = object;
  if (
    labels !== undefined &&
    isList(labels) &&
    labels.some((label) => typeof label === "string" && label.startsWith(GALAXY))
  )
    return true;
  const [first] = references !== undefined && isList(references) ? references : [];
  const source = first !== undefined && isJsonObject(first) ? first["source_name"] : undefined;
  return typeof source === "string" && /^mitre-(?:(?:ics|mobile)-)?attack$/.test(source);
}

const NEVER: ReadonlySet<string> = new Set([
  "indicator",
  "observed-data",
  "sighting",
  "report",
  "grouping",
  "note",
  "opinion",
  "incident",
]);

/**
 * Who reads an object that was imported: what its import says and, where the node's own centre keeps reference data that is
 * marked TLP:CLEAR, everyone of the constituency. Nothing else becomes visible to anybody by its marking alone.
 */
export function readersOf(
  scope: Scope,
  { orgId, audience }: { readonly orgId: string; readonly audience: readonly string[] },
  { object, tlp }: { readonly object: StixObject; readonly tlp: Tlp },
): readonly string[] {
  const open = tlp === "clear" && scope.actor.kind === "job" && orgId === scope.orgId && isReference(object);
  return open && !audience.includes(EVERYONE) ? [...audience, EVERYONE] : audience;
}
