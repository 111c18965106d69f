import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { compileRules, loadRules } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-filter-"));
after(() => rmSync(folder, { recursive: true }));

const RULE = "00000000-0000-4000-8000-000000000001";
const RULES = `title: a tool was run
id: ${RULE}
logsource: {category: process_creation, product: windows}
detection:
  selection: {Image|endswith: tool.exe}
  condition: selection
---
title: another
name: another
logsource: {category: process_creation, product: windows}
detection:
  selection: {User: '*'}
  condition: selection
---
title: elsewhere
logsource: {category: proxy}
detection:
  selection: {User: '*'}
  condition: selection
`;

function load(filter: string) {
  writeFileSync(join(folder, "rules.yml"), `${RULES}---\n${filter}`);
  return loadRules(folder);
}

function titles(filter: string, record: Record<string, unknown>): string[] {
  const { rules, issues } = load(filter);
  assert.deepEqual(issues, []);
  return compileRules(rules)
    .match(record)
    .map(({ title }) => title);
}

const filter = (rules: string, logsource = "{product: windows}") =>
  `title: known people\nlogsource: ${logsource}\nfilter:\n  rules: ${rules}\n  selection: {User|startswith: adm_}\n  condition: not selection\n`;

test("a filter takes away from the rules that it names, on its log source", () => {
  const known = { Image: "c:\\tool.exe", User: "adm_eve" };
  const all = ["a tool was run", "another", "elsewhere"];
  assert.deepEqual(titles(filter(`[${RULE}]`), known), ["another", "elsewhere"]);
  assert.deepEqual(titles(filter("[another]"), known), ["a tool was run", "elsewhere"]);
  assert.deepEqual(titles(filter("any"), known), ["elsewhere"]);
  assert.deepEqual(titles(filter("any"), { ...known, User: "bob" }), all);
  assert.deepEqual(titles(filter("any", "{category: firewall}"), known), all);
});

test("faults of a filter have their lines and leave the rules as they are", () => {
  const lines = (text: string) => {
    const { rules, issues } = load(text);
    assert.equal(rules.length, 3);
    return issues.map(({ line, message }) => `${line - 20}: ${message}`);
  };
  assert.match(lines(filter("[nobody]"))[0] ?? "", /^1: there is no rule "nobody"/);
  assert.match(lines(filter("[]"))[0] ?? "", /^4: .*needs "rules"/);
  assert.match(lines(filter("any").replace("not selection", "not it"))[0] ?? "", /^6: .*"it"/);
  assert.match(lines(filter("any").replace("startswith", "starts"))[0] ?? "", /^5: .*not a modifier/);
});
