import { sql } from "kysely";
import { type Instant, instantOf } from "../../../core/instant.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { Rhythm } from "./silence.ts";
import type { IngestTables } from "./tables.ts";

/** A source as the watch over silence sees it. */
export interface WatchedSource extends Rhythm {
  readonly orgId: string;
  readonly name: string;
  readonly lastSeen: Instant | undefined;
  readonly silentSince: Instant | undefined;
  readonly alertId: string | undefined;
  readonly storeLag: number | undefined;
  readonly eventLag: number | undefined;
}

type Named = Pick<WatchedSource, "orgId" | "name">;

/** Which sources are silent, and their rhythm. */
export class WatchStore {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Every source in sight, with its pauses since an instant. */
  async all(since: Instant): Promise<WatchedSource[]> {
    const db = this.#work.tables<IngestTables>();
    const rows = await db
      .selectFrom("ingest_source")
      .selectAll()
      .where(visible(this.#work, "ingest_source"))
      .execute();
    const hours = await db
      .selectFrom("ingest_source_hour")
      .select(["org_id", "name", "longest_gap"])
      .where("hour", ">=", since as unknown as Date)
      .where("received", ">", 0)
      .where(visible(this.#work, "ingest_source_hour"))
      .execute();
    const pauses = Map.groupBy(hours, ({ org_id, name }) => `${org_id}\n${name}`);
    return rows.map((row) => ({
      orgId: row.org_id,
      name: row.name,
      configured: row.set_minutes ?? row.expected_minutes ?? undefined,
      firstSeen: instantOf(row.first_seen),
      lastSeen: row.last_seen === null ? undefined : instantOf(row.last_seen),
      silentSince: row.silent_since === null ? undefined : instantOf(row.silent_since),
      alertId: row.silent_alert ?? undefined,
      storeLag: row.store_lag ?? undefined,
      eventLag: row.event_lag ?? undefined,
      pauses: (pauses.get(`${row.org_id}\n${row.name}`) ?? []).map(({ longest_gap }) => Number(longest_gap)),
    }));
  }

  async silent(source: Named, since: Instant, raised: { ruleId: string; eventId: string }): Promise<void> {
    await this.#update(source, {
      silent_since: since,
      silent_alert: sql<string>`(select alert_id from alert_match where rule_id = ${raised.ruleId} and event_id = ${raised.eventId})`,
    });
  }

  async speaks(source: Named): Promise<void> {
    await this.#update(source, { silent_since: null, silent_alert: null });
  }

  async lag(source: Named, seconds: number): Promise<void> {
    await this.#update(source, { event_lag: seconds });
  }

  async #update(source: Named, set: Record<string, unknown>): Promise<void> {
    await this.#work
      .tables<IngestTables>()
      .updateTable("ingest_source")
      .set(set)
      .where("org_id", "=", source.orgId)
      .where("name", "=", source.name)
      .execute();
  }
}
