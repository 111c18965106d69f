import { z } from "zod";
import { DomainReach, ExportFormat } from "../exports/model.ts";
import { LibraryFilter, SameVerdict, StixId } from "./model.ts";

/** What people say with what they decide. */
const Because = z.string().trim().min(1).max(2000);

export const ChangeEnd = z.discriminatedUnion("act", [
  z.object({ act: z.literal("end"), reason: Because }),
  z.object({ act: z.literal("resume"), reason: Because }),
  z.object({ act: z.literal("prolong"), reason: Because, until: z.iso.datetime({ offset: true }) }),
]);

export const DecideSame = z.object({ other: StixId, verdict: SameVerdict, reason: Because });
export const UndoSame = z.object({ reason: Because });

export const LibraryExport = LibraryFilter.extend({
  format: ExportFormat,
  /** In forms that devices read: a domain as it stands, or every name below it, too. */
  domains: DomainReach.default("exact"),
  /** Just these of what matches, by id. */
  ids: LibraryFilter.shape.type,
});

/** How far the making anew of the index is, in objects. */
export const ReindexState = z.object({ done: z.number().int(), of: z.number().int(), finished: z.boolean() });
export type ReindexState = z.infer<typeof ReindexState>;
