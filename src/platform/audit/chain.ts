import type { ClientBase } from "pg";
import type { Instant } from "../../core/instant.ts";
import { sha256Hex } from "../crypto/digest.ts";

/** One line of the audit log before it gets its place in the chain. */
export interface AuditRow {
  readonly at: Instant;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly orgId: string;
  readonly purpose: string;
  readonly requestId: string | null;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The hash before the first row. */
export const GENESIS = "0".repeat(64);

/** What a row's hash is made of; `at` in microseconds as the database holds it, `detail` as its stored text. */
export interface ChainedFields {
  readonly seq: number;
  readonly at: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly orgId: string;
  readonly purpose: string;
  readonly requestId: string | null;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
}

/** SHA-256 in hex over the previous hash, a line feed and the row as canonical JSON. */
export function chainHash(previous: string, row: ChainedFields): string {
  return sha256Hex(`${previous}\n${canonicalJson(row)}`);
}

/** JSON with sorted keys and no blanks (the part of RFC 8785 that plain data needs). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item === undefined ? null : item)).join(",")}]`;
  if (typeof value === "object" && value !== null && !("toJSON" in value)) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/**
 * Puts rows at the end of the chain. The caller holds the ledger's lock to the end of its transaction, so that no
 * other row can take the same place.
 */
export async function appendAudit(client: ClientBase, rows: readonly AuditRow[]): Promise<void> {
  const head = await client.query<{ seq: number; hash: string }>(
    "select seq, hash from audit order by seq desc limit 1",
  );
  let seq = head.rows[0]?.seq ?? 0;
  let previous = head.rows[0]?.hash ?? GENESIS;
  for (const row of rows) {
    seq++;
    const detail = canonicalJson(row.detail);
    const hash = chainHash(previous, { ...row, seq, at: micros(row.at), detail });
    await client.query(
      `insert into audit (seq, at, actor_kind, actor_id, actor_name, org_id, purpose, request_id, action, subject,
                          detail, prev_hash, hash)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        seq,
        row.at,
        row.actorKind,
        row.actorId,
        row.actorName,
        row.orgId,
        row.purpose,
        row.requestId,
        row.action,
        row.subject,
        detail,
        previous,
        hash,
      ],
    );
    previous = hash;
  }
}

/** `2026-11-23T01:02:03.000Z` as the database writes it when asked for microseconds. */
function micros(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, -1)}000Z`;
}
