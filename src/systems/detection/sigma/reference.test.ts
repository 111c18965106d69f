import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { compileRules } from "./matcher.ts";
import type { Pipeline } from "./pipeline.ts";
import { readRules } from "./rule.ts";
import type { EventRecord } from "./view.ts";

/**
 * A matcher so plain that it can be held beside the specification: it works on the rule as JavaScript values, one
 * character at a time, and knows nothing of compiling. The compiled rules must agree with it on every rule and event.
 */
type Value = string | number | boolean | null;
type Fields = Readonly<Record<string, Value | Value[]>>;
type Search = Fields | Fields[] | Value[];
interface Rule {
  readonly searches: Readonly<Record<string, Search>>;
  readonly condition: string;
}

function values(event: EventRecord, field: string): string[] {
  const value = event[field];
  const list = Array.isArray(value) ? value : [value];
  return list.filter((one) => one !== null && one !== undefined).map(String);
}

type Char = { readonly wild: "*" | "?" } | { readonly plain: string };

function chars(text: string): Char[] {
  const out: Char[] = [];
  const all = [...text];
  while (all.length > 0) {
    const char = all.shift() ?? "";
    if (char === "\\" && ["*", "?", "\\"].includes(all[0] ?? "")) out.push({ plain: all.shift() ?? "" });
    else out.push(char === "*" || char === "?" ? { wild: char } : { plain: char });
  }
  return out;
}

function like(pattern: readonly Char[], value: readonly string[], cased: boolean): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return value.length === 0;
  if ("wild" in first && first.wild === "*") {
    return like(rest, value, cased) || (value.length > 0 && like(pattern, value.slice(1), cased));
  }
  const [head, ...tail] = value;
  if (head === undefined) return false;
  const same =
    "wild" in first || head === first.plain || (!cased && head.toLowerCase() === first.plain.toLowerCase());
  return same && like(rest, tail, cased);
}

function wanted(value: Value, modifiers: readonly string[]): Char[][] {
  const star: Char = { wild: "*" };
  let texts = [String(value)];
  if (modifiers.includes("windash")) {
    const dashes = ["-", "/", "–", "—", "―"];
    const write = (before: string, text: string): string[] => {
      const [char, ...rest] = [...text];
      if (char === undefined) return [before];
      const word = (one: string | undefined) => one !== undefined && /\w/.test(one);
      const isSwitch = dashes.includes(char) && !word([...before].at(-1)) && word(rest[0]);
      return (isSwitch ? dashes : [char]).flatMap((one) => write(before + one, rest.join("")));
    };
    texts = texts.flatMap((text) => write("", text));
  }
  return texts.map((text) => {
    let pattern = typeof value === "string" ? chars(text) : [...text].map((plain): Char => ({ plain }));
    if (modifiers.includes("contains") || modifiers.includes("endswith")) pattern = [star, ...pattern];
    if (modifiers.includes("contains") || modifiers.includes("startswith")) pattern = [...pattern, star];
    return pattern;
  });
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function itemHolds(event: EventRecord, key: string, value: Value | Value[]): boolean {
  const [field = "", ...modifiers] = key.split("|");
  const own = values(event, field);
  const holds = (one: Value): boolean => {
    if (modifiers.includes("exists")) return Object.keys(event).includes(field) === one;
    if (one === null) return own.length === 0;
    if (modifiers.includes("gte")) return own.some((text) => isNumber(text) && Number(text) >= Number(one));
    if (modifiers.includes("lt")) return own.some((text) => isNumber(text) && Number(text) < Number(one));
    if (modifiers.includes("re")) {
      const expression = new RegExp(String(one), modifiers.includes("i") ? "i" : "");
      return own.some((text) => expression.test(text));
    }
    if (modifiers.includes("fieldref")) {
      return own.some((text) =>
        values(event, String(one)).some((other) => other.toLowerCase() === text.toLowerCase()),
      );
    }
    return wanted(one, modifiers).some((pattern) =>
      own.some((text) => like(pattern, [...text], modifiers.includes("cased"))),
    );
  };
  const list = Array.isArray(value) ? value : [value];
  const met = modifiers.includes("all") ? list.every(holds) : list.some(holds);
  return modifiers.includes("neq") ? !met : met;
}

function searchHolds(event: EventRecord, search: Search): boolean {
  if (!Array.isArray(search))
    return Object.entries(search).every(([key, value]) => itemHolds(event, key, value));
  return search.some((one) =>
    typeof one === "object" && one !== null
      ? searchHolds(event, one)
      : Object.keys(event).some((field) =>
          values(event, field).some((text) =>
            wanted(one, ["contains"]).some((pattern) => like(pattern, [...text], false)),
          ),
        ),
  );
}

/** Answers a condition by rewriting it to JavaScript's own operators. */
function ruleHolds(event: EventRecord, rule: Rule): boolean {
  const truth = (name: string) => searchHolds(event, rule.searches[name] ?? []);
  const names = Object.keys(rule.searches);
  const quantified = rule.condition.replace(/(1|all) of (them|\w*\*)/g, (_, how: string, pattern: string) => {
    const chosen = names.filter((name) => pattern === "them" || name.startsWith(pattern.slice(0, -1)));
    const met = chosen.map(truth);
    return String(how === "all" ? met.every(Boolean) : met.some(Boolean));
  });
  const written = quantified.replace(/\b(s\d|and|or|not)\b/g, (word) => {
    return { and: "&&", or: "||", not: "!" }[word] ?? String(truth(word));
  });
  assert.match(written, /^(true|false|&&|\|\||!|[() ])+$/);
  return Boolean(new Function(`return ${written};`)());
}

const text = fc.oneof(
  // Few letters, so that wildcards have something to meet; then everything that has a meaning somewhere.
  fc.string({ unit: fc.constantFrom("a", "a", "b", "*", "?"), maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom("a", "b", "A", "*", "?", "\\", "-", "/", " ", "1", "ß", "水", "😀"),
    maxLength: 5,
  }),
);
const field = fc.constantFrom("f", "g", "h.i");
const plain = fc.oneof({ weight: 6, arbitrary: text }, fc.nat(20), fc.boolean());
const item: fc.Arbitrary<[string, Value | Value[]]> = fc.oneof(
  fc.tuple(
    fc
      .tuple(
        field,
        fc.constantFrom("", "|contains", "|startswith", "|endswith"),
        fc.constantFrom("", "|cased"),
        fc.constantFrom("", "|windash"),
        fc.constantFrom("", "|all"),
        fc.constantFrom("", "|neq"),
      )
      .map((parts) => parts.join("")),
    fc.oneof(plain, fc.array(plain, { minLength: 1, maxLength: 6 })),
  ),
  fc.tuple(field, fc.oneof(fc.constant(null), fc.constant<Value[]>([null, "", "a"]))),
  fc.tuple(
    fc.tuple(field, fc.constantFrom("|re", "|re|i", "|re|all", "|re|neq")).map((parts) => parts.join("")),
    fc.array(fc.constantFrom("a+b", "^ab?", "b$", "(ab|ba)a", "(a|b)1", "[ab]{2}", "Aa|水"), {
      minLength: 1,
      maxLength: 3,
    }),
  ),
  fc.tuple(
    field.map((name) => `${name}|exists`),
    fc.boolean(),
  ),
  fc.tuple(
    field.map((name) => `${name}|gte`),
    fc.nat(20),
  ),
  fc.tuple(
    field.map((name) => `${name}|lt`),
    fc.nat(20),
  ),
  fc.tuple(
    field.map((name) => `${name}|fieldref`),
    field,
  ),
);
const map = fc.array(item, { minLength: 1, maxLength: 3 }).map((items): Fields => Object.fromEntries(items));
const search: fc.Arbitrary<Search> = fc.oneof(
  { weight: 4, arbitrary: map },
  fc.array(map, { minLength: 1, maxLength: 3 }),
  fc.array(fc.oneof(text, fc.nat(20)), { minLength: 1, maxLength: 3 }),
);
const condition = fc.letrec<{ whole: string }>((tie) => ({
  whole: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("s1", "s2", "1 of s*", "all of s*", "all of them", "1 of them"),
    fc.tuple(tie("whole"), fc.constantFrom("and", "or"), tie("whole")).map((parts) => parts.join(" ")),
    tie("whole").map((inner) => `not ${inner}`),
    tie("whole").map((inner) => `(${inner})`),
  ),
})).whole;
const rule = fc.record({ searches: fc.record({ s1: search, s2: search }), condition });
const value = fc.oneof(
  { weight: 5, arbitrary: text },
  fc.nat(20),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(text, fc.nat(20)), { maxLength: 3 }),
);
const event = fc.dictionary(field, value, { maxKeys: 3, noNullPrototype: true });

function written(rule: Rule, category = "any"): string {
  return stringify({
    title: "t",
    logsource: { category },
    detection: { ...rule.searches, condition: rule.condition },
  });
}

test("the compiled rules agree with the plain matcher", () => {
  let matched = 0;
  let asked = 0;
  fc.assert(
    fc.property(rule, fc.array(event, { minLength: 1, maxLength: 8 }), (rule, events) => {
      const { rules, issues } = readRules(written(rule), "t.yml");
      assert.deepEqual(issues, []);
      const matcher = compileRules(rules);
      for (const event of events) {
        const met = matcher.match(event).length > 0;
        assert.equal(met, ruleHolds(event, rule), `${written(rule)}\non ${JSON.stringify(event)}`);
        asked += 1;
        if (met) matched += 1;
      }
    }),
    { numRuns: 2000 },
  );
  // Rules that never match, or always, would prove nothing.
  assert.ok(matched > asked / 20 && matched < asked * 0.95, `${matched} of ${asked} matched`);
});

test("many rules at once are each of them alone", () => {
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 8 }),
      fc.array(event, { minLength: 1, maxLength: 8 }),
      (all, events) => {
        const rules = all.flatMap((one, at) => readRules(written(one), `${at}.yml`).rules);
        const together = compileRules(rules);
        for (const event of events) {
          const expected = all.flatMap((one, at) => (ruleHolds(event, one) ? [`${at}.yml`] : []));
          assert.deepEqual(
            together.match(event).map((match) => match.ruleId),
            expected,
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("rules meet the records of their log source only, under the names that those have", () => {
  const records = (kind: string) =>
    readRules(written({ searches: { s1: { kind } }, condition: "s1" }), "p").rules[0]?.searches.get("s1");
  const plain = { fields: new Map(), prefix: "" };
  const pipeline: Pipeline = {
    placeholders: new Map(),
    mappings: [
      { ...plain, logSource: { category: "x" }, records: records("1") },
      { ...plain, logSource: { category: "y" }, records: records("a*") },
      {
        ...plain,
        logSource: { category: "y" },
        records: records("1"),
        fields: new Map([
          ["f", ["g"]],
          ["g", ["f"]],
        ]),
      },
      { ...plain, logSource: { category: "z" }, records: undefined },
    ],
  };
  const swapped = ({ f, g, ...others }: EventRecord): EventRecord => ({
    ...others,
    ...(g === undefined ? {} : { f: g }),
    ...(f === undefined ? {} : { g: f }),
  });
  const meets = (event: EventRecord, category: string, rule: Rule): boolean => {
    if (category === "z") return ruleHolds(event, rule);
    if (category === "x") return event.kind === "1" && ruleHolds(event, rule);
    return event.kind === "1"
      ? ruleHolds(swapped(event), rule)
      : event.kind === "ab" && ruleHolds(event, rule);
  };
  fc.assert(
    fc.property(
      fc.array(fc.tuple(rule, fc.constantFrom("x", "y", "z", "unheard")), { minLength: 1, maxLength: 8 }),
      fc.array(fc.tuple(event, fc.constantFrom("1", "ab", "2")), { minLength: 1, maxLength: 8 }),
      (all, events) => {
        const rules = all.flatMap(
          ([one, category], at) => readRules(written(one, category), `${at}.yml`).rules,
        );
        const together = compileRules(rules, pipeline);
        for (const [fields, kind] of events) {
          const event = { ...fields, kind };
          const expected = all.flatMap(([one, category], at) =>
            category !== "unheard" && meets(event, category, one) ? [`${at}.yml`] : [],
          );
          assert.deepEqual(
            together.match(event).map((match) => match.ruleId),
            expected,
            JSON.stringify([all, event]),
          );
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("what a match shows is in the event", () => {
  fc.assert(
    fc.property(rule, event, (rule, event) => {
      const [match] = compileRules(readRules(written(rule), "t.yml").rules).match(event);
      for (const { field, value } of match?.why ?? []) {
        assert.ok(
          [...values(event, field), ""].includes(value),
          `${field}=${value} on ${JSON.stringify(event)}`,
        );
      }
    }),
    { numRuns: 1000 },
  );
});
