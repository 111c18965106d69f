import { z } from "zod";
import { type Refusal, refusal } from "../reasons/model.ts";
import { schemaRefusals } from "../reasons/schema.ts";
import { isJsonObject, isList, type Json } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { extensionDefinition } from "./extension.ts";
import { GALAXY_EXTENSION, relationshipType } from "./galaxy-extension.ts";
import { type Imported, type ImportOptions, idFrom, once, referenceUrl } from "./imported.ts";
import { galaxyKind, relation } from "./misp-galaxy.ts";

const Cluster = z.object({
  value: z.string().trim().min(1).max(300),
  uuid: z.string().optional(),
  description: z.string().nullish(),
  meta: z.record(z.string(), z.unknown()).nullish(),
  related: z.array(z.unknown()).nullish(),
});
const Related = z.object({ "dest-uuid": z.string().min(1), type: z.string().min(1).default("related-to") });
const Galaxy = z.object({
  name: z.string().default(""),
  type: z.string().trim().min(1).max(100),
  category: z.string().default(""),
  version: z.coerce.number().int().nonnegative().catch(0),
  values: z.array(z.unknown()),
});
type Galaxy = z.infer<typeof Galaxy>;

const DEFINITION = extensionDefinition(GALAXY_EXTENSION, {
  name: "MISP galaxy cluster",
  description: "The galaxy of a cluster, and what of its meta and relations STIX has no property for.",
  schema: "https://www.misp-standard.org/rfc/misp-standard-galaxy-format.html",
  type: "property-extension",
});
const MOST_REFERENCES = 100;

/**
 * A galaxy's clusters as MISP publishes them (`clusters/<name>.json`): actors, malware, tools, techniques, sectors,
 * countries as the objects of STIX that they are, others as `x-misp-galaxy-cluster`. Synonyms become aliases, references
 * external references; all of `meta` and `related` is kept in an extension. A relation becomes a relationship where both
 * ends are in the file, since only then the type of the other end is known; `tieClusters` makes those to other files.
 */
export function importMispCluster(document: unknown, options: ImportOptions): Imported {
  const read = Galaxy.safeParse(document);
  if (!read.success) {
    const defines = z.object({ namespace: z.string(), icon: z.string() }).safeParse(document).success;
    return {
      objects: [],
      refused: defines
        ? [refusal("file", "misp galaxy", "misp-galaxy")]
        : schemaRefusals(read.error, "", "misp"),
    };
  }
  const galaxy = read.data;
  const refused: Refusal[] = [];
  const clusters: { object: StixObject; given: z.infer<typeof Cluster>; path: string }[] = [];
  galaxy.values.forEach((each, at) => {
    const path = `values.${at}`;
    const cluster = Cluster.safeParse(each);
    if (!cluster.success) refused.push(...schemaRefusals(cluster.error, path, "misp"));
    else clusters.push({ object: objectOf(galaxy, cluster.data, options), given: cluster.data, path });
  });
  if (clusters.length === 0) return { objects: [], refused };
  const byUuid = new Map(
    clusters.flatMap(({ object, given }) =>
      given.uuid === undefined ? [] : [[given.uuid, object.id] as const],
    ),
  );
  const said = { at: options.now, tlp: options.tlp };
  const relations = clusters.flatMap(({ object, given, path }) =>
    (given.related ?? []).flatMap((each, at) => {
      const one = Related.safeParse(each);
      if (!one.success) {
        refused.push(...schemaRefusals(one.error, `${path}.related.${at}`, "misp"));
        return [];
      }
      const target = byUuid.get(one.data["dest-uuid"]);
      if (target === undefined || target === object.id) return [];
      return [relation(relationshipType(one.data.type), object.id, target, said, options)];
    }),
  );
  return {
    objects: once([...DEFINITION, ...clusters.map(({ object }) => object), ...relations]),
    refused,
  };
}

function objectOf(galaxy: Galaxy, cluster: z.infer<typeof Cluster>, options: ImportOptions): StixObject {
  const { value, uuid } = cluster;
  const meta = cluster.meta ?? {};
  const description = cluster.description?.trim() ?? "";
  const location =
    galaxy.type === "country" || galaxy.type === "region" ? placeOf(galaxy.type, value, meta) : undefined;
  const kind = location === undefined ? (galaxyKind(galaxy.type) ?? "x-misp-galaxy-cluster") : "location";
  const synonyms = [...new Set(textsOf(meta["synonyms"]))].filter((name) => name !== value);
  const references = [
    ...idsOf(meta).map((id): Json => ({ source_name: "mitre-attack", external_id: id })),
    ...textsOf(meta["refs"])
      .flatMap((url) => referenceUrl(url) ?? [])
      .map((url): Json => ({ source_name: "misp-galaxy", url })),
  ].slice(0, MOST_REFERENCES);
  return stixObject({
    type: kind,
    spec_version: "2.1",
    id: idFrom(kind, uuid, options.createdBy, galaxy.type, value),
    created_by_ref: options.createdBy,
    created: options.now,
    modified: options.now,
    object_marking_refs: [tlpMarkingId(options.tlp)],
    // As MISP tags what belongs to a cluster; the galaxy alone, so that its clusters are found together.
    labels: [`misp-galaxy:${galaxy.type}`, `misp-galaxy:${galaxy.type}="${value}"`],
    name: value,
    description: description === "" ? undefined : description,
    aliases: ALIASED.has(kind) && synonyms.length > 0 ? synonyms : undefined,
    is_family: kind === "malware" ? true : undefined,
    identity_class: kind === "identity" ? "class" : undefined,
    ...location,
    external_references: references.length === 0 ? undefined : references,
    extensions: { [GALAXY_EXTENSION]: extensionOf(galaxy, cluster) },
  });
}

const ALIASED = new Set([
  "threat-actor",
  "intrusion-set",
  "malware",
  "tool",
  "attack-pattern",
  "campaign",
  "x-misp-galaxy-cluster",
]);

/** Section 4.10: a location says a country or a region; what says neither stays a cluster. */
function placeOf(type: string, value: string, meta: Readonly<Record<string, unknown>>) {
  const [iso] = textsOf(meta["ISO"]);
  if (type === "country")
    return iso !== undefined && /^[A-Za-z]{2}$/.test(iso) ? { country: iso.toUpperCase() } : undefined;
  return {
    region: value
      .replace(/^\d+\s*-\s*/, "")
      .toLowerCase()
      .replaceAll(/\s+/g, "-"),
  };
}

function idsOf(meta: Readonly<Record<string, unknown>>): string[] {
  const texts = [...textsOf(meta["external_id"]), ...textsOf(meta["Technique ID"])];
  return [...new Set(texts.filter((id) => /^[A-Z]{1,6}\d{1,6}(?:\.\d{3})?$/.test(id)))];
}

/** Everything that the cluster says beside what STIX has a property for, with keys as STIX takes them. */
function extensionOf(galaxy: Galaxy, { meta, related }: z.infer<typeof Cluster>): Json {
  const kept = Object.entries(meta ?? {}).flatMap(([name, value]): [string, Json][] => {
    const key = name.replaceAll(/[^A-Za-z0-9_-]+/g, "_").slice(0, 250);
    const json = jsonOf(value);
    return key === "" || json === undefined ? [] : [[key, json]];
  });
  const ties = (related ?? []).flatMap((each): Json[] => {
    const one = Related.safeParse(each);
    return one.success ? [{ dest_uuid: one.data["dest-uuid"], type: one.data.type }] : [];
  });
  return {
    extension_type: "property-extension",
    galaxy: {
      type: galaxy.type,
      version: galaxy.version,
      ...(galaxy.name === "" ? {} : { name: galaxy.name }),
    },
    ...(kept.length === 0 ? {} : { meta: Object.fromEntries(kept) }),
    ...(ties.length === 0 ? {} : { related: ties }),
  };
}

/** The value without what STIX forbids: null and empty lists. */
function jsonOf(value: unknown): Json | undefined {
  if (value === null || value === undefined) return undefined;
  const json = value as Json;
  if (isList(json)) {
    const kept = json.flatMap((each) => jsonOf(each) ?? []);
    return kept.length === 0 ? undefined : kept;
  }
  if (!isJsonObject(json)) return json;
  const kept = Object.entries(json).flatMap(([name, each]): [string, Json][] => {
    const inside = jsonOf(each);
    return inside === undefined ? [] : [[name, inside]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function textsOf(value: unknown): string[] {
  const texts = Array.isArray(value) ? value : [value];
  return texts.filter((each) => typeof each === "string").flatMap((each) => each.trim() || []);
}
