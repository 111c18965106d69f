import assert from "node:assert/strict";
import { test } from "node:test";
import { propertyNameOf, saidBy } from "./library-properties.ts";

test("an object's own properties are said, the known first, and what stands elsewhere on the page is not", () => {
  const said = saidBy({
    type: "indicator",
    id: "indicator--3d6e0a1f-7a5c-4b1c-9c1e-2f0f0a6f7b10",
    name: "pump",
    x_acme_note: "ours",
    created_by_ref: "identity--3d6e0a1f-7a5c-4b1c-9c1e-2f0f0a6f7b10",
    valid_from: "2026-01-01T00:00:00Z",
    pattern: "[file:name = 'a']",
    indicator_types: [],
    kill_chain_phases: [{ kill_chain_name: "mitre-ics-attack", phase_name: "impact" }],
    x_acme_nested: [{ deep: 1 }],
  });
  assert.deepEqual(said, [
    { name: "pattern", kind: "code", text: "[file:name = 'a']" },
    { name: "valid_from", kind: "time", at: "2026-01-01T00:00:00Z" },
    { name: "kill_chain_phases", kind: "list", items: ["mitre-ics-attack / impact"] },
    { name: "x_acme_note", kind: "text", text: "ours" },
    { name: "x_acme_nested", kind: "list", items: ['{"deep":1}'] },
  ]);
});

test("dictionaries are said entry by entry, truths as such, and what looks like a time and is none as text", () => {
  assert.deepEqual(
    saidBy({ hashes: { MD5: "ab", "SHA-256": "cd" }, is_family: false, version: "2026-99-99T00:00:00Z" }),
    [
      { name: "is_family", kind: "truth", holds: false },
      { name: "version", kind: "text", text: "2026-99-99T00:00:00Z" },
      { name: "hashes", kind: "list", items: ["MD5: ab", "SHA-256: cd"] },
    ],
  );
});

test("a property has Taiwan's word or an English one; somebody's own keeps its name, whatever it is called", () => {
  assert.equal(propertyNameOf("pattern", "zh"), "樣式");
  assert.equal(propertyNameOf("pattern", "en"), "Pattern");
  assert.equal(propertyNameOf("constructor", "zh"), "constructor");
});
