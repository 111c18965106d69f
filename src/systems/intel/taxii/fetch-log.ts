import { sql } from "kysely";
import { millis } from "../../../core/instant.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";

/** A page of objects as it left for somebody. */
interface FetchedPage {
  readonly collectionId: string;
  readonly objects: number;
  /** When the last object of the page was added; undefined for an empty page. */
  readonly lastAdded: string | undefined;
  readonly more: boolean;
}

/** While somebody pulls page after page, the row is written this often at most. */
const WRITE_EVERY = 30_000;
/** So many pullers are remembered between two pages. */
const MOST = 10_000;

/**
 * Who fetches from which collection, when, and how far (mission I1): one row for each key and collection. It says how an
 * exchange goes and proves nothing; what proves a delivery is the ledger of `DeliveryStore`.
 */
export class FetchLog {
  private readonly pending = new Map<string, { objects: number; lastAdded?: string; writtenAt: number }>();

  async note(work: Work, page: FetchedPage): Promise<void> {
    const { actor, orgId } = work.scope;
    const now = millis(work.now);
    const key = `${actor.id} ${page.collectionId}`;
    const known = this.pending.get(key) ?? { objects: 0, writtenAt: 0 };
    const objects = known.objects + page.objects;
    const lastAdded = page.lastAdded ?? known.lastAdded;
    const late = now - known.writtenAt >= WRITE_EVERY;
    this.pending.delete(key);
    if (page.more && !late) {
      this.pending.set(key, {
        objects,
        writtenAt: known.writtenAt,
        ...(lastAdded === undefined ? {} : { lastAdded }),
      });
      return;
    }
    this.pending.set(key, { objects: 0, writtenAt: now });
    const oldest = this.pending.keys().next();
    if (this.pending.size > MOST && oldest.done !== true) this.pending.delete(oldest.value);
    await sql`insert into taxii_fetch (collection_id, actor_id, org_id, tlp, actor_name, first_at, last_at, objects,
        reached_at, complete)
      values (${page.collectionId}::uuid, ${actor.id}, ${orgId}::uuid, 0, ${actor.name}, ${work.now}, ${work.now},
        ${objects}, ${lastAdded ?? null}, ${!page.more})
      on conflict (collection_id, actor_id) do update set actor_name = excluded.actor_name, last_at = excluded.last_at,
        objects = taxii_fetch.objects + excluded.objects,
        reached_at = greatest(taxii_fetch.reached_at, excluded.reached_at), complete = excluded.complete`.execute(
      work.tables<IntelTables>(),
    );
  }
}
