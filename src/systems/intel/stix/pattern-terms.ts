import { readPattern } from "./pattern.ts";
import type { Comparison, ObjectPath, Observation } from "./pattern-tree.ts";

/** A pattern as a tree; Error with the place of the fault where it is none. */
export function patternTree(pattern: string): Observation {
  const read = readPattern(pattern);
  if ("fault" in read) throw new SyntaxError(read.fault);
  return read.tree;
}

/** `file:hashes.SHA-256`, without positions in lists. */
export function pathText({ type, steps }: ObjectPath): string {
  return `${type}:${steps.filter((step) => typeof step === "string").join(".")}`;
}

export type Test = Exclude<Comparison, { kind: "and" | "or" }>;

/** The comparisons of every observation of a pattern, and the time that qualifiers name. */
export interface Seen {
  readonly comparison: Comparison;
  readonly from?: string;
  readonly to?: string;
}

export function observationsOf(tree: Observation, from?: string, to?: string): Seen[] {
  if (tree.kind === "one")
    return [
      {
        comparison: tree.comparison,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      },
    ];
  if (tree.kind === "between") return observationsOf(tree.of, tree.start, tree.stop);
  if (tree.kind === "within" || tree.kind === "repeats") return observationsOf(tree.of, from, to);
  return tree.parts.flatMap((part) => observationsOf(part, from, to));
}

const MOST_WAYS = 100;

/** The ways in which a comparison can hold, each a list of tests that all must; Error where there are too many. */
export function waysOf(comparison: Comparison): Test[][] {
  if (comparison.kind === "or") return limited(comparison.parts.flatMap(waysOf));
  // One of a set is one way each; none of a set is one test.
  if (comparison.kind === "test" && comparison.operator === "IN" && !comparison.negated)
    return limited(comparison.values.map((value): Test[] => [{ ...comparison, values: [value] }]));
  if (comparison.kind !== "and") return [[comparison]];
  return comparison.parts.reduce<Test[][]>(
    (ways, part) => limited(ways.flatMap((way) => waysOf(part).map((more) => [...way, ...more]))),
    [[]],
  );
}

function limited(ways: Test[][]): Test[][] {
  if (ways.length > MOST_WAYS) throw new RangeError(`the pattern can hold in more than ${MOST_WAYS} ways`);
  return ways;
}
