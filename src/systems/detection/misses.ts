/** Longer values hardly come again, and cost as much to look up as to judge. */
const LONGEST = 200;
/** So many questions go by unremembered when values turned out not to come again. */
const REST = 100_000;

/**
 * Values that a question was answered with no for, so that it need not be asked again: names, addresses and actions come
 * many times over in a log. Keeps the latest `most` to twice as many; where values do not come again it rests.
 */
export class Misses {
  readonly #most: number;
  #young = new Set<string>();
  #old = new Set<string>();
  #asked = 0;
  #known = 0;
  #rest = 0;

  constructor(most: number) {
    this.#most = most;
  }

  has(value: string): boolean {
    if (this.#rest > 0) {
      this.#rest--;
      return false;
    }
    this.#asked++;
    if (this.#young.has(value)) {
      this.#known++;
      return true;
    }
    if (!this.#old.has(value)) return false;
    this.#known++;
    this.add(value);
    return true;
  }

  /** That the answer is no for this value, whenever it is asked. */
  add(value: string): void {
    if (this.#rest > 0 || value.length > LONGEST) return;
    if (this.#young.size >= this.#most) {
      if (this.#known * 2 < this.#asked) {
        this.#rest = REST;
        this.#young = new Set();
      }
      this.#asked = 0;
      this.#known = 0;
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(ownText(value));
  }
}

/** The same text in memory of its own: a piece of a line keeps the whole batch that it was cut from. */
export function ownText(text: string): string {
  const copy = Buffer.from(text, "latin1").toString("latin1");
  return copy === text ? copy : Buffer.from(text, "utf16le").toString("utf16le");
}
