import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { refanged } from "./defang.ts";
import { importReportText } from "./imports/report-text.ts";

const options = {
  createdBy: "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff",
  tlp: "amber",
  now: "2026-11-23T00:00:00.000Z",
} as const;

const found = (text: string) =>
  importReportText(text, options)
    .objects.filter(({ type }) => type === "indicator")
    .map((object) => String(object["name"]));

/** What a report says, and the indicators in it. */
const TEXTS: readonly [string, readonly string[]][] = [
  ["evil dot com 與 www dot evil dot com dot tw", ["evil.com", "www.evil.com.tw"]],
  ["the dot com bubble, a dot org and dot net", []],
  [
    "evil(dot)com evil[dot]com evil{dot}com evil (dot) net evil【點】org",
    ["evil.com", "evil.net", "evil.org"],
  ],
  ["evil[.]com evil(.)net evil{.}org evil[.com evil.]biz", ["evil.com", "evil.net", "evil.org", "evil.biz"]],
  ["evil。com www。evil。net 198。51。100。7", ["evil.com", "www.evil.net", "198.51.100.7"]],
  ["evil．com １９８．５１．１００．８", ["evil.com", "198.51.100.8"]],
  ["已封鎖 evil.com。Please wait。謝謝", ["evil.com"]],
  ["連線至 evil.com。tw 網域另查", ["evil.com"]],
  ["１．前言 2．Introduction 3。OK", []],
  [
    "hxxp://evil.com/a hXXps://evil.net/b hxtp://evil.org/c h**p://evil.biz/d",
    ["http://evil.com/a", "https://evil.net/b", "http://evil.org/c", "http://evil.biz/d"],
  ],
  [
    "meow://evil.com/x fxp://evil.net/y hxxps[:]//evil[.]org/z hxxp[://]evil[.]biz",
    ["http://evil.com/x", "ftp://evil.net/y", "https://evil.org/z", "http://evil.biz"],
  ],
  ["hxxp：//evil.com/q", ["http://evil.com/q"]],
  [
    "abuse[at]evil[.]com abuse(at)evil.net abuse[@]evil.org abuse (at) evil (dot) biz",
    ["abuse@evil.com", "abuse@evil.net", "abuse@evil.org", "abuse@evil.biz"],
  ],
  ["2001[:]db8[:][:]1 and 2001:db8::2", ["2001:db8::1", "2001:db8::2"]],
  ["version 1.2.3.4, v5.6.7.8, ver. 9.8.7.6, 版本：4.3.2.1, 韌體版本 7.7.7.7, 第 8.8.4.4 版", []],
  ["versions 1.2.3[.]4 were seen at 198.51.100.9", ["1.2.3.4", "198.51.100.9"]],
  ["IP：198.51.100.10，網域為evil.com已封鎖、另有「evil.net」！", ["198.51.100.10", "evil.com", "evil.net"]],
  ["惡意.example 與 evil.台灣網域，xn--fiqs8s.example", ["惡意.example", "evil.台灣", "xn--fiqs8s.example"]],
  ["report.pdf setup.exe 名單.xlsx drop.ps1 a.tar.gz lib.so config.yml", []],
  ["payload[.]zip", ["payload.zip"]],
  [
    "evil.com:8443 198.51.100.11:443 [2001:db8::3]:443 evil.net/",
    ["evil.com", "198.51.100.11", "2001:db8::3", "evil.net"],
  ],
  ["evil[.]com/gate.php node.js/express and/or.txt", ["evil.com"]],
  ["http://evil.com/下載.php 與 http://evil.net/a。", ["http://evil.com/下載.php", "http://evil.net/a"]],
];

test("defanged addresses are put right, and what only looks like one is none", () => {
  for (const [text, wanted] of TEXTS) assert.deepEqual(found(text), wanted, text);
});

test("a value by itself", () => {
  assert.equal(refanged("hXXps[:]//evil[.]com"), "https://evil.com");
  assert.equal(refanged("C:\\Windows\\a.b"), "C:\\Windows\\a.b");
});

test("hostile text takes time in proportion to its length", () => {
  for (const piece of ["a", "a dot ", "evil。", "[.", "hxxp", "(dot", "a-", "１．", " dot"]) {
    const text = piece.repeat(200_000 / piece.length);
    const began = performance.now();
    refanged(text);
    assert.ok(performance.now() - began < 1500, piece);
  }
});
