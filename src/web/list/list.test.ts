import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cell, csvOf } from "./export.ts";
import { type Column, type FilterField, knownFilters, sameFilters, viewsOf } from "./list.ts";

/** Reads CSV back, as RFC 4180 says. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    let value = "";
    if (text[at] === '"') {
      at += 1;
      while (!(text[at] === '"' && text[at + 1] !== '"')) {
        value += text[at];
        at += text[at] === '"' ? 2 : 1;
      }
      at += 1;
    } else {
      while (at < text.length && text[at] !== "," && text[at] !== "\r") {
        value += text[at];
        at += 1;
      }
    }
    rows.at(-1)?.push(value);
    if (text[at] === "\r") {
      at += 2;
      if (at < text.length) rows.push([]);
    } else at += 1;
  }
  return rows;
}

test("whatever a cell holds comes back from the export, and none is a formula", () => {
  const columns: Column<string>[] = [
    { key: "a", label: "甲", render: () => null, text: (row) => row },
    { key: "shown", label: "not exported", render: () => null },
    { key: "b", label: "乙", render: () => null, text: (row) => row.length },
  ];
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), (values) => {
      const text = csvOf(columns, values);
      assert.ok(text.startsWith("\uFEFF"));
      const [head, ...rows] = readCsv(text.slice(1));
      assert.deepEqual(head, ["甲", "乙"]);
      assert.deepEqual(
        rows.map((row) => row[0]?.replace(/^'(?=[=+\-@\t\r])/, "")),
        values,
      );
      for (const [first = ""] of rows) assert.doesNotMatch(first, /^[=+\-@\t\r]/);
    }),
  );
});

test("numbers stay numbers and nothing stays empty", () => {
  assert.equal(cell(-5), "-5");
  assert.equal(cell("-5"), "'-5");
  assert.equal(cell(null), "");
  assert.equal(cell(undefined), "");
});

const FIELDS: FilterField[] = [{ name: "state", label: "", kind: "choices" }];

test("only filters that the list knows are sent", () => {
  const all = { state: "new,assigned", q: "x", evil: "1", empty: "" };
  assert.deepEqual(knownFilters(all, FIELDS, "q"), { state: "new,assigned", q: "x" });
  assert.deepEqual(knownFilters(all, FIELDS, undefined), { state: "new,assigned" });
});

test("filters are the same in any order", () => {
  assert.ok(sameFilters({ a: "1", b: "2" }, { b: "2", a: "1" }));
  assert.ok(!sameFilters({ a: "1" }, { a: "1", b: "2" }));
});

test("views from the device are taken only as far as they are views", () => {
  assert.deepEqual(
    viewsOf([{ name: "x", filters: { a: 1 } }, 5, null, { name: 1, filters: {} }, { name: "y" }]),
    [{ name: "x", filters: { a: "1" } }],
  );
  assert.deepEqual(viewsOf("nonsense"), []);
});
