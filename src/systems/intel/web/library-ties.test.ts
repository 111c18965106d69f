import assert from "node:assert/strict";
import { test } from "node:test";
import { tieNameOf } from "./library-ties.ts";

test("ties of the standard have words of both languages, those of somebody's own keep theirs", () => {
  assert.deepEqual(
    [tieNameOf("created_by_ref", "zh"), tieNameOf("created_by_ref", "en")],
    ["建立者", "Created by"],
  );
  assert.equal(tieNameOf("attributed-to", "zh"), "歸因於");
  for (const own of ["x-acme-likes", "toString", "__proto__"]) assert.equal(tieNameOf(own, "zh"), own);
});
