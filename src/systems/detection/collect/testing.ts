import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scope } from "../../../core/scope.ts";
import { Config } from "../../../platform/config/config.ts";
import { EVENT_STORES, type FreshEvents } from "../../../platform/events/testing.ts";
import { createLog, type Log } from "../../../platform/log/log.ts";
import { createMetrics, type Metrics } from "../../../platform/metrics/metrics.ts";
import {
  DATABASES,
  type FreshRecords,
  type TestClock,
  testClock,
  testScope,
} from "../../../platform/records/testing.ts";
import { LOG_TABLE } from "../pipeline/log-table.ts";
import { PipelinePool } from "../pipeline/pool.ts";
import type { RuleFolders } from "../pipeline/rules.ts";
import { Delivery, type DeliveryParts } from "./delivery.ts";
import { StoreHealth } from "./health.ts";
import { Ingest, type IngestParts } from "./ingest.ts";
import { Intake } from "./intake.ts";
import { type IngestMetrics, ingestMetrics } from "./metrics.ts";
import { Spool, type SpoolOptions } from "./spool.ts";
import { Tally } from "./tally.ts";

/** The rules that the product ships. */
export const FOLDERS: RuleFolders = {
  rules: fileURLToPath(new URL("../../../../content/detection-rules/", import.meta.url)),
  pipelines: fileURLToPath(new URL("../../../../content/sigma-pipelines/", import.meta.url)),
};

export const SYSTEMS = [
  { name: "members", migrations: new URL("../../members/migrations/", import.meta.url) },
  { name: "detection", migrations: new URL("../migrations/", import.meta.url) },
];

/** Everything that logs pass through, real, and empty. */
export interface Workshop {
  readonly records: FreshRecords;
  readonly events: FreshEvents;
  readonly pool: PipelinePool;
  readonly clock: TestClock;
  readonly metrics: Metrics;
  readonly log: Log;
  /** What was logged, line by line. */
  readonly logged: string[];
  readonly config: Config;
  /** An ingest over these parts, some of them replaced. */
  ingestWith(parts?: Partial<IngestParts>): Ingest;
  /** Counts the stored rows of an organisation. */
  stored(orgId: string): Promise<{ rows: number; distinct: number }>;
  /** What is still open of a test that failed, since the process would not end with it; `dispose` ends it. */
  readonly open: Set<() => Promise<void>>;
  dispose(): Promise<void>;
}

export async function openWorkshop(database = DATABASES[0]): Promise<Workshop> {
  const [store] = EVENT_STORES;
  if (database === undefined || store === undefined) throw new Error("no store to test with");
  const clock = testClock("2026-11-23T03:00:00.000Z");
  const records = await database.fresh(SYSTEMS, { clock });
  const events = await store.fresh();
  await events.createTable(LOG_TABLE);
  const pool = new PipelinePool({ folders: FOLDERS });
  const metrics = createMetrics();
  const logged: string[] = [];
  const log = createLog({ level: "debug", write: (line) => void logged.push(line) });
  const scope: Scope = {
    ...testScope({ clearance: "red", permissions: ["logs:ingest"], purpose: "job:ingest" }),
    actor: { kind: "job", id: "ingest", name: "ingest" },
  };
  const open = new Set<() => Promise<void>>();
  return {
    records,
    events,
    open,
    pool,
    clock,
    metrics,
    log,
    logged,
    config: Config.parse({}),
    ingestWith: (parts = {}) =>
      new Ingest({
        records,
        events,
        pool,
        clock,
        metrics: ingestMetrics(metrics),
        scope: async () => scope,
        ...parts,
      }),
    async stored(orgId) {
      const [row] = await events.query<{ rows: string; ids: string }>({
        sql: `SELECT count() AS rows, uniqExact(event_id) AS ids FROM ${LOG_TABLE.name} WHERE org_id = {org:UUID}`,
        params: { org: orgId },
      });
      return { rows: Number(row?.rows ?? 0), distinct: Number(row?.ids ?? 0) };
    },
    async dispose() {
      for (const stop of open) await stop();
      await pool.close();
      await events.dispose();
      await records.dispose();
    },
  };
}

export interface TestIntake {
  readonly intake: Intake;
  readonly delivery: Delivery;
  readonly spool: Spool;
  readonly tally: Tally;
  readonly health: StoreHealth;
  readonly metrics: IngestMetrics;
  /** Stops; what is in the spool stays in the folder. */
  stop(): Promise<void>;
}

/** An intake with a spool, its delivery under way. Without `folder` the spool is in one of its own that goes with it. */
export async function openIntake(
  shop: Workshop,
  given: {
    ingest?: DeliveryParts["ingest"];
    folder?: string;
    limitBytes?: number;
    maxLines?: number;
    metrics?: IngestMetrics;
  } & Pick<SpoolOptions, "onFound" | "checkpoint"> = {},
): Promise<TestIntake> {
  const { log, clock } = shop;
  const ingest = shop.ingestWith();
  const metrics = given.metrics ?? ingestMetrics(shop.metrics);
  const folder = given.folder ?? mkdtempSync(join(tmpdir(), "lianfang-spool-"));
  const health = new StoreHealth(clock, folder);
  const tally = new Tally({ count: ingest.count.bind(ingest), log });
  const spool = await Spool.open({
    folder,
    limitBytes: given.limitBytes ?? 2 ** 26,
    log,
    ...(given.onFound && { onFound: given.onFound }),
    ...(given.checkpoint && { checkpoint: given.checkpoint }),
  });
  const delivery = new Delivery({
    ingest: given.ingest ?? ingest.ingest.bind(ingest),
    spool,
    health,
    tally,
    metrics,
    log,
    folder: join(folder, "set-aside"),
    retryMillis: [5, 20],
  });
  delivery.start();
  const { maxLines } = given;
  const parts = { delivery, spool, tally, metrics, clock, log, againMillis: 10 };
  const intake = new Intake({ ...parts, ...(maxLines !== undefined && { maxLines }) });
  const stop = async () => {
    shop.open.delete(stop);
    await intake.stop();
    await delivery.stop();
    await spool.close();
    await tally.flush();
    if (given.folder === undefined) rmSync(folder, { recursive: true });
  };
  shop.open.add(stop);
  return { intake, delivery, spool, tally, health, metrics, stop };
}

/** Asks until the answer is right; fails with the last one after ten seconds. */
export async function eventually<T>(ask: () => Promise<T> | T, right: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (true) {
    const answer = await ask();
    if (right(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)} after ten seconds`);
    await new Promise((next) => setTimeout(next, 20));
  }
}
