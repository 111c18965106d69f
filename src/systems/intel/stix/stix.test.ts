import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "./json.ts";
import { tlpMarking } from "./marking.ts";
import { observableOf, patternOf, patternText } from "./observable.ts";
import { patternFault } from "./pattern.ts";
import { isTimestamp, timestampKey } from "./timestamp.ts";

test("observables have the ids that other producers give them", () => {
  assert.equal(
    observableOf("domain", "example.com", []).id,
    "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
  );
  assert.equal(
    observableOf("ipv4", "198.51.100.3", []).id,
    "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
  );
});

test("canonical JSON is that of RFC 8785", () => {
  assert.equal(
    canonicalJson({ "\u20ac": "E", "\r": 1, "1": [], a: { c: null, b: true } }),
    '{"\\r":1,"1":[],"a":{"b":true,"c":null},"€":"E"}',
  );
  assert.equal(
    canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0]),
    "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]",
  );
  assert.throws(() => canonicalJson("\ud800"), RangeError);
  assert.throws(() => canonicalJson(Number.NaN), RangeError);
});

test("TLP 2.0 markings are OASIS's", () => {
  assert.deepEqual(tlpMarking("amber+strict"), {
    type: "marking-definition",
    spec_version: "2.1",
    id: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    created: "2022-10-01T00:00:00.000Z",
    name: "TLP:AMBER+STRICT",
    extensions: {
      "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
        extension_type: "property-extension",
        tlp_2_0: "amber+strict",
      },
    },
  });
});

test("patterns escape what a string literal needs escaped", () => {
  assert.equal(patternOf("sha256", "ab"), "[file:hashes.'SHA-256' = 'ab']");
  assert.equal(patternOf("md5", "ab"), "[file:hashes.MD5 = 'ab']");
  assert.equal(patternOf("url", "http://x/a'b\\c"), "[url:value = 'http://x/a\\'b\\\\c']");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      assert.equal(patternFault(`[url:value = ${patternText(value)}]`), undefined);
    }),
  );
});

test("patterns of the specification parse, broken ones say where", () => {
  for (const good of [
    "[file:hashes.'SHA-256' = 'aec0'] AND [win-registry-key:key = 'x']",
    "([ipv4-addr:value = '198.51.100.1/32' OR ipv6-addr:value IN ('::1', '::2')] FOLLOWEDBY [domain-name:value MATCHES '^x$']) WITHIN 600 SECONDS",
    "[network-traffic:dst_ref.type != 'domain-name' AND (network-traffic:src_port > 1024 OR NOT EXISTS network-traffic:dst_port)] REPEATS 5 TIMES",
    "[windows-registry-key:values[*].data NOT LIKE 'a%'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00.5Z'",
    "[file:size >= 1.5 AND file:is_x = true AND artifact:payload_bin = b'AA==' AND file:magic_number_hex = h'ff']",
  ]) {
    assert.equal(patternFault(good), undefined, good);
  }
  for (const [bad, at] of [
    ["", 1],
    ["[file:name = 'x'", 17],
    ["[f:name = 'x']", 2],
    ["[file:n = 'x']", 7],
    ["[file:name = x]", 14],
    ["[file:name = 'x'] REPEATS 0 TIMES", 27],
    ["[file:name = 'x'] START 'y' STOP 'z'", 25],
    [`${"(".repeat(100_000)}`, 202],
    ["[file:name = 'x", 14],
  ] as const) {
    assert.match(patternFault(bad) ?? "", new RegExp(`^character ${at}:`), bad.slice(0, 40));
  }
});

test("timestamps: real days only, and keys that sort as the instants do", () => {
  for (const good of ["2016-02-29T00:00:00Z", "2016-12-31T23:59:60Z", "0001-01-01T00:00:00.123456789Z"])
    assert.ok(isTimestamp(good), good);
  for (const bad of [
    "2017-02-29T00:00:00Z",
    "2016-04-31T00:00:00Z",
    "2016-01-01T24:00:00Z",
    "2016-01-01T00:00:00+00:00",
    "2016-01-01T00:00:00.Z",
    "1900-02-29T00:00:00Z",
  ]) {
    assert.ok(!isTimestamp(bad), bad);
  }
  assert.ok(timestampKey("2016-01-01T00:00:00.000Z") < timestampKey("2016-01-01T00:00:00.000123Z"));
  assert.equal(timestampKey("2016-01-01T00:00:00.500Z"), timestampKey("2016-01-01T00:00:00.5Z"));
  const instants = fc.tuple(fc.integer({ min: 0, max: 4e12 }), fc.nat(3));
  fc.assert(
    fc.property(instants, instants, ([a, zeros], [b]) => {
      const first = timestampKey(new Date(a).toISOString().replace("Z", `${"0".repeat(zeros)}Z`));
      const second = timestampKey(new Date(b).toISOString());
      assert.equal(Math.sign(a - b), first < second ? -1 : first > second ? 1 : 0);
    }),
  );
});
