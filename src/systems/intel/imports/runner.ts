import type { Scope } from "../../../core/scope.ts";
import { type Tlp, tlpRank } from "../../../core/tlp.ts";
import type { Platform } from "../../../platform/platform.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { ValueWarning } from "../model.ts";
import { OriginStore } from "../origin-store.ts";
import { cause, type Refusal } from "../reasons/model.ts";
import { type IntelTables, instant } from "../tables.ts";
import type { WarninglistChecker } from "../warninglists/checker.ts";
import { type EntryRow, EntryStore } from "./entry-store.ts";
import { type Found, type FoundObject, isRefused, type Refused } from "./found.ts";
import { FoundCache } from "./found-cache.ts";
import { type ImportRecord, ImportStore, NO_COUNTS, type SourcedRecord } from "./import-store.ts";
import { importedId } from "./imported.ts";
import type { ImportCounts, ImportState } from "./model.ts";
import { plainCause, plainRefusals } from "./plain.ts";
import { ImportReader, UnreadableFile } from "./reader.ts";
import { storeImport } from "./storing.ts";

type Parts = Pick<Platform, "records" | "blobs" | "log" | "jobScope">;

/** A process that has not said for so long that it works on an import has died. */
const SILENT_MS = 30_000;
const MOST_REFUSALS = 1000;
/** Rows of a preview for what was refused; beyond them only their number is kept. */
const MOST_REFUSED_ROWS = 10_000;
/** Of one object. */
const MOST_WARNINGS = 20;
const UNDO_AT_ONCE = 2000;
const OPEN: readonly ImportState[] = ["reading", "storing", "undoing"];

/**
 * Reads, stores and undoes imports beside the requests that ask for it, one import at a time. All its state is in the
 * records: what a killed process was at, the next one goes on with.
 */
export class ImportRunner {
  readonly warninglists: WarninglistChecker;
  private readonly parts: Parts;
  private readonly reader = new ImportReader();
  private readonly cache = new FoundCache();
  private readonly stopping = new AbortController();
  private readonly waiting = new Set<string>();
  private running: Promise<void> = Promise.resolve();

  constructor(parts: Parts, warninglists: WarninglistChecker) {
    this.parts = parts;
    this.warninglists = warninglists;
  }

  /** Does what the import's state asks for, after what was begun before. */
  begin(id: string): void {
    if (this.waiting.has(id) || this.stopping.signal.aborted) return;
    this.waiting.add(id);
    this.running = this.running.then(() => {
      this.waiting.delete(id);
      return this.stopping.signal.aborted ? undefined : this.run(id);
    });
  }

  /** Takes up what no process works on any more. */
  async recover(): Promise<void> {
    const scope = await this.scope();
    const open = await this.parts.records.within(scope, (work) => {
      const silent = new Date(Date.parse(work.now) - SILENT_MS).toISOString();
      return work
        .tables<IntelTables>()
        .selectFrom("intel_import")
        .select("id")
        .where("state", "in", [...OPEN])
        .where((e) => e.or([e("worked_at", "is", null), e("worked_at", "<", silent)]))
        .where(visible(work, "intel_import"))
        .orderBy("id")
        .execute();
    });
    for (const { id } of open) this.begin(id);
  }

  /** Resolves when everything that was begun has ended. */
  async idle(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== this.running; ) {
      seen = this.running;
      await seen;
    }
  }

  /** Leaves off where it can go on later. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.idle();
    await this.reader.close();
  }

  /** The file is read anew the next time. */
  forget(id: string): void {
    this.cache.forget(id);
  }

  private scope(): Promise<Scope> {
    return this.parts.jobScope("intel.import", ["intel:write"]);
  }

  private async run(id: string): Promise<void> {
    try {
      const scope = await this.scope();
      const row = await this.claim(scope, id);
      if (row === undefined) return;
      try {
        if (row.state === "reading") await this.read(scope, row);
        else if (row.state === "storing") await this.store(scope, row);
        else await this.undo(scope, row);
      } catch (error) {
        await this.fail(scope, row, error);
      }
    } catch (error) {
      this.parts.log.error({ err: error, import: id }, "an import could not be worked on");
    }
  }

  private claim(scope: Scope, id: string): Promise<SourcedRecord | undefined> {
    return this.parts.records.within(scope, async (work) => {
      const store = new ImportStore(work);
      const claimed = await store.change(id, OPEN, { worked_at: work.now });
      return claimed ? store.record(id) : undefined;
    });
  }

  private async fail(scope: Scope, row: ImportRecord, error: unknown): Promise<void> {
    const failure = plainCause(error instanceof UnreadableFile ? error.told : cause("program"));
    const reason = failure.message;
    this.parts.log.error({ err: error, import: row.id }, "an import failed");
    this.cache.forget(row.id);
    await this.parts.records.within(scope, async (work) => {
      await new ImportStore(work).change(row.id, OPEN, { state: "failed", reason, failure, worked_at: null });
      work.audit({ action: "intel.import-failed", subject: row.id, orgId: row.org_id, detail: { reason } });
    });
  }

  /** Everything in the file, from memory where it was read a moment ago; ends early when the node stops. */
  private async *found(row: ImportRecord): AsyncGenerator<Found[]> {
    const known = this.cache.get(row.id);
    if (known !== undefined) {
      yield* known;
      return;
    }
    const bytes = await this.bytes(row);
    const source = await this.source(row);
    const kept = this.cache.keep(row.id);
    const request = {
      format: row.format,
      options: row.options,
      source,
      fileName: row.file_name,
      now: instant(row.at),
      tlp: row.choices.tlp,
      clearance: row.choices.clearance,
      confidence: row.choices.confidence,
    };
    for await (const batch of this.reader.read(
      bytes,
      request as Parameters<ImportReader["read"]>[1],
      this.stopping.signal,
    )) {
      kept.add(batch);
      yield batch;
    }
    if (!this.stopping.signal.aborted) kept.whole();
  }

  private async bytes(row: ImportRecord): Promise<Buffer> {
    if (row.blob_sha256 === null) throw new UnreadableFile("file-gone");
    const parts: Buffer[] = [];
    for await (const part of await this.parts.blobs.open(row.blob_sha256)) parts.push(Buffer.from(part));
    return Buffer.concat(parts);
  }

  private async source(row: ImportRecord) {
    const scope = await this.scope();
    const { name, created_at: created } = await this.parts.records.within(scope, (work) =>
      work
        .tables<IntelTables>()
        .selectFrom("intel_source")
        .select(["name", "created_at"])
        .where("id", "=", row.source_id)
        .where(visible(work, "intel_source"))
        .executeTakeFirstOrThrow(),
    );
    return { identity: importedId("identity", name), name, created: instant(created) };
  }

  private async read(scope: Scope, row: ImportRecord): Promise<void> {
    const { records } = this.parts;
    await records.within(scope, (work) => new EntryStore(work).forget(row.id));
    const counts: ImportCounts = { ...NO_COUNTS };
    const refusals: Refusal[] = [];
    let highest = tlpRank(row.choices.tlp);
    let position = 0;
    for await (const batch of this.found(row)) {
      const rows: EntryRow[] = [];
      for (const found of batch) {
        const at = position++;
        if (isRefused(found)) {
          counts.refused++;
          if (refusals.length < MOST_REFUSALS) refusals.push(...found.reasons);
          if (counts.refused <= MOST_REFUSED_ROWS) rows.push(refusedRow(found, at, row.choices.tlp));
          continue;
        }
        counts.total++;
        const warnings = this.warninglists.warnings(found.values).slice(0, MOST_WARNINGS);
        if (warnings.length > 0) counts.warned++;
        highest = Math.max(highest, tlpRank(found.tlp));
        rows.push(objectRow(found, at, warnings));
      }
      const goesOn = await records.within(scope, async (work) => {
        const store = new ImportStore(work);
        const progress = { done: position, total: 0 };
        if (!(await store.change(row.id, ["reading"], { progress, worked_at: work.now }))) return false;
        await new EntryStore(work).add(row.id, rows);
        return true;
      });
      if (!goesOn) break;
    }
    await records.within(scope, async (work) => {
      const store = new ImportStore(work);
      if (this.stopping.signal.aborted)
        return void (await store.change(row.id, ["reading"], { worked_at: null }));
      Object.assign(counts, await new EntryStore(work).counts(row));
      const done = await store.change(row.id, ["reading"], {
        state: "previewed",
        counts,
        refusals: plainRefusals(refusals.slice(0, MOST_REFUSALS)),
        tlp: highest,
        progress: { done: position, total: position },
        worked_at: null,
      });
      // Somebody stopped it meanwhile.
      if (!done) await new EntryStore(work).forget(row.id);
    });
  }

  private async store(scope: Scope, row: SourcedRecord): Promise<void> {
    const outcome = await storeImport(this.parts.records, scope, row, this.found(row), {
      isWarned: ({ values }) => this.warninglists.warnings(values).length > 0,
      mostRefusals: MOST_REFUSALS,
      stopped: () => this.stopping.signal.aborted,
    });
    if (outcome === "stored") this.cache.forget(row.id);
    // It was stopped by somebody: what is in already is taken back.
    if (outcome === "taken-back") this.begin(row.id);
  }

  private async undo(scope: Scope, row: ImportRecord): Promise<void> {
    const { records } = this.parts;
    this.cache.forget(row.id);
    for (;;) {
      const { origins } = await records.within(scope, async (work) => {
        await new ImportStore(work).change(row.id, ["undoing"], { worked_at: work.now });
        return new OriginStore(work).untell(row.id, UNDO_AT_ONCE);
      });
      if (origins === 0) break;
      if (this.stopping.signal.aborted) {
        await records.within(scope, (work) =>
          new ImportStore(work).change(row.id, ["undoing"], { worked_at: null }),
        );
        return;
      }
    }
    const again = await records.within(scope, async (work) => {
      const store = new ImportStore(work);
      await new EntryStore(work).forget(row.id);
      await store.change(row.id, ["undoing"], { state: "undone", undone_at: work.now, worked_at: null });
      work.audit({
        action: "intel.import-undone",
        subject: row.id,
        orgId: row.org_id,
        detail: { by: row.by_name },
      });
      work.emit({
        topic: "intel.import-undone",
        subject: row.id,
        marked: { orgId: row.org_id, tlp: "amber", audience: [] },
        data: {},
      });
      return store.tellAgain(row);
    });
    for (const id of again) this.begin(id);
  }
}

function objectRow(found: FoundObject, position: number, warnings: ValueWarning[]): EntryRow {
  return {
    position,
    path: found.path.slice(0, 500),
    tlp: tlpRank(found.tlp),
    id: found.id,
    type: found.type,
    name: found.name,
    version_key: found.versionKey,
    digest: found.digest,
    warnings: warnings.length === 0 ? null : warnings,
    refusals: null,
    more_reasons: 0,
  };
}

function refusedRow({ path, id, type, name, reasons, more }: Refused, position: number, tlp: Tlp): EntryRow {
  return {
    position,
    path: path.slice(0, 500).toWellFormed().replaceAll("\0", ""),
    tlp: tlpRank(tlp),
    id,
    type,
    name,
    version_key: null,
    digest: "",
    warnings: null,
    refusals: plainRefusals(reasons),
    more_reasons: more,
  };
}
