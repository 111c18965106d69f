import assert from "node:assert/strict";
import { test } from "node:test";
import { tieNameOf, titleOfTie } from "./library-ties.ts";

test("ties of the standard have words of both languages, those of somebody's own keep theirs", () => {
  assert.deepEqual(
    [tieNameOf("created_by_ref", "zh"), tieNameOf("created_by_ref", "en")],
    ["建立者", "Created by"],
  );
  assert.equal(tieNameOf("attributed-to", "zh"), "歸因於");
  for (const own of ["x-acme-likes", "toString", "__proto__"]) assert.equal(tieNameOf(own, "zh"), own);
});

test("a relationship is called by its ends and a sighting by what was seen, as far as they are in sight", () => {
  const names = new Map<string, string | null>([
    ["tool--1", "Telnet"],
    ["malware--2", null],
  ]);
  const tie = {
    type: "relationship",
    relationship_type: "uses",
    source_ref: "malware--2",
    target_ref: "tool--1",
  };
  assert.equal(titleOfTie(tie, names, "zh"), "? → 使用 → Telnet");
  assert.equal(titleOfTie({ type: "sighting", sighting_of_ref: "tool--1" }, names, "en"), "Telnet");
  assert.equal(titleOfTie({ type: "sighting", sighting_of_ref: "tool--9" }, names, "en"), undefined);
  assert.equal(titleOfTie({ type: "tool", name: "Telnet" }, names, "en"), undefined);
});
