import type { Log } from "../../../platform/log/log.ts";
import type { Source } from "./sources.ts";

/** Figures of a source that are no part of a stored batch. */
export interface Counted {
  readonly dropped: number;
  readonly spooled: number;
  /** Stored without the part beyond the longest line allowed. */
  readonly cut: number;
}

export interface TallyParts {
  count(source: Source, counted: Counted): Promise<void>;
  readonly log: Log;
}

const FLUSH_MILLIS = 5_000;

/** Counts by source in memory and writes them down every five seconds: a flood of datagrams must not become one of rows. */
export class Tally {
  readonly #parts: TallyParts;
  #counts = new Map<string, { source: Source; dropped: number; spooled: number; cut: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: TallyParts) {
    this.#parts = parts;
  }

  add(source: Source, add: Partial<Counted>): void {
    const key = `${source.orgId}\n${source.name}`;
    const counts = this.#counts.get(key) ?? { source, dropped: 0, spooled: 0, cut: 0 };
    counts.dropped += add.dropped ?? 0;
    counts.spooled += add.spooled ?? 0;
    counts.cut += add.cut ?? 0;
    this.#counts.set(key, counts);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MILLIS).unref();
  }

  /** What cannot be written now is kept for the next time. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = this.#counts;
    this.#counts = new Map();
    for (const { source, ...counted } of counts.values()) {
      try {
        await this.#parts.count(source, counted);
      } catch (error) {
        this.#parts.log.debug(
          { err: error, source: source.name },
          "figures of a source could not be written yet",
        );
        this.add(source, counted);
      }
    }
  }
}
