import { randomUUID } from "node:crypto";
import { type Clock, millis } from "../../core/instant.ts";
import type { Log } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { OpenRecords } from "../records/open.ts";
import { liveBus } from "./bus.ts";
import { Delivery } from "./delivery.ts";
import type { Bus, Subscriber } from "./subscriber.ts";

/** The running outbox: live copies for streams, remembered delivery for subscribers. */
export interface Outbox {
  readonly bus: Bus;
  /** Begins delivery to these; a name seen for the first time gets everything the outbox still holds. */
  deliverTo(subscribers: readonly Subscriber[]): Promise<void>;
  /** Resolves when every subscriber has had everything that is committed. Waits on while one keeps failing. */
  idle(): Promise<void>;
  /** Waits for the handlers under way, then remembers how far each subscriber came. */
  stop(): Promise<void>;
}

export interface OutboxOptions {
  readonly records: OpenRecords;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly subscribers?: readonly Subscriber[];
  /** Milliseconds to wait after the n-th failure in a row; doubles from one second to five minutes by default. */
  readonly retryAfter?: (failures: number) => number;
}

const PRUNE_MS = 60_000;
/** How soon events that another process committed are found; one process alone is woken by its own commits. */
const POLL_MS = 2_000;
const SEEN_MS = 3_600_000;
const FORGET_DAYS = 14;

export function startOutbox(options: OutboxOptions): Outbox {
  return new RunningOutbox(options);
}

class RunningOutbox implements Outbox {
  readonly bus: Bus;
  private readonly options: OutboxOptions;
  private readonly log: Log;
  private readonly deliveries: Delivery[] = [];
  private readonly process = randomUUID();
  private readonly undo: (() => void)[] = [];
  private pruning: Promise<void> = Promise.resolve();
  private starting: Promise<void> = Promise.resolve();
  private seenAt = 0;
  private stopped = false;

  constructor(options: OutboxOptions) {
    this.options = options;
    this.log = options.log.child({ part: "outbox" });
    const bus = liveBus(this.log);
    this.bus = bus;
    this.undo.push(
      options.records.onCommit((events) => {
        for (const event of events) bus.tell(event);
        const topics = new Set(events.map((event) => event.topic));
        for (const delivery of this.deliveries) if (delivery.wants(topics)) delivery.wake();
      }),
    );
    const pruner = setInterval(() => {
      this.pruning = this.prune();
    }, PRUNE_MS).unref();
    this.undo.push(() => clearInterval(pruner));
    if (options.records.dialect === "postgres") {
      const poller = setInterval(() => {
        for (const delivery of this.deliveries) delivery.wake();
      }, POLL_MS).unref();
      this.undo.push(() => clearInterval(poller));
    }
    if (options.subscribers !== undefined) void this.deliverTo(options.subscribers);
  }

  deliverTo(subscribers: readonly Subscriber[]): Promise<void> {
    const begun = this.starting.then(() => this.begin(subscribers));
    this.starting = begun.catch((error: unknown) => {
      this.log.error({ err: error }, "the outbox could not begin to deliver");
    });
    return begun;
  }

  async idle(): Promise<void> {
    await this.starting;
    while (this.deliveries.some((delivery) => delivery.busy)) {
      await Promise.all(this.deliveries.map((delivery) => delivery.settled()));
    }
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    for (const undo of this.undo) undo();
    await this.starting;
    await Promise.all(this.deliveries.map((delivery) => delivery.stop()));
    await this.pruning;
    await this.prune();
  }

  private async begin(subscribers: readonly Subscriber[]): Promise<void> {
    const { records, clock, metrics, retryAfter } = this.options;
    for (const subscriber of subscribers) {
      if (this.deliveries.some((delivery) => delivery.name === subscriber.name)) {
        throw new Error(`two subscribers are named ${subscriber.name}`);
      }
      const delivery = new Delivery(subscriber, {
        records,
        log: this.log,
        metrics,
        retryAfter: retryAfter ?? doubling,
        process: this.process,
        shared: records.dialect === "postgres",
      });
      await delivery.begin(clock.now());
      this.deliveries.push(delivery);
      delivery.wake();
    }
  }

  /** Drops what everyone has had. */
  private async prune(): Promise<void> {
    const { records, clock } = this.options;
    const now = clock.now();
    try {
      for (const delivery of this.deliveries) await delivery.passBy();
      if (millis(now) - this.seenAt > SEEN_MS) {
        const rows = this.deliveries.map((delivery) => delivery.row);
        await records.platformOnly.execute(
          "update outbox_subscriber set seen_at = $1 where name = any ($2)",
          [now, rows],
        );
        this.seenAt = millis(now);
      }
      await records.platformOnly.execute(
        "delete from outbox_subscriber where everywhere and held_until <= clock_timestamp()",
      );
      // A subscriber of a system that was switched off long ago holds nothing back; one that is only failing does.
      await records.platformOnly.execute(
        `delete from outbox where position <= (
           select min(position) from outbox_subscriber where seen_at > $1::timestamptz - make_interval(days => $2))`,
        [now, FORGET_DAYS],
      );
    } catch (error) {
      this.log.error({ err: error }, "the outbox could not be pruned");
    }
  }
}

function doubling(failures: number): number {
  return Math.min(1_000 * 2 ** (failures - 1), 300_000);
}
