import { sql } from "kysely";
import { type Tlp, tlpRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";

/** The source under which what people write by hand is kept. */
const BY_HAND = "手動輸入";

/** A row of the ledger of imports, so that who wrote it is kept as the origin of the object. */
export async function importByHand(work: Work, tlp: Tlp, kind: string): Promise<string> {
  const db = work.tables<IntelTables>();
  const { actor, orgId } = work.scope;
  const by = { org_id: orgId, tlp: 0 };
  await db
    .insertInto("intel_source")
    .values({
      ...by,
      id: uuidV7(),
      kind: "manual",
      name: BY_HAND,
      url: null,
      created_at: work.now,
      created_by_id: actor.id,
      created_by_name: actor.name,
    })
    .onConflict((conflict) => conflict.columns(["org_id", "kind", "name"]).doNothing())
    .execute();
  const { rows } = await sql<{ id: string }>`select id from intel_source where org_id = ${orgId}::uuid
    and kind = 'manual' and name = ${BY_HAND} and org_id = any(${[...work.scope.orgIds]}::uuid[])`.execute(
    db,
  );
  const id = uuidV7();
  await db
    .insertInto("intel_import")
    .values({
      ...by,
      id,
      tlp: tlpRank(tlp),
      source_id: rows[0]?.id ?? "",
      format: "stix-2.1",
      file_name: kind,
      blob_sha256: null,
      blob_size: null,
      state: "stored",
      counts: JSON.stringify({ total: 1, refused: 0, warned: 0, new: 1, known: 0, left: 0 }),
      reason: null,
      by_id: actor.id,
      by_name: actor.name,
      at: work.now,
      stored_at: work.now,
    })
    .execute();
  return id;
}
