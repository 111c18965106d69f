import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "../../../core/problem.ts";
import { sha256Hex, uuidV7 } from "../../../platform/crypto/digest.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { IncomingBatch } from "./ingest.ts";
import type { IngestMetrics } from "./metrics.ts";
import type { Source } from "./sources.ts";

const FLUSH_LINES = 1_000;
const FLUSH_MILLIS = 250;
const MOST_LINES = 20_000;
const MOST_BYTES = 32 * 2 ** 20;
/** Waits between attempts of a batch, the last one repeated; about three minutes in all. */
const RETRY_MILLIS = [100, 500, 2_000, 5_000, 15_000, 30_000, 60_000, 60_000];
const LF = Uint8Array.of(10);

export interface IntakeParts {
  ingest(source: Source, batch: IncomingBatch): Promise<unknown>;
  refused(source: Source, count: number, reason: string): Promise<void>;
  readonly metrics: IngestMetrics;
  readonly log: Log;
  /** Waits between attempts; the default fits a running node. */
  readonly retryMillis?: readonly number[];
  readonly maxLines?: number;
}

/** Lines of one source that wait, and whether a batch of it is on its way. */
interface Lane {
  readonly source: Source;
  readonly waiting: { bytes: Uint8Array; sentBy: string }[];
  timer: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
}

/**
 * Gathers lines into batches of up to 1,000 or 250 ms, source by source, and sees each batch through. Bounded: when
 * 20,000 lines or 32 MiB wait, `offer` says so and the sender is held back or its line let go and counted.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #lanes = new Map<string, Lane>();
  readonly #listeners: (() => void)[] = [];
  readonly #stopping = new AbortController();
  #lines = 0;
  #bytes = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  get full(): boolean {
    return this.#lines >= (this.#parts.maxLines ?? MOST_LINES) || this.#bytes >= MOST_BYTES;
  }

  /** Takes a line unless it is full. */
  offer(source: Source, sentBy: string, bytes: Uint8Array): boolean {
    if (this.full) return false;
    const lane = this.#laneOf(source);
    lane.waiting.push({ bytes, sentBy });
    this.#lines++;
    this.#bytes += bytes.length;
    this.#parts.metrics.waiting(this.#lines);
    if (lane.waiting.length >= FLUSH_LINES) this.#flush(lane);
    else lane.timer ??= setTimeout(() => this.#flush(lane), FLUSH_MILLIS);
    return true;
  }

  /** Calls back once there is room again. */
  onRoom(listener: () => void): void {
    if (this.full) this.#listeners.push(listener);
    else listener();
  }

  /** Stores what waits; what cannot be stored at the first attempt now is given up and counted. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const lane of this.#lanes.values()) this.#flush(lane);
    while (true) {
      const running = [...this.#lanes.values()].flatMap((lane) =>
        lane.running === undefined ? [] : [lane.running],
      );
      if (running.length === 0) return;
      await Promise.all(running);
    }
  }

  #laneOf(source: Source): Lane {
    const key = `${source.orgId}\n${source.name}\n${source.parser}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { source, waiting: [], timer: undefined, running: undefined };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #flush(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    if (lane.running !== undefined || lane.waiting.length === 0) return;
    const lines = lane.waiting.splice(0, FLUSH_LINES);
    lane.running = this.#see(lane.source, lines).then(() => {
      lane.running = undefined;
      if (lane.waiting.length > 0) this.#flush(lane);
    });
  }

  async #see(source: Source, lines: readonly { bytes: Uint8Array; sentBy: string }[]): Promise<void> {
    const bytes = Buffer.concat(lines.flatMap((line) => [line.bytes, LF]));
    const batch: IncomingBatch = {
      bytes,
      format: "lines",
      firstLine: 1,
      key: `syslog/${uuidV7()}`,
      sha256: sha256Hex(bytes),
      sentBy: lines[0]?.sentBy ?? "",
    };
    await this.#persist(source, batch, lines.length);
    this.#lines -= lines.length;
    this.#bytes -= bytes.length - lines.length;
    this.#parts.metrics.waiting(this.#lines);
    if (!this.full) for (const listener of this.#listeners.splice(0)) listener();
  }

  /** The same batch under the same key until it is stored: an attempt that only seemed to fail stores nothing twice. */
  async #persist(source: Source, batch: IncomingBatch, lines: number): Promise<void> {
    const pauses = this.#parts.retryMillis ?? RETRY_MILLIS;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#parts.ingest(source, batch);
        return;
      } catch (error) {
        const pause = pauses[attempt];
        const busy = error instanceof Problem && error.code === "ingest.busy";
        if (pause === undefined || (this.#stopping.signal.aborted && !busy)) {
          this.#parts.log.error(
            { err: error, source: source.name, lines },
            "a batch of syslog lines is lost: it cannot be stored",
          );
          this.#parts.metrics.dropped(lines);
          await this.#parts.refused(source, lines, "could not be stored").catch(() => undefined);
          return;
        }
        if (attempt === 0 && !busy)
          this.#parts.log.warn(
            { err: error, source: source.name },
            "a batch could not be stored; trying again",
          );
        await wait(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }
}
