import { sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type IntelTables, instant, instantOrNull } from "../tables.ts";
import type { CollectionFetches, OwnCollection } from "./model.ts";

type Row = Omit<OwnCollection, "lastAddedAt"> & { lastAddedAt: Date | string | null };

/** The node's collections as the scope sees them: how many objects stand in each, and when the last one came. */
export async function ownCollections(work: Work): Promise<OwnCollection[]> {
  const { rows } = await sql<Row>`
    select c.id, c.alias, c.title, c.description, c.takes_pushes as "takesPushes",
      count(o.seq)::int as objects, max(o.date_added) as "lastAddedAt"
    from taxii_collection c left join stix_object o on o.collection_id = c.id and ${visible(work, "o")}
    group by c.id order by c.position, c.alias`.execute(work.tables<IntelTables>());
  return rows.map((row) => ({ ...row, lastAddedAt: instantOrNull(row.lastAddedAt) }));
}

const MOST_FETCHES = 1000;

/** Who fetched from a collection, the latest first; Problem http.not-found. */
export async function fetchesOf(work: Work, collectionId: string): Promise<CollectionFetches> {
  const collection = (await ownCollections(work)).find(({ id }) => id === collectionId);
  if (collection === undefined) throw new Problem("http.not-found");
  const rows = await work
    .tables<IntelTables>()
    .selectFrom("taxii_fetch")
    .selectAll()
    .where("collection_id", "=", collectionId)
    .where(visible(work, "taxii_fetch"))
    .orderBy("last_at", "desc")
    .orderBy("actor_id")
    .limit(MOST_FETCHES)
    .execute();
  return {
    collection,
    items: rows.map((row) => ({
      actorId: row.actor_id,
      actorName: row.actor_name,
      orgId: row.org_id,
      firstAt: instant(row.first_at),
      lastAt: instant(row.last_at),
      objects: Number(row.objects),
      reachedAt: instantOrNull(row.reached_at),
      complete: row.complete,
    })),
  };
}
