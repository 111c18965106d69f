import { sql } from "kysely";
import type { Instant } from "../../../core/instant.ts";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { chunks } from "./chunks.ts";
import { sightOf } from "./entities.ts";
import type { Sight, SightQuery } from "./model.ts";
import type { Match } from "./raise.ts";
import { type AlertTables, instant } from "./tables.ts";

/** Different sights that one alert keeps apart. */
export const MOST_SIGHTS = 1_000;

interface Counted {
  readonly host: string;
  readonly address: string;
  readonly user: string;
  readonly member: string | null;
  readonly rest: boolean;
  first: Instant;
  last: Instant;
  count: number;
}

/** Whom the events of an alert spoke of, together: which host, from which address, as which user, when and how often. */
export class SightStore {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Counts matches of alerts that are held, each of which stands once in the list. */
  async add(alerts: readonly { readonly id: string; readonly matches: readonly Match[] }[]): Promise<void> {
    if (alerts.length === 0) return;
    const rows = await this.#db
      .selectFrom("alert_sight")
      .select(["alert_id", ({ fn }) => fn.countAll<string | number>().as("there")])
      .where("alert_id", "=", sql<string>`any(${alerts.map(({ id }) => id)}::uuid[])`)
      .groupBy("alert_id")
      .execute();
    const there = new Map(rows.map((row) => [row.alert_id, Number(row.there)]));
    const all: (Counted & { readonly alertId: string })[] = [];
    for (const { id, matches } of alerts) {
      const counted = new Map<string, Counted>();
      for (const match of matches) take(counted, partsOf(match), match);
      const fits = (there.get(id) ?? 0) + counted.size <= MOST_SIGHTS;
      const kept = fits ? counted : await this.#bounded(id, counted);
      for (const one of kept.values()) all.push({ ...one, alertId: id });
    }
    for (const chunk of chunks(all))
      await this.#db
        .insertInto("alert_sight")
        .values(
          chunk.map(({ alertId, host, address, user, member, rest, first, last, count }) => ({
            alert_id: alertId,
            ...{ host, address, user_name: user, member_id: member, rest },
            ...{ first_seen: first, last_seen: last, count },
          })),
        )
        .onConflict((conflict) =>
          conflict.columns(["alert_id", "host", "address", "user_name", "member_id", "rest"]).doUpdateSet({
            first_seen: sql`least(alert_sight.first_seen, excluded.first_seen)`,
            last_seen: sql`greatest(alert_sight.last_seen, excluded.last_seen)`,
            count: sql`alert_sight.count + excluded.count`,
          }),
        )
        .execute();
  }

  /** Those that are there already or still find room; the others together in one. */
  async #bounded(alertId: string, counted: ReadonlyMap<string, Counted>): Promise<Map<string, Counted>> {
    const rows = await this.#db
      .selectFrom("alert_sight")
      .select(["host", "address", "user_name", "member_id", "rest"])
      .where("alert_id", "=", alertId)
      .execute();
    const known = new Set(rows.map((row) => keyOf({ ...row, user: row.user_name, member: row.member_id })));
    let room = MOST_SIGHTS - rows.length;
    const bounded = new Map<string, Counted>();
    for (const [key, one] of counted) {
      if (known.has(key) || room-- > 0) bounded.set(key, one);
      else take(bounded, { host: "", address: "", user: "", member: null, rest: true }, one);
    }
    return bounded;
  }

  /** In the order in which they were first counted. Throws http.not-found for an alert out of sight. */
  async list(alertId: string, query: SightQuery): Promise<Page<Sight>> {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    const alert = await this.#db
      .selectFrom("alert")
      .select("id")
      .where("id", "=", alertId)
      .where(visible(this.#work, "alert"))
      .executeTakeFirst();
    if (alert === undefined) throw new Problem("http.not-found");
    const part = `%${(query.q ?? "").replace(/[\\%_]/g, (each) => `\\${each}`)}%`;
    const matching = this.#db
      .selectFrom("alert_sight")
      .where("alert_id", "=", alertId)
      .$if(query.q !== undefined, (select) =>
        select.where(({ or, eb }) =>
          or([eb("host", "ilike", part), eb("address", "ilike", part), eb("user_name", "ilike", part)]),
        ),
      );
    const { total } = await matching
      .select(({ fn }) => fn.countAll<string | number>().as("total"))
      .executeTakeFirstOrThrow();
    const rows = await matching
      .selectAll()
      .$if(after !== undefined, (select) => select.where("id", ">", after ?? ""))
      .orderBy("id")
      .limit(query.limit + 1)
      .execute();
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    const { orgIds } = this.#work.scope;
    return {
      items: items.map((row) => ({
        host: row.host,
        address: row.address,
        user: row.user_name,
        memberId: row.member_id !== null && orgIds.includes(row.member_id) ? row.member_id : null,
        rest: row.rest,
        firstSeen: instant(row.first_seen),
        lastSeen: instant(row.last_seen),
        count: Number(row.count),
      })),
      ...(rows.length > query.limit && last !== undefined && { next: String(last.id) }),
      total: Number(total),
    };
  }

  get #db() {
    return this.#work.tables<AlertTables>();
  }
}

type Parts = Pick<Counted, "host" | "address" | "user" | "member" | "rest">;

function partsOf({ record }: Match): Parts {
  const member = record["organization.id"];
  return {
    ...sightOf(record),
    member: typeof member === "string" && UUID.test(member) ? member : null,
    rest: false,
  };
}

function take(
  into: Map<string, Counted>,
  parts: Parts,
  of: { readonly count: number } & (
    | { readonly since: Instant; readonly at: Instant }
    | { readonly first: Instant; readonly last: Instant }
  ),
): void {
  const first = "since" in of ? of.since : of.first;
  const last = "since" in of ? of.at : of.last;
  const key = keyOf(parts);
  const before = into.get(key);
  if (before === undefined) {
    into.set(key, { ...parts, first, last, count: of.count });
    return;
  }
  before.count += of.count;
  if (first < before.first) before.first = first;
  if (last > before.last) before.last = last;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function keyOf({ host, address, user, member, rest }: Parts): string {
  return JSON.stringify([host, address, user, member, rest]);
}

function readCursor(cursor: string): string {
  if (/^\d{1,18}$/.test(cursor)) return cursor;
  throw new Problem("http.invalid", {
    faults: [{ path: "query.cursor", message: "not a cursor of this list" }],
  });
}
