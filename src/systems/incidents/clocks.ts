import { type Kysely, sql } from "kysely";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import type { Work } from "../../platform/records/work.ts";
import type { Clock, Words } from "./duties/model.ts";
import { stateOfClock } from "./duties/rules.ts";
import type { ClockShown } from "./model.ts";
import { instant, instantOrNull, json } from "./store.ts";
import type { IncidentTables } from "./tables.ts";

/** A clock that a job found, with what its event tells. */
export interface DueClock {
  readonly id: string;
  readonly incidentId: string;
  readonly duty: string;
  readonly names: Words;
  readonly owedBy: string;
  readonly dueAt: string;
}

/** The clocks of incidents as rows; what they say is decided by `duties/rules.ts` alone. */
export class ClockStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async of(incidentId: string): Promise<ClockShown[]> {
    const rows = await this.db
      .selectFrom("incident_clock")
      .selectAll()
      .where("incident_id", "=", incidentId)
      .where("lapsed_at", "is", null)
      .orderBy("due_at")
      .orderBy("duty")
      .orderBy("n")
      .execute();
    return rows.map((row) => {
      const dueAt = instant(row.due_at);
      const doneAt = instantOrNull(row.done_at) ?? undefined;
      return {
        duty: row.duty,
        n: row.n,
        names: row.names as Words,
        owedBy: row.owed_by === "authority" ? "authority" : "reporter",
        level: row.level,
        startedAt: instant(row.started_at),
        dueAt,
        nearAt: instant(row.near_at),
        ...(doneAt === undefined ? {} : { doneAt }),
        state: stateOfClock(dueAt, doneAt, this.work.now),
      };
    });
  }

  /**
   * Makes the rows what the rules say, and the incident's own "ends first" with them. A clock whose due time moved
   * into the future may be told near and overdue anew; one that the rules no longer know lapses and is kept.
   */
  async settle(incidentId: string, clocks: readonly Clock[]): Promise<void> {
    const now = this.work.now;
    for (const clock of clocks) {
      await this.db
        .insertInto("incident_clock")
        .values({
          id: uuidV7(),
          incident_id: incidentId,
          duty: clock.duty,
          n: clock.n,
          names: json(clock.names),
          owed_by: clock.owedBy,
          level: clock.level,
          started_at: clock.startedAt,
          due_at: clock.dueAt,
          near_at: clock.nearAt,
          done_at: clock.doneAt ?? null,
        })
        .onConflict((conflict) =>
          conflict.columns(["incident_id", "duty", "n"]).doUpdateSet({
            level: sql<number>`excluded.level`,
            started_at: sql<string>`excluded.started_at`,
            due_at: sql<string>`excluded.due_at`,
            near_at: sql<string>`excluded.near_at`,
            done_at: sql<string | null>`excluded.done_at`,
            warned_at: sql<
              string | null
            >`case when excluded.near_at > ${now}::timestamptz then null else incident_clock.warned_at end`,
            overdue_at: sql<
              string | null
            >`case when excluded.due_at >= ${now}::timestamptz then null else incident_clock.overdue_at end`,
            lapsed_at: null,
          }),
        )
        .execute();
    }
    const known = await this.db
      .selectFrom("incident_clock")
      .select(["id", "duty", "n"])
      .where("incident_id", "=", incidentId)
      .where("lapsed_at", "is", null)
      .execute();
    const lapsed = known.filter(
      (row) => !clocks.some((clock) => clock.duty === row.duty && clock.n === row.n),
    );
    if (lapsed.length > 0) {
      await this.db
        .updateTable("incident_clock")
        .set({ lapsed_at: now })
        .where(
          "id",
          "in",
          lapsed.map((row) => row.id),
        )
        .execute();
    }
    const open = clocks.filter((clock) => clock.doneAt === undefined);
    const next = open.reduce<Clock | undefined>(
      (first, one) => (first === undefined || one.dueAt < first.dueAt ? one : first),
      undefined,
    );
    await this.db
      .updateTable("incident")
      .set({ next_due_at: next?.dueAt ?? null, next_duty: next?.duty ?? null })
      .where("id", "=", incidentId)
      .execute();
  }

  /** Marks the open clocks whose time is over and that were not marked before; each is returned once, ever. */
  takeOverdue(limit: number): Promise<DueClock[]> {
    return this.take("overdue_at", sql<boolean>`due_at < ${this.work.now}::timestamptz`, limit);
  }

  /** Marks the open clocks that are nearly over and not yet over; each is returned once. */
  takeNear(limit: number): Promise<DueClock[]> {
    const now = this.work.now;
    return this.take(
      "warned_at",
      sql<boolean>`near_at <= ${now}::timestamptz and due_at >= ${now}::timestamptz`,
      limit,
    );
  }

  private async take(
    mark: "overdue_at" | "warned_at",
    when: ReturnType<typeof sql<boolean>>,
    limit: number,
  ): Promise<DueClock[]> {
    const due = await this.db
      .selectFrom("incident_clock")
      .select("id")
      .where("done_at", "is", null)
      .where("lapsed_at", "is", null)
      .where(mark, "is", null)
      .where(when)
      .orderBy("due_at")
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute();
    if (due.length === 0) return [];
    const rows = await this.db
      .updateTable("incident_clock")
      .set({ [mark]: this.work.now })
      .where(
        "id",
        "in",
        due.map((row) => row.id),
      )
      .returning(["id", "incident_id", "duty", "names", "owed_by", "due_at"])
      .execute();
    return rows.map((row) => ({
      id: row.id,
      incidentId: row.incident_id,
      duty: row.duty,
      names: row.names as Words,
      owedBy: row.owed_by,
      dueAt: instant(row.due_at),
    }));
  }

  private get db(): Kysely<IncidentTables> {
    return this.work.tables<IncidentTables>();
  }
}
