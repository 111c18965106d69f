import type { PGlite } from "@electric-sql/pglite";
import type { DurableFolder } from "./durable-folder.ts";

const CHECKPOINT_BYTES = 48 * 2 ** 20;
const CHECKPOINT_AFTER_MS = 5 * 60_000;
const TICK_MS = 30_000;

/** Tables whose dead or changed rows outgrew the thresholds that PostgreSQL's own autovacuum uses. */
const TIRED_TABLE = `
  select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables
  where n_dead_tup > 50 + 0.2 * n_live_tup or n_mod_since_analyze > 500 + 0.1 * n_live_tup
  order by n_dead_tup desc limit 1`;

/**
 * What the background processes of a PostgreSQL server do and the single-user engine has not: checkpoints, so
 * that the log does not grow without end and recovery stays short, and vacuum, one tired table at a time.
 */
export class Housekeeping {
  private readonly pg: PGlite;
  private readonly folder: DurableFolder;
  private timer: NodeJS.Timeout | undefined;
  private walAtCheckpoint = 0;
  /** Where the log stood when no table was tired; an idle store is not asked again. */
  private walAtRest = -1;
  private checkpointAt: number;
  private readonly now: () => number;

  constructor(pg: PGlite, folder: DurableFolder, now: () => number = () => performance.now()) {
    this.pg = pg;
    this.folder = folder;
    this.now = now;
    this.checkpointAt = now();
  }

  /** `enqueue` puts a task between two messages, never inside one. */
  start(enqueue: (task: () => Promise<void>) => void): void {
    this.timer = setInterval(() => enqueue(() => this.tick()), TICK_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async afterWork(): Promise<void> {
    if (this.folder.walBytes - this.walAtCheckpoint > CHECKPOINT_BYTES) await this.checkpoint();
  }

  private async tick(): Promise<void> {
    const waited = this.now() - this.checkpointAt;
    if (this.folder.walBytes > this.walAtCheckpoint && waited > CHECKPOINT_AFTER_MS) await this.checkpoint();
    if (this.pg.isInTransaction() || this.folder.walBytes === this.walAtRest) return;
    await this.pg.exec("select pg_stat_force_next_flush()");
    const tired = (await this.pg.query<{ name: string }>(TIRED_TABLE)).rows[0];
    if (tired !== undefined) await this.pg.exec(`vacuum (analyze) ${tired.name}`);
    else this.walAtRest = this.folder.walBytes;
  }

  private async checkpoint(): Promise<void> {
    if (this.pg.isInTransaction()) return;
    await this.pg.exec("checkpoint");
    this.walAtCheckpoint = this.folder.walBytes;
    this.checkpointAt = this.now();
  }
}
