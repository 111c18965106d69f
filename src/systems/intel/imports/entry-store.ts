import { type SqlBool, sql } from "kysely";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { tlpOfRank, tlpRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { rowOf } from "../library/row.ts";
import { SearchStore } from "../library/search-store.ts";
import type { ValueWarning } from "../model.ts";
import type { Refusal } from "../reasons/model.ts";
import type { IntelTables } from "../tables.ts";
import { foundName } from "./found.ts";
import type { ImportRecord } from "./import-store.ts";
import type { EntryFilter, ImportEntry } from "./model.ts";

export interface EntryRow {
  readonly position: number;
  readonly path: string;
  readonly tlp: number;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly version_key: string | null;
  readonly digest: string;
  readonly warnings: readonly ValueWarning[] | null;
  readonly refusals: readonly Refusal[] | null;
  readonly more_reasons: number;
}

/** The rows of a preview, and what a stored import told, as far as the scope sees them. */
export class EntryStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async page(row: ImportRecord, { view, limit, cursor }: EntryFilter): Promise<Page<ImportEntry>> {
    const after = cursor === undefined ? -1 : positionOf(cursor);
    return row.state === "previewed"
      ? this.previewed(row, view, limit, after)
      : this.told(row, view, limit, after);
  }

  async add(importId: string, rows: readonly EntryRow[]): Promise<void> {
    await sql`insert into intel_import_entry
        (import_id, position, path, tlp, id, type, name, version_key, digest, warnings, refusals, more_reasons)
      select ${importId}::uuid, position, path, tlp, id, type, name, version_key, digest, warnings, refusals,
        more_reasons
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as given (position integer, path text,
        tlp smallint, id text, type text, name text, version_key text, digest text, warnings jsonb,
        refusals jsonb, more_reasons integer)`.execute(this.work.tables<IntelTables>());
  }

  async forget(importId: string): Promise<void> {
    await this.work
      .tables<IntelTables>()
      .deleteFrom("intel_import_entry")
      .where("import_id", "=", importId)
      .execute();
  }

  /** What storing a preview would count, for whoever imports it: what stands above the clearance counts as new. */
  async counts(row: ImportRecord): Promise<{ new: number; known: number }> {
    const { total, known } = await this.standing(row, tlpRank(row.choices.clearance));
    return { new: total - known, known };
  }

  async preview(row: ImportRecord): Promise<{ new: number; known: number; conflicts: number }> {
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
        warnings: ValueWarning[] | null;
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

  /** What a stored import told, by the number of each object; of the views `conflicts` alone means something here. */
  private async told(
    row: ImportRecord,
    view: EntryFilter["view"],
    limit: number,
    after: number,
  ): Promise<Page<ImportEntry>> {
    const db = this.work.tables<IntelTables>();
    // The first that was told of a version is shown; this is another.
    const conflict = sql<SqlBool>`exists (select 1 from stix_object f where f.org_id = o.org_id and f.id = o.id
      and f.version_key = o.version_key and f.seq < o.seq and f.digest <> o.digest and f.collection_id is null
      and ${visible(this.work, "f")})`;
    const from = sql`from stix_origin r join stix_object o on o.seq = r.seq
      where r.import_id = ${row.id}::uuid and ${visible(this.work, "r")} and ${visible(this.work, "o")}
        ${view === "conflicts" ? sql`and ${conflict}` : sql``}`;
    const counted = await sql<{ total: number }>`select count(*)::int as total ${from}`.execute(db);
    const { rows } = await sql<{
      seq: number;
      path: string;
      id: string;
      type: string;
      tlp: number;
      document: string;
      conflict: boolean;
    }>`
      select o.seq, r.path, o.id, o.type, o.tlp, o.document, ${conflict} as conflict ${from} and r.seq > ${after}
      order by r.seq limit ${limit + 1}`.execute(db);
    const entries = rows.map(({ seq, path, id, type, tlp, document, conflict: conflicts }) => {
      const name = foundName(JSON.parse(document));
      return {
        position: seq,
        path,
        id,
        type,
        name,
        tlp: tlpOfRank(tlp),
        known: true,
        conflict: conflicts,
        toldBy: [],
        warnings: [],
        refusals: [],
        moreReasons: 0,
      };
    });
    return pageOfEntries(await this.withEnds(entries, row), limit, counted.rows[0]?.total ?? 0);
  }

  /** Relationships by the names of their ends and sightings by what was seen, as far as the file or the library in sight has them. */
  private async withEnds(entries: ImportEntry[], row: ImportRecord): Promise<ImportEntry[]> {
    const ids = [...new Set(entries.flatMap((entry) => endsOf(entry) ?? sightedBy(entry) ?? []))];
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
      if (ends === undefined) return { ...entry, name: names.get(sightedBy(entry) ?? "") ?? entry.name };
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

/** A sighting is called after the id of what it is of. */
function sightedBy({ type, name, refusals }: ImportEntry): string | undefined {
  return refusals.length === 0 && type === "sighting" && name.includes("--") ? name : undefined;
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
