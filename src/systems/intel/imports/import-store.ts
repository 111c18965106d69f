import { type Selectable, type SqlBool, sql } from "kysely";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { tlpOfRank, tlpRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { containing, cursorOf } from "../item-store.ts";
import { rowOf } from "../library/row.ts";
import { SearchStore } from "../library/search-store.ts";
import type { Refusal } from "../reasons/model.ts";
import { type IntelImportTable, type IntelTables, instant, instantOrNull } from "../tables.ts";
import { foundName } from "./found.ts";
import {
  type EntryFilter,
  type EntryWarning,
  type Import,
  type ImportCounts,
  type ImportDetail,
  type ImportEntry,
  type ImportFilter,
  ImportFormat,
  ImportState,
  Reliability,
  SourceKind,
} from "./model.ts";

export type ImportRecord = Selectable<IntelImportTable>;
export type SourcedRecord = ImportRecord & {
  source_name: string;
  source_kind: string;
  source_reliability: string;
};

export const NO_COUNTS: ImportCounts = { total: 0, refused: 0, warned: 0, new: 0, known: 0, left: 0 };

export interface EntryRow {
  readonly position: number;
  readonly path: string;
  readonly tlp: number;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly version_key: string | null;
  readonly digest: string;
  readonly warnings: readonly EntryWarning[] | null;
  readonly refusals: readonly Refusal[] | null;
  readonly more_reasons: number;
}

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
    const preview = row.state === "previewed" ? await this.preview(row) : null;
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

  /** What storing a preview would count, for whoever imports it: what stands above the clearance counts as new. */
  async previewCounts(row: ImportRecord): Promise<{ new: number; known: number }> {
    const { total, known } = await this.standing(row, tlpRank(row.choices.clearance));
    return { new: total - known, known };
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

  async entries(id: string, { view, limit, cursor }: EntryFilter): Promise<Page<ImportEntry>> {
    const row = await this.record(id);
    const after = cursor === undefined ? -1 : positionOf(cursor);
    return row.state === "previewed" ? this.previewed(row, view, limit, after) : this.told(row, limit, after);
  }

  async addEntries(importId: string, rows: readonly EntryRow[]): Promise<void> {
    await sql`insert into intel_import_entry
        (import_id, position, path, tlp, id, type, name, version_key, digest, warnings, refusals, more_reasons)
      select ${importId}::uuid, position, path, tlp, id, type, name, version_key, digest, warnings, refusals,
        more_reasons
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as given (position integer, path text,
        tlp smallint, id text, type text, name text, version_key text, digest text, warnings jsonb,
        refusals jsonb, more_reasons integer)`.execute(this.work.tables<IntelTables>());
  }

  async forgetEntries(importId: string): Promise<void> {
    await this.work
      .tables<IntelTables>()
      .deleteFrom("intel_import_entry")
      .where("import_id", "=", importId)
      .execute();
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
  async undoPreview(id: string): Promise<{ told: number; objects: number; stays: number }> {
    await this.record(id);
    const { rows } = await sql<{ told: number; lone: number }>`
      select count(*)::int as told, count(*) filter (where not exists (select 1 from stix_origin o
        where o.seq = r.seq and o.import_id <> r.import_id and ${visible(this.work, "o")}))::int as lone
      from stix_origin r where r.import_id = ${id}::uuid and ${visible(this.work, "r")}`.execute(
      this.work.tables<IntelTables>(),
    );
    const { told, lone } = rows[0] ?? { told: 0, lone: 0 };
    return { told, objects: lone, stays: told - lone };
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

  private async preview(row: ImportRecord): Promise<{ new: number; known: number; conflicts: number }> {
    const { total, known, conflicts } = await this.standing(row);
    return { new: total - known, known, conflicts };
  }

  private async standing(row: ImportRecord, highest = tlpRank("red")) {
    const { rows } = await sql<{ known: number; total: number; conflicts: number }>`
      select count(*)::int as total, count(*) filter (where ${this.isKnown(row, highest)})::int as known,
        count(*) filter (where ${this.isConflict(row)})::int as conflicts
      from intel_import_entry e where e.import_id = ${row.id}::uuid and e.refusals is null`.execute(
      this.work.tables<IntelTables>(),
    );
    return rows[0] ?? { total: 0, known: 0, conflicts: 0 };
  }

  private async previewed(
    row: ImportRecord,
    view: EntryFilter["view"],
    limit: number,
    after: number,
  ): Promise<Page<ImportEntry>> {
    const wanted = {
      all: sql<SqlBool>`true`,
      new: sql<SqlBool>`(e.refusals is null and not ${this.isKnown(row)})`,
      known: this.isKnown(row),
      warned: sql<SqlBool>`e.warnings is not null`,
      conflicts: this.isConflict(row),
      refused: sql<SqlBool>`e.refusals is not null`,
    }[view];
    const db = this.work.tables<IntelTables>();
    const counted = await sql<{ total: number }>`select count(*)::int as total from intel_import_entry e
      where e.import_id = ${row.id}::uuid and ${wanted}`.execute(db);
    const { rows } = await sql<
      Omit<ImportEntry, "tlp" | "warnings" | "refusals"> & {
        tlp: number;
        warnings: EntryWarning[] | null;
        refusals: Refusal[] | null;
      }
    >`
      select e.position, e.path, e.id, e.type, e.name, e.tlp, e.warnings, e.refusals,
        e.more_reasons as "moreReasons", ${this.isKnown(row)} as known,
        ${this.isConflict(row)} as conflict, ${this.tellers(row)} as "toldBy"
      from intel_import_entry e
      where e.import_id = ${row.id}::uuid and e.position > ${after} and ${wanted}
      order by e.position limit ${limit + 1}`.execute(db);
    const entries = rows.map((entry) => ({
      ...entry,
      tlp: tlpOfRank(entry.tlp),
      warnings: entry.warnings ?? [],
      refusals: entry.refusals ?? [],
    }));
    return pageOfEntries(await this.withEnds(entries, row), limit, counted.rows[0]?.total ?? 0);
  }

  /** What a stored import told, by the number of each object. */
  private async told(row: ImportRecord, limit: number, after: number): Promise<Page<ImportEntry>> {
    const db = this.work.tables<IntelTables>();
    const from = sql`from stix_origin r join stix_object o on o.seq = r.seq
      where r.import_id = ${row.id}::uuid and ${visible(this.work, "r")} and ${visible(this.work, "o")}`;
    const counted = await sql<{ total: number }>`select count(*)::int as total ${from}`.execute(db);
    const { rows } = await sql<{
      seq: number;
      path: string;
      id: string;
      type: string;
      tlp: number;
      document: string;
    }>`
      select o.seq, r.path, o.id, o.type, o.tlp, o.document ${from} and r.seq > ${after}
      order by r.seq limit ${limit + 1}`.execute(db);
    const entries = rows.map(({ seq, path, id, type, tlp, document }) => {
      const name = foundName(JSON.parse(document));
      return {
        position: seq,
        path,
        id,
        type,
        name,
        tlp: tlpOfRank(tlp),
        known: true,
        conflict: false,
        toldBy: [],
        warnings: [],
        refusals: [],
        moreReasons: 0,
      };
    });
    return pageOfEntries(await this.withEnds(entries, row), limit, counted.rows[0]?.total ?? 0);
  }

  /** Relationships by the names of their ends, as far as the file or the library in sight has them. */
  private async withEnds(entries: ImportEntry[], row: ImportRecord): Promise<ImportEntry[]> {
    const ids = [...new Set(entries.flatMap((entry) => endsOf(entry) ?? []))];
    if (ids.length === 0) return entries;
    const inFile = await this.work
      .tables<IntelTables>()
      .selectFrom("intel_import_entry")
      .select(["id", "name"])
      .where("import_id", "=", row.id)
      .where("id", "in", ids)
      .execute();
    const names = new Map(inFile.map(({ id, name }) => [id, name]));
    for (const found of await new SearchStore(this.work).current(ids.filter((id) => !names.has(id)))) {
      const { id, name } = rowOf(found);
      names.set(id, name);
    }
    return entries.map((entry) => {
      const ends = endsOf(entry);
      if (ends === undefined) return entry;
      const [source, target] = ends.map((id) => names.get(id) ?? id);
      return { ...entry, name: `${source} → ${entry.name.split(" ")[1] ?? ""} → ${target}` };
    });
  }

  private isKnown(row: ImportRecord, highest = tlpRank("red")) {
    return sql<SqlBool>`(e.refusals is null and exists (select 1 from stix_object o where o.org_id = ${row.org_id}::uuid
      and o.id = e.id and o.digest = e.digest and o.collection_id is null and o.tlp <= ${highest}::int
      and ${visible(this.work, "o")}))`;
  }

  private isConflict(row: ImportRecord) {
    return sql<SqlBool>`(e.version_key is not null and exists (select 1 from stix_object o
      where o.org_id = ${row.org_id}::uuid and o.id = e.id and o.version_key = e.version_key and o.digest <> e.digest
        and o.collection_id is null and ${visible(this.work, "o")}))`;
  }

  private tellers(row: ImportRecord) {
    return sql<string[]>`array(select distinct s.name from stix_object o join stix_origin r on r.seq = o.seq
      join intel_import i on i.id = r.import_id join intel_source s on s.id = i.source_id
      where o.org_id = ${row.org_id}::uuid and o.id = e.id and o.digest = e.digest and o.collection_id is null
        and ${visible(this.work, "o")} and ${visible(this.work, "r")} and ${visible(this.work, "i")}
        and ${visible(this.work, "s")} order by s.name limit 20)`;
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

/** The ids that the name of a relationship is made of: `<source> <type> <target>`. */
function endsOf({ type, name, refusals }: ImportEntry): [string, string] | undefined {
  const [source, , target, more] = name.split(" ");
  if (
    refusals.length > 0 ||
    type !== "relationship" ||
    source === undefined ||
    target === undefined ||
    more !== undefined
  )
    return undefined;
  return [source, target];
}

function pageOfEntries(items: ImportEntry[], limit: number, total: number): Page<ImportEntry> {
  const last = items[limit - 1];
  if (items.length <= limit || last === undefined) return { items, total };
  return { items: items.slice(0, limit), next: String(last.position), total };
}

function positionOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new Problem("http.invalid", {
    faults: [{ path: "querystring.cursor", message: "not a cursor of this list" }],
  });
}
