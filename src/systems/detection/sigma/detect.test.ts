import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { checkRules, type DetectOptions, detectFile, loadRules } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-rules-"));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const id = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
const ruleText = (digit: string, selection: string) =>
  `title: rule ${digit}\nid: ${id(digit)}\nlogsource: {category: any}\ndetection:\n  s: ${selection}\n  condition: s\nlevel: high\n`;
write("rules/a.yml", ruleText("1", "{source.ip: 192.0.2.1}"));
write("rules/deep/b.yaml", ruleText("2", "{user: root}"));
write("rules/broken.yml", ruleText("3", "{user|contians: root}"));
write("rules/twice.yml", ruleText("1", "{user: root}"));
write("rules/note.txt", "not a rule");

async function all(options: Omit<DetectOptions, "rules" | "onFault">) {
  const faults: string[] = [];
  const found: string[] = [];
  for await (const { event, rule } of detectFile({
    rules: join(folder, "rules"),
    ...options,
    onFault: ({ path, message }) => faults.push(`${path} ${message}`),
  })) {
    found.push(`${rule.title} on ${String(event.n)}`);
  }
  return { faults, found };
}

const LINES = [
  '{"n":1,"source":{"ip":"192.0.2.1"},"user":"ROOT"}',
  "",
  "{broken",
  "[1]",
  '{"n":2,"source.ip":"192.0.2.1"}',
].join("\n");

test("a folder loads as far as it is sound", () => {
  const { rules, issues } = loadRules(join(folder, "rules"));
  assert.deepEqual(
    rules.map((rule) => rule.file),
    ["a.yml", "deep/b.yaml"],
  );
  assert.deepEqual(
    issues.map((issue) => `${issue.file}:${issue.line}`),
    ["broken.yml:5", "twice.yml:1"],
  );
});

test("events of a file, a packed file and a stream meet the rules; what is broken is told", async () => {
  for (const events of [
    write("e.ndjson", LINES),
    write("e.ndjson.gz", gzipSync(LINES)),
    Readable.from([LINES]),
    Readable.from([gzipSync(LINES)]),
  ]) {
    const { faults, found } = await all({ events });
    assert.deepEqual(found, ["rule 1 on 1", "rule 2 on 1", "rule 1 on 2"]);
    assert.deepEqual(
      faults.map((fault) => fault.split(" ").slice(0, 2).join(" ")),
      ['broken.yml:5 "contians"', "twice.yml:1 the", "line 3", "line 4"],
    );
  }
});

test("raw lines are read by whoever knows them", async () => {
  const { faults, found } = await all({
    events: Readable.from(["root\n"]),
    async *read(bytes) {
      for await (const part of bytes) {
        const user = part.toString().trim();
        yield [
          { line: 1, event: { n: user, user } },
          { line: 2, event: "unknown" },
        ];
      }
    },
  });
  assert.deepEqual(found, ["rule 2 on root"]);
  assert.ok(faults.includes("line 2 unknown"));
});

test("correlation rules meet the whole file, in whatever order of time it stands, and say in which lines", async () => {
  const failed = ruleText("8", "{code: 4625}").replace("title", "name: failed\ntitle");
  const guessing = [
    "title: guessing",
    `id: ${id("9")}`,
    "correlation:",
    "  type: event_count",
    "  rules: [failed]",
    "  group-by: [user]",
    "  timespan: 5m",
    "  condition: {gte: 3}",
  ].join("\n");
  const lost = guessing
    .replace("guessing", "lost")
    .replace(id("9"), id("a"))
    .replace("[failed]", "[nowhere]");
  const rules = write("correlated/c.yml", [failed, guessing, lost].join("\n---\n"));
  const at = (minute: number, user: string) =>
    `{"time":"2026-11-24T10:0${minute}:00Z","code":4625,"user":"${user}"}`;
  const events = () =>
    Readable.from([[at(4, "amy"), at(2, "amy"), at(9, "bob"), "", at(0, "amy")].join("\n")]);
  const faults: string[] = [];
  const found = [];
  const onFault = (fault: { path: string; message: string }) => faults.push(`${fault.path} ${fault.message}`);
  for await (const one of detectFile({ rules, events: events(), onFault })) found.push(one);
  assert.deepEqual(
    found.map(({ line, rule, group, lines, count }) => ({ line, title: rule.title, group, lines, count })),
    [{ line: 1, title: "guessing", group: { user: "amy" }, lines: [5, 2, 1], count: 3 }],
  );
  assert.match(faults.join(), /^c\.yml:\d+ there is no rule "nowhere"$/);
  assert.match(
    checkRules(rules)
      .map(({ message }) => message)
      .join(),
    /^there is no rule "nowhere"$/,
  );

  write("correlated/c.yml", [failed, `${guessing}\n  generate: true`].join("\n---\n"));
  const lines = [];
  for await (const { line } of detectFile({ rules, events: events() })) lines.push(line);
  assert.deepEqual(lines, [1, 2, 3, 5, 1], "with generate each match is there, too");
});

test("a file that breaks off or is not there is an error, not an end", async () => {
  const whole = gzipSync(Buffer.from(LINES.repeat(1000)));
  const cut = write("cut.gz", whole.subarray(0, whole.length - 20));
  await assert.rejects(all({ events: cut }));
  await assert.rejects(all({ events: join(folder, "nowhere.ndjson") }));
});

test("a check tells of log sources that nobody knows and of examples that lie", () => {
  write("checked/a.yml", ruleText("4", "{user: root}"));
  write(
    "checked/a.events.json",
    JSON.stringify({ match: [{ user: "guest" }], noMatch: [{ user: "root" }, { user: "x" }] }),
  );
  write("checked/b.yml", ruleText("5", "{user: root}").replace("any", "unheard-of"));
  write("checked/c.yml", ruleText("6", "{user: root}"));
  write("checked/c.events.json", "{}");
  const pipeline = write("pipelines/p.yml", "logsources:\n  - logsource: {category: any}\n");
  assert.deepEqual(
    checkRules(join(folder, "checked"), pipeline).map(
      (issue) => `${issue.file}:${issue.line} ${issue.message}`,
    ),
    [
      "a.events.json:1 match[0] does not match the rule",
      "a.events.json:1 noMatch[0] matches the rule",
      'b.yml:3 no pipeline knows the category "unheard-of" (of unheard-of), so the rule meets nothing',
      'c.events.json:1 examples need events in "match" and in "noMatch"',
    ],
  );
  assert.deepEqual(checkRules(join(folder, "checked")), []);
});

test("a pattern that would hang another engine answers at once", async () => {
  write("hang/a.yml", ruleText("7", "{f|re: '^(a+)+$'}"));
  const started = performance.now();
  const found = detectFile({
    rules: join(folder, "hang"),
    events: Readable.from([`{"f":"${"a".repeat(50_000)}!"}\n`]),
  });
  for await (const _ of found) assert.fail("it does not match");
  assert.ok(performance.now() - started < 2000);
});
