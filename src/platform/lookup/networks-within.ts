import { keysWithin, type Network, networkOf, orderKey } from "./network.ts";

/** Keys that are put in order before others have their turn: some milliseconds. */
const AT_ONCE = 4000;

/** The addresses and networks of one list, so that those within a network are counted by two searches. */
export class NetworksWithin {
  private readonly given = { 4: new Set<string>(), 6: new Set<string>() };
  private readonly ordered: Record<4 | 6, readonly string[]> = { 4: [], 6: [] };

  add(network: Network): void {
    this.given[network.family].add(orderKey(network));
  }

  /** Once, after all were added; says after each part that others may have their turn. */
  *order(): Generator<void> {
    for (const family of [4, 6] as const) {
      this.ordered[family] = yield* ordered([...this.given[family]]);
      this.given[family].clear();
    }
  }

  /** How many lie within the network, itself among them, and the first; nothing where none does. */
  within(network: Network): { readonly count: number; readonly first: Network } | undefined {
    const keys = this.ordered[network.family];
    const { from, to } = keysWithin(network);
    const start = placeOf(keys, (key) => key >= from);
    const first = keys[start];
    if (first === undefined || first > to) return undefined;
    return { count: placeOf(keys, (key) => key > to) - start, first: networkOf(network.family, first) };
  }
}

/** The first place from which on the keys pass. */
function placeOf(keys: readonly string[], passes: (key: string) => boolean): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(keys[middle] ?? "")) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Parts in order, then joined two by two. */
function* ordered(keys: readonly string[]): Generator<void, readonly string[]> {
  let runs: string[][] = [];
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    runs.push(keys.slice(from, from + AT_ONCE).sort());
    yield;
  }
  while (runs.length > 1) {
    const joined: string[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      joined.push(yield* joinedRuns(runs[at] ?? [], runs[at + 1] ?? []));
    runs = joined;
  }
  return runs[0] ?? [];
}

function* joinedRuns(one: readonly string[], other: readonly string[]): Generator<void, string[]> {
  const all: string[] = [];
  let [a, b] = [0, 0];
  while (all.length < one.length + other.length) {
    const [left, right] = [one[a], other[b]];
    if (right === undefined || (left !== undefined && left < right)) {
      all.push(left ?? "");
      a++;
    } else {
      all.push(right);
      b++;
    }
    if (all.length % AT_ONCE === 0) yield;
  }
  return all;
}
