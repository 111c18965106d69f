import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";
import type { PeerTables } from "./tables.ts";

/** A version of an object on its way to a peer; the key is empty for what has no version of its own. */
export interface SentVersion {
  readonly id: string;
  readonly version: string;
  readonly versionKey: string;
}

export interface GoneBatch {
  /** What the peer took from this line and is no longer here. */
  readonly versions: readonly SentVersion[];
  /** Where the next batch goes on; undefined when nothing is left. */
  readonly last: number | undefined;
}

/** Notes what a peer took from a line. */
export async function keepSent(
  work: Work,
  line: { readonly id: string; readonly peer_id: string },
  versions: readonly SentVersion[],
): Promise<void> {
  if (versions.length === 0) return;
  await sql`insert into intel_peer_sent (line_id, peer_id, id, version_key, version, sent_at)
    select distinct on (id, "versionKey") ${line.id}::uuid, ${line.peer_id}::uuid, id, "versionKey", version, ${work.now}::timestamptz
    from json_to_recordset(${JSON.stringify(versions)}::text::json) as given (id text, version text, "versionKey" text)
    on conflict (line_id, id, version_key) do update set sent_at = excluded.sent_at, deleted_at = null`.execute(
    work.tables<PeerTables>(),
  );
}

/** The peer was told that they are gone. */
export async function noteDeleted(
  work: Work,
  line: { readonly id: string },
  versions: readonly SentVersion[],
): Promise<void> {
  if (versions.length === 0) return;
  await sql`update intel_peer_sent s set deleted_at = ${work.now}
    from json_to_recordset(${JSON.stringify(versions)}::text::json) as given (id text, "versionKey" text)
    where s.line_id = ${line.id}::uuid and s.id = given.id and s.version_key = given."versionKey"`.execute(
    work.tables<PeerTables>(),
  );
}

/**
 * What is gone from a line's source behind a number, as far as the peer had it. What came again meanwhile is not gone:
 * the peer has that, and a deletion that comes late would take it.
 */
export async function goneAfter(
  work: Work,
  line: { readonly id: string; readonly source: string | null },
  after: number,
  most: number,
): Promise<GoneBatch> {
  const [kind, name = ""] = (line.source ?? "").split(":", 2);
  const where =
    kind === "peer"
      ? sql`g.source_id = (select p.source_id from intel_peer p where p.id::text = ${name} and ${visible(work, "p")})`
      : sql`g.collection_id = (select c.id from taxii_collection c where c.alias = ${name})`;
  const again =
    kind === "peer"
      ? sql`exists (select 1 from stix_object o join stix_origin r on r.seq = o.seq join intel_import i on i.id = r.import_id
          where o.id = g.id and (s.version_key = '' or o.version_key = g.version_key) and i.source_id = g.source_id
            and r.gone_at is null and ${visible(work, "o")} and ${visible(work, "r")} and ${visible(work, "i")})`
      : sql`exists (select 1 from stix_object o where o.collection_id = g.collection_id and o.id = g.id
          and (s.version_key = '' or o.version_key = g.version_key) and ${visible(work, "o")})`;
  const { rows } = await sql<{
    gone: number | string;
    id: string | null;
    version: string;
    versionKey: string;
  }>`
    select g.gone, s.id, s.version, s.version_key as "versionKey"
    from stix_gone g left join intel_peer_sent s on s.line_id = ${line.id}::uuid and s.id = g.id
      and s.version_key in ('', g.version_key) and s.deleted_at is null and not ${again}
    where ${where} and g.gone > ${after}::bigint and ${visible(work, "g")}
    order by g.gone limit ${most}`.execute(work.tables<IntelTables & PeerTables>());
  const last = rows.at(-1)?.gone;
  return {
    versions: rows.flatMap(({ id, version, versionKey }) =>
      id === null ? [] : [{ id, version, versionKey }],
    ),
    last: last === undefined ? undefined : Number(last),
  };
}
