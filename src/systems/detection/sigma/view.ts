import { folded } from "./pattern.ts";

/** A log record: flat dotted ECS names; a value is a scalar or a list of scalars. */
export type EventRecord = Readonly<Record<string, unknown>>;

/** Gives each field name that rules speak of a small number, so that an event's values are looked up once. */
export class FieldSlots {
  readonly #slots = new Map<string, number>();
  readonly names: string[] = [];

  of(name: string): number {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = this.names.length;
      this.#slots.set(name, slot);
      this.names.push(name);
    }
    return slot;
  }
}

/**
 * One event as the compiled rules see it. Each field is turned to text, and to text without case, at most once for all
 * rules; the same view serves one event after the other.
 */
export class EventView {
  readonly #fields: FieldSlots;
  readonly #texts: string[][] = [];
  readonly #folded: string[][] = [];
  readonly #textsOf: number[] = [];
  readonly #foldedOf: number[] = [];
  #everything: string[] | undefined;
  #everythingFolded: string[] | undefined;
  #record: EventRecord = {};
  #event = 0;

  constructor(fields: FieldSlots) {
    this.#fields = fields;
  }

  show(record: EventRecord): void {
    this.#record = record;
    this.#event += 1;
    this.#everything = undefined;
    this.#everythingFolded = undefined;
  }

  /** The field's values as text; none where it is missing or null. */
  texts(slot: number): readonly string[] {
    const kept = this.#texts[slot];
    if (kept !== undefined && this.#textsOf[slot] === this.#event) return kept;
    const texts = kept ?? [];
    texts.length = 0;
    const name = this.#fields.names[slot] ?? "";
    if (Object.hasOwn(this.#record, name)) addTexts(this.#record[name], texts);
    this.#texts[slot] = texts;
    this.#textsOf[slot] = this.#event;
    return texts;
  }

  folded(slot: number): readonly string[] {
    const kept = this.#folded[slot];
    if (kept !== undefined && this.#foldedOf[slot] === this.#event) return kept;
    const values = kept ?? [];
    values.length = 0;
    for (const text of this.texts(slot)) values.push(folded(text));
    this.#folded[slot] = values;
    this.#foldedOf[slot] = this.#event;
    return values;
  }

  /** Whether the field is there at all, be it empty or null. */
  has(slot: number): boolean {
    return Object.hasOwn(this.#record, this.#fields.names[slot] ?? "");
  }

  /** Every value of the event, for keywords. */
  everything(): readonly string[] {
    if (this.#everything === undefined) {
      const texts: string[] = [];
      for (const name in this.#record) addTexts(this.#record[name], texts);
      this.#everything = texts;
    }
    return this.#everything;
  }

  everythingFolded(): readonly string[] {
    this.#everythingFolded ??= this.everything().map(folded);
    return this.#everythingFolded;
  }

  /** The names of the fields that hold exactly this text. */
  fieldsHolding(text: string): string[] {
    return Object.keys(this.#record).filter((name) => {
      const texts: string[] = [];
      addTexts(this.#record[name], texts);
      return texts.includes(text);
    });
  }

  name(slot: number): string {
    return this.#fields.names[slot] ?? "";
  }
}

function addTexts(value: unknown, texts: string[]): void {
  if (typeof value === "string") texts.push(value);
  else if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") {
    texts.push(String(value));
  } else if (Array.isArray(value)) for (const one of value) addTexts(one, texts);
}

/** A nested JSON object as a flat record with dotted names; a name that is already dotted stays as it is. */
export function flatRecord(value: object): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const walk = (inner: object, prefix: string, depth: number) => {
    for (const [key, one] of Object.entries(inner)) {
      const name = prefix + key;
      if (typeof one === "object" && one !== null && !Array.isArray(one) && depth < 16)
        walk(one, `${name}.`, depth + 1);
      else flat[name] = one;
    }
  };
  walk(value, "", 0);
  return flat;
}
