import { sql } from "kysely";
import { addMillis, type Instant } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import { tlpRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { clean, entitiesOf, entityValues, indicatorsOf, joinEntities, noEntities } from "./entities.ts";
import {
  ALERT_LEVELS,
  type Alert,
  type AlertComment,
  type AlertDetail,
  Entities,
  type SampleEvent,
} from "./model.ts";
import type { Common, Match } from "./raise.ts";
import { byTime, JOIN_WITHIN, joinSample, type Span } from "./rules.ts";
import { SightStore } from "./sights.ts";
import {
  type AlertTable,
  type AlertTables,
  instant,
  LISTED,
  presentAlert,
  presentComment,
  presentSample,
} from "./tables.ts";

/** Rows of one statement; each takes four parameters at most. */
const CHUNK = 5000;

/** An open alert as matches meet it. */
export interface OpenAlert extends Span {
  readonly id: string;
}

/** What an act of a person leaves behind on the row. */
export type AlertChange = Partial<
  Pick<AlertTable, "state" | "reason" | "reason_text" | "assignee_id" | "assignee_name" | "incident_id">
>;

/** Alerts, what was counted for them, and what people said. */
export class AlertStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** Nobody else gathers matches of these keys until the work ends. */
  async lock(numbers: readonly string[]): Promise<void> {
    if (numbers.length === 0) return;
    // In one order for all, so that two works never wait for each other.
    const ordered = [...numbers].sort();
    await sql`select pg_advisory_xact_lock(n) from unnest(${ordered}::bigint[]) n`.execute(this.db);
  }

  /** Those of the matches, all of one rule, that no alert has counted. */
  async uncounted(matches: readonly Match[]): Promise<Match[]> {
    const counted = new Set<string>();
    for (const chunk of chunks(matches)) {
      const rows = await this.db
        .selectFrom("alert_match")
        .select("event_id")
        .where("rule_id", "=", chunk[0]?.common.rule.ruleId ?? "")
        .where("event_id", "=", sql<string>`any(${chunk.map((match) => match.eventId)}::text[])`)
        .execute();
      for (const row of rows) counted.add(row.event_id);
    }
    return matches.filter((match) => !counted.has(match.eventId));
  }

  /** Open alerts that the matches could join. */
  async openFor(common: Common, matches: readonly Match[]): Promise<OpenAlert[]> {
    const within = common.rule.joinWithin ?? JOIN_WITHIN;
    const times = matches.map((match) => match.at).sort();
    const rows = await this.db
      .selectFrom("alert")
      .select(["id", "first_seen", "last_seen"])
      .where("org_id", "=", common.orgId)
      .where("rule_id", "=", common.rule.ruleId)
      .where("main_entity", "=", common.mainEntity)
      .where("state", "in", ["new", "assigned"])
      .where("last_seen", ">=", addMillis(times[0] ?? this.work.now, -within))
      .where("first_seen", "<=", addMillis(times.at(-1) ?? this.work.now, within))
      .where(visible(this.work, "alert"))
      .orderBy("first_seen")
      .forUpdate()
      .execute();
    return rows.map((row) => ({
      id: row.id,
      firstSeen: instant(row.first_seen),
      lastSeen: instant(row.last_seen),
    }));
  }

  /** A new alert of these matches; undefined when somebody else counted every one of them meanwhile. */
  async add(matches: readonly Match[]): Promise<{ alert: Alert | undefined; counted: number }> {
    const [first] = matches;
    if (first === undefined) return { alert: undefined, counted: 0 };
    const { orgId, tlp, mainEntity, rule } = first.common;
    const id = uuidV7();
    await this.db
      .insertInto("alert")
      .values({
        id,
        org_id: orgId,
        tlp: tlpRank(tlp),
        rule_id: rule.ruleId,
        title: rule.title,
        title_zh: rule.titleZh ?? null,
        level: ALERT_LEVELS.indexOf(rule.level),
        tags: [...(rule.tags ?? [])],
        state: "new",
        main_entity: mainEntity,
        entities: JSON.stringify(noEntities()),
        entity_values: [],
        words: "",
        sample: "[]",
        first_seen: first.at,
        last_seen: first.at,
        count: 0,
        raised_at: this.work.now,
        changed_at: this.work.now,
      })
      .execute();
    const counted = await this.join({ id }, matches);
    if (counted.counted === 0) await this.db.deleteFrom("alert").where("id", "=", id).execute();
    return counted;
  }

  /** Counts the matches for an alert that `openFor` gave or `add` made. */
  async join(
    alert: { readonly id: string },
    matches: readonly Match[],
  ): Promise<{ alert: Alert | undefined; counted: number }> {
    const counted = await this.count(alert.id, matches);
    const ordered = [...counted].sort(byTime);
    const last = ordered.at(-1);
    if (last === undefined) return { alert: undefined, counted: 0 };
    const first = ordered.reduce((found, { since }) => earlier(found, since), last.since);
    const row = await this.db
      .selectFrom("alert")
      .selectAll()
      .where("id", "=", alert.id)
      .where(visible(this.work, "alert"))
      .executeTakeFirstOrThrow();
    const entities = ordered.reduce(
      (joined, match) => joinEntities(joined, entitiesOf(match.record)),
      Entities.parse(row.entities),
    );
    const values = entityValues(entities);
    const sample = joinSample(presentSample(row.sample), ordered.map(sampleOf));
    const fresh = row.count === 0;
    const changed = await this.db
      .updateTable("alert")
      .set({
        count: row.count + ordered.reduce((sum, { count }) => sum + count, 0),
        first_seen: fresh ? first : earlier(instant(row.first_seen), first),
        last_seen: fresh ? last.at : later(instant(row.last_seen), last.at),
        entities: JSON.stringify(entities),
        entity_values: values,
        words: [row.title, row.title_zh ?? "", ...values].join("\n"),
        sample: JSON.stringify(sample),
        changed_at: this.work.now,
      })
      .where("id", "=", alert.id)
      .returning(LISTED)
      .executeTakeFirstOrThrow();
    await new SightStore(this.work).add(alert.id, ordered);
    return { alert: presentAlert(changed), counted: ordered.length };
  }

  async get(id: string): Promise<AlertDetail> {
    const row = await this.db
      .selectFrom("alert")
      .select([...LISTED, "sample"])
      .where("id", "=", id)
      .where(visible(this.work, "alert"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    const comments = await this.db
      .selectFrom("alert_comment")
      .selectAll()
      .where("alert_id", "=", id)
      .orderBy("seq")
      .execute();
    const alert = presentAlert(row);
    return {
      ...alert,
      sample: withoutForeign(presentSample(row.sample), this.work.scope.orgIds),
      comments: comments.map(presentComment),
      indicators: indicatorsOf(alert),
    };
  }

  /** The alert as it stands, held until the work ends. */
  async hold(id: string): Promise<Alert> {
    const row = await this.db
      .selectFrom("alert")
      .select(LISTED)
      .where("id", "=", id)
      .where(visible(this.work, "alert"))
      .forUpdate()
      .executeTakeFirst();
    // What was released to a reader may be seen and not changed.
    if (row === undefined || !this.work.scope.orgIds.includes(row.org_id))
      throw new Problem("http.not-found");
    return presentAlert(row);
  }

  /** Writes what a person did and what was said with it. */
  async change(
    alert: Alert,
    change: AlertChange,
    said: Pick<AlertComment, "act" | "detail" | "text">,
  ): Promise<Alert> {
    const row = await this.db
      .updateTable("alert")
      .set({ ...change, version: alert.version + 1, changed_at: this.work.now })
      .where("id", "=", alert.id)
      .returning(LISTED)
      .executeTakeFirstOrThrow();
    await this.say(alert.id, said);
    return presentAlert(row);
  }

  async say(alertId: string, said: Pick<AlertComment, "act" | "detail" | "text">): Promise<AlertComment> {
    const { actor } = this.work.scope;
    const row = await this.db
      .insertInto("alert_comment")
      .values({
        id: uuidV7(),
        alert_id: alertId,
        at: this.work.now,
        actor_id: actor.id,
        actor_name: actor.name,
        act: said.act,
        detail: said.detail,
        text: clean(said.text),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return presentComment(row);
  }

  /** Remembers that these were counted; answers with those that really were new. */
  private async count(alertId: string, matches: readonly Match[]): Promise<Match[]> {
    const counted = new Set<string>();
    for (const chunk of chunks(matches)) {
      const rows = await this.db
        .insertInto("alert_match")
        .values(
          chunk.map((match) => ({
            rule_id: match.common.rule.ruleId,
            event_id: match.eventId,
            alert_id: alertId,
            seen_at: match.at,
          })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .returning("event_id")
        .execute();
      for (const row of rows) counted.add(row.event_id);
    }
    return matches.filter((match) => counted.has(match.eventId));
  }

  private get db() {
    return this.work.tables<AlertTables>();
  }
}

/** The field in which an alert across organisations names members (ECS). */
const MEMBER = "organization.id";

/** Events as a reader may see them: an alert across organisations names only those in the reader's sight. */
function withoutForeign(sample: readonly SampleEvent[], orgIds: readonly string[]): SampleEvent[] {
  const isOwn = (value: unknown) => typeof value === "string" && orgIds.includes(value);
  return sample.map((event) => {
    const named = event.record[MEMBER];
    if (named === undefined) return event;
    const { [MEMBER]: _, ...record } = event.record;
    const seen = [named].flat().filter(isOwn);
    return {
      ...event,
      why: event.why.filter(({ field, value }) => field !== MEMBER || isOwn(value)),
      record: seen.length === 0 ? record : { ...record, [MEMBER]: Array.isArray(named) ? seen : seen[0] },
    };
  });
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, at) =>
    all.slice(at * CHUNK, (at + 1) * CHUNK),
  );
}

function sampleOf({ eventId, at, why, record }: Match): SampleEvent {
  return { eventId, at, why, record };
}

function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b;
}

function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}
