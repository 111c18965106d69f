import type { Instant } from "../../core/instant.ts";
import type { DomainEvent } from "../records/work.ts";

/** An event as it reaches a subscriber; `id` is the same at every delivery, so that the receiver makes it once. */
export interface Delivered extends DomainEvent {
  readonly id: string;
  readonly at: Instant;
}

/**
 * Delivery is at least once and, for one subscriber, in the order of commit. A handler that throws is tried again
 * with growing delay; meanwhile its later events wait and other subscribers go on. Of several processes on one store a
 * single one delivers to a subscriber; when it ends or dies another goes on where it was.
 */
export interface Subscriber {
  /** Unique over the program, `incidents.mail-overdue`; the outbox remembers by it what was delivered. */
  readonly name: string;
  readonly topics: readonly string[];
  /** Every process gets each event: for what a process keeps in memory. */
  readonly everywhere?: true;
  handle(event: Delivered): Promise<void>;
}

/** Live copies for streams (SSE): nothing is remembered, only what commits while one listens. */
export interface Bus {
  listen(handler: (event: Delivered) => void): () => void;
}
