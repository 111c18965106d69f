import assert from "node:assert/strict";
import { test } from "node:test";
import { readDocuments } from "./documents.ts";
import { compileRules } from "./matcher.ts";

const rule = (detection: string) =>
  `title: t\nlogsource: {category: any}\ndetection:\n${detection}  condition: s\n`;

function meets(detection: string, event: Record<string, unknown>): boolean {
  const { rules, issues } = readDocuments(rule(detection), "t.yml");
  assert.deepEqual(issues, [], detection);
  return compileRules(rules).match(event).length > 0;
}

/** Each is refused at its line and for its reason (modifiers appendix 2.1). */
const ILLEGAL: readonly (readonly [item: string, reason: RegExp])[] = [
  ["f|all: one", /"all" needs a list/],
  ["f|contains|all: [one]", /"all" needs a list/],
  ["f|contains|startswith: a", /do not go together/],
  ["f|re|contains: a", /do not go together/],
  ["f|re|cased: a", /do not go together/],
  ["f|i|re: a", /"i" stands after "re"/],
  ["f|i: a", /"i" stands only after "re"/],
  ["f|re: '(?<=a)b'", /regular expression/],
  ["f|re: true", /takes text/],
  ["f|cidr: 10.0.0.0/33", /not an address prefix/],
  ["f|cidr: '2001:db8::/129'", /not an address prefix/],
  ["f|cidr: host", /not an address prefix/],
  ["f|cidr|contains: 10.0.0.0/8", /do not go together/],
  ["'|cidr': 10.0.0.0/8", /needs a field/],
  ["f|exists: maybe", /true or false/],
  ["f|exists: [true, false]", /one value/],
  ["f|exists|neq: true", /stands alone/],
  ["f|exists|contains: true", /do not go together/],
  ["'|exists': true", /needs a field/],
  ["f|lt: many", /takes a number/],
  ["f|lt|gt: 1", /do not go together/],
  ["f|lt|contains: 1", /do not go together/],
  ["f|hour: 24", /from 0 to 23/],
  ["f|month|gte: 13", /from 1 to 12/],
  ["f|minute|hour: 1", /one part only|goes with/],
  ["f|hour|contains: 1", /goes with/],
  ["f|base64|base64offset: a", /do not go together/],
  ["f|base64|wide: a", /"wide" stands before "base64"/],
  ["f|wide|utf16be: a", /do not go together/],
  ["f|base64: 'a*'", /without wildcards/],
  ["f|base64: 5", /takes text/],
  ["f|windash: 5", /takes text/],
  ["f|windash: ' -a -b -c -d -e'", /at most 4/],
  ["f|fieldref: 5", /takes text/],
  ["f|fieldref: ''", /name of a field/],
  ["f|fieldref|re: g", /do not go together/],
  ["f|contains: null", /null does not go/],
  ["'|contains': null", /null|text/],
  ["'|neq': a", /needs a field/],
  ["f|unheard: a", /not a modifier/],
  ["f|: a", /empty modifier/],
  ["f|cased|cased: a", /twice/],
  ["f: {g: h}", /not a map/],
  ["f: [a, [b]]", /not a list/],
  ["f: []", /no values/],
];

test("modifiers: every combination without meaning is refused with its line", () => {
  for (const [item, reason] of ILLEGAL) {
    const { rules, issues } = readDocuments(rule(`  s:\n    ${item}\n`), "bad.yml");
    assert.deepEqual(rules, [], item);
    assert.ok(
      issues.some(({ file, line, message }) => file === "bad.yml" && line === 5 && reason.test(message)),
      `${item}: ${JSON.stringify(issues)}`,
    );
  }
});

test("re: case, lines and the dot as the flags say, also together", () => {
  assert.equal(meets("  s: {f|re: '^b'}\n", { f: "a\nb" }), false);
  assert.equal(meets("  s: {f|re|m: '^b$'}\n", { f: "a\nb\nc" }), true);
  assert.equal(meets("  s: {f|re|s: 'a.b'}\n", { f: "a\nb" }), true);
  assert.equal(meets("  s: {f|re|i|s: 'A.B'}\n", { f: "a\nb" }), true);
  assert.equal(meets("  s: {f|re: 'A'}\n", { f: "a" }), false);
});

test("windash: all five dashes, each way", () => {
  for (const written of ["-", "/", "–", "—", "―"]) {
    for (const seen of ["-", "/", "–", "—", "―"])
      assert.equal(meets(`  s: {f|windash|contains: ' ${written}enc'}\n`, { f: `x ${seen}ENC y` }), true);
  }
});

test("escapes: a backslash before a wildcard, before itself, before anything else", () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ["C:\\x", "C:\\x", true],
    ["C:\\\\x", "C:\\x", true],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["a\\\\*", "a\\bc", true],
    ["a\\\\\\*", "a\\*", true],
    ["a\\\\\\*", "a\\b", false],
    ["a\\\\\\\\b", "a\\\\b", true],
    ["a\\?", "a?", true],
    ["a?", "ab", true],
    ["a?", "a", false],
  ];
  for (const [written, seen, wanted] of rows)
    assert.equal(meets(`  s: {f: '${written}'}\n`, { f: seen }), wanted, `${written} on ${seen}`);
});

test("values: case beyond ASCII, numbers and texts, null and empty", () => {
  assert.equal(meets("  s: {f: 'ÄÖ水'}\n", { f: "äö水" }), true);
  assert.equal(meets("  s: {f: 'ΣΑΣ'}\n", { f: "σας" }), true);
  assert.equal(meets("  s: {f|cased: 'Ä'}\n", { f: "ä" }), false);
  assert.equal(meets("  s: {f: 5}\n", { f: "5" }), true);
  assert.equal(meets("  s: {f: '5'}\n", { f: 5 }), true);
  assert.equal(meets("  s: {f: null}\n", { f: "" }), false);
  assert.equal(meets("  s: {f: ''}\n", { f: null }), false);
  assert.equal(meets("  s: {f|exists: true}\n", { f: null }), true);
});

test("lists: maps and words together, and a list within a list, are joined by or", () => {
  const detection = "  s:\n    - f: a\n    - word\n    - [deep, {g: b}]\n";
  for (const event of [{ f: "a" }, { x: "a word" }, { x: "deep" }, { g: "b" }])
    assert.equal(meets(detection, event), true);
  assert.equal(meets(detection, { f: "c", g: "d" }), false);
});

test("action: global goes under what follows until reset; repeat goes on from the document before", () => {
  const text = `action: global
title: g
logsource: {product: x}
detection: {condition: s}
level: high
---
detection: {s: {f: a}}
---
action: repeat
title: r
detection: {s: {f: b}}
---
action: reset
---
title: alone
logsource: {category: any}
detection: {s: {f: c}, condition: s}
`;
  const { rules, issues } = readDocuments(text, "t.yml");
  assert.deepEqual(issues, []);
  assert.deepEqual(
    rules.map(({ title, level, logSource }) => [title, level, logSource]),
    [
      ["g", "high", { product: "x" }],
      ["r", "high", { product: "x" }],
      ["alone", "medium", { category: "any" }],
    ],
  );
  const titles = (f: string) =>
    compileRules(rules)
      .match({ f })
      .map(({ title }) => title);
  assert.deepEqual([titles("a"), titles("b"), titles("c")], [["g"], ["r"], ["alone"]]);
  const faults = (text: string) => readDocuments(text, "t.yml").issues.map(({ line }) => line);
  assert.deepEqual(faults("action: repeat\ntitle: t\n"), [1]);
  assert.deepEqual(faults("title: t\naction: other\n"), [2]);
  assert.deepEqual(faults("action: global\ntitle: t\n"), [1]);
});
