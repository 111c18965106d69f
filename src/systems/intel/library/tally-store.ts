import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";
import type { LibraryFilter } from "./model.ts";
import { leftOut } from "./shown-types.ts";

/** Entries of this derivation and later ones bear the marks of who reads them. */
const MARKED_SINCE = 5;
/** More marks than these are not asked for. */
const MOST_MARKS = 64;
/** One in so many of the library is little: where more answers, `lianfang_find` walks. */
const LITTLE = 4;

/** How many of a type and marking there are. */
export interface Tally {
  readonly type: string;
  readonly tlp: number;
  readonly count: number;
}

/** How many objects of each type the scope sees, kept as they come and go; whatever the library holds, it costs the same. */
export class TallyStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** What a list without filters but by type holds; undefined where the filter asks for more than that. */
  async all(filter: LibraryFilter): Promise<Tally[] | undefined> {
    const { type, relations: _ties, background: _background, ...others } = filter;
    if (Object.values(others).some((value) => value !== undefined && value !== "")) return undefined;
    const out = leftOut(filter);
    return (await this.tallies()).filter((row) => type?.includes(row.type) ?? !out.includes(row.type));
  }

  /** The types of what the filter can show, and of what it leaves out, the most frequent first. */
  async types({ type, ...filter }: LibraryFilter): Promise<{ shown: string[]; aside: string[] }> {
    const counts = new Map<string, number>();
    for (const each of await this.tallies()) counts.set(each.type, each.count + (counts.get(each.type) ?? 0));
    const types = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
    if (type !== undefined) return { shown: types.filter((each) => type.includes(each)), aside: [] };
    const out = leftOut(filter);
    return {
      shown: types.filter((each) => !out.includes(each)),
      aside: types.filter((each) => out.includes(each)),
    };
  }

  /**
   * The marks of all that the scope sees, where that is little of the library and stands under few of them: to ask the
   * index for them then costs less than to walk over what others keep. Undefined where it is much, and as long as older
   * entries lack the marks.
   */
  async marks(): Promise<readonly string[] | undefined> {
    const { rows } = await sql<{ mark: string; count: number; all: number; marked: boolean }>`
      select lianfang_readers_mark(t.org_id, t.tlp, t.audience) as mark, sum(t.count)::float8 as count,
        (select seq from stix_ledger)::float8 as "all",
        (select derivation >= ${MARKED_SINCE} and finished_at is not null from stix_reindex) as marked
      from stix_tally t where t.count > 0 and ${visible(this.work, "t")}
      group by t.org_id, t.tlp, t.audience limit ${MOST_MARKS + 1}`.execute(this.work.tables<IntelTables>());
    const [first] = rows;
    if (first === undefined || !first.marked || rows.length > MOST_MARKS) return undefined;
    const seen = rows.reduce((sum, { count }) => sum + count, 0);
    return seen * LITTLE > first.all ? undefined : rows.map(({ mark }) => mark);
  }

  private async tallies(): Promise<Tally[]> {
    const { rows } = await sql<Tally>`select t.type, t.tlp, sum(t.count)::float8 as count from stix_tally t
      where t.count > 0 and ${visible(this.work, "t")} group by 1, 2`.execute(
      this.work.tables<IntelTables>(),
    );
    return rows;
  }
}
