import { sql } from "kysely";
import type { Instant } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import type { ProblemCode } from "../../../core/problem.ts";
import { DEFAULT_TIME_ZONE } from "../../../core/time-zone.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type BatchDone, BOOK_TLP } from "./batches.ts";
import type { Channel } from "./model.ts";
import type { IngestTables } from "./tables.ts";
import type { Counted } from "./tally.ts";

/** Who sent: the organisation whose logs they are and the name by which people know the source. */
export interface Source {
  readonly orgId: OrgId;
  readonly name: string;
  readonly channel: Channel;
  readonly parser: string;
  /** IANA name of the zone of times without one; Asia/Taipei when absent. */
  readonly timeZone?: string | undefined;
  /** Name in the Encoding Standard of what its lines are written in; UTF-8 when absent. */
  readonly encoding?: string | undefined;
  readonly address?: string;
}

const LONGEST_ERROR = 300;

/** Why something was not taken: a code for which the console has words, and its particulars. */
export interface Refusal {
  readonly code: ProblemCode;
  /** Place and values; may be empty. */
  readonly detail: string;
}

interface Added {
  readonly refused?: number;
  readonly error?: Refusal;
  readonly lag?: number;
  readonly late?: number;
}

/** Health of each source of logs. */
export class SourceStore {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Counts a batch that was stored, `lag` seconds after its first line came; `late` of its matches were not correlated. */
  async stored(source: Source, done: BatchDone, lag?: number, late = 0): Promise<void> {
    await this.#add(source, { ...done, late, ...(lag !== undefined && { lag }) });
  }

  /** Counts what was not taken, with the reason. */
  async refused(source: Source, count: number, { code, detail }: Refusal): Promise<void> {
    await this.#add(source, { refused: count, error: { code, detail: detail.slice(0, LONGEST_ERROR) } });
  }

  async count(source: Source, counted: Partial<Counted>): Promise<void> {
    await this.#add(source, counted);
  }

  /** Writes down what the configuration expects of its sources, and makes those that never spoke known. */
  async expect(expected: readonly { source: Source; minutes: number }[]): Promise<void> {
    const db = this.#work.tables<IngestTables>();
    const known = await db
      .selectFrom("ingest_source")
      .select(["org_id", "name", "expected_minutes"])
      .where(visible(this.#work, "ingest_source"))
      .execute();
    const minutesOf = new Map(
      expected.map(({ source, minutes }) => [keyOf(source.orgId, source.name), minutes]),
    );
    for (const { org_id, name, expected_minutes } of known) {
      const minutes = minutesOf.get(keyOf(org_id, name)) ?? null;
      if (minutes === expected_minutes) continue;
      await db
        .updateTable("ingest_source")
        .set({ expected_minutes: minutes })
        .where("org_id", "=", org_id)
        .where("name", "=", name)
        .execute();
    }
    const there = new Set(known.map(({ org_id, name }) => keyOf(org_id, name)));
    for (const { source, minutes } of expected) {
      if (there.has(keyOf(source.orgId, source.name))) continue;
      await this.#add(source, {});
      await db
        .updateTable("ingest_source")
        .set({ expected_minutes: minutes })
        .where("org_id", "=", source.orgId)
        .where("name", "=", source.name)
        .execute();
    }
  }

  async forgetHours(before: Instant): Promise<void> {
    await this.#work
      .tables<IngestTables>()
      .deleteFrom("ingest_source_hour")
      .where("hour", "<", before as unknown as Date)
      .execute();
  }

  async #add(source: Source, add: Partial<BatchDone & Counted> & Added): Promise<void> {
    const { now } = this.#work;
    const { received = 0, parsed = 0, unparsed = 0, refused = 0, dropped = 0, spooled = 0 } = add;
    const { cut = 0, invalidUtf8 = 0, alerts = 0, late = 0, error, lag } = add;
    const came = received > 0;
    const row = await this.#work
      .tables<IngestTables>()
      .insertInto("ingest_source")
      .values({
        org_id: source.orgId,
        name: source.name,
        tlp: BOOK_TLP,
        channel: source.channel,
        parser: source.parser,
        time_zone: source.timeZone ?? DEFAULT_TIME_ZONE,
        address: source.address ?? null,
        first_seen: now,
        last_seen: came ? now : null,
        received,
        parsed,
        unparsed,
        refused,
        cut,
        dropped,
        spooled,
        invalid_utf8: invalidUtf8,
        alerts,
        late,
        last_error: error?.detail ?? null,
        last_error_code: error?.code ?? null,
        last_error_at: error === undefined ? null : now,
        store_lag: lag ?? null,
      })
      .onConflict((conflict) =>
        conflict.columns(["org_id", "name"]).doUpdateSet({
          channel: source.channel,
          parser: source.parser,
          time_zone: source.timeZone ?? DEFAULT_TIME_ZONE,
          address: source.address ?? null,
          received: sql`ingest_source.received + excluded.received`,
          parsed: sql`ingest_source.parsed + excluded.parsed`,
          unparsed: sql`ingest_source.unparsed + excluded.unparsed`,
          refused: sql`ingest_source.refused + excluded.refused`,
          cut: sql`ingest_source.cut + excluded.cut`,
          dropped: sql`ingest_source.dropped + excluded.dropped`,
          spooled: sql`ingest_source.spooled + excluded.spooled`,
          invalid_utf8: sql`ingest_source.invalid_utf8 + excluded.invalid_utf8`,
          alerts: sql`ingest_source.alerts + excluded.alerts`,
          late: sql`ingest_source.late + excluded.late`,
          ...(came && {
            last_seen: now,
            last_gap: sql`extract(epoch from excluded.last_seen - ingest_source.last_seen)`,
          }),
          ...(lag !== undefined && { store_lag: lag }),
          ...(error !== undefined && {
            last_error: error.detail,
            last_error_code: error.code,
            last_error_at: now,
          }),
        }),
      )
      .returning("last_gap")
      .executeTakeFirst();
    await this.#addHour(source, {
      received,
      unparsed,
      refused,
      dropped,
      gap: came ? (row?.last_gap ?? 0) : 0,
    });
  }

  async #addHour(
    source: Source,
    add: { received: number; unparsed: number; refused: number; dropped: number; gap: number },
  ): Promise<void> {
    const { gap, ...counts } = add;
    if (Object.values(counts).every((count) => count === 0)) return;
    const hour = `${this.#work.now.slice(0, 13)}:00:00.000Z`;
    await this.#work
      .tables<IngestTables>()
      .insertInto("ingest_source_hour")
      .values({
        org_id: source.orgId,
        name: source.name,
        hour,
        tlp: BOOK_TLP,
        ...counts,
        longest_gap: gap,
      })
      .onConflict((conflict) =>
        conflict.columns(["org_id", "name", "hour"]).doUpdateSet({
          received: sql`ingest_source_hour.received + excluded.received`,
          unparsed: sql`ingest_source_hour.unparsed + excluded.unparsed`,
          refused: sql`ingest_source_hour.refused + excluded.refused`,
          dropped: sql`ingest_source_hour.dropped + excluded.dropped`,
          longest_gap: sql`greatest(ingest_source_hour.longest_gap, excluded.longest_gap)`,
        }),
      )
      .execute();
  }
}

/** One source among all. */
export function keyOf(orgId: string, name: string): string {
  return `${orgId}\n${name}`;
}
