import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Org } from "../model.ts";
import { branchesOf, orgsFound } from "./orgs.ts";

function org(number: number, parent: number | null): Org {
  return {
    id: String(number),
    parentId: parent === null ? null : String(parent),
    name: `單位 ${number}`,
    nameEn: "",
    shortName: `org-${number}`,
    kind: "bureau",
    sector: "water",
    aliases: [],
    networks: [],
    createdAt: "2026-11-23T00:00:00.000Z",
    version: 1,
  };
}

test("every organisation in sight stands in the tree once, right below its parent's branch", () => {
  const forest = fc.array(fc.option(fc.nat({ max: 30 }), { nil: null }), { maxLength: 30 });
  fc.assert(
    fc.property(forest, (parents) => {
      // A parent is a lower number or out of sight, so there is no circle.
      const orgs = parents.map((parent, at) =>
        org(at, parent === null ? null : parent < at ? parent : parent + 100),
      );
      const lines = branchesOf(orgs);
      assert.deepEqual(lines.map((line) => line.org.id).toSorted(), orgs.map((one) => one.id).toSorted());
      lines.forEach((line, at) => {
        const above = lines.slice(0, at).findLast((one) => one.depth === line.depth - 1);
        const parentKnown = orgs.some((one) => one.id === line.org.parentId);
        assert.equal(above?.org.id ?? null, parentKnown ? line.org.parentId : null);
      });
    }),
  );
});

test("below a folded organisation nothing is listed, and it still tells how many", () => {
  const lines = branchesOf([org(1, null), org(2, 1), org(3, 2)], new Set(["1"]));
  assert.deepEqual(
    lines.map((line) => [line.org.id, line.below]),
    [["1", 1]],
  );
});

test("what is found keeps everything above it", () => {
  const orgs = [org(1, null), org(2, 1), org(3, 2), org(4, 1)];
  assert.deepEqual(
    orgsFound(orgs, "ORG-3").map((one) => one.id),
    ["1", "2", "3"],
  );
  assert.deepEqual(orgsFound(orgs, "nothing"), []);
  assert.equal(orgsFound(orgs, " ").length, 4);
});
