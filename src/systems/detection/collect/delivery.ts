import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../../core/problem.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import type { Log } from "../../../platform/log/log.ts";
import { unframed } from "../pipeline/framed.ts";
import { isStoreTrouble, type StoreHealth } from "./health.ts";
import type { IncomingBatch } from "./ingest.ts";
import type { IngestMetrics } from "./metrics.ts";
import { pause } from "./pause.ts";
import type { Source } from "./sources.ts";
import type { Spool, TakenBlock } from "./spool.ts";
import type { Block } from "./spool-format.ts";
import type { Tally } from "./tally.ts";

export interface DeliveryParts {
  ingest(source: Source, batch: IncomingBatch): Promise<unknown>;
  readonly spool: Spool;
  readonly health: StoreHealth;
  readonly tally: Tally;
  readonly metrics: IngestMetrics;
  readonly log: Log;
  /** Where batches lie that can never be stored. */
  readonly folder: string;
  /** Waits between attempts, the last one repeated. */
  readonly retryMillis?: readonly number[];
}

const RETRY_MILLIS = [100, 500, 2_000, 5_000, 15_000, 30_000];
const IN_FLIGHT = 3;
/** A batch that fails so often between others that are stored is what is wrong, not the stores. */
const MOST_FAILURES = 8;

/** Brings batches to the stores, those of the spool in order for each source, and knows when one can never be stored. */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #stopping = new AbortController();
  readonly #flying = new Set<Promise<void>>();
  readonly #bySource = new Map<string, Promise<void>>();
  #stored = 0;
  #draining: Promise<void> | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Begins to empty the spool, and goes on until `stop`. */
  start(): void {
    this.#draining ??= this.#drain();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#draining;
    await Promise.all(this.#flying);
  }

  /** Whether the batch is settled: stored, or set aside because it never can be. */
  async tryOnce(block: Block): Promise<boolean> {
    return (await this.#attempt(block)) === undefined;
  }

  async #drain(): Promise<void> {
    const { spool, log } = this.#parts;
    const { signal } = this.#stopping;
    const stopped = new Promise<void>((done) => signal.addEventListener("abort", () => done()));
    while (!signal.aborted) {
      try {
        const block = await spool.take();
        if (block === undefined) await Promise.race([spool.more(), stopped]);
        else await this.#launch(block, stopped);
      } catch (error) {
        log.error({ err: error }, "the spool could not be read; trying again");
        await pause(5_000, signal);
      }
    }
  }

  async #launch(block: TakenBlock, stopped: Promise<void>): Promise<void> {
    const { orgId, name } = block.meta.source;
    const key = `${orgId}\n${name}`;
    // One after the other for a source; a few at a time of different ones.
    await Promise.race([this.#bySource.get(key), stopped]);
    while (this.#flying.size >= IN_FLIGHT && !this.#stopping.signal.aborted)
      await Promise.race([...this.#flying, stopped]);
    if (this.#stopping.signal.aborted) return;
    const flight: Promise<void> = this.#see(block).finally(() => {
      this.#flying.delete(flight);
      if (this.#bySource.get(key) === flight) this.#bySource.delete(key);
    });
    this.#flying.add(flight);
    this.#bySource.set(key, flight);
  }

  /** Tries until the batch is settled; broken off by the stop, it stays in the spool. */
  async #see(block: TakenBlock): Promise<void> {
    const pauses = this.#parts.retryMillis ?? RETRY_MILLIS;
    let stored = this.#stored;
    let alone = 0;
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
      const error = await this.#attempt(block);
      if (error === undefined) return this.#settled(block);
      if (this.#stored > stored) alone++;
      stored = this.#stored;
      if (alone >= MOST_FAILURES) {
        await this.#setAside(block, error);
        return this.#settled(block);
      }
      await pause(pauses[Math.min(attempt, pauses.length - 1)] ?? 0, this.#stopping.signal);
    }
  }

  async #settled(block: TakenBlock): Promise<void> {
    await this.#parts.spool.done(block);
    this.#parts.metrics.spool(this.#parts.spool.lines, this.#parts.spool.bytes);
  }

  /** The failure that may pass; undefined when the batch is settled. */
  async #attempt(block: Block): Promise<unknown> {
    const { ingest, health, log } = this.#parts;
    const { source, key, sentBy, receivedAt, framed } = block.meta;
    const { bytes } = block;
    try {
      const batch = {
        bytes,
        format: "lines",
        firstLine: 1,
        key,
        sha256: sha256Hex(bytes),
        sentBy,
        receivedAt,
        ...(framed && { framed }),
      } as const;
      await ingest(source, batch);
      this.#stored++;
      health.worked();
      return undefined;
    } catch (error) {
      if (error instanceof Problem && error.code !== "ingest.busy") {
        await this.#setAside(block, error);
        return undefined;
      }
      if (!(error instanceof Problem) && isStoreTrouble(error)) {
        if (!health.failing)
          log.warn({ err: error, source: source.name }, "a batch could not be stored; it is tried again");
        health.failed(error);
      }
      return error;
    }
  }

  async #setAside(block: Block, error: unknown): Promise<void> {
    const { source, lines, key } = block.meta;
    const { folder, log, metrics, tally } = this.#parts;
    const file = join(folder, `${sha256Hex(key).slice(0, 16)}.log`);
    log.error(
      { err: error, source: source.name, lines, file },
      "lines that can never be stored were set aside",
    );
    metrics.dropped(source.channel, lines);
    tally.add(source, { dropped: lines });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const bytes = block.meta.framed ? unframed(Buffer.from(block.bytes)) : block.bytes;
    await appendFile(file, bytes, { mode: 0o600 }).catch((failure: unknown) =>
      log.error({ err: failure, file }, "they could not be written there, either"),
    );
  }
}
