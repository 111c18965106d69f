import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readEvents, readLines } from "../pipeline/lines.ts";
import { BatchCutter } from "./cutter.ts";

function cut(
  chunks: readonly Uint8Array[],
  maxLineBytes = 100,
  onLong: (line: number) => void = () => assert.fail("too long"),
  encoding?: string,
) {
  const cutter = new BatchCutter({ format: "lines", maxLineBytes, onLong, encoding });
  return [...chunks.flatMap((chunk) => cutter.push(chunk)), ...cutter.end()];
}

/** The same bytes in pieces cut at the given places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const line = fc.string({ unit: fc.constantFrom("a", "水", "\r", " "), maxLength: 12 });
const body = fc
  .tuple(fc.array(line, { maxLength: 40 }), fc.boolean())
  .map(([lines, ended]) => lines.join("\n") + (ended ? "\n" : ""));

test("every line comes out once, in order, with its number, however the bytes arrive", () => {
  fc.assert(
    fc.property(body, fc.array(fc.nat(500), { maxLength: 8 }), (text, cuts) => {
      const bytes = Buffer.from(text);
      const batches = cut(pieces(bytes, cuts));
      const expected = text
        .split("\n")
        .map((each, index) => ({ text: each.endsWith("\r") ? each.slice(0, -1) : each, number: index + 1 }))
        .filter((each) => each.text !== "");
      const found = batches.flatMap((batch) => [...readLines(batch.bytes, batch.firstLine)]);
      assert.deepEqual(
        found.map(({ text: each, number }) => ({ text: each, number })),
        expected,
      );
      assert.deepEqual(batches, cut([bytes]));
    }),
  );
});

test("batches end at 65,536 lines and carry the number of their first line", () => {
  const bytes = Buffer.from("x\n\n".repeat(140_000));
  const batches = cut([bytes.subarray(0, 7_777), bytes.subarray(7_777)]);
  assert.deepEqual(
    batches.map((batch) => [batch.firstLine, [...readLines(batch.bytes, batch.firstLine)].length]),
    [
      [1, 65_536],
      [131_072, 65_536],
      [262_144, 8_928],
    ],
  );
});

test("batches end near 16 MiB however few the lines", () => {
  const bytes = Buffer.from(`${"x".repeat(60_000)}\n`.repeat(800));
  const batches = cut([bytes], 65_536);
  assert.ok(batches.length === 3, String(batches.length));
  for (const batch of batches) assert.ok(batch.bytes.length < 16 * 2 ** 20 + 65_536);
});

test("a line that is too long is named as soon as it is, and left out alone when that is wished", () => {
  const long = "y".repeat(300);
  fc.assert(
    fc.property(fc.array(fc.nat(700), { maxLength: 10 }), fc.boolean(), (cuts, last) => {
      const text = last ? `a\nb\n${long}` : `a\nb\n${long}\nc\n`;
      const named: number[] = [];
      const batches = cut(pieces(Buffer.from(text), cuts), 100, (number) => named.push(number));
      assert.deepEqual(named, [3]);
      const found = batches.flatMap((batch) => [...readLines(batch.bytes, batch.firstLine)]);
      assert.deepEqual(
        found.map((each) => `${each.number}${each.text}`),
        last ? ["1a", "2b"] : ["1a", "2b", "4c"],
      );
    }),
  );
  const exact = "z".repeat(100);
  assert.equal(cut([Buffer.from(`${exact}\r\n${exact}\n${exact}`)]).length, 1);
});

test("a batch ends between events of several lines, and the next begins with the number of its line", () => {
  const filler = Buffer.from("x\n\n".repeat(65_530));
  const event = ["SYSCALL", "CWD", "PATH", "PATH", "PATH", "PATH", "PATH", "PROCTITLE"]
    .map((kind) => `type=${kind} msg=audit(1795399872.123:456): n=1\r\n`)
    .join("");
  const bytes = Buffer.concat([filler, Buffer.from(event), filler]);
  const batches = cut([bytes]);
  assert.deepEqual(batches, cut(pieces(bytes, [10, 131_070, 131_200, 200_000])));
  assert.deepEqual(
    batches.map(({ firstLine, lines }) => [firstLine, lines]),
    [
      [1, 65_530],
      [131_061, 65_536],
      [262_124, 2],
    ],
  );
  const events = batches.flatMap((batch) => [...readEvents(batch, "auto")]);
  assert.equal(events.filter(({ lines }) => lines === 8).length, 1);
  assert.equal(events.find(({ lines }) => lines === 8)?.number, 131_061);
  assert.deepEqual(Buffer.concat(batches.map((batch) => batch.bytes)), bytes);
});

/** The text in UTF-16. */
function wide(text: string, encoding: "utf-16le" | "utf-16be"): Buffer {
  const bytes = Buffer.from(text, "utf16le");
  return encoding === "utf-16le" ? bytes : bytes.swap16();
}

test("lines of UTF-16 are found by their own ends, with a mark or the name, however the bytes arrive", () => {
  // Characters whose bytes are those of a line feed or a carriage return are among them.
  const unit = fc.constantFrom("a", "水", "上", "\u0a0a", "\u0a00", "\u0d0a", "\r", " ", "😀");
  const text = fc
    .array(fc.string({ unit, maxLength: 12 }), { maxLength: 20 })
    .map((lines) => lines.join("\n"));
  const cuts = fc.array(fc.nat(500), { maxLength: 8 });
  fc.assert(
    fc.property(
      text,
      cuts,
      fc.constantFrom("utf-16le", "utf-16be"),
      fc.boolean(),
      (all, at, encoding, marked) => {
        const bytes = wide((marked ? "\ufeff" : "") + all, encoding);
        const batches = cut(pieces(bytes, at), 100, undefined, marked ? undefined : encoding);
        const found = batches.flatMap((batch) => [...readEvents(batch, "auto")]);
        const expected = all
          .split("\n")
          .map((line, index) => ({ line: line.endsWith("\r") ? line.slice(0, -1) : line, number: index + 1 }))
          .filter(({ line }) => line !== "");
        assert.deepEqual(
          found.map((line) => ({ line: line.text, number: line.number })),
          expected,
        );
        for (const { text: one, raw } of found) assert.deepEqual(raw, wide(one, encoding));
      },
    ),
  );
});

test("a line of UTF-16 that is too long is left out alone", () => {
  const refused: number[] = [];
  const bytes = wide(`\ufeffa\n${"上".repeat(60)}\r\nb\n`, "utf-16le");
  const found = cut([bytes.subarray(0, 33), bytes.subarray(33)], 100, (line) => void refused.push(line));
  assert.deepEqual(refused, [2]);
  assert.deepEqual(
    found.flatMap((batch) => [...readEvents(batch, "auto")]).map(({ text, number }) => [text, number]),
    [
      ["a", 1],
      ["b", 3],
    ],
  );
});

test("a mark of UTF-8 goes before the encoding that was named", () => {
  const [batch] = cut([Buffer.from("\ufeff水\n")], 100, undefined, "big5");
  assert.equal(batch?.encoding, "utf-8");
  assert.deepEqual(cut([Buffer.from("\ufeffx\n")])[0]?.encoding, undefined);
});
