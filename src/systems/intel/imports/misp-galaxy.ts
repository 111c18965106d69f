import { z } from "zod";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { type ImportOptions, idFrom, type Said } from "./imported.ts";

const Cluster = z.object({
  uuid: z.string().optional(),
  type: z.string(),
  value: z.string().min(1),
  description: z.string().default(""),
  meta: z.object({ external_id: z.array(z.string()).optional() }).optional(),
});
export const Galaxies = z
  .array(z.object({ GalaxyCluster: z.array(z.unknown()).default([]) }))
  .default([])
  .catch([]);

/** Which STIX object a galaxy's clusters are. */
const KINDS: readonly [RegExp, string][] = [
  [/attack-pattern|techniques/, "attack-pattern"],
  [/course-of-action|mitigation/, "course-of-action"],
  [/intrusion-set|ics-groups/, "intrusion-set"],
  [/threat-actor|activity-group/, "threat-actor"],
  [
    /malware|malpedia|ransomware|rat$|banker|botnet|backdoor|stealer|exploit-kit|android|cryptominer/,
    "malware",
  ],
  [/tool|software/, "tool"],
];
/** Those that a file of clusters makes objects of, and an event only labels. */
const CLASSES: readonly [RegExp, string][] = [[/^sector$|target-information/, "identity"]];

/** The type of a galaxy's clusters; undefined where STIX has none. */
export function galaxyKind(type: string): string | undefined {
  return [...KINDS, ...CLASSES].find(([form]) => form.test(type))?.[1];
}

/** The objects and labels of galaxies. MITRE's clusters bear the identifiers of ATT&CK as external references. */
export function galaxyObjects(
  galaxies: z.infer<typeof Galaxies>,
  said: Said,
  options: ImportOptions,
): { objects: StixObject[]; labels: string[] } {
  const objects: StixObject[] = [];
  const labels: string[] = [];
  for (const given of galaxies.flatMap((galaxy) => galaxy.GalaxyCluster)) {
    const read = Cluster.safeParse(given);
    if (!read.success) continue;
    const { uuid, type, value, description, meta } = read.data;
    const kind = KINDS.find(([form]) => form.test(type))?.[1];
    if (kind === undefined) labels.push(`${type}:${value}`.slice(0, 200));
    else {
      const ids = (meta?.external_id ?? []).filter((id) => /^[A-Z]{1,6}\d{1,6}(?:\.\d{3})?$/.test(id));
      objects.push(
        stixObject({
          type: kind,
          spec_version: "2.1",
          id: idFrom(kind, uuid, options.createdBy, type, value),
          created_by_ref: options.createdBy,
          created: said.at,
          modified: said.at,
          object_marking_refs: [tlpMarkingId(said.tlp)],
          name: value,
          description: description === "" ? undefined : description,
          is_family: kind === "malware" ? true : undefined,
          external_references:
            ids.length === 0
              ? undefined
              : ids.map((id) => ({ source_name: "mitre-attack", external_id: id })),
        }),
      );
    }
  }
  return { objects, labels };
}

/** A relation of what an import made. */
export function relation(
  type: string,
  source: string,
  target: string,
  said: Said,
  options: ImportOptions,
): StixObject {
  return stixObject({
    type: "relationship",
    spec_version: "2.1",
    id: idFrom("relationship", said.uuid, options.createdBy, type, source, target),
    created_by_ref: options.createdBy,
    created: said.at,
    modified: said.at,
    object_marking_refs: [tlpMarkingId(said.tlp)],
    relationship_type: type,
    description: said.description === "" ? undefined : said.description,
    source_ref: source,
    target_ref: target,
  });
}
