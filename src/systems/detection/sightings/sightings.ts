import { sql } from "kysely";
import { addMillis, type Instant } from "../../../core/instant.ts";
import type { Scope } from "../../../core/scope.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import type { Job } from "../../../platform/jobs/job.ts";
import type { Subscriber } from "../../../platform/outbox/subscriber.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Records, Work } from "../../../platform/records/work.ts";
import { recordSightings, type Seen, type Verdict } from "../../intel/index.ts";
import { type AlertTables, instant } from "../alerts/tables.ts";

/** Rules of alerts that an indicator raised, as `indicators/pass.ts` names them. */
const OF_INDICATORS = /^indicator(?:-kept)?:/;
const INDICATOR_ID = "threat.indicator.id";
const DAY = 86_400_000;
const AT_ONCE = 200;

/**
 * Tells the library what its indicators met: how many events of each organisation and day, out of the alerts as they
 * stand, so that it may be told any number of times. What was closed as a false positive counts as not seen. Answers how
 * many versions of sightings and opinions that made.
 */
export async function tellSightings(work: Work, alertIds: readonly string[]): Promise<number> {
  const db = work.tables<AlertTables>();
  const touched = await db
    .selectFrom("alert as a")
    .select(["a.org_id", "a.rule_id", "a.first_seen", "a.last_seen"])
    .where(sql<boolean>`a.id = any(${[...alertIds]}::uuid[])`)
    .where(visible(work, "a"))
    .execute();
  const seen: Seen[] = [];
  const verdicts: Verdict[] = [];
  const done = new Set<string>();
  for (const alert of touched) {
    const key = `${alert.org_id} ${alert.rule_id}`;
    if (!OF_INDICATORS.test(alert.rule_id) || done.has(key)) continue;
    done.add(key);
    const spans = touched.filter((each) => each.org_id === alert.org_id && each.rule_id === alert.rule_id);
    const from = startOfDay(spans.map((each) => instant(each.first_seen)).sort()[0] ?? "");
    const to = addMillis(
      startOfDay(
        spans
          .map((each) => instant(each.last_seen))
          .sort()
          .at(-1) ?? "",
      ),
      DAY,
    );
    const told = await ofRule(work, alert.org_id, alert.rule_id, from, to);
    seen.push(...told.seen);
    verdicts.push(...told.verdicts);
  }
  return recordSightings(work, { seen, verdicts });
}

async function ofRule(work: Work, orgId: string, ruleId: string, from: Instant, to: Instant) {
  const db = work.tables<AlertTables>();
  const alerts = await db
    .selectFrom("alert as a")
    .select(["a.id", "a.tlp", "a.state", "a.reason", "a.sample"])
    .where("a.org_id", "=", orgId)
    .where("a.rule_id", "=", ruleId)
    .where("a.last_seen", ">=", from)
    .where("a.first_seen", "<", to)
    .where(visible(work, "a"))
    .orderBy("a.id", "desc")
    .limit(AT_ONCE)
    .execute();
  const isFalse = (alert: (typeof alerts)[number]) =>
    alert.state === "closed" && alert.reason === "false-positive";
  const tlp = tlpOfRank(Math.max(0, ...alerts.map((alert) => alert.tlp)));
  const standing = new Set(alerts.filter((alert) => !isFalse(alert)).map(({ id }) => id));
  const { rows } = await sql<{
    day: string;
    alertId: string;
    count: number;
    first: Date | string;
    last: Date | string;
  }>`select to_char(m.seen_at at time zone 'UTC', 'YYYY-MM-DD') as day, m.alert_id as "alertId", count(*)::int as count,
      min(m.seen_at) as first, max(m.seen_at) as last
    from alert_match m join alert a on a.id = m.alert_id and ${visible(work, "a")}
    where m.alert_id = any(${alerts.map(({ id }) => id)}::uuid[]) and m.seen_at >= ${from}::timestamptz
      and m.seen_at < ${to}::timestamptz
    group by 1, 2`.execute(db);
  const days = Map.groupBy(rows, ({ day }) => day);
  const indicators = [...new Set(alerts.flatMap(({ sample }) => indicatorsIn(sample)))];
  const seen = indicators.flatMap((indicatorId): Seen[] =>
    [...days].map(([day, all]) => {
      const counted = all.filter(({ alertId }) => standing.has(alertId));
      // Where nothing stands, the span of what did not is of no matter: the sighting is revoked.
      const span = counted.length === 0 ? all : counted;
      return {
        indicatorId,
        orgId,
        tlp,
        day,
        count: counted.reduce((sum, { count }) => sum + count, 0),
        firstSeen: span.map(({ first }) => instant(first)).sort()[0] ?? "",
        lastSeen:
          span
            .map(({ last }) => instant(last))
            .sort()
            .at(-1) ?? "",
      };
    }),
  );
  const verdicts = alerts.flatMap((alert): Verdict[] =>
    [...new Set(indicatorsIn(alert.sample))].map((indicatorId) => ({
      indicatorId,
      orgId,
      tlp: tlpOfRank(alert.tlp),
      about: alert.id,
      falsePositive: isFalse(alert),
    })),
  );
  return { seen, verdicts };
}

/** The library's indicators of which the kept events of an alert speak. */
function indicatorsIn(sample: unknown): string[] {
  if (!Array.isArray(sample)) return [];
  return sample.flatMap((event: { why?: { field?: unknown; value?: unknown }[] }) =>
    (event.why ?? []).flatMap(({ field, value }) =>
      field === INDICATOR_ID && typeof value === "string" ? [value] : [],
    ),
  );
}

function startOfDay(at: Instant): Instant {
  return `${at.slice(0, 10)}T00:00:00.000Z`;
}

/** Tells of an alert when it is raised and when people judge it. */
export function sightingsSubscriber(records: Records, scope: () => Promise<Scope>): Subscriber {
  return {
    name: "detection.sightings",
    topics: ["alerts.raised", "alerts.changed"],
    async handle({ subject }) {
      const job = await scope();
      await records.within(job, (work) => tellSightings(work, [subject]));
    },
  };
}

export const SIGHTINGS = "detection.sightings";
/** Longer than a node is thought to stand still; what was told before makes nothing new. */
const LOOK_BACK = 3 * DAY;

/** Tells every hour of what joined alerts since, of which no event speaks. */
export function sightingsJob(records: Records): Job {
  return {
    name: SIGHTINGS,
    permissions: ["alerts:read", "intel:write"],
    cron: "7 * * * *",
    async run({ scope, signal }) {
      let after = "";
      while (!signal.aborted) {
        const ids = await records.within(scope, async (work) => {
          const rows = await work
            .tables<AlertTables>()
            .selectFrom("alert as a")
            .select("a.id")
            .where("a.changed_at", ">=", addMillis(work.now, -LOOK_BACK))
            .where("a.rule_id", "like", "indicator%")
            .$if(after !== "", (query) => query.where("a.id", ">", after))
            .where(visible(work, "a"))
            .orderBy("a.id")
            .limit(AT_ONCE)
            .execute();
          return rows.map(({ id }) => id);
        });
        if (ids.length === 0) return;
        await records.within(scope, (work) => tellSightings(work, ids));
        after = ids.at(-1) ?? after;
      }
    },
  };
}
