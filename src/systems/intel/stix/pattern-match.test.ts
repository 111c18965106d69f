import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "./json.ts";
import { matchPattern } from "./pattern-match.ts";

const START = Date.parse("2026-11-23T00:00:00Z");

/** An observation at a second, of objects that get ids of their own; `refs` is left to the objects. */
function observation(second: number, objects: JsonObject[], more: object = {}): JsonObject[] {
  const at = new Date(START + second * 1000).toISOString();
  const named = objects.map((object, index) => ({
    id: `${String(object["type"])}--${second}-${index}`,
    ...object,
  }));
  return [
    {
      type: "observed-data",
      id: `observed-data--${second}`,
      first_observed: at,
      last_observed: at,
      number_observed: 1,
      object_refs: named.map((object) => object.id),
      ...more,
    },
    ...named,
  ];
}

const address = (value: string): JsonObject => ({ type: "ipv4-addr", value });
const file: JsonObject = {
  type: "file",
  name: "foo%bar.DLL",
  size: 25_536,
  hashes: { "SHA-256": "aa" },
  parent_directory_ref: "directory--1",
  content_ref: "artifact--1",
  extensions: {
    "windows-pebinary-ext": { sections: [{ entropy: 6.2 }, { entropy: 7.9 }], is_signed: false },
  },
};
const process: JsonObject = {
  type: "process",
  created_time: "2026-01-20T12:11:25.100Z",
  argument_list: ["-x", "惡"],
};
const scene = observation(0, [
  file,
  process,
  { type: "directory", id: "directory--1", path: "C:\\Windows\\It's" },
  { type: "artifact", id: "artifact--1", payload_bin: "SGVsbG8=", magic_hex: "4D5A" },
  address("198.51.100.7"),
  { type: "ipv4-addr", value: "203.0.113.0/24" },
]);
const says = (pattern: string, documents: readonly JsonObject[] = scene) => {
  const found = matchPattern(pattern, documents);
  assert.ok("matched" in found, JSON.stringify(found));
  return found.matched ? found.observed.map((id) => Number(id.split("--")[1])) : undefined;
};

test("9.4, 9.6: comparison operators and their types", () => {
  for (const pattern of [
    "[file:size = 25536]",
    "[file:size > 25535 AND file:size <= 25536.0]",
    "[file:size NOT = 1]",
    "[file:size != '25536']",
    "[file:name LIKE 'foo_bar.D%']",
    "[file:name LIKE 'foo%']",
    "[file:name MATCHES '^foo.bar\\\\.(DLL|EXE)$']",
    "[file:name IN ('x', 'foo%bar.DLL')]",
    "[file:name NOT IN ('x')]",
    "[file:hashes.'SHA-256' = 'aa']",
    "[file:parent_directory_ref.path = 'C:\\\\Windows\\\\It\\'s']",
    "[file:content_ref.payload_bin = b'SGVsbG8=']",
    "[artifact:payload_bin = h'48656c6c6f']",
    "[artifact:magic_hex = h'4d5a']",
    "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]",
    "[file:extensions.'windows-pebinary-ext'.sections[0].entropy < 7.0]",
    "[file:extensions.'windows-pebinary-ext'.is_signed = false]",
    "[process:created_time = t'2026-01-20T12:11:25.1Z']",
    "[process:created_time > t'2026-01-20T12:11:25Z']",
    "[process:argument_list[*] = '惡']",
    "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
    "[ipv4-addr:value ISSUPERSET '203.0.113.77']",
    "[EXISTS file:size]",
    "[NOT EXISTS file:mime_type]",
    "[(file:size = 1 OR file:name LIKE '%.DLL') AND file:size > 1]",
    "[file:size = 1 OR ipv4-addr:value = '198.51.100.7']",
  ]) {
    assert.deepEqual(says(pattern), [0], pattern);
  }
  for (const pattern of [
    "[file:size = '25536']",
    "[file:name LIKE 'FOO%']",
    "[file:name MATCHES '^bar']",
    "[file:name = 'foo_bar.DLL']",
    "[file:mime_type NOT = 'x']",
    "[file:parent_directory_ref.path = 'C:\\\\Windows']",
    "[file:extensions.'windows-pebinary-ext'.sections[1].entropy < 7.0]",
    "[file:extensions.'windows-pebinary-ext'.sections[7].entropy < 7.0]",
    "[ipv4-addr:value ISSUBSET '2001:db8::/32']",
    "[EXISTS file:mime_type]",
    "[file:size = 25536 AND ipv4-addr:value = '198.51.100.7']",
    "[file:size = 1 AND file:name = 'x' OR file:size = 2]",
    "[constructor:prototype = 'x']",
  ]) {
    assert.equal(says(pattern), undefined, pattern);
  }
});

const seen = [
  ...observation(0, [address("1.1.1.1")]),
  ...observation(5, [address("2.2.2.2")]),
  ...observation(60, [address("1.1.1.1")]),
  ...observation(65, [address("1.1.1.1")]),
  ...observation(90, [address("3.3.3.3")], { number_observed: 4 }),
];
const one = (digit: number) => `[ipv4-addr:value = '${Array(4).fill(digit).join(".")}']`;

test("9.3, 9.5: observations joined, in order, repeated and within a time", () => {
  assert.deepEqual(says(`${one(1)} AND ${one(2)}`, seen), [0, 5]);
  assert.deepEqual(
    says(`${one(1)} AND ${one(1)} AND ${one(1)}`, seen),
    [0, 60, 65],
    "each by another observation",
  );
  assert.equal(says(`${one(2)} AND ${one(2)}`, seen), undefined);
  assert.deepEqual(says(`${one(2)} FOLLOWEDBY ${one(1)}`, seen), [5, 60]);
  assert.equal(says(`${one(3)} FOLLOWEDBY ${one(1)}`, seen), undefined);
  assert.deepEqual(says(`${one(9)} OR ${one(2)}`, seen), [5]);
  assert.deepEqual(says(`(${one(1)} AND ${one(2)}) WITHIN 5 SECONDS`, seen), [0, 5]);
  assert.equal(says(`(${one(1)} AND ${one(2)}) WITHIN 4.9 SECONDS`, seen), undefined);
  assert.deepEqual(says(`${one(1)} REPEATS 2 TIMES WITHIN 10 SECONDS`, seen), [60, 65]);
  assert.equal(says(`${one(1)} REPEATS 3 TIMES WITHIN 10 SECONDS`, seen), undefined);
  assert.deepEqual(says(`${one(3)} REPEATS 4 TIMES`, seen), [90], "number_observed counts");
  assert.equal(says(`${one(3)} REPEATS 5 TIMES`, seen), undefined);
  assert.deepEqual(says(`(${one(1)} OR ${one(2)}) REPEATS 4 TIMES`, seen), [0, 60, 65, 5]);
  assert.deepEqual(says(`${one(1)} START t'2026-11-23T00:00:01Z' STOP t'2026-11-23T00:01:05Z'`, seen), [60]);
  assert.equal(
    says(`${one(3)} START t'2026-11-23T00:00:00Z' STOP t'2026-11-23T00:01:30Z'`, seen),
    undefined,
    "STOP is exclusive",
  );
  assert.deepEqual(
    says(`${one(9)} FOLLOWEDBY ${one(1)} OR ${one(2)}`, seen),
    undefined,
    "OR binds closer than FOLLOWEDBY",
  );
  assert.deepEqual(says(`${one(2)} OR ${one(9)} AND ${one(1)}`, seen), [5], "AND binds closer than OR");
});

test("9.3: random AND, OR and FOLLOWEDBY answer as trying every choice does", () => {
  const digit = fc.integer({ min: 1, max: 3 });
  const drawn = fc.record({
    values: fc.array(digit, { minLength: 1, maxLength: 5 }),
    wanted: fc.array(digit, { minLength: 1, maxLength: 3 }),
    word: fc.constantFrom("AND", "OR", "FOLLOWEDBY"),
  });
  fc.assert(
    fc.property(drawn, ({ values, wanted, word }) => {
      const documents = values.flatMap((value, at) =>
        observation(at, [address(Array(4).fill(value).join("."))]),
      );
      const choices = wanted.reduce<number[][]>(
        (all) => all.flatMap((chosen) => values.map((_, at) => [...chosen, at])),
        [[]],
      );
      const expected = choices.some((chosen) => {
        const fits = chosen.map((at, index) => values[at] === wanted[index]);
        if (word === "OR") return fits.some(Boolean);
        const apart = new Set(chosen).size === chosen.length;
        const inOrder = chosen.every((at, index) => index === 0 || at > (chosen[index - 1] ?? 0));
        return fits.every(Boolean) && apart && (word === "AND" || inOrder);
      });
      const found = says(wanted.map(one).join(` ${word} `), documents);
      assert.equal(found !== undefined, expected);
    }),
    { numRuns: 500 },
  );
});

/** What the standard says of qualifiers (section 9.5), by trying every set of observations. */
type Naive =
  | { readonly kind: "one"; readonly digit: number }
  | { readonly kind: "AND" | "OR" | "FOLLOWEDBY"; readonly parts: readonly Naive[] }
  | { readonly kind: "REPEATS" | "WITHIN"; readonly of: Naive; readonly number: number }
  | { readonly kind: "START"; readonly of: Naive; readonly from: number; readonly to: number };

const stamp = (second: number) => new Date(START + second * 1000).toISOString();

function written(tree: Naive): string {
  if (tree.kind === "one") return one(tree.digit);
  if ("parts" in tree) return `(${tree.parts.map(written).join(` ${tree.kind} `)})`;
  if (tree.kind === "START")
    return `${written(tree.of)} START t'${stamp(tree.from)}' STOP t'${stamp(tree.to)}'`;
  return `${written(tree.of)} ${tree.kind} ${tree.number} ${tree.kind === "REPEATS" ? "TIMES" : "SECONDS"}`;
}

/** Every set of observations, by their places, that makes the tree true; `at` are their seconds. */
function sets(tree: Naive, values: readonly number[], at: readonly number[]): number[][] {
  const apart = (one: readonly number[], other: readonly number[]) =>
    !one.some((each) => other.includes(each));
  const seconds = (set: readonly number[]) => set.map((place) => at[place] ?? 0);
  switch (tree.kind) {
    case "one":
      return values.flatMap((value, place) => (value === tree.digit ? [[place]] : []));
    case "OR":
      return tree.parts.flatMap((part) => sets(part, values, at));
    case "AND":
    case "FOLLOWEDBY":
      return tree.parts
        .map((part) => sets(part, values, at))
        .reduce((all, next) =>
          all.flatMap((before) =>
            next
              .filter(
                (after) =>
                  apart(before, after) &&
                  (tree.kind === "AND" || Math.max(...seconds(before)) <= Math.min(...seconds(after))),
              )
              .map((after) => [...before, ...after]),
          ),
        );
    case "REPEATS": {
      const inner = sets(tree.of, values, at);
      let all: number[][] = [[]];
      for (let time = 0; time < tree.number; time++)
        all = all.flatMap((before) =>
          inner.filter((next) => apart(before, next)).map((next) => [...before, ...next]),
        );
      return all;
    }
    case "WITHIN":
      return sets(tree.of, values, at).filter(
        (set) => Math.max(...seconds(set)) - Math.min(...seconds(set)) <= tree.number,
      );
    default:
      return sets(tree.of, values, at).filter((set) =>
        seconds(set).every((second) => second >= tree.from && second < tree.to),
      );
  }
}

test("9.5: random WITHIN, REPEATS and START STOP over AND, OR and FOLLOWEDBY answer as trying every set does", () => {
  const digit = fc.integer({ min: 1, max: 3 });
  const { tree } = fc.letrec<{ tree: Naive; leaf: Naive; joined: Naive }>((tie) => ({
    leaf: digit.map((value): Naive => ({ kind: "one", digit: value })),
    joined: fc.record({
      kind: fc.constantFrom("AND" as const, "OR" as const, "FOLLOWEDBY" as const),
      parts: fc.array(tie("tree"), { minLength: 2, maxLength: 3 }),
    }),
    tree: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      tie("leaf"),
      tie("joined"),
      fc.record({
        kind: fc.constant("REPEATS" as const),
        of: tie("tree"),
        number: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({
        kind: fc.constant("WITHIN" as const),
        of: tie("tree"),
        number: fc.integer({ min: 1, max: 6 }),
      }),
      fc
        .record({
          of: tie("tree"),
          from: fc.integer({ min: 0, max: 9 }),
          length: fc.integer({ min: 1, max: 9 }),
        })
        .map(({ of, from, length }): Naive => ({ kind: "START", of, from, to: from + length })),
    ),
  }));
  const seen = fc.uniqueArray(fc.record({ second: fc.integer({ min: 0, max: 12 }), value: digit }), {
    minLength: 1,
    maxLength: 6,
    selector: ({ second }) => second,
  });
  fc.assert(
    fc.property(tree, seen, (pattern, sights) => {
      const documents = sights.flatMap(({ second, value }) =>
        observation(second, [address(Array(4).fill(value).join("."))]),
      );
      const expected = sets(
        pattern,
        sights.map(({ value }) => value),
        sights.map(({ second }) => second),
      );
      const found = matchPattern(written(pattern), documents);
      // Combinations grow fast, and the matcher says so instead of answering wrongly.
      if ("fault" in found) assert.match(found.fault, /too many combinations/, written(pattern));
      else assert.equal(found.matched, expected.length > 0, written(pattern));
    }),
    { numRuns: 1500 },
  );
});

test("9.5: repetitions beside another part that takes the same observations need not stand in a row", () => {
  const times = [1, 3, 1, 2, 1].flatMap((value, second) =>
    observation(second, [address(Array(4).fill(value).join("."))]),
  );
  assert.deepEqual(
    says(`(${one(3)} FOLLOWEDBY ${one(1)} FOLLOWEDBY ${one(2)}) AND (${one(1)} REPEATS 2 TIMES)`, times),
    [1, 2, 3, 0, 4],
  );
});

test("a pattern that is none, an expression out of reach and too many combinations are faults", () => {
  const fault = (pattern: string, documents = scene) => {
    const found = matchPattern(pattern, documents);
    return "fault" in found ? found.fault : "none";
  };
  assert.match(fault("[file:size = ]"), /^character 14: a value is wanted/);
  assert.match(fault("[file:name MATCHES '(?=x)y']"), /not supported/);
  const many = Array.from({ length: 40 }, (_, at) => observation(at, [address("1.1.1.1")])).flat();
  const began = performance.now();
  assert.match(fault(`${Array(12).fill(one(1)).join(" AND ")} AND ${one(2)}`, many), /too many combinations/);
  assert.ok(performance.now() - began < 5000);
  assert.deepEqual(
    says(
      Array(300)
        .fill(`${one(9)} WITHIN 1 SECONDS`)
        .join(" OR "),
      seen,
    ),
    undefined,
  );
});
