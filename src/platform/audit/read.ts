import { type SelectQueryBuilder, sql } from "kysely";
import { z } from "zod";
import type { Page, PageQuery } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import type { Work } from "../records/work.ts";

/** A line of the audit log as people and programs read it. */
export const AuditLine = z.object({
  seq: z.number().int(),
  at: z.iso.datetime(),
  actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  orgId: z.uuid(),
  purpose: z.string(),
  requestId: z.string().optional(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
});
export type AuditLine = z.infer<typeof AuditLine>;

/** All of them must hold; `action` may end in a dot and then means all that begin so, `actor` is an id or a name. */
export interface AuditQuery extends PageQuery {
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

interface Tables {
  audit: {
    seq: number;
    at: Date;
    actor_kind: string;
    actor_id: string;
    actor_name: string;
    org_id: string;
    purpose: string;
    request_id: string | null;
    action: string;
    subject: string;
    detail: string;
    hash: string;
  };
}

/** The lines of the scope's organisations, newest first; `next` is the sequence number to go on below. */
export async function readAudit(work: Work, query: AuditQuery): Promise<Page<AuditLine>> {
  const matching = filtered(work, query);
  const below = cursorOf(query.cursor);
  const rows = await matching
    .select(["seq", "at", "actor_kind", "actor_id", "actor_name", "org_id", "purpose", "request_id"])
    .select(["action", "subject", "detail", "hash"])
    .$if(below !== undefined, (page) => page.where("seq", "<", below ?? 0))
    .orderBy("seq", "desc")
    .limit(query.limit + 1)
    .execute();
  const { total } = await matching
    .select((of) => of.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  const items = rows.slice(0, query.limit).map(lineOf);
  const last = items.at(-1);
  return { items, total, ...(rows.length > query.limit && last !== undefined && { next: String(last.seq) }) };
}

function filtered(work: Work, query: AuditQuery): SelectQueryBuilder<Tables, "audit", object> {
  const { action, subject, actor, from, to } = query;
  let found = work
    .tables<Tables>()
    .selectFrom("audit")
    .where(sql<boolean>`org_id = any(${[...work.scope.orgIds]}::uuid[])`);
  if (action?.endsWith(".")) found = found.where(sql<boolean>`starts_with(action, ${action})`);
  else if (action !== undefined) found = found.where("action", "=", action);
  if (subject !== undefined) found = found.where("subject", "=", subject);
  if (actor !== undefined)
    found = found.where((of) => of.or([of("actor_id", "=", actor), of("actor_name", "=", actor)]));
  if (from !== undefined) found = found.where("at", ">=", new Date(from));
  if (to !== undefined) found = found.where("at", "<", new Date(to));
  return found;
}

function cursorOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    throw new Problem("http.invalid", {
      faults: [{ path: "cursor", message: "is not a cursor of this list" }],
    });
  }
  return Number(text);
}

function lineOf(row: Tables["audit"]): AuditLine {
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    orgId: row.org_id,
    purpose: row.purpose,
    ...(row.request_id !== null && { requestId: row.request_id }),
    action: row.action,
    subject: row.subject,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
    hash: row.hash,
  };
}
