import { type Selectable, sql } from "kysely";
import { addMillis, type Instant, instantOf } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import {
  Channel,
  type IngestSource,
  type IngestSummary,
  type SourceFilter,
  type SourceQuery,
} from "./model.ts";
import { RHYTHM_DAYS, silentAfter } from "./silence.ts";
import { keyOf } from "./sources.ts";
import type { IngestTables } from "./tables.ts";

const HOUR_MILLIS = 3_600_000;
const DAY_MILLIS = 24 * HOUR_MILLIS;

/** Sources of logs as people read them. */
export class SourceList {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  #matching(query: SourceFilter) {
    return this.#work
      .tables<IngestTables>()
      .selectFrom("ingest_source")
      .where(visible(this.#work, "ingest_source"))
      .$if(query.org !== undefined, (select) => select.where("org_id", "=", query.org ?? ""))
      .$if(query.channel !== undefined, (select) => select.where("channel", "=", query.channel ?? ""))
      .$if(query.q !== undefined, (select) =>
        select.where(sql<boolean>`position(lower(${query.q ?? ""}) in lower(ingest_source.name)) > 0`),
      )
      .$if(query.state === "silent", (select) => select.where("silent_since", "is not", null))
      .$if(query.state === "refused", (select) => select.where("refused", ">", 0))
      .$if(query.state === "cut", (select) => select.where("cut", ">", 0))
      .$if(query.state === "dropped", (select) => select.where("dropped", ">", 0))
      .$if(query.state === "unparsed", (select) => select.where("unparsed", ">", 0));
  }

  /** All that match in sum; lags are the worst of those that spoke within the hour. */
  async summary(filter: SourceFilter): Promise<IngestSummary> {
    const { now } = this.#work;
    const lately = addMillis(now, -HOUR_MILLIS);
    const row = await this.#matching(filter)
      .select(({ fn }) => [
        fn.countAll<string | number>().as("sources"),
        fn.count<string | number>("silent_since").as("silent"),
        ...(
          ["received", "parsed", "unparsed", "refused", "cut", "dropped", "spooled", "alerts"] as const
        ).map((of) => fn.sum<string | number | null>(of).as(of)),
      ])
      .select([
        sql<number | null>`max(store_lag) filter (where last_seen > ${lately})`.as("store_lag"),
        sql<number | null>`max(event_lag) filter (where last_seen > ${lately})`.as("event_lag"),
      ])
      .executeTakeFirstOrThrow();
    const hours = await this.#work
      .tables<IngestTables>()
      .selectFrom("ingest_source_hour")
      .select(({ fn }) => [
        "hour",
        fn.sum<string | number>("received").as("received"),
        fn.sum<string | number>("unparsed").as("unparsed"),
        fn.sum<string | number>("dropped").as("dropped"),
      ])
      .where("hour", ">", addMillis(now, -DAY_MILLIS) as unknown as Date)
      .where(visible(this.#work, "ingest_source_hour"))
      .where(({ eb, refTuple }) =>
        eb(
          refTuple("org_id", "name"),
          "in",
          this.#matching(filter).select(["org_id", "name"]).$asTuple("org_id", "name"),
        ),
      )
      .groupBy("hour")
      .orderBy("hour")
      .execute();
    const count = (value: string | number | null) => Number(value ?? 0);
    return {
      sources: count(row.sources),
      silent: count(row.silent),
      received: count(row.received),
      parsed: count(row.parsed),
      unparsed: count(row.unparsed),
      refused: count(row.refused),
      cut: count(row.cut),
      dropped: count(row.dropped),
      spooled: count(row.spooled),
      alerts: count(row.alerts),
      storeLag: row.store_lag,
      eventLag: row.event_lag,
      hours: hours.map((each) => ({
        hour: instantOf(each.hour),
        received: count(each.received),
        unparsed: count(each.unparsed),
        dropped: count(each.dropped),
      })),
    };
  }

  /** After how many minutes a source shall count as silent, 0 for never, null for what it was without this word. */
  async allowSilence(orgId: OrgId, name: string, minutes: number | null): Promise<IngestSource> {
    const only = () => this.#matching({ org: orgId }).where("name", "=", name);
    const before = await only().select("set_minutes").executeTakeFirst();
    if (before === undefined) throw new Problem("http.not-found");
    await this.#work
      .tables<IngestTables>()
      .updateTable("ingest_source")
      .set({ set_minutes: minutes })
      .where("org_id", "=", orgId)
      .where("name", "=", name)
      .execute();
    this.#work.audit({
      action: "ingest.silence-allowed",
      subject: name,
      detail: { org: orgId, from: before.set_minutes, to: minutes },
    });
    const [after] = await this.#present(await only().selectAll().execute());
    if (after === undefined) throw new Problem("http.not-found");
    return after;
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
    const matching = this.#matching(query);
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
    const presented = await this.#present(items);
    return { items: presented, ...(next !== undefined && { next }), total: Number(total) };
  }

  async #present(rows: readonly SourceRow[]): Promise<IngestSource[]> {
    const hours = await this.#hours(rows);
    return rows.map((row) => {
      const own = hours.get(keyOf(row.org_id, row.name)) ?? [];
      const rhythm = {
        configured: row.set_minutes ?? row.expected_minutes ?? undefined,
        firstSeen: instantOf(row.first_seen),
        pauses: own.filter(({ received }) => received > 0).map(({ pause }) => pause),
      };
      const day = own
        .filter(({ hour }) => hour > addMillis(this.#work.now, -DAY_MILLIS))
        .map(({ hour, received, unparsed, dropped }) => ({ hour, received, unparsed, dropped }));
      return present(row, day, silentAfter(rhythm, this.#work.now));
    });
  }
}

type SourceRow = Selectable<IngestTables["ingest_source"]>;

function present(
  row: SourceRow,
  hours: IngestSource["hours"],
  silentAfterMinutes: number | undefined,
): IngestSource {
  return {
    orgId: row.org_id,
    name: row.name,
    channel: Channel.parse(row.channel),
    parser: row.parser,
    timeZone: row.time_zone,
    address: row.address,
    firstSeen: instantOf(row.first_seen),
    lastSeen: row.last_seen === null ? null : instantOf(row.last_seen),
    received: Number(row.received),
    parsed: Number(row.parsed),
    unparsed: Number(row.unparsed),
    refused: Number(row.refused),
    cut: Number(row.cut),
    invalidUtf8: Number(row.invalid_utf8),
    alerts: Number(row.alerts),
    dropped: Number(row.dropped),
    spooled: Number(row.spooled),
    late: Number(row.late),
    storeLag: row.store_lag,
    eventLag: row.event_lag,
    silentSince: row.silent_since === null ? null : instantOf(row.silent_since),
    silentAlert: row.silent_alert,
    silentAfterMinutes: silentAfterMinutes ?? null,
    silentAfterFrom: fromOf(row, silentAfterMinutes),
    hours,
    lastErrorCode: row.last_error_code,
    lastError: row.last_error,
    lastErrorAt: row.last_error_at === null ? null : instantOf(row.last_error_at),
  };
}

function fromOf(
  row: { expected_minutes: number | null; set_minutes: number | null },
  minutes: number | undefined,
): IngestSource["silentAfterFrom"] {
  if (row.set_minutes !== null) return "person";
  if (row.expected_minutes !== null) return "configuration";
  return minutes === undefined ? null : "rhythm";
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
