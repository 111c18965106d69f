import type { Check, Word } from "./leaf.ts";
import type { EventRecord } from "./view.ts";

/** Values of a field that are told apart; beyond that everything is forgotten and learnt anew. */
const MOST = 5_000;
const MISSING = Symbol("missing");
const PRESENT = Symbol("present");

type Node<T> = Map<string | symbol, Node<T> | T>;

/**
 * What was found for records whose gate fields (those that say which log source a record is of) hold the same: such
 * fields have few values, so that nearly every record is answered by as many look-ups as there are fields.
 */
export class Gates<T> {
  /** Fields of which the value counts, and those of which only the presence does. */
  readonly #values = new Set<string>();
  readonly #present = new Set<string>();
  #fields: readonly { readonly name: string; readonly presence: boolean }[] = [];
  #able = true;
  #root: Node<T> = new Map();
  #size = 0;

  /** A gate asks this of a field; keywords and comparisons with other fields cannot be remembered. */
  ask(field: string | undefined, words: readonly Word[], checks: readonly Check[]): void {
    if (field === undefined || field in {} || checks.some(({ key }) => key.startsWith('["field"')))
      this.#able = false;
    else if (words.length === 0 && checks.every(({ key }) => key.startsWith("exists ")))
      this.#present.add(field);
    else this.#values.add(field);
    this.#fields = [
      ...[...this.#values].map((name) => ({ name, presence: false })),
      ...[...this.#present]
        .filter((name) => !this.#values.has(name))
        .map((name) => ({ name, presence: true })),
    ];
  }

  get(record: EventRecord): T | undefined {
    let node: Node<T> | T | undefined = this.#root;
    if (!this.#able || this.#fields.length === 0) return undefined;
    for (const field of this.#fields) {
      node = (node as Node<T>).get(keyOf(record, field));
      if (node === undefined) return undefined;
    }
    return node as T;
  }

  set(record: EventRecord, found: T): void {
    if (!this.#able || this.#fields.length === 0) return;
    if (this.#size > MOST) {
      this.#root = new Map();
      this.#size = 0;
    }
    let node = this.#root;
    for (const [at, field] of this.#fields.entries()) {
      const key = keyOf(record, field);
      if (at === this.#fields.length - 1) {
        node.set(key, found);
        this.#size++;
        return;
      }
      const next = (node.get(key) as Node<T> | undefined) ?? (new Map() as Node<T>);
      node.set(key, next);
      node = next;
    }
  }
}

function keyOf(
  record: EventRecord,
  field: { readonly name: string; readonly presence: boolean },
): string | symbol {
  const value = record[field.name];
  if (field.presence) return value === undefined && !(field.name in record) ? MISSING : PRESENT;
  if (typeof value === "string") return value;
  if (value === undefined) return field.name in record ? "\u0001" : MISSING;
  return `\u0001${JSON.stringify(value)}`;
}
