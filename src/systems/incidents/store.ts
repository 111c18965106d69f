import { type Kysely, type Selectable, sql } from "kysely";
import type { Instant } from "../../core/instant.ts";
import type { Page } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { type Tlp, tlpOfRank, tlpRank } from "../../core/tlp.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import { type DutyPack, Facts, type Words } from "./duties/model.ts";
import {
  Channel,
  ClosingReport,
  type Incident,
  type IncidentQuery,
  IncidentState,
  type Indicator,
  IndicatorType,
  type NewIndicator,
  type TimelineEvent,
  TimelineKind,
} from "./model.ts";
import type { Entered } from "./rules.ts";
import type { EventTable, IncidentTable, IncidentTables } from "./tables.ts";

/** The whole incident as kept: what lists show, and what the acts decide by. */
export interface Kept extends Omit<Incident, "next" | "overdue"> {
  readonly pack: string;
  readonly audience: readonly string[];
  readonly facts: Facts;
  readonly moments: readonly Entered[];
  readonly reporterName: string;
  readonly channel: Channel;
  readonly channelReason: string | null;
  readonly alertIds: readonly string[];
  readonly closingReport: ClosingReport | null;
}

export interface FirstReport {
  readonly id: string;
  readonly number: string;
  readonly orgId: string;
  readonly tlp: Tlp;
  readonly title: string;
  readonly pack: string;
  readonly state: IncidentState;
  readonly level: number;
  readonly facts: Facts;
  readonly moments: readonly Entered[];
  readonly occurredAt: Instant | undefined;
  readonly awareAt: Instant;
  readonly reportedAt: Instant;
  readonly channel: Channel;
  readonly channelReason: string | undefined;
  readonly alertIds: readonly string[];
  readonly key: string | undefined;
  readonly sha256: string;
}

export interface Changed {
  readonly state?: IncidentState;
  readonly level?: number;
  readonly facts?: Facts;
  readonly moments?: readonly Entered[];
  readonly closingReport?: ClosingReport;
}

/** Incidents as one reader may see them. */
export class IncidentStore {
  private readonly work: Work;
  private readonly packOf: (id: string) => DutyPack;

  constructor(work: Work, packOf: (id: string) => DutyPack) {
    this.work = work;
    this.packOf = packOf;
  }

  /** Throws http.not-found for what the scope may not see. */
  async get(id: string): Promise<Kept> {
    const row = await this.db
      .selectFrom("incident")
      .selectAll()
      .where("id", "=", id)
      .where(visible(this.work, "incident"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return kept(row);
  }

  /** The incident that was reported under this key before, with the digest of what the report said. */
  async byKey(key: string): Promise<{ incident: Kept; sha256: string } | undefined> {
    const row = await this.db
      .selectFrom("incident")
      .selectAll()
      .where("report_key", "=", key)
      .where(visible(this.work, "incident"))
      .executeTakeFirst();
    return row === undefined ? undefined : { incident: kept(row), sha256: row.report_sha256 };
  }

  /** The next running number of this node's year; without gaps, so reports of one node wait for each other here. */
  async nextNumber(year: number): Promise<number> {
    const { rows } = await sql<{
      number: number;
    }>`select incident_next_number(${year}::int) as number`.execute(this.db);
    return Number(rows[0]?.number);
  }

  /** False when the key was taken meanwhile. */
  async add(report: FirstReport): Promise<boolean> {
    const done = await this.db
      .insertInto("incident")
      .values({
        id: report.id,
        org_id: report.orgId,
        tlp: tlpRank(report.tlp),
        number: report.number,
        title: report.title,
        pack: report.pack,
        state: report.state,
        level: report.level,
        facts: json(report.facts),
        moments: json(report.moments),
        occurred_at: report.occurredAt ?? null,
        aware_at: report.awareAt,
        reported_at: report.reportedAt,
        reporter_id: this.work.scope.actor.id,
        reporter_name: this.work.scope.actor.name,
        channel: report.channel,
        channel_reason: report.channelReason ?? null,
        alert_ids: [...report.alertIds],
        closing_report: null,
        report_key: report.key ?? null,
        report_sha256: report.sha256,
        next_due_at: null,
        next_duty: null,
        created_at: this.work.now,
        updated_at: this.work.now,
      })
      .onConflict((conflict) => conflict.column("report_key").doNothing())
      .executeTakeFirst();
    return Number(done.numInsertedOrUpdatedRows ?? 0) === 1;
  }

  /** Writes a change of the version that was read; throws http.conflict when somebody was faster. */
  async save(before: Kept, change: Changed): Promise<Kept> {
    const row = await this.db
      .updateTable("incident")
      .set((e) => ({
        ...(change.state === undefined ? {} : { state: change.state }),
        ...(change.level === undefined ? {} : { level: change.level }),
        ...(change.facts === undefined ? {} : { facts: json(change.facts) }),
        ...(change.moments === undefined ? {} : { moments: json(change.moments) }),
        ...(change.closingReport === undefined ? {} : { closing_report: json(change.closingReport) }),
        updated_at: this.work.now,
        version: e("version", "+", 1),
      }))
      .where("id", "=", before.id)
      .where("version", "=", before.version)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.conflict");
    return kept(row);
  }

  async list(query: IncidentQuery): Promise<Page<Incident>> {
    const now = this.work.now;
    let matching = this.db.selectFrom("incident").where(visible(this.work, "incident"));
    if (query.q !== undefined && query.q !== "") {
      const like = `%${query.q.replace(/[\\%_]/g, (each) => `\\${each}`)}%`;
      matching = matching.where((e) => e.or([e("number", "ilike", like), e("title", "ilike", like)]));
    }
    if (query.state !== undefined && query.state.length > 0)
      matching = matching.where("state", "in", query.state);
    if (query.level !== undefined && query.level.length > 0)
      matching = matching.where("level", "in", query.level);
    if (query.org !== undefined) matching = matching.where("org_id", "=", query.org);
    if (query.overdue === "true") matching = matching.where("next_due_at", "<", now);
    if (query.overdue === "false") {
      matching = matching.where((e) => e.or([e("next_due_at", "is", null), e("next_due_at", ">=", now)]));
    }
    if (query.from !== undefined) matching = matching.where("reported_at", ">=", query.from);
    if (query.to !== undefined) matching = matching.where("reported_at", "<", query.to);

    const { total } = await matching.select((e) => e.fn.countAll().as("total")).executeTakeFirstOrThrow();
    const due = sql<string>`coalesce(next_due_at, 'infinity'::timestamptz)`;
    let page = matching.selectAll().limit(query.limit + 1);
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, query.sort);
    if (query.sort === "due") {
      page = page.orderBy(due).orderBy("id");
      if (after !== undefined)
        page = page.where(sql<boolean>`(${due}, id) > (${after.key}::timestamptz, ${after.id}::uuid)`);
    } else {
      page = page.orderBy("reported_at", "desc").orderBy("id", "desc");
      if (after !== undefined)
        page = page.where(sql<boolean>`(reported_at, id) < (${after.key}::timestamptz, ${after.id}::uuid)`);
    }
    const rows = await page.execute();
    const items = rows.slice(0, query.limit).map((row) => this.present(kept(row), row));
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    const key =
      query.sort === "due"
        ? (instantOrNull(last?.next_due_at ?? null) ?? "infinity")
        : instantOrNull(last?.reported_at ?? null);
    return {
      items,
      total: Number(total),
      ...(last === undefined
        ? {}
        : { next: Buffer.from(JSON.stringify([query.sort, key, last.id])).toString("base64url") }),
    };
  }

  async shown(id: string): Promise<Incident> {
    const row = await this.db
      .selectFrom("incident")
      .selectAll()
      .where("id", "=", id)
      .where(visible(this.work, "incident"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return this.present(kept(row), row);
  }

  async record(
    incidentId: string,
    kind: TimelineKind,
    text: string,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const { actor } = this.work.scope;
    await this.db
      .insertInto("incident_event")
      .values({
        id: uuidV7(),
        incident_id: incidentId,
        at: this.work.now,
        kind,
        actor_kind: actor.kind,
        actor_id: actor.id,
        actor_name: actor.name,
        text,
        data: json(data),
      })
      .execute();
  }

  async timeline(incidentId: string): Promise<TimelineEvent[]> {
    const rows = await this.db
      .selectFrom("incident_event")
      .selectAll()
      .where("incident_id", "=", incidentId)
      .orderBy("at")
      .orderBy("id")
      .execute();
    return rows.map(event);
  }

  /** Adds what is new; of what is known it widens the time in which it was seen. */
  async addIndicators(
    incidentId: string,
    indicators: readonly (NewIndicator & { firstSeen: Instant; lastSeen: Instant })[],
  ): Promise<void> {
    for (const one of indicators) {
      await this.db
        .insertInto("incident_indicator")
        .values({
          incident_id: incidentId,
          type: one.type,
          value: one.value,
          note: one.note,
          first_seen: one.firstSeen,
          last_seen: one.lastSeen,
        })
        .onConflict((conflict) =>
          conflict.columns(["incident_id", "type", "value"]).doUpdateSet({
            first_seen: sql<string>`least(incident_indicator.first_seen, excluded.first_seen)`,
            last_seen: sql<string>`greatest(incident_indicator.last_seen, excluded.last_seen)`,
            note: sql<string>`case when excluded.note = '' then incident_indicator.note else excluded.note end`,
          }),
        )
        .execute();
    }
  }

  async indicators(incidentId: string): Promise<Indicator[]> {
    const rows = await this.db
      .selectFrom("incident_indicator")
      .selectAll()
      .where("incident_id", "=", incidentId)
      .orderBy("type")
      .orderBy("value")
      .execute();
    return rows.map((row) => ({
      type: IndicatorType.parse(row.type),
      value: row.value,
      note: row.note,
      firstSeen: instant(row.first_seen),
      lastSeen: instant(row.last_seen),
    }));
  }

  private present(one: Kept, row: Selectable<IncidentTable>): Incident {
    const dueAt = instantOrNull(row.next_due_at);
    const duty = this.packOf(one.pack).duties.find((each) => each.id === row.next_duty);
    const names: Words = { zh: duty?.zh ?? row.next_duty ?? "", en: duty?.en ?? row.next_duty ?? "" };
    return {
      id: one.id,
      number: one.number,
      orgId: one.orgId,
      tlp: one.tlp,
      title: one.title,
      state: one.state,
      level: one.level,
      occurredAt: one.occurredAt,
      awareAt: one.awareAt,
      reportedAt: one.reportedAt,
      next:
        dueAt === null
          ? null
          : { duty: row.next_duty ?? "", names, owedBy: duty?.owedBy ?? "reporter", dueAt },
      overdue: dueAt !== null && dueAt < this.work.now,
      version: one.version,
      updatedAt: one.updatedAt,
    };
  }

  private get db(): Kysely<IncidentTables> {
    return this.work.tables<IncidentTables>();
  }
}

function readCursor(text: string, sort: string): { key: string; id: string } {
  try {
    const read: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (Array.isArray(read) && read.length === 3 && read[0] === sort) {
      const [, key, id] = read.map(String);
      const timely = key === "infinity" || new Date(key ?? "").toISOString() === key;
      if (timely && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id ?? ""))
        return { key: key ?? "", id: id ?? "" };
    }
  } catch {
    // Falls through to the same refusal as any other cursor that this list did not give.
  }
  throw new Problem("http.invalid", {
    faults: [{ path: "query.cursor", message: "this list gave no such cursor" }],
  });
}

function kept(row: Selectable<IncidentTable>): Kept {
  return {
    id: row.id,
    number: row.number,
    orgId: row.org_id,
    tlp: tlpOfRank(row.tlp),
    audience: row.audience,
    title: row.title,
    pack: row.pack,
    state: IncidentState.parse(row.state),
    level: row.level,
    facts: Facts.parse(row.facts),
    // Written by this store only, and append-only: its shape is the store's own.
    moments: row.moments as Entered[],
    occurredAt: instantOrNull(row.occurred_at),
    awareAt: instant(row.aware_at),
    reportedAt: instant(row.reported_at),
    reporterName: row.reporter_name,
    channel: Channel.parse(row.channel),
    channelReason: row.channel_reason,
    alertIds: row.alert_ids,
    closingReport: row.closing_report === null ? null : ClosingReport.parse(row.closing_report),
    version: row.version,
    updatedAt: instant(row.updated_at),
  };
}

function event(row: Selectable<EventTable>): TimelineEvent {
  return {
    id: row.id,
    at: instant(row.at),
    kind: TimelineKind.parse(row.kind),
    actor: { kind: row.actor_kind as TimelineEvent["actor"]["kind"], name: row.actor_name },
    text: row.text,
    data: row.data as TimelineEvent["data"],
  };
}

/** A value as jsonb parameter; drivers would make an SQL array of a JavaScript one. */
export function json(value: unknown) {
  return sql`${JSON.stringify(value)}::jsonb`;
}

export function instant(value: string | Date): Instant {
  return new Date(value).toISOString();
}

export function instantOrNull(value: string | Date | null): Instant | null {
  return value === null ? null : instant(value);
}
