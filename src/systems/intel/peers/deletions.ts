import { sql } from "kysely";
import type { Scope } from "../../../core/scope.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { goneEvent, StixObjectStore } from "../object-store.ts";
import type { IntelTables } from "../tables.ts";
import type { ExchangeParts } from "./connection.ts";
import { gatherManifests, type Told, toldBy } from "./manifests.ts";
import type { RunDetail } from "./model.ts";
import { PeerStore, type WorkingPeer } from "./peer-store.ts";
import type { PeerTables } from "./tables.ts";

/** How often the manifests of a peer are read for what it deleted. */
const CHECK_EVERY = 6 * 3_600_000;
/** So many may go at once without a question, and half of all where that is more. */
const PLAUSIBLE = 50;

/** Whether it is time to look for what the peer deleted. */
export function deletionsAreDue({ row, lines }: WorkingPeer, now: string): boolean {
  if (!lines.some((line) => line.direction === "pull")) return false;
  const last = row.deletions_checked_at;
  return last === null || Date.parse(now) - new Date(last).getTime() >= CHECK_EVERY;
}

/**
 * Reads what the peer still has and withdraws what it deleted (mission I11). Where most of it is gone at once, as when
 * we may no longer read there, nothing is done: that is told, and a person decides by comparing and mending.
 */
export async function followDeletions(
  parts: ExchangeParts,
  scope: Scope,
  peer: WorkingPeer,
  signal?: AbortSignal,
): Promise<void> {
  const there = await gatherManifests(parts, peer, signal);
  await parts.records.within(scope, async (work) => {
    const store = new PeerStore(work, parts.nodeKey);
    const told = await toldBy(work, peer.row.id);
    const gone = goneOf(told, there);
    const plausible = gone.length <= Math.max(PLAUSIBLE, told.size / 2);
    if (gone.length > 0)
      await store.logRun(peer.row.id, {
        kind: "compare",
        direction: "pull",
        title: peer.row.name,
        counts: { moved: 0, refused: gone.length, held: 0 },
        ...(plausible
          ? { details: await withdrawGone(work, peer, gone) }
          : {
              error: `${gone.length} of ${told.size} objects are gone there at once; compare and mend to follow`,
            }),
      });
    await store.deletionsChecked(peer.row.id);
  });
}

/** What was told and stands in none of the peer's collections. */
export function goneOf(told: ReadonlyMap<string, Told>, there: ReadonlyMap<string, string>): Told[] {
  return [...told].filter(([key]) => !there.has(key)).map(([, object]) => object);
}

/**
 * The peer tells these objects no more. What nobody else tells counts as revoked from now on; its document, its
 * versions and where it came from stay. Answers what became of each.
 */
export async function withdrawGone(
  work: Work,
  peer: WorkingPeer,
  gone: readonly Told[],
): Promise<RunDetail[]> {
  const source = peer.row.source_id;
  if (source === null || gone.length === 0) return [];
  const seqs = gone.flatMap((each) => each.seqs);
  const db = work.tables<IntelTables & PeerTables>();
  await new StixObjectStore(work).lock();
  await sql`update stix_origin r set gone_at = ${work.now} from intel_import i
    where i.id = r.import_id and i.source_id = ${source}::uuid and r.seq = any(${seqs}::bigint[])
      and r.gone_at is null and ${visible(work, "r")} and ${visible(work, "i")}`.execute(db);
  const { rows } = await sql<{
    seq: string | number;
  }>`update stix_object o set withdrawn_at = ${work.now}, revoked = true
    where o.seq = any(${seqs}::bigint[]) and o.collection_id is null and o.withdrawn_at is null and ${visible(work, "o")}
      and not exists (select 1 from stix_origin r where r.seq = o.seq and r.gone_at is null and ${visible(work, "r")})
    returning o.seq`.execute(db);
  await sql`insert into stix_gone (source_id, org_id, tlp, audience, id, version, version_key, at)
    select ${source}::uuid, o.org_id, o.tlp, o.audience, o.id, o.version, o.version_key, ${work.now}
    from stix_object o where o.seq = any(${seqs}::bigint[]) and ${visible(work, "o")} order by o.seq`.execute(
    db,
  );
  if (rows.length > 0) work.emit(goneEvent(work));
  const withdrawn = new Set(rows.map(({ seq }) => Number(seq)));
  work.audit({
    action: "intel.peer-deletions",
    subject: peer.row.id,
    detail: { name: peer.row.name, gone: gone.length, withdrawn: withdrawn.size },
  });
  return gone.map(({ id, seqs: each }) => ({
    id,
    message: each.some((seq) => withdrawn.has(Number(seq)))
      ? "deleted there; withdrawn here"
      : "deleted there; told by others, and stays",
  }));
}
