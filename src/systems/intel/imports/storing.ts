import type { Scope } from "../../../core/scope.ts";
import { tlpOfRank, tlpRank } from "../../../core/tlp.ts";
import type { Records } from "../../../platform/records/work.ts";
import { parseDocument } from "../object-store.ts";
import { OriginStore } from "../origin-store.ts";
import type { Refusal } from "../reasons/model.ts";
import { EntryStore } from "./entry-store.ts";
import { type Found, type FoundObject, isRefused } from "./found.ts";
import { tieClusters } from "./galaxy-ties.ts";
import { type ImportRecord, ImportStore, NO_COUNTS } from "./import-store.ts";
import type { ImportCounts } from "./model.ts";
import { plainRefusals } from "./plain.ts";

const AT_ONCE = 2000;

interface Storing {
  isWarned(found: FoundObject): boolean;
  readonly mostRefusals: number;
  stopped(): boolean;
}

/**
 * Stores what an import holds, part by part, each part with how far it came in one unit of work: whoever was killed goes
 * on behind the last part. Answers `stored`, `stopped` (the node stops), or `taken-back` when somebody stopped it.
 */
export async function storeImport(
  records: Records,
  scope: Scope,
  row: ImportRecord & { readonly source_kind: string },
  batches: AsyncIterable<Found[]>,
  { isWarned, mostRefusals, stopped }: Storing,
): Promise<"stored" | "stopped" | "taken-back"> {
  const leaveOut = new Set(row.choices.leaveOut ?? []);
  const before = row.progress.done;
  const counts: ImportCounts = { ...NO_COUNTS, new: row.counts.new, known: row.counts.known };
  if (before === 0) [counts.new, counts.known] = [0, 0];
  const refusals: Refusal[] = [];
  let highest = tlpRank(row.choices.tlp);
  let open: FoundObject[] = [];
  const total = row.progress.total;
  let position = 0;
  const flush = (): Promise<boolean> => {
    const documents = open.map((each) => ({ ...each, object: parseDocument(each.text) }));
    open = [];
    return records
      .within(scope, async (work) => {
        const store = new ImportStore(work);
        const told = await new OriginStore(work).tell({
          importId: row.id,
          orgId: row.org_id,
          audience: row.audience,
          documents,
          clearance: row.choices.clearance,
          feedId: row.source_kind === "feed" ? row.source_id : undefined,
        });
        const next = { ...counts, new: counts.new + told.added, known: counts.known + told.known };
        const progress = { done: position, total: Math.max(total, position) };
        if (!(await store.change(row.id, ["storing"], { counts: next, progress, worked_at: work.now })))
          throw new Stopped();
        return next;
      })
      .then(
        (next) => {
          Object.assign(counts, next);
          return true;
        },
        (error: unknown) => {
          if (error instanceof Stopped) return false;
          throw error;
        },
      );
  };
  for await (const batch of batches) {
    for (const found of batch) {
      const at = position++;
      if (isRefused(found)) {
        counts.refused++;
        if (refusals.length < mostRefusals) refusals.push(...found.reasons);
        continue;
      }
      counts.total++;
      const warned = isWarned(found);
      if (warned) counts.warned++;
      highest = Math.max(highest, tlpRank(found.tlp));
      const left = leaveOut.has(at) || (warned && row.choices.leaveOutWarned === true);
      if (left) counts.left++;
      if (left || at < before) continue;
      open.push(found);
    }
    if (stopped()) break;
    if (open.length >= AT_ONCE && !(await flush())) return "taken-back";
  }
  if (stopped()) {
    await records.within(scope, (work) =>
      new ImportStore(work).change(row.id, ["storing"], { worked_at: null }),
    );
    return "stopped";
  }
  if (!(await flush())) return "taken-back";
  const done = await records.within(scope, async (work) => {
    const store = new ImportStore(work);
    if (row.format === "misp-galaxy") {
      const ties = await tieClusters(work, row);
      counts.new += ties.added;
      counts.known += ties.known;
      counts.total += ties.added + ties.known;
    }
    const stored = await store.change(row.id, ["storing"], {
      state: "stored",
      counts,
      refusals: plainRefusals(refusals.slice(0, mostRefusals)),
      tlp: highest,
      progress: { done: position, total: position },
      stored_at: work.now,
      worked_at: null,
      reason: null,
      failure: null,
    });
    if (!stored) return false;
    await new EntryStore(work).forget(row.id);
    const detail = { ...counts, format: row.format, by: row.by_name };
    work.audit({ action: "intel.import-stored", subject: row.id, orgId: row.org_id, detail });
    work.emit({
      topic: "intel.imported",
      subject: row.id,
      marked: { orgId: row.org_id, tlp: tlpOfRank(highest), audience: row.audience },
      data: { sourceId: row.source_id, new: counts.new, known: counts.known },
    });
    return true;
  });
  return done ? "stored" : "taken-back";
}

/** Somebody stopped the import while a part of it was on its way; that part is rolled back. */
class Stopped extends Error {}
