import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";
import type { LibraryFilter } from "./model.ts";
import { leftOut } from "./shown-types.ts";

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

  private async tallies(): Promise<Tally[]> {
    const { rows } = await sql<Tally>`select t.type, t.tlp, sum(t.count)::float8 as count from stix_tally t
      where t.count > 0 and ${visible(this.work, "t")} group by 1, 2`.execute(
      this.work.tables<IntelTables>(),
    );
    return rows;
  }
}
