import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { loadMatcher } from "../pipeline/rules.ts";
import { checkRules, type Issue } from "./index.ts";
import { REASONS } from "./model.ts";
import { pathAt } from "./place.ts";
import type { Tree } from "./tree.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-faults-"));
after(() => rmSync(folder, { recursive: true }));
const PIPELINE = join(folder, "pipeline.yml");
writeFileSync(
  PIPELINE,
  [
    "logsources:",
    "  - logsource: { product: acme }",
    "  - logsource: { product: acme, category: proxy }",
    "  - logsource: { product: other, category: firewall }",
  ].join("\n"),
);

function told(files: Readonly<Record<string, string>>): string[] {
  const rules = mkdtempSync(join(folder, "rules-"));
  mkdirSync(rules, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(rules, name), text);
  const of = ({ file, line, path, severity, rule, message }: Issue) =>
    `${severity} ${file}:${line} ${path} [${rule?.title} ${rule?.id}] ${message}`;
  const checked = checkRules(rules, PIPELINE).map(of);
  const { faults } = loadMatcher({ rules, pipelines: PIPELINE });
  assert.deepEqual(faults.map(of).sort(), [...checked].sort(), "the node says what the command says");
  assert.ok(faults.every(({ key }) => key.replace("detection:fault.", "") in REASONS));
  return checked;
}

const ID = "7c4b8f0e-0000-4000-8000-00000000000";
const rule = (digit: number, given: Readonly<Record<string, string>> = {}) => {
  const { logsource = "{ product: acme }", selection = "{ user: root }", more = "" } = given;
  return `title: rule ${digit}\nid: ${ID}${digit}\nlogsource: ${logsource}\ndetection:\n  s: ${selection}\n  condition: s\n${more}`;
};

test("faults of reading, of the log source, of placeholders and of what looks at a rule come at once, with their places", () => {
  const broken = `title: broken
id: ${ID}1
level: urgent
logsource:
  product: any
  category: proxy
detection:
  s:
    user|contians: root
    host|expand: '%hosts%'
    port: [1, { two: 3 }]
  condition: s and t
`;
  const looking = `title: looking
id: ${ID}2
correlation:
  type: event_cuont
  rules: [${ID}1, nobody]
  timespan: soon
  condition: { gte: 3 }
`;
  const mine = (title: string, digit: number) => `[${title} ${ID}${digit}]`;
  assert.deepEqual(told({ "a.yml": `${broken}---\n${looking}`, "b.yml": rule(1) }).sort(), [
    `fault a.yml:1 id ${mine("broken", 1)} the id ${ID}1 belongs to b.yml already`,
    `fault a.yml:10 detection.s ${mine("broken", 1)} no pipeline gives values for "%hosts%"`,
    `fault a.yml:11 detection.s.port[2].two ${mine("broken", 1)} "port" takes a value or a list of values, not a map`,
    `fault a.yml:12 detection.condition ${mine("broken", 1)} there is no search identifier "t"`,
    `fault a.yml:14 correlation.rules ${mine("looking", 2)} there is no rule "nobody"`,
    `fault a.yml:17 correlation.type ${mine("looking", 2)} "event_cuont" is not a type of correlation`,
    `fault a.yml:19 correlation.timespan ${mine("looking", 2)} "timespan" is a number with s, m, h, d, w, M or y`,
    `fault a.yml:3 level ${mine("broken", 1)} "level" is one of informational, low, medium, high, critical`,
    `fault a.yml:9 detection.s.user|contians ${mine("broken", 1)} "contians" is not a modifier of Sigma`,
    `warning a.yml:4 logsource.product ${mine("broken", 1)} "product: any" is taken for a name, since Sigma knows no wildcard there, and no pipeline knows it: the rule meets nothing. Leave the line out to mean every product`,
  ]);
});

test("a rule that meets nothing says which word of its log source nobody knows", () => {
  const of = (logsource: string) =>
    told({ "a.yml": rule(1, { logsource }) }).map((text) => text.slice(0, 60).replace(/ \[.*/, ""));
  assert.deepEqual(of("{ product: acme }"), []);
  assert.deepEqual(of("{ product: acme, category: proxy }"), []);
  assert.deepEqual(of("{ product: acme, service: any }"), ["warning a.yml:3 logsource.service"]);
  assert.deepEqual(of("{ product: nobody, service: nothing }"), [
    "warning a.yml:3 logsource.product",
    "warning a.yml:3 logsource.service",
  ]);
  assert.deepEqual(of("{ product: acme, category: firewall }"), ["warning a.yml:3 logsource"]);
});

test("a rule whose base has faults is told of them, and a filter of such a rule is none", () => {
  const looking = `title: looking\nid: ${ID}2\ncorrelation:\n  type: event_count\n  rules: [${ID}1]\n  timespan: 5m\n  condition: { gte: 3 }\n`;
  const filter = `title: known\nlogsource: { product: acme }\nfilter:\n  rules: [${ID}1]\n  s: { user: a }\n  condition: not s\n`;
  const faults = told({
    "a.yml": [rule(1, { selection: "{ 'user|contians': root }" }), looking, filter].join("---\n"),
  });
  assert.deepEqual(
    faults.map((text) => text.replace(/.*\] /, "")),
    ['"contians" is not a modifier of Sigma', `the rule "${ID}1" that it looks at has faults of its own`],
  );
});

test("a key that stands twice hides no other fault", () => {
  const faults = told({
    "a.yml": rule(1, { selection: "{ 'user|contians': root }", more: "status: test\nstatus: stable\n" }),
  });
  assert.equal(faults.length, 2, faults.join("\n"));
  assert.ok(faults.every((text) => text.includes(`[rule 1 ${ID}1]`)));
});

test("a place is what begins at the line, or what holds all that do", () => {
  const scalar = (line: number): Tree => ({ kind: "scalar", line, value: "x", text: "x" });
  const tree: Tree = {
    kind: "map",
    line: 1,
    entries: [
      { key: "a", line: 1, value: scalar(1) },
      {
        key: "b",
        line: 2,
        value: {
          kind: "map",
          line: 3,
          entries: [
            { key: "c", line: 3, value: { kind: "list", line: 4, items: [scalar(4), scalar(5)] } },
            { key: "d", line: 6, value: { kind: "list", line: 6, items: [scalar(6), scalar(6)] } },
          ],
        },
      },
      {
        key: "e",
        line: 7,
        value: {
          kind: "map",
          line: 7,
          entries: [
            { key: "f", line: 7, value: scalar(7) },
            { key: "g", line: 7, value: scalar(7) },
          ],
        },
      },
    ],
  };
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((line) => pathAt(tree, line)),
    ["a", "b", "b.c", "b.c[1]", "b.c[2]", "b.d", "e", ""],
  );
});

test("whatever a file holds, each of its faults has a line of it, a reason and words", () => {
  const lines = fc.array(
    fc.constantFrom(
      "title: x",
      "id: 1",
      "logsource: {product: any}",
      "logsource:",
      "detection:",
      "  s:",
      "    a|re: (",
      "    a|b: [1, {c: 2}]",
      "  condition: s and",
      "correlation:",
      "  type: temporal",
      "filter:",
      "---",
      "- 1",
      "\t- x",
      "a: *b",
      "action: repeat",
      "'",
      "}",
    ),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(lines, (drawn) => {
      writeFileSync(join(folder, "fuzz.yml"), drawn.join("\n"));
      for (const { line, message, key } of checkRules(join(folder, "fuzz.yml"), PIPELINE)) {
        assert.ok(line >= 1 && line <= drawn.length + 1, `${line}: ${message}`);
        assert.doesNotMatch(message, /\{\{|undefined/);
        assert.ok(key.startsWith("detection:fault."));
      }
    }),
    { numRuns: 300 },
  );
});
