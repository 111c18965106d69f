/** Longer values hardly come again, and cost as much to look up as to judge. */
const LONGEST = 200;
/** So many questions go by unremembered when values turned out not to come again. */
const REST = 100_000;

/**
 * Answers by value, so that the question need not be asked again: names, addresses and actions come many times over in a
 * log. Keeps the latest `most` to twice as many; where values do not come again it rests.
 */
export class Answers<T> {
  readonly #most: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  #asked = 0;
  #known = 0;
  #rest = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(value: string): T | undefined {
    if (this.#rest > 0) {
      this.#rest--;
      return undefined;
    }
    this.#asked++;
    const young = this.#young.get(value);
    if (young !== undefined) {
      this.#known++;
      return young;
    }
    const old = this.#old.get(value);
    if (old === undefined) return undefined;
    this.#known++;
    this.set(value, old);
    return old;
  }

  /** That this is the answer for the value, whenever it is asked. */
  set(value: string, answer: T): void {
    if (this.#rest > 0 || value.length > LONGEST) return;
    if (this.#young.size >= this.#most) {
      if (this.#known * 2 < this.#asked) {
        this.#rest = REST;
        this.#young = new Map();
      }
      this.#asked = 0;
      this.#known = 0;
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(ownText(value), answer);
  }
}

/** The same text in memory of its own: a piece of a line keeps the whole batch that it was cut from. */
export function ownText(text: string): string {
  const copy = Buffer.from(text, "latin1").toString("latin1");
  return copy === text ? copy : Buffer.from(text, "utf16le").toString("utf16le");
}
