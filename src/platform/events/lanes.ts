interface Waiting {
  readonly start: () => void;
}

/** Lets at most `width` operations run at once; the rest wait in order, and leave the queue when aborted. */
export class Lanes {
  #free: number;
  readonly #waiting: Waiting[] = [];
  readonly #running = new Set<Promise<unknown>>();

  constructor(width: number) {
    this.#free = width;
  }

  async run<T>(signal: AbortSignal | undefined, operation: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    const under = operation();
    this.#running.add(under);
    try {
      return await under;
    } finally {
      this.#running.delete(under);
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next.start();
    }
  }

  /** Resolves once nothing runs and nothing waits. */
  async drained(): Promise<void> {
    while (this.#running.size > 0 || this.#waiting.length > 0) {
      await Promise.allSettled(this.#running);
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        start: () => {
          signal?.removeEventListener("abort", leave);
          resolve();
        },
      };
      this.#waiting.push(waiting);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }
}
