import { z } from "zod";

/** What a column of a table says; a column without a meaning is passed over. */
const COLUMN_MEANINGS = [
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
/** How a table of values is read. `columns` names the meaning of each column, from the first. */
const CsvMapping = z.object({
  delimiter: z.enum([",", ";", "\t", "|"]).default(","),
  header: z.boolean().default(false),
  columns: z
    .array(z.enum(COLUMN_MEANINGS).or(z.literal("")))
    .max(200)
    .default([]),
});
export type CsvMapping = z.infer<typeof CsvMapping>;

const ReadOptions = z.object({ csv: CsvMapping.optional() });
export type ReadOptions = z.infer<typeof ReadOptions>;

/** How many objects an import holds. `new` and `known` are counted as they are stored. */
const ImportCounts = z.object({
  total: z.number().int(),
  refused: z.number().int(),
  warned: z.number().int(),
  new: z.number().int(),
  known: z.number().int(),
  /** Left out by choice. */
  left: z.number().int(),
});
export type ImportCounts = z.infer<typeof ImportCounts>;

const ImportProgress = z.object({ done: z.number().int(), total: z.number().int() });
export type ImportProgress = z.infer<typeof ImportProgress>;

/** What a person decides at the preview. */
const ImportChoices = z.object({
  /** Positions of the preview that stay out. */
  leaveOut: z.array(z.number().int().nonnegative()).max(20_000).optional(),
  /** Leave out whatever a warninglist knows. */
  leaveOutWarned: z.boolean().optional(),
});
export type ImportChoices = z.infer<typeof ImportChoices>;

/** A value of an object that a warninglist knows as none of a threat. */
const EntryWarning = z.object({ value: z.string(), list: z.string() });
export type EntryWarning = z.infer<typeof EntryWarning>;
