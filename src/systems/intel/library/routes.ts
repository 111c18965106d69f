import { z } from "zod";
import { type Route, route } from "../../../platform/http/route.ts";
import type { Jobs } from "../../../platform/jobs/job.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { FormContext } from "../exports/entries.ts";
import { countsOf, FORMS } from "../exports/forms.ts";
import { ExportCounts, MOST_EXPORTED } from "../exports/model.ts";
import { LogSearches } from "../stix/model.ts";
import type { WarninglistChecker } from "../warninglists/checker.ts";
import { ChangeEnd, DecideSame, LibraryExport, ReindexState, UndoSame } from "./acts-model.ts";
import { countAll } from "./counting.ts";
import type { Decays } from "./decay.ts";
import { EndingStore } from "./endings.ts";
import { reindexState, restartReindex } from "./entry-store.ts";
import { REINDEX } from "./jobs.ts";
import { searchesFor } from "./log-searches.ts";
import { MatrixStore, navigatorLayer } from "./matrix-store.ts";
import {
  Correlations,
  LibraryFacets,
  LibraryFilter,
  LibraryPage,
  LibraryQuery,
  Matrices,
  Matrix,
  Neighbours,
  ObjectDetail,
  Remark,
  SameThings,
  StixId,
} from "./model.ts";
import { ObjectPage } from "./object-page.ts";
import { remark } from "./remarks.ts";
import type { Found } from "./row.ts";
import { SameStore } from "./same-store.ts";
import { SearchStore } from "./search-store.ts";
import { warningsOf } from "./warned.ts";

const LIBRARY = "/api/v1/intel/library";
const OBJECT = `${LIBRARY}/:id`;
const Id = z.object({ id: StixId });

export interface LibraryParts {
  readonly warninglists: WarninglistChecker;
  readonly decays: Decays;
  readonly jobs: Pick<Jobs, "send">;
  /** Named as the source in what devices read. */
  readonly nodeName: string;
}

/** The library as analysts use it (mission I3, I10). */
export function libraryRoutes(parts: LibraryParts): Route[] {
  return [...searchRoutes(parts), ...objectRoutes(parts), ...matrixRoutes(), ...reindexRoutes(parts)];
}

function searchRoutes(parts: LibraryParts): Route[] {
  return [
    route({
      id: "library.search",
      method: "GET",
      path: LIBRARY,
      summary: "Objects of the library by words in either script, values and filters",
      needs: "intel:read",
      query: LibraryQuery,
      response: LibraryPage,
      async handler({ query: { total, ...query }, within }) {
        const page = await within((work) => new SearchStore(work).search(query, parts));
        if (total === undefined || !page.more) return page;
        const { limit: _limit, cursor: _cursor, sort: _sort, ...filter } = query;
        return { ...page, ...(await countAll(within, filter, parts, page)) };
      },
    }),
    route({
      id: "library.facets",
      method: "GET",
      path: `${LIBRARY}/facets`,
      summary: "How what matches divides by type, marking and label",
      needs: "intel:read",
      query: LibraryFilter,
      response: LibraryFacets,
      handler: ({ query, within }) => within((work) => new SearchStore(work).facets(query, parts)),
    }),
    route({
      id: "library.export",
      method: "GET",
      path: `${LIBRARY}/export`,
      summary:
        "What matches, or those of it that are named, as documents, a table or a form that devices read",
      needs: "intel:read",
      query: LibraryExport,
      response: z.unknown(),
      produces: Object.values(FORMS).map(({ type }) => type),
      async handler({ query, within, reply }) {
        const form = FORMS[query.format];
        const text = await within(async (work) => {
          const { objects, context } = await exported(work, parts, query);
          work.audit({
            action: "intel.export",
            subject: "library",
            detail: { format: query.format, domains: query.domains, objects: objects.length },
          });
          return form.write(objects, context);
        });
        reply.header("content-type", form.type);
        reply.header("content-disposition", `attachment; filename="${form.file}"`);
        return Buffer.from(text);
      },
    }),
    route({
      id: "library.export-counts",
      method: "GET",
      path: `${LIBRARY}/export/counts`,
      summary: "What an export would hold, and what it leaves out and why",
      needs: "intel:read",
      query: LibraryExport,
      response: ExportCounts,
      handler: ({ query, within }) =>
        within(async (work) => {
          const { objects, context } = await exported(work, parts, query);
          return countsOf(query.format, objects, context);
        }),
    }),
  ];
}

/** The objects of an export, and what the forms know beside them. */
async function exported(
  work: Work,
  { nodeName, ...judges }: LibraryParts,
  { format: _, ids, domains, ...filter }: z.output<typeof LibraryExport>,
): Promise<{ objects: Found[]; context: FormContext }> {
  const store = new SearchStore(work);
  const objects =
    ids === undefined ? await store.all(filter, MOST_EXPORTED, judges) : await store.current(ids);
  const ended = await store.ended(objects.map(({ seq }) => seq));
  const context: FormContext = {
    now: work.now,
    source: nodeName,
    domains,
    filtered:
      ids === undefined
        ? await store.filteredOut(filter, objects.length, MOST_EXPORTED)
        : { tlp: 0, score: 0 },
    isEnded: (seq) => ended.has(seq),
    isWarned: (value) => warningsOf(judges.warninglists, [value]).length > 0,
  };
  return { objects, context };
}

function matrixRoutes(): Route[] {
  return [
    route({
      id: "library.matrices",
      method: "GET",
      path: "/api/v1/intel/matrices",
      summary: "Matrices of ATT&CK in the library",
      needs: "intel:read",
      response: Matrices,
      handler: ({ within }) => within((work) => new MatrixStore(work).list()),
    }),
    route({
      id: "library.matrix",
      method: "GET",
      path: "/api/v1/intel/matrices/:id",
      summary: "One matrix, and how often each technique is named by what the caller sees",
      needs: "intel:read",
      params: Id,
      response: Matrix,
      handler: ({ params, within }) => within((work) => new MatrixStore(work).get(params.id)),
    }),
    route({
      id: "library.matrix-layer",
      method: "GET",
      path: "/api/v1/intel/matrices/:id/layer",
      summary: "The same as a layer of ATT&CK Navigator",
      needs: "intel:read",
      params: Id,
      response: z.unknown(),
      async handler({ params, within, reply }) {
        reply.header("content-disposition", 'attachment; filename="layer.json"');
        return navigatorLayer(await within((work) => new MatrixStore(work).get(params.id)));
      },
    }),
  ];
}

function objectRoutes(parts: LibraryParts): Route[] {
  return [
    route({
      id: "library.object",
      method: "GET",
      path: OBJECT,
      summary: "One object with its versions, sources, values and score",
      needs: "intel:read",
      params: Id,
      response: ObjectDetail,
      handler: ({ params, within }) => within((work) => new ObjectPage(work).detail(params.id, parts)),
    }),
    route({
      id: "library.neighbours",
      method: "GET",
      path: `${OBJECT}/neighbours`,
      summary: "What the object is tied to by relationships and references, one step away",
      needs: "intel:read",
      params: Id,
      response: Neighbours,
      handler: ({ params, within }) => within((work) => new ObjectPage(work).neighbours(params.id)),
    }),
    route({
      id: "library.correlations",
      method: "GET",
      path: `${OBJECT}/correlations`,
      summary: "Other objects that bear the same values",
      needs: "intel:read",
      params: Id,
      response: Correlations,
      handler: ({ params, within }) => within((work) => new ObjectPage(work).correlations(params.id)),
    }),
    route({
      id: "library.log-searches",
      method: "GET",
      path: `${OBJECT}/searches`,
      summary: "Searches of the logs for what the object's pattern or values say, and what they leave out",
      needs: "intel:read",
      params: Id,
      response: LogSearches,
      handler: ({ params, within }) => within((work) => searchesFor(work, params.id)),
    }),
    route({
      id: "library.same",
      method: "GET",
      path: `${OBJECT}/same`,
      summary: "What is the same thing under other ids, what may be, and what was decided about it",
      needs: "intel:read",
      params: Id,
      response: SameThings,
      handler: ({ params, within }) => within((work) => new SameStore(work, parts).of(params.id)),
    }),
    route({
      id: "library.same-decide",
      method: "POST",
      path: `${OBJECT}/same`,
      summary: "Says that another object is the same thing, or that it is not",
      needs: "intel:write",
      params: Id,
      body: DecideSame,
      response: z.object({ id: z.uuid() }),
      status: 201,
      handler: ({ params, body, within }) =>
        within((work) => new SameStore(work, parts).decide(params.id, body)),
    }),
    route({
      id: "library.same-undo",
      method: "POST",
      path: `${OBJECT}/same/:decision/undo`,
      summary: "Takes such a decision back",
      needs: "intel:write",
      params: Id.extend({ decision: z.uuid() }),
      body: UndoSame,
      response: z.object({ id: z.uuid() }),
      handler: ({ params, body, within }) =>
        within((work) => new SameStore(work, parts).undo(params.id, params.decision, body.reason)),
    }),
    route({
      id: "library.end",
      method: "POST",
      path: `${OBJECT}/end`,
      summary: "Lets an object expire now, takes that back, or gives an own indicator a later end",
      needs: "intel:write",
      params: Id,
      body: ChangeEnd,
      response: z.object({ id: StixId }),
      handler: ({ params, body, within }) =>
        within((work) => {
          const store = new EndingStore(work);
          if (body.act === "prolong") return store.prolong(params.id, body.until, body.reason);
          return body.act === "end"
            ? store.end(params.id, body.reason)
            : store.resume(params.id, body.reason);
        }),
    }),
    route({
      id: "library.remark",
      method: "POST",
      path: `${OBJECT}/remarks`,
      summary: "Adds a sighting, note, opinion or relationship as an object of its own",
      needs: "intel:write",
      params: Id,
      body: Remark,
      response: z.object({ id: StixId }),
      status: 201,
      handler: ({ params, body, within }) => within((work) => remark(work, params.id, body)),
    }),
  ];
}

function reindexRoutes({ jobs }: LibraryParts): Route[] {
  return [
    route({
      id: "library.reindex-state",
      method: "GET",
      path: "/api/v1/intel/reindex",
      summary: "How far the making anew of the library's index is",
      needs: "platform:read",
      response: ReindexState,
      handler: ({ within }) => within(reindexState),
    }),
    route({
      id: "library.reindex",
      method: "POST",
      path: "/api/v1/intel/reindex",
      summary: "Makes the library's index anew, in the background",
      needs: "platform:manage",
      response: ReindexState,
      async handler({ within }) {
        const state = await within(async (work) => {
          await restartReindex(work);
          work.audit({ action: "intel.reindex", subject: "library" });
          return reindexState(work);
        });
        await jobs.send(REINDEX, {}, { once: "restarted" });
        return state;
      },
    }),
  ];
}
