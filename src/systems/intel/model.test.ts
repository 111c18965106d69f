import assert from "node:assert/strict";
import { test } from "node:test";
import { readIndicator } from "./model.ts";

test("a pasted line is read as what it is, defanged or not", () => {
  for (const [line, type, value] of [
    [" 198.51.100.7 ", "ipv4", "198.51.100.7"],
    ["198.51[.]100[.]7", "ipv4", "198.51.100.7"],
    ["2001:DB8::1", "ipv6", "2001:db8::1"],
    ["hxxps://evil[.]example/a?b=1", "url", "https://evil.example/a?b=1"],
    ["ftp://evil.example/x", "url", "ftp://evil.example/x"],
    ["Evil.Example", "domain", "evil.example"],
    ["惡意.example", "domain", "惡意.example"],
    ["e-v--il.example", "domain", "e-v--il.example"],
    ["phish[at]evil[.]example", "email", "phish@evil.example"],
    ["D41D8CD98F00B204E9800998ECF8427E", "md5", "d41d8cd98f00b204e9800998ecf8427e"],
    ["a".repeat(40), "sha1", "a".repeat(40)],
    ["b".repeat(64), "sha256", "b".repeat(64)],
  ] as const) {
    assert.deepEqual(readIndicator(line), { type, value }, line);
  }
  for (const line of [
    "",
    "hello",
    "1.2.3.4.5",
    "999.1.1.1",
    "http://",
    "a".repeat(41),
    "evil..example",
    "evil-.example",
    "-evil.example",
    "javascript:alert(1)",
  ]) {
    assert.equal(readIndicator(line), undefined, line);
  }
});
