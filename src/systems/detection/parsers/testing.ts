import { readFileSync } from "node:fs";
import fc from "fast-check";
import { readEvents } from "../pipeline/lines.ts";
import { PARSERS } from "./list.ts";
import type { Parser } from "./parser.ts";

const FOLDER = new URL("./", import.meta.url);

/** A parser's sample line by line, lines of one event as one. */
export function sampleOf({ id }: Pick<Parser, "id">): string[] {
  const bytes = readFileSync(new URL(`${id}/sample.log`, FOLDER));
  return [...readEvents({ bytes, firstLine: 1 }, "auto")].map(({ text }) => text);
}

/** Every line and every event of several lines of every parser's sample. */
export const SAMPLES = [
  ...new Set(PARSERS.flatMap(sampleOf).flatMap((text) => [text, ...text.split("\n")])),
].filter((text) => text !== "");

/** What breaks readers: bytes of no text, halves of characters, numbers past every type, signs that open and never close. */
const HOSTILE = [
  "\0",
  "\u{d800}",
  "\u{dc00}x",
  "\u{fffe}",
  "9".repeat(400),
  "-1",
  "1e400",
  "0x",
  "NaN",
  "999.999.999.999",
  "::ffff:1.2.3.4:99999",
  '"',
  '\\"'.repeat(50),
  "'".repeat(30),
  "[".repeat(60),
  "{".repeat(60),
  '{"a":'.repeat(40),
  "<a><b>",
  "&#x110000;",
  "=",
  "|",
  ",".repeat(80),
  "\t",
  "\u{feff}",
  "__proto__=1 ",
  '"__proto__":{"polluted":1},',
  '"constructor":{"prototype":{"polluted":1}},',
  "toString=1 ",
  "constructor",
  "valueOf=valueOf ",
  "hasOwnProperty,",
  '"toString":"x",',
  "%00",
  "2026-13-45T99:99:99Z",
  "99/Foo/0000:00:00:00 +9999",
];

/** A hostile text, any text, or the head of a sample. */
export const piece = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(...SAMPLES).map((line) => line.slice(0, 120)),
);
/** A sample that was cut, doubled, spliced with another or had something put into it, several times over. */
export const mutated = fc
  .tuple(
    fc.constantFrom(...SAMPLES),
    fc.array(fc.record({ at: fc.nat(2_000), cut: fc.nat(200), into: piece, doubled: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([sample, changes]) => {
    let line = sample;
    for (const { at, cut, into, doubled } of changes) {
      const from = at % (line.length + 1);
      line = line.slice(0, from) + into + line.slice(from + cut);
      if (doubled) line = line.slice(0, from) + line;
    }
    return (sample.includes("\n") ? line : line.replaceAll("\n", " ")).slice(0, 20_000);
  });
