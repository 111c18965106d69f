import { Problem } from "../../../core/problem.ts";

/** Bytes that bodies under way may hold together, so that memory stays bounded however many senders there are. */
export class Budget {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Throws ingest.busy when the rest does not suffice. */
  take(bytes: number): void {
    if (this.#taken + bytes > this.#most) {
      throw new Problem("ingest.busy", {
        detail: "bodies under way fill the memory set aside for them",
        retryAfter: 5,
      });
    }
    this.#taken += bytes;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
