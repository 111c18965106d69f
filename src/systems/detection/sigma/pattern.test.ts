import assert from "node:assert/strict";
import { test } from "node:test";
import { fillPlaceholders, folded, readPattern, shapeOf, testOf } from "./pattern.ts";

function matches(written: string, value: string): boolean {
  return testOf(shapeOf(readPattern(written), false))(folded(value));
}

test("wildcards, and the backslash that takes their meaning", () => {
  const rows: [string, string, boolean][] = [
    ["prog?.exe", "ProgA.exe", true],
    ["prog?.exe", "prog.exe", false],
    ["a*b*c", "axxbxxbc", true],
    ["a*b*c", "axxcxxb", false],
    ["*ab", "aab", true],
    ["ab*ab", "ab", false],
    ["ab*ab", "abab", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["a\\?", "a?", true],
    ["C:\\Windows\\x", "c:\\windows\\X", true],
    ["a\\\\*", "a\\anything", true],
    ["a\\\\*", "a*", false],
    ["a\\\\\\*b", "a\\*b", true],
    ["a\\\\\\*b", "a\\xb", false],
    ["\\\\\\\\host", "\\\\host", true],
    ["\\\\\\host", "\\\\host", true],
    ["trailing\\", "trailing\\", true],
    ["*", "", true],
    ["?", "𠀀", true],
    ["??", "𠀀", false],
    ["*?", "", false],
    ["?*?", "ab", true],
    ["ΟΔΟΣ*", "οδοσα", true],
    ["", "", true],
    ["", "a", false],
  ];
  for (const [written, value, wanted] of rows)
    assert.equal(matches(written, value), wanted, `${written} on ${value}`);
});

test("many stars on a long value take no time", () => {
  const written = `${"a*".repeat(60)}b`;
  const started = performance.now();
  assert.equal(matches(written, "a".repeat(100_000)), false);
  assert.ok(performance.now() - started < 1000);
});

test("placeholders are filled with every value, and a percent sign can be written", () => {
  const pattern = readPattern("\\%x%DOMAIN%\\\\%Admins%", true);
  const values = new Map([
    ["DOMAIN", ["corp"]],
    ["Admins", ["root", "adm*"]],
  ]);
  const tests = fillPlaceholders(pattern, values).map((one) => testOf(shapeOf(one, false)));
  const any = (value: string) => tests.some((one) => one(folded(value)));
  assert.ok(any("%xCORP\\root"));
  assert.ok(any("%xcorp\\Administrator"));
  assert.ok(!any("%xcorp\\guest"));
});
