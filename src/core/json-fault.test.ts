import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonFaultAt, jsonTooDeepAt } from "./json-fault.ts";

test("names the place of a fault", () => {
  for (const [text, at] of [
    ['{"a": 1}', -1],
    ["", 0],
    ["{", 1],
    ['{"a" 1}', 5],
    ['{"a": tru}', 9],
    ['{"a": 1,}', 8],
    ["[1 2]", 3],
    ['{"a": "b', 8],
    ['{"a": "\\x"}', 8],
    ['{"a": 01}', 7],
    ['{"a": 1} x', 9],
    ["[1]]", 3],
    ["[}", 1],
  ] as const) {
    assert.equal(jsonFaultAt(text), at, text);
  }
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("agrees with the runtime on what is JSON, whatever the text", () => {
  const broken = fc
    .tuple(
      fc.json(),
      fc.nat(60),
      fc.nat(3),
      fc.constantFrom("", ",", '"', "{", "}", "[", "]", "\\", "1", ".", "e", "-", " ", "\n", "u", "\u0001"),
    )
    .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));
  const loose = fc.string({ unit: fc.constantFrom(...'{}[]",:0123.eE+-truefalsn \\u\n'), maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(fc.json(), broken, loose), (text) => {
      assert.equal(jsonFaultAt(text) === -1, parses(text), text);
    }),
    { numRuns: 20_000 },
  );
});

test("a text that is good up to its fault stays so when it is cut there", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(40), (text, at) => {
      const bad = `${text.slice(0, at)}\u0001${text.slice(at)}`;
      const found = jsonFaultAt(bad);
      assert.ok(found <= Math.min(at, text.length), `${found} of ${JSON.stringify(bad)}`);
    }),
  );
});

test("deep nesting neither throws nor takes long", () => {
  assert.equal(jsonFaultAt("[".repeat(1_000_000)), 1_000_000);
});

test("nesting is counted outside of texts, and the place is the first that goes too far", () => {
  assert.equal(jsonTooDeepAt('{"a":[{"b":1}]}', 3), -1);
  assert.equal(jsonTooDeepAt('{"a":[{"b":1}]}', 2), 6);
  assert.equal(jsonTooDeepAt('{"a":"[[[[\\"[[","b":[]}', 2), -1);
  assert.equal(jsonTooDeepAt(`[${"[],".repeat(50)}[]]`, 2), -1);
});
