import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { readLines } from "./lines.ts";

/** Longer than the bytes that are made text at once, so that each kind of text stands in windows of its own. */
const LONG = 300_000;
const line = fc.constantFrom(
  ..."GET / 200|臺北 1.2.3.4||\t x|\r".split("|").map((text) => Buffer.from(text)),
  Buffer.from([0xff, 65, 66]),
  Buffer.from("\ufeffmark"),
  Buffer.from("a".repeat(LONG)),
  Buffer.from("水".repeat(LONG / 3)),
);

test("lines are the same whether they stand among ASCII, other text or bytes that are no text", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n")), { maxLength: 12 }), (parts) => {
      const bytes = Buffer.concat(parts.flatMap(([each, end]) => [each, Buffer.from(end)]));
      const expected: { number: number; text: string; valid: boolean }[] = [];
      let count = 0;
      for (let from = 0; from < bytes.length; ) {
        const end = bytes.indexOf(10, from);
        const stop = end > from && bytes[end - 1] === 13 ? end - 1 : end;
        const raw = bytes.subarray(from, stop);
        const whole = raw.toString("utf8");
        const text = ++count === 1 && whole.startsWith("\ufeff") ? whole.slice(1) : whole;
        if (text !== "") expected.push({ number: count, text, valid: isUtf8(raw) });
        from = end + 1;
      }
      const read = [...readLines(bytes, 1)];
      assert.deepEqual(
        read.map(({ number, text, valid }) => ({ number, text, valid })),
        expected,
      );
      for (const { valid, raw } of read) assert.equal(raw === undefined, valid);
    }),
    { numRuns: 60 },
  );
});
