import type { Kysely } from "kysely";
import type { Instant } from "../../core/instant.ts";
import type { OrgId } from "../../core/org.ts";
import type { Marked, Scope } from "../../core/scope.ts";

/** Something that happened in the domain, told to other systems after the change that caused it committed. */
export interface DomainEvent {
  /** `alerts.raised`, `incidents.reported`: the system, then a past participle. */
  readonly topic: string;
  /** The id of the thing it happened to. */
  readonly subject: string;
  /** Who may hear of it: streams and mails obey this as queries do. */
  readonly marked: Marked;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One line of the audit log: who (from the scope) did what to which thing. Never holds a secret. */
export interface AuditEntry {
  /** `alerts.close`, `members.sign-in-failed`. */
  readonly action: string;
  readonly subject: string;
  /** The organisation it concerns, where that is not the scope's own; decides who may read the line. */
  readonly orgId?: OrgId;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * A unit of work: one transaction on the records store under one scope, with row-level security set to it.
 * The change, its audit lines and its outgoing events commit together or not at all.
 */
export interface Work {
  readonly scope: Scope;
  /** The instant at which the work began; every row it writes bears this one. */
  readonly now: Instant;
  /** The tables of one system, typed by that system. */
  tables<Tables>(): Kysely<Tables>;
  audit(entry: AuditEntry): void;
  emit(event: DomainEvent): void;
}

/** The records store: everything that people and law care about. */
export interface Records {
  readonly dialect: "pglite" | "postgres";
  /**
   * Runs one unit of work. Throws what `run` throws after rolling back. A serialisation failure or deadlock is
   * tried again up to three times, so `run` must reach nothing outside the transaction that cannot be repeated.
   */
  within<T>(scope: Scope, run: (work: Work) => Promise<T>): Promise<T>;
  /** Answers when the store can take work; rejects with the reason otherwise. */
  ping(): Promise<void>;
  /** Waits for what is under way, then releases the folder or the connections. */
  close(): Promise<void>;
}
