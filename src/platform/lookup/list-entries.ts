import { setImmediate } from "node:timers/promises";
import { RE2JS } from "re2js";
import { type Network, orderKey, readNetwork } from "./network.ts";
import { NetworksWithin } from "./networks-within.ts";
import { type TextImage, TextMap, type Texts } from "./text-table.ts";

/** Signs before the texts of entries, which say how each matches. */
export const WHOLE = "=";
export const HOST = ".";
export const PART = "*";
/** The first characters of parts; the numbers that stand with them are lengths. */
export const PART_BEGINS = "^";
/** Parts that are as long are looked up; a shorter one is searched for. */
export const PART_LENGTH = 4;

export function networkKey(network: Network): string {
  return network.family + orderKey(network);
}

/** An expression of a list as it is asked. Throws on what is none, or would take more than linear time. */
export function readExpression(entry: string): RE2JS {
  // `/expression/flags`, as MISP writes them; only the flag i changes what matches here.
  const [, body, flags] = /^\/(.*)\/([a-zA-Z]*)$/s.exec(entry) ?? [undefined, entry, ""];
  return RE2JS.compile(body ?? "", flags?.includes("i") === true ? RE2JS.CASE_INSENSITIVE : 0);
}

/** A list of values. */
export interface ValueList {
  readonly name: string;
  /** How an entry matches: the whole value, its host or a domain above it, a part of it, an address in a network. */
  readonly type: "string" | "hostname" | "substring" | "regex" | "cidr";
  readonly entries: readonly string[];
  /** The types of values that it is about. */
  readonly types: ReadonlySet<string>;
}

/** Why an entry cannot be used; `fault` is what is wrong with an expression. */
export interface EntryFault {
  /** The list by its place. */
  readonly at: number;
  readonly entry: string;
  readonly why: "empty" | "network" | "regex";
  readonly fault?: string;
}

/** The entries of lists in the form in which they are looked up; a list is known by its place. */
export interface Entries {
  readonly lists: readonly Pick<ValueList, "name" | "types">[];
  readonly texts: Texts;
  readonly shortParts: ReadonlySet<string>;
  /** Lengths of the networks of each family. */
  readonly lengths: Readonly<Record<4 | 6, ReadonlySet<number>>>;
  readonly expressions: readonly { readonly at: number; readonly entry: string }[];
  /** By list, for those that hold addresses: what lies in a network. */
  readonly within: ReadonlyMap<number, NetworksWithin>;
}

/**
 * The same for handing on to threads, which then share the memory of the texts; without what is only for asking after
 * networks.
 */
export interface EntriesImage extends Omit<Entries, "texts" | "within"> {
  readonly texts: TextImage;
}

/** Entries that are taken in before others have their turn: some milliseconds. */
const AT_ONCE = 4000;

type Why = Pick<EntryFault, "why" | "fault">;

/** Takes the entries of lists in, and tells which cannot be used. */
export class EntryReader implements Entries {
  readonly lists: readonly ValueList[];
  readonly texts = new TextMap();
  readonly shortParts = new Set<string>();
  readonly lengths = { 4: new Set<number>(), 6: new Set<number>() } as const;
  readonly expressions: { at: number; entry: string }[] = [];
  readonly within = new Map<number, NetworksWithin>();
  /** Entries that cannot be used. */
  readonly faults: EntryFault[] = [];
  /** Of each list, how many of its entries could not be used. */
  readonly unusable: number[] = [];
  /** Entries that can be used. */
  usable = 0;

  private constructor(lists: readonly ValueList[]) {
    this.lists = lists;
  }

  /** At once: for a start, or lists that are short. */
  static of(lists: readonly ValueList[]): EntryReader {
    const reader = new EntryReader(lists);
    for (const _ of reader.#parts());
    return reader;
  }

  /** In parts, between which whoever waits on the same thread has its turn: half a million entries stop no request. */
  static async inParts(lists: readonly ValueList[]): Promise<EntryReader> {
    const reader = new EntryReader(lists);
    for (const _ of reader.#parts()) await setImmediate();
    return reader;
  }

  /** Takes everything in, and stops after each part. */
  *#parts(): Generator<void> {
    let taken = 0;
    for (const [at, list] of this.lists.entries()) {
      const before = this.faults.length;
      for (const entry of list.entries) {
        const fault = this.#add(list, at, entry.trim());
        if (fault === undefined) this.usable++;
        else this.faults.push({ at, entry, ...fault });
        if (++taken % AT_ONCE === 0) yield;
      }
      this.unusable.push(this.faults.length - before);
      yield* this.within.get(at)?.order() ?? [];
    }
  }

  image(): EntriesImage {
    const { shortParts, lengths, expressions } = this;
    const lists = this.lists.map(({ name, types }) => ({ name, types }));
    return { lists, shortParts, lengths, expressions, texts: this.texts.image() };
  }

  #add({ type }: ValueList, at: number, entry: string): Why | undefined {
    const folded = entry.toLowerCase();
    if (folded === "") return { why: "empty" };
    if (type === "string") {
      this.texts.add(WHOLE + folded, at);
      const network = readNetwork(folded);
      if (network !== undefined) this.#addWithin(network, at);
    } else if (type === "hostname") this.texts.add(HOST + folded.replace(/^\.+|\.+$/g, ""), at);
    else if (type === "substring") this.#addPart(folded, at);
    else if (type === "regex") return this.#addExpression(entry, at);
    else {
      const network = readNetwork(folded);
      if (network === undefined) return { why: "network" };
      this.lengths[network.family].add(network.bits.length);
      this.texts.add(networkKey(network), at);
      this.#addWithin(network, at);
    }
    return undefined;
  }

  #addWithin(network: Network, at: number): void {
    const within = this.within.get(at) ?? new NetworksWithin();
    this.within.set(at, within);
    within.add(network);
  }

  #addPart(entry: string, at: number): void {
    if (entry.length < PART_LENGTH) this.shortParts.add(entry);
    else this.texts.add(PART_BEGINS + entry.slice(0, PART_LENGTH), entry.length);
    this.texts.add(PART + entry, at);
  }

  #addExpression(entry: string, at: number): Why | undefined {
    try {
      readExpression(entry);
      this.expressions.push({ at, entry });
      return undefined;
    } catch (error) {
      return { why: "regex", fault: error instanceof Error ? error.message.slice(0, 200) : "" };
    }
  }
}
