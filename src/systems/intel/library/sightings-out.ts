import { sql } from "kysely";
import { instantOf } from "../../../core/instant.ts";
import { EVERYONE } from "../../../core/scope.ts";
import { type Tlp, tlpOfRank, tlpRank } from "../../../core/tlp.ts";
import { uuidV5 } from "../../../platform/crypto/digest.ts";
import type { Job } from "../../../platform/jobs/job.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Records, Work } from "../../../platform/records/work.ts";
import { StixObjectStore } from "../object-store.ts";
import { producerOf } from "../producer.ts";
import { canonicalJson, type JsonObject } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { stixObject } from "../stix/object.ts";
import type { IntelTables } from "../tables.ts";
import { objectOf } from "./row.ts";

export const SIGHTINGS_OUT = "intel.sightings";
/** One summary for each collection and object. */
const SUMMARIES = "0a6f2c55-8d0e-5c1b-b1ce-3f6f6d2f7a94";
/** Numbers of the ledger that one unit of work looks at, and units of one run: what is left waits for the next. */
const AT_ONCE = 2000;
const MOST_UNITS = 50;
const HOUR = 3_600_000;
/** What is marked stricter stays within the organisation that it was given to (TLP 2.0). */
const STRICTEST = tlpRank("amber");

/** What is told of how often released objects were seen. */
export interface SightingsRule {
  /** Aliases of the collections that carry it. */
  readonly collections: readonly string[];
  /** So many organisations must have seen an object before anything is told of it. */
  readonly organisations: number;
  /** `strictest` of the object and of every sighting counted; `object`: as the object, since nobody is named. */
  readonly marking: "object" | "strictest";
}

interface Released {
  readonly id: string;
  readonly thing: string;
  readonly same: string | null;
  readonly collectionId: string;
  readonly itemId: string;
  readonly orgId: string;
  readonly tlp: number;
  readonly audience: readonly string[];
  readonly revoked: boolean;
}

interface Seen {
  readonly count: number;
  readonly organisations: number;
  readonly tlp: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Tells the readers of what was released how often it has been seen: one sighting of the centre for each object and
 * collection, a summary (STIX 2.1 section 5.2) that names no organisation, in whole hours, under the object's item and
 * for its audience alone, so that nobody reads it who does not read the object. Only what this node's own people and
 * detection saw is counted, never what others told, so that nothing comes back as if it were seen twice. It ends with
 * the item's withdrawal, and where too few are left who saw it. The scope must see every object.
 */
export function sightingsOutJob(records: Records, rule: SightingsRule): Job {
  return {
    name: SIGHTINGS_OUT,
    permissions: ["intel:write"],
    cron: "*/5 * * * *",
    async run({ scope, signal }) {
      if (rule.collections.length === 0) return;
      for (let unit = 0, more = true; more && unit < MOST_UNITS && !signal.aborted; unit++)
        more = await records.within(scope, (work) => releaseSightings(work, rule));
    },
  };
}

/** Looks at the next stretch of numbers; answers whether more waits. */
export async function releaseSightings(work: Work, rule: SightingsRule): Promise<boolean> {
  const db = work.tables<IntelTables>();
  const store = new StixObjectStore(work);
  await store.lock();
  const from = await db.selectFrom("stix_summary").select("done_to").forUpdate().executeTakeFirstOrThrow();
  const { seq: last } = await db.selectFrom("stix_ledger").select("seq").executeTakeFirstOrThrow();
  const to = Math.min(Number(from.done_to) + AT_ONCE, Number(last));
  const producer = await producerOf(work);
  let made = 0;
  for (const released of await touched(work, rule, Number(from.done_to), to)) {
    const id = `sighting--${uuidV5(SUMMARIES, canonicalJson([released.collectionId, released.id]))}`;
    const before = await currentOf(work, released.collectionId, id);
    const says = released.revoked ? undefined : await told(work, rule, released, producer.id);
    if (says === undefined ? before === undefined || before["revoked"] === true : saysTheSame(before, says))
      continue;
    const tlp: Tlp = tlpOfRank(says?.tlp ?? released.tlp);
    const modified = Math.max(Date.parse(work.now), (Date.parse(String(before?.["modified"])) || 0) + 1);
    const object = stixObject({
      ...(before ?? {}),
      type: "sighting",
      spec_version: "2.1",
      id,
      created_by_ref: producer.id,
      created: before === undefined ? work.now : String(before["created"]),
      modified: instantOf(modified),
      ...(says === undefined ? { revoked: true } : { ...says.object, revoked: undefined }),
      object_marking_refs: [tlpMarkingId(tlp)],
    });
    await store.add({
      collectionId: released.collectionId,
      itemId: released.itemId,
      revision: says === undefined ? 2 : 1,
      orgId: released.orgId,
      audience: released.audience,
      documents: [{ text: JSON.stringify(object), object, tlp }],
    });
    made++;
  }
  await db.updateTable("stix_summary").set({ done_to: to }).execute();
  if (made > 0) work.audit({ action: "intel.sightings-released", subject: "library", detail: { made } });
  return to < Number(last);
}

/** The current rows of what is released in the collections and was released or seen within the stretch. */
async function touched(work: Work, rule: SightingsRule, from: number, to: number): Promise<Released[]> {
  const { rows } = await sql<Released>`
    with about as materialized (
      select e.thing, coalesce(e.same, e.alike) as same from stix_judgement j
        join stix_entry e on e.thing = j.about and ${visible(work, "e")}
        where j.seq > ${from}::bigint and j.seq <= ${to}::bigint and j.verdict is distinct from -1 and ${visible(work, "j")}
      union select e.thing, coalesce(e.same, e.alike) from stix_entry e
        where e.seq > ${from}::bigint and e.seq <= ${to}::bigint and ${visible(work, "e")}),
    things as materialized (
      select thing from about
      union select g.thing from lianfang_group(array(select distinct same from about where same is not null), ${MOST_ALIKE}::integer) g
        where ${visible(work, "g")})
    select distinct on (o.collection_id, o.id) o.id, e.thing::text as thing, coalesce(e.same, e.alike)::text as same,
      o.collection_id as "collectionId", o.item_id as "itemId", o.org_id as "orgId", o.tlp, o.audience, o.revoked
    from things t join stix_entry e on e.thing = t.thing join stix_object o on o.seq = e.seq
      join taxii_collection c on c.id = o.collection_id and c.alias = any(${[...rule.collections]}::text[]) and not c.takes_pushes
    where o.item_id is not null and o.type <> all(array['sighting', 'identity', 'marking-definition', 'relationship', 'report'])
      and ${visible(work, "e")} and ${visible(work, "o")}
    order by o.collection_id, o.id, o.version_key desc, o.seq desc`.execute(work.tables<IntelTables>());
  return rows;
}

const MOST_ALIKE = 100;

/** What the centre tells of an object; nothing where its rule forbids it. */
async function told(
  work: Work,
  rule: SightingsRule,
  released: Released,
  producerId: string,
): Promise<{ readonly tlp: number; readonly object: JsonObject } | undefined> {
  const { rows } = await sql<Seen>`
    with things as materialized (
      select ${released.thing}::bigint as thing
      union select g.thing from lianfang_group(array_remove(array[${released.same}::bigint], null), ${MOST_ALIKE}::integer) g
        where ${visible(work, "g")})
    select coalesce(sum(j.times), 0)::float8 as count, count(distinct j.org_id)::int as organisations,
      coalesce(max(j.tlp), 0)::int as tlp, min(j.first)::float8 as first, max(j.last_at)::float8 as last
    from (select distinct on (j.about, j.thing) j.times, j.org_id, j.tlp, j.last_at, j.verdict,
        extract(epoch from coalesce(s.document::json ->> 'first_seen', s.document::json ->> 'created')::timestamptz) * 1000 as first,
        s.document::json ->> 'created_by_ref' as by, s.document::json ->> 'summary' as summary
      from things t join stix_judgement j on j.about = t.thing join stix_object s on s.seq = j.seq
      where s.collection_id is null and ${visible(work, "j")} and ${visible(work, "s")}
      order by j.about, j.thing, j.version_at desc, j.seq desc) j
    where j.verdict = 1 and j.by = ${producerId} and j.summary is distinct from 'true' and j.tlp <= ${STRICTEST}`.execute(
    work.tables<IntelTables>(),
  );
  const [seen] = rows;
  if (seen === undefined || seen.organisations < Math.max(1, rule.organisations)) return undefined;
  const tlp = rule.marking === "object" ? released.tlp : Math.max(released.tlp, seen.tlp);
  // AMBER stays with those who need to know, and so never goes to everyone.
  if (tlp > STRICTEST || (tlp === STRICTEST && released.audience.includes(EVERYONE))) return undefined;
  const hour = (at: number) => instantOf(Math.floor(at / HOUR) * HOUR);
  return {
    tlp,
    object: {
      sighting_of_ref: released.id,
      summary: true,
      count: Math.min(999_999_999, seen.count),
      first_seen: hour(Math.min(seen.first, seen.last)),
      last_seen: hour(seen.last),
      where_sighted_refs: [producerId],
      description:
        "聯防成員目擊的彙整，不含成員身分。 What members of the joint defence saw, summed up; none is named.",
    },
  };
}

async function currentOf(work: Work, collectionId: string, id: string): Promise<JsonObject | undefined> {
  const row = await work
    .tables<IntelTables>()
    .selectFrom("stix_object as o")
    .select("o.document")
    .where("o.collection_id", "=", collectionId)
    .where("o.id", "=", id)
    .where(visible(work, "o"))
    .orderBy("o.version_key", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : objectOf(row.document);
}

function saysTheSame(
  before: JsonObject | undefined,
  { tlp, object }: { tlp: number; object: JsonObject },
): boolean {
  if (before === undefined || before["revoked"] === true) return false;
  return (
    ["count", "first_seen", "last_seen"].every((name) => before[name] === object[name]) &&
    JSON.stringify(before["object_marking_refs"]) === JSON.stringify([tlpMarkingId(tlpOfRank(tlp))])
  );
}
