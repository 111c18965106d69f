import { z } from "zod";
import { PageQuery } from "../../../core/page.ts";
import { Tlp } from "../../../core/tlp.ts";

/** A taxonomy as an object of STIX 2.1, of a type that an extension definition describes. */
export const TAXONOMY_TYPE = "x-misp-taxonomy";
export const TAXONOMY_EXTENSION = "extension-definition--6c1a7c3e-52f4-4d0b-9a57-0f7c1b9d2e80";

const Said = {
  value: z.string(),
  expanded: z.string().optional(),
  description: z.string().optional(),
  /** `#rrggbb` */
  colour: z.string().optional(),
  numerical_value: z.number().optional(),
};
export const TaxonomyValue = z.object(Said);
export const TaxonomyPredicate = z.object({
  ...Said,
  /** One value at most. */
  exclusive: z.boolean().optional(),
  values: z.array(TaxonomyValue).optional(),
});
/** What of the document of a taxonomy is used. */
export const TaxonomyDocument = z.object({
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  description: z.string().default(""),
  taxonomy_version: z.number().int().default(0),
  exclusive: z.boolean().optional(),
  external_references: z
    .array(z.object({ url: z.string().optional() }))
    .default([])
    .catch([]),
  predicates: z.array(TaxonomyPredicate),
});
export type TaxonomyDocument = z.infer<typeof TaxonomyDocument>;

export const TaxonomyRow = z.object({
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  description: z.string(),
  version: z.number().int(),
  exclusive: z.boolean(),
  predicates: z.number().int(),
  values: z.number().int(),
  tlp: Tlp,
  addedAt: z.string(),
});
export type TaxonomyRow = z.infer<typeof TaxonomyRow>;
export const TaxonomyFilter = PageQuery.extend({
  /** In namespace, name, description, and every predicate and value. */
  q: z.string().trim().max(200).optional(),
});
export type TaxonomyFilter = z.infer<typeof TaxonomyFilter>;

/** A tag of a taxonomy: `namespace:predicate="value"`, or `namespace:predicate` where there are no values. */
export const TaxonomyTag = z.object({
  tag: z.string(),
  ...Said,
  /** Objects in sight that bear it, counted to 1,000. */
  count: z.number().int(),
  more: z.boolean(),
});
export type TaxonomyTag = z.infer<typeof TaxonomyTag>;
export const TaxonomyDetail = z.object({
  row: TaxonomyRow,
  references: z.array(z.string()),
  predicates: z.array(
    z.object({
      ...Said,
      exclusive: z.boolean(),
      /** The tag of the predicate alone, where it has no values. */
      tags: z.array(TaxonomyTag),
    }),
  ),
  /** Tags of the taxonomy that were counted; those beyond show none. */
  counted: z.number().int(),
});
export type TaxonomyDetail = z.infer<typeof TaxonomyDetail>;

/** A choice of tags for an object. */
export const TagChoice = z.object({
  tag: z.string(),
  label: z.string(),
  description: z.string(),
  colour: z.string().nullable(),
  /** Only one tag may stand under this: a predicate or a namespace; null where several may. */
  alone: z.string().nullable(),
});
export type TagChoice = z.infer<typeof TagChoice>;
export const TagQuery = z.object({
  q: z.string().trim().max(200).default(""),
  limit: z.coerce.number().int().min(1).max(100).default(30),
});
export type TagQuery = z.infer<typeof TagQuery>;

const BorneTag = z.object({ tag: z.string(), choice: TagChoice.nullable() });
/** Tags of an object's own document, and those that notes give it. */
export const ObjectTags = z.object({
  own: z.array(BorneTag),
  given: z.array(BorneTag.extend({ by: z.string(), at: z.string(), note: z.string() })),
});
export type ObjectTags = z.infer<typeof ObjectTags>;
export const AddTags = z.object({ tags: z.array(z.string().trim().min(1).max(500)).min(1).max(20) });

export const GalaxyRow = z.object({ type: z.string(), count: z.number().int() });
export type GalaxyRow = z.infer<typeof GalaxyRow>;
