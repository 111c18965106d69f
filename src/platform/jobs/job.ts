import type { Permission } from "../../core/access.ts";
import type { Scope } from "../../core/scope.ts";

/** Work that happens by itself, under a scope of its own that holds just `permissions`. */
export interface Job {
  /** `incidents.overdue`; also the queue's name and the scope's purpose `job:incidents.overdue`. */
  readonly name: string;
  readonly permissions: readonly Permission[];
  /** Cron in UTC, five fields; absent = only when sent. */
  readonly cron?: string;
  run(context: { scope: Scope; data: unknown; signal: AbortSignal }): Promise<void>;
}

export interface Jobs {
  /** Queues a run; the same `once` key queues it only once while it waits. */
  send(name: string, data: unknown, options?: { startAfter?: string; once?: string }): Promise<void>;
  start(jobs: readonly Job[], scopeFor: (job: Job) => Promise<Scope>): Promise<void>;
  stop(): Promise<void>;
}
