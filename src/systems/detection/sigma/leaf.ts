import type { EventView } from "./view.ts";

/** A field of the event and its value that made a rule match. */
export interface Why {
  readonly field: string;
  readonly value: string;
}

/** A compiled part of a rule. `explain` is asked only after `test` said yes; it adds what was seen. */
export interface Test {
  test(view: EventView): boolean;
  explain(view: EventView, why: Why[]): void;
  /** Leaves of which at least one must have been found before this can hold; undefined when it can hold without. */
  needs(): Need | undefined;
}

export interface Need {
  readonly leaves: readonly Leaf[];
  /** How often one of them is likely to be found, against other needs. */
  readonly cost: number;
}

/** A literal in the case-folded text of a field, and where it stands there. */
export interface Word {
  readonly how: "equals" | "startsWith" | "endsWith" | "contains";
  readonly text: string;
}

/** A comparison that no search for words answers. */
export interface Check {
  /** The same for checks that mean the same. */
  readonly key: string;
  /** Words of which one is in every value that passes; undefined where nothing is known. */
  readonly hints: readonly Word[] | undefined;
  test(view: EventView): boolean;
  explain(view: EventView, why: Why[]): void;
}

/** Something that is tried when one of the leaves it needs is found. */
export interface Entry<T = unknown> {
  readonly test: Test;
  readonly payload: T;
  /** The last event for which it was tried. */
  seenAt: number;
}

/** Finds words in a field, and tells the leaves that wait for them. */
export interface Search {
  /** The last event that was searched. */
  event: number;
  search(view: EventView): void;
}

/**
 * One field held against a list of things, any of which is enough; shared by all rules of a group that ask the same.
 * A search of the field, at the latest when the leaf is asked, sets `yesAt` where a word was found and `maybeAt` where it
 * was a hint of a check. The answer is worked out once for each event.
 */
export class Leaf implements Test {
  readonly slot: number | undefined;
  readonly words: readonly Word[];
  readonly checks: readonly Check[];
  /** What is to be tried when this is found. */
  readonly entries: Entry[] = [];
  yesAt = -1;
  maybeAt = -1;
  cost = 1;
  by: Search | undefined;
  readonly #always: boolean;
  #askedAt = -1;

  constructor(slot: number | undefined, words: readonly Word[], checks: readonly Check[]) {
    this.slot = slot;
    this.words = words;
    this.checks = checks;
    this.#always = checks.some(({ hints }) => hints === undefined);
  }

  test(view: EventView): boolean {
    const { event } = view;
    if (this.by !== undefined && this.by.event !== event) this.by.search(view);
    if (this.yesAt === event) return true;
    if (this.#askedAt === event || (this.maybeAt !== event && !this.#always)) return false;
    this.#askedAt = event;
    for (const check of this.checks) {
      if (!check.test(view)) continue;
      this.yesAt = event;
      return true;
    }
    return false;
  }

  explain(view: EventView, why: Why[]): void {
    const { slot } = this;
    const folded = slot === undefined ? view.everythingFolded() : view.folded(slot);
    const texts = slot === undefined ? view.everything() : view.texts(slot);
    for (const [at, one] of folded.entries()) {
      if (this.words.some((word) => wordHolds(word, one))) why.push(seen(view, slot, texts[at] ?? ""));
    }
    for (const check of this.checks) if (check.test(view)) check.explain(view, why);
  }

  needs(): Need | undefined {
    return this.#always ? undefined : { leaves: [this], cost: this.cost };
  }
}

export function seen(view: EventView, slot: number | undefined, text: string): Why {
  return { field: slot === undefined ? (view.fieldsHolding(text)[0] ?? "") : view.name(slot), value: text };
}

function wordHolds({ how, text }: Word, value: string): boolean {
  switch (how) {
    case "equals":
      return value === text;
    case "startsWith":
      return value.startsWith(text);
    case "endsWith":
      return value.endsWith(text);
    case "contains":
      return value.includes(text);
  }
}

export const NEVER: Test = { test: () => false, explain: () => {}, needs: () => ({ leaves: [], cost: 0 }) };

export function negated(of: Test): Test {
  // What is absent cannot be shown, nor looked for.
  return { test: (view) => !of.test(view), explain: () => {}, needs: () => undefined };
}

export function gathered(kind: "and" | "or", of: readonly Test[]): Test {
  const [only] = of;
  if (only !== undefined && of.length === 1) return only;
  return kind === "and" ? new AllOf(of) : new AnyOf(of);
}

class AllOf implements Test {
  readonly #of: readonly Test[];

  constructor(of: readonly Test[]) {
    this.#of = of;
  }

  test(view: EventView): boolean {
    for (const one of this.#of) if (!one.test(view)) return false;
    return true;
  }

  explain(view: EventView, why: Why[]): void {
    for (const one of this.#of) one.explain(view, why);
  }

  needs(): Need | undefined {
    let best: Need | undefined;
    for (const one of this.#of) {
      const need = one.needs();
      if (need !== undefined && (best === undefined || need.cost < best.cost)) best = need;
    }
    return best;
  }
}

class AnyOf implements Test {
  readonly #of: readonly Test[];

  constructor(of: readonly Test[]) {
    this.#of = of;
  }

  test(view: EventView): boolean {
    for (const one of this.#of) if (one.test(view)) return true;
    return false;
  }

  explain(view: EventView, why: Why[]): void {
    for (const one of this.#of) if (one.test(view)) one.explain(view, why);
  }

  needs(): Need | undefined {
    const leaves: Leaf[] = [];
    let cost = 0;
    for (const one of this.#of) {
      const need = one.needs();
      if (need === undefined) return undefined;
      leaves.push(...need.leaves);
      cost += need.cost;
    }
    return { leaves, cost };
  }
}
