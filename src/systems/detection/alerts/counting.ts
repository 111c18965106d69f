import { sql } from "kysely";
import { addMillis, type Instant } from "../../../core/instant.ts";
import { tlpRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { chunks } from "./chunks.ts";
import { entitiesOf, entityValues, joinEntities, noEntities } from "./entities.ts";
import { ALERT_LEVELS, type Alert, Entities, type SampleEvent } from "./model.ts";
import type { Match } from "./raise.ts";
import { byTime, type Gathered, JOIN_WITHIN, joinSample, type Span } from "./rules.ts";
import { SightStore } from "./sights.ts";
import { type AlertTables, instant, LISTED, presentAlert, presentSample } from "./tables.ts";

/** An open alert as matches meet it. */
export interface OpenAlert extends Span {
  readonly id: string;
}

/** An alert and the matches that are counted for it. */
interface Counting {
  readonly id: string;
  readonly matches: readonly Match[];
}

/**
 * Counts matches for alerts. A batch of logs may meet hundreds of alerts, and the records store takes far longer to plan
 * a statement under row-level security than to run it, so each step is one statement for all of them.
 */
export class CountingStore {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Nobody else gathers matches of these keys until the work ends. */
  async lock(numbers: readonly string[]): Promise<void> {
    if (numbers.length === 0) return;
    // In one order for all, so that two works never wait for each other.
    const ordered = [...numbers].sort();
    await sql`select pg_advisory_xact_lock(n) from unnest(${ordered}::bigint[]) n`.execute(this.#db);
  }

  /** Those of the matches that no alert has counted. */
  async uncounted(matches: readonly Match[]): Promise<Match[]> {
    const counted = new Set<string>();
    for (const chunk of chunks(matches)) {
      const rules = chunk.map((match) => match.common.rule.ruleId);
      const events = chunk.map((match) => match.eventId);
      const rows = await this.#db
        .selectFrom("alert_match")
        .select(["rule_id", "event_id"])
        .where(
          sql<boolean>`(rule_id, event_id) in (select * from unnest(${rules}::text[], ${events}::text[]))`,
        )
        .execute();
      for (const row of rows) counted.add(pairOf(row.rule_id, row.event_id));
    }
    return matches.filter((match) => !counted.has(pairOf(match.common.rule.ruleId, match.eventId)));
  }

  /** For each list of matches of one rule, organisation and main entity the open alerts that they could join. */
  async openFor(lists: readonly (readonly Match[])[]): Promise<OpenAlert[][]> {
    const open: OpenAlert[][] = lists.map(() => []);
    const asked = lists.flatMap((matches, place) => {
      const [first] = matches;
      if (first === undefined) return [];
      const { orgId, rule, mainEntity } = first.common;
      const within = rule.joinWithin ?? JOIN_WITHIN;
      const times = matches.map((match) => match.at).sort();
      return {
        place,
        orgId,
        ruleId: rule.ruleId,
        mainEntity,
        from: addMillis(times[0] ?? this.#work.now, -within),
        to: addMillis(times.at(-1) ?? this.#work.now, within),
      };
    });
    for (const chunk of chunks(asked)) {
      const column = <T>(of: (one: (typeof asked)[number]) => T): T[] => chunk.map(of);
      const key = sql<{
        place: number;
        org_id: string;
        rule_id: string;
        main_entity: string;
        first: Date;
        last: Date;
      }>`unnest(${column(({ place }) => place)}::int[], ${column(({ orgId }) => orgId)}::uuid[],
        ${column(({ ruleId }) => ruleId)}::text[], ${column(({ mainEntity }) => mainEntity)}::text[],
        ${column(({ from }) => from)}::timestamptz[], ${column(({ to }) => to)}::timestamptz[])`;
      const rows = await this.#db
        .selectFrom("alert")
        .innerJoin(key.as<"key">(sql`key(place, org_id, rule_id, main_entity, first, last)`), (join) =>
          join
            .onRef("alert.org_id", "=", "key.org_id")
            .onRef("alert.rule_id", "=", "key.rule_id")
            .onRef("alert.main_entity", "=", "key.main_entity")
            .onRef("alert.last_seen", ">=", "key.first")
            .onRef("alert.first_seen", "<=", "key.last"),
        )
        .select(["key.place", "alert.id", "alert.first_seen", "alert.last_seen"])
        .where("alert.state", "in", ["new", "assigned"])
        .where(visible(this.#work, "alert"))
        .orderBy("alert.id")
        .forUpdate("alert")
        .execute();
      for (const row of rows)
        open[row.place]?.push({
          id: row.id,
          firstSeen: instant(row.first_seen),
          lastSeen: instant(row.last_seen),
        });
    }
    return open;
  }

  /**
   * Counts each group for the alert that it joins, or for a new one. Answers the new alerts; there is none where
   * somebody else counted every match of a group meanwhile.
   */
  async add(
    groups: readonly Gathered<OpenAlert, Match>[],
  ): Promise<{ readonly alerts: Alert[]; readonly counted: number }> {
    const fresh = new Set<string>();
    const counting = groups.map(({ joins, matches }): Counting => {
      const id = joins?.id ?? uuidV7();
      if (joins === undefined) fresh.add(id);
      return { id, matches };
    });
    await this.#begin(counting.filter(({ id }) => fresh.has(id)));
    const counted = await this.#count(counting);
    const empty = counted.filter(({ id, matches }) => matches.length === 0 && fresh.has(id));
    if (empty.length > 0)
      await this.#db
        .deleteFrom("alert")
        .where("id", "=", sql<string>`any(${empty.map(({ id }) => id)}::uuid[])`)
        .execute();
    const full = counted.filter(({ matches }) => matches.length > 0);
    const changed = await this.#change(full);
    await new SightStore(this.#work).add(full);
    return {
      alerts: changed.filter(({ id }) => fresh.has(id)),
      counted: full.reduce((sum, { matches }) => sum + matches.length, 0),
    };
  }

  /** New alerts, which count nothing yet. */
  async #begin(counting: readonly Counting[]): Promise<void> {
    const rows = counting.flatMap(({ id, matches: [first] }) => {
      if (first === undefined) return [];
      const { orgId, tlp, mainEntity, rule } = first.common;
      return {
        id,
        org_id: orgId,
        tlp: tlpRank(tlp),
        rule_id: rule.ruleId,
        title: rule.title,
        title_zh: rule.titleZh ?? null,
        level: ALERT_LEVELS.indexOf(rule.level),
        tags: [...(rule.tags ?? [])],
        state: "new" as const,
        main_entity: mainEntity,
        entities: JSON.stringify(noEntities()),
        entity_values: [],
        words: "",
        sample: "[]",
        first_seen: first.at,
        last_seen: first.at,
        count: 0,
        raised_at: this.#work.now,
        changed_at: this.#work.now,
      };
    });
    for (const chunk of chunks(rows)) await this.#db.insertInto("alert").values(chunk).execute();
  }

  /** Remembers that these were counted; leaves those that really were new, by their time. */
  async #count(counting: readonly Counting[]): Promise<Counting[]> {
    const counted = new Set<string>();
    const rows = counting.flatMap(({ id, matches }) =>
      matches.map((match) => ({
        rule_id: match.common.rule.ruleId,
        event_id: match.eventId,
        alert_id: id,
        seen_at: match.at,
      })),
    );
    for (const chunk of chunks(rows)) {
      const added = await this.#db
        .insertInto("alert_match")
        .values(chunk)
        .onConflict((conflict) => conflict.doNothing())
        .returning(["rule_id", "event_id"])
        .execute();
      for (const row of added) counted.add(pairOf(row.rule_id, row.event_id));
    }
    return counting.map(({ id, matches }) => ({
      id,
      matches: matches
        .filter((match) => counted.has(pairOf(match.common.rule.ruleId, match.eventId)))
        .sort(byTime),
    }));
  }

  /** Writes what the alerts come to with these matches. */
  async #change(counting: readonly Counting[]): Promise<Alert[]> {
    const changed: Alert[] = [];
    for (const chunk of chunks(counting)) {
      const found = await this.#db
        .selectFrom("alert")
        .select(["id", "title", "title_zh", "entities", "sample", "first_seen", "last_seen", "count"])
        .where("id", "=", sql<string>`any(${chunk.map(({ id }) => id)}::uuid[])`)
        .where(visible(this.#work, "alert"))
        .execute();
      const rows = new Map(found.map((row) => [row.id, row]));
      const values = chunk.map(({ id, matches }) => {
        const row = rows.get(id);
        const last = matches.at(-1);
        if (row === undefined || last === undefined) throw new Error(`the alert ${id} is out of sight`);
        const first = matches.reduce((found, { since }) => earlier(found, since), last.since);
        const entities = matches.reduce(
          (joined, match) => joinEntities(joined, entitiesOf(match.record)),
          Entities.parse(row.entities),
        );
        const named = entityValues(entities);
        const isFresh = row.count === 0;
        return {
          id,
          count: row.count + matches.reduce((sum, { count }) => sum + count, 0),
          first_seen: isFresh ? first : earlier(instant(row.first_seen), first),
          last_seen: isFresh ? last.at : later(instant(row.last_seen), last.at),
          entities,
          entity_values: named,
          words: [row.title, row.title_zh ?? "", ...named].join("\n"),
          sample: joinSample(presentSample(row.sample), matches.map(sampleOf)),
        };
      });
      const became = sql<AlertTables["alert"]>`json_to_recordset(${JSON.stringify(values)}::json)`;
      const written = await this.#db
        .updateTable("alert")
        .from(
          became.as<"became">(
            sql`became(id uuid, count int, first_seen timestamptz, last_seen timestamptz, entities jsonb,
              entity_values text[], words text, sample jsonb)`,
          ),
        )
        .set((eb) => ({
          count: eb.ref("became.count"),
          first_seen: eb.ref("became.first_seen"),
          last_seen: eb.ref("became.last_seen"),
          entities: eb.ref("became.entities"),
          entity_values: eb.ref("became.entity_values"),
          words: eb.ref("became.words"),
          sample: eb.ref("became.sample"),
          changed_at: this.#work.now,
        }))
        .whereRef("alert.id", "=", "became.id")
        .returning(LISTED.map((column) => `alert.${column}` as const))
        .execute();
      const byId = new Map(written.map((row) => [row.id, row]));
      // In the order of the matches, which an update does not keep.
      for (const { id } of chunk) {
        const row = byId.get(id);
        if (row === undefined) throw new Error(`the alert ${id} cannot be changed`);
        changed.push(presentAlert(row));
      }
    }
    return changed;
  }

  get #db() {
    return this.#work.tables<AlertTables>();
  }
}

function pairOf(ruleId: string, eventId: string): string {
  return `${eventId} ${ruleId}`;
}

function sampleOf({ eventId, at, why, record, originalBase64 }: Match): SampleEvent {
  return { eventId, at, why, record, ...(originalBase64 !== undefined && { originalBase64 }) };
}

function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b;
}

function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}
