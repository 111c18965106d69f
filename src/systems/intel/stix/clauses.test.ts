import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import fc from "fast-check";
import { contributingOf, derivedIdentifier } from "./contributing.ts";
import type { JsonObject } from "./json.ts";
import { patternFault } from "./pattern.ts";
import { validate, validateBundle } from "./validate.ts";

/** RFC 8785 written out once more, as the standard reads: members by their UTF-16 code units, ECMAScript's own scalars. */
function jcs(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${names.map((name) => `${JSON.stringify(name)}:${jcs((value as JsonObject)[name])}`).join(",")}}`;
}

/** UUIDv5 (RFC 4122 section 4.3) in the namespace that STIX 2.1 section 2.9 gives. */
function uuid5(text: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from("00abedb4-aa42-466c-9c01-fed23315a9b7".replaceAll("-", ""), "hex"))
    .update(text, "utf8")
    .digest()
    .subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const hashes = fc.record(
  {
    MD5: fc.constant("d41d8cd98f00b204e9800998ecf8427e"),
    "SHA-1": fc.constant("da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    "SHA-256": fc.constant("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    "SHA-512": fc.constant("cf83e1357eefb8bd".repeat(8)),
  },
  { requiredKeys: [] },
);
/** Each observable of section 6 with values for what contributes to its identifier; absent ones, too. */
const OBSERVABLES: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  artifact: { hashes, payload_bin: text },
  "autonomous-system": { number: fc.nat() },
  directory: { path: text },
  "domain-name": { value: text },
  "email-addr": { value: text },
  "email-message": { from_ref: text, subject: text, body: text },
  file: { hashes, name: text, extensions: fc.dictionary(text, fc.jsonValue()), parent_directory_ref: text },
  "ipv4-addr": { value: text },
  "ipv6-addr": { value: text },
  "mac-addr": { value: text },
  mutex: { name: text },
  "network-traffic": {
    start: text,
    end: text,
    src_ref: text,
    dst_ref: text,
    src_port: fc.nat(65_535),
    dst_port: fc.nat(65_535),
    protocols: fc.array(text, { minLength: 1 }),
    extensions: fc.dictionary(text, fc.jsonValue()),
  },
  software: { name: text, cpe: text, swid: text, vendor: text, version: text },
  url: { value: text },
  "user-account": { account_type: text, user_id: text, account_login: text },
  "windows-registry-key": { key: text, values: fc.array(fc.dictionary(text, text)) },
  "x509-certificate": { hashes, serial_number: text },
};
const ORDER = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

for (const [type, fields] of Object.entries(OBSERVABLES))
  test(`2.9 the id of an observable follows from its contributing properties: ${type}`, () => {
    fc.assert(
      fc.property(
        fc.record(fields, { requiredKeys: [] }),
        fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue()),
        (given, more) => {
          const object = { ...more, ...given, type } as unknown as JsonObject;
          const said: Record<string, unknown> = { ...given };
          const hash = said["hashes"] as Record<string, string> | undefined;
          const preferred = ORDER.find((name) => hash?.[name] !== undefined);
          if (hash !== undefined && preferred !== undefined)
            said["hashes"] = { [preferred]: hash[preferred] };
          const expected = Object.keys(said).length === 0 ? undefined : `${type}--${uuid5(jcs(said))}`;
          assert.equal(derivedIdentifier(object), expected);
          const turned = Object.fromEntries(Object.entries(object).reverse()) as unknown as JsonObject;
          assert.equal(derivedIdentifier(turned), expected, "in whatever order");
        },
      ),
    );
  });

test("2.9 a process has no contributing properties, a type of others none that we know", () => {
  assert.equal(derivedIdentifier({ type: "process", pid: 4 }), undefined);
  assert.equal(contributingOf({ type: "x-own", value: "a" }), undefined);
});

const TOOL = {
  type: "tool",
  spec_version: "2.1",
  id: "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
  created: "2026-11-20T00:00:00.000Z",
  modified: "2026-11-20T00:00:00.000Z",
  name: "a tool",
  aliases: ["one", "two"],
  external_references: [{ source_name: "s", description: "d" }],
};
const GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
const musts = (document: unknown) => validate(document).filter(({ level }) => level === "must");

test("7.2.3 selectors lead to something: names and positions, no further", () => {
  const marked = (selector: unknown) =>
    musts({ ...TOOL, granular_markings: [{ marking_ref: GREEN, selectors: [selector] }] });
  for (const selector of [
    "name",
    "aliases",
    "aliases.[0]",
    "aliases.[1]",
    "external_references.[0].source_name",
    "external_references.[0]",
  ])
    assert.deepEqual(marked(selector), [], selector);
  for (const selector of [
    "nothing",
    "aliases.[2]",
    "aliases.[-1]",
    "aliases.0",
    "aliases[0]",
    "name.[0]",
    "external_references.source_name",
    "",
    ".",
    "name.",
    "constructor",
    "__proto__",
    "aliases.length",
  ]) {
    const [found] = marked(selector);
    assert.deepEqual(
      [found?.path, found?.rule],
      ["granular_markings.0.selectors.0", "7.2.3 selector"],
      selector,
    );
  }
  assert.ok(marked(7).length > 0);
});

test("7.2.3 a granular marking says either a marking or a language, and has a selector", () => {
  const marking = (more: object) =>
    musts({ ...TOOL, granular_markings: [{ selectors: ["name"], ...more }] }).length > 0;
  assert.ok(!marking({ marking_ref: GREEN }) && !marking({ lang: "zh-TW" }));
  assert.ok(marking({}) && marking({ marking_ref: GREEN, lang: "zh-TW" }) && marking({ lang: "x" }));
  assert.ok(marking({ marking_ref: GREEN, selectors: [] }) && marking({ marking_ref: TOOL.id }));
});

test("7.2.1 no marking marks itself, alone or in a circle of any length", () => {
  const id = (n: number) => `marking-definition--8e2e2d2b-17d4-4cbf-938f-${String(n).padStart(12, "0")}`;
  for (const length of [1, 2, 3, 50]) {
    const objects = Array.from({ length }, (_, at) => ({
      type: "marking-definition",
      spec_version: "2.1",
      id: id(at),
      created: "2026-11-20T00:00:00.000Z",
      definition_type: "statement",
      definition: { statement: "s" },
      object_marking_refs: [id((at + 1) % length)],
    }));
    const found = validateBundle({
      type: "bundle",
      id: "bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
      objects: [...objects, TOOL],
    }).filter(({ level }) => level === "must");
    assert.ok(found.length > 0, `${length}`);
    assert.ok(
      found.every(({ rule }) => rule.startsWith("7.2.1 ")),
      JSON.stringify(found[0]),
    );
  }
});

test("3.1 10,000 levels of nesting are refused with their place, and nothing runs over", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const deep = JSON.parse(`${open.repeat(10_000)}1${close.repeat(10_000)}`);
    const found = musts({ ...TOOL, x_deep: deep });
    assert.equal(found.length, 1);
    assert.match(found[0]?.rule ?? "", /nesting$/);
    assert.match(found[0]?.path ?? "", /^x_deep/);
  }
});

const WORDS = [
  "[",
  "]",
  "(",
  ")",
  "AND",
  "OR",
  "FOLLOWEDBY",
  "NOT",
  "WITHIN 5 SECONDS",
  "REPEATS 2 TIMES",
  "START t'2026-11-20T00:00:00Z' STOP t'2026-11-21T00:00:00Z'",
  "ipv4-addr:value",
  "file:hashes.'SHA-256'",
  "file:name",
  "network-traffic:src_ref.value",
  "=",
  "!=",
  "IN",
  "LIKE",
  "MATCHES",
  "ISSUBSET",
  "EXISTS",
  "'a'",
  "'198.51.100.0/24'",
  "5",
  "-3.5",
  "true",
  "b'YQ=='",
  "h'ff'",
  "t'2026-11-20T00:00:00Z'",
  "('a','b')",
  "/* c */",
  "'",
  "\\",
  "\u0000",
  "台",
];

test("9 fuzzed patterns: a fault in words or none, never an exception, and soon", () => {
  const phrase = fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => words.join(" "));
  fc.assert(
    fc.property(fc.oneof(phrase, fc.string(), fc.string({ unit: "binary" })), (pattern) => {
      const fault = patternFault(pattern);
      assert.ok(fault === undefined || fault.length > 0);
    }),
    { numRuns: 1000 },
  );
});

test("9 long and deep patterns end: a fault with its place, in time that grows with their length", () => {
  const one = "[ipv4-addr:value = '198.51.100.1']";
  assert.equal(patternFault(Array(2000).fill(one).join(" OR ")), undefined);
  for (const broken of [
    `${"(".repeat(10_000)}${one}${")".repeat(10_000)}`,
    `[${"(".repeat(10_000)}file:name = 'a'${")".repeat(10_000)}]`,
    `[file:name = '${"\\".repeat(100_001)}']`,
    "'".repeat(100_001),
    `[file:name IN (${"'a',".repeat(50_000)})]`,
    `${"[file:name='a'] AND ".repeat(5000)}`,
    "/*".repeat(50_000),
    `[file:${"a.".repeat(50_000)} = 1]`,
  ]) {
    const before = performance.now();
    const fault = patternFault(broken);
    assert.ok(fault !== undefined && fault.length > 0, broken.slice(0, 40));
    assert.ok(performance.now() - before < 10_000, broken.slice(0, 40));
  }
});

test("docs/stix-conformance.md names every test of a clause, and no other", () => {
  const page = readFileSync("docs/stix-conformance.md", "utf8");
  const named = [...page.matchAll(/^- `(\d[^`]*)`/gm)].map(([, name]) => name ?? "");
  const source = readFileSync(import.meta.filename, "utf8");
  const tests = [...source.matchAll(/\btest\((["`])(\d.*?)\1/g)].map(([, , name = ""]) =>
    name.replace(/\$\{.*?\}/, "TYPE"),
  );
  assert.ok(tests.length >= 8);
  assert.deepEqual(named.toSorted(), tests.toSorted());
});
