import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { test } from "node:test";
import { domainToASCII } from "node:url";
import fc from "fast-check";
import { IndicatorBuilder } from "./build.ts";
import { FIELDS } from "./fields.ts";
import type { IndicatorGroup, IndicatorKind } from "./image.ts";
import { type Fields, IndicatorMatcher } from "./match.ts";

const GROUP: IndicatorGroup = {
  source: "list",
  orgId: "0190a000-0000-7000-8000-00000000000a",
  tlp: "clear",
  audience: [],
  level: "high",
};

interface Known {
  readonly kind: IndicatorKind;
  readonly value: string;
}

function matcherOf(known: readonly Known[]): IndicatorMatcher {
  const builder = new IndicatorBuilder();
  const group = builder.group(GROUP);
  for (const { kind, value } of known)
    assert.equal(builder.add(kind, value, group, { id: `${kind} ${value}` }), "added", `${kind} ${value}`);
  return new IndicatorMatcher(builder.build());
}

const ALL = Uint8Array.of(1);
const found = (matcher: IndicatorMatcher, record: Fields) =>
  matcher
    .match(record, 0, ALL)
    .map((hit) => hit.id)
    .sort();

/** The same question, asked of every indicator in the plainest way. */
function plainly(known: readonly Known[], record: Fields): string[] {
  const texts = (fields: readonly { name: string }[]) =>
    fields.flatMap(({ name: field }) => [record[field]].flat()).filter((value) => typeof value === "string");
  const urls = texts(FIELDS.url).flatMap((text) => (/^[^:]{1,12}:\/\//.test(text) ? urlForms(text) : []));
  const names = [...texts(FIELDS.domain), ...urls.map((url) => url.host)].map(nameOf);
  const addresses = [...texts(FIELDS.ip), ...names.map((name) => name.replace(/^\[|\]$/g, ""))];
  return known
    .filter(({ kind, value }) => {
      if (kind === "ip") return addresses.some((address) => within(address, value));
      if (kind === "domain") {
        const parent = nameOf(value);
        return names.some((name) => name === parent || name.endsWith(`.${parent}`));
      }
      if (kind === "url") {
        const [own] = urlForms(value);
        return urls.some((url) => own !== undefined && (url.full === own.full || url.bare === own.full));
      }
      const fields = kind === "hash" ? FIELDS.hash : FIELDS.email;
      return texts(fields).some((text) => text.toLowerCase() === value.toLowerCase());
    })
    .map(({ kind, value }) => `${kind} ${value}`)
    .sort();
}

function nameOf(text: string): string {
  const name = /[^\0-\x7f]/.test(text) ? domainToASCII(text) : text.toLowerCase();
  return name.replace(/\.$/, "");
}

function urlForms(text: string): { host: string; full: string; bare: string }[] {
  if (!URL.canParse(text)) return [];
  const url = new URL(text);
  url.hash = "";
  url.username = "";
  url.password = "";
  if (url.hostname === "") return [];
  url.hostname = url.hostname.replace(/\.$/, "");
  const full = url.href.replace(/\?$/, "").replaceAll("%7E", "~").replaceAll("%2f", "%2F");
  return [{ host: url.hostname, full, bare: full.split("?")[0] ?? "" }];
}

function within(address: string, prefix: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(plain);
  const [net = "", length] = prefix.split("/");
  if (family === 0 || isIP(net) !== family) return false;
  const list = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(net, Number(length ?? (family === 4 ? 32 : 128)), type);
  return list.check(plain, type);
}

const label = fc.constantFrom("evil", "a", "b-1", "tw", "com", "xn--bcher-kva", "x_y", "0");
const name = fc
  .array(label, { minLength: 1, maxLength: 3 })
  .chain((labels) => fc.constantFrom("com", "tw", "example").map((top) => [...labels, top].join(".")));
const written = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.constantFrom("", "."), fc.boolean())
    .map(([one, dot, upper]) => (upper ? one.toUpperCase() : one) + dot);
const host = fc.oneof(
  written(name),
  fc.constantFrom("bücher.example", "ＥＶＩＬ．com", "台灣.tw", "EVIL。com", "b%65.com"),
);
const octet = fc.constantFrom(1, 2, 9, 128, 129, 255);
const v4 = fc.tuple(fc.constantFrom(10, 198), octet, octet, octet).map((octets) => octets.join("."));
const v6 = fc
  .array(fc.constantFrom("0", "1", "ff", "8000", "ABCD"), { minLength: 6, maxLength: 6 })
  .map((groups) => `2001:db8:${groups.join(":")}`);
const v6Short = fc.constantFrom(
  "2001:db8::1",
  "2001:DB8::",
  "::ffff:10.1.2.9",
  "::ffff:198.1.1.1",
  "fe80::1%eth0",
);
const address = fc.oneof(v4, v6, v6Short);
const prefix = fc.oneof(
  v4,
  v6,
  fc.tuple(v4, fc.integer({ min: 8, max: 32 })).map(([net, length]) => `${net}/${length}`),
  fc.tuple(v6, fc.integer({ min: 30, max: 128 })).map(([net, length]) => `${net}/${length}`),
);
const url = fc
  .tuple(
    fc.constantFrom("http", "HTTPS", "ftp", "hxxp"),
    fc.constantFrom("", "user:p@", "u@"),
    fc.oneof(host, v4, fc.constantFrom("[2001:db8::1]", "0x0a010209", "010.1.2.9")),
    fc.constantFrom("", ":80", ":443", ":8080", ":"),
    fc.constantFrom("", "/", "/a", "/a/../b", "/A", "\\a", "/%7Ea", "/~a", "/%2f", "/%2F"),
    fc.constantFrom("", "?", "?q=1", "?q=2", "#f", "?q=1#f"),
  )
  .map((parts) => `${parts[0]}://${parts.slice(1).join("")}`);
const digest = fc.constantFrom(
  ..."ab12".split("").flatMap((digit) => [32, 40, 64].map((n) => digit.repeat(n))),
);
const email = fc.constantFrom("a@evil.com", "b@evil.com", "A.B@sub.evil.com");
const known = fc.oneof(
  prefix.map((value) => ({ kind: "ip" as const, value })),
  written(name).map((value) => ({ kind: "domain" as const, value })),
  fc.constantFrom("bücher.example", "台灣.tw").map((value) => ({ kind: "domain" as const, value })),
  url.map((value) => ({ kind: "url" as const, value })),
  digest.map((value) => ({ kind: "hash" as const, value })),
  email.map((value) => ({ kind: "email" as const, value })),
);
const valuesFor: Readonly<Record<keyof typeof FIELDS, fc.Arbitrary<unknown>>> = {
  ip: fc.oneof(address, fc.array(address, { maxLength: 3 }), fc.constantFrom("-", "", 7)),
  domain: fc.oneof(
    host,
    address,
    fc.array(fc.oneof(host, address), { maxLength: 2 }),
    fc.constantFrom(".", "", ".."),
  ),
  url: fc.oneof(url, fc.constantFrom("/path", "evil.com:443", "://", "http://", "http:///evil.com/a")),
  hash: fc.oneof(
    digest,
    digest.map((text) => text.toUpperCase()),
    fc.constantFrom("ab", "g".repeat(32)),
  ),
  email: fc.oneof(
    email,
    email.map((text) => text.toUpperCase()),
    fc.constantFrom("@", "a@", "none"),
  ),
};
const record = fc
  .array(
    fc.constantFrom(...Object.keys(FIELDS)).chain((kind) => {
      const at = kind as keyof typeof FIELDS;
      return fc.tuple(fc.constantFrom<string>(...FIELDS[at].map((field) => field.name)), valuesFor[at]);
    }),
    { maxLength: 6 },
  )
  .map((fields): Fields => Object.fromEntries(fields));

test("finds what a plain search of every indicator finds, and nothing else", () => {
  const usable = (one: Known) => new IndicatorBuilder().add(one.kind, one.value, 0) === "added";
  const set = fc.array(known.filter(usable), { maxLength: 12 });
  fc.assert(
    fc.property(set, fc.array(record, { minLength: 1, maxLength: 8 }), (all, records) => {
      const once = [...new Map(all.map((one) => [`${one.kind} ${one.value}`, one])).values()];
      const matcher = matcherOf(once);
      for (const one of records) assert.deepEqual(found(matcher, one), plainly(once, one));
    }),
    { numRuns: 3_000 },
  );
});

test("a hit tells the field, the value, the indicator that holds it, its id and name", () => {
  const builder = new IndicatorBuilder();
  const id = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
  builder.add("domain", "Evil.Example.", builder.group(GROUP), { id, name: "壞站" });
  builder.add("ip", "198.51.100.77/24", builder.group(GROUP), { name: "net" });
  builder.add("ip", "2001:db8:0:0:1::/80", builder.group(GROUP));
  const matcher = new IndicatorMatcher(builder.build());
  const [domain, ...others] = matcher.match({ "dns.question.name": "www.EVIL.example" }, 0, ALL);
  assert.deepEqual(others, []);
  assert.deepEqual(
    { ...domain, entry: undefined },
    {
      kind: "domain",
      field: "dns.question.name",
      value: "www.EVIL.example",
      indicator: "evil.example",
      id,
      name: "壞站",
      group: GROUP,
      entry: undefined,
    },
  );
  const [net, six] = matcher.match(
    { "source.ip": "198.51.100.9", "destination.ip": "2001:db8::1:0:0:9" },
    0,
    ALL,
  );
  assert.deepEqual([six?.indicator, six?.name, six?.id], ["198.51.100.0/24", "net", ""]);
  assert.equal(net?.indicator, "2001:db8:0:0:1::/80");
});

test("several sources of one value are told each, an ended one and one of a group that may not be used are not", () => {
  const builder = new IndicatorBuilder();
  const open = builder.group(GROUP);
  const closed = builder.group({ ...GROUP, source: "other", tlp: "amber" });
  assert.equal(builder.group({ ...GROUP, audience: [] }), open);
  builder.add("domain", "evil.example", open, { id: "one" });
  builder.add("domain", "evil.example", open, { id: "two", until: 1_000 });
  builder.add("domain", "evil.example", closed, { id: "three" });
  const matcher = new IndicatorMatcher(builder.build());
  const idsAt = (at: number, usable: Uint8Array) =>
    matcher
      .match({ "url.domain": "evil.example", "dns.question.name": "a.evil.example" }, at, usable)
      .map((hit) => hit.id);
  assert.deepEqual(idsAt(999, Uint8Array.of(1, 0)).sort(), ["one", "two"]);
  assert.deepEqual(idsAt(1_000, Uint8Array.of(1, 1)).sort(), ["one", "three"]);
  assert.deepEqual(idsAt(1_000, Uint8Array.of(0, 0)), []);
});

test("what would meet everything is not taken, nor what is no indicator", () => {
  const builder = new IndicatorBuilder();
  for (const [kind, value] of [
    ["domain", "com"],
    ["domain", "*.tw"],
    ["ip", "0.0.0.0/0"],
    ["ip", "::/0"],
  ] as const)
    assert.equal(builder.add(kind, value, 0), "too-wide", value);
  for (const [kind, value] of [
    ["domain", ""],
    ["domain", "a b.com"],
    ["ip", "1.2.3"],
    ["ip", "1.2.3.4/33"],
    ["url", "not a url"],
    ["hash", "abc"],
    ["email", "nobody"],
  ] as const)
    assert.equal(builder.add(kind, value, 0), "unreadable", value);
  assert.equal(builder.size, 0);
});

test("the whole line of addresses: the first, the last, and prefixes in one another", () => {
  const matcher = matcherOf(
    ["0.0.0.0/8", "255.0.0.0/8", "255.255.255.255", "255.255.0.0/16", "ffff::/20", "ffff:fff::1"].map(
      (value) => ({
        kind: "ip",
        value,
      }),
    ),
  );
  assert.equal(found(matcher, { "source.ip": "0.0.0.0" }).length, 1);
  assert.equal(found(matcher, { "source.ip": "255.255.255.255" }).length, 3);
  assert.equal(found(matcher, { "source.ip": "255.254.0.0" }).length, 1);
  assert.equal(found(matcher, { "source.ip": "254.255.255.255" }).length, 0);
  assert.equal(found(matcher, { "source.ip": "ffff:fff:ffff::" }).length, 1);
  assert.equal(found(matcher, { "source.ip": "ffff:1000::" }).length, 0);
});
