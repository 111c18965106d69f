import assert from "node:assert/strict";
import { test } from "node:test";
import { logSearches } from "./log-searches.ts";

const indicator = (pattern: string, language = "stix") =>
  logSearches({ type: "indicator", pattern, pattern_type: language });

test("I10: an indicator's pattern as searches of the logs, with what they leave out", () => {
  assert.deepEqual(indicator("[ipv4-addr:value = '198.51.100.7' AND process:pid > 7 AND process:pid > 9]"), {
    items: [{ query: { ip: "198.51.100.7" }, left: [{ why: "test", part: "process:pid >" }] }],
    more: false,
    fault: null,
  });
  const many = Array.from({ length: 60 }, (_, at) => `domain-name:value = 'd${at}.example'`);
  const several = indicator(`[${many.join(" OR ")}]`);
  assert.deepEqual([several.items.length, several.more], [50, true]);
});

test("I10: a pattern that is broken, foreign or says nothing that logs hold is answered in words", () => {
  assert.deepEqual(indicator("[file:size > 7]").fault, {
    why: "nothing",
    detail: "",
    left: [{ why: "test", part: "file:size >" }],
  });
  assert.match(indicator("[file:size > ]").fault?.detail ?? "", /^character 14/);
  assert.deepEqual(indicator("alert tcp any any -> any any", "snort").fault, {
    why: "language",
    detail: "snort",
    left: [],
  });
});

test("an observable is searched for by its value; what logs do not hold is not", () => {
  assert.deepEqual(logSearches({ type: "domain-name", value: "Evil.Example" }).items, [
    { query: { domain: "evil.example" }, left: [] },
  ]);
  assert.deepEqual(logSearches({ type: "vulnerability", name: "CVE-2026-12345" }).items, []);
});
