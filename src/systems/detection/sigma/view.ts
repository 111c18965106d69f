import { folded } from "./pattern.ts";

/** A log record: flat dotted ECS names; a value is a scalar or a list of scalars. */
export type EventRecord = Readonly<Record<string, unknown>>;

/** What was asked of an event: a field's value, or only whether it is there; `slot` -1: everything. */
export interface FieldRead {
  readonly slot: number;
  readonly presence: boolean;
}

const NOTHING = {};

/** Gives each field name that rules speak of a small number, so that an event's values are looked up once. */
export class FieldSlots {
  readonly #slots = new Map<string, number>();
  readonly names: string[] = [];
  /** Whether every object has something of the field's name, so that only its own counts. */
  readonly inherited: boolean[] = [];

  of(name: string): number {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = this.names.length;
      this.#slots.set(name, slot);
      this.names.push(name);
      this.inherited.push(name in NOTHING);
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
  #everythingJoined: string | undefined;
  #record: EventRecord = {};
  /** Counts the events shown. */
  event = 0;
  /** While it is there, each first question about a field of the event is written down in it. */
  reads: FieldRead[] | undefined;

  constructor(fields: FieldSlots) {
    this.#fields = fields;
  }

  show(record: EventRecord): void {
    this.#record = record;
    this.event += 1;
    this.#everything = undefined;
    this.#everythingFolded = undefined;
    this.#everythingJoined = undefined;
  }

  /** The field's values as text; none where it is missing or null. */
  texts(slot: number): readonly string[] {
    const kept = listAt(this.#texts, slot);
    if (this.#textsOf[slot] === this.event) return kept;
    this.#textsOf[slot] = this.event;
    if (kept.length > 0) kept.length = 0;
    const value = this.plain(slot);
    if (value !== undefined) addTexts(value, kept);
    return kept;
  }

  /** The field's value as it stands in the record; undefined where it is missing. */
  plain(slot: number): unknown {
    this.reads?.push({ slot, presence: false });
    return plainIn(this.#record, this.#fields, slot);
  }

  folded(slot: number): readonly string[] {
    const kept = listAt(this.#folded, slot);
    if (this.#foldedOf[slot] === this.event) return kept;
    this.#foldedOf[slot] = this.event;
    if (kept.length > 0) kept.length = 0;
    const texts = this.texts(slot);
    for (let at = 0; at < texts.length; at++) kept.push(folded(texts[at] as string));
    return kept;
  }

  /** Whether the field is there at all, be it empty or null. */
  has(slot: number): boolean {
    this.reads?.push({ slot, presence: true });
    return plainIn(this.#record, this.#fields, slot) !== undefined;
  }

  /** Every value of the event, for keywords. */
  everything(): readonly string[] {
    this.reads?.push({ slot: -1, presence: false });
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

  /** All of `everythingFolded` in one text: what is not in it is in no value. */
  everythingJoined(): string {
    this.#everythingJoined ??= folded(this.everything().join("\n"));
    return this.#everythingJoined;
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

/** A field of a record; undefined where the record itself has none. */
export function plainIn(record: EventRecord, fields: FieldSlots, slot: number): unknown {
  const name = fields.names[slot] as string;
  const value = record[name];
  return value === undefined || fields.inherited[slot] !== true || Object.hasOwn(record, name)
    ? value
    : undefined;
}

function listAt(lists: string[][], slot: number): string[] {
  let list = lists[slot];
  if (list === undefined) {
    list = [];
    lists[slot] = list;
  }
  return list;
}

function addTexts(value: unknown, texts: string[]): void {
  if (typeof value === "string") texts.push(value);
  else if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") {
    texts.push(String(value));
  } else if (Array.isArray(value)) for (const one of value) addTexts(one, texts);
}

/** A nested JSON object as a flat record with dotted names; a name that is already dotted stays as it is. */
export function flatRecord(value: object): EventRecord {
  if (isFlat(value)) return value as EventRecord;
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

function isFlat(value: object): boolean {
  for (const name in value) {
    const one: unknown = (value as EventRecord)[name];
    if (typeof one === "object" && one !== null && !Array.isArray(one)) return false;
  }
  return true;
}
