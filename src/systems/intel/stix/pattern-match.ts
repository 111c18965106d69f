import { isJsonObject, isList, type JsonObject } from "./json.ts";
import { readPattern } from "./pattern.ts";
import { holds } from "./pattern-compare.ts";
import type { Comparison, Observation } from "./pattern-tree.ts";

/** What a match says: the observed-data that together make the pattern true, or that none do, or why it cannot be told. */
export type PatternMatch =
  | { readonly matched: true; readonly observed: readonly string[] }
  | { readonly matched: false }
  | { readonly fault: string };

/** One observed-data: when, how often, and what was seen. */
interface Sight {
  readonly id: string;
  /** Milliseconds since 1970: it happened at some time between them. */
  readonly first: number;
  readonly last: number;
  readonly times: number;
  readonly objects: readonly JsonObject[];
  readonly byKey: ReadonlyMap<string, JsonObject>;
}

/** Sights, none twice, that make a part of a pattern true. */
type Binding = readonly Sight[];

/** Steps after which a pattern counts as too costly: combinations grow with every AND and REPEATS. */
const MOST_STEPS = 500_000;

class TooCostly extends Error {}

/**
 * Is a pattern true of observed data (STIX 2.1 section 9)? `documents` are observed-data and the observables they refer
 * to; observed-data with `objects` inside, as STIX 2.0 wrote it, is taken, too. An observation counts as often as its
 * `number_observed` says, and where it spans a time it may have happened anywhere in it.
 */
export function matchPattern(pattern: string, documents: readonly JsonObject[]): PatternMatch {
  const read = readPattern(pattern);
  if ("fault" in read) return { fault: read.fault };
  const sights = sightsOf(documents);
  try {
    for (const binding of new Matcher(sights).bindings(read.tree)) {
      return { matched: true, observed: binding.map((sight) => sight.id) };
    }
    return { matched: false };
  } catch (error) {
    if (error instanceof TooCostly || error instanceof SyntaxError) return { fault: error.message };
    throw error;
  }
}

class Matcher {
  private readonly sights: readonly Sight[];
  private readonly seen = new Map<Observation, ReadonlySet<Sight>>();
  private steps = 0;

  constructor(sights: readonly Sight[]) {
    this.sights = sights;
  }

  /** `alone`: no other part of the pattern can want the same sights, so that of many choices the closest suffice. */
  *bindings(tree: Observation, alone = true): Generator<Binding> {
    if (tree.kind === "one") {
      for (const sight of this.seenBy(tree)) {
        this.step();
        yield [sight];
      }
    } else if (tree.kind === "or") {
      for (const part of tree.parts) yield* this.bindings(part, alone);
    } else if (tree.kind === "and" || tree.kind === "followed-by") {
      const wanted = tree.parts.map((part) => this.wantedBy(part));
      const parts = tree.parts.map((part, at) => ({
        part,
        alone:
          alone &&
          wanted.every((others, other) => other === at || others.isDisjointFrom(wanted[at] ?? others)),
      }));
      yield* this.together(parts, [], tree.kind === "followed-by");
    } else if (tree.kind === "repeats") {
      yield* this.repeated(tree.of, tree.times, alone);
    } else {
      for (const binding of this.bindings(tree.of, alone)) {
        const fits =
          tree.kind === "within"
            ? spread(binding) <= tree.seconds * 1000
            : binding.every((sight) => isBetween(sight, Date.parse(tree.start), Date.parse(tree.stop)));
        if (fits) yield binding;
      }
    }
  }

  /** Each part by other sights than those before it, and where order counts, not before them. */
  private *together(
    parts: readonly { readonly part: Observation; readonly alone: boolean }[],
    before: Binding,
    ordered: boolean,
  ): Generator<Binding> {
    const [first, ...rest] = parts;
    if (first === undefined) {
      yield before;
      return;
    }
    for (const binding of this.bindings(first.part, first.alone)) {
      this.step();
      if (binding.some((sight) => before.includes(sight))) continue;
      if (ordered && before.length > 0 && !canFollow(before, binding)) continue;
      yield* this.together(rest, [...before, ...binding], ordered);
    }
  }

  private *repeated(of: Observation, times: number, alone: boolean): Generator<Binding> {
    if (of.kind !== "one") {
      yield* this.disjoint([...this.bindings(of, false)], times, 0, []);
      return;
    }
    const seen = [...this.seenBy(of)].sort((a, b) => a.first - b.first);
    if (!alone) {
      yield* this.chosen(seen, times, 0, []);
      return;
    }
    // In the order of time, sights in a row are the closest: no other choice could fit a narrower WITHIN.
    for (let from = 0; from < seen.length; from++) {
      let count = 0;
      for (let to = from; to < seen.length && count < times; to++) {
        this.step();
        count += seen[to]?.times ?? 0;
        if (count >= times) yield seen.slice(from, to + 1);
      }
    }
  }

  /** Every choice of sights that together were seen so many times, none more than needed. */
  private *chosen(seen: readonly Sight[], times: number, from: number, taken: Binding): Generator<Binding> {
    if (times <= 0) {
      yield taken;
      return;
    }
    for (let at = from; at < seen.length; at++) {
      this.step();
      const sight = seen[at];
      if (sight !== undefined) yield* this.chosen(seen, times - sight.times, at + 1, [...taken, sight]);
    }
  }

  /** The sights of which a single observation of the pattern is true. */
  private seenBy(tree: Extract<Observation, { kind: "one" }>): ReadonlySet<Sight> {
    const known = this.seen.get(tree);
    if (known !== undefined) return known;
    const found = new Set(
      this.sights.filter((sight) => {
        this.step();
        return sees(sight, tree.comparison);
      }),
    );
    this.seen.set(tree, found);
    return found;
  }

  /** The sights that any observation within a part could take. */
  private wantedBy(tree: Observation): ReadonlySet<Sight> {
    if (tree.kind === "one") return this.seenBy(tree);
    if (!("parts" in tree)) return this.wantedBy(tree.of);
    return tree.parts.reduce<ReadonlySet<Sight>>((all, part) => all.union(this.wantedBy(part)), new Set());
  }

  private *disjoint(
    all: readonly Binding[],
    times: number,
    from: number,
    chosen: Binding,
  ): Generator<Binding> {
    if (times === 0) {
      yield chosen;
      return;
    }
    for (let at = from; at + times <= all.length; at++) {
      this.step();
      const binding = all[at] ?? [];
      if (!binding.some((sight) => chosen.includes(sight)))
        yield* this.disjoint(all, times - 1, at + 1, [...chosen, ...binding]);
    }
  }

  private step(): void {
    if (++this.steps > MOST_STEPS)
      throw new TooCostly("the pattern has too many combinations over this data");
  }
}

function sees(sight: Sight, comparison: Comparison): boolean {
  return sight.objects.some((object) => holds(comparison, object, (id) => sight.byKey.get(id)));
}

/** The least time, in milliseconds, in which all of them can have happened. */
function spread(binding: Binding): number {
  const latest = binding.reduce((time, sight) => Math.max(time, sight.first), Number.NEGATIVE_INFINITY);
  const earliest = binding.reduce((time, sight) => Math.min(time, sight.last), Number.POSITIVE_INFINITY);
  return Math.max(0, latest - earliest);
}

function canFollow(before: Binding, after: Binding): boolean {
  return before.every((one) => after.every((other) => one.first <= other.last));
}

/** From the start to just before the stop. */
function isBetween(sight: Sight, start: number, stop: number): boolean {
  return sight.first < stop && sight.last >= start;
}

function sightsOf(documents: readonly JsonObject[]): Sight[] {
  const byId = new Map<string, JsonObject>();
  for (const object of documents) if (typeof object["id"] === "string") byId.set(object["id"], object);
  return documents.flatMap((object): Sight[] => {
    const { type, id, first_observed: first, last_observed: last, number_observed: times } = object;
    if (type !== "observed-data" || typeof id !== "string") return [];
    const [from, to] = [Date.parse(String(first)), Date.parse(String(last))];
    if (Number.isNaN(from) || Number.isNaN(to)) return [];
    const byKey = contentOf(object, byId);
    const count = typeof times === "number" ? times : 1;
    return [{ id, first: from, last: to, times: count, objects: [...byKey.values()], byKey }];
  });
}

/** By id of those referred to, or by their key where they stand inside. */
function contentOf(observed: JsonObject, byId: ReadonlyMap<string, JsonObject>): Map<string, JsonObject> {
  const content = new Map<string, JsonObject>();
  const { object_refs: refs, objects } = observed;
  for (const ref of refs !== undefined && isList(refs) ? refs : []) {
    const object = typeof ref === "string" ? byId.get(ref) : undefined;
    if (typeof ref === "string" && object !== undefined) content.set(ref, object);
  }
  for (const [key, object] of Object.entries(objects !== undefined && isJsonObject(objects) ? objects : {})) {
    if (isJsonObject(object)) content.set(key, object);
  }
  return content;
}
