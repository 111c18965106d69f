import assert from "node:assert/strict";
import { test } from "node:test";
import { readDocuments } from "./documents.ts";
import { ParsedFiles } from "./parsed.ts";

const rule = (title: string) =>
  `title: ${title}\nlogsource: { category: any }\ndetection:\n  s: { a: b }\n  condition: s\n`;

test("what was read before is read again only where it changed, and says the same", () => {
  const first = new ParsedFiles();
  const one = readDocuments(rule("one"), "one.yml", first);
  readDocuments(rule("two"), "two.yml", first);
  assert.equal(first.read, 2);
  const shared = first.shared();
  const second = new ParsedFiles(shared);
  assert.deepEqual(readDocuments(rule("one"), "one.yml", second), one);
  assert.equal(readDocuments(rule("one"), "other.yml", second).rules[0]?.file, "other.yml");
  assert.equal(second.read, 0);
  readDocuments(rule("two, changed"), "two.yml", second);
  assert.equal(second.read, 1);
  const third = new ParsedFiles(second.shared());
  readDocuments(rule("two"), "two.yml", third);
  assert.equal(third.read, 1, "what is gone is forgotten");
  readDocuments(rule("one"), "one.yml", third);
  assert.equal(new ParsedFiles(shared).shared() === undefined, false, "and so is what was not asked for");
});

test("faults are told each time", () => {
  const broken = "title: [x\n";
  const first = new ParsedFiles();
  const { issues } = readDocuments(broken, "a.yml", first);
  assert.ok(issues.length > 0);
  assert.deepEqual(readDocuments(broken, "a.yml", new ParsedFiles(first.shared())).issues, issues);
});
