import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { anchorsOf } from "./anchors.ts";
import { Automaton, Ends } from "./automaton.ts";
import { folded } from "./pattern.ts";
import { regexHints } from "./regex-hints.ts";

const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "水"), minLength: 1, maxLength: 6 });
const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "d", "水", "火"), maxLength: 40 });
const words = fc.array(word, { minLength: 1, maxLength: 15 });

function found(search: (tell: (values: readonly string[]) => void) => void): string[] {
  const all = new Set<string>();
  search((values) => {
    for (const value of values) all.add(value);
  });
  return [...all].sort();
}

test("the automaton finds exactly the words that are in a text, shallow or deep", () => {
  fc.assert(
    fc.property(
      words,
      fc.array(text, { maxLength: 5 }),
      fc.constantFrom(1, 60, 1_000_000),
      (list, texts, bytes) => {
        const automaton = new Automaton(new Map(list.map((one) => [one, [one]])), bytes);
        for (const one of texts) {
          const expected = [...new Set(list.filter((wanted) => one.includes(wanted)))].sort();
          assert.deepEqual(
            found((tell) => automaton.search(one, tell)),
            expected,
          );
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("heads and tails are found", () => {
  fc.assert(
    fc.property(words, text, (list, one) => {
      const map = new Map(list.map((wanted) => [wanted, [wanted]]));
      const unique = [...map.keys()].sort();
      assert.deepEqual(
        found((tell) => new Ends(map, false).search(one, tell)),
        unique.filter((wanted) => one.startsWith(wanted)),
      );
      assert.deepEqual(
        found((tell) => new Ends(map, true).search(one, tell)),
        unique.filter((wanted) => one.endsWith(wanted)),
      );
    }),
  );
});

test("every word holds an anchor", () => {
  fc.assert(
    fc.property(words, (list) => {
      const anchors = anchorsOf(list);
      if (anchors !== undefined) {
        for (const one of list)
          assert.ok(
            anchors.some((anchor) => one.includes(anchor)),
            `${one}: ${anchors}`,
          );
      }
    }),
  );
  assert.deepEqual(anchorsOf(["lsadump::sam", "sekurlsa::logon", "x::y"]), ["::"]);
});

test("what a regular expression finds itself in holds one of its hints, and is as long as it says", () => {
  const texts = (source: string, insensitive = false) =>
    regexHints(source, insensitive).words?.map((hint) => hint.text);
  assert.deepEqual(texts("(cmd|pwsh)\\.exe\\s+/c"), [".exe"]);
  assert.deepEqual(texts("(?:Invoke|Start)-[a-z]+"), ["invoke", "start"]);
  assert.deepEqual(texts("abc?d*ef+g"), ["ab"]);
  assert.deepEqual(texts("net1?\\x20user", true), ["user", "ſ"]);
  for (const open of ["a?", "[ab]+", "(a|)", "(a|b?)", "\\Qa\\E", ".*", "a{0,3}"]) {
    assert.equal(texts(open), undefined, open);
  }
  const lengths = { "^.{100,}$": 100, "(^|\\.)[^.]{45,63}\\.": 46, "(cmd|pwsh)\\.exe\\s+/c": 10 };
  for (const [source, shortest] of Object.entries({ ...lengths, "\\ba(b{2}|c+)?\\pL": 1, "\\Qab\\E": 0 }))
    assert.equal(regexHints(source, false).shortest, shortest, source);
  const piece = fc.oneof(
    fc.constantFrom(
      "a",
      "b",
      "k",
      "s",
      "S",
      ".",
      "\\.",
      "[ab]",
      "[^a]",
      "\\w",
      "\\d",
      "^",
      "$",
      "\\x61",
      "é",
      "Σ",
    ),
  );
  const expression = fc.letrec<{ whole: string }>((tie) => ({
    whole: fc.oneof(
      { depthSize: "small" },
      piece,
      fc.tuple(tie("whole"), tie("whole")).map((parts) => parts.join("")),
      fc.tuple(tie("whole"), tie("whole")).map(([left, right]) => `(${left}|${right})`),
      fc
        .tuple(tie("whole"), fc.constantFrom("*", "+", "?", "{0,2}", "{1,2}", "{2}", "*?", "+?"))
        .map(([inner, times]) => `(?:${inner})${times}`),
    ),
  })).whole;
  const value = fc.string({
    unit: fc.constantFrom("a", "b", "k", "K", "\u212a", "s", "S", "ſ", ".", "1", "é", "É", "σ", "Σ", "ς"),
    maxLength: 8,
  });
  let held = 0;
  fc.assert(
    fc.property(
      expression,
      fc.boolean(),
      fc.array(value, { minLength: 5, maxLength: 20 }),
      (source, loose, values) => {
        const { words, shortest } = regexHints(source, loose);
        const regex = RE2JS.compile(source, loose ? RE2JS.CASE_INSENSITIVE : 0);
        for (const one of values) {
          if (!regex.test(one)) continue;
          assert.ok(one.length >= shortest, `${source} in ${one}, of ${shortest}`);
          if (words === undefined) continue;
          held += 1;
          assert.ok(
            words.some((hint) => folded(one).includes(hint.text)),
            `${source} in ${one}`,
          );
        }
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(held > 1000, `only ${held} finds`);
});
