import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type KnownTexts, LineTexts } from "./line-text.ts";

const word = fc.string({ unit: fc.constantFrom(..."ab.:/=1 \t"), maxLength: 12 });
/** Some lines of one kind: the same columns in the same places, with other words between. */
const batch = fc.array(fc.tuple(word, word, word, word, fc.boolean()), { minLength: 1, maxLength: 8 });

test("a line is cut alike from its bytes and from its text", () => {
  fc.assert(
    fc.property(batch, (rows) => {
      const lines = rows.map(([user, domain, one, other, turned]) => {
        const known: KnownTexts = {
          url: "",
          domain,
          source_ip: "10.0.0.1",
          destination_ip: "",
          user,
          action: "",
          host: "",
          source_port: 0,
          destination_port: 443,
          time: 1_795_401_712_104,
        };
        const [first, last] = turned ? [domain, user] : [user, domain];
        return { known, text: `1795401712.104 ${first} ${one}10.0.0.1${other} ${last}:443 ${other}` };
      });
      const bytes = Buffer.from(`x\n${lines.map(({ text }) => text).join("\n")}`);
      const fromBytes = new LineTexts(lines.length, bytes);
      const fromText = new LineTexts(lines.length, bytes);
      let place = 2;
      for (const { known, text } of lines) {
        fromBytes.add(text, true, "p", known, place);
        fromText.add(text, true, "p", known, -1);
        place += text.length + 1;
      }
      const order = Uint32Array.from(lines, (_, at) => at);
      assert.deepEqual(fromBytes.columns(order), fromText.columns(order));
    }),
  );
});
