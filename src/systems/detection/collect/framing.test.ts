import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SyslogFraming } from "./framing.ts";

function read(chunks: readonly Buffer[], maxBytes = 1_000): { text: string; cut: boolean }[] {
  const framing = new SyslogFraming(maxBytes);
  const found = [...chunks.flatMap((chunk) => framing.push(chunk)), ...framing.end()];
  return found.map(({ bytes, cut }) => ({ text: Buffer.from(bytes).toString("utf8"), cut }));
}

test("messages in both framings of RFC 6587 come out whole, however the stream is cut", () => {
  const message = fc
    .string({ unit: fc.constantFrom("a", "<", "水", " ", "1", "\n"), maxLength: 20 })
    .map((text) => `<13>${text}x`);
  const framed = fc.tuple(message, fc.boolean()).map(([text, counted]) => {
    const line = text.replaceAll("\n", " ");
    return counted ? { wire: `${Buffer.byteLength(text)} ${text}`, text } : { wire: `${line}\n`, text: line };
  });
  fc.assert(
    fc.property(
      fc.array(framed, { maxLength: 12 }),
      fc.array(fc.nat(400), { maxLength: 10 }),
      (messages, cuts) => {
        const bytes = Buffer.from(messages.map(({ wire }) => wire).join(""));
        const places = [
          0,
          ...cuts.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b),
          bytes.length,
        ];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        assert.deepEqual(
          read(chunks),
          messages.map(({ text }) => ({ text, cut: false })),
        );
      },
    ),
  );
});

test("a line that begins with a year is no count, however the stream is cut", () => {
  const lines = [
    "2026 Nov 25 15:15:43 CST: %ETHPORT-5-IF_DOWN: first",
    "2026 Nov 25 15:15:44 CST: %X-5-Y: 水",
  ];
  const wire = Buffer.from(`${lines.join("\n")}\n`);
  for (let cut = 0; cut <= wire.length; cut++)
    assert.deepEqual(
      read([wire.subarray(0, cut), wire.subarray(cut)]).map(({ text }) => text),
      lines,
    );
  const counted = `<13>${"x".repeat(2_022)}`;
  assert.deepEqual(
    read([Buffer.from(`2026 ${counted}5 <13>a`)], 5_000).map(({ text }) => text),
    [counted, "<13>a"],
  );
});

test("messages ended by NUL are as many messages", () => {
  const wire = Buffer.from("<13>a\0<13>水\0\0<13>c\n\0<13>d\0");
  const texts = ["<13>a", "<13>水", "<13>c", "<13>d"];
  for (let cut = 0; cut <= wire.length; cut++)
    assert.deepEqual(
      read([wire.subarray(0, cut), wire.subarray(cut)]).map(({ text }) => text),
      texts,
    );
});

test("a message beyond the limit is cut and read past, and the next one is whole", () => {
  const long = "y".repeat(500);
  assert.deepEqual(read([Buffer.from(`<13>${long}\n<13>a\n`)], 20), [
    { text: `<13>${"y".repeat(16)}`, cut: true },
    { text: "<13>a", cut: false },
  ]);
  assert.deepEqual(read([Buffer.from(`504 <13>${long}5 <13>a`)], 20), [
    { text: `<13>${"y".repeat(16)}`, cut: true },
    { text: "<13>a", cut: false },
  ]);
});

test("a stream that breaks off gives what it had, marked when it was to be longer", () => {
  assert.deepEqual(read([Buffer.from("<13>whole without its end")]), [
    { text: "<13>whole without its end", cut: false },
  ]);
  assert.deepEqual(read([Buffer.from("99 <13>part")]), [{ text: "<13>part", cut: true }]);
});

test("a line that begins with digits is a line", () => {
  assert.deepEqual(
    read([Buffer.from("1140701044.525 1231 192.0.2.1\n2026-11-23 x\n")]).map(({ text }) => text),
    ["1140701044.525 1231 192.0.2.1", "2026-11-23 x"],
  );
});

test("any bytes at all: nothing throws, nothing is held beyond the limit", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      for (const { text } of read(
        chunks.map((chunk) => Buffer.from(chunk)),
        32,
      )) {
        assert.ok(text.length > 0 && !text.endsWith("\n") && text.length <= 32);
      }
    }),
  );
});
