import { type ExpressionBuilder, type Selectable, sql } from "kysely";
import type { Page } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { tlpOfRank, tlpRank } from "../../core/tlp.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import {
  IntelKind,
  IntelState,
  type Item,
  type ItemDetail,
  type ItemFilter,
  type ItemRow,
  Step,
} from "./model.ts";
import { type IntelItemTable, type IntelTables, instant, instantOrNull } from "./tables.ts";

export type ItemRecord = Selectable<IntelItemTable>;
export type StepAction = Step["action"];

/** Items as their owners and those above them see them: the working copies. */
export class ItemStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(filter: ItemFilter): Promise<Page<ItemRow>> {
    let query = this.matching(filter);
    const { total } = await query
      .select((e) => e.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    if (filter.cursor !== undefined) query = query.where("id", "<", cursorOf(filter.cursor));
    const rows = await query
      .select(ROW)
      .select(counts)
      .orderBy("id", "desc")
      .limit(filter.limit + 1)
      .execute();
    const items = rows.map(rowOf);
    const last = items[filter.limit - 1];
    if (items.length <= filter.limit || last === undefined) return { items, total };
    return { items: items.slice(0, filter.limit), next: last.id, total };
  }

  /** Everything that matches, newest first, in pages of its own: for export. */
  async *all(filter: Omit<ItemFilter, "limit" | "cursor">): AsyncGenerator<ItemRow> {
    let cursor: string | undefined;
    do {
      const page: Page<ItemRow> = await this.list({
        ...filter,
        limit: 200,
        ...(cursor === undefined ? {} : { cursor }),
      });
      yield* page.items;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** The row whole; Problem http.not-found where the scope sees none. */
  async record(id: string): Promise<ItemRecord> {
    const row = await this.work
      .tables<IntelTables>()
      .selectFrom("intel_item")
      .selectAll()
      .where("id", "=", id)
      .where(visible(this.work, "intel_item"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return row;
  }

  async detail(id: string): Promise<ItemDetail> {
    const row = await this.record(id);
    const db = this.work.tables<IntelTables>();
    const steps = await db
      .selectFrom("intel_step")
      .selectAll()
      .where("item_id", "=", id)
      .orderBy("id")
      .execute();
    const deliveries = await db
      .selectFrom("intel_delivery")
      .select((e) => e.fn.countAll<number>().as("total"))
      .where("item_id", "=", id)
      .where(visible(this.work, "intel_delivery"))
      .executeTakeFirstOrThrow();
    return {
      ...itemOf(row),
      steps: steps.map((step) =>
        Step.parse({ action: step.action, by: step.by_name, at: instant(step.at), reason: step.reason }),
      ),
      deliveryCount: deliveries.total,
    };
  }

  async insert(row: Omit<ItemRecord, "audience" | "version">): Promise<void> {
    await this.work.tables<IntelTables>().insertInto("intel_item").values(stored(row)).execute();
  }

  /** Writes the changed columns; Problem http.conflict when somebody else changed the row since it was read. */
  async change(before: ItemRecord, change: Partial<Omit<ItemRecord, "id" | "version">>): Promise<void> {
    const { numUpdatedRows } = await this.work
      .tables<IntelTables>()
      .updateTable("intel_item")
      .set({ ...stored(change), updated_at: this.work.now, version: before.version + 1 })
      .where("id", "=", before.id)
      .where("version", "=", before.version)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new Problem("http.conflict");
  }

  async step(itemId: string, action: StepAction, reason: string | null = null): Promise<void> {
    const { actor } = this.work.scope;
    await this.work
      .tables<IntelTables>()
      .insertInto("intel_step")
      .values({
        id: uuidV7(),
        item_id: itemId,
        action,
        by_id: actor.id,
        by_name: actor.name,
        at: this.work.now,
        reason,
      })
      .execute();
  }

  private matching(filter: Omit<ItemFilter, "limit" | "cursor">) {
    let query = this.work
      .tables<IntelTables>()
      .selectFrom("intel_item")
      .where(visible(this.work, "intel_item"));
    if (filter.state !== undefined) query = query.where("state", "=", filter.state);
    if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
    if (filter.tlp !== undefined) query = query.where("tlp", "=", tlpRank(filter.tlp));
    if (filter.incident !== undefined) query = query.where("incident_id", "=", filter.incident);
    if (filter.q !== undefined && filter.q !== "") {
      const like = containing(filter.q);
      query = query.where((e) =>
        e.or([
          e("title", "ilike", like),
          e("description", "ilike", like),
          e("incident_number", "ilike", like),
          sql<boolean>`indicators::text ilike ${like}`,
        ]),
      );
    }
    return query;
  }
}

const ROW = [
  "id",
  "org_id",
  "kind",
  "tlp",
  "state",
  "title",
  "recipients",
  "created_at",
  "updated_at",
  "released_at",
] as const;

function counts(_: ExpressionBuilder<IntelTables, "intel_item">) {
  return [
    sql<number>`jsonb_array_length(indicators)`.as("indicator_count"),
    sql<number>`jsonb_array_length(removed)`.as("removed_count"),
  ];
}

function rowOf(
  row: Pick<ItemRecord, (typeof ROW)[number]> & { indicator_count: number; removed_count: number },
): ItemRow {
  return {
    id: row.id,
    orgId: row.org_id,
    kind: IntelKind.parse(row.kind),
    tlp: tlpOfRank(row.tlp),
    state: IntelState.parse(row.state),
    title: row.title,
    recipients: row.recipients,
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
    releasedAt: instantOrNull(row.released_at),
    indicatorCount: row.indicator_count,
    removedCount: row.removed_count,
  };
}

export function itemOf(row: ItemRecord): Item {
  return {
    id: row.id,
    orgId: row.org_id,
    kind: IntelKind.parse(row.kind),
    tlp: tlpOfRank(row.tlp),
    state: IntelState.parse(row.state),
    title: row.title,
    description: row.description,
    indicators: row.indicators,
    recipients: row.recipients,
    incident: row.incident_id === null ? null : { id: row.incident_id, number: row.incident_number ?? "" },
    authors: row.authors,
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
    submittedAt: instantOrNull(row.submitted_at),
    approvedBy:
      row.approved_by_id === null ? null : { id: row.approved_by_id, name: row.approved_by_name ?? "" },
    approvedAt: instantOrNull(row.approved_at),
    releasedAt: instantOrNull(row.released_at),
    withdrawnAt: instantOrNull(row.withdrawn_at),
    reason: row.reason,
    version: row.version,
  };
}

const AS_JSON = new Set(["indicators", "recipients", "secrets", "authors", "out_indicators", "removed"]);

/** The values as the driver takes them: lists of JSON as text, or it would write PostgreSQL arrays. */
function stored<Row extends object>(row: Row) {
  const entries = Object.entries(row).map(([name, value]: [string, unknown]) => {
    if (value instanceof Date) return [name, value.toISOString()];
    return [name, AS_JSON.has(name) ? JSON.stringify(value) : value];
  });
  return Object.fromEntries(entries) as {
    [Name in keyof Row]: Extract<Row[Name], string | number | null> & string;
  };
}

/** `%text%` for ilike, with the text's own wildcards taken as letters. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, (each) => `\\${each}`)}%`;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A cursor is the id of the last row shown; Problem http.invalid for anything else. */
export function cursorOf(cursor: string): string {
  if (UUID.test(cursor)) return cursor;
  throw new Problem("http.invalid", {
    faults: [{ path: "querystring.cursor", message: "not a cursor of this list" }],
  });
}
