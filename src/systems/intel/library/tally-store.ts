import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";
import type { LibraryFilter } from "./model.ts";

interface Tally {
  readonly type: string;
  readonly tlp: number;
  readonly count: number;
}

/** What only says something of other objects, which a list shows when it is asked to. */
const TIES: ReadonlySet<string> = new Set(["relationship", "sighting"]);

/** How many objects of each type the scope sees, kept as they come and go; whatever the library holds, it costs the same. */
export class TallyStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** What a list without filters but by type holds; undefined where the filter asks for more than that. */
  async all({ type, relations, ...others }: LibraryFilter): Promise<Tally[] | undefined> {
    if (Object.values(others).some((value) => value !== undefined && value !== "")) return undefined;
    return this.tallies({ type, relations });
  }

  /** The types of what the filter can show, the most frequent first. */
  async types(filter: LibraryFilter): Promise<Tally[]> {
    const types = new Map<string, Tally>();
    for (const each of await this.tallies(filter))
      types.set(each.type, { ...each, count: each.count + (types.get(each.type)?.count ?? 0) });
    return [...types.values()].sort((a, b) => b.count - a.count);
  }

  private async tallies({ type, relations }: Pick<LibraryFilter, "type" | "relations">): Promise<Tally[]> {
    const { rows } = await sql<Tally>`select t.type, t.tlp, sum(t.count)::float8 as count from stix_tally t
      where t.count > 0 and ${visible(this.work, "t")} group by 1, 2`.execute(
      this.work.tables<IntelTables>(),
    );
    return rows.filter((row) => type?.includes(row.type) ?? (relations === "yes" || !TIES.has(row.type)));
  }
}
