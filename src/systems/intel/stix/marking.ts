import { type Tlp, tlpLabel } from "../../../core/tlp.ts";
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
