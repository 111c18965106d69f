import { TLP_LEVELS, type Tlp, tlpLabel, tlpOfRank } from "../../../core/tlp.ts";
import { isJsonObject, isList, type JsonObject } from "./json.ts";
import { type StixObject, stixObject } from "./object.ts";

/** OASIS extension definition "TLP 2.0" (cti-stix-common-objects, 2022-10-01). */
const TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

const PUBLISHED: Readonly<Record<Tlp, string>> = {
  clear: "94868c89-83c2-464b-929b-a1a8aa3c8487",
  green: "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
  amber: "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
  "amber+strict": "939a9414-2ddd-4d32-a0cd-375ea402b003",
  red: "e828b379-4e03-4974-9ac4-e53a884c97c1",
};

export function tlpMarkingId(tlp: Tlp): string {
  return `marking-definition--${PUBLISHED[tlp]}`;
}

/** The marking definition exactly as OASIS published it; its properties are part of the definition. */
export function tlpMarking(tlp: Tlp): StixObject {
  return stixObject({
    type: "marking-definition",
    spec_version: "2.1",
    id: tlpMarkingId(tlp),
    created: "2022-10-01T00:00:00.000Z",
    name: tlpLabel(tlp),
    extensions: { [TLP_EXTENSION]: { extension_type: "property-extension", tlp_2_0: tlp } },
  });
}

/** The four markings of TLP 1.0 that STIX 2.1 itself defines (section 7.2.1.4). */
const TLP_1: Readonly<Record<string, Tlp>> = {
  "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
  "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
  "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
  "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
};

/**
 * The strictest TLP of an object, of its granular markings too. What bears none is AMBER, the marking of what
 * somebody shares without a word; the published definitions of TLP are themselves CLEAR.
 */
export function tlpOfObject(object: JsonObject): Tlp {
  return markedTlpOf(object) ?? "amber";
}

/** As `tlpOfObject`, and nothing where the object bears no marking that is a TLP. */
export function markedTlpOf(object: JsonObject): Tlp | undefined {
  if (tlpOfMarking(object["id"]) !== undefined) return "clear";
  const refs = [object["object_marking_refs"], object["granular_markings"]].flatMap((list) =>
    list !== undefined && isList(list) ? list : [],
  );
  const ranks = refs
    .map((ref) => tlpOfMarking(isJsonObject(ref) ? ref["marking_ref"] : ref))
    .flatMap((tlp) => (tlp === undefined ? [] : [TLP_LEVELS.indexOf(tlp)]));
  return ranks.length === 0 ? undefined : tlpOfRank(Math.max(...ranks));
}

function tlpOfMarking(id: unknown): Tlp | undefined {
  if (typeof id !== "string") return undefined;
  return (
    (Object.hasOwn(TLP_1, id) ? TLP_1[id] : undefined) ?? TLP_LEVELS.find((tlp) => tlpMarkingId(tlp) === id)
  );
}
