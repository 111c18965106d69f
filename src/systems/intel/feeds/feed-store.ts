import { type Selectable, sql } from "kysely";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { tlpOfRank, tlpRank } from "../../../core/tlp.ts";
import type { NodeKey } from "../../../platform/crypto/node-key.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { ImportFormat, Reliability } from "../imports/model.ts";
import { SourceStore } from "../imports/source-store.ts";
import { containing, cursorOf } from "../item-store.ts";
import { type IntelFeedTable, type IntelTables, instantOrNull } from "../tables.ts";
import { sealedLogin } from "./login.ts";
import {
  FEED_LOGINS,
  FEED_RESULTS,
  type Feed,
  type FeedChange,
  type FeedFilter,
  type NewFeed,
} from "./model.ts";

export type FeedRecord = Selectable<IntelFeedTable> & {
  org_id: string;
  name: string;
  url: string | null;
  reliability: string;
  audience: string[];
};

/** A run that has said nothing for so long was killed. */
const KILLED_MINUTES = 30;

/** Feeds and how they went, as far as the scope sees their sources. */
export class FeedStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(filter: FeedFilter): Promise<Page<Feed>> {
    let query = this.rows();
    if (filter.result !== undefined) query = query.where("f.last_result", "=", filter.result);
    if (filter.paused !== undefined) query = query.where("f.paused", "=", filter.paused);
    if (filter.q !== undefined && filter.q !== "") {
      const like = containing(filter.q);
      query = query.where((e) => e.or([e("s.name", "ilike", like), e("s.url", "ilike", like)]));
    }
    const { total } = await query
      .clearSelect()
      .select((e) => e.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    if (filter.cursor !== undefined) query = query.where("f.source_id", "<", cursorOf(filter.cursor));
    const rows = await query
      .orderBy("f.source_id", "desc")
      .limit(filter.limit + 1)
      .execute();
    const items = rows.map(feedOf);
    const last = items[filter.limit - 1];
    if (items.length <= filter.limit || last === undefined) return { items, total };
    return { items: items.slice(0, filter.limit), next: last.id, total };
  }

  /** Problem http.not-found where the scope sees none. */
  async record(id: string): Promise<FeedRecord> {
    const row = await this.rows().where("f.source_id", "=", id).executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return row;
  }

  async get(id: string): Promise<Feed> {
    return feedOf(await this.record(id));
  }

  /** A feed begins paused: somebody looks at its preview before it runs by itself. */
  async add(
    { orgId, name, url, reliability, format, csv, tlp, everyMinutes, login }: NewFeed,
    key: Pick<NodeKey, "seal" | "unseal">,
  ): Promise<Feed> {
    const org = orgId ?? this.work.scope.orgId;
    if (!this.work.scope.orgIds.includes(org)) throw new Problem("http.not-found");
    this.refuseAbove(tlpRank(tlp));
    const source = await new SourceStore(this.work).named(org, "feed", name, {
      tlp: "green",
      reliability,
      url,
    });
    const { numInsertedOrUpdatedRows } = await this.work
      .tables<IntelTables>()
      .insertInto("intel_feed")
      .values({
        source_id: source.id,
        format,
        options: JSON.stringify(csv === null ? {} : { csv }),
        unmarked_tlp: tlpRank(tlp),
        clearance: tlpRank(this.work.scope.clearance),
        every_minutes: everyMinutes,
        ...sealedLogin(key, source.id, login),
      })
      .onConflict((e) => e.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows !== 1n)
      throw new Problem("http.invalid", {
        faults: [{ path: "name", message: "a feed of this name is there already" }],
      });
    await this.work
      .tables<IntelTables>()
      .updateTable("intel_source")
      .set({ url, reliability })
      .where("id", "=", source.id)
      .execute();
    this.work.audit({
      action: "intel.feed-add",
      subject: source.id,
      orgId: org,
      detail: { name, everyMinutes },
    });
    return this.get(source.id);
  }

  async change(id: string, change: FeedChange, key: Pick<NodeKey, "seal" | "unseal">): Promise<Feed> {
    const before = await this.own(id);
    const db = this.work.tables<IntelTables>();
    const { url, reliability, format, csv, tlp, everyMinutes, paused, login } = change;
    // A secret goes to the host for which it was given and to no other.
    const moves = url !== undefined && new URL(url).origin !== new URL(before.url ?? url).origin;
    if (moves && before.login_sealed !== null && login === undefined)
      throw new Problem("http.invalid", {
        faults: [{ path: "body.login", message: "give the login again for another host" }],
      });
    if (tlp !== undefined) this.refuseAbove(tlpRank(tlp));
    if (url !== undefined || reliability !== undefined)
      await db
        .updateTable("intel_source")
        .set({ ...(url === undefined ? {} : { url }), ...(reliability === undefined ? {} : { reliability }) })
        .where("id", "=", id)
        .execute();
    const asksAnew = url !== undefined || format !== undefined || csv !== undefined || tlp !== undefined;
    await db
      .updateTable("intel_feed")
      .set({
        ...(format === undefined ? {} : { format }),
        ...(csv === undefined ? {} : { options: JSON.stringify(csv === null ? {} : { csv }) }),
        ...(tlp === undefined
          ? {}
          : { unmarked_tlp: tlpRank(tlp), clearance: tlpRank(this.work.scope.clearance) }),
        ...(everyMinutes === undefined ? {} : { every_minutes: everyMinutes }),
        ...(login === undefined ? {} : sealedLogin(key, id, login)),
        ...(paused === undefined ? {} : { paused, next_run_at: paused ? null : this.work.now, failures: 0 }),
        ...(asksAnew ? { etag: null, last_modified: null, last_sha256: null, checkpoint: "{}" } : {}),
      })
      .where("source_id", "=", id)
      .execute();
    this.work.audit({
      action: "intel.feed-change",
      subject: id,
      orgId: before.org_id,
      detail: { fields: Object.keys(change) },
    });
    return this.get(id);
  }

  /** The feed is asked no more; what came of it stays, under its source. Done twice is done. */
  async remove(id: string): Promise<void> {
    const source = await new SourceStore(this.work).get(id);
    if (source.kind !== "feed" || !this.work.scope.orgIds.includes(source.orgId))
      throw new Problem("http.not-found");
    await this.work.tables<IntelTables>().deleteFrom("intel_feed").where("source_id", "=", id).execute();
    this.work.audit({
      action: "intel.feed-remove",
      subject: id,
      orgId: source.orgId,
      detail: { name: source.name },
    });
  }

  /** Feeds whose time has come. */
  async due(): Promise<string[]> {
    const rows = await this.rows()
      .where("f.paused", "=", false)
      .where("f.next_run_at", "<=", this.work.now)
      .orderBy("f.next_run_at")
      .limit(200)
      .execute();
    return rows.map((row) => row.source_id);
  }

  /** Marks the feed as running; undefined where another run is under way. */
  async claim(id: string): Promise<FeedRecord | undefined> {
    const { rows } = await sql`update intel_feed set running_at = ${this.work.now}::timestamptz
      where source_id = ${id}::uuid and (running_at is null
        or running_at < ${this.work.now}::timestamptz - ${KILLED_MINUTES}::int * interval '1 minute')
      returning source_id`.execute(this.work.tables<IntelTables>());
    return rows.length === 0 ? undefined : this.record(id);
  }

  async note(id: string, change: Partial<Selectable<IntelFeedTable>>): Promise<void> {
    const stored = Object.fromEntries(
      Object.entries(change).map(([name, value]) => [
        name,
        name === "checkpoint" || (name === "last_failure" && value !== null) ? JSON.stringify(value) : value,
      ]),
    );
    await this.work
      .tables<IntelTables>()
      .updateTable("intel_feed")
      .set(stored)
      .where("source_id", "=", id)
      .execute();
  }

  /** Problem http.not-found unless the feed is of an organisation for which the scope acts. */
  async own(id: string): Promise<FeedRecord> {
    const row = await this.record(id);
    if (!this.work.scope.orgIds.includes(row.org_id)) throw new Problem("http.not-found");
    return row;
  }

  private refuseAbove(rank: number): void {
    if (rank > tlpRank(this.work.scope.clearance)) throw new Problem("intel.tlp-exceeded");
  }

  private rows() {
    return this.work
      .tables<IntelTables>()
      .selectFrom("intel_feed as f")
      .innerJoin("intel_source as s", "s.id", "f.source_id")
      .selectAll("f")
      .select(["s.org_id", "s.name", "s.url", "s.reliability", "s.audience"])
      .where(visible(this.work, "s"));
  }
}

function feedOf(row: FeedRecord): Feed {
  return {
    id: row.source_id,
    orgId: row.org_id,
    name: row.name,
    url: row.url ?? "",
    reliability: Reliability.parse(row.reliability),
    format: ImportFormat.nullable().parse(row.format),
    csv: row.options.csv ?? null,
    tlp: tlpOfRank(row.unmarked_tlp),
    login: FEED_LOGINS.find((each) => each === row.login_kind) ?? null,
    everyMinutes: row.every_minutes,
    paused: row.paused,
    running: row.running_at !== null,
    nextRunAt: instantOrNull(row.next_run_at),
    lastRunAt: instantOrNull(row.last_run_at),
    lastResult: FEED_RESULTS.find((each) => each === row.last_result) ?? null,
    lastError: row.last_error,
    lastFailure: row.last_failure,
    lastImportId: row.last_import_id,
    failures: row.failures,
  };
}
