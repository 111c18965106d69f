import { z } from "zod";
import { type Refusal, refusal } from "../reasons/model.ts";
import { schemaRefusals } from "../reasons/schema.ts";
import type { Json } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { stixObject } from "../stix/object.ts";
import { TAXONOMY_EXTENSION, TAXONOMY_TYPE } from "../taxonomies/model.ts";
import { extensionDefinition } from "./extension.ts";
import { type Imported, type ImportOptions, idFrom, referenceUrl } from "./imported.ts";

const text = z.string().trim();
const Said = {
  value: text.min(1).max(250),
  expanded: text.max(5000).optional(),
  description: text.max(5000).optional(),
  colour: text.regex(/^#[0-9a-fA-F]{6}$/, "a colour is # and six hexadecimal digits").optional(),
  numerical_value: z.coerce.number().optional(),
};
const Entry = z.object(Said);
const Predicate = z.object({ ...Said, exclusive: z.boolean().optional() });
const Taxonomy = z.object({
  namespace: text
    .min(1)
    .max(100)
    .regex(/^[^\s:="]+$/, "a namespace has no space, colon, equals sign or quote"),
  uuid: z.string().optional(),
  version: z.coerce.number().int().nonnegative().default(0),
  expanded: text.max(5000).optional(),
  description: text.max(5000).default(""),
  exclusive: z.boolean().optional(),
  refs: z.array(text).default([]),
  predicates: z.array(z.unknown()).min(1),
  values: z.array(z.unknown()).nullish(),
});
const Values = z.object({ predicate: text, entry: z.array(z.unknown()) });

const DEFINITION = extensionDefinition(TAXONOMY_EXTENSION, {
  name: "Taxonomy",
  description: "A vocabulary for tags in the form of MISP: a namespace, its predicates and their values.",
  schema: "https://www.misp-standard.org/rfc/misp-standard-taxonomy-format.html",
  type: "new-sdo",
});

/**
 * Taxonomies of MISP (`machinetag.json`), one or a list of them: each becomes an object of its own type, which an
 * extension definition describes (STIX 2.1 section 7.3), with its predicates and their values.
 */
export function importMispTaxonomy(document: unknown, options: ImportOptions): Imported {
  const given: [string, unknown][] = Array.isArray(document)
    ? document.map((each, at) => [String(at), each])
    : [["", document]];
  const read = given.map(([path, each]) => taxonomyOf(each, path, options));
  const objects = read.flatMap(({ objects: made }) => made);
  return {
    objects: objects.length === 0 ? [] : [...DEFINITION, ...objects],
    refused: read.flatMap(({ refused }) => refused),
  };
}

function taxonomyOf(given: unknown, at: string, options: ImportOptions): Imported {
  const read = Taxonomy.safeParse(given);
  if (!read.success) return { objects: [], refused: schemaRefusals(read.error, at, "misp") };
  const within = (member: string) => (at === "" ? member : `${at}.${member}`);
  const taxonomy = read.data;
  const refused: Refusal[] = [];
  const predicates = new Map<string, { said: z.infer<typeof Predicate>; values: z.infer<typeof Entry>[] }>();
  taxonomy.predicates.forEach((each, place) => {
    const predicate = Predicate.safeParse(each);
    const path = within(`predicates.${place}`);
    if (!predicate.success) refused.push(...schemaRefusals(predicate.error, path, "misp"));
    else if (predicates.has(predicate.data.value))
      refused.push(refusal(`${path}.value`, "misp twice", "twice", { name: predicate.data.value }));
    else predicates.set(predicate.data.value, { said: predicate.data, values: [] });
  });
  (taxonomy.values ?? []).forEach((each, place) => {
    const path = within(`values.${place}`);
    const values = Values.safeParse(each);
    if (!values.success) {
      refused.push(...schemaRefusals(values.error, path, "misp"));
      return;
    }
    const predicate = predicates.get(values.data.predicate);
    if (predicate === undefined) {
      refused.push(refusal(`${path}.predicate`, "misp predicate", "no-predicate"));
      return;
    }
    const seen = new Set(predicate.values.map(({ value }) => value));
    values.data.entry.forEach((entry, row) => {
      const one = Entry.safeParse(entry);
      if (!one.success) refused.push(...schemaRefusals(one.error, `${path}.entry.${row}`, "misp"));
      else if (seen.has(one.data.value))
        refused.push(refusal(`${path}.entry.${row}.value`, "misp twice", "twice", { name: one.data.value }));
      else {
        seen.add(one.data.value);
        predicate.values.push(one.data);
      }
    });
  });
  if (predicates.size === 0) return { objects: [], refused };
  const { namespace, uuid, expanded, description, exclusive, version, refs } = taxonomy;
  const references = refs.flatMap((url) => referenceUrl(url) ?? []).slice(0, 100);
  const object = stixObject({
    type: TAXONOMY_TYPE,
    spec_version: "2.1",
    id: idFrom(TAXONOMY_TYPE, uuid, options.createdBy, namespace),
    created_by_ref: options.createdBy,
    created: options.now,
    modified: options.now,
    object_marking_refs: [tlpMarkingId(options.tlp)],
    name: expanded ?? namespace,
    description: description === "" ? undefined : description,
    external_references:
      references.length === 0 ? undefined : references.map((url) => ({ source_name: namespace, url })),
    extensions: { [TAXONOMY_EXTENSION]: { extension_type: "new-sdo" } },
    namespace,
    taxonomy_version: version,
    exclusive: exclusive === true ? true : undefined,
    predicates: [...predicates.values()].map(({ said, values }): Json => {
      const { value, exclusive: alone } = said;
      return {
        ...plain(said),
        value,
        ...(alone === true ? { exclusive: true } : {}),
        ...(values.length === 0
          ? {}
          : { values: values.map((one): Json => ({ ...plain(one), value: one.value })) }),
      };
    }),
  });
  return { objects: [object], refused };
}

/** What is said of a predicate or a value, without what says nothing. */
function plain(said: z.infer<typeof Entry>): Record<string, Json> {
  const { expanded, description, colour, numerical_value: number } = said;
  return {
    ...(expanded === undefined || expanded === "" ? {} : { expanded }),
    ...(description === undefined || description === "" ? {} : { description }),
    ...(colour === undefined ? {} : { colour }),
    ...(number === undefined ? {} : { numerical_value: number }),
  };
}
