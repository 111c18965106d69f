/** A source further behind than this is not waited for. */
const FURTHEST = 3_600_000;
const MOST_SOURCES = 10_000;

/**
 * How far event time has come where several sources tell of it, each as late as it is: as far as the one furthest behind
 * among those that are active (the watermark of Akidau et al., The Dataflow Model, VLDB 2015; of Flink, with its idle
 * sources). Nothing is certain until every source has had the time to speak once.
 */
export class SourceClocks {
  readonly #since: number;
  readonly #idle: number;
  /** Those heard of longest ago first. */
  readonly #sources = new Map<string, { newest: number; heardAt: number }>();
  #highest = Number.NEGATIVE_INFINITY;
  #highestAt = 0;

  /** `since`: when one began to listen. A source that sent nothing for `idle` holds nobody back. All in milliseconds. */
  constructor(since: number, idle: number) {
    this.#since = since;
    this.#idle = idle;
  }

  /** The source told of events up to `newest`. */
  hear(source: string, newest: number, now: number): void {
    const before = this.#sources.get(source)?.newest ?? Number.NEGATIVE_INFINITY;
    this.#sources.delete(source);
    this.#sources.set(source, { newest: Math.max(before, newest), heardAt: now });
    if (this.#sources.size > MOST_SOURCES)
      for (const oldest of this.#sources.keys()) {
        this.#sources.delete(oldest);
        break;
      }
    if (newest <= this.#highest) return;
    this.#highest = newest;
    this.#highestAt = now;
  }

  /** What all that are active have come to; undefined while that is not known. With none active time goes on with `now`. */
  reached(now: number): number | undefined {
    let least = Number.POSITIVE_INFINITY;
    for (const [source, { newest, heardAt }] of this.#sources) {
      if (now - heardAt >= this.#idle) this.#sources.delete(source);
      else if (newest >= this.#highest - FURTHEST) least = Math.min(least, newest);
    }
    if (now - this.#since < this.#idle || !Number.isFinite(this.#highest)) return undefined;
    return Number.isFinite(least) ? least : this.#highest + Math.max(0, now - this.#highestAt);
  }
}
