import type { Fault } from "../../../core/problem.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import { type EntryFault, EntryReader } from "../../../platform/lookup/list-entries.ts";
import { ListIndex } from "../../../platform/lookup/list-index.ts";
import type { IndicatorType, ValueWarning } from "../model.ts";
import { type Reason, type Refusal, refusal } from "../reasons/model.ts";
import { readWarninglist, type Warninglist, type WarninglistFile } from "./list.ts";

/** A list that knows a value, and which of its entries. */
export interface WarninglistHit {
  readonly list: string;
  readonly entry: string;
  /** Of a network that the list does not hold whole: how many of its entries lie in it, `entry` the first of them. */
  readonly inside?: number;
}

/** What was decided about lists beside the files of the folders. */
export interface WarninglistChanges {
  /** Keys of lists that are switched off. */
  readonly off: ReadonlySet<string>;
  /** Files of lists that were taken in; one takes the place of the folder's list of the same name. */
  readonly taken: readonly string[];
}

/** A list at hand, whether at work or switched off. */
export interface HeldList<List extends Warninglist = Warninglist> {
  readonly key: string;
  readonly list: List;
  readonly origin: "folder" | "taken-in";
  readonly off: boolean;
  /** Entries that say nothing. */
  readonly unusable: number;
}

/** A list is known by its name: 12 hexadecimal digits for addresses. */
export function keyOf(name: string): string {
  return sha256Hex(name.normalize("NFC")).slice(0, 12);
}

/** The lists of the folders and those taken in, without what is switched off or replaced. */
export function listsAtWork(own: readonly Warninglist[], { off, taken }: WarninglistChanges): Warninglist[] {
  const added = taken.map(readWarninglist);
  const replaced = new Set(added.map(({ name }) => keyOf(name)));
  return [...own.filter(({ name }) => !replaced.has(keyOf(name))), ...added].filter(
    ({ name }) => !off.has(keyOf(name)),
  );
}

/**
 * Says which warninglists know a value. The lists of the folders are indexed once; switching one off costs nothing, and
 * taking one in only indexes what was taken in.
 */
export class WarninglistChecker<List extends Warninglist = Warninglist> {
  private readonly own: readonly List[];
  private readonly ownEntries: EntryReader;
  private readonly ownIndex: ListIndex;
  private files: readonly string[] = [];
  private added: readonly WarninglistFile[] = [];
  private addedEntries = EntryReader.of([]);
  private addedIndex = new ListIndex(this.addedEntries);
  private changing: Promise<void> = Promise.resolve();
  private shown: readonly HeldList<List | WarninglistFile>[] = [];
  private ownDigest: string | undefined;
  private addedDigest: string | undefined;
  private ownSilent: ReadonlySet<number> = new Set();
  private addedSilent: ReadonlySet<number> = new Set();

  constructor(lists: readonly List[]) {
    this.own = lists;
    this.ownEntries = EntryReader.of(lists);
    this.ownIndex = new ListIndex(this.ownEntries);
    this.show(new Set());
  }

  /** Entries of the folders' lists that could not be used, `<list>: <entry>`, and why. */
  get faults(): readonly Fault[] {
    return entryFaults(this.ownEntries);
  }

  /** What tells lists at work apart from others that may say something else of a value. */
  get fingerprint(): string {
    this.ownDigest ??= sha256Hex(
      this.own
        .map(({ name, type, types, entries }) => sha256Hex(JSON.stringify([name, type, [...types], entries])))
        .join(),
    );
    this.addedDigest ??= sha256Hex(this.files.map(sha256Hex).join());
    return [this.ownDigest, this.addedDigest, ...this.ownSilent, "", ...this.addedSilent].join(" ");
  }

  /** Usable entries of all lists, those switched off among them. */
  get entryCount(): number {
    return this.ownEntries.usable + this.addedEntries.usable;
  }

  /** Every list at hand: those of the folders in their order, then those taken in. */
  get held(): readonly HeldList<List | WarninglistFile>[] {
    return this.shown;
  }

  /**
   * Puts what was decided in place of what was decided before, one change after the other. What was taken in is indexed
   * beside the requests, and the lists before are asked until that is done.
   */
  change(changes: WarninglistChanges): Promise<void> {
    const done = this.changing.then(() => this.put(changes));
    this.changing = done.catch(() => {});
    return done;
  }

  private async put({ off, taken }: WarninglistChanges): Promise<void> {
    if (taken.length !== this.files.length || taken.some((file, at) => file !== this.files[at])) {
      const added = taken.map(readWarninglist);
      const entries = await EntryReader.inParts(added);
      [this.files, this.added, this.addedEntries] = [taken, added, entries];
      this.addedIndex = new ListIndex(entries);
      this.addedDigest = undefined;
    }
    this.show(off);
  }

  private show(off: ReadonlySet<string>): void {
    const replaced = new Set(this.added.map(({ name }) => keyOf(name)));
    const shown: HeldList<List | WarninglistFile>[] = [];
    const ownSilent = new Set<number>();
    const addedSilent = new Set<number>();
    this.own.forEach((list, at) => {
      const key = keyOf(list.name);
      if (replaced.has(key) || off.has(key)) ownSilent.add(at);
      const unusable = this.ownEntries.unusable[at] ?? 0;
      if (!replaced.has(key)) shown.push({ key, list, origin: "folder", off: off.has(key), unusable });
    });
    this.added.forEach((list, at) => {
      const key = keyOf(list.name);
      if (off.has(key)) addedSilent.add(at);
      const unusable = this.addedEntries.unusable[at] ?? 0;
      shown.push({ key, list, origin: "taken-in", off: off.has(key), unusable });
    });
    [this.shown, this.ownSilent, this.addedSilent] = [shown, ownSilent, addedSilent];
  }

  /** What the lists at work say of each value, in the order of the values and then of the lists. */
  warnings(values: readonly { readonly type: IndicatorType; readonly value: string }[]): ValueWarning[] {
    return values.flatMap(({ type, value }) => this.check(type, value).map((hit) => ({ value, ...hit })));
  }

  /** Every list at work that knows the value, each once, in the order of the lists. */
  check(type: IndicatorType, value: string): WarninglistHit[] {
    return [
      ...hits(this.ownIndex, this.own, this.ownSilent, type, value),
      ...(this.added.length === 0 ? [] : hits(this.addedIndex, this.added, this.addedSilent, type, value)),
    ];
  }
}

const REASONS = {
  empty: "entry-empty",
  network: "entry-network",
  regex: "entry-regex",
} as const satisfies Record<EntryFault["why"], Reason>;

/** Entries that say nothing, `<list>: <entry>`, and why. */
export function entryFaults({ lists, faults }: EntryReader): Refusal[] {
  return faults.map(({ at, entry, why, fault }) => {
    const { name, type } = lists[at] ?? { name: "", type: "" };
    const path = `${name}: ${entry.slice(0, 100)}`;
    return refusal(path, `warninglist ${type}`, REASONS[why], ...(fault === undefined ? [] : [{ fault }]));
  });
}

function hits(
  index: ListIndex,
  lists: readonly Warninglist[],
  silent: ReadonlySet<number>,
  type: IndicatorType,
  value: string,
): WarninglistHit[] {
  return index
    .find(type, value)
    .flatMap(({ at, ...hit }) => (silent.has(at) ? [] : [{ list: lists[at]?.name ?? "", ...hit }]));
}
