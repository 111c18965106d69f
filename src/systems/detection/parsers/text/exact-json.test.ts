import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseJson } from "./exact-json.ts";

test("whole numbers that a double cannot hold come as their digits, all others as they are", () => {
  assert.deepEqual(
    parseJson(
      '{"id":12345678901234567890,"ns":1763863200123456789,"neg":-9223372036854775808,"edge":9007199254740993,"safe":9007199254740991,"flow":1234567890123456,"float":0.12345678901234567890,"big":1e300,"text":"x 12345678901234567890","list":[1,18446744073709551615]}',
    ),
    {
      id: "12345678901234567890",
      ns: "1763863200123456789",
      neg: "-9223372036854775808",
      edge: "9007199254740993",
      safe: 9_007_199_254_740_991,
      flow: 1_234_567_890_123_456,
      float: Number("0.12345678901234567890"),
      big: 1e300,
      text: "x 12345678901234567890",
      list: [1, "18446744073709551615"],
    },
  );
  assert.equal(parseJson("12345678901234567890"), "12345678901234567890");
  assert.throws(() => parseJson('{"id":12345678901234567890'), SyntaxError);
});

test("nesting beyond what a reviver bears is read as JSON.parse reads it", () => {
  const deep = `${"[".repeat(50_000)}12345678901234567890${"]".repeat(50_000)}`;
  assert.doesNotThrow(() => parseJson(deep));
});

test("every whole number is found again by its digits, wherever it stands in the line", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      fc.string(),
      fc.nat(40),
      (number, text, spaces) => {
        const line = `{"a":${JSON.stringify(text)},${" ".repeat(spaces)}"n":${" ".repeat(spaces % 3)}${number},"z":1}`;
        const read = parseJson(line) as { a: string; n: number | string; z: number };
        assert.equal(String(read.n), String(number));
        assert.equal(
          typeof read.n,
          BigInt(Number(number)) === number && Number.isSafeInteger(Number(number)) ? "number" : "string",
        );
        assert.deepEqual([read.a, read.z], [text, 1]);
      },
    ),
  );
});

test("what stands in a text, after a colon, a comma or an escaped mark, stays as it is", () => {
  const long = "12345678901234567890";
  for (const value of [
    `:${long},`,
    `":${long},`,
    `\\":${long}}`,
    `x": ${long}, "y`,
    `,-${long}`,
    `[${long}]`,
  ]) {
    const line = JSON.stringify({ [value]: value, list: [value], last: 1 });
    assert.deepEqual(parseJson(line), JSON.parse(line), value);
    const both = `{"n": -${long},${line.slice(1)}`;
    assert.deepEqual(parseJson(both), { n: `-${long}`, ...(JSON.parse(line) as object) }, value);
  }
  for (const bad of [
    `{"a":0${long}}`,
    `{"a":${long}`,
    `{"a" ${long}}`,
    `{"a":--${long}}`,
    `{"a":${long}x,"b":1}`,
  ])
    assert.throws(() => parseJson(bad), SyntaxError, bad);
  assert.deepEqual(parseJson(`{"a":${long}.5,"b":${long}e2}`), JSON.parse(`{"a":${long}.5,"b":${long}e2}`));
});
