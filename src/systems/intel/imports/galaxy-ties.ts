import { sql } from "kysely";
import { type Tlp, tlpOfRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { thingOf } from "../library/entry.ts";
import { clustersNaming } from "../library/query.ts";
import { objectOf } from "../library/row.ts";
import { OriginStore, type Told, type ToldDocument } from "../origin-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { JsonObject } from "../stix/json.ts";
import type { IntelTables } from "../tables.ts";
import { clusterTies, GALAXY_EXTENSION, relationshipType } from "./galaxy-extension.ts";
import type { ImportRecord } from "./import-store.ts";
import { relation } from "./misp-galaxy.ts";

/** What clusters of galaxies can be. */
const KINDS = [
  "attack-pattern",
  "course-of-action",
  "identity",
  "intrusion-set",
  "location",
  "malware",
  "threat-actor",
  "tool",
  "x-misp-galaxy-cluster",
] as const;
const AT_ONCE = 500;
const MOST_NAMING = 20_000;

interface Stored {
  readonly id: string;
  readonly tlp: number;
  readonly document: string;
}
interface Cluster {
  readonly id: string;
  readonly tlp: number;
  readonly object: JsonObject;
}

/**
 * Makes relationships of what clusters of one file say of clusters of another, as soon as both are in the organisation's
 * library, whichever came first. Their ids follow from both ends and the teller. They are told by the import that brought
 * the second end, under the stricter marking of both ends; they go with it, and with either end.
 */
export async function tieClusters(work: Work, { id, org_id: orgId, audience }: ImportRecord): Promise<Told> {
  const own = await clustersOf(work, id);
  const here = new Map(own.map((cluster) => [uuidOf(cluster.id), cluster]));
  const abroad = new Set(
    own
      .flatMap(({ object }) => clusterTies(object).map(({ uuid }) => uuid))
      .filter((uuid) => !here.has(uuid)),
  );
  const targets = await bearing(work, orgId, [...abroad]);
  const tellers = (await naming(work, orgId, [...here.keys()])).filter((each) => !here.has(uuidOf(each.id)));
  const documents = [
    ...own.flatMap((teller) => tiesOf(teller, targets)),
    ...tellers.flatMap((teller) => tiesOf(teller, here)),
  ];
  const store = new OriginStore(work);
  const told = { added: 0, known: 0 };
  for (let at = 0; at < documents.length; at += AT_ONCE) {
    const part = documents.slice(at, at + AT_ONCE);
    const { added, known } = await store.tell({ importId: id, orgId, audience, documents: part });
    told.added += added;
    told.known += known;
  }
  return told;
}

/** The relationships of a cluster to those of the others that it names. */
function tiesOf(teller: Cluster, others: ReadonlyMap<string, Cluster>): ToldDocument[] {
  const { created, created_by_ref: createdBy } = teller.object;
  if (typeof created !== "string" || typeof createdBy !== "string") return [];
  return clusterTies(teller.object).flatMap(({ uuid, type }) => {
    const target = others.get(uuid);
    if (target === undefined || target.id === teller.id) return [];
    const tlp: Tlp = tlpOfRank(Math.max(teller.tlp, target.tlp));
    const options = { createdBy, tlp, now: created };
    const object = relation(relationshipType(type), teller.id, target.id, { at: created, tlp }, options);
    const text = JSON.stringify(object);
    return [{ text, object, tlp, digest: digestOf(object, text), path: OriginStore.tiePath(uuid) }];
  });
}

/** The clusters that an import told. */
async function clustersOf(work: Work, importId: string): Promise<Cluster[]> {
  const { rows } = await sql<Stored>`select o.id, o.tlp, o.document from stix_origin r
    join stix_object o on o.seq = r.seq
    where r.import_id = ${importId}::uuid and o.document like ${`%${GALAXY_EXTENSION}%`} and not o.revoked
      and o.type = any(${[...KINDS]}::text[]) and ${visible(work, "r")} and ${visible(work, "o")}
    order by o.seq`.execute(work.tables<IntelTables>());
  return rows.map(readCluster);
}

/** The objects of the organisation's library that are clusters of these UUIDs. */
async function bearing(work: Work, orgId: string, uuids: readonly string[]): Promise<Map<string, Cluster>> {
  const found = new Map<string, Cluster>();
  for (let at = 0; at < uuids.length; at += AT_ONCE) {
    const ids = uuids.slice(at, at + AT_ONCE).flatMap((uuid) => KINDS.map((kind) => `${kind}--${uuid}`));
    const things = ids.map((id) => thingOf(id).toString());
    const { rows } = await sql<Stored>`select o.id, o.tlp, o.document from stix_entry e
      join stix_object o on o.seq = e.seq
      where e.thing = any(${things}::bigint[]) and o.id = any(${ids}::text[]) and o.org_id = ${orgId}::uuid
        and o.collection_id is null and not o.revoked and ${visible(work, "e")} and ${visible(work, "o")}
      order by o.seq`.execute(work.tables<IntelTables>());
    for (const row of rows) found.set(uuidOf(row.id), readCluster(row));
  }
  return found;
}

/** The clusters of the organisation's library that say they are related to one of these UUIDs. */
async function naming(work: Work, orgId: string, uuids: readonly string[]): Promise<Cluster[]> {
  const found = new Map<string, Cluster>();
  for (let at = 0; at < uuids.length; at += AT_ONCE) {
    const wanted = clustersNaming(uuids.slice(at, at + AT_ONCE));
    const { rows } = await sql<Stored>`select o.id, o.tlp, o.document
      from lianfang_find(${wanted}::text::tsquery, null, null, ${Number.MAX_SAFE_INTEGER}::bigint, ${MOST_NAMING}::integer) f
      join stix_object o on o.seq = f.seq
      where o.org_id = ${orgId}::uuid and o.collection_id is null and not o.revoked
        and ${visible(work, "f")} and ${visible(work, "o")}
      order by o.seq`.execute(work.tables<IntelTables>());
    for (const row of rows) found.set(row.id, readCluster(row));
  }
  return [...found.values()];
}

function readCluster({ id, tlp, document }: Stored): Cluster {
  return { id, tlp, object: objectOf(document) };
}

function uuidOf(id: string): string {
  return id.slice(id.indexOf("--") + 2);
}
