import { type Expression, type ExpressionBuilder, type SqlBool, sql } from "kysely";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { ALERT_LEVELS, type Alert, type AlertFilter, type AlertQuery } from "./model.ts";
import { type AlertTables, LISTED, presentAlert } from "./tables.ts";

/** A page of the alerts that the filter and the scope let through, with their number. */
export async function listAlerts(work: Work, query: AlertQuery): Promise<Page<Alert>> {
  const db = work.tables<AlertTables>();
  const { total } = await db
    .selectFrom("alert")
    .select((e) => e.fn.countAll<number | string>().as("total"))
    .where((e) => passing(work, query, e))
    .executeTakeFirstOrThrow();
  const severity = query.sort === "severity";
  let page = db
    .selectFrom("alert")
    .select(LISTED)
    .where((e) => passing(work, query, e));
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
  if (after !== undefined && severity) {
    page = page.where(sql<SqlBool>`(alert.level, alert.id) < (${after.level}::smallint, ${after.id}::uuid)`);
  } else if (after !== undefined) page = page.where("id", "<", after.id);
  if (severity) page = page.orderBy("level", "desc");
  const rows = await page
    .orderBy("id", "desc")
    .limit(query.limit + 1)
    .execute();
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  const next = rows.length > query.limit && last !== undefined ? writeCursor(last) : undefined;
  return { items: items.map(presentAlert), ...(next !== undefined && { next }), total: Number(total) };
}

type Where = ExpressionBuilder<AlertTables, "alert">;

function passing(work: Work, filter: AlertFilter, e: Where): Expression<SqlBool> {
  const conditions: Expression<SqlBool>[] = [visible(work, "alert")];
  if (filter.state !== undefined && filter.state.length > 0) conditions.push(e("state", "in", filter.state));
  if (filter.level !== undefined && filter.level.length > 0) {
    conditions.push(
      e(
        "level",
        "in",
        filter.level.map((level) => ALERT_LEVELS.indexOf(level)),
      ),
    );
  }
  if (filter.org !== undefined) conditions.push(e("org_id", "=", filter.org));
  if (filter.rule !== undefined) conditions.push(e("rule_id", "=", filter.rule));
  if (filter.incident !== undefined) conditions.push(e("incident_id", "=", filter.incident));
  if (filter.assignee === "none") conditions.push(e("assignee_id", "is", null));
  else if (filter.assignee !== undefined) {
    conditions.push(e("assignee_id", "=", filter.assignee === "me" ? work.scope.actor.id : filter.assignee));
  }
  if (filter.entity !== undefined)
    conditions.push(sql<SqlBool>`alert.entity_values @> ${[filter.entity]}::text[]`);
  if (filter.q !== undefined && filter.q !== "") {
    conditions.push(e("words", "ilike", `%${filter.q.replace(/[\\%_]/g, (each) => `\\${each}`)}%`));
  }
  if (filter.from !== undefined) conditions.push(e("last_seen", ">=", filter.from));
  if (filter.to !== undefined) conditions.push(e("first_seen", "<", filter.to));
  return e.and(conditions);
}

/** Ids grow with time and never change, so a page does not move while alerts arrive. */
function writeCursor(row: { level: number; id: string }): string {
  return `${row.level}.${row.id}`;
}

function readCursor(cursor: string): { level: number; id: string } {
  const found = /^([0-4])\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(cursor);
  if (found === null) {
    throw new Problem("http.invalid", {
      faults: [{ path: "query.cursor", message: "not a cursor of this list" }],
    });
  }
  return { level: Number(found[1]), id: found[2] ?? "" };
}
