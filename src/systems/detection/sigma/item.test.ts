import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRules } from "./matcher.ts";
import { readRules } from "./rule.ts";

/** Compiles one selection written in YAML flow style and meets it with an event. */
function meets(selection: string, event: Record<string, unknown>): boolean {
  const text = `title: t\nlogsource: {category: any}\ndetection:\n  s: ${selection}\n  condition: s\n`;
  const { rules, issues } = readRules(text, "t.yml");
  assert.deepEqual(issues, [], selection);
  return compileRules(rules).match(event).length > 0;
}

test("modifiers", () => {
  const rows: [string, Record<string, unknown>, boolean][] = [
    ["{f: Value}", { f: "VALUE" }, true],
    ["{f|cased: Value}", { f: "VALUE" }, false],
    ["{f|contains: alu}", { f: "VALUE" }, true],
    ["{f|startswith: va}", { f: "VALUE" }, true],
    ["{f|startswith: ue}", { f: "VALUE" }, false],
    ["{f|endswith: ue}", { f: "VALUE" }, true],
    ["{f|endswith: [x, ue]}", { f: "VALUE" }, true],
    ["{f|contains|all: [va, ue]}", { f: "VALUE" }, true],
    ["{f|all|contains: [va, x]}", { f: "VALUE" }, false],
    ["{f: [1, 2]}", { f: 2 }, true],
    ["{f: 0x10}", { f: "0x10" }, true],
    ["{f: 0x10}", { f: 16 }, true],
    ["{f: true}", { f: true }, true],
    ["{f: 'True'}", { f: true }, true],
    ["{f: null}", {}, true],
    ["{f: null}", { f: null }, true],
    ["{f: null}", { f: "" }, false],
    ["{f: ''}", { f: "" }, true],
    ["{f: ''}", {}, false],
    ["{f: [null, '']}", {}, true],
    ["{f: '*'}", { f: "" }, true],
    ["{f: '*'}", {}, false],
    ["{f|exists: true}", { f: null }, true],
    ["{f|exists: no}", { f: "x" }, false],
    ["{f|exists: true}", {}, false],
    ["{constructor|exists: true}", {}, false],
    ["{f|neq: [a, b]}", { f: "c" }, true],
    ["{f|neq: [a, b]}", { f: "B" }, false],
    ["{f|re: '^a.c$'}", { f: "abc" }, true],
    ["{f|re: '^a.c$'}", { f: "ABC" }, false],
    ["{f|re|i: '^a.c$'}", { f: "ABC" }, true],
    ["{f|re: b.d}", { f: "ab\nd" }, false],
    ["{f|re|s: b.d}", { f: "ab\nd" }, true],
    ["{f|re|m: '^d$'}", { f: "b\nd" }, true],
    ["{f|re|all: [a, b]}", { f: "ab" }, true],
    ["{f|cidr: 10.0.0.0/8}", { f: "10.255.0.1" }, true],
    ["{f|cidr: 10.0.0.0/9}", { f: "10.255.0.1" }, false],
    ["{f|cidr: [192.168.0.0/16, '2001:db8::/33']}", { f: "2001:db8:7fff::1" }, true],
    ["{f|cidr: '2001:db8::/33'}", { f: "2001:db8:8000::1" }, false],
    ["{f|cidr: 10.0.0.0/8}", { f: "::ffff:10.1.1.1" }, true],
    ["{f|cidr: '::ffff:10.0.0.0/104'}", { f: "10.1.1.1" }, true],
    ["{f|cidr: '::ffff:0:0/96'}", { f: "::ffff:203.0.113.1" }, true],
    ["{f|cidr: '::ffff:10.0.0.0/104'}", { f: "11.1.1.1" }, false],
    ["{f|cidr: 'fe80::/10'}", { f: "fe80::1%eth0" }, true],
    ["{f|cidr: 0.0.0.0/0}", { f: "no address" }, false],
    ["{f|lt: 10}", { f: "9" }, true],
    ["{f|lte: 10}", { f: 10 }, true],
    ["{f|gt: 1.5}", { f: "1.6" }, true],
    ["{f|gte: 10}", { f: 9 }, false],
    ["{f|gte: 10}", { f: "many" }, false],
    ["{f|base64: foobar}", { f: "Zm9vYmFy" }, true],
    ["{f|base64offset|contains: foobar}", { f: Buffer.from("xxfoobaryy").toString("base64") }, true],
    ["{f|base64offset|contains: foobar}", { f: Buffer.from("xfoobary").toString("base64") }, true],
    ["{f|base64offset|contains: foobar}", { f: Buffer.from("xfooba").toString("base64") }, false],
    [
      "{f|wide|base64offset|contains: ping}",
      { f: Buffer.from("a ping b", "utf16le").toString("base64") },
      true,
    ],
    ["{f|utf16be|base64: hi}", { f: "AGgAaQ==" }, true],
    ["{f|utf16|base64: hi}", { f: "//5oAGkA" }, true],
    ["{f|wide|contains: ab}", { f: "xa\0b\0" }, true],
    ["{f|windash|contains: ' -enc'}", { f: "x /ENC y" }, true],
    ["{f|contains|windash: ' -enc'}", { f: "x –enc y" }, true],
    ["{f|windash|contains: ' -enc'}", { f: "x +enc y" }, false],
    ["{f|contains|all|windash: [' -a', ' -b']}", { f: "x /b -a" }, true],
    ["{f|contains|all|windash: [' -a', ' -b']}", { f: "x /a -a" }, false],
    ["{f|fieldref: g}", { f: "A", g: "a" }, true],
    ["{f|fieldref: g}", { f: "a" }, false],
    ["{f|fieldref|startswith: g}", { f: "abc", g: "ab" }, true],
    ["{f|fieldref|neq: g}", { f: "a", g: "b" }, true],
    ["{f|hour|gte: 22}", { f: "2026-11-23T22:10:00Z" }, true],
    ["{f|week: 53}", { f: "2021-01-03" }, true],
    ["{f|year|lt: 2020}", { f: "2021-01-03" }, false],
    ["{f|minute: 5}", { f: "2021-01-03 10:05:00" }, true],
    ["{f: b}", { f: ["a", "B"] }, true],
    ["{f|all: [a, b]}", { f: ["b", "a"] }, true],
    ["[{f: a}, {g: b}]", { g: "b" }, true],
    ["{f: a, g: b}", { g: "b" }, false],
    ["[some words, other]", { message: "here are SOME WORDS" }, true],
    ["[some words, other]", { message: "some", note: "words" }, false],
    ["some*words", { message: "here some more words" }, true],
    ["{'|all': [one, two]}", { a: "one", b: "x two" }, true],
    ["{'|all': [one, two]}", { a: "one" }, false],
    ["{'|re': '^x+$'}", { a: "b", c: "xxx" }, true],
    ["[404]", { code: 404 }, true],
  ];
  for (const [selection, event, wanted] of rows) {
    assert.equal(meets(selection, event), wanted, `${selection} on ${JSON.stringify(event)}`);
  }
});

test("every fault is told with its line", () => {
  const text = `title: ""
id: 12
level: urgent
status: new
date: yesterday
tags:
  - attack.t1110
  - Bad Tag
logsource:
  definition: none
detection:
  a:
    f|contians: x
    f|re: '(?=x)'
    f|cidr: 10.0.0.0/33
    g|gt: many
    g|exists: perhaps
    h|re|contains: x
    h|startswith|endswith: x
    i|i: x
    j: {k: l}
    k: []
    k|base64: 'a*'
    l|hour|contains: 3
    "|cidr": 10.0.0.0/8
    m|: x
    n|contains: null
    o|windash: ' -a -b -c -d -e'
    p|cased|cased: x
  b: []
  condition: a and c
`;
  const { rules, issues } = readRules(text, "bad.yml");
  assert.deepEqual(rules, []);
  assert.deepEqual(
    issues.map((issue) => issue.line),
    [1, 2, 3, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31],
  );
  assert.ok(issues.every((issue) => issue.file === "bad.yml" && issue.message !== ""));
});

test("documents that are no rule", () => {
  const faults = (text: string) =>
    readRules(text, "x.yml").issues.map((issue) => `${issue.line}: ${issue.message}`);
  assert.deepEqual(faults(""), ["1: the file holds no rule"]);
  assert.deepEqual(faults("- a\n- b\n"), ["1: a rule is a map, not a list"]);
  assert.match(faults("title: x\ncorrelation:\n  type: event_count\n")[0] ?? "", /^2: .*"correlation"/);
  assert.match(faults("title: a\ntitle: b\n")[0] ?? "", /^2: /);
  assert.match(faults("title: 'open\n")[0] ?? "", /^\d+: /);
  assert.deepEqual(faults("title: only\n"), [
    '1: a detection rule needs "logsource"',
    '1: a detection rule needs "detection"',
  ]);
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghij"
    .split("")
    .map((name, at) => `${name}: &${name} [${`*${"abcdefghij"[at]},`.repeat(9).slice(0, -1)}]\n`)
    .join("")}`;
  assert.match(faults(bomb).join(), /too large|alias/i);
});

test("a construct of Perl that linear time forbids is named as what it is", () => {
  const messages = (form: string) =>
    readRules(
      `title: t\nlogsource: {category: any}\ndetection:\n  s: {"f|re": '${form}'}\n  condition: s\n`,
      "x.yml",
    ).issues.map(({ message }) => message);
  for (const [form, name] of [
    ["(?<=a)b", '"(?<="'],
    ["(?<!a)b", '"(?<!"'],
    ["[(?<=]a(?=b)", '"(?="'],
    ["a(?!b)", '"(?!"'],
    ["(?>a)b", '"(?>"'],
    ["(a)\\\\\\1", '"\\1"'],
  ] as const) {
    const told = messages(form);
    assert.equal(told.length, 1, form);
    assert.ok(told[0]?.includes(`${name} is not supported: `), told[0]);
  }
  assert.deepEqual(messages("[(?<=]a"), []);
  assert.deepEqual(messages("[]](?P<name>a)"), []);
  assert.match(messages("(?<a")[0] ?? "", /cannot be used/);
});
