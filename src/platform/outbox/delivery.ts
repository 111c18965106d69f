import { setTimeout as wait } from "node:timers/promises";
import type { Instant } from "../../core/instant.ts";
import { tlpOfRank } from "../../core/tlp.ts";
import type { Log } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { OpenRecords } from "../records/open.ts";
import type { Delivered, Subscriber } from "./subscriber.ts";

interface Means {
  readonly records: OpenRecords;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  readonly retryAfter: (failures: number) => number;
  /** This process among those on one store. */
  readonly process: string;
  /** Whether the store may have several processes, so that one must be chosen to deliver. */
  readonly shared: boolean;
}

const BATCH = 50;
/** A process that says nothing for so long has died. */
const LEASE_SECONDS = 30;
const RENEW_MS = 10_000;
/** So long the outbox is kept for a process that says nothing; what it keeps in memory may be stale after that. */
const EVERYWHERE_SECONDS = 3_600;

/** One subscriber's way through the outbox. */
export class Delivery {
  readonly name: string;
  private readonly subscriber: Subscriber;
  private readonly means: Means;
  private readonly stopping = new AbortController();
  /** Its row; where every process gets each event, every process has its own. */
  readonly row: string;
  private position = 0;
  private remembered = 0;
  private failures = 0;
  private awake = false;
  private running: Promise<void> | undefined;

  constructor(subscriber: Subscriber, means: Means) {
    this.name = subscriber.name;
    this.subscriber = subscriber;
    this.means = means;
    this.row = this.everywhere ? `${subscriber.name}@${means.process}` : subscriber.name;
  }

  /** Goes on from where it came to; a row that is new gets everything the outbox still holds. */
  async begin(now: Instant): Promise<void> {
    const { rows } = await this.means.records.platformOnly.execute(
      `insert into outbox_subscriber (name, position, seen_at, everywhere, held_until)
       values ($1, 0, $2, $3, case when $3 then clock_timestamp() + make_interval(secs => $4) end)
       on conflict (name) do update set seen_at = excluded.seen_at returning position`,
      [this.row, now, this.everywhere, EVERYWHERE_SECONDS],
    );
    this.position = this.remembered = Number(rows[0]?.["position"] ?? 0);
  }

  get busy(): boolean {
    return this.running !== undefined;
  }

  wants(topics: ReadonlySet<string>): boolean {
    return this.subscriber.topics.some((topic) => topics.has(topic));
  }

  /** Says that there may be something new. */
  wake(): void {
    this.awake = true;
    if (this.running !== undefined || this.stopping.signal.aborted) return;
    this.running = this.run().finally(() => {
      this.running = undefined;
      if (this.awake) this.wake();
    });
  }

  async settled(): Promise<void> {
    await this.running;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    const { platformOnly } = this.means.records;
    if (this.everywhere)
      await platformOnly.execute("delete from outbox_subscriber where name = $1", [this.row]);
    else if (this.leases)
      await platformOnly.execute(
        "update outbox_subscriber set holder = null, held_until = null where name = $1 and holder = $2",
        [this.row, this.means.process],
      );
  }

  private get everywhere(): boolean {
    return this.subscriber.everywhere === true;
  }

  private get leases(): boolean {
    return this.means.shared && !this.everywhere;
  }

  /** Says that this process still wants its events. */
  private async holdOn(): Promise<void> {
    const { rows } = await this.means.records.platformOnly.execute(
      `update outbox_subscriber set held_until = clock_timestamp() + make_interval(secs => $2)
       where name = $1 returning name`,
      [this.row, EVERYWHERE_SECONDS],
    );
    if (rows.length > 0) return;
    this.means.log.error(
      { subscriber: this.name },
      "this process stood still for an hour and may have missed events: start it anew",
    );
  }

  /**
   * Takes or renews the lease. False while another process holds it; else this one goes on from where the last holder
   * came to.
   */
  private async lease(): Promise<boolean> {
    if (!this.leases) return true;
    const { rows } = await this.means.records.platformOnly.execute(
      `update outbox_subscriber set holder = $2, held_until = clock_timestamp() + make_interval(secs => $3)
       where name = $1 and (holder is null or holder = $2 or held_until <= clock_timestamp()) returning position`,
      [this.row, this.means.process, LEASE_SECONDS],
    );
    const position = rows[0]?.["position"];
    if (position === undefined) return false;
    this.position = Math.max(this.position, Number(position));
    return true;
  }

  /** Moves over events that it does not want, which did not wake it, and writes down how far it came. */
  async passBy(): Promise<void> {
    if (this.everywhere) {
      if (this.stopping.signal.aborted) return;
      await this.holdOn();
    }
    if (!this.busy) {
      const { events, head } = await this.next();
      if (events.length === 0) this.position = Math.max(this.position, head);
    }
    await this.remember();
  }

  private async remember(): Promise<void> {
    if (this.position === this.remembered) return;
    const position = this.position;
    await this.means.records.platformOnly.execute(
      "update outbox_subscriber set position = greatest(position, $2) where name = $1",
      [this.row, position],
    );
    this.remembered = position;
  }

  private async run(): Promise<void> {
    while (this.awake && !this.stopping.signal.aborted) {
      this.awake = false;
      try {
        await this.catchUp();
        this.failures = 0;
      } catch (error) {
        this.awake = true;
        await this.pause(error);
      }
    }
  }

  private async catchUp(): Promise<void> {
    if (!this.leases) return this.deliver();
    const { events, head } = await this.next();
    if (events.length === 0) {
      this.position = Math.max(this.position, head);
      return;
    }
    if (!(await this.lease())) return;
    let held = true;
    const renew = setInterval(() => {
      this.lease().then(
        (still) => {
          held = still;
        },
        () => {},
      );
    }, RENEW_MS).unref();
    try {
      await this.deliver(() => held);
    } finally {
      clearInterval(renew);
    }
  }

  private async deliver(held: () => boolean = () => true): Promise<void> {
    for (let more = true; more && !this.stopping.signal.aborted && held(); ) {
      const { events, head } = await this.next();
      let delivered = false;
      try {
        for (const { position, event } of events) {
          if (this.stopping.signal.aborted || !held()) return;
          await this.subscriber.handle(event);
          this.position = position;
          this.failures = 0;
          delivered = true;
          this.means.metrics
            ?.counter("outbox_delivered_total", "Events delivered to a subscriber", ["subscriber"])
            .inc({ subscriber: this.name });
        }
      } finally {
        if (delivered) await this.remember();
      }
      more = events.length === BATCH;
      // Events below the head that it does not want are behind it, too; that need not be written down at once.
      if (!more) this.position = Math.max(this.position, head);
    }
  }

  private async next(): Promise<{ events: { position: number; event: Delivered }[]; head: number }> {
    const { records } = this.means;
    const top = await records.platformOnly.execute("select coalesce(max(position), 0) as head from outbox");
    const head = Number(top.rows[0]?.["head"] ?? 0);
    if (head <= this.position) return { events: [], head };
    const { rows } = await records.platformOnly.execute(
      `select position, id, at, topic, subject, org_id, tlp, audience, data from outbox
       where position > $1 and position <= $2 and topic = any ($3) order by position limit $4`,
      [this.position, head, [...this.subscriber.topics], BATCH],
    );
    return {
      events: rows.map((row) => ({
        position: Number(row["position"]),
        event: deliveredOf(row as unknown as OutboxRow),
      })),
      head,
    };
  }

  private async pause(error: unknown): Promise<void> {
    this.failures++;
    const ms = this.means.retryAfter(this.failures);
    this.means.metrics
      ?.counter("outbox_failures_total", "Deliveries that failed and will be tried again", ["subscriber"])
      .inc({ subscriber: this.name });
    this.means.log.warn(
      { err: error, subscriber: this.name, failures: this.failures, ms },
      "a delivery failed",
    );
    await wait(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => {});
  }
}

interface OutboxRow {
  readonly id: string;
  readonly at: Date;
  readonly topic: string;
  readonly subject: string;
  readonly org_id: string;
  readonly tlp: number;
  readonly audience: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

function deliveredOf(row: OutboxRow): Delivered {
  return {
    id: row.id,
    at: row.at.toISOString(),
    topic: row.topic,
    subject: row.subject,
    marked: { orgId: row.org_id, tlp: tlpOfRank(row.tlp), audience: row.audience },
    data: row.data,
  };
}
