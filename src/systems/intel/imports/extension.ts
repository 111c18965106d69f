import { type StixObject, stixObject } from "../stix/object.ts";
import { sourceIdentity } from "./imported.ts";

const AUTHOR = "identity--9f0c2a52-1f0e-4c57-8a3b-5d0a8b1b6c11";
const SINCE = "2026-11-25T00:00:00.000Z";

/** An extension definition of ours (section 7.3) and who defines it: the same whoever imports what uses it. */
export function extensionDefinition(
  id: string,
  said: {
    readonly name: string;
    readonly description: string;
    readonly schema: string;
    readonly type: string;
  },
): StixObject[] {
  const { name, description, schema, type } = said;
  return [
    sourceIdentity(AUTHOR, "Lianfang 聯防", SINCE),
    stixObject({
      type: "extension-definition",
      spec_version: "2.1",
      id,
      created_by_ref: AUTHOR,
      created: SINCE,
      modified: SINCE,
      name,
      description,
      schema,
      version: "1.0.0",
      extension_types: [type],
    }),
  ];
}
