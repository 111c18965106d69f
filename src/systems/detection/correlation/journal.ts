import { type Selectable, sql } from "kysely";
import type { OrgId } from "../../../core/org.ts";
import { tlpRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { LOG_TLP } from "../pipeline/log-table.ts";
import type { RuleHit } from "./model.ts";
import type { Place, Reach } from "./place.ts";
import type { Snapshot } from "./snapshot.ts";

interface HitTable {
  seq: number;
  org_id: string;
  tlp: number;
  audience: string[];
  rule_id: string;
  event_id: string;
  at: number;
  received_at: number;
  own: boolean;
  across: boolean;
  source: string;
  backfill: boolean;
  record: RuleHit["record"];
}

interface StateTable {
  org_id: string;
  tlp: number;
  audience: string[];
  reach: Reach;
  source: string;
  upto: number;
  snapshot: string;
  saved_at: string;
}

interface CorrelationTables {
  correlation_hit: HitTable;
  correlation_state: StateTable;
}

/** A hit, and which correlators took it. */
export interface TakenHit extends RuleHit {
  readonly source: string;
  readonly own: boolean;
  readonly across: boolean;
  /** By the one of its source, and by no other. */
  readonly backfill: boolean;
}

/** A hit as it was written down. */
export interface WrittenHit extends TakenHit {
  readonly seq: number;
  readonly orgId: OrgId;
}

const ROWS_AT_ONCE = 2_000;

/** Hits since the last state, and the states. */
export class CorrelationJournal {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** Writes hits down in their order. */
  async add(orgId: OrgId, hits: readonly TakenHit[]): Promise<void> {
    for (let from = 0; from < hits.length; from += ROWS_AT_ONCE) {
      const rows = hits.slice(from, from + ROWS_AT_ONCE).map((hit, at) => ({
        n: at,
        rule_id: hit.ruleId,
        event_id: hit.eventId,
        at: hit.at,
        received_at: hit.receivedAt ?? hit.at,
        own: hit.own,
        across: hit.across,
        source: hit.source,
        backfill: hit.backfill,
        record: hit.record,
      }));
      await sql`insert into correlation_hit
          (org_id, tlp, rule_id, event_id, at, received_at, own, across, source, backfill, record)
        select ${orgId}::uuid, ${tlpRank(LOG_TLP)}::smallint, rule_id, event_id, at, received_at, own, across, source,
          backfill, record
        from json_to_recordset(${JSON.stringify(rows)}::text::json) as given (n integer, rule_id text, event_id text,
          at double precision, received_at double precision, own boolean, across boolean, source text, backfill boolean,
          record jsonb) order by n`.execute(this.db);
    }
  }

  /** Hits after `upto` in their order that a correlator took; at most `limit`. */
  async after(upto: number, limit: number, { orgId, reach, source }: Place): Promise<WrittenHit[]> {
    let query = this.db
      .selectFrom("correlation_hit")
      .selectAll()
      .where("seq", ">", upto)
      .where(visible(this.work, "correlation_hit"));
    if (reach === "across") query = query.where("across", "=", true);
    else
      query = query.where("org_id", "=", orgId).where(reach === "backfill" ? "backfill" : "own", "=", true);
    if (reach === "backfill") query = query.where("source", "=", source);
    const rows: Selectable<HitTable>[] = await query.orderBy("seq").limit(limit).execute();
    return rows.map((row) => ({
      seq: Number(row.seq),
      orgId: row.org_id,
      ruleId: row.rule_id,
      eventId: row.event_id,
      at: row.at,
      receivedAt: row.received_at,
      own: row.own,
      across: row.across,
      source: row.source,
      backfill: row.backfill,
      record: row.record,
    }));
  }

  async state({ orgId, reach, source }: Place): Promise<{ upto: number; snapshot: Snapshot } | undefined> {
    const row = await this.db
      .selectFrom("correlation_state")
      .select(["upto", "snapshot"])
      .where("org_id", "=", orgId)
      .where("reach", "=", reach)
      .where("source", "=", source)
      .where(visible(this.work, "correlation_state"))
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return { upto: Number(row.upto), snapshot: JSON.parse(row.snapshot) as Snapshot };
  }

  /** Organisations of which something is remembered. */
  async organisations(): Promise<OrgId[]> {
    const hits = this.db
      .selectFrom("correlation_hit")
      .select("org_id")
      .where(visible(this.work, "correlation_hit"));
    const states = this.db
      .selectFrom("correlation_state")
      .select("org_id")
      .where("reach", "=", "organisation")
      .where(visible(this.work, "correlation_state"));
    const rows = await hits.union(states).execute();
    return rows.map((row) => row.org_id);
  }

  /** Backfills that have not come to their end. */
  async backfills(): Promise<Place[]> {
    const hits = this.db
      .selectFrom("correlation_hit")
      .select(["org_id", "source"])
      .where("backfill", "=", true)
      .where(visible(this.work, "correlation_hit"));
    const states = this.db
      .selectFrom("correlation_state")
      .select(["org_id", "source"])
      .where("reach", "=", "backfill")
      .where(visible(this.work, "correlation_state"));
    const rows = await hits.union(states).execute();
    return rows.map(({ org_id, source }) => ({ orgId: org_id, reach: "backfill", source }));
  }

  async highest(): Promise<number> {
    const row = await this.db
      .selectFrom("correlation_hit")
      .select(({ fn }) => fn.max("seq").as("seq"))
      .where(visible(this.work, "correlation_hit"))
      .executeTakeFirst();
    return Number(row?.seq ?? 0);
  }

  async save({ orgId, reach, source }: Place, upto: number, snapshot: Snapshot): Promise<void> {
    const text = JSON.stringify(snapshot);
    await this.db
      .insertInto("correlation_state")
      .values({
        org_id: orgId,
        tlp: tlpRank(LOG_TLP),
        audience: [],
        reach,
        source,
        upto,
        snapshot: text,
        saved_at: this.work.now,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["org_id", "reach", "source"])
          .doUpdateSet({ upto, snapshot: text, saved_at: this.work.now }),
      )
      .execute();
  }

  /** Lets go of the hits of an organisation, or of a backfill, that every state holds. */
  async forget({ orgId, reach, source }: Place, upto: number): Promise<void> {
    let query = this.db
      .deleteFrom("correlation_hit")
      .where("org_id", "=", orgId)
      .where("seq", "<=", upto)
      .where("backfill", "=", reach === "backfill");
    if (reach === "backfill") query = query.where("source", "=", source);
    await query.execute();
  }

  /** Forgets a backfill whole. */
  async end({ orgId, reach, source }: Place): Promise<void> {
    await this.db
      .deleteFrom("correlation_hit")
      .where("org_id", "=", orgId)
      .where("backfill", "=", true)
      .where("source", "=", source)
      .execute();
    await this.db
      .deleteFrom("correlation_state")
      .where("org_id", "=", orgId)
      .where("reach", "=", reach)
      .where("source", "=", source)
      .execute();
  }

  private get db() {
    return this.work.tables<CorrelationTables>();
  }
}
