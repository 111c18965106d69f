import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compileRules } from "./matcher.ts";
import { loadPipeline, type Pipeline } from "./pipeline.ts";
import { readRules } from "./rule.ts";

function pipelineOf(text: string): {
  pipeline: Pipeline;
  issues: readonly { line: number; message: string }[];
} {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-pipeline-"));
  try {
    writeFileSync(join(folder, "p.yml"), text);
    return loadPipeline(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function rulesOf(logsource: string, selection: string) {
  const text = `title: t\nlogsource: ${logsource}\ndetection:\n  s: ${selection}\n  condition: s\n`;
  const { rules, issues } = readRules(text, "t.yml");
  assert.deepEqual(issues, []);
  return rules;
}

const { pipeline, issues } = pipelineOf(`
title: p
logsources:
  - logsource: { product: windows }
    records: { event.module: windows }
    fields: { Image: process.executable, User: user.name }
  - logsource: { product: windows, category: process_creation }
    records: { event.code: 1, event.provider: sysmon }
  - logsource: { product: windows, category: process_creation }
    records: { event.code: 4688 }
    fields: { Image: [process.new, process.other] }
    prefix: win.
  - logsource: { category: firewall }
    records:
      - observer.type: firewall
      - event.category: [network, ids]
placeholders:
  Admins: [root, 'adm*']
vars:
  Guests: guest
`);
assert.deepEqual(issues, []);

test("a rule meets the records of its log source only, in each way in which that is logged", () => {
  const matcher = compileRules(
    rulesOf("{product: windows, category: process_creation}", "{Image|endswith: cmd.exe}"),
    pipeline,
  );
  const meets = (record: Record<string, unknown>) => matcher.match(record).length;
  const sysmon = { "event.module": "windows", "event.code": "1", "event.provider": "Sysmon" };
  assert.equal(meets({ ...sysmon, "process.executable": "c:\\cmd.exe" }), 1);
  assert.equal(meets({ ...sysmon, "event.code": "3", "process.executable": "c:\\cmd.exe" }), 0);
  assert.equal(meets({ ...sysmon, "event.module": "linux", "process.executable": "c:\\cmd.exe" }), 0);
  const audit = { "event.module": "windows", "event.code": 4688 };
  assert.equal(meets({ ...audit, "process.other": "c:\\cmd.exe" }), 1);
  assert.equal(meets({ ...audit, "process.executable": "c:\\cmd.exe" }), 0);
});

test("names without a dot get the prefix, names with one are ECS already", () => {
  const rules = rulesOf("{product: windows, category: process_creation}", "{Own: x, user.id: 7, User: a}");
  const record = {
    "event.module": "windows",
    "event.code": 4688,
    "win.Own": "X",
    "user.id": 7,
    "user.name": "A",
  };
  const [match] = compileRules(rules, pipeline).match(record);
  assert.deepEqual(match?.why, [
    { field: "win.Own", value: "X" },
    { field: "user.id", value: "7" },
    { field: "user.name", value: "A" },
  ]);
});

test("a log source that nobody knows meets nothing, also where only a part of it is known", () => {
  for (const logsource of ["{product: plan9}", "{product: windows, service: unheard-of}"]) {
    const compiled = compileRules(rulesOf(logsource, "{a: '*'}"), pipeline);
    assert.equal(compiled.unmapped.length, 1, logsource);
    assert.equal(compiled.match({ a: "x", "event.module": "windows" }).length, 0);
  }
});

test("placeholders are filled by the pipeline, and a rule without its values is refused", () => {
  const known = compileRules(rulesOf("{category: firewall}", "{u|expand: '%Admins%'}"), pipeline);
  assert.equal(known.match({ "observer.type": "firewall", u: "Administrator" }).length, 1);
  assert.equal(known.match({ "event.category": ["web", "network"], u: "guest" }).length, 0);
  const guests = compileRules(rulesOf("{category: firewall}", "{u|expand: 'x-%Guests%'}"), pipeline);
  assert.equal(guests.match({ "observer.type": "firewall", u: "X-Guest" }).length, 1);
  const unknown = compileRules(rulesOf("{category: firewall}", "{u|expand: '%Nobody%'}"), pipeline);
  assert.equal(unknown.size, 0);
  assert.deepEqual(
    unknown.issues.map(({ file, line, path, message }) => [file, line, path, message]),
    [["t.yml", 4, "detection.s", 'no pipeline gives values for "%Nobody%"']],
  );
});

test("faults of a pipeline have their lines", () => {
  const { issues } = pipelineOf(`
logsources:
  - logsource: { product: x, kind: y }
    records: { a|contians: b }
  - records: { a: b }
  - logsource: { product: x }
    fields: { a: {} }
colour: red
`);
  assert.deepEqual(issues.map((issue) => issue.line).sort(), [3, 4, 5, 7, 8]);
});

test("mappings of two forms never hold together", () => {
  const { pipeline: flat } = pipelineOf(`
form: flat
logsources:
  - { logsource: { product: w }, fields: { a: b } }
  - { logsource: { category: c }, records: { x: 1 } }
`);
  const { pipeline: ecs } = pipelineOf(`
form: ecs
logsources:
  - { logsource: { product: w }, prefix: p. }
  - { logsource: { category: c }, records: { y: 1 } }
`);
  const both = { mappings: [...flat.mappings, ...ecs.mappings], placeholders: new Map() };
  const matcher = compileRules(rulesOf("{product: w, category: c}", "{a: 1}"), both);
  assert.equal(matcher.match({ x: 1, b: 1 }).length, 1);
  assert.equal(matcher.match({ y: 1, "p.a": 1 }).length, 1);
  assert.equal(matcher.match({ x: 1, "p.a": 1 }).length, 0);
  assert.equal(matcher.match({ y: 1, b: 1 }).length, 0);
  assert.deepEqual(matcher.namesOf("t.yml", "a"), ["b", "p.a"]);
});

test("a rule of another taxonomy takes the mappings of that taxonomy alone, and without any is reported", () => {
  const { pipeline: acme, issues: faults } = pipelineOf(`
title: acme
taxonomy: Acme
logsources:
  - logsource: { product: windows }
    records: { event.module: acme }
    fields: { prog: process.executable }
`);
  assert.deepEqual(faults, []);
  const both = { ...pipeline, mappings: [...pipeline.mappings, ...acme.mappings] };
  const text = (taxonomy: string) =>
    `title: t\n${taxonomy}logsource: { product: windows }\ndetection:\n  s: { prog: x }\n  condition: s\n`;
  const of = (taxonomy: string) => compileRules(readRules(text(taxonomy), "t.yml").rules, both);
  const event = { "process.executable": "x", "event.module": "acme" };
  assert.equal(of("taxonomy: acme\n").match(event).length, 1);
  assert.equal(of("").match({ ...event, prog: "x" }).length, 0, "Sigma's own names stay out of it");
  assert.equal(of("taxonomy: sigma\n").match({ prog: "x", "event.module": "windows" }).length, 1);
  const unknown = of("taxonomy: other\n");
  assert.equal(unknown.unmapped.length, 1);
  assert.deepEqual(
    unknown.issues.map(({ file, line, message }) => [file, line, message]),
    [["t.yml", 1, 'no pipeline maps the names of the taxonomy "other", so the rule meets nothing']],
  );
});

test("related rules are read, and what names none is told with its line", () => {
  const text = (related: string) =>
    `title: t\nrelated:\n${related}logsource: { product: windows }\ndetection:\n  s: { a: x }\n  condition: s\n`;
  const id = "7c4b8f0e-0000-4000-8000-000000000001";
  const fine = readRules(
    text(`  - { id: ${id}, type: derived }\n  - { id: ${id}, type: obsoletes }\n`),
    "t.yml",
  );
  assert.deepEqual(fine.rules[0]?.related, [
    { id, type: "derived" },
    { id, type: "obsolete" },
  ]);
  const wrong = readRules(text(`  - { id: ${id}, type: child }\n  - { id: 7, type: similar }\n`), "t.yml");
  assert.deepEqual(
    wrong.issues.map(({ line }) => line),
    [3, 4],
  );
});
