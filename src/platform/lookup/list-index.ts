import type { RE2JS } from "re2js";
import {
  type Entries,
  type EntriesImage,
  HOST,
  networkKey,
  PART,
  PART_BEGINS,
  PART_LENGTH,
  readExpression,
  WHOLE,
} from "./list-entries.ts";
import { type Network, networkText, readNetwork } from "./network.ts";
import { type Numbers, TextTable } from "./text-table.ts";

/** A list, by its place among those of the index, and its entry that knows a value. */
interface IndexHit {
  readonly at: number;
  readonly entry: string;
  /** The value is a network in which so many entries of the list lie, `entry` the first of them. */
  readonly inside?: number;
}

/**
 * Looks values up in lists. Whole values, hosts, parts and networks are found by lookup, whatever the number of
 * entries; expressions are tried one by one, in linear time. Letters match in either case. A network is known by a list
 * that holds it or a wider one, and by one that holds addresses or networks within it.
 */
export class ListIndex {
  readonly #of: Entries;
  readonly #forms: readonly { readonly at: number; readonly entry: string; readonly form: RE2JS }[];

  constructor(of: Entries) {
    this.#of = of;
    this.#forms = of.expressions.map((each) => ({ ...each, form: readExpression(each.entry) }));
  }

  /**
   * In a thread that was handed the image: it finds what the index finds of which the image was made, but for what lies
   * inside a network.
   */
  static shared(image: EntriesImage): ListIndex {
    return new ListIndex({ ...image, texts: new TextTable(image.texts), within: new Map() });
  }

  /**
   * Every list that knows the value, each once, in the order of the lists. Hosts are looked for in values of the types
   * `domain`, `email` and `url`.
   */
  find(type: string, value: string): IndexHit[] {
    const { lists, texts, shortParts, within } = this.#of;
    const found = new Map<number, IndexHit>();
    const applies = (at: number) => !found.has(at) && lists[at]?.types.has(type) === true;
    const note = (numbers: Numbers | undefined, entry: string) => {
      if (numbers === undefined) return;
      for (const at of typeof numbers === "number" ? [numbers] : numbers)
        if (applies(at)) found.set(at, { at, entry });
    };
    const folded = value.toLowerCase();
    note(texts.numbersOf(WHOLE + folded), folded);
    const host = hostOf(type, folded);
    if (host !== undefined) this.#checkHost(host, note);
    for (const entry of shortParts) if (folded.includes(entry)) note(texts.numbersOf(PART + entry), entry);
    this.#checkParts(folded, note);
    const network = readNetwork(host === undefined ? folded : host.replace(/^\[|\]$/g, ""));
    if (network !== undefined) this.#checkNetworks(network, note);
    for (const { at, entry, form } of this.#forms) {
      if (applies(at) && form.test(value)) found.set(at, { at, entry });
    }
    if (network !== undefined && host === undefined && folded.includes("/")) {
      for (const [at, networks] of within) {
        const inside = applies(at) ? networks.within(network) : undefined;
        if (inside !== undefined)
          found.set(at, { at, entry: networkText(inside.first), inside: inside.count });
      }
    }
    return [...found.values()].sort((one, other) => one.at - other.at);
  }

  /** The host itself and every domain above it, a top-level domain too. */
  #checkHost(host: string, note: Note): void {
    let rest = host.replace(/\.+$/, "");
    for (;;) {
      note(this.#of.texts.numbersOf(HOST + rest), rest);
      const dot = rest.indexOf(".");
      if (dot < 0) return;
      rest = rest.slice(dot + 1);
    }
  }

  #checkParts(value: string, note: Note): void {
    const { texts } = this.#of;
    for (let from = 0; from + PART_LENGTH <= value.length; from++) {
      const lengths = texts.numbersOf(PART_BEGINS + value.slice(from, from + PART_LENGTH));
      if (lengths === undefined) continue;
      for (const length of typeof lengths === "number" ? [lengths] : lengths) {
        const part = value.slice(from, from + length);
        if (part.length === length) note(texts.numbersOf(PART + part), part);
      }
    }
  }

  #checkNetworks({ family, bits }: Network, note: Note): void {
    for (const length of this.#of.lengths[family]) {
      if (length > bits.length) continue;
      const prefix = { family, bits: bits.slice(0, length) };
      const numbers = this.#of.texts.numbersOf(networkKey(prefix));
      if (numbers !== undefined) note(numbers, networkText(prefix));
    }
  }
}

type Note = (numbers: Numbers | undefined, entry: string) => void;

function hostOf(type: string, value: string): string | undefined {
  if (type === "domain") return value;
  if (type === "email") return value.slice(value.lastIndexOf("@") + 1);
  return type === "url" && URL.canParse(value) ? new URL(value).hostname : undefined;
}
