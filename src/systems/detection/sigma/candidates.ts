import { Answers } from "../answers.ts";
import { anchorsOf } from "./anchors.ts";
import { Automaton, Ends } from "./automaton.ts";
import { type Check, type Entry, Leaf, type Search, type Test, type Word } from "./leaf.ts";
import type { EventView } from "./view.ts";

/** Values of a field of which it is remembered what was found in them, at least. */
const MOST_ANSWERS = 4_000;

/** That a leaf is met (`sure`), or that its checks must be asked. */
interface Target {
  readonly leaf: Leaf;
  readonly sure: boolean;
}

/**
 * Entries that share their records. An event's fields are searched once for the words of all of them; only entries of
 * which a needed word was found, and those that need none, are tried.
 */
export class Candidates<T> {
  readonly #leaves = new Map<string, Leaf>();
  readonly #entries: Entry<T>[] = [];
  readonly #found: Entry<T>[] = [];
  #always: Entry<T>[] = [];
  #fields: FieldSearch[] = [];
  /** How many entries were tried, ever. */
  tried = 0;

  /** The leaf of this field, these words and checks; the same for all that ask the same. */
  leaf(slot: number | undefined, words: readonly Word[], checks: readonly Check[]): Leaf {
    const key = JSON.stringify([
      slot ?? null,
      words.map(({ how, text }) => [how, text]),
      checks.map((check) => check.key),
    ]);
    let leaf = this.#leaves.get(key);
    if (leaf === undefined) {
      leaf = new Leaf(slot, words, checks);
      this.#leaves.set(key, leaf);
    }
    return leaf;
  }

  add(test: Test, payload: T): void {
    this.#entries.push({ test, payload, seenAt: -1 });
  }

  /** The same as `matching` without a search ahead: what each test asks of the event follows from the answers before. */
  inTurn(view: EventView): T[] {
    this.#found.length = 0;
    return this.#entries.filter(({ test }) => test.test(view)).map(({ payload }) => payload);
  }

  /** Builds the searches; to be called once after the last `add`. */
  seal(): void {
    const leaves = [...this.#leaves.values()];
    weigh(leaves);
    this.#always = [];
    for (const entry of this.#entries) {
      const need = entry.test.needs();
      if (need === undefined) this.#always.push(entry);
      else for (const leaf of new Set(need.leaves)) leaf.entries.push(entry);
    }
    const slots = Map.groupBy(leaves, (leaf) => leaf.slot);
    this.#fields = [...slots].flatMap(([slot, of]) => {
      const field = new FieldSearch(slot, of, this.#found);
      if (!field.useful) return [];
      for (const leaf of of) leaf.by = field;
      // A field that no entry needs is searched when a leaf of it is asked.
      return of.some((leaf) => leaf.entries.length > 0) ? [field] : [];
    });
    this.#leaves.clear();
  }

  /** The entries whose test holds, in no order. The list is good until the next call. */
  matching(view: EventView): readonly Entry<T>[] {
    const found = this.#found;
    // Setting a length, be it the same, gives the list's memory away.
    if (found.length > 0) found.length = 0;
    for (const field of this.#fields) field.search(view);
    this.tried += found.length + this.#always.length;
    let kept = 0;
    for (const entry of found) if (entry.test.test(view)) found[kept++] = entry;
    if (found.length > kept) found.length = kept;
    for (const entry of this.#always) if (entry.test.test(view)) found.push(entry);
    return found;
  }
}

/** A word that many rules speak of is a common word; a short one is found often. */
function weigh(leaves: readonly Leaf[]): void {
  const uses = new Map<string, number>();
  for (const leaf of leaves) {
    for (const { text } of wordsOf(leaf)) uses.set(text, (uses.get(text) ?? 0) + 1);
  }
  for (const leaf of leaves) {
    leaf.cost = 0;
    for (const { how, text } of wordsOf(leaf)) {
      const length = Math.min(text.length, 12) ** 2;
      // A number such as EventID is looked up at once and tells events well apart.
      const ease = how === "equals" && /^\d{2,}$/.test(text) ? 0.01 : how === "contains" ? 2 : 1;
      leaf.cost += ((uses.get(text) ?? 1) * ease) / (length + 1);
    }
  }
}

function wordsOf(leaf: Leaf): Word[] {
  return [...leaf.words, ...leaf.checks.flatMap(({ hints }) => hints ?? [])];
}

class FieldSearch implements Search {
  readonly useful: boolean;
  readonly #slot: number | undefined;
  readonly #equal: ReadonlyMap<string, readonly Target[]>;
  readonly #longest: number;
  readonly #heads: Ends<Target> | undefined;
  readonly #tails: Ends<Target> | undefined;
  readonly #shortest: number;
  readonly #inside: Automaton<Target> | undefined;
  /** A value in which none of these is needs no search for what it contains. */
  readonly #anchors: readonly string[] | undefined;
  readonly #tell: (targets: readonly Target[]) => void;
  readonly #into: Entry[];
  /** What was found in a value. */
  readonly #answers = new Answers<readonly (readonly Target[])[]>(MOST_ANSWERS);
  /** What is found in the value under way. */
  #told: (readonly Target[])[] | undefined;
  event = 0;

  constructor(slot: number | undefined, leaves: readonly Leaf[], into: Entry[]) {
    this.#slot = slot;
    this.#into = into;
    const words = {
      equals: new Map<string, Target[]>(),
      startsWith: new Map<string, Target[]>(),
      endsWith: new Map<string, Target[]>(),
      contains: new Map<string, Target[]>(),
    };
    const add = ({ how, text }: Word, target: Target) => {
      const known = words[how].get(text);
      if (known === undefined) words[how].set(text, [target]);
      else known.push(target);
    };
    for (const leaf of leaves) {
      for (const word of leaf.words) add(word, { leaf, sure: true });
      for (const { hints } of leaf.checks) for (const word of hints ?? []) add(word, { leaf, sure: false });
    }
    this.#equal = words.equals;
    this.#longest = Math.max(-1, ...[...words.equals.keys()].map((text) => text.length));
    this.#heads = words.startsWith.size === 0 ? undefined : new Ends(words.startsWith, false);
    this.#tails = words.endsWith.size === 0 ? undefined : new Ends(words.endsWith, true);
    this.#inside = words.contains.size === 0 ? undefined : new Automaton(words.contains);
    this.#shortest = Math.min(...[...words.contains.keys()].map((text) => text.length));
    this.#anchors = anchorsOf([...words.contains.keys()]);
    this.useful = Object.values(words).some((of) => of.size > 0);
    this.#tell = (targets) => this.#hit(targets);
  }

  search(view: EventView): void {
    this.event = view.event;
    const plain = this.#slot === undefined ? undefined : view.plain(this.#slot);
    if (typeof plain === "string") {
      const known = this.#answers.get(plain);
      if (known !== undefined) {
        for (let at = 0; at < known.length; at++) this.#hit(known[at] as readonly Target[]);
        return;
      }
      const told: (readonly Target[])[] = [];
      this.#told = told;
      this.#searchAll(view);
      this.#told = undefined;
      this.#answers.set(plain, told);
    } else if (plain !== undefined || this.#slot === undefined) this.#searchAll(view);
  }

  #searchAll(view: EventView): void {
    // Keywords meet every value of every event; most events hold none of them.
    if (this.#slot === undefined && !this.#mayContain(view.everythingJoined())) return;
    const values = this.#slot === undefined ? view.everythingFolded() : view.folded(this.#slot);
    for (const value of values) {
      if (value.length <= this.#longest) {
        const targets = this.#equal.get(value);
        if (targets !== undefined) this.#hit(targets);
      }
      this.#heads?.search(value, this.#tell);
      this.#tails?.search(value, this.#tell);
      if (this.#inside !== undefined && this.#mayContain(value)) this.#inside.search(value, this.#tell);
    }
  }

  #mayContain(value: string): boolean {
    if (value.length < this.#shortest) return false;
    if (this.#anchors === undefined) return true;
    for (const anchor of this.#anchors) if (value.includes(anchor)) return true;
    return false;
  }

  #hit(targets: readonly Target[]): void {
    const { event } = this;
    this.#told?.push(targets);
    for (const { leaf, sure } of targets) {
      if (sure) {
        if (leaf.yesAt === event) continue;
        leaf.yesAt = event;
      } else {
        if (leaf.maybeAt === event) continue;
        leaf.maybeAt = event;
      }
      for (const entry of leaf.entries) {
        if (entry.seenAt === event) continue;
        entry.seenAt = event;
        this.#into.push(entry);
      }
    }
  }
}
