import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type IntelTables, instantOrNull } from "../tables.ts";
import type { OwnCollection } from "./model.ts";

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
