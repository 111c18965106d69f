import { sql } from "kysely";
import { instantOf } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type BatchDone, BOOK_TLP } from "./batches.ts";
import { Channel, type IngestSource, type SourceQuery } from "./model.ts";
import type { IngestTables } from "./tables.ts";

/** Who sent: the organisation whose logs they are and the name by which people know the source. */
export interface Source {
  readonly orgId: OrgId;
  readonly name: string;
  readonly channel: Channel;
  readonly parser: string;
  readonly address?: string;
}

const LONGEST_ERROR = 300;

/** Health of each source of logs. */
export class SourceStore {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Counts a batch that was stored. */
  async stored(source: Source, done: BatchDone): Promise<void> {
    await this.#add(source, { ...done, refused: 0, error: undefined });
  }

  /** Counts what was not taken, with the reason. */
  async refused(source: Source, count: number, reason: string): Promise<void> {
    const error = reason.slice(0, LONGEST_ERROR);
    await this.#add(source, {
      received: 0,
      parsed: 0,
      unparsed: 0,
      invalidUtf8: 0,
      alerts: 0,
      refused: count,
      error,
    });
  }

  async #add(source: Source, add: BatchDone & { refused: number; error: string | undefined }): Promise<void> {
    const { now } = this.#work;
    const came = add.received > 0;
    await this.#work
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
        received: add.received,
        parsed: add.parsed,
        unparsed: add.unparsed,
        refused: add.refused,
        invalid_utf8: add.invalidUtf8,
        alerts: add.alerts,
        last_error: add.error ?? null,
        last_error_at: add.error === undefined ? null : now,
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
          invalid_utf8: sql`ingest_source.invalid_utf8 + excluded.invalid_utf8`,
          alerts: sql`ingest_source.alerts + excluded.alerts`,
          ...(came && { last_seen: now }),
          ...(add.error !== undefined && { last_error: add.error, last_error_at: now }),
        }),
      )
      .execute();
  }

  /** Sources in the scope's sight, by name. */
  async list(query: SourceQuery): Promise<Page<IngestSource>> {
    const db = this.#work.tables<IngestTables>();
    const matching = db
      .selectFrom("ingest_source")
      .where(visible(this.#work, "ingest_source"))
      .$if(query.org !== undefined, (select) => select.where("org_id", "=", query.org ?? ""));
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
    return { items: items.map(present), ...(next !== undefined && { next }), total: Number(total) };
  }
}

function present(row: {
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
}): IngestSource {
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
