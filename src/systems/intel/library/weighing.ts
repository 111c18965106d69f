import { sql } from "kysely";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import type { Job } from "../../../platform/jobs/job.ts";
import { joinByIndex } from "../../../platform/records/index-order.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Records, Work } from "../../../platform/records/work.ts";
import { StixObjectStore } from "../object-store.ts";
import type { IntelTables } from "../tables.ts";
import { decayOf } from "./decay.ts";
import { DERIVATION, valueOfToken } from "./entry.ts";
import { reindexState } from "./entry-store.ts";
import type { Value } from "./model.ts";
import { baseOf, type Decay, WORTHLESS } from "./rules.ts";
import { warningsOf } from "./warned.ts";
import { type Judges, MOST_MEMBERS } from "./worth-store.ts";

const WEIGHING = "intel.weigh";
/** Numbers of one unit of work, and units of one run: what is left waits for the next minute. */
const AT_ONCE = 1000;
const MOST_UNITS = 200;
/** Of a group of more entries, or of more different readers, nothing is kept. */
const MOST_ENTRIES = 2 * MOST_MEMBERS;
const MOST_READERS = 32;
/** Grows when rules.ts, values.ts or the checking of warninglists judges otherwise, so that all is weighed anew. */
const JUDGING = 1;

/** Keeps what scores are made of for filters by score, beside the requests. */
export function weighingJob(records: Records, judges: Judges): Job {
  return {
    name: WEIGHING,
    permissions: ["intel:read"],
    cron: "* * * * *",
    async run({ scope, signal }) {
      for (let unit = 0, done = false; !done && unit < MOST_UNITS && !signal.aborted; unit++)
        done = await records.within(scope, (work) => weighSome(work, judges, AT_ONCE));
    },
  };
}

/** Whether what is kept was weighed by these judges; else it says nothing. */
export async function isWeighedBy(work: Work, judges: Judges): Promise<boolean> {
  const { rows } = await sql<{ judges: string }>`select judges from stix_weighing`.execute(work.tables());
  return rows[0]?.judges === nameOf(judges);
}

/** What tells judges that judge otherwise apart. */
function nameOf({ warninglists, decays }: Judges): string {
  return `${JUDGING} ${sha256Hex(JSON.stringify([warninglists.fingerprint, decays]))}`;
}

/**
 * Weighs what has changed, then what came, then what was not weighed yet, `most` of each; answers whether nothing is
 * left. As long as entries are being made anew nothing is weighed. The scope must see every object of the node, as a
 * job's does.
 */
export async function weighSome(work: Work, judges: Judges, most: number): Promise<boolean> {
  if (!(await reindexState(work)).finished) return true;
  await joinByIndex(work);
  const db = work.tables<IntelTables>();
  const at = await db.selectFrom("stix_weighing").selectAll().forUpdate().executeTakeFirstOrThrow();
  // Nothing that a score is made of changes from here to the commit.
  await new StixObjectStore(work).lock();
  const last = Number((await db.selectFrom("stix_ledger").select("seq").executeTakeFirstOrThrow()).seq);
  const name = nameOf(judges);
  if (at.judges !== name) {
    await db.deleteFrom("stix_worth").execute();
    await db.deleteFrom("stix_unweighed").execute();
    await db.updateTable("stix_weighing").set({ judges: name, low: last, high: last }).execute();
    return last === 0;
  }
  const changed = await sql<{ node: string }>`delete from stix_unweighed where node in
    (select node from stix_unweighed limit ${most}) returning node::text as node`.execute(db);
  const ended = await sql<{ node: string }>`select node::text as node from stix_worth
    where not ends and until <= ${Date.parse(work.now)}::bigint limit ${most}`.execute(db);
  // What comes goes before what was there.
  const up = Number(at.high) < last;
  const [above, upto] = up
    ? [Number(at.high), Math.min(Number(at.high) + most, last)]
    : [Math.max(Number(at.low) - most, 0), Number(at.low)];
  const walked = await sql<{ node: string }>`select distinct coalesce(e.same, e.alike, e.thing)::text as node
    from stix_entry e where e.seq > ${above}::bigint and e.seq <= ${upto}::bigint and e.derivation = ${DERIVATION}
      and e.type <> all(${[...WORTHLESS]}::text[]) and ${visible(work, "e")}`.execute(db);
  await db
    .updateTable("stix_weighing")
    .set(up ? { high: upto } : { low: above })
    .execute();
  const nodes = new Set([...changed.rows, ...ended.rows, ...walked.rows].map(({ node }) => node));
  await weigh(work, judges, [...nodes]);
  const left = changed.rows.length === most || ended.rows.length === most;
  return !left && (up ? upto === last && Number(at.low) === 0 : above === 0);
}

/** What of a thing or group is the current version of its members, as somebody sees them who sees all. */
interface Members {
  readonly members: number;
  readonly standing: number;
  readonly confidence: number | null;
  readonly freshAt: number | null;
  readonly firstEnd: number | null;
  readonly lastEnd: number | null;
  readonly endless: boolean | null;
  /** Of each its type and the marks of its values, by lines; each combination once. */
  readonly kinds: readonly string[];
}

/** What a thing or group is made of. */
interface Made {
  members?: Members;
  /** Of the group, where it is one. */
  entries?: number;
  tellers?: { readonly sources: number; readonly reliability: string | null };
  judged?: {
    readonly positive: number;
    readonly reports: number;
    readonly negative: number;
    readonly disagreed: number;
    readonly lastSeen: number;
  };
  /** `tlp org audience` of everything of it, each once. */
  readers?: readonly string[];
}

/** In the terms of WorthStore, which says the same of objects for a reader. */
async function madeOf(work: Work, nodes: readonly string[]): Promise<Map<string, Made>> {
  const now = Date.parse(work.now);
  const given = sql`${[...nodes]}::bigint[]`;
  const { rows } = await sql<{ node: string; told: Made }>`with g as materialized (
      select m.same as node, m.thing from lianfang_group(${given}, ${MOST_ENTRIES + 1}) m where ${visible(work, "m")}),
    m as materialized (
      select g.node, g.thing from g group by 1, 2
      union select e.thing, e.thing from stix_entry e where e.thing = any(${given})
        and coalesce(e.same, e.alike) is null and ${visible(work, "e")}),
    v as materialized (
      select m.node, e.thing, e.seq, e.type, e.org_id, e.tlp, e.audience, e.version_at, e.confidence, e.ends_at,
        e.tokens @@ '''#x'''::tsquery as revoked, e.tokens @@ '''#d'''::tsquery as deprecated,
        coalesce(nullif(e.fresh_at, 0), floor(extract(epoch from o.date_added) * 1000))::bigint as fresh_at,
        case when o.item_id is null and o.collection_id is null then null
          when exists (select 1 from stix_origin r where r.seq = e.seq and r.gone_at is null and ${visible(work, "r")}) then null
          when o.item_id is not null then 'released' else 'pushed ' || o.org_id end as way
      from m join stix_entry e on e.thing = m.thing join stix_object o on o.seq = e.seq
      where ${visible(work, "e")} and ${visible(work, "o")}),
    c as materialized (
      select distinct on (node, thing) *, not revoked and not deprecated and (ends_at is null or ends_at > ${now}::bigint)
        as stands from v order by node, thing, version_at desc, revoked, seq),
    origin as materialized (
      select v.node, s.id::text as source, s.reliability,
        array[concat_ws(' ', r.tlp, r.org_id, r.audience), concat_ws(' ', i.tlp, i.org_id, i.audience),
          concat_ws(' ', s.tlp, s.org_id, s.audience)] as readers
      from v join stix_origin r on r.seq = v.seq and r.gone_at is null and ${visible(work, "r")}
      join intel_import i on i.id = r.import_id and ${visible(work, "i")}
      join intel_source s on s.id = i.source_id and ${visible(work, "s")}),
    teller as (
      select node, source, reliability from origin
      union all select v.node, v.way, case when v.way <> 'released' then 'F' end from v where v.way is not null),
    j as materialized (
      select m.node, j.verdict, j.times, j.last_at, j.tlp, j.org_id, j.audience,
        row_number() over (partition by m.node, j.about, j.thing order by j.version_at desc, j.seq desc) = 1 as newest
      from m join stix_judgement j on j.about = m.thing where ${visible(work, "j")}),
    reader as (
      select node, concat_ws(' ', tlp, org_id, audience) as who from v
      union select node, unnest(readers) from origin
      union select node, concat_ws(' ', tlp, org_id, audience) from j)
    select node::text as node, json_build_object('members', json_build_object('members', count(*),
      'standing', count(*) filter (where stands), 'confidence', max(confidence) filter (where stands),
      'freshAt', max(fresh_at) filter (where stands), 'firstEnd', min(ends_at) filter (where stands),
      'lastEnd', max(ends_at) filter (where stands), 'endless', bool_or(ends_at is null) filter (where stands),
      'kinds', array_agg(distinct type || coalesce((select string_agg(chr(10) || w, '' order by w) from stix_entry e,
        unnest(tsvector_to_array(e.tokens)) as w where e.seq = c.seq and w like '#v%' and ${visible(work, "e")}), ''))))
      as told from c group by node
    union all select node::text, json_build_object('entries', count(*)) from g group by node
    union all select node::text, json_build_object('tellers', json_build_object('sources', count(distinct source),
      'reliability', min(reliability))) from teller group by node
    union all select node::text, json_build_object('judged', json_build_object(
      'positive', coalesce(sum(times) filter (where verdict = 1), 0), 'reports', count(*) filter (where verdict = 1),
      'negative', count(*) filter (where verdict = 0), 'disagreed', count(*) filter (where verdict = -1),
      'lastSeen', coalesce(max(last_at) filter (where verdict = 1), 0))) from j where newest group by node
    union all select node::text, json_build_object('readers', array_agg(who order by who)) from reader group by node
    `.execute(work.tables<IntelTables>());
  const made = new Map<string, Made>();
  for (const { node, told } of rows) made.set(node, { ...made.get(node), ...told });
  return made;
}

interface Kept {
  readonly node: string;
  readonly fresh_at: number;
  readonly until: number | null;
  readonly lifetime: number | null;
  readonly speed: number | null;
  readonly readers: string;
  readonly base: number;
  readonly disagreed: number;
  readonly warned: boolean;
  readonly ends: boolean;
}

async function weigh(work: Work, judges: Judges, nodes: readonly string[]): Promise<void> {
  if (nodes.length === 0) return;
  const db = work.tables<IntelTables>();
  const kept: Kept[] = [];
  for (const [node, made] of await madeOf(work, nodes)) {
    const parts = keptOf(made, judges);
    if (parts !== undefined) kept.push({ node, ...parts });
  }
  await sql`delete from stix_worth where node = any(${[...nodes]}::bigint[])`.execute(db);
  if (kept.length === 0) return;
  const readers = [...new Set(kept.map((each) => each.readers))].map(readersOf);
  await sql`insert into stix_readers (key, tlp, orgs, audiences)
    select key, tlp, orgs, audiences from json_to_recordset(${JSON.stringify(readers)}::text::json)
      as given (key text, tlp smallint, orgs uuid[], audiences text[])
    on conflict (key) do nothing`.execute(db);
  await sql`insert into stix_worth (node, fresh_at, until, lifetime, speed, readers, base, disagreed, warned, ends)
    select given.node, given.fresh_at, given.until, given.lifetime, given.speed, r.id, given.base, given.disagreed,
      given.warned, given.ends
    from json_to_recordset(${JSON.stringify(kept)}::text::json) as given (node bigint, fresh_at bigint, until bigint,
      lifetime float8, speed float8, readers text, base smallint, disagreed smallint, warned boolean, ends boolean)
    join stix_readers r on r.key = given.readers`.execute(db);
}

/** Nothing where it is too much, or where its members would be judged differently. */
function keptOf(made: Made, judges: Judges): Omit<Kept, "node"> | undefined {
  const { members, entries = 0, readers = [] } = made;
  if (members === undefined || members.members > MOST_MEMBERS || entries > MOST_ENTRIES) return undefined;
  if (readers.length > MOST_READERS) return undefined;
  const judged = members.kinds.map((kinds) => judgedBy(judges, kinds));
  const [first] = judged;
  if (first === undefined || !judged.every((each) => isSame(each, first))) return undefined;
  const { sources = 0, reliability = null } = made.tellers ?? {};
  const { disagreed = 0, lastSeen = 0, ...seen } = made.judged ?? { positive: 0, reports: 0, negative: 0 };
  const { confidence, endless, firstEnd, lastEnd, freshAt } = members;
  const base = baseOf({ confidence, reliability, sources, sightings: seen, disagreed });
  return {
    fresh_at: Math.max(lastSeen, freshAt ?? 0),
    until: firstEnd,
    lifetime: first.decay?.lifetime ?? null,
    speed: first.decay?.speed ?? null,
    readers: readers.join("\n"),
    // What stands no more has no worth, whatever it was.
    base: members.standing === 0 ? 0 : base.value,
    disagreed: Math.min(disagreed, MOST_DISAGREED),
    warned: first.warned,
    ends: endless !== true && firstEnd === lastEnd,
  };
}

/** More take nothing more. */
const MOST_DISAGREED = 1000;

interface Judged {
  readonly decay: Decay | null;
  readonly warned: boolean;
}

/** How an object of a type and with these values is judged; undefined where its values are not known whole. */
function judgedBy({ decays, warninglists }: Judges, kinds: string): Judged | undefined {
  const [type = "", ...marks] = kinds.split("\n");
  const values: Value[] = [];
  for (const mark of marks) {
    const value = valueOfToken(mark);
    if (value === undefined) return undefined;
    values.push(value);
  }
  const warned = type === "indicator" && warningsOf(warninglists, values).length > 0;
  return { decay: decayOf(decays, type, values), warned };
}

function isSame(one: Judged | undefined, other: Judged): boolean {
  return (
    one !== undefined &&
    one.warned === other.warned &&
    one.decay?.lifetime === other.decay?.lifetime &&
    one.decay?.speed === other.decay?.speed
  );
}

/** Who sees all of it: cleared for the strictest, and of each the organisation or in its audience. */
function readersOf(key: string) {
  const each = key.split("\n").map((text) => text.split(" "));
  return {
    key,
    tlp: Math.max(...each.map(([tlp]) => Number(tlp))),
    orgs: each.map(([, org = ""]) => org),
    audiences: each.map(([, , audience = "{}"]) => audience),
  };
}
