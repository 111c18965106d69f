import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pageFrom } from "./page.ts";
import { Problem } from "./problem.ts";

test("page by page every row comes once, in order, with its place and the whole count", () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 7 }), (rows, limit) => {
      const seen: (readonly [number, number])[] = [];
      let cursor: string | undefined;
      do {
        const page = pageFrom(rows, { limit, cursor }, (row, at) => [row, at] as const);
        assert.equal(page.total, rows.length);
        assert.ok(page.items.length <= limit);
        seen.push(...page.items);
        assert.equal(page.next === undefined, seen.length === rows.length, "no page comes after the last");
        cursor = page.next;
      } while (cursor !== undefined);
      assert.deepEqual(
        seen,
        rows.map((row, at) => [row, at]),
      );
    }),
  );
});

test("a cursor of another list is refused by name", () => {
  for (const cursor of ["x", "-1", "1.5", "", "99999999999"])
    assert.throws(
      () => pageFrom([1], { limit: 1, cursor }),
      (error) => error instanceof Problem && error.faults[0]?.path === "querystring.cursor",
      cursor,
    );
});
