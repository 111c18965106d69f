import { randomUUID } from "node:crypto";
import { PgBoss } from "pg-boss";
import type { Scope } from "../../core/scope.ts";
import type { Log } from "../log/log.ts";
import type { OpenRecords } from "../records/open.ts";
import type { Job, Jobs } from "./job.ts";

const SCHEMA = "pgboss";
/** How often an idle queue is looked at; nothing here is more urgent than the minute of its cron. */
const POLL_SECONDS = 5;
/** `short`: of one key only one job waits at a time, which is what `once` promises. */
const QUEUE = {
  policy: "short" as const,
  retryLimit: 5,
  retryDelay: 2,
  retryBackoff: true,
  expireInSeconds: 600,
  retentionSeconds: 86_400,
};

/** Jobs on pg-boss, in a schema of its own in the records store: the embedded one or a server, by the same SQL. */
export function openJobs(options: {
  records: OpenRecords;
  log: Log;
  /** How often a queue is looked at; half a second at least. */
  pollSeconds?: number;
}): Jobs {
  return new BossJobs(
    options.records,
    options.log.child({ part: "jobs" }),
    options.pollSeconds ?? POLL_SECONDS,
  );
}

class BossJobs implements Jobs {
  private readonly boss: PgBoss;
  private readonly log: Log;
  private readonly stopping = new AbortController();
  private readonly pollSeconds: number;
  private started = false;

  constructor(records: OpenRecords, log: Log, pollSeconds: number) {
    this.log = log;
    this.pollSeconds = pollSeconds;
    this.boss = new PgBoss({
      schema: SCHEMA,
      backend: records.dialect === "pglite" ? "pglite" : "postgres",
      db: { executeSql: (text, values) => records.platformOnly.execute(text, values) },
      superviseIntervalSeconds: 60,
      maintenanceIntervalSeconds: 3600,
      monitorIntervalSeconds: 60,
      cronMonitorIntervalSeconds: 30,
      cronWorkerIntervalSeconds: POLL_SECONDS,
      queueCacheIntervalSeconds: 60,
      reindex: false,
      monitorVacuum: false,
    });
    this.boss.on("error", (error: Error) => log.error({ err: error }, "job queue"));
  }

  async start(jobs: readonly Job[], scopeFor: (job: Job) => Promise<Scope>): Promise<void> {
    await this.boss.start();
    this.started = true;
    for (const job of jobs) {
      await this.boss.createQueue(job.name, QUEUE);
      await this.boss.work(job.name, { pollingIntervalSeconds: this.pollSeconds }, async (waiting) => {
        for (const { data } of waiting) await this.run(job, data, scopeFor);
      });
    }
    await this.keepSchedules(jobs);
  }

  /** The stored schedules are exactly those of this program's jobs. */
  private async keepSchedules(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      if (job.cron !== undefined) await this.boss.schedule(job.name, job.cron, {}, { tz: "UTC" });
    }
    const wanted = new Set(jobs.filter((job) => job.cron !== undefined).map((job) => job.name));
    for (const { name } of await this.boss.getSchedules()) {
      if (!wanted.has(name)) await this.boss.unschedule(name);
    }
  }

  private async run(job: Job, data: unknown, scopeFor: (job: Job) => Promise<Scope>): Promise<void> {
    try {
      await job.run({ scope: await scopeFor(job), data, signal: this.stopping.signal });
    } catch (error) {
      this.log.error({ err: error, job: job.name }, "job failed, will be tried again");
      throw error;
    }
  }

  async send(
    name: string,
    data: unknown,
    options: { startAfter?: string; once?: string } = {},
  ): Promise<void> {
    await this.boss.send(name, data as object, {
      ...(options.startAfter === undefined ? {} : { startAfter: options.startAfter }),
      singletonKey: options.once ?? randomUUID(),
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.started) await this.boss.stop({ graceful: true, timeout: 10_000, close: false });
  }
}
