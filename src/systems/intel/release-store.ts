import type { Page } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { tlpOfRank } from "../../core/tlp.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import { containing, cursorOf } from "./item-store.ts";
import { IntelKind, type Released, type ReleasedFilter } from "./model.ts";
import { type IntelTables, instant, instantOrNull } from "./tables.ts";

/** Released items as their recipients read them. */
export class ReleaseStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(filter: ReleasedFilter): Promise<Page<Released>> {
    let query = this.visibleReleases();
    if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
    if (filter.q !== undefined && filter.q !== "") {
      const like = containing(filter.q);
      query = query.where((e) => e.or([e("title", "ilike", like), e("description", "ilike", like)]));
    }
    const { total } = await query
      .select((e) => e.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    if (filter.cursor !== undefined) query = query.where("item_id", "<", cursorOf(filter.cursor));
    const rows = await query
      .select(SHOWN)
      .orderBy("item_id", "desc")
      .limit(filter.limit + 1)
      .execute();
    const items = rows.map(present);
    const last = items[filter.limit - 1];
    if (items.length <= filter.limit || last === undefined) return { items, total };
    return { items: items.slice(0, filter.limit), next: last.id, total };
  }

  /** Problem http.not-found where it was not released to the scope. */
  async get(itemId: string): Promise<Released & { bundle: string }> {
    const row = await this.visibleReleases()
      .select([...SHOWN, "bundle"])
      .where("item_id", "=", itemId)
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return { ...present(row), bundle: row.bundle };
  }

  private visibleReleases() {
    return this.work
      .tables<IntelTables>()
      .selectFrom("intel_release")
      .where(visible(this.work, "intel_release"));
  }
}

const SHOWN = [
  "item_id",
  "kind",
  "tlp",
  "title",
  "description",
  "released_at",
  "withdrawn_at",
  "bundle_sha256",
] as const;

function present(row: {
  item_id: string;
  kind: string;
  tlp: number;
  title: string;
  description: string;
  released_at: Date | string;
  withdrawn_at: Date | string | null;
  bundle_sha256: string;
}): Released {
  return {
    id: row.item_id,
    kind: IntelKind.parse(row.kind),
    tlp: tlpOfRank(row.tlp),
    title: row.title,
    description: row.description,
    releasedAt: instant(row.released_at),
    withdrawnAt: instantOrNull(row.withdrawn_at),
    sha256: row.bundle_sha256,
  };
}
