import { ownText } from "../answers.ts";
import { type EventRecord, type FieldRead, type FieldSlots, plainIn } from "./view.ts";

/** Answers that are remembered; beyond that everything is forgotten and learnt anew. */
const MOST = 5_000;
const MISSING = Symbol("missing");
const PRESENT = Symbol("present");

/** The next question, and where its answers lead: to the next one, or to what was found. */
interface Question<T> {
  readonly read: FieldRead;
  readonly answers: Map<string | symbol, Question<T> | Found<T>>;
}

interface Found<T> {
  readonly found: T;
}

/**
 * What was found for records of which those fields that decided it (they say which log source a record is of) hold the
 * same. Which field is asked next follows from the answers so far, so that nearly every record is told by a few.
 */
export class Gates<T> {
  readonly #fields: FieldSlots;
  #root: Question<T> | Found<T> | undefined;
  #size = 0;

  constructor(fields: FieldSlots) {
    this.#fields = fields;
  }

  get(record: EventRecord): T | undefined {
    let at = this.#root;
    while (at !== undefined && "answers" in at) at = at.answers.get(keyOf(record, this.#fields, at.read));
    return at?.found;
  }

  /** That `found` follows from what was read, in this order. Nothing is remembered of who looked at everything. */
  set(record: EventRecord, all: readonly FieldRead[], found: T): void {
    if (all.some(({ slot }) => slot < 0)) return;
    const reads = all.filter(
      ({ slot, presence }, at) =>
        all.findIndex((one) => one.slot === slot && one.presence === presence) === at,
    );
    if (this.#size > MOST) {
      this.#root = undefined;
      this.#size = 0;
    }
    this.#size++;
    const [first] = reads;
    if (first === undefined) {
      this.#root = { found };
      return;
    }
    this.#root ??= { read: first, answers: new Map() };
    let node = this.#root;
    for (const [at] of reads.entries()) {
      if (!("answers" in node)) return;
      const key = keyOf(record, this.#fields, node.read);
      const following = reads[at + 1];
      const next: Question<T> | Found<T> =
        node.answers.get(key) ??
        (following === undefined ? { found } : { read: following, answers: new Map() });
      node.answers.set(typeof key === "string" ? ownText(key) : key, next);
      node = next;
    }
  }
}

/** Lists that parsers put into every record of a kind. */
const LISTS = new WeakMap<object, string>();

function keyOf(record: EventRecord, fields: FieldSlots, read: FieldRead): string | symbol {
  const value = plainIn(record, fields, read.slot);
  if (value === undefined) return MISSING;
  if (read.presence) return PRESENT;
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return `\u0001${String(value)}`;
  let key = LISTS.get(value);
  if (key === undefined) {
    key = `\u0001${JSON.stringify(value)}`;
    LISTS.set(value, key);
  }
  return key;
}
