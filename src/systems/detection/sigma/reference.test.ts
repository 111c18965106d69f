import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { compileRules } from "./matcher.ts";
import type { Pipeline } from "./pipeline.ts";
import { readRules } from "./rule.ts";
import {
  type Fields,
  PLACEHOLDERS,
  type Rule,
  ruleHolds,
  type Search,
  type Value,
  values,
} from "./testing.ts";
import type { EventRecord } from "./view.ts";

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
/** Texts that are encoded, and may stand encoded in an event. */
const secret = fc.constantFrom("a", "ab", "b水", "aB1", "😀");
const item: fc.Arbitrary<[string, Value | Value[]]> = fc.oneof(
  fc
    .tuple(
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
    )
    .map(([key, value]): [string, Value | Value[]] => {
      // What is illegal has its own test: "all" of one, and switches of what is no text.
      const list = (Array.isArray(value) ? value : [value]).map((one) =>
        key.includes("windash") ? String(one) : one,
      );
      const [only] = list;
      if (key.includes("all") && list.length === 1 && only !== undefined) list.push(only);
      return [key, Array.isArray(value) || list.length > 1 ? list : (only ?? "")];
    }),
  fc.tuple(
    fc
      .tuple(
        field,
        fc.constantFrom("", "|wide", "|utf16le", "|utf16be", "|utf16"),
        fc.constantFrom("|base64", "|base64offset|contains", "|base64|startswith", "|base64offset"),
        fc.constantFrom("", "|cased"),
      )
      .map((parts) => parts.join("")),
    fc.array(secret, { minLength: 1, maxLength: 2 }),
  ),
  fc.tuple(
    fc
      .tuple(field, fc.constantFrom("|wide|contains", "|utf16be|contains", "|utf16"))
      .map((parts) => parts.join("")),
    secret,
  ),
  fc.tuple(
    fc
      .tuple(field, fc.constantFrom("|expand", "|expand|contains", "|expand|endswith"))
      .map((parts) => parts.join("")),
    fc.constantFrom("%p%", "b%p%", "%p%1"),
  ),
  fc.tuple(
    fc.tuple(field, fc.constantFrom("|cidr", "|cidr|neq")).map((parts) => parts.join("")),
    fc.array(
      fc.constantFrom("10.0.0.0/8", "10.1.0.0/15", "0.0.0.0/0", "2001:db8::/32", "2001:db8::/47", "::/0"),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
  ),
  fc.tuple(
    fc
      .tuple(
        field,
        fc.constantFrom("|minute", "|hour", "|day", "|week", "|month", "|year"),
        fc.constantFrom("", "|lt", "|lte", "|gt", "|gte"),
      )
      .map((parts) => parts.join("")),
    fc.constantFrom(1, 2, 10, 12),
  ),
  fc.tuple(
    fc.tuple(field, fc.constantFrom("|lte", "|gt")).map((parts) => parts.join("")),
    fc.nat(20),
  ),
  fc.tuple(
    fc.tuple(field, fc.constantFrom("|re|m", "|re|s", "|re|i|s|m")).map((parts) => parts.join("")),
    fc.constantFrom("^b", "a$", "a.b"),
  ),
  fc.tuple(
    fc
      .tuple(
        field,
        fc.constantFrom("|fieldref|startswith", "|fieldref|endswith", "|fieldref|contains", "|fieldref|neq"),
        fc.constantFrom("", "|cased"),
      )
      .map((parts) => parts.join("")),
    field,
  ),
  fc.tuple(field, fc.oneof(fc.constant(null), fc.constant<Value[]>([null, "", "a"]))),
  fc.tuple(
    fc.tuple(field, fc.constantFrom("|re", "|re|i", "|re|all", "|re|neq")).map((parts) => parts.join("")),
    fc.array(fc.constantFrom("a+b", "^ab?", "b$", "(ab|ba)a", "(a|b)1", "[ab]{2}", "Aa|水"), {
      minLength: 2,
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
  // Every word, a list within a list, words beside maps.
  fc.array(text, { minLength: 2, maxLength: 3 }).map((words) => ({ "|all": words })),
  fc.tuple(fc.array(map, { minLength: 1, maxLength: 2 }), text, map),
);
const condition = fc.letrec<{ whole: string }>((tie) => ({
  whole: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("s1", "s2", "_s3", "1 of s*", "all of s*", "all of them", "1 of them", "all of _s*"),
    fc.tuple(tie("whole"), fc.constantFrom("and", "or"), tie("whole")).map((parts) => parts.join(" ")),
    tie("whole").map((inner) => `not ${inner}`),
    tie("whole").map((inner) => `(${inner})`),
  ),
})).whole;
const rule = fc.record({ searches: fc.record({ s1: search, s2: search, _s3: search }), condition });
const value = fc.oneof(
  { weight: 5, arbitrary: text },
  fc.nat(20),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(text, fc.nat(20)), { maxLength: 3 }),
  fc.constantFrom(
    "10.1.2.3",
    "10.2.0.1",
    "192.0.2.1",
    "2001:db8::1",
    "2001:db9::1",
    "2001:db8:2::1",
    "a\nb",
    "b\na",
  ),
  fc.constantFrom(
    "2026-01-01 10:02",
    "2025-12-29 00:12",
    "2026-11-23 23:59",
    "2024-02-29 12:00",
    "2026-10-10 10:10",
    "12",
  ),
  fc
    .tuple(secret, fc.constantFrom("utf8", "utf16le"), fc.nat(3))
    .map(([one, encoding, shift]) =>
      Buffer.concat([
        Buffer.alloc(shift, 65),
        Buffer.from(one, encoding as BufferEncoding),
        Buffer.alloc(shift % 2, 66),
      ]).toString("base64"),
    ),
  secret.map((one) => Buffer.from(`x${one}`, "utf16le").toString("latin1")),
);
const event = fc.dictionary(field, value, { maxKeys: 3, noNullPrototype: true });

function written(rule: Rule, category = "any"): string {
  return stringify({
    title: "t",
    logsource: { category },
    detection: { ...rule.searches, condition: rule.condition },
  });
}

/** Rules on any record, with values for what `expand` names. */
const ANY: Pipeline = {
  placeholders: PLACEHOLDERS,
  mappings: [
    { logSource: { category: "any" }, records: undefined, fields: new Map(), prefix: "", form: undefined },
  ],
};

test("the compiled rules agree with the plain matcher", () => {
  let matched = 0;
  let asked = 0;
  fc.assert(
    fc.property(rule, fc.array(event, { minLength: 1, maxLength: 8 }), (rule, events) => {
      const { rules, issues } = readRules(written(rule), "t.yml");
      assert.deepEqual(issues, []);
      const matcher = compileRules(rules, ANY);
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

test("a dot of a regular expression is one character, also where it is two halves", () => {
  for (const [fields, event, meets] of [
    [{ "f|re": "a.b" }, { f: "a😀b" }, true],
    [{ "f|re": "a..b" }, { f: "a😀b" }, false],
  ] as const) {
    const rule: Rule = { searches: { s1: fields, s2: fields, _s3: fields }, condition: "s1" };
    const { rules } = readRules(written(rule), "t.yml");
    assert.equal(compileRules(rules, ANY).match(event).length > 0, meets);
    assert.equal(ruleHolds(event, rule), meets);
  }
});

test("many rules at once are each of them alone", () => {
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 8 }),
      fc.array(event, { minLength: 1, maxLength: 8 }),
      (all, events) => {
        const rules = all.flatMap((one, at) => readRules(written(one), `${at}.yml`).rules);
        const together = compileRules(rules, ANY);
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
    placeholders: PLACEHOLDERS,
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
      const [match] = compileRules(readRules(written(rule), "t.yml").rules, ANY).match(event);
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
