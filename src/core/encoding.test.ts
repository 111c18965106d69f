import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byteOrderMark,
  decodingOf,
  EncodingName,
  encodingOf,
  isWide,
  LineDecoder,
  MessageEncodingName,
} from "./encoding.ts";

test("labels of the Encoding Standard are known by their names; UTF-8 needs no decoder", () => {
  assert.equal(encodingOf("Big5-HKSCS"), "big5");
  assert.equal(encodingOf("latin1"), "windows-1252");
  assert.equal(encodingOf("iso-8859-1"), "windows-1252");
  assert.equal(encodingOf("UTF-16"), "utf-16le");
  assert.equal(encodingOf("iso-2022-jp"), undefined);
  assert.equal(encodingOf("klingon"), undefined);
  assert.equal(decodingOf("BIG5"), "big5");
  assert.equal(decodingOf("utf8"), undefined);
  assert.equal(decodingOf(undefined), undefined);
  assert.equal(EncodingName.parse(undefined), undefined);
});

test("an unknown label is told with all that there are, and UTF-16 is none of messages", () => {
  const fault = EncodingName.safeParse("klingon").error?.issues[0]?.message ?? "";
  assert.match(fault, /utf-8, big5, gb18030/);
  assert.ok(EncodingName.safeParse("utf-16le").success);
  assert.match(MessageEncodingName.safeParse("utf-16le").error?.issues[0]?.message ?? "", /for files/);
});

test("in every encoding but UTF-16 a line feed is that byte alone, and ASCII is itself", () => {
  const printable = Buffer.from(Array.from({ length: 95 }, (_, at) => 32 + at));
  const names =
    /: (.+)$/.exec(EncodingName.safeParse("klingon").error?.issues[0]?.message ?? "")?.[1]?.split(", ") ?? [];
  assert.ok(names.length > 30);
  for (const name of names) {
    const encoding = encodingOf(name) ?? assert.fail(name);
    if (isWide(encoding)) continue;
    const decoder = new LineDecoder(encoding);
    assert.equal(decoder.decode(printable).text, printable.toString("latin1"), name);
    for (let byte = 128; byte < 256; byte++)
      assert.ok(decoder.decode(Uint8Array.of(byte, 10)).text.endsWith("\n"), `${name} ${byte}`);
  }
});

test("a decoder says what is no text in its encoding", () => {
  const big5 = new LineDecoder("big5");
  assert.deepEqual(big5.decode(Buffer.from("b56ea44aa5a2b1d1", "hex")), { text: "登入失敗", valid: true });
  assert.deepEqual(big5.decode(Buffer.from("41a42042", "hex")), { text: "A\ufffd B", valid: false });
});

test("byte order marks are told apart", () => {
  assert.deepEqual(byteOrderMark(Buffer.from("efbbbf41", "hex")), { encoding: "utf-8", length: 3 });
  assert.deepEqual(byteOrderMark(Buffer.from("fffe4100", "hex")), { encoding: "utf-16le", length: 2 });
  assert.deepEqual(byteOrderMark(Buffer.from("feff0041", "hex")), { encoding: "utf-16be", length: 2 });
  assert.equal(byteOrderMark(Buffer.from("41", "hex")), undefined);
});
