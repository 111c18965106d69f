import { z } from "zod";
import { OrgId } from "../../../core/org.ts";
import { PageQuery } from "../../../core/page.ts";
import { Tlp } from "../../../core/tlp.ts";
import { ValueWarning } from "../model.ts";
import { Cause, Refusal } from "../reasons/model.ts";

/** What an import can read. `text` is also Markdown; `csv` is a table or a bare list of values. */
export const IMPORT_FORMATS = [
  "stix-2.1",
  "stix-2.0",
  "misp-event",
  "misp-feed",
  "misp-taxonomy",
  "misp-galaxy",
  "csv",
  "text",
  "html",
  "pdf",
  "csaf",
  "kev",
  "rss",
] as const;
export const ImportFormat = z.enum(IMPORT_FORMATS);
export type ImportFormat = z.infer<typeof ImportFormat>;

/** What a column of a table says; a column without a meaning is passed over. */
export const COLUMN_MEANINGS = [
  "value",
  "type",
  "comment",
  "tlp",
  "confidence",
  "seen",
  "uuid",
  "to_ids",
  "tags",
] as const;
/** Meanings that several columns may bear: each value is one, and texts are joined. */
export const SEVERAL_COLUMNS: ReadonlySet<string> = new Set<(typeof COLUMN_MEANINGS)[number]>([
  "value",
  "comment",
  "tags",
]);
/** How a table of values is read. `columns` names the meaning of each column, from the first. */
export const CsvMapping = z.object({
  delimiter: z.enum([",", ";", "\t", "|"]).default(","),
  header: z.boolean().default(false),
  columns: z
    .array(z.enum(COLUMN_MEANINGS).or(z.literal("")))
    .max(200)
    .default([]),
});
export type CsvMapping = z.infer<typeof CsvMapping>;

export const ReadOptions = z.object({ csv: CsvMapping.optional() });
export type ReadOptions = z.infer<typeof ReadOptions>;

export const SOURCE_KINDS = ["upload", "feed", "peer", "push", "manual"] as const;
export const SourceKind = z.enum(SOURCE_KINDS);
export type SourceKind = z.infer<typeof SourceKind>;

/** Reliability of a source on the Admiralty scale (AJP-2.1): A completely reliable to E unreliable, F cannot be judged. */
export const Reliability = z.enum(["A", "B", "C", "D", "E", "F"]);
export type Reliability = z.infer<typeof Reliability>;

export const Source = z.object({
  id: z.uuid(),
  orgId: OrgId,
  kind: SourceKind,
  name: z.string(),
  url: z.string().nullable(),
  reliability: Reliability,
  createdAt: z.iso.datetime(),
});
export type Source = z.infer<typeof Source>;

/** The source of uploads that name none; the console has it in the language of the screen. */
export const UPLOADS_SOURCE = "檔案匯入 Uploads";

export const IMPORT_STATES = [
  "reading",
  "previewed",
  "storing",
  "stored",
  "undoing",
  "undone",
  "dropped",
  "failed",
] as const;
export const ImportState = z.enum(IMPORT_STATES);
export type ImportState = z.infer<typeof ImportState>;

/**
 * How many objects an import holds. In a preview `new` and `known` are what storing everything would count, for the
 * library as it is; of a stored import, what was.
 */
export const ImportCounts = z.object({
  total: z.number().int(),
  refused: z.number().int(),
  warned: z.number().int(),
  new: z.number().int(),
  known: z.number().int(),
  /** Left out by choice. */
  left: z.number().int(),
});
export type ImportCounts = z.infer<typeof ImportCounts>;

export const ImportProgress = z.object({ done: z.number().int(), total: z.number().int() });
export type ImportProgress = z.infer<typeof ImportProgress>;

/** What a person decides at the preview. */
export const ImportDecision = z.object({
  /** Positions of the preview that stay out. */
  leaveOut: z.array(z.number().int().nonnegative()).max(20_000).optional(),
  /** Leave out whatever a warninglist knows. */
  leaveOutWarned: z.boolean().optional(),
});
export type ImportDecision = z.infer<typeof ImportDecision>;

/** What is kept with an import: the marking for what bears none, what its sender may see, and the decision. */
export interface ImportChoices extends ImportDecision {
  readonly tlp: Tlp;
  /** Of objects that the import makes and that bear none; documents of STIX stay as they are. */
  readonly confidence?: number | undefined;
  readonly clearance: Tlp;
}

export const Import = z.object({
  id: z.uuid(),
  orgId: OrgId,
  tlp: Tlp,
  source: z.object({ id: z.uuid(), name: z.string(), kind: SourceKind, reliability: Reliability }),
  format: ImportFormat,
  fileName: z.string(),
  size: z.number().int().nullable(),
  sha256: z.string().nullable(),
  state: ImportState,
  counts: ImportCounts,
  progress: ImportProgress,
  /** Why it failed, in English; `failure` has it for both languages. */
  reason: z.string().nullable(),
  failure: Cause.nullable(),
  by: z.string(),
  at: z.iso.datetime(),
  storedAt: z.iso.datetime().nullable(),
  undoneAt: z.iso.datetime().nullable(),
});
export type Import = z.infer<typeof Import>;

export const ImportDetail = Import.extend({
  /** The marking of what bears none of its own. */
  unmarkedTlp: Tlp,
  /** Of what the import makes and that bears none of its own. */
  defaultConfidence: z.number().int().nullable(),
  options: ReadOptions,
  /** The first reasons of refusals, one each; how many things were refused is `counts.refused`. */
  refusals: z.array(Refusal),
  /** The last stored import of the same file, byte for byte. */
  before: z.object({ id: z.uuid(), at: z.iso.datetime(), storedAt: z.iso.datetime() }).nullable(),
  /** Of a preview: what the library lacks, what it holds already, and what would stand beside other content. */
  preview: z
    .object({ new: z.number().int(), known: z.number().int(), conflicts: z.number().int() })
    .nullable(),
});
export type ImportDetail = z.infer<typeof ImportDetail>;

export const ImportFilter = PageQuery.extend({
  state: ImportState.optional(),
  format: ImportFormat.optional(),
  source: z.uuid().optional(),
  q: z.string().trim().max(200).optional(),
});
export type ImportFilter = z.infer<typeof ImportFilter>;

export const ENTRY_VIEWS = ["all", "new", "known", "warned", "conflicts", "refused"] as const;
export const EntryFilter = PageQuery.extend({ view: z.enum(ENTRY_VIEWS).default("all") });
export type EntryFilter = z.infer<typeof EntryFilter>;

/** Rows of a preview as a file. */
export const EntryExport = EntryFilter.pick({ view: true }).extend({
  form: z.enum(["csv", "json"]).default("csv"),
});

/** An object of an import, or in a preview what was refused. */
export const ImportEntry = z.object({
  /** Place in the preview; what `leaveOut` names. */
  position: z.number().int(),
  path: z.string(),
  id: z.string(),
  type: z.string(),
  name: z.string(),
  tlp: Tlp,
  /** The library holds it already. */
  known: z.boolean(),
  /** The library holds the same id and version with other content. */
  conflict: z.boolean(),
  /** Names of the sources that told it before, as far as the reader sees them. */
  toldBy: z.array(z.string()),
  warnings: z.array(ValueWarning),
  /** Why it stays out; empty of what would come in. */
  refusals: z.array(Refusal),
  /** More reasons than these. */
  moreReasons: z.number().int(),
});
export type ImportEntry = z.infer<typeof ImportEntry>;

/** Query of an upload; the body is the file itself. */
export const Upload = z.object({
  fileName: z.string().trim().min(1).max(255).default("upload"),
  format: ImportFormat.optional(),
  /** Marking of what bears none of its own. */
  tlp: Tlp.default("amber"),
  /** Confidence (STIX 2.1 section 3.2, 0 to 100) of what the import makes and that bears none. */
  confidence: z.coerce.number().int().min(0).max(100).optional(),
  /** A source of the organisation, by its id or its name; a new name makes a new source. */
  source: z.string().trim().min(1).max(200).optional(),
  reliability: Reliability.optional(),
  orgId: OrgId.optional(),
  /** Store at once, without a preview. */
  store: z.stringbool().default(false),
});
export type Upload = z.infer<typeof Upload>;

/** The first rows of a table, cut by a delimiter, for choosing what its columns say. */
export const SampleQuery = z.object({ delimiter: CsvMapping.shape.delimiter.unwrap().optional() });
export const TableSample = z.object({
  mapping: CsvMapping,
  rows: z.array(z.object({ line: z.number().int(), cells: z.array(z.string()) })),
});
export type TableSample = z.infer<typeof TableSample>;

/** Reading the same file in another way. */
export const Reread = z.object({
  format: ImportFormat.optional(),
  tlp: Tlp.optional(),
  /** Null takes it away. */
  confidence: z.number().int().min(0).max(100).nullable().optional(),
  csv: CsvMapping.optional(),
});
export type Reread = z.infer<typeof Reread>;

/** What undoing an import would do. */
export const UndoPreview = z.object({
  /** Objects of which it is one of the sources. */
  told: z.number().int(),
  /** Objects that would go: nothing else told them, and nothing holds them. */
  objects: z.number().int(),
  /** Objects that stay: the sum of the three reasons below, of which each object counts for the first. */
  stays: z.number().int(),
  /** Other imports told them, too. */
  others: z.number().int(),
  /** They are published as items. */
  released: z.number().int(),
  /** What people wrote by hand refers to them: relationships, remarks, sightings. */
  held: z.number().int(),
});
export type UndoPreview = z.infer<typeof UndoPreview>;
