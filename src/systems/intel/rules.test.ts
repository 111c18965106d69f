import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EVERYONE } from "../../core/scope.ts";
import type { Tlp } from "../../core/tlp.ts";
import type { INTEL_STATES, Recipient } from "./model.ts";
import { type Act, audienceOf, collectionAliasOf, recipientFaults, stateAfter } from "./rules.ts";

const org: Recipient = { kind: "organisation", id: "5ec70000-0000-4000-8000-0000000000aa" };
const sector: Recipient = { kind: "sector", sector: "water" };
const everyone: Recipient = { kind: "everyone" };

test("I7: TLP 2.0 decides to whom an item may go", () => {
  const allowed = (tlp: Tlp) =>
    [org, sector, everyone].filter((each) => recipientFaults(tlp, [each]).length === 0);
  assert.deepEqual(allowed("red"), [org]);
  assert.deepEqual(allowed("amber+strict"), [org, sector]);
  assert.deepEqual(allowed("amber"), [org, sector]);
  assert.deepEqual(allowed("green"), [org, sector, everyone]);
  assert.deepEqual(allowed("clear"), [org, sector, everyone]);
  assert.deepEqual(recipientFaults("red", [org, everyone]), [
    { path: "recipients.1", message: "TLP:RED may not go to everyone" },
  ]);
  assert.equal(recipientFaults("clear", []).length, 1);
  assert.deepEqual(audienceOf([everyone, everyone, org]), [EVERYONE, org.id]);
  assert.equal(collectionAliasOf([sector], ["water"]), "water");
  assert.equal(collectionAliasOf([sector], ["energy"]), "community");
  assert.equal(collectionAliasOf([sector, org], ["water"]), "community");
});

test("I4: nothing is released that was not approved before, whatever is tried", () => {
  const acts: Act[] = ["edit", "submit", "reject", "approve", "release", "withdraw"];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...acts), { maxLength: 40 }), (tried) => {
      let state: (typeof INTEL_STATES)[number] = "draft";
      let reviewed = false;
      for (const act of tried) {
        const next = stateAfter(state, act);
        if (next === undefined) continue;
        if (act === "approve") reviewed = true;
        if (act === "edit" || act === "reject") reviewed = false;
        if (next === "released") assert.ok(reviewed);
        state = next;
      }
    }),
  );
});
