import { sql } from "kysely";
import type { Job } from "../../../platform/jobs/job.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Records, Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";
import { EndingStore } from "./endings.ts";
import type { Score } from "./model.ts";
import { type Judges, WorthStore } from "./worth-store.ts";

export const EXPIRY = "intel.expiry";
/** What decays and is acted on by devices. */
const ACTED_ON = ["indicator", "ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "file"];
/** Objects of one unit of work, and units of one run: what is left waits for the next. */
const AT_ONCE = 500;
const MOST_UNITS = 20;
const DAY = 86_400_000;

interface Expired {
  /** Objects whose end has come since the last run. */
  readonly ended: number;
  /** Objects whose score has come down to the floor, or has risen above it again. */
  readonly faded: number;
  readonly resumed: number;
}

/**
 * Says what has ended since the last run, and, where a floor is configured, ends what has decayed to it and takes back
 * what rose again, as by a sighting. Nothing is deleted and no document changes. The scope must see every object.
 */
export function expiryJob(records: Records, judges: Judges, floor: number | undefined): Job {
  return {
    name: EXPIRY,
    permissions: ["intel:write"],
    cron: "*/10 * * * *",
    async run({ scope, signal }) {
      await records.within(scope, tellEnded);
      for (let unit = 0, more = true; more && unit < MOST_UNITS && !signal.aborted; unit++)
        more = await records.within(scope, (work) => fade(work, judges, floor ?? 0));
    },
  };
}

async function tellEnded(work: Work): Promise<void> {
  const db = work.tables<IntelTables>();
  const now = Date.parse(work.now);
  const { looked_at: from } = await db
    .selectFrom("stix_expiry")
    .selectAll()
    .forUpdate()
    .executeTakeFirstOrThrow();
  await db.updateTable("stix_expiry").set({ looked_at: now }).execute();
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from stix_entry e
    where e.ends_at > ${from}::bigint and e.ends_at <= ${now}::bigint and ${visible(work, "e")}`.execute(db);
  const ended = rows[0]?.count ?? 0;
  if (ended > 0) said(work, { ended, faded: 0, resumed: 0 });
}

function said(work: Work, expired: Expired): void {
  work.audit({ action: "intel.expire", subject: "library", detail: { ...expired } });
  new EndingStore(work).tell(expired.ended + expired.faded + expired.resumed);
}

/** One stretch of new objects and one batch of those that are due; answers whether more waits. */
async function fade(work: Work, judges: Judges, floor: number): Promise<boolean> {
  const db = work.tables<IntelTables>();
  const state = await db.selectFrom("stix_expiry").selectAll().forUpdate().executeTakeFirstOrThrow();
  if (floor === 0 && state.floor === 0) return false;
  if (floor !== state.floor) {
    // Judged anew from the beginning, by the new floor; without one nothing is looked at any more.
    await db.deleteFrom("stix_fading").execute();
    await db.updateTable("stix_expiry").set({ floor, walked_to: 0 }).execute();
    const resumed = await resume(work, sql`true`);
    if (resumed > 0) said(work, { ended: 0, faded: 0, resumed });
    return floor > 0;
  }
  const { seq: last } = await db.selectFrom("stix_ledger").select("seq").executeTakeFirstOrThrow();
  const to = Math.min(state.walked_to + AT_ONCE, Number(last));
  await sql`insert into stix_fading (seq, look_at) select e.seq, 0 from stix_entry e
    where e.seq > ${state.walked_to}::bigint and e.seq <= ${to}::bigint and e.type = any(${ACTED_ON}::text[])
      and ${visible(work, "e")} on conflict do nothing`.execute(db);
  await sql`update stix_fading set look_at = 0 where seq in (select e.seq from stix_judgement j
    join stix_entry e on e.thing = j.about and ${visible(work, "e")}
    where j.seq > ${state.walked_to}::bigint and j.seq <= ${to}::bigint and ${visible(work, "j")})`.execute(
    db,
  );
  await db.updateTable("stix_expiry").set({ walked_to: to }).execute();
  const due = await look(work, judges, floor);
  return due === AT_ONCE || to < Number(last);
}

async function look(work: Work, judges: Judges, floor: number): Promise<number> {
  const db = work.tables<IntelTables>();
  const now = Date.parse(work.now);
  const { rows } = await sql<{
    seq: number;
    id: string;
    thing: string;
    orgId: string;
    tlp: number;
    audience: string[];
    faded: boolean;
  }>`select f.seq, o.id, e.thing::text as thing, o.org_id as "orgId", o.tlp, o.audience,
      exists (select 1 from stix_ending n where n.seq = f.seq and n.resumed_at is null and ${visible(work, "n")}) as faded
    from (select seq from stix_fading where look_at <= ${now}::bigint order by look_at, seq limit ${AT_ONCE}) f
    join stix_entry e on e.seq = f.seq join stix_object o on o.seq = f.seq
    where ${visible(work, "e")} and ${visible(work, "o")}`.execute(db);
  if (rows.length === 0) return 0;
  const worth = await new WorthStore(work, judges, { byDocument: true }).of([
    ...new Set(rows.map(({ id }) => id)),
  ]);
  const store = new EndingStore(work);
  const next: { seq: number; look_at: number }[] = [];
  const gone: number[] = [];
  const risen: number[] = [];
  let faded = 0;
  for (const row of rows) {
    const of = worth.get(row.id);
    if (of === undefined || of.seq !== row.seq) {
      gone.push(row.seq);
      continue;
    }
    if (of.state === "valid" && of.score.value <= floor && !row.faded) {
      await store.add(row, { why: "decayed", seq: row.seq, reason: `${of.score.value} <= ${floor}` });
      faded++;
    } else if (row.faded && of.score.value > floor) risen.push(row.seq);
    next.push({ seq: row.seq, look_at: now + daysUntil(of.score, floor) * DAY });
  }
  const resumed = await resume(work, sql`n.seq = any(${risen}::bigint[])`);
  await sql`delete from stix_fading where seq = any(${gone}::bigint[])`.execute(db);
  await sql`update stix_fading f set look_at = given.look_at
    from json_to_recordset(${JSON.stringify(next)}::text::json) as given (seq bigint, look_at bigint)
    where f.seq = given.seq`.execute(db);
  if (faded + resumed > 0) said(work, { ended: 0, faded, resumed });
  return rows.length;
}

/** When to look again: when the decay alone will have come to the floor, a week at most, a quarter of a day at least. */
function daysUntil({ value, parts }: Score, floor: number): number {
  const decay = parts.find(({ reason }) => reason === "decay");
  if (decay === undefined || value <= floor) return 7;
  // The curve falls faster at one end; half of the straight way is before it at either.
  const lifetime = Number(decay.facts["lifetime"]);
  return Math.min(7, Math.max(0.25, (lifetime * (value - floor)) / 200));
}

async function resume(work: Work, which: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{
    thing: string;
  }>`update stix_ending n set resumed_at = ${work.now}::timestamptz,
      resumed_by_name = ${work.scope.actor.name}
    where n.why = 'decayed' and n.resumed_at is null and ${which} returning n.thing::text as thing`.execute(
    work.tables<IntelTables>(),
  );
  const things = [...new Set(rows.map(({ thing }) => thing))];
  if (things.length > 0) await new EndingStore(work).restore(things);
  return rows.length;
}
