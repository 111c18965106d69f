import pg from "pg";
import type { Log } from "../log/log.ts";
import { type PGliteEngine, startPGlite } from "./pglite-engine.ts";

/** Connections to either database through the one driver, so that both read and write values alike. */
export interface Connections {
  readonly dialect: "pglite" | "postgres";
  readonly pool: pg.Pool;
  /** fsyncs that reached the operating system; a server counts its own. */
  syncs(): Promise<number | undefined>;
  /** The reason for which the store can work no more. */
  broken(): Error | undefined;
  close(): Promise<void>;
}

const WAIT_MS = 30_000;
const INT8 = 20;
const DATE = 1082;

/** int8 as a number, as counts are meant; a day as its text, since a Date would shift it by the local zone. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") => {
    if (oid === INT8) return exactNumber;
    if (oid === DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format as "text");
  }) as typeof pg.types.getTypeParser,
};

function exactNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${text} is beyond exact numbers; select it as text`);
  return value;
}

export async function connect(options: { url: string; folder: string; log: Log }): Promise<Connections> {
  return options.url === "pglite" ? connectPGlite(options) : connectServer(options);
}

async function connectPGlite({ folder, log }: { folder: string; log: Log }): Promise<Connections> {
  const engine: PGliteEngine = await startPGlite(folder);
  let reason: Error | undefined;
  engine.onBroken((error) => {
    reason = error;
    log.error({ err: error }, "the records store stopped");
  });
  engine.onTrouble((reason) =>
    log.warn({ reason }, "upkeep of the records store failed and will be tried again"),
  );
  // One connection: PGlite has one session, and the pool's queue is the queue of transactions.
  const pool = new pg.Pool({
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: WAIT_MS,
    user: "postgres",
    database: "postgres",
    ssl: false,
    stream: () => engine.socket(),
    types,
  });
  pool.on("error", (error) => log.error({ err: error }, "the connection to the records store broke"));
  return {
    dialect: "pglite",
    pool,
    syncs: () => engine.syncs(),
    broken: () => reason,
    async close() {
      await pool.end();
      await engine.close();
    },
  };
}

async function connectServer({ url, log }: { url: string; log: Log }): Promise<Connections> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: WAIT_MS,
    application_name: "lianfang",
    types,
  });
  pool.on("error", (error) => log.warn({ err: error }, "an idle connection to the records server broke"));
  try {
    await pool.query("select 1");
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    dialect: "postgres",
    pool,
    syncs: async () => undefined,
    broken: () => undefined,
    close: () => pool.end(),
  };
}
