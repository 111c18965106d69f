import { Readable } from "node:stream";
import { Problem } from "../../../core/problem.ts";
import type { Scope } from "../../../core/scope.ts";
import { tlpRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { gunzipped, unpacked } from "../../../platform/http/gzip.ts";
import type { Platform } from "../../../platform/platform.ts";
import type { Work } from "../../../platform/records/work.ts";
import { faultOf, refusal } from "../reasons/model.ts";
import { guessMapping } from "./columns.ts";
import { headText } from "./decode.ts";
import { detectFormat } from "./detect.ts";
import { EntryStore } from "./entry-store.ts";
import { type ImportRecord, ImportStore } from "./import-store.ts";
import {
  type CsvMapping,
  type ImportDecision,
  type ImportDetail,
  type ImportState,
  type Reread,
  type TableSample,
  UPLOADS_SOURCE,
  type Upload,
} from "./model.ts";
import type { ImportRunner } from "./runner.ts";
import { SourceStore } from "./source-store.ts";
import { sampleOf } from "./table.ts";

/** What importing needs of the outside world. */
export interface Imports extends Pick<Platform, "records" | "blobs"> {
  readonly runner: ImportRunner;
}

const HEAD = 1024 * 1024;
const SAMPLE_BYTES = 64 * 1024;

/** A file on its way in. */
interface UploadBody {
  readonly stream: Readable | undefined;
  /** It is sent as gzip, whatever it is itself. */
  readonly encoded: boolean;
  /** Most bytes that are taken, after gunzip. */
  readonly most: number;
}

/**
 * Keeps a file, unpacked where it is gzip, and begins to read it. Problem http.too-large, ingest.bad-gzip, or
 * intel.unknown-format when it is none of the formats.
 */
export async function takeUpload(
  imports: Imports,
  scope: Scope,
  given: Upload,
  { stream, encoded, most }: UploadBody,
): Promise<{ id: string }> {
  const orgId = given.orgId ?? scope.orgId;
  if (!scope.orgIds.includes(orgId)) throw new Problem("http.not-found");
  if (tlpRank(given.tlp) > tlpRank(scope.clearance)) throw new Problem("intel.tlp-exceeded");
  const { sha256, size, head, packed } = await keep(imports, stream, encoded, most);
  // What is kept is the file inside, and bears its name.
  const fileName = packed ? given.fileName.replace(/\.gz$/i, "") || given.fileName : given.fileName;
  const detected = detectFormat(head);
  const format = given.format ?? detected?.format;
  if (size === 0)
    throw new Problem("http.invalid", { faults: [faultOf(refusal("body", "file size", "file-empty"))] });
  if (format === undefined) throw new Problem("intel.unknown-format");
  const id = uuidV7();
  await imports.records.within(scope, async (work) => {
    const source = await new SourceStore(work).named(orgId, "upload", given.source ?? UPLOADS_SOURCE, {
      tlp: "green",
      reliability: given.reliability,
    });
    await new ImportStore(work).insert({
      id,
      org_id: orgId,
      tlp: tlpRank(given.tlp),
      source_id: source.id,
      format,
      options: format === "csv" && detected?.csv !== undefined ? { csv: detected.csv } : {},
      file_name: fileName,
      blob_sha256: sha256,
      blob_size: size,
      state: given.store ? "storing" : "reading",
      choices: { tlp: given.tlp, clearance: scope.clearance, confidence: given.confidence },
    });
    work.audit({
      action: "intel.import",
      subject: id,
      orgId,
      detail: { format, sha256, size, fileName: given.fileName },
    });
  });
  imports.runner.begin(id);
  return { id };
}

/**
 * A file into the blob store, unpacked where it was sent as gzip (`encoded`) or is one, with its beginning for the
 * detection of its format. No more than `most` bytes are ever unpacked. Problem http.too-large, ingest.bad-gzip.
 */
async function keep(
  { blobs }: Pick<Platform, "blobs">,
  body: Readable | undefined,
  encoded: boolean,
  most: number,
): Promise<{ sha256: string; size: number; head: Buffer; packed: boolean }> {
  if (body === undefined)
    return { ...(await blobs.put(new Uint8Array())), head: Buffer.alloc(0), packed: false };
  // The connection must outlive a refusal, so that its sender can read the answer.
  const raw = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  const { packed, bytes } = await unpacked(encoded ? gunzipped(raw) : raw);
  const parts: Buffer[] = [];
  const bounded = async function* () {
    let size = 0;
    for await (const piece of bytes) {
      if (size < HEAD) parts.push(piece.subarray(0, HEAD - size));
      size += piece.length;
      if (size > most) {
        const after = encoded || packed ? " after gunzip" : "";
        throw new Problem("http.too-large", { detail: `at most ${most} bytes are taken${after}` });
      }
      yield piece;
    }
  };
  const kept = await blobs.put(Readable.from(bounded(), { objectMode: false }));
  return { ...kept, head: Buffer.concat(parts), packed };
}

/** Problem intel.import-state unless it is the preview of a table. */
export async function sampleImport(
  { records, blobs }: Imports,
  scope: Scope,
  id: string,
  delimiter: CsvMapping["delimiter"] | undefined,
): Promise<TableSample> {
  const row = await records.within(scope, (work) => new ImportStore(work).record(id));
  if (row.format !== "csv" || row.blob_sha256 === null)
    throw new Problem("intel.import-state", { detail: "it is no table" });
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of await blobs.open(row.blob_sha256)) {
    parts.push(Buffer.from(part));
    size += part.length;
    if (size >= SAMPLE_BYTES) break;
  }
  const text = headText(Buffer.concat(parts), SAMPLE_BYTES);
  const mapping = row.options.csv ?? guessMapping(text);
  return sampleOf(text, delimiter === undefined ? mapping : { ...mapping, delimiter });
}

export async function rereadImport(
  imports: Imports,
  scope: Scope,
  id: string,
  change: Reread,
): Promise<ImportDetail> {
  return acting(imports, scope, id, ["previewed", "failed"], async (work, row) => {
    const tlp = change.tlp ?? row.choices.tlp;
    if (tlpRank(tlp) > tlpRank(scope.clearance)) throw new Problem("intel.tlp-exceeded");
    if (row.stored_at !== null) throw new Problem("intel.import-state", { detail: "it was stored before" });
    imports.runner.forget(id);
    work.audit({ action: "intel.import-reread", subject: id, detail: { ...change } });
    return {
      state: "reading",
      format: change.format ?? row.format,
      options: { ...row.options, ...(change.csv === undefined ? {} : { csv: change.csv }) },
      choices: {
        tlp,
        clearance: scope.clearance,
        confidence:
          change.confidence === undefined ? row.choices.confidence : (change.confidence ?? undefined),
      },
      reason: null,
      failure: null,
    };
  });
}

/** Problem intel.import-state unless it waits for this decision. */
export async function storeChosen(
  imports: Imports,
  scope: Scope,
  id: string,
  decision: ImportDecision,
): Promise<ImportDetail> {
  return acting(imports, scope, id, ["previewed"], async (work, row) => {
    work.audit({
      action: "intel.import-store",
      subject: id,
      detail: { leftOut: decision.leaveOut?.length ?? 0, leaveOutWarned: decision.leaveOutWarned === true },
    });
    return {
      state: "storing",
      choices: { ...row.choices, ...decision },
      progress: { done: 0, total: row.counts.total + row.counts.refused },
    };
  });
}

export async function stopImport(imports: Imports, scope: Scope, id: string): Promise<ImportDetail> {
  return acting(imports, scope, id, ["reading", "previewed", "storing", "failed"], async (work, row) => {
    work.audit({ action: "intel.import-stop", subject: id });
    const touched = row.state === "storing" || (row.state === "failed" && row.progress.done > 0);
    if (touched) return { state: "undoing" };
    await new EntryStore(work).forget(id);
    imports.runner.forget(id);
    return { state: "dropped", worked_at: null };
  });
}

export async function undoImport(imports: Imports, scope: Scope, id: string): Promise<ImportDetail> {
  return acting(imports, scope, id, ["stored"], async (work) => {
    work.audit({ action: "intel.import-undo", subject: id });
    return { state: "undoing" };
  });
}

/** Changes an import that is in one of the states, then lets the runner do what the new state asks for. */
async function acting(
  imports: Imports,
  scope: Scope,
  id: string,
  from: readonly ImportState[],
  change: (work: Work, row: ImportRecord) => Promise<Partial<Omit<ImportRecord, "id" | "org_id">>>,
): Promise<ImportDetail> {
  const detail = await imports.records.within(scope, async (work) => {
    const store = new ImportStore(work);
    const row = await store.record(id);
    const fits = from.some((state) => state === row.state);
    if (!fits || !scope.orgIds.includes(row.org_id))
      throw new Problem("intel.import-state", { detail: `it is ${row.state}` });
    if (!(await store.change(id, from, await change(work, row)))) throw new Problem("http.conflict");
    return store.detail(id);
  });
  imports.runner.begin(id);
  return detail;
}
