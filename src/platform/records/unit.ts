import type { Kysely } from "kysely";
import type { ClientBase } from "pg";
import type { Instant } from "../../core/instant.ts";
import { type Scope, visibleTo } from "../../core/scope.ts";
import { tlpRank } from "../../core/tlp.ts";
import { type AuditRow, appendAudit } from "../audit/chain.ts";
import { uuidV7 } from "../crypto/digest.ts";
import type { Delivered } from "../outbox/subscriber.ts";
import type { AuditEntry, DomainEvent, Work } from "./work.ts";

/** Held from the first audit row or event to the end of the commit: what it orders is the order of commit. */
const LEDGER_LOCK = 7_203_110_001;

/** The role and the settings that row-level security reads; all of them end with the transaction. */
export async function setScope(client: ClientBase, scope: Scope): Promise<void> {
  const visibility = visibleTo(scope);
  await client.query(
    `select set_config('role', 'lianfang_scope', true), set_config('lianfang.org_ids', $1, true),
            set_config('lianfang.audiences', $2, true), set_config('lianfang.max_tlp', $3, true),
            set_config('lianfang.purpose', $4, true), set_config('lianfang.actor', $5, true)`,
    [
      `{${visibility.orgIds.join(",")}}`,
      `{${visibility.audiences.join(",")}}`,
      String(visibility.maxTlp),
      scope.purpose,
      `${scope.actor.kind}:${scope.actor.id}`,
    ],
  );
}

export class UnitOfWork implements Work {
  readonly scope: Scope;
  readonly now: Instant;
  readonly events: Delivered[] = [];
  private readonly db: Kysely<unknown>;
  private readonly rows: AuditRow[] = [];
  private open = true;

  constructor(scope: Scope, now: Instant, db: Kysely<unknown>) {
    this.scope = scope;
    this.now = now;
    this.db = db;
  }

  tables<Tables>(): Kysely<Tables> {
    return this.db as unknown as Kysely<Tables>;
  }

  audit(entry: AuditEntry): void {
    this.refuseEnded();
    const { actor, orgId, purpose, requestId } = this.scope;
    this.rows.push({
      at: this.now,
      actorKind: actor.kind,
      actorId: actor.id,
      actorName: actor.name,
      orgId,
      purpose,
      requestId: requestId ?? null,
      action: entry.action,
      subject: entry.subject,
      detail: entry.detail ?? {},
    });
  }

  emit(event: DomainEvent): void {
    this.refuseEnded();
    this.events.push({ ...event, id: uuidV7(), at: this.now });
  }

  close(): void {
    this.open = false;
  }

  /** Writes the audit rows and the outbox rows, as the owner of those tables, behind all that others wrote. */
  async seal(client: ClientBase): Promise<void> {
    if (this.rows.length === 0 && this.events.length === 0) return;
    await client.query("select set_config('role', 'none', true), pg_advisory_xact_lock($1)", [LEDGER_LOCK]);
    if (this.rows.length > 0) await appendAudit(client, this.rows);
    for (const event of this.events) {
      await client.query(
        `insert into outbox (id, at, topic, subject, org_id, tlp, audience, data)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          event.id,
          event.at,
          event.topic,
          event.subject,
          event.marked.orgId,
          tlpRank(event.marked.tlp),
          [...event.marked.audience],
          JSON.stringify(event.data),
        ],
      );
    }
  }

  private refuseEnded(): void {
    if (!this.open) throw new Error("the unit of work has ended; audit and emit belong inside it");
  }
}
