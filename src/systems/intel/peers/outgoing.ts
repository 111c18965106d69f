import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { typeOfIdentifier } from "../stix/identifier.ts";
import { OBSERVABLE_OBJECTS } from "../stix/observable-objects.ts";
import type { IntelTables } from "../tables.ts";
import type { SentVersion } from "./sent.ts";
import type { PeerTables } from "./tables.ts";

export interface OutgoingWish {
  /** `collection:<alias>` of this node, or `peer:<id>`. */
  readonly source: string;
  readonly after: number;
  readonly most: number;
  /** Highest rank of TLP that may leave. */
  readonly ceiling: number;
  /** Releases to one of these may leave. */
  readonly audiences: readonly string[];
  /** What this organisation itself sent is not sent back. */
  readonly standsFor: string | null;
}

export interface Outgoing extends SentVersion {
  /** Verbatim. */
  readonly document: string;
  /** What the node released itself; null for what others sent. */
  readonly itemId: string | null;
  readonly revision: number;
}

export interface OutgoingBatch {
  /** In the order of their arrival. */
  readonly objects: readonly Outgoing[];
  /** Not for this peer, by marking or recipient. */
  readonly held: number;
  /** Where the next batch goes on; undefined when nothing is left. */
  readonly last: number | undefined;
}

interface Row extends Outgoing {
  readonly at: number;
  readonly fits: boolean;
}

const COLUMNS = sql`o.id, o.version, o.version_key as "versionKey", o.item_id as "itemId", o.revision`;

/**
 * What is to be pushed behind a checkpoint. Numbers grow in the order of commit (`stix_ledger`), so that the last one is
 * an outbox's whole memory: what commits later has a higher one.
 */
export async function outgoingAfter(work: Work, wish: OutgoingWish): Promise<OutgoingBatch> {
  const [kind, name = ""] = wish.source.split(":", 2);
  const rows = kind === "peer" ? await ofPeer(work, name, wish) : await ofCollection(work, name, wish);
  return {
    objects: rows.filter((row) => row.fits),
    held: rows.filter((row) => !row.fits).length,
    last: rows.at(-1)?.at,
  };
}

async function ofCollection(work: Work, alias: string, wish: OutgoingWish): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select o.seq as at, o.document, ${COLUMNS},
      (o.tlp <= ${wish.ceiling} and (c.takes_pushes or o.audience && ${[...wish.audiences]}::uuid[])
        and (o.item_id is not null or o.org_id is distinct from ${wish.standsFor}::uuid)) as fits
    from taxii_collection c join stix_object o on o.collection_id = c.id
    where c.alias = ${alias} and o.seq > ${wish.after}::bigint and ${visible(work, "o")}
    order by o.seq limit ${wish.most}`.execute(work.tables<IntelTables>());
  return rows.map(readRow);
}

/** What another peer told, in the order in which it told it; numbers are given under the ledger's lock, too. */
async function ofPeer(work: Work, peerId: string, wish: OutgoingWish): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select r.told as at, coalesce(r.document, o.document) as document, ${COLUMNS}, r.tlp <= ${wish.ceiling} as fits
    from intel_peer p join intel_import i on i.source_id = p.source_id
      join stix_origin r on r.import_id = i.id join stix_object o on o.seq = r.seq
    where p.id::text = ${peerId} and r.told > ${wish.after}::bigint and r.gone_at is null and ${visible(work, "p")}
      and ${visible(work, "i")} and ${visible(work, "r")} and ${visible(work, "o")}
    order by r.told limit ${wish.most}`.execute(work.tables<IntelTables & PeerTables>());
  return rows.map(readRow);
}

function readRow(row: Row): Row {
  const versioned = !Object.hasOwn(OBSERVABLE_OBJECTS, typeOfIdentifier(row.id));
  return { ...row, at: Number(row.at), versionKey: versioned ? row.versionKey : "" };
}
