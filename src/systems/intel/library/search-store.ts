import { type RawBuilder, sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { dateAddedText } from "../object-store.ts";
import { isJsonObject, type Json, type JsonObject } from "../stix/json.ts";
import type { IntelTables } from "../tables.ts";
import { labelsOf, namesOf, thingOf } from "./entry.ts";
import {
  type LibraryFacets,
  type LibraryFilter,
  type LibraryPage,
  type LibraryQuery,
  type LibraryRow,
  MOST_COUNTED,
} from "./model.ts";
import { type Question, questionOf } from "./query.ts";

/** An object of a page, with its place in the order. */
export interface Found {
  readonly seq: number;
  readonly tlp: number;
  readonly orgId: string;
  readonly document: string;
  readonly addedAt: string;
}

const NEWEST = Number.MAX_SAFE_INTEGER;
const LABELS_OF = 1000;
const FACET_VALUES = 30;

/** Looks things up in the library; every answer, count and facet is of what the scope sees. */
export class SearchStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async search(query: LibraryQuery): Promise<LibraryPage> {
    const exact = questionOf(query);
    const page = await this.page(exact, query);
    if (page.total > 0 || query.q === undefined || !/[\p{L}\p{N}]{3}[*]?$/u.test(query.q))
      return { ...page, begins: false };
    const beginning = await this.page(questionOf(query, { begins: true }), query);
    return { ...beginning, begins: beginning.total > 0 };
  }

  /** How what matches divides. */
  async facets(filter: LibraryFilter): Promise<LibraryFacets> {
    const db = this.work.tables<IntelTables>();
    let begins = false;
    let question = questionOf(filter);
    const { values } = question;
    let rows = await this.divided(question, filter);
    if (rows.length === 0 && filter.q !== undefined) {
      question = questionOf(filter, { begins: true });
      rows = await this.divided(question, filter);
      begins = rows.length > 0;
    }
    const labels = await sql<{
      value: string;
      count: number;
    }>`select substr(word, 3) as value, count(*)::int as count
      from ${this.matches(question, filter, NEWEST, LABELS_OF)} f
      join stix_entry e on e.seq = f.seq and ${visible(this.work, "e")},
        unnest(tsvector_to_array(e.tokens)) as word
      where ${visible(this.work, "f")} and word like '#l%'
      group by 1 order by 2 desc, 1 limit ${FACET_VALUES}`.execute(db);
    const counted = rows.reduce((sum, row) => sum + row.count, 0);
    const by = (key: (row: { type: string; tlp: number }) => string) => {
      const counts = new Map<string, number>();
      for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + row.count);
      return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
    };
    return {
      type: by((row) => row.type),
      tlp: by((row) => tlpOfRank(row.tlp)),
      label: labels.rows,
      of: Math.min(counted, MOST_COUNTED),
      more: counted > MOST_COUNTED,
      begins,
      values: [...values],
    };
  }

  /** Everything that matches, newest first, up to `most`: for export. */
  async all(filter: LibraryFilter, most: number): Promise<Found[]> {
    const { rows } =
      await sql<Found>`select ${FOUND} from ${this.matches(questionOf(filter), filter, NEWEST, most)} f
      join stix_object o on o.seq = f.seq where ${visible(this.work, "f")} and ${visible(this.work, "o")}
      order by f.seq desc`.execute(this.work.tables<IntelTables>());
    return rows;
  }

  /** The newest objects that answer a question of the index, and how many do, counted up to `most`. */
  async answering(
    wanted: string,
    { most, shown }: { most: number; shown: number },
  ): Promise<{ total: number; more: boolean; found: Found[] }> {
    const question: Question = { wanted, strong: null, whole: null, values: [] };
    const { rows } = await sql<Found & { total: number }>`select ${FOUND}, f.total from
        (select *, (count(*) over ())::int as total from ${this.matches(question, {}, NEWEST, most + 1)} f
          where ${visible(this.work, "f")} order by seq desc limit ${shown}) f
      join stix_object o on o.seq = f.seq where ${visible(this.work, "o")} order by f.seq desc`.execute(
      this.work.tables<IntelTables>(),
    );
    const total = rows[0]?.total ?? 0;
    return { total: Math.min(total, most), more: total > most, found: rows };
  }

  /** The current version of each of the objects that the scope sees. */
  async current(ids: readonly string[]): Promise<Found[]> {
    const things = ids.map((id) => thingOf(id).toString());
    const { rows } = await sql<Found>`select distinct on (o.id) ${FOUND}
      from stix_entry e join stix_object o on o.seq = e.seq
      where e.thing = any(${things}::bigint[]) and o.id = any(${[...ids]}::text[])
        and ${visible(this.work, "e")} and ${visible(this.work, "o")}
      order by o.id, e.version_at desc, e.seq desc`.execute(this.work.tables<IntelTables>());
    return rows;
  }

  /** Rows of objects; a relationship is named by its ends, as far as the scope sees them. */
  private async rowsOf(found: readonly Found[]): Promise<LibraryRow[]> {
    const rows = found.map((each) => ({ row: rowOf(each), ends: endsOf(each) }));
    const ids = [...new Set(rows.flatMap(({ ends }) => ends))];
    if (ids.length === 0) return rows.map(({ row }) => row);
    const names = new Map((await this.current(ids)).map((each) => [rowOf(each).id, rowOf(each).name]));
    return rows.map(({ row, ends: [source, target] }) =>
      source === undefined || target === undefined
        ? row
        : { ...row, name: `${names.get(source) ?? "?"} ${row.name} ${names.get(target) ?? "?"}` },
    );
  }

  private async divided(question: Question, filter: LibraryFilter) {
    const { rows } = await sql<{
      type: string;
      tlp: number;
      count: number;
    }>`select f.type, f.tlp, count(*)::int as count
      from ${this.matches(question, filter, NEWEST, MOST_COUNTED + 1)} f where ${visible(this.work, "f")}
      group by 1, 2`.execute(this.work.tables<IntelTables>());
    return rows;
  }

  private async page(question: Question, query: LibraryQuery): Promise<Omit<LibraryPage, "begins">> {
    const { order, after } = orderOf(query, question);
    const { rows } = await sql<Found & { total: number; key: string }>`select ${FOUND}, f.total, f.key from
        (select * from (select *, (count(*) over ())::int as total, ${order} as key
          from ${this.matches(question, query, NEWEST, MOST_COUNTED + 1)} f where ${visible(this.work, "f")}) f
          where ${after} order by key desc, seq desc limit ${query.limit + 1}) f
      join stix_object o on o.seq = f.seq where ${visible(this.work, "o")} order by f.key desc, f.seq desc`.execute(
      this.work.tables<IntelTables>(),
    );
    let found: readonly (Found & { key: string })[] = rows;
    let total = rows[0]?.total ?? 0;
    if (query.cursor !== undefined && rows.length <= query.limit) {
      const beyond = await this.beyond(question, query);
      if (beyond !== undefined) ({ found, total } = beyond);
    }
    const items = await this.rowsOf(found.slice(0, query.limit));
    const last = found[query.limit - 1];
    const next = found.length > query.limit && last !== undefined ? `${last.key}~${last.seq}` : undefined;
    return {
      items,
      ...(next === undefined ? {} : { next }),
      total: Math.min(total, MOST_COUNTED),
      more: total > MOST_COUNTED,
      values: [...question.values],
    };
  }

  /** The page after the counted ones, where the order is that of arrival; nothing where those were all. */
  private async beyond(question: Question, query: LibraryQuery) {
    if (query.sort !== "newest" && !(query.sort === "best" && question.strong === null)) return undefined;
    const { seq } = cursorOf(query.cursor ?? "");
    const { rows } = await sql<Found & { key: string }>`select ${FOUND}, '0' as key
      from ${this.matches(question, query, seq - 1, query.limit + 1)} f join stix_object o on o.seq = f.seq
      where ${visible(this.work, "f")} and ${visible(this.work, "o")} order by f.seq desc`.execute(
      this.work.tables<IntelTables>(),
    );
    const counted = await this.divided(question, query);
    return { found: rows, total: counted.reduce((sum, row) => sum + row.count, 0) };
  }

  private matches(
    { wanted, strong, whole }: Question,
    filter: LibraryFilter,
    upto: number,
    most: number,
  ): RawBuilder<unknown> {
    const at = (instant: string | undefined) => (instant === undefined ? null : Date.parse(instant));
    return sql`lianfang_find(${wanted}::text::tsquery, ${strong}::text::tsquery, ${whole}::text::tsquery, ${upto}::bigint, ${most}::integer,
      ${at(filter.createdFrom)}::bigint, ${at(filter.createdTo)}::bigint, ${filter.confidence ?? null}::smallint)`;
  }
}

const FOUND = sql`o.seq, o.tlp, o.org_id as "orgId", o.document, ${dateAddedText("o.date_added")} as "addedAt"`;

/** The key by which a page is ordered, highest first, and the condition of what comes after a cursor. */
function orderOf({ sort, cursor }: LibraryQuery, question: Question) {
  const key = {
    best: question.strong === null ? sql`0` : sql`strength`,
    newest: sql`0`,
    modified: sql`version_at`,
    created: sql`created_at`,
  }[sort];
  const order = sql`(${key})::bigint`;
  if (cursor === undefined) return { order, after: sql`true` };
  const at = cursorOf(cursor);
  return { order, after: sql`(key, seq) < (${at.key}::bigint, ${at.seq}::bigint)` };
}

function cursorOf(cursor: string): { key: string; seq: number } {
  const parts = /^(\d{1,18})~(\d{1,15})$/.exec(cursor);
  if (parts === null)
    throw new Problem("http.invalid", {
      faults: [{ path: "querystring.cursor", message: "not a cursor of this list" }],
    });
  return { key: parts[1] ?? "", seq: Number(parts[2]) };
}

/** An object as lists show it. */
export function rowOf({ document, tlp, orgId, addedAt }: Found): LibraryRow {
  const object = objectOf(document);
  const { id, type, confidence, created, modified, revoked } = object;
  return {
    id: String(id),
    type: String(type),
    name: nameOf(object),
    tlp: tlpOfRank(tlp),
    orgId,
    labels: labelsOf(object).slice(0, 20),
    confidence: typeof confidence === "number" ? confidence : null,
    revoked: revoked === true,
    created: typeof created === "string" ? created : null,
    modified: typeof modified === "string" ? modified : null,
    addedAt,
  };
}

function endsOf({ document }: Found): string[] {
  const { type, source_ref: source, target_ref: target } = objectOf(document);
  return type === "relationship" && typeof source === "string" && typeof target === "string"
    ? [source, target]
    : [];
}

export function objectOf(document: string): JsonObject {
  const value: Json = JSON.parse(document);
  return isJsonObject(value) ? value : {};
}

/** What a person calls the object: its name or value, what a relationship says, the text's beginning. */
export function nameOf(object: JsonObject): string {
  const [name] = namesOf(object);
  if (name !== undefined && name !== "") return name.slice(0, 300);
  const { relationship_type: relation, pattern, hashes, content, opinion, key, number } = object;
  if (typeof relation === "string") return relation;
  if (typeof pattern === "string") return pattern.slice(0, 300);
  if (isJsonObject(hashes)) {
    const [hash] = Object.values(hashes);
    if (typeof hash === "string") return hash;
  }
  const { definition } = object;
  const statement = isJsonObject(definition) ? definition["statement"] : undefined;
  for (const text of [content, opinion, key, number, statement])
    if (typeof text === "string" || typeof text === "number") return String(text).slice(0, 120);
  return String(object["id"] ?? "");
}
