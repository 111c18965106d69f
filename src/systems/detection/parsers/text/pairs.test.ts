import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isNothing, readPairs } from "./pairs.ts";

const key = fc.string({
  unit: fc.constantFrom(..."abcdeABCDE0123_-./"),
  minLength: 1,
  maxLength: 6,
});

/** What `readPairs` promises, said plainly. */
function plainly(pairs: readonly (readonly [string, string])[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    if (!isNothing(value) && !found.has(lower)) found.set(lower, value);
  }
  return found;
}

test("keys come out in lower case, the first of each counts, whatever keys were read before", () => {
  const word = fc.string({ unit: fc.constantFrom(..."xyz-/水"), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(fc.tuple(key, word), { minLength: 1, maxLength: 150 }), (pairs) => {
      const text = pairs.map(([name, value]) => `${name}=${value}`).join(" ");
      assert.deepEqual(readPairs(text), plainly(pairs));
    }),
    { numRuns: 300 },
  );
});

test("a quoted value is what was quoted, with escapes and without", () => {
  const value = fc.string({ unit: fc.constantFrom(..."ab =\"\\,'水 "), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 8 }), (pairs) => {
      const quoted = (of: string) => `"${of.replaceAll(/["\\]/g, "\\$&")}"`;
      const text = pairs.map(([name, of]) => `${name}=${quoted(of)}`).join(" ");
      assert.deepEqual(readPairs(text), plainly(pairs));
    }),
    { numRuns: 2_000 },
  );
});
