import type { Readable } from "node:stream";
import { z } from "zod";
import { pageOf } from "../../../core/page.ts";
import type { BlobStore } from "../../../platform/blobs/store.ts";
import { isGzip } from "../../../platform/http/gzip.ts";
import { type Route, route } from "../../../platform/http/route.ts";
import { entriesCsv, importsCsv } from "../csv.ts";
import {
  type Imports,
  rereadImport,
  sampleImport,
  stopImport,
  storeChosen,
  takeUpload,
  undoImport,
} from "./acts.ts";
import { ImportStore } from "./import-store.ts";
import {
  EntryExport,
  EntryFilter,
  type Import,
  ImportDecision,
  ImportDetail,
  ImportEntry,
  ImportFilter,
  Import as ImportShape,
  Reliability,
  Reread,
  SampleQuery,
  Source,
  TableSample,
  UndoPreview,
  Upload,
} from "./model.ts";
import { SourceStore } from "./source-store.ts";

const Id = z.object({ id: z.uuid() });
const IMPORTS = "/api/v1/intel/imports";
const IMPORT = `${IMPORTS}/:id`;

/** Largest file that is taken, in bytes, as it is sent and after gunzip. */
export const LARGEST_IMPORT = 128 * 2 ** 20;

export function importRoutes(imports: Imports): Route[] {
  return [...readingRoutes(imports.blobs), ...actingRoutes(imports), ...sourceRoutes()];
}

function readingRoutes(blobs: BlobStore): Route[] {
  return [
    route({
      id: "intel.imports",
      method: "GET",
      path: IMPORTS,
      summary: "Imports of the caller's organisations, newest first",
      needs: "intel:read",
      query: ImportFilter,
      response: pageOf(ImportShape),
      handler: ({ query, within }) => within((work) => new ImportStore(work).list(query)),
    }),
    route({
      id: "intel.imports-export",
      method: "GET",
      path: `${IMPORTS}/export`,
      summary: "The same list whole, as CSV",
      needs: "intel:read",
      query: ImportFilter.omit({ limit: true, cursor: true }),
      response: z.unknown(),
      produces: ["text/csv"],
      async handler({ query, within, reply }) {
        const rows = await within(async (work) => {
          const all: Import[] = [];
          for await (const row of new ImportStore(work).all(query)) all.push(row);
          work.audit({ action: "intel.export", subject: "imports", detail: { rows: all.length } });
          return all;
        });
        reply.header("content-type", "text/csv; charset=utf-8");
        reply.header("content-disposition", 'attachment; filename="intel-imports.csv"');
        return Buffer.from(importsCsv(rows));
      },
    }),
    route({
      id: "intel.import",
      method: "GET",
      path: IMPORT,
      summary: "One import: how far it is, what it holds, what was refused and why",
      needs: "intel:read",
      params: Id,
      response: ImportDetail,
      handler: ({ params, within }) => within((work) => new ImportStore(work).detail(params.id)),
    }),
    route({
      id: "intel.import-objects",
      method: "GET",
      path: `${IMPORT}/objects`,
      summary: "The objects of a preview, or what a stored import told",
      needs: "intel:read",
      params: Id,
      query: EntryFilter,
      response: pageOf(ImportEntry),
      handler: ({ params, query, within }) =>
        within((work) => new ImportStore(work).entries(params.id, query)),
    }),
    route({
      id: "intel.import-objects-export",
      method: "GET",
      path: `${IMPORT}/objects/export`,
      summary: "The same rows whole, as CSV or JSON; of a preview also what was refused and why",
      needs: "intel:read",
      params: Id,
      query: EntryExport,
      response: z.unknown(),
      produces: ["text/csv", "application/json"],
      async handler({ params, query, within, reply }) {
        const rows = await within(async (work) => {
          const all: ImportEntry[] = [];
          for await (const row of new ImportStore(work).allEntries(params.id, query.view)) all.push(row);
          work.audit({ action: "intel.export", subject: params.id, detail: { rows: all.length } });
          return all;
        });
        const name = `import-${params.id}.${query.form}`;
        reply.header("content-disposition", `attachment; filename="${name}"`);
        reply.header(
          "content-type",
          query.form === "csv" ? "text/csv; charset=utf-8" : "application/json; charset=utf-8",
        );
        return Buffer.from(query.form === "csv" ? entriesCsv(rows) : JSON.stringify({ items: rows }));
      },
    }),
    route({
      id: "intel.import-file",
      method: "GET",
      path: `${IMPORT}/file`,
      summary: "The file as it came, unpacked where it came as gzip",
      needs: "intel:read",
      params: Id,
      response: z.unknown(),
      produces: ["application/octet-stream"],
      async handler({ params, within, reply }) {
        const { blob_sha256: sha256 } = await within(async (work) => {
          const row = await new ImportStore(work).record(params.id);
          work.audit({ action: "intel.import-file", subject: params.id });
          return row;
        });
        reply.header("content-type", "application/octet-stream");
        reply.header("content-disposition", `attachment; filename="import-${params.id}"`);
        return blobs.open(sha256 ?? "");
      },
    }),
    route({
      id: "intel.import-undo-preview",
      method: "GET",
      path: `${IMPORT}/undo`,
      summary: "What undoing the import would do",
      needs: "intel:read",
      params: Id,
      response: UndoPreview,
      handler: ({ params, within }) => within((work) => new ImportStore(work).undoPreview(params.id)),
    }),
  ];
}

function actingRoutes(imports: Imports): Route[] {
  return [
    route({
      id: "intel.import-upload",
      method: "POST",
      path: IMPORTS,
      summary:
        "Takes a file of any of the formats, gzip or not, and reads it for a preview; the body is the file",
      needs: "intel:write",
      query: Upload,
      rawBody: true,
      bodyLimit: LARGEST_IMPORT,
      response: z.object({ id: z.uuid() }),
      status: 201,
      handler: ({ query, scope, request }) =>
        takeUpload(imports, scope, query, {
          stream: request.body as Readable,
          encoded: isGzip(request),
          most: LARGEST_IMPORT,
        }),
    }),
    route({
      id: "intel.import-sample",
      method: "GET",
      path: `${IMPORT}/sample`,
      summary: "The first rows of a table as its mapping, or another delimiter, cuts them",
      needs: "intel:read",
      params: Id,
      query: SampleQuery,
      response: TableSample,
      handler: ({ params, query, scope }) => sampleImport(imports, scope, params.id, query.delimiter),
    }),
    route({
      id: "intel.import-reread",
      method: "POST",
      path: `${IMPORT}/reread`,
      summary: "Reads the file again as another format, with other columns or another marking",
      needs: "intel:write",
      params: Id,
      body: Reread,
      response: ImportDetail,
      handler: ({ params, body, scope }) => rereadImport(imports, scope, params.id, body),
    }),
    route({
      id: "intel.import-store",
      method: "POST",
      path: `${IMPORT}/store`,
      summary: "Stores what the preview showed, but for what is left out",
      needs: "intel:write",
      params: Id,
      body: ImportDecision,
      response: ImportDetail,
      handler: ({ params, body, scope }) => storeChosen(imports, scope, params.id, body),
    }),
    route({
      id: "intel.import-stop",
      method: "POST",
      path: `${IMPORT}/stop`,
      summary: "Drops a preview, or stops an import and takes back what it stored",
      needs: "intel:write",
      params: Id,
      response: ImportDetail,
      handler: ({ params, scope }) => stopImport(imports, scope, params.id),
    }),
    route({
      id: "intel.import-undo",
      method: "POST",
      path: `${IMPORT}/undo`,
      summary: "Takes back what the import stored and nothing else told",
      needs: "intel:write",
      params: Id,
      response: ImportDetail,
      handler: ({ params, scope }) => undoImport(imports, scope, params.id),
    }),
  ];
}

function sourceRoutes(): Route[] {
  return [
    route({
      id: "intel.sources",
      method: "GET",
      path: "/api/v1/intel/sources",
      summary: "Where the library's objects come from",
      needs: "intel:read",
      response: z.object({ items: z.array(Source) }),
      handler: ({ within }) => within(async (work) => ({ items: await new SourceStore(work).list() })),
    }),
    route({
      id: "intel.source-judge",
      method: "PATCH",
      path: "/api/v1/intel/sources/:id",
      summary: "Judges how reliable a source is (Admiralty scale)",
      needs: "intel:write",
      params: Id,
      body: z.object({ reliability: Reliability }),
      response: Source,
      handler: ({ params, body, within }) =>
        within((work) => new SourceStore(work).judge(params.id, body.reliability)),
    }),
  ];
}
