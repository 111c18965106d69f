import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { piecesOf } from "./struck.ts";

test("struck pieces are the words taken out, and together the pieces are the text", () => {
  assert.deepEqual(piecesOf("王小明與小明", ["小明", "王小明"]), [
    { text: "王小明", out: true },
    { text: "與", out: false },
    { text: "小明", out: true },
  ]);
  const short = fc.stringMatching(/^[abc]{0,3}$/);
  fc.assert(
    fc.property(fc.stringMatching(/^[abcd]{0,40}$/), fc.array(short, { maxLength: 5 }), (text, words) => {
      const pieces = piecesOf(text, words);
      assert.equal(pieces.map((piece) => piece.text).join(""), text);
      for (const { text: piece, out } of pieces) {
        if (out) assert.ok(words.includes(piece));
        else assert.ok(!words.some((word) => word !== "" && piece.includes(word)));
      }
    }),
  );
});
