import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type { ClientBase } from "pg";

/** One transaction's gate: shut when the transaction ends, so that no late query reaches the connection. */
export class Gate {
  private shut = false;
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** Waits for the queries begun and not yet answered; false when there were any. */
  async drained(): Promise<boolean> {
    if (this.waiting === 0) return true;
    while (this.waiting > 0) await this.last;
    return false;
  }

  close(): void {
    this.shut = true;
  }

  /** Runs behind the queries before it: a connection answers one at a time. */
  async pass<T>(run: () => Promise<T>): Promise<T> {
    this.refuseShut();
    this.waiting++;
    const turn = this.last.then(() => {
      this.refuseShut();
      return run();
    });
    this.last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.waiting--;
    }
  }

  private refuseShut(): void {
    if (this.shut) throw new Error("the unit of work has ended; a query came after it");
  }
}

/** Kysely over a connection whose transaction somebody else begins and ends. */
export function kyselyOver<Tables>(client: ClientBase, gate: Gate): Kysely<Tables> {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new ClientDriver(client, gate),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return new Kysely<Tables>({ dialect });
}

class ClientDriver implements Driver {
  private readonly connection: DatabaseConnection;

  constructor(client: ClientBase, gate: Gate) {
    this.connection = new ClientConnection(client, gate);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.connection;
  }

  async beginTransaction(): Promise<void> {
    throw new Error("a unit of work is the transaction; it holds no other");
  }

  async commitTransaction(): Promise<void> {}

  async rollbackTransaction(): Promise<void> {}

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

class ClientConnection implements DatabaseConnection {
  private readonly client: ClientBase;
  private readonly gate: Gate;

  constructor(client: ClientBase, gate: Gate) {
    this.client = client;
    this.gate = gate;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.gate.pass(() => this.client.query(query.sql, [...query.parameters]));
    const changed = ["INSERT", "UPDATE", "DELETE", "MERGE"].includes(result.command);
    return {
      rows: result.rows,
      ...(changed && result.rowCount !== null && { numAffectedRows: BigInt(result.rowCount) }),
    };
  }

  // biome-ignore lint/correctness/useYield: refuses before the first row.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("the records store reads by pages, not by streams");
  }
}
