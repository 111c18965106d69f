import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { readLogs } from "../collect/file.ts";
import { parseLine } from "../parsers/line.ts";
import { checkRules, compileRules, detectFile, loadPipeline, loadRules } from "./index.ts";

const root = new URL("../../../../", import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, root));
const RULES = at("content/detection-rules");
const PIPELINES = at("content/sigma-pipelines");
const SIGMA = at("../shared/data/sigma/rules");
const FORTIGATE = at("../shared/data/device-logs/fortigate.log");
const EVENTS = at("../shared/data/windows-events/sample.ndjson.gz");
const TOP = at("../shared/data/misp/warninglists/cloudflare-top100k.json");

const absent = (path: string) => (existsSync(path) ? false : `${path.slice(at("..").length)} is not there`);

test("the starter set is sound, and its examples behave as they say", () => {
  assert.deepEqual(checkRules(RULES, PIPELINES), []);
});

test("every rule has its examples, its title in Chinese and its techniques", () => {
  const { rules } = loadRules(RULES);
  assert.ok(rules.length >= 16);
  for (const rule of rules) {
    assert.ok(
      existsSync(`${RULES}/${rule.file.replace(".yml", ".events.json")}`),
      `${rule.file} has no examples`,
    );
    assert.match(rule.titleZh ?? "", /\p{Script=Han}/u, rule.file);
    assert.ok(
      rule.tags.some((tag) => /^attack\.t\d{4}/.test(tag)),
      `${rule.file} names no technique`,
    );
    assert.ok(rule.falsePositives.length > 0 && rule.description !== "", rule.file);
  }
});

test("real FortiGate lines raise what they should", { skip: absent(FORTIGATE) }, async () => {
  const seen = new Map<string, number>();
  const found = detectFile({
    rules: RULES,
    pipeline: PIPELINES,
    events: FORTIGATE,
    read: (bytes) => readLogs(bytes, { parser: "fortigate", now: "2026-11-23T00:00:00.000Z" }),
  });
  const addresses = new Set<unknown>();
  for await (const { event, rule } of found) {
    seen.set(rule.title, (seen.get(rule.title) ?? 0) + 1);
    addresses.add(event["source.ip"]);
  }
  assert.equal(seen.get("FortiGate Login Tried with an Unknown Administrator Name"), 2);
  assert.ok(addresses.has("222.186.130.227"));
  assert.equal(seen.get("FortiGate SSL VPN Login Failed"), 1);
  assert.equal(seen.get("FortiGate Intrusion Signature of High Severity"), 1);
  assert.equal(seen.get("Malware Found by a Gateway"), 1);
});

test("every rule of SigmaHQ loads and compiles", { skip: absent(SIGMA) }, () => {
  const { rules, issues } = loadRules(SIGMA);
  assert.deepEqual(issues, []);
  assert.equal(rules.length, 3141);
  const compiled = compileRules(rules);
  assert.deepEqual(compiled.issues, []);
  assert.equal(compiled.size, 3141);
});

test("the index finds in real events what each Windows rule alone finds", { skip: absent(EVENTS) }, () => {
  const { rules } = loadRules(`${SIGMA}/windows`);
  const { pipeline, issues } = loadPipeline(`${PIPELINES}/windows.yml`);
  assert.deepEqual(issues, []);
  const together = compileRules(rules, pipeline);
  assert.deepEqual(together.issues, []);
  assert.deepEqual(together.unmapped, []);
  const alone = rules.map((rule) => compileRules([rule], pipeline));
  const lines = gunzipSync(readFileSync(EVENTS)).toString("utf8").trimEnd().split("\n");
  let matches = 0;
  for (const line of lines.filter((_, at) => at % 37 === 0)) {
    const event: Record<string, unknown> = JSON.parse(line);
    const found = together.match(event);
    matches += found.length;
    assert.deepEqual(
      found,
      alone.flatMap((matcher) => matcher.match(event)),
    );
  }
  assert.ok(matches > 0);
});

test("Windows rules find the same in flat events and in their ECS records", { skip: absent(EVENTS) }, () => {
  const { pipeline, issues } = loadPipeline(PIPELINES);
  assert.deepEqual(issues, []);
  const matcher = compileRules(loadRules(`${SIGMA}/windows`).rules, pipeline);
  const lines = gunzipSync(readFileSync(EVENTS)).toString("utf8").trimEnd().split("\n");
  let matches = 0;
  for (const line of lines) {
    const flat: Record<string, unknown> = JSON.parse(line);
    const { record } = parseLine(line, { receivedAt: "2026-11-23T00:00:00.000Z" }, "windows");
    const titles = (event: Record<string, unknown>) => matcher.match(event).map(({ title }) => title);
    const found = titles(flat);
    matches += found.length;
    assert.deepEqual(titles(record), found, line.slice(0, 300));
  }
  assert.ok(matches > 100, `${matches}`);
});

test("names that people really ask for seldom look made up", { skip: absent(TOP) }, () => {
  const matcher = compileRules(loadRules(RULES).rules, loadPipeline(PIPELINES).pipeline);
  const list: unknown = Reflect.get(JSON.parse(readFileSync(TOP, "utf8")), "list");
  assert.ok(Array.isArray(list));
  // The list stands in the order of the alphabet; every fifth name is a fair part of it.
  const names = list.filter((_, at) => at % 5 === 0);
  const wrong = names.filter((name) => {
    const record = { "event.dataset": "bind.named", "dns.question.name": name, "dns.question.type": "A" };
    return matcher.match(record).length > 0;
  });
  assert.ok(wrong.length < names.length * 0.005, `${wrong.length} of ${names.length}`);
});
