import { setImmediate } from "node:timers/promises";
import { RE2JS } from "re2js";
import type { IndicatorType } from "../model.ts";
import { type Reason, type ReasonFacts, type Refusal, refusal } from "../reasons/model.ts";
import { type Network, networkText, readNetwork } from "./address.ts";
import type { Warninglist } from "./list.ts";
import { NetworksWithin } from "./networks-within.ts";

/** A list, by its place among those of the index, and its entry that knows a value. */
interface IndexHit {
  readonly at: number;
  readonly entry: string;
  /** The value is a network in which so many entries of the list lie, `entry` the first of them. */
  readonly inside?: number;
}

/** Numbers of lists, alone or several, so that half a million entries stay small. */
type Lists = number | number[];

/** Entries that are taken in before others have their turn: some milliseconds. */
const AT_ONCE = 4000;
/** Parts of this length are looked up; a shorter entry is searched for. */
const PART = 4;

/**
 * Looks values up in warninglists. Whole values, hosts, parts and networks are found by lookup, whatever the number of
 * entries; expressions are tried one by one, in linear time. Letters match in either case. A network is known by a list
 * that holds it or a wider one, and by one that holds addresses or networks within it.
 */
export class ListIndex {
  /** Entries that could not be used, `<list>: <entry>`, and why. */
  readonly faults: Refusal[] = [];
  /** Of each list, how many of its entries could not be used. */
  readonly unusable: number[] = [];
  private usable = 0;
  private readonly lists: readonly Warninglist[];
  private readonly wholes = new Map<string, Lists>();
  private readonly hosts = new Map<string, Lists>();
  private readonly parts = new Map<string, Map<string, Lists>>();
  private readonly shortParts = new Map<string, Lists>();
  private readonly networks: Readonly<Record<4 | 6, Map<number, Map<string, Lists>>>> = {
    4: new Map(),
    6: new Map(),
  };
  /** By list, for those that hold addresses. */
  private readonly within = new Map<number, NetworksWithin>();
  private readonly expressions: { readonly at: number; readonly entry: string; readonly form: RE2JS }[] = [];

  private constructor(lists: readonly Warninglist[]) {
    this.lists = lists;
  }

  /** At once: for a start, or lists that are short. */
  static of(lists: readonly Warninglist[]): ListIndex {
    const index = new ListIndex(lists);
    for (const _ of index.filling());
    return index;
  }

  /** In parts, between which whoever waits on the same thread has its turn: half a million entries stop no request. */
  static async inParts(lists: readonly Warninglist[]): Promise<ListIndex> {
    const index = new ListIndex(lists);
    for (const _ of index.filling()) await setImmediate();
    return index;
  }

  get entryCount(): number {
    return this.usable;
  }

  /** Takes the entries in, and says so after each part. */
  private *filling(): Generator<void> {
    let taken = 0;
    for (const [at, list] of this.lists.entries()) {
      const before = this.faults.length;
      for (const entry of list.entries) {
        const fault = this.add(list, at, entry.trim());
        if (fault === undefined) this.usable++;
        else
          this.faults.push(
            refusal(`${list.name}: ${entry.slice(0, 100)}`, `warninglist ${list.type}`, ...fault),
          );
        if (++taken % AT_ONCE === 0) yield;
      }
      this.unusable.push(this.faults.length - before);
      yield* this.within.get(at)?.order() ?? [];
    }
  }

  /** Every list that knows the value, each once, in the order of the lists. */
  find(type: IndicatorType, value: string): IndexHit[] {
    const found = new Map<number, IndexHit>();
    const applies = (at: number) => !found.has(at) && this.lists[at]?.types.has(type) === true;
    const note = (lists: Lists | undefined, entry: string) => {
      if (lists === undefined) return;
      for (const at of typeof lists === "number" ? [lists] : lists)
        if (applies(at)) found.set(at, { at, entry });
    };
    const folded = value.toLowerCase();
    note(this.wholes.get(folded), folded);
    const host = hostOf(type, folded);
    if (host !== undefined) this.checkHost(host, note);
    for (const [entry, lists] of this.shortParts) if (folded.includes(entry)) note(lists, entry);
    if (this.parts.size > 0) this.checkParts(folded, note);
    const network = readNetwork(host === undefined ? folded : host.replace(/^\[|\]$/g, ""));
    if (network !== undefined) this.checkNetworks(network, note);
    for (const { at, entry, form } of this.expressions) {
      if (applies(at) && form.test(value)) found.set(at, { at, entry });
    }
    if (network !== undefined && host === undefined && folded.includes("/")) {
      for (const [at, networks] of this.within) {
        const inside = applies(at) ? networks.within(network) : undefined;
        if (inside !== undefined)
          found.set(at, { at, entry: networkText(inside.first), inside: inside.count });
      }
    }
    return [...found.values()].sort((one, other) => one.at - other.at);
  }

  private add(list: Warninglist, at: number, entry: string): [Reason, ReasonFacts?] | undefined {
    const folded = entry.toLowerCase();
    if (folded === "") return ["entry-empty"];
    if (list.type === "string") {
      join(this.wholes, folded, at);
      const network = readNetwork(folded);
      if (network !== undefined) this.addWithin(network, at);
    } else if (list.type === "hostname") join(this.hosts, folded.replace(/^\.+|\.+$/g, ""), at);
    else if (list.type === "substring") this.addPart(folded, at);
    else if (list.type === "regex") return this.addExpression(entry, at);
    else {
      const network = readNetwork(folded);
      if (network === undefined) return ["entry-network"];
      const sameLength = this.networks[network.family].get(network.bits.length) ?? new Map<string, Lists>();
      this.networks[network.family].set(network.bits.length, sameLength);
      join(sameLength, network.bits, at);
      this.addWithin(network, at);
    }
    return undefined;
  }

  private addWithin(network: Network, at: number): void {
    const within = this.within.get(at) ?? new NetworksWithin();
    this.within.set(at, within);
    within.add(network);
  }

  private addPart(entry: string, at: number): void {
    if (entry.length < PART) {
      join(this.shortParts, entry, at);
      return;
    }
    const start = entry.slice(0, PART);
    const alike = this.parts.get(start) ?? new Map<string, Lists>();
    this.parts.set(start, alike);
    join(alike, entry, at);
  }

  /** `/expression/flags`, as MISP writes them; only the flag i changes what matches here. */
  private addExpression(entry: string, at: number): [Reason, ReasonFacts?] | undefined {
    const [, body, flags] = /^\/(.*)\/([a-zA-Z]*)$/s.exec(entry) ?? [undefined, entry, ""];
    try {
      const form = RE2JS.compile(body ?? "", flags?.includes("i") === true ? RE2JS.CASE_INSENSITIVE : 0);
      this.expressions.push({ at, entry, form });
      return undefined;
    } catch (error) {
      return ["entry-regex", { fault: error instanceof Error ? error.message.slice(0, 200) : "" }];
    }
  }

  /** The host itself and every domain above it. */
  private checkHost(host: string, note: (lists: Lists | undefined, entry: string) => void): void {
    let rest = host.replace(/\.+$/, "");
    for (;;) {
      note(this.hosts.get(rest), rest);
      const dot = rest.indexOf(".");
      if (dot < 0) return;
      rest = rest.slice(dot + 1);
    }
  }

  private checkParts(value: string, note: (lists: Lists | undefined, entry: string) => void): void {
    for (let from = 0; from + PART <= value.length; from++) {
      const alike = this.parts.get(value.slice(from, from + PART));
      if (alike === undefined) continue;
      for (const [entry, lists] of alike) if (value.startsWith(entry, from)) note(lists, entry);
    }
  }

  private checkNetworks(network: Network, note: (lists: Lists | undefined, entry: string) => void): void {
    for (const [length, sameLength] of this.networks[network.family]) {
      const bits = network.bits.slice(0, length);
      if (bits.length === length) note(sameLength.get(bits), networkText({ family: network.family, bits }));
    }
  }
}

function join(map: Map<string, Lists>, key: string, at: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, at);
  else if (typeof known === "number") {
    if (known !== at) map.set(key, [known, at]);
  } else if (known.at(-1) !== at) known.push(at);
}

function hostOf(type: IndicatorType, value: string): string | undefined {
  if (type === "domain") return value;
  if (type === "email") return value.slice(value.lastIndexOf("@") + 1);
  return type === "url" && URL.canParse(value) ? new URL(value).hostname : undefined;
}
