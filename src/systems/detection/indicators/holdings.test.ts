import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LibraryIndicator } from "../../intel/index.ts";
import { IndicatorBuilder } from "./build.ts";
import { Holdings } from "./holdings.ts";
import { IndicatorMatcher } from "./match.ts";

const indicator = (seq: number, versionKey: string, domain: string): LibraryIndicator => ({
  seq,
  key: "library centre indicator--1",
  versionKey,
  id: "indicator--1",
  name: domain,
  orgId: "centre",
  tlp: "green",
  audience: [],
  values: domain === "" ? [] : [{ type: "domain", value: domain }],
  confidence: undefined,
  types: [],
  validFrom: undefined,
  validUntil: undefined,
});

/** The domains of `asked` that what is held meets. */
function met(holdings: Holdings, asked: readonly string[]): string[] {
  const builder = new IndicatorBuilder();
  holdings.addTo(builder, 0);
  const image = builder.build();
  const matcher = new IndicatorMatcher(image);
  const usable = new Uint8Array(image.groups.length).fill(1);
  return asked.filter((domain) => matcher.match({ "url.domain": domain }, 0, usable).length > 0);
}

test("of two documents of one version the first stands, whatever comes later or in which order they are read", () => {
  const holdings = new Holdings();
  assert.equal(holdings.take([indicator(1, "2026", "first.tw")]), true);
  assert.equal(holdings.take([indicator(2, "2026", "other.tw")]), false);
  assert.deepEqual(met(holdings, ["first.tw", "other.tw"]), ["first.tw"]);
  holdings.take([indicator(3, "2027", "")]);
  assert.deepEqual(met(holdings, ["first.tw", "other.tw"]), [], "a later version that is revoked ends both");
});

test("held is the first document of the latest version", () => {
  const told = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(told, fc.infiniteStream(fc.nat(3)), (versions, places) => {
      const all = versions.map((version, at) => indicator(at + 1, String(version), `d${at + 1}.tw`));
      const shuffled: LibraryIndicator[] = [];
      for (const each of all) shuffled.splice(Math.min(places.next().value ?? 0, shuffled.length), 0, each);
      const holdings = new Holdings();
      for (const each of shuffled) holdings.take([each]);
      const latest = String(Math.max(...versions));
      const first = all.find(({ versionKey }) => versionKey === latest)?.name;
      assert.deepEqual(
        met(
          holdings,
          all.map(({ name }) => name),
        ),
        [first],
      );
    }),
  );
});
