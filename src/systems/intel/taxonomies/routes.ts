import { z } from "zod";
import { pageOf } from "../../../core/page.ts";
import { type Route, route } from "../../../platform/http/route.ts";
import { StixId } from "../library/model.ts";
import {
  AddTags,
  GalaxyRow,
  ObjectTags,
  TagChoice,
  TagQuery,
  TaxonomyDetail,
  TaxonomyFilter,
  TaxonomyRow,
} from "./model.ts";
import { TaxonomyStore } from "./store.ts";
import { tagObject, tagsOf } from "./tagging.ts";

const TAXONOMIES = "/api/v1/intel/taxonomies";
const TAGS_OF = "/api/v1/intel/library/:id/tags";
const Id = z.object({ id: StixId });

/** Vocabularies for tags, and the tags of objects (mission I10). */
export function taxonomyRoutes(): Route[] {
  return [
    route({
      id: "taxonomies.list",
      method: "GET",
      path: TAXONOMIES,
      summary: "Taxonomies of the library by namespace",
      needs: "intel:read",
      query: TaxonomyFilter,
      response: pageOf(TaxonomyRow),
      handler: ({ query, within }) => within((work) => new TaxonomyStore(work).list(query)),
    }),
    route({
      id: "taxonomies.get",
      method: "GET",
      path: `${TAXONOMIES}/:namespace`,
      summary: "One taxonomy: predicates, values, and how many objects in sight bear each tag",
      needs: "intel:read",
      params: z.object({ namespace: z.string().min(1).max(100) }),
      response: TaxonomyDetail,
      handler: ({ params, within }) => within((work) => new TaxonomyStore(work).detail(params.namespace)),
    }),
    route({
      id: "taxonomies.tags",
      method: "GET",
      path: "/api/v1/intel/tags",
      summary: "Tags to choose from, by their text or words",
      needs: "intel:read",
      query: TagQuery,
      response: z.object({ items: z.array(TagChoice) }),
      handler: ({ query, within }) =>
        within(async (work) => ({ items: await new TaxonomyStore(work).choices(query) })),
    }),
    route({
      id: "taxonomies.object-tags",
      method: "GET",
      path: TAGS_OF,
      summary: "The tags that an object bears and those that notes give it",
      needs: "intel:read",
      params: Id,
      response: ObjectTags,
      handler: ({ params, within }) => within((work) => tagsOf(work, params.id)),
    }),
    route({
      id: "taxonomies.tag-object",
      method: "POST",
      path: TAGS_OF,
      summary: "Gives an object tags by a note; one value alone of an exclusive predicate",
      needs: "intel:write",
      params: Id,
      body: AddTags,
      response: ObjectTags,
      handler: ({ params, body, within }) => within((work) => tagObject(work, params.id, body.tags)),
    }),
    route({
      id: "taxonomies.galaxies",
      method: "GET",
      path: "/api/v1/intel/galaxies",
      summary: "Galaxies whose clusters are in the library, with how many are in sight",
      needs: "intel:read",
      response: z.object({ items: z.array(GalaxyRow) }),
      handler: ({ within }) => within(async (work) => ({ items: await new TaxonomyStore(work).galaxies() })),
    }),
  ];
}
