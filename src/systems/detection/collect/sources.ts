import { sql } from "kysely";
import { addMillis, type Instant, instantOf } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type BatchDone, BOOK_TLP } from "./batches.ts";
import { Channel, type IngestSource, type SourceQuery } from "./model.ts";
import { RHYTHM_DAYS, silentAfter } from "./silence.ts";
import type { IngestTables } from "./tables.ts";
import type { Counted } from "./tally.ts";

/** Who sent: the organisation whose logs they are and the name by which people know the source. */
export interface Source {
  readonly orgId: OrgId;
  readonly name: string;
  readonly channel: Channel;
  readonly parser: string;
  readonly address?: string;
}

const LONGEST_ERROR = 300;
const DAY_MILLIS = 86_400_000;

interface Added {
  readonly refused?: number;
  readonly error?: string;
  readonly lag?: number;
}

/** Health of each source of logs. */
export class SourceStore {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Counts a batch that was stored, `lag` seconds after its first line came. */
  async stored(source: Source, done: BatchDone, lag?: number): Promise<void> {
    await this.#add(source, { ...done, ...(lag !== undefined && { lag }) });
  }

  /** Counts what was not taken, with the reason. */
  async refused(source: Source, count: number, reason: string): Promise<void> {
    await this.#add(source, { refused: count, error: reason.slice(0, LONGEST_ERROR) });
  }

  async count(source: Source, counted: Counted): Promise<void> {
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
    const { invalidUtf8 = 0, alerts = 0, error, lag } = add;
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
        address: source.address ?? null,
        first_seen: now,
        last_seen: came ? now : null,
        received,
        parsed,
        unparsed,
        refused,
        dropped,
        spooled,
        invalid_utf8: invalidUtf8,
        alerts,
        last_error: error ?? null,
        last_error_at: error === undefined ? null : now,
        store_lag: lag ?? null,
      })
      .onConflict((conflict) =>
        conflict.columns(["org_id", "name"]).doUpdateSet({
          channel: source.channel,
          parser: source.parser,
          address: source.address ?? null,
          received: sql`ingest_source.received + excluded.received`,
          parsed: sql`ingest_source.parsed + excluded.parsed`,
          unparsed: sql`ingest_source.unparsed + excluded.unparsed`,
          refused: sql`ingest_source.refused + excluded.refused`,
          dropped: sql`ingest_source.dropped + excluded.dropped`,
          spooled: sql`ingest_source.spooled + excluded.spooled`,
          invalid_utf8: sql`ingest_source.invalid_utf8 + excluded.invalid_utf8`,
          alerts: sql`ingest_source.alerts + excluded.alerts`,
          ...(came && {
            last_seen: now,
            last_gap: sql`extract(epoch from excluded.last_seen - ingest_source.last_seen)`,
          }),
          ...(lag !== undefined && { store_lag: lag }),
          ...(error !== undefined && { last_error: error, last_error_at: now }),
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

  /** What came hour by hour in the last days, by source. */
  async #hours(
    sources: readonly { org_id: string; name: string }[],
  ): Promise<
    Map<string, { hour: Instant; received: number; unparsed: number; dropped: number; pause: number }[]>
  > {
    if (sources.length === 0) return new Map();
    const rows = await this.#work
      .tables<IngestTables>()
      .selectFrom("ingest_source_hour")
      .selectAll()
      .where("name", "in", [...new Set(sources.map(({ name }) => name))])
      .where("hour", ">", addMillis(this.#work.now, -RHYTHM_DAYS * DAY_MILLIS) as unknown as Date)
      .where(visible(this.#work, "ingest_source_hour"))
      .orderBy("hour")
      .execute();
    const presented = rows.map((row) => ({
      key: keyOf(row.org_id, row.name),
      hour: instantOf(row.hour),
      received: Number(row.received),
      unparsed: Number(row.unparsed),
      dropped: Number(row.dropped),
      pause: Number(row.longest_gap),
    }));
    return Map.groupBy(presented, ({ key }) => key);
  }

  /** Sources in the scope's sight, by name. */
  async list(query: SourceQuery): Promise<Page<IngestSource>> {
    const db = this.#work.tables<IngestTables>();
    const matching = db
      .selectFrom("ingest_source")
      .where(visible(this.#work, "ingest_source"))
      .$if(query.org !== undefined, (select) => select.where("org_id", "=", query.org ?? ""))
      .$if(query.channel !== undefined, (select) => select.where("channel", "=", query.channel ?? ""))
      .$if(query.q !== undefined, (select) =>
        select.where(sql<boolean>`position(lower(${query.q ?? ""}) in lower(ingest_source.name)) > 0`),
      )
      .$if(query.state === "silent", (select) => select.where("silent_since", "is not", null))
      .$if(query.state === "refused", (select) => select.where("refused", ">", 0))
      .$if(query.state === "dropped", (select) => select.where("dropped", ">", 0))
      .$if(query.state === "unparsed", (select) => select.where("unparsed", ">", 0));
    const { total } = await matching
      .select((count) => count.fn.countAll<number | string>().as("total"))
      .executeTakeFirstOrThrow();
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    const rows = await matching
      .selectAll()
      .$if(after !== undefined, (select) =>
        select.where(
          sql<boolean>`(ingest_source.name, ingest_source.org_id) > (${after?.name}, ${after?.orgId}::uuid)`,
        ),
      )
      .orderBy("name")
      .orderBy("org_id")
      .limit(query.limit + 1)
      .execute();
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    const next = rows.length > query.limit && last !== undefined ? writeCursor(last) : undefined;
    const hours = await this.#hours(items);
    const presented = items.map((row) => {
      const own = hours.get(keyOf(row.org_id, row.name)) ?? [];
      const rhythm = {
        configured: row.expected_minutes ?? undefined,
        firstSeen: instantOf(row.first_seen),
        pauses: own.filter(({ received }) => received > 0).map(({ pause }) => pause),
      };
      const day = own
        .filter(({ hour }) => hour > addMillis(this.#work.now, -DAY_MILLIS))
        .map(({ hour, received, unparsed, dropped }) => ({ hour, received, unparsed, dropped }));
      return present(row, day, silentAfter(rhythm, this.#work.now));
    });
    return { items: presented, ...(next !== undefined && { next }), total: Number(total) };
  }
}

function keyOf(orgId: string, name: string): string {
  return `${orgId}\n${name}`;
}

function present(
  row: {
    org_id: string;
    name: string;
    channel: string;
    parser: string;
    address: string | null;
    first_seen: Date;
    last_seen: Date | null;
    received: string | number;
    parsed: string | number;
    unparsed: string | number;
    refused: string | number;
    invalid_utf8: string | number;
    alerts: string | number;
    last_error: string | null;
    last_error_at: Date | null;
    dropped: string | number;
    spooled: string | number;
    store_lag: number | null;
    event_lag: number | null;
    silent_since: Date | null;
    silent_alert: string | null;
  },
  hours: IngestSource["hours"],
  silentAfterMinutes: number | undefined,
): IngestSource {
  return {
    orgId: row.org_id,
    name: row.name,
    channel: Channel.parse(row.channel),
    parser: row.parser,
    address: row.address,
    firstSeen: instantOf(row.first_seen),
    lastSeen: row.last_seen === null ? null : instantOf(row.last_seen),
    received: Number(row.received),
    parsed: Number(row.parsed),
    unparsed: Number(row.unparsed),
    refused: Number(row.refused),
    invalidUtf8: Number(row.invalid_utf8),
    alerts: Number(row.alerts),
    dropped: Number(row.dropped),
    spooled: Number(row.spooled),
    storeLag: row.store_lag,
    eventLag: row.event_lag,
    silentSince: row.silent_since === null ? null : instantOf(row.silent_since),
    silentAlert: row.silent_alert,
    silentAfterMinutes: silentAfterMinutes ?? null,
    hours,
    lastError: row.last_error,
    lastErrorAt: row.last_error_at === null ? null : instantOf(row.last_error_at),
  };
}

function writeCursor(row: { name: string; org_id: string }): string {
  return Buffer.from(JSON.stringify([row.name, row.org_id])).toString("base64url");
}

function readCursor(cursor: string): { name: string; orgId: string } {
  try {
    const [name, orgId] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown[];
    if (
      typeof name === "string" &&
      typeof orgId === "string" &&
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(orgId)
    )
      return { name, orgId };
  } catch {
    // Told below.
  }
  throw new Problem("http.invalid", {
    faults: [{ path: "query.cursor", message: "not a cursor of this list" }],
  });
}
