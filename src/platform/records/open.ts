import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as immediate, setTimeout as wait } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { PoolClient } from "pg";
import type { Clock } from "../../core/instant.ts";
import type { Scope } from "../../core/scope.ts";
import type { Log } from "../log/log.ts";
import type { Delivered } from "../outbox/subscriber.ts";
import { Gate, kyselyOver } from "./client-dialect.ts";
import { type Connections, connect } from "./connections.ts";
import { type Migrated, migrate } from "./migrations.ts";
import { setScope, UnitOfWork } from "./unit.ts";
import type { Records, Work } from "./work.ts";

/** The store as the program opens it: what systems use (`Records`) and what only the platform's own rooms use. */
export interface OpenRecords extends Records {
  /** Brings the tables of the platform and of `systems` up to date; `Problem` records.newer or records.changed. */
  migrate(systems: readonly Migrated[]): Promise<void>;
  /** Called after each commit that emitted events, with them, in the order of commit. Returns the way to stop. */
  onCommit(listener: (events: readonly Delivered[]) => void): () => void;
  readonly platformOnly: PlatformAccess;
}

/**
 * The store without a reader, for the platform's own tables (outbox, audit, jobs, migrations) and for nothing else:
 * on a server row-level security holds for this connection too, unless its user is a superuser.
 */
export interface PlatformAccess {
  /** One transaction as the owner of the tables. */
  transaction<T>(run: (db: Kysely<unknown>) => Promise<T>): Promise<T>;
  /** One text of one or more statements, outside any transaction of ours; the rows of all of them. */
  execute(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /** fsyncs since the start, where the store is in the process. */
  syncs(): Promise<number | undefined>;
}

export interface RecordsOptions {
  /** `pglite` or `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Folder of the embedded store; unused with a server. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

const TRIES = 4;
const LONG_MS = 5_000;
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK = "40P01";

export async function openRecords(options: RecordsOptions): Promise<OpenRecords> {
  return new OpenedRecords(await connect(options), options);
}

class OpenedRecords implements OpenRecords {
  private readonly connections: Connections;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly listeners = new Set<(events: readonly Delivered[]) => void>();
  private readonly inside = new AsyncLocalStorage<{ open: boolean }>();
  private readonly underWay = new Set<Promise<unknown>>();
  private closed: Promise<void> | undefined;
  readonly platformOnly: PlatformAccess;

  constructor(connections: Connections, options: RecordsOptions) {
    this.connections = connections;
    this.clock = options.clock;
    this.log = options.log.child({ part: "records" });
    this.platformOnly = {
      transaction: (run) => this.track(() => this.asOwner(run)),
      execute: (text, values) => this.track(() => this.execute(text, values)),
      syncs: () => this.connections.syncs(),
    };
  }

  get dialect(): "pglite" | "postgres" {
    return this.connections.dialect;
  }

  within<T>(scope: Scope, run: (work: Work) => Promise<T>): Promise<T> {
    return this.track(() => this.tried(scope, run));
  }

  private async tried<T>(scope: Scope, run: (work: Work) => Promise<T>): Promise<T> {
    this.refuseInside();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.unit(scope, run);
      } catch (error) {
        if (attempt === TRIES || !mayWorkAgain(error)) throw error;
        await wait(Math.random() * 20 * 2 ** attempt);
      }
    }
  }

  migrate(systems: readonly Migrated[]): Promise<void> {
    const facts = { now: this.clock.now(), log: this.log };
    return this.track(async () => {
      this.refuseInside();
      await this.withClient((client) => migrate(client, systems, facts));
    });
  }

  onCommit(listener: (events: readonly Delivered[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async ping(): Promise<void> {
    const broken = this.connections.broken();
    if (broken !== undefined) throw broken;
    await this.platformOnly.execute("select 1");
  }

  close(): Promise<void> {
    this.closed ??= this.finish();
    return this.closed;
  }

  private async finish(): Promise<void> {
    while (this.underWay.size > 0) await Promise.allSettled([...this.underWay]);
    await this.connections.close();
  }

  /** Counts as under way until it settles; `close` waits for it. */
  private track<T>(begin: () => Promise<T>): Promise<T> {
    if (this.closed !== undefined) return Promise.reject(new Error("the records store is closed"));
    const task = begin().finally(() => this.underWay.delete(task));
    this.underWay.add(task);
    return task;
  }

  private async unit<T>(scope: Scope, run: (work: Work) => Promise<T>): Promise<T> {
    const unit = await this.withClient(async (client) => {
      const began = performance.now();
      const mark = { open: true };
      const gate = new Gate();
      const work = new UnitOfWork(scope, this.clock.now(), kyselyOver(client, gate));
      const end = (): void => {
        mark.open = false;
        gate.close();
        work.close();
      };
      const begin = async (): Promise<T> => {
        await setScope(client, scope);
        try {
          const done = await this.inside.run(mark, () => run(work));
          // A query that nobody awaited reaches the gate only now; committing would leave its fate to chance.
          await immediate();
          if (await gate.drained()) return done;
          throw new Error("the unit of work ended before its queries did; await each of them");
        } finally {
          end();
        }
      };
      const result = await inTransaction(client, begin, () => work.seal(client));
      const ms = Math.round(performance.now() - began);
      if (ms > LONG_MS) this.log.warn({ ms, purpose: scope.purpose }, "a unit of work held the store long");
      return { result, events: work.events };
    });
    if (unit.events.length > 0) this.tell(unit.events);
    return unit.result;
  }

  private async asOwner<T>(run: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
    this.refuseInside();
    return this.withClient((client) => {
      const gate = new Gate();
      return inTransaction(
        client,
        () => run(kyselyOver(client, gate)),
        async () => gate.close(),
      );
    });
  }

  private async execute(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Record<string, unknown>[] }> {
    this.refuseInside();
    const answered: unknown = await this.connections.pool.query(
      text,
      values === undefined ? undefined : [...values],
    );
    const results = (Array.isArray(answered) ? answered : [answered]) as {
      rows?: Record<string, unknown>[];
    }[];
    return { rows: results.flatMap((result) => result.rows ?? []) };
  }

  private async withClient<T>(run: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.connections.pool.connect();
    let broken = false;
    // The pool takes its own listener off a client it hands out, and an 'error' without one ends the process.
    const onError = (): void => {
      broken = true;
    };
    client.on("error", onError);
    try {
      return await run(client);
    } catch (error) {
      if (error instanceof RollbackFailed) broken = true;
      throw error instanceof RollbackFailed ? error.cause : error;
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  }

  private tell(events: readonly Delivered[]): void {
    for (const listener of this.listeners) {
      try {
        listener(events);
      } catch (error) {
        this.log.error({ err: error }, "a listener of commits failed");
      }
    }
  }

  /** The embedded store has one connection: waiting for a second one inside the first would wait for ever. */
  private refuseInside(): void {
    if (this.inside.getStore()?.open === true) {
      throw new Error(
        "this happens inside a unit of work; pass its `work` on, or do it after the unit ended",
      );
    }
  }
}

class RollbackFailed extends Error {}

async function inTransaction<T>(
  client: PoolClient,
  run: () => Promise<T>,
  before: () => Promise<void>,
): Promise<T> {
  await client.query("begin");
  try {
    const result = await run();
    await before();
    const { command } = await client.query("commit");
    // PostgreSQL answers the commit of a failed transaction with a rollback and no error.
    if (command !== "COMMIT")
      throw new Error("a query of the unit of work failed unheard, so it was rolled back");
    return result;
  } catch (error) {
    try {
      await client.query("rollback");
    } catch {
      throw new RollbackFailed("rollback failed", { cause: error });
    }
    throw error;
  }
}

function mayWorkAgain(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK;
}
