import { sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import { joinByIndex } from "../../../platform/records/index-order.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { dateAddedText } from "../object-store.ts";
import type { IntelTables } from "../tables.ts";
import { labelsOf, thingOf } from "./entry.ts";
import { type Asked, Matching, NEWEST, plainly } from "./matching.ts";
import {
  type LibraryFacets,
  type LibraryFilter,
  type LibraryPage,
  type LibraryQuery,
  type LibraryThing,
  MOST_COUNTED,
} from "./model.ts";
import { textsIn } from "./names.ts";
import { CURRENT_FIRST, named, type Question, questionOf } from "./query.ts";
import { endsOf, type Found, objectOf, rowOf } from "./row.ts";
import { WORTHLESS } from "./rules.ts";
import { type Tally, TallyStore } from "./tally-store.ts";
import { type Judges, type Placed, WorthStore } from "./worth-store.ts";

interface Listed extends Found {
  readonly key: string;
}

const LABELS_OF = 1000;
/** Notes that are asked for a tag, and objects that they name. */
const MOST_TAGGED = 200;
const FACET_VALUES = 30;
/** Types that are counted one by one where more match than are counted together, and up to how many of each. */
const TYPES_COUNTED = 12;
const TYPE_MOST = 500;
/** Looks things up in the library; every answer, count and facet is of what the scope sees. */
export class SearchStore {
  private readonly work: Work;
  private readonly matching: Matching;

  constructor(work: Work) {
    this.work = work;
    this.matching = new Matching(work);
  }

  /** A page of things: what is one thing under several ids is one row. */
  async search(query: LibraryQuery, judges: Judges): Promise<LibraryPage> {
    await joinByIndex(this.work);
    const question = await this.matching.question(query);
    const own = await this.page(await this.matching.asked(question, query, judges), query, judges);
    const page = await this.withTagged(own, query, judges);
    if (page.total > 0 || query.q === undefined || !/[\p{L}\p{N}]{3}[*]?$/u.test(query.q))
      return { ...page, begins: false };
    const beginning = await this.matching.question(query, { begins: true });
    const begun = await this.page(await this.matching.asked(beginning, query, judges), query, judges);
    return { ...begun, begins: begun.total > 0 };
  }

  /** Objects to which notes give the tag that is asked for, before those that bear it, where nothing else is asked for. */
  private async withTagged(
    page: Omit<LibraryPage, "begins">,
    { tag, cursor, sort: _sort, limit: _limit, ...others }: LibraryQuery,
    judges: Judges,
  ): Promise<Omit<LibraryPage, "begins">> {
    const more = Object.values(others).some((value) => value !== undefined);
    if (tag === undefined || cursor !== undefined || more) return page;
    const wanted = questionOf({ tag, type: ["note"], revoked: "no" }).wanted ?? "";
    const notes = await this.answering(wanted, { most: MOST_TAGGED, shown: MOST_TAGGED });
    const ids = new Set(notes.found.flatMap(({ document }) => textsIn(objectOf(document)["object_refs"])));
    for (const { id } of page.items) ids.delete(id);
    const tagged = (await this.current([...ids].slice(0, MOST_TAGGED))).filter(
      ({ document }) => !labelsOf(objectOf(document)).includes(tag),
    );
    if (tagged.length === 0) return page;
    const items = [...(await this.rowsOf(tagged, judges)), ...page.items];
    return { ...page, items, total: page.total + tagged.length };
  }

  /** How many of some numbers match; see Matching.countSome. `begins`: no whole word does. */
  async countSome(
    filter: LibraryFilter,
    judges: Judges,
    { begins, ...part }: { begins: boolean; upto: number; width: number },
  ): Promise<{ count: number; upto: number; workedOut: number }> {
    await joinByIndex(this.work);
    return this.matching.countSome(await this.matching.question(filter, { begins }), filter, judges, part);
  }

  /** How what matches divides. */
  async facets(filter: LibraryFilter, judges: Judges): Promise<LibraryFacets> {
    await joinByIndex(this.work);
    let begins = false;
    let asked = await this.matching.asked(await this.matching.question(filter), filter, judges);
    const { values } = asked.question;
    let { rows, labels } = await this.divided(asked);
    if (rows.length === 0 && filter.q !== undefined) {
      const question = await this.matching.question(filter, { begins: true });
      asked = await this.matching.asked(question, filter, judges);
      ({ rows, labels } = await this.divided(asked));
      begins = rows.length > 0;
    }
    const counted = rows.reduce((sum, row) => sum + row.count, 0);
    const tally = new TallyStore(this.work);
    const all = counted > MOST_COUNTED ? await tally.all(filter) : undefined;
    if (all !== undefined) rows = all;
    const by = (key: (row: { type: string; tlp: number }) => string) => {
      const counts = new Map<string, number>();
      for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + row.count);
      return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
    };
    const types = await tally.types(filter);
    return {
      type:
        counted > MOST_COUNTED && all === undefined && asked.only === null
          ? await this.typesOf(types.shown, filter, begins)
          : by((row) => row.type),
      // What has no worth fits no score.
      aside: asked.only === null ? await this.asideOf(types.aside, filter, begins) : [],
      tlp: by((row) => tlpOfRank(row.tlp)),
      label: labels,
      of: Math.min(counted, MOST_COUNTED),
      more: counted > MOST_COUNTED || asked.onlyOfSome,
      scored: asked.workedOut,
      begins,
      values: [...values],
    };
  }

  /** As below; whole where nothing but types is asked for. */
  private async asideOf(
    types: readonly string[],
    filter: LibraryFilter,
    begins: boolean,
  ): Promise<LibraryFacets["aside"]> {
    const bounded = await this.typesOf(types, filter, begins);
    if (!bounded.some(({ more }) => more === true)) return bounded;
    const all = await new TallyStore(this.work).all({ ...filter, type: [...types] });
    if (all === undefined) return bounded;
    const of = (type: string) => all.reduce((sum, each) => sum + (each.type === type ? each.count : 0), 0);
    return bounded.map((each) => (each.more === true ? { value: each.value, count: of(each.value) } : each));
  }

  /** Of each of these types how many match, counted up to a bound, so that no type hides another. */
  private async typesOf(
    types: readonly string[],
    filter: LibraryFilter,
    begins: boolean,
  ): Promise<LibraryFacets["type"]> {
    const counts: { value: string; count: number; more: boolean }[] = [];
    for (const type of types.slice(0, TYPES_COUNTED)) {
      const of = { ...filter, type: [type] };
      const asked = await this.matching.asked(questionOf(of, { begins }), of, undefined);
      const { rows } = await sql<{ count: number }>`select count(*)::int as count
        from ${this.matching.matches(asked, NEWEST, TYPE_MOST + 1)} f where ${visible(this.work, "f")}`.execute(
        this.work.tables<IntelTables>(),
      );
      const count = rows[0]?.count ?? 0;
      if (count > 0) counts.push({ value: type, count: Math.min(count, TYPE_MOST), more: count > TYPE_MOST });
    }
    return counts.sort((a, b) => b.count - a.count);
  }

  /**
   * Every object that matches, newest first, up to `most`: for export, so each id for itself. Without judges a score is
   * not asked for.
   */
  async all(filter: LibraryFilter, most: number, judges?: Judges): Promise<Found[]> {
    const question = await this.matching.question(filter);
    const asked = await this.matching.asked(question, filter, judges, { together: false, most });
    const { rows } = await sql<Found>`select ${FOUND} from ${this.matching.matches(asked, NEWEST, most)} f
      join stix_object o on o.seq = f.seq
      where ${visible(this.work, "f")} and ${visible(this.work, "o")}
      order by f.seq desc`.execute(this.work.tables<IntelTables>());
    return rows;
  }

  /** How many objects the filters by marking and by score took out of what matches the others, counted up to `most`. */
  async filteredOut(
    filter: LibraryFilter,
    left: number,
    most: number,
  ): Promise<{ readonly tlp: number; readonly score: number }> {
    const { tlp, scoreFrom: _from, scoreTo: _to, ...others } = filter;
    const scored = filter.scoreFrom !== undefined || filter.scoreTo !== undefined;
    if (tlp === undefined && !scored) return { tlp: 0, score: 0 };
    const marked = scored
      ? await this.count({ ...others, ...(tlp === undefined ? {} : { tlp }) }, most)
      : left;
    const all = tlp === undefined ? marked : await this.count(others, most);
    return { tlp: Math.max(0, all - marked), score: Math.max(0, marked - left) };
  }

  private async count(filter: LibraryFilter, most: number): Promise<number> {
    const question = await this.matching.question(filter);
    const asked = await this.matching.asked(question, filter, undefined, { together: false, most });
    const { rows } = await sql<{ count: number }>`select count(*)::int as count
      from ${this.matching.matches(asked, NEWEST, most)} f where ${visible(this.work, "f")}`.execute(
      this.work.tables<IntelTables>(),
    );
    return rows[0]?.count ?? 0;
  }

  /** The newest objects that answer a question of the index, and how many do, counted up to `most`; `but` and what is one thing with it is left out. */
  async answering(
    wanted: string,
    { most, shown, but }: { most: number; shown: number; but?: Placed },
  ): Promise<{ total: number; more: boolean; found: Found[] }> {
    const others =
      but === undefined
        ? sql`true`
        : sql`f.thing <> ${but.thing}::bigint and f.same is distinct from ${but.same ?? but.thing}::bigint`;
    const plain = plainly(wanted);
    const asked = { ...plain, question: await this.matching.ofReader(plain.question) };
    const { rows } = await sql<Found & { total: number }>`select ${FOUND}, f.total from
        (select *, (count(*) over ())::int as total from ${this.matching.matches(asked, NEWEST, most + 1)} f
          where ${visible(this.work, "f")} and ${others} order by seq desc limit ${shown}) f
      join stix_object o on o.seq = f.seq where ${visible(this.work, "o")} order by f.seq desc`.execute(
      this.work.tables<IntelTables>(),
    );
    const total = rows[0]?.total ?? 0;
    return { total: Math.min(total, most), more: total > most, found: rows };
  }

  /** Objects of these types that bear one of these names whole, or as an alias. */
  async bearingNames(names: readonly string[], types: readonly string[], most: number): Promise<Found[]> {
    return (await this.answering(named(names, types), { most, shown: most })).found;
  }

  /** Those of the objects whose end has come, by their numbers. */
  async ended(seqs: readonly number[]): Promise<Set<number>> {
    const { rows } = await sql<{
      seq: number;
    }>`select e.seq from stix_entry e where e.seq = any(${[...seqs]}::bigint[])
      and e.ends_at <= ${Date.parse(this.work.now)}::bigint and ${visible(this.work, "e")}`.execute(
      this.work.tables<IntelTables>(),
    );
    return new Set(rows.map(({ seq }) => seq));
  }

  /** The current version of each of the objects that the scope sees. */
  async current(ids: readonly string[]): Promise<Found[]> {
    const things = ids.map((id) => thingOf(id).toString());
    const { rows } = await sql<Found>`select distinct on (o.id) ${FOUND}
      from stix_entry e join stix_object o on o.seq = e.seq
      where e.thing = any(${things}::bigint[]) and o.id = any(${[...ids]}::text[])
        and ${visible(this.work, "e")} and ${visible(this.work, "o")}
      order by o.id, ${CURRENT_FIRST}`.execute(this.work.tables<IntelTables>());
    return rows;
  }

  /** Rows of things with what they are worth; a relationship is named by its ends, as far as the scope sees them. */
  private async rowsOf(found: readonly Found[], judges: Judges): Promise<LibraryThing[]> {
    const rows = found.map((each) => ({ row: rowOf(each), ends: endsOf(each) }));
    const ids = [...new Set(rows.flatMap(({ ends }) => ends))];
    const names = new Map(
      ids.length === 0 ? [] : (await this.current(ids)).map((each) => [rowOf(each).id, rowOf(each).name]),
    );
    const worth = await new WorthStore(this.work, judges).of(rows.map(({ row }) => row.id));
    return rows.map(({ row, ends: [source, target] }) => {
      const of = worth.get(row.id);
      return {
        ...row,
        ...(source === undefined || target === undefined
          ? {}
          : { name: `${names.get(source) ?? "?"} ${row.name} ${names.get(target) ?? "?"}` }),
        state: of?.state ?? (row.revoked ? "revoked" : "valid"),
        score: of === undefined || WORTHLESS.has(row.type) ? null : of.score.value,
        sources: of?.sources ?? 0,
        objects: of?.members.length ?? 1,
        sightings: of?.sightings.positive ?? 0,
      };
    });
  }

  /** How what matches divides, counted up to one more than are counted; of the newest of it the most frequent labels. */
  private async divided(asked: Asked) {
    const { rows } = await sql<{ label: string | null; type: string; tlp: number; count: number }>`
      with found as materialized (
        select f.seq, f.type, f.tlp, row_number() over (order by f.seq desc) as place
        from ${this.matching.matches(asked, NEWEST, MOST_COUNTED + 1)} f where ${visible(this.work, "f")})
      select null as label, type, tlp, count(*)::int as count from found group by 2, 3
      union all
      (select substr(word, 3), '', 0, count(*)::int from found f
        join stix_entry e on e.seq = f.seq and ${visible(this.work, "e")},
          unnest(tsvector_to_array(e.tokens)) as word
        where f.place <= ${LABELS_OF} and word like '#l%'
        group by 1 order by 4 desc, 1 limit ${FACET_VALUES})`.execute(this.work.tables<IntelTables>());
    const labels = rows.flatMap(({ label, count }) => (label === null ? [] : [{ value: label, count }]));
    const parts: Tally[] = rows.filter(({ label }) => label === null);
    return { rows: parts, labels };
  }

  private async page(
    asked: Asked,
    query: LibraryQuery,
    judges: Judges,
  ): Promise<Omit<LibraryPage, "begins">> {
    const { order, after } = orderOf(query, asked.question);
    const { rows } = await sql<Listed & { total: number }>`select ${FOUND}, f.total, f.key from
        (select * from (select *, (count(*) over ())::int as total, ${order} as key
          from ${this.matching.matches(asked, NEWEST, MOST_COUNTED + 1)} f
          where ${visible(this.work, "f")}) f
          where ${after} order by key desc, seq desc limit ${query.limit + 1}) f
      join stix_object o on o.seq = f.seq where ${visible(this.work, "o")} order by f.key desc, f.seq desc`.execute(
      this.work.tables<IntelTables>(),
    );
    let found: readonly Listed[] = rows;
    let total = rows[0]?.total ?? 0;
    if (query.cursor !== undefined && rows.length <= query.limit) {
      const beyond = await this.beyond(asked, query);
      if (beyond !== undefined) ({ found, total } = beyond);
    }
    const items = await this.rowsOf(found.slice(0, query.limit), judges);
    const last = found[query.limit - 1];
    const next = found.length > query.limit && last !== undefined ? `${last.key}~${last.seq}` : undefined;
    return {
      items,
      ...(next === undefined ? {} : { next }),
      total: Math.min(total, MOST_COUNTED),
      more: total > MOST_COUNTED || asked.onlyOfSome,
      values: [...asked.question.values],
    };
  }

  /** The page after the counted ones, where the order is that of arrival; nothing where those were all. */
  private async beyond(asked: Asked, query: LibraryQuery) {
    if (asked.only !== null) return undefined;
    if (query.sort !== "newest" && !(query.sort === "best" && asked.question.strong === null))
      return undefined;
    const { seq } = cursorOf(query.cursor ?? "");
    const { rows } = await sql<Listed>`select ${FOUND}, '0' as key
      from ${this.matching.matches(asked, seq - 1, query.limit + 1)} f join stix_object o on o.seq = f.seq
      where ${visible(this.work, "f")} and ${visible(this.work, "o")} order by f.seq desc`.execute(
      this.work.tables<IntelTables>(),
    );
    const counted = await sql<{ total: number }>`select count(*)::int as total
      from ${this.matching.matches(asked, NEWEST, MOST_COUNTED + 1)} f where ${visible(this.work, "f")}`.execute(
      this.work.tables<IntelTables>(),
    );
    return { found: rows, total: counted.rows[0]?.total ?? 0 };
  }
}

const FOUND = sql`o.seq, o.tlp, o.org_id as "orgId", o.document, o.revoked, ${dateAddedText("o.date_added")} as "addedAt"`;

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
