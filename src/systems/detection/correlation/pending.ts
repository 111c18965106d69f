import type { CorrelatorCounters } from "./model.ts";
import type { Entry } from "./window.ts";

/** An entry that is not counted yet. */
export interface Waiting extends Entry {
  /** The place of its correlation rule. */
  readonly rule: number;
  readonly key: string;
}

export interface PendingSnapshot {
  /** The time that all have come to, and the time before which all were taken; null when there was none. */
  readonly highest: number | null;
  readonly taken: number | null;
  readonly waiting: readonly Waiting[];
}

const STEPS = 64;

/**
 * Entries until their time has come: in steps of time, each of which is put in order when it is complete. Until then an
 * entry can come twice; afterwards its time has passed, so that nothing need be remembered of it.
 */
export class Pending {
  readonly #lateness: number;
  readonly #step: number;
  readonly #counters: CorrelatorCounters;
  readonly #steps = new Map<number, Waiting[]>();
  #size = 0;
  #highest = Number.NEGATIVE_INFINITY;
  #taken = Number.NEGATIVE_INFINITY;
  #ready: Waiting[] = [];

  constructor(lateness: number, counters: CorrelatorCounters) {
    this.#lateness = lateness;
    this.#step = Math.max(1, Math.floor(lateness / STEPS));
    this.#counters = counters;
  }

  isLate(at: number): boolean {
    return at < this.#taken;
  }

  add(waiting: Waiting): void {
    const step = Math.floor(waiting.at / this.#step);
    const list = this.#steps.get(step);
    if (list === undefined) this.#steps.set(step, [waiting]);
    else list.push(waiting);
    this.#size += 1;
  }

  advance(at: number): void {
    if (at <= this.#highest) return;
    this.#highest = at;
    this.#release(Math.floor((at - this.#lateness) / this.#step) * this.#step);
  }

  flush(): void {
    if (this.#steps.size === 0) return;
    this.#release((Math.max(...this.#steps.keys()) + 1) * this.#step);
  }

  /** Takes the oldest steps before their time while more than `most` wait. */
  shrink(most: number): void {
    while (this.#size > most) {
      this.#counters.hurried += 1;
      this.#release((Math.min(...this.#steps.keys()) + 1) * this.#step);
    }
  }

  #release(before: number): void {
    if (before <= this.#taken) return;
    this.#taken = before;
    const due = [...this.#steps.keys()].filter((step) => step * this.#step < before).sort((a, b) => a - b);
    for (const step of due) {
      const list = this.#steps.get(step) ?? [];
      this.#steps.delete(step);
      this.#size -= list.length;
      let before: Waiting | undefined;
      for (const waiting of sorted(list)) {
        if (before !== undefined && inOrder(before, waiting) === 0) this.#counters.duplicates += 1;
        else this.#ready.push(waiting);
        before = waiting;
      }
    }
  }

  /** What was released since the last call, in order. */
  released(): readonly Waiting[] {
    if (this.#ready.length === 0) return this.#ready;
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  snapshot(): PendingSnapshot {
    return {
      highest: Number.isFinite(this.#highest) ? this.#highest : null,
      taken: Number.isFinite(this.#taken) ? this.#taken : null,
      waiting: [...this.#ready, ...[...this.#steps.values()].flat()],
    };
  }

  restore(snapshot: PendingSnapshot, placeOf: (rule: number) => number | undefined): void {
    this.#highest = snapshot.highest ?? Number.NEGATIVE_INFINITY;
    this.#taken = snapshot.taken ?? Number.NEGATIVE_INFINITY;
    for (const waiting of snapshot.waiting) {
      const rule = placeOf(waiting.rule);
      if (rule !== undefined) this.add({ ...waiting, rule });
    }
  }
}

/** Entries of a step that are put in order by numbers. */
const MOST_SORTED = 2 ** 20;

/**
 * In order. Those of a step are of few different times: they are put in order by a number of time and place, which the
 * engine sorts without asking, and then those of one time among themselves.
 */
function sorted(list: Waiting[]): Waiting[] {
  const first = list[0]?.at ?? 0;
  const keys = new Float64Array(list.length);
  for (let place = 0; place < list.length; place++) {
    const apart = (list[place] as Waiting).at - first;
    if (!Number.isSafeInteger(apart) || Math.abs(apart) > 2 ** 32 || list.length > MOST_SORTED)
      return list.sort(inOrder);
    keys[place] = apart * MOST_SORTED + place;
  }
  keys.sort();
  const all: Waiting[] = [];
  for (const key of keys) all.push(list[key - Math.floor(key / MOST_SORTED) * MOST_SORTED] as Waiting);
  for (let from = 0, at = 1; at <= all.length; at++) {
    if (at < all.length && all[at]?.at === all[from]?.at) continue;
    if (at - from > 1) for (const one of all.slice(from, at).sort(inOrder)) all[from++] = one;
    from = at;
  }
  return all;
}

/** By time, then by what does not depend on when it came. */
function inOrder(a: Waiting, b: Waiting): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.eventId !== b.eventId) return a.eventId < b.eventId ? -1 : 1;
  return a.rule - b.rule || a.position - b.position;
}
