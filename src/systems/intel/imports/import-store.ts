import { type Selectable, sql } from "kysely";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { containing, cursorOf } from "../item-store.ts";
import { OriginStore } from "../origin-store.ts";
import { type IntelImportTable, type IntelTables, instant, instantOrNull } from "../tables.ts";
import { EntryStore } from "./entry-store.ts";
import {
  type EntryFilter,
  type Import,
  type ImportCounts,
  type ImportDetail,
  type ImportEntry,
  type ImportFilter,
  ImportFormat,
  ImportState,
  Reliability,
  SourceKind,
  type UndoPreview,
} from "./model.ts";

export type ImportRecord = Selectable<IntelImportTable>;
export type SourcedRecord = ImportRecord & {
  source_name: string;
  source_kind: string;
  source_reliability: string;
};

export const NO_COUNTS: ImportCounts = { total: 0, refused: 0, warned: 0, new: 0, known: 0, left: 0 };

/** Imports and their previews, as far as the scope sees them. */
export class ImportStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async insert(row: {
    id: string;
    org_id: string;
    tlp: number;
    source_id: string;
    format: string;
    options: object;
    file_name: string;
    blob_sha256: string | null;
    blob_size: number | null;
    state: ImportState;
    choices: object;
  }): Promise<void> {
    const { actor } = this.work.scope;
    await this.work
      .tables<IntelTables>()
      .insertInto("intel_import")
      .values({
        ...row,
        options: JSON.stringify(row.options),
        choices: JSON.stringify(row.choices),
        counts: JSON.stringify(NO_COUNTS),
        reason: null,
        by_id: actor.id,
        by_name: actor.name,
        at: this.work.now,
      })
      .execute();
  }

  async list(filter: ImportFilter): Promise<Page<Import>> {
    let matching = this.matching(filter);
    // What people write by hand stands with its object; what was given up is shown to who asks for it.
    if (filter.source === undefined) matching = matching.where("s.kind", "<>", "manual");
    if (filter.state === undefined) matching = matching.where("i.state", "<>", "dropped");
    const { total } = await matching
      .select((e) => e.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    const rows = await this.sourced(
      filter.cursor === undefined ? matching : matching.where("i.id", "<", cursorOf(filter.cursor)),
    )
      .orderBy("i.id", "desc")
      .limit(filter.limit + 1)
      .execute();
    const items = rows.map(importOf);
    const last = items[filter.limit - 1];
    if (items.length <= filter.limit || last === undefined) return { items, total };
    return { items: items.slice(0, filter.limit), next: last.id, total };
  }

  /** Everything that matches, newest first: for export. */
  async *all(filter: Omit<ImportFilter, "limit" | "cursor">): AsyncGenerator<Import> {
    let cursor: string | undefined;
    do {
      const page: Page<Import> = await this.list({ ...filter, limit: 200, cursor });
      yield* page.items;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** Problem http.not-found where the scope sees none. */
  async record(id: string): Promise<SourcedRecord> {
    const row = await this.sourced(this.matching({}).where("i.id", "=", id)).executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return row;
  }

  async detail(id: string): Promise<ImportDetail> {
    const row = await this.record(id);
    const preview = row.state === "previewed" ? await new EntryStore(this.work).preview(row) : null;
    const base = importOf(row);
    return {
      ...base,
      // The library goes on while a preview waits.
      counts: preview === null ? base.counts : { ...base.counts, new: preview.new, known: preview.known },
      unmarkedTlp: row.choices.tlp,
      defaultConfidence: row.choices.confidence ?? null,
      options: row.options,
      refusals: row.refusals.map((each) => ({ ...UNTYPED, ...each })),
      before: await this.before(row),
      preview,
    };
  }

  private async before(row: ImportRecord): Promise<ImportDetail["before"]> {
    if (row.blob_sha256 === null) return null;
    const earlier = await this.work
      .tables<IntelTables>()
      .selectFrom("intel_import")
      .select(["id", "at", "stored_at"])
      .where("blob_sha256", "=", row.blob_sha256)
      .where("org_id", "=", row.org_id)
      .where("state", "=", "stored")
      .where("id", "<", row.id)
      .where(visible(this.work, "intel_import"))
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    if (earlier === undefined || earlier.stored_at === null) return null;
    return { id: earlier.id, at: instant(earlier.at), storedAt: instant(earlier.stored_at) };
  }

  /** Every row of a preview, or of what a stored import told, in order: for export. */
  async *allEntries(id: string, view: EntryFilter["view"]): AsyncGenerator<ImportEntry> {
    let cursor: string | undefined;
    do {
      const page: Page<ImportEntry> = await this.entries(id, { view, limit: 200, cursor });
      yield* page.items;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  async entries(id: string, filter: EntryFilter): Promise<Page<ImportEntry>> {
    return new EntryStore(this.work).page(await this.record(id), filter);
  }

  /** Writes where the state is still one of `from`; answers whether it was. */
  async change(
    id: string,
    from: readonly ImportState[],
    change: Partial<Omit<ImportRecord, "id" | "org_id">>,
  ): Promise<boolean> {
    const stored = Object.fromEntries(
      Object.entries(change).map(([name, value]) => [
        name,
        AS_JSON.has(name) && value !== null ? JSON.stringify(value) : value,
      ]),
    );
    const { numUpdatedRows } = await this.work
      .tables<IntelTables>()
      .updateTable("intel_import")
      .set(stored)
      .where("id", "=", id)
      .where("state", "in", [...from])
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** What an undo would do, as far as the scope sees it. */
  async undoPreview(id: string): Promise<UndoPreview> {
    await this.record(id);
    return new OriginStore(this.work).wouldUntell(id);
  }

  /**
   * Later imports of the same feed, to be told again: a feed's import notes no origin for what an earlier one of the same
   * feed told, and now that one is gone. They are set to storing; answers their ids.
   */
  async tellAgain(row: ImportRecord): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`update intel_import i set state = 'storing',
        progress = '{"done":0,"total":0}', worked_at = null
      from intel_source s where s.id = i.source_id and s.kind = 'feed' and i.source_id = ${row.source_id}::uuid
        and i.id > ${row.id}::uuid and i.state = 'stored' and ${visible(this.work, "i")} and ${visible(this.work, "s")}
      returning i.id`.execute(this.work.tables<IntelTables>());
    return rows.map((each) => each.id).sort();
  }

  private matching(filter: Omit<ImportFilter, "limit" | "cursor">) {
    let query = this.work
      .tables<IntelTables>()
      .selectFrom("intel_import as i")
      .innerJoin("intel_source as s", "s.id", "i.source_id")
      .where(visible(this.work, "i"))
      .where(visible(this.work, "s"));
    if (filter.state !== undefined) query = query.where("i.state", "=", filter.state);
    if (filter.format !== undefined) query = query.where("i.format", "=", filter.format);
    if (filter.source !== undefined) query = query.where("i.source_id", "=", filter.source);
    if (filter.q !== undefined && filter.q !== "") {
      const like = containing(filter.q);
      query = query.where((e) => e.or([e("i.file_name", "ilike", like), e("s.name", "ilike", like)]));
    }
    return query;
  }

  private sourced(query: ReturnType<ImportStore["matching"]>) {
    return query
      .selectAll("i")
      .select(["s.name as source_name", "s.kind as source_kind", "s.reliability as source_reliability"]);
  }
}

const AS_JSON = new Set(["options", "counts", "refusals", "progress", "choices", "failure"]);

/** Refusals that were written down before they had rules and reasons. */
const UNTYPED = { rule: "", why: "", facts: {} };

function importOf(row: SourcedRecord): Import {
  return {
    id: row.id,
    orgId: row.org_id,
    tlp: tlpOfRank(row.tlp),
    source: {
      id: row.source_id,
      name: row.source_name,
      kind: SourceKind.parse(row.source_kind),
      reliability: Reliability.parse(row.source_reliability),
    },
    format: ImportFormat.parse(row.format),
    fileName: row.file_name,
    size: row.blob_size,
    sha256: row.blob_sha256,
    state: ImportState.parse(row.state),
    counts: row.counts,
    progress: row.progress,
    reason: row.reason,
    failure: row.failure,
    by: row.by_name,
    at: instant(row.at),
    storedAt: instantOrNull(row.stored_at),
    undoneAt: instantOrNull(row.undone_at),
  };
}
