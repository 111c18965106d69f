import type { Clock, Instant } from "../../../core/instant.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import type { Log } from "../../../platform/log/log.ts";
import { BATCH_LINES, choiceOf } from "../pipeline/batch.ts";
import { type Frame, frame } from "../pipeline/framed.ts";
import type { Delivery } from "./delivery.ts";
import { holdBack, type Waiting } from "./hold.ts";
import type { IngestMetrics } from "./metrics.ts";
import { pause } from "./pause.ts";
import type { Source } from "./sources.ts";
import { type Spool, SpoolFull } from "./spool.ts";
import type { Block } from "./spool-format.ts";
import type { Tally } from "./tally.ts";

const FLUSH_MILLIS = 250;
/** While lines go over the disk, more of them go at a time. */
const SPOOL_FLUSH_MILLIS = 1_000;
const MOST_LINES = 100_000;
/** Of the lines that may wait, what one batch takes at most, so that others gather while it is stored. */
const SHARE = 4;
const MOST_BYTES = 32 * 2 ** 20;
const LANE_BYTES = MOST_BYTES / SHARE;
const AGAIN_MILLIS = 1_000;

export interface IntakeParts {
  readonly delivery: Delivery;
  readonly spool: Spool;
  readonly tally: Tally;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxLines?: number;
  /** Wait between attempts while neither the stores nor the spool take a batch. */
  readonly againMillis?: number;
}

interface WaitingLine extends Waiting {
  readonly sentBy: string;
  readonly at: Instant;
}

/** Lines of one source that wait, and whether a batch of it is on its way. */
interface Lane {
  readonly source: Source;
  readonly waiting: WaitingLine[];
  waitingBytes: number;
  timer: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
}

/**
 * Gathers what comes within 250 ms into a batch, source by source in order, and stores it, so that batches grow with the
 * load, up to 25,000 lines or 8 MiB: large ones pack better and cost less a line. While the stores are away or slow, the
 * batches go to the spool. Bounded: when 100,000 lines or 32 MiB wait in memory, `offer` says so and the sender is held
 * back or its line let go and counted.
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
    return this.#lines >= this.#most || this.#bytes >= MOST_BYTES;
  }

  /** Takes a line unless it is full. */
  offer(source: Source, sentBy: string, bytes: Uint8Array): boolean {
    if (this.full) return false;
    const lane = this.#laneOf(source);
    lane.waiting.push({ bytes, sentBy, at: this.#parts.clock.now(), held: 0 });
    this.#lines++;
    this.#bytes += bytes.length;
    lane.waitingBytes += bytes.length;
    this.#parts.metrics.waiting(this.#lines);
    if (this.#makesBatch(lane)) this.#flush(lane);
    else this.#flushSoon(lane);
    return true;
  }

  /** Whether as much waits as one batch may hold. */
  #makesBatch(lane: Lane): boolean {
    return lane.waiting.length >= this.#batchLines || lane.waitingBytes >= LANE_BYTES;
  }

  get #batchLines(): number {
    return Math.max(1, Math.min(BATCH_LINES, Math.floor(this.#most / SHARE)));
  }

  #flushSoon(lane: Lane): void {
    const within = this.#parts.spool.lines > 0 ? SPOOL_FLUSH_MILLIS : FLUSH_MILLIS;
    if (lane.running === undefined) lane.timer ??= setTimeout(() => this.#flush(lane), within);
  }

  /** Calls back once there is room again. */
  onRoom(listener: () => void): void {
    if (this.full) this.#listeners.push(listener);
    else listener();
  }

  /** Stores what waits, in the spool if need be; only what neither takes now is given up, counted and told. */
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

  get #most(): number {
    return this.#parts.maxLines ?? MOST_LINES;
  }

  #laneOf(source: Source): Lane {
    const key = `${source.orgId}\n${source.name}\n${choiceOf(source)}\n${source.encoding ?? ""}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { source, waiting: [], waitingBytes: 0, timer: undefined, running: undefined };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #flush(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    if (lane.running !== undefined || lane.waiting.length === 0) return;
    let bytes = 0;
    const many = lane.waiting.findIndex((line, at) => {
      bytes += line.bytes.length;
      return at === this.#batchLines || (at > 0 && bytes > LANE_BYTES);
    });
    const taken = lane.waiting.splice(0, many < 0 ? lane.waiting.length : many);
    const { lines, framed } = this.#whole(lane, taken);
    for (const line of lines) lane.waitingBytes -= line.bytes.length;
    if (lines.length === 0) {
      this.#flushSoon(lane);
      return;
    }
    lane.running = this.#see(lane.source, lines, framed).then(() => {
      lane.running = undefined;
      if (lane.waiting.length === 0) return;
      // What gathered meanwhile grows for a while longer, unless it is a batch already or the node stops.
      if (this.#makesBatch(lane) || this.#stopping.signal.aborted) this.#flush(lane);
      else this.#flushSoon(lane);
    });
  }

  /** What of the lines goes now, without those whose event is not over; these wait on, unless there is no room or no time. */
  #whole(
    lane: Lane,
    taken: readonly WaitingLine[],
  ): { readonly lines: readonly WaitingLine[]; readonly framed: Frame } {
    const framed = frame(taken.map(({ bytes }) => bytes));
    if (this.full || this.#stopping.signal.aborted) return { lines: taken, framed };
    const { now, later } = holdBack(taken, framed.bytes, lane.source.parser);
    if (later.length === 0) return { lines: taken, framed };
    lane.waiting.splice(0, 0, ...later);
    return { lines: now, framed: frame(now.map(({ bytes }) => bytes)) };
  }

  async #see(source: Source, lines: readonly WaitingLine[], { bytes, framed }: Frame): Promise<void> {
    const waited = lines.reduce((sum, line) => sum + line.bytes.length, 0);
    const [first] = lines;
    const meta = {
      key: `syslog/${uuidV7()}`,
      source,
      sentBy: first?.sentBy ?? "",
      receivedAt: first?.at ?? this.#parts.clock.now(),
      lines: lines.length,
      ...(framed && { framed }),
    };
    await this.#keep({ meta, bytes });
    this.#lines -= lines.length;
    this.#bytes -= waited;
    this.#parts.metrics.waiting(this.#lines);
    if (!this.full) for (const listener of this.#listeners.splice(0)) listener();
  }

  /** Resolves when the batch is stored or in the spool. The order of a source's lines is kept: none overtakes the spool. */
  async #keep(block: Block): Promise<void> {
    const { delivery, spool, log } = this.#parts;
    const { source, lines } = block.meta;
    for (let attempt = 0; ; attempt++) {
      const slow = this.#lines > this.#most / 2;
      if (spool.lines === 0 && !(slow && attempt === 0) && (await delivery.tryOnce(block))) return;
      try {
        await spool.append(block.meta, block.bytes);
        this.#parts.metrics.spooled(source.channel, lines);
        this.#parts.tally.add(source, { spooled: lines });
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) {
          log.error(
            { err: error, source: source.name, lines },
            "syslog lines are lost at the stop: neither the stores nor the spool take them",
          );
          this.#parts.metrics.dropped(source.channel, lines);
          this.#parts.tally.add(source, { dropped: lines });
          return;
        }
        const message =
          error instanceof SpoolFull
            ? "the spool is full; senders are held back"
            : "the spool cannot be written; senders are held back";
        if (attempt % 60 === 0) log.error({ err: error, source: source.name }, message);
      }
      await pause(this.#parts.againMillis ?? AGAIN_MILLIS, this.#stopping.signal);
    }
  }
}
