import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { EVERYONE, type Marked, sees } from "../../../core/scope.ts";
import { TLP_LEVELS, tlpRank } from "../../../core/tlp.ts";
import type { ValueList } from "../../../platform/lookup/list-entries.ts";
import { warninglistsOf } from "../../intel/index.ts";
import { INDICATOR_TYPES, type IndicatorType, readIndicator } from "../../intel/model.ts";
import { WarninglistChecker } from "../../intel/warninglists/checker.ts";
import { IndicatorBuilder } from "./build.ts";
import type { IndicatorGroup, IndicatorKind } from "./image.ts";
import { KnownValues, knownImage } from "./known.ts";
import { IndicatorPass } from "./pass.ts";
import { type Reader, useOf, usesOf } from "./use.ts";

const MISP = fileURLToPath(new URL("../../../../../shared/data/misp/warninglists/", import.meta.url));
const CENTRE = "0190a000-0000-7000-8000-000000000001";
const MEMBER = "0190a000-0000-7000-8000-00000000000a";
const OTHER = "0190a000-0000-7000-8000-00000000000b";
const WATER = "5ec70000-0000-4000-8000-000000000001";
const READERS: readonly Reader[] = [
  { id: CENTRE, above: [], audiences: [CENTRE, WATER, EVERYONE] },
  { id: MEMBER, above: [CENTRE], audiences: [MEMBER, WATER, EVERYONE] },
  { id: OTHER, above: [CENTRE], audiences: [OTHER, EVERYONE] },
];
const group = (given: Partial<IndicatorGroup> = {}): IndicatorGroup => ({
  source: "library",
  orgId: CENTRE,
  tlp: "amber",
  audience: [],
  level: "high",
  ...given,
});

interface Planted {
  readonly group: IndicatorGroup;
  readonly id?: string;
  readonly name?: string;
}

function passOf(planted: readonly Planted[], known = knownImage([])): IndicatorPass {
  const builder = new IndicatorBuilder();
  for (const { group: of, id, name } of planted)
    builder.add("domain", "evil.example", builder.group(of), { id, name });
  const image = builder.build();
  return new IndicatorPass({ image, uses: usesOf(image.groups, READERS), known });
}

const met = (pass: IndicatorPass, orgId: string, domain = "www.evil.example") =>
  pass.meet(
    { orgId, tlp: "amber", eventId: "e1" },
    { "dns.question.name": domain, "source.ip": "10.1.2.3" },
    "2026-11-24T00:00:00.000Z",
  );

test("an indicator that a member may see raises the member's alert, and says what, where and from whom", () => {
  const id = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
  const [alert, ...others] = met(passOf([{ group: group({ audience: [WATER] }), id, name: "C2" }]), MEMBER);
  assert.deepEqual(others, []);
  assert.equal(alert?.orgId, MEMBER);
  assert.equal(alert?.match.entity, "domain evil.example");
  assert.equal(alert?.match.level, "high");
  assert.deepEqual(alert?.match.why, [
    { field: "dns.question.name", value: "www.evil.example" },
    { field: "threat.indicator.name", value: "C2" },
    { field: "threat.indicator.id", value: id },
    { field: "threat.indicator.provider", value: "library" },
  ]);
});

test("what a member may not see raises the centre's alert, which names the member, or none", () => {
  const own = passOf([{ group: group() }]);
  assert.deepEqual(
    met(own, MEMBER).map(({ orgId, record }) => [orgId, record["organization.id"]]),
    [[CENTRE, MEMBER]],
  );
  assert.deepEqual(met(passOf([{ group: group({ tlp: "red" }) }]), MEMBER), []);
  assert.deepEqual(met(passOf([{ group: group({ orgId: OTHER }) }]), MEMBER), []);
  assert.deepEqual(met(own, "0190a000-0000-7000-8000-0000000000ff"), []);
});

test("a marking above that of logs is the alert's, apart from what others may read", () => {
  const pass = passOf([
    { group: group({ orgId: MEMBER, tlp: "red" }), id: "secret" },
    { group: group({ tlp: "clear", audience: [EVERYONE], level: "medium" }), id: "open" },
    { group: group({ tlp: "green", audience: [EVERYONE], level: "critical" }), id: "other" },
  ]);
  const alerts = met(pass, MEMBER);
  assert.deepEqual(
    alerts.map(({ tlp, match }) => [
      tlp,
      match.level,
      match.why?.filter(({ field }) => field.endsWith(".id")).map(({ value }) => value),
    ]),
    [
      ["amber", "critical", ["other", "open"]],
      ["red", "high", ["secret"]],
    ],
  );
  assert.equal(new Set(alerts.map(({ match }) => match.ruleId)).size, 2);
});

test("an alert never tells an organisation of an indicator that it may not see", () => {
  const marking = fc.record({
    orgId: fc.constantFrom(CENTRE, MEMBER, OTHER),
    tlp: fc.constantFrom(...TLP_LEVELS),
    audience: fc.subarray([CENTRE, MEMBER, OTHER, WATER, EVERYONE]),
  });
  fc.assert(
    fc.property(
      fc.array(marking, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(...READERS),
      (markings, from) => {
        const pass = passOf(markings.map((each, at) => ({ group: group(each), id: `i${at}` })));
        for (const alert of met(pass, from.id)) {
          const told = (alert.match.why ?? []).filter(({ field }) => field === "threat.indicator.id");
          for (const reader of READERS) {
            for (const maxTlp of TLP_LEVELS.map(tlpRank)) {
              const eyes = { orgIds: [reader.id], audiences: reader.audiences, maxTlp };
              const row: Marked = { orgId: alert.orgId, tlp: alert.tlp ?? "amber", audience: [] };
              if (!sees(eyes, row)) continue;
              for (const { value } of told)
                assert.ok(sees(eyes, markings[Number(value.slice(1))] ?? row), value);
            }
          }
        }
      },
    ),
    { numRuns: 2_000 },
  );
  assert.equal(useOf(group({ tlp: "amber+strict" }), READERS[1] ?? assert.fail()), "kept");
});

test("what a warninglist knows raises nothing and is counted by the list's name", () => {
  const types = new Set(["domain", "url"] as const);
  const known = knownImage([
    { name: "popular", type: "hostname", entries: ["good.evil.example"], types },
    { name: "exact", type: "string", entries: ["only.evil.example"], types },
    { name: "parts", type: "substring", entries: ["inner-part"], types },
    { name: "addresses", type: "hostname", entries: ["evil.example"], types: new Set(["sha1"] as const) },
  ]);
  const pass = passOf([{ group: group({ audience: [EVERYONE] }) }], known);
  const count = (domain: string) => met(pass, MEMBER, domain).length;
  assert.equal(count("good.evil.example"), 0);
  assert.equal(count("a.GOOD.evil.example."), 0);
  assert.equal(count("only.evil.example"), 0);
  assert.equal(count("x.only.evil.example"), 1);
  assert.equal(count("an-inner-part.evil.example"), 0);
  assert.equal(count("bad.evil.example"), 1);
  assert.deepEqual(pass.takeKnown(), { popular: 2, exact: 1, parts: 1 });
  assert.deepEqual(pass.takeKnown(), {});
});

/** Values and entries of few letters, so that they meet often: top-level domains, parents, prefixes, parts. */
const label = fc.constantFrom("a", "b", "ab", "example", "tw");
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const four = fc
  .tuple(fc.constantFrom(1, 10, 127), fc.constantFrom(0, 1, 128))
  .map(([a, d]) => `${a}.0.0.${d}`);
const six = fc.constantFrom("::1", "2001:db8::1", "2001:db8::2", "fe80::1");
const digest = fc.constantFrom("d41d8cd98f00b204e9800998ecf8427e", "a".repeat(40), "b".repeat(64));
const url = fc
  .tuple(
    fc.oneof(
      name,
      four,
      six.map((text) => `[${text}]`),
    ),
    fc.constantFrom("", "/a", "/a?b=1"),
  )
  .map(([host, rest]) => `http://${host}${rest}`);
const networks = fc.oneof(
  fc.tuple(four, fc.integer({ min: 0, max: 32 })).map((parts) => parts.join("/")),
  fc.tuple(six, fc.constantFrom(0, 16, 19, 64, 127, 128)).map((parts) => parts.join("/")),
);
const ENTRIES: Readonly<Record<ValueList["type"], fc.Arbitrary<string>>> = {
  string: fc.oneof(
    name,
    four,
    six,
    digest,
    url,
    name.map((domain) => `a@${domain}`),
  ),
  hostname: fc.tuple(fc.constantFrom("", ".", "*."), name).map((parts) => parts.join("")),
  substring: fc.oneof(name, fc.constantFrom("a", "b.a", "://a", "1.0.0", "example.")),
  regex: fc.constantFrom("/^a.*b$/i", "/\\.tw$/", "/^[0-9.]+$/", "/(a|b)\\.example/"),
  cidr: fc.oneof(four, six, networks),
};
const list = fc.constantFrom("string", "hostname", "substring", "regex", "cidr" as const).chain((type) =>
  fc.record({
    type: fc.constant(type),
    entries: fc.array(ENTRIES[type], { maxLength: 6 }),
    types: fc.uniqueArray(fc.constantFrom(...INDICATOR_TYPES), { minLength: 4 }).map((all) => new Set(all)),
  }),
);
const asked = fc.oneof(
  fc.tuple(fc.constant("domain" as const), name),
  fc.tuple(fc.constant("ip" as const), fc.oneof(four, six, networks)),
  fc.tuple(fc.constant("url" as const), url),
  fc.tuple(fc.constant("hash" as const), digest),
  fc.tuple(
    fc.constant("email" as const),
    name.map((domain) => `a@${domain}`),
  ),
);
const typeOf = (kind: IndicatorKind, value: string): IndicatorType => {
  if (kind === "ip") return value.includes(":") ? "ipv6" : "ipv4";
  if (kind !== "hash") return kind;
  return value.length === 64 ? "sha256" : value.length === 40 ? "sha1" : "md5";
};

test("detection knows a value by the list by which the library does, or both by none", () => {
  let met = 0;
  fc.assert(
    fc.property(fc.array(list, { maxLength: 8 }), asked, (drawn, [kind, value]) => {
      const lists = drawn.map((each, at) => ({ ...each, name: `list ${at}` }));
      // A network that only holds something good is watched all the same: what is good in it is known by itself.
      const first = new WarninglistChecker(lists)
        .check(typeOf(kind, value), value)
        .find(({ inside }) => inside === undefined);
      const found = new KnownValues(structuredClone(knownImage(lists))).listOf({
        kind,
        value,
        indicator: value,
      });
      assert.equal(found, first?.list, `${kind} ${value}`);
      if (found !== undefined) met++;
    }),
    { numRuns: 3_000 },
  );
  assert.ok(met > 300, `${met} known`);
});

test("a top-level domain of a list is known with all below it, however a record writes the name", () => {
  const known = new KnownValues(knownImage(warninglistsOf(undefined).lists));
  const list = (value: string, indicator = value) => known.listOf({ kind: "domain", value, indicator });
  for (const value of ["c2.example", "C2.EXAMPLE.", "a.b.test", "invalid"])
    assert.match(list(value) ?? "", /^文件範例網域/, value);
  assert.equal(list("example.evil.tw"), undefined);
  const mapped = known.listOf({ kind: "ip", value: "::ffff:8.8.8.8", indicator: "8.8.8.8" });
  assert.match(mapped ?? "", /DNS/);
});

test("the public lists: detection and library say the same of their own entries", {
  skip: existsSync(MISP) ? false : "../shared/data/misp is absent",
}, () => {
  const { lists } = warninglistsOf(MISP);
  const checker = new WarninglistChecker(lists);
  const known = new KnownValues(knownImage(lists));
  let met = 0;
  for (const { entries } of lists) {
    for (let at = 0; at < entries.length; at += Math.ceil(entries.length / 40)) {
      const read = readIndicator((entries[at] ?? "").split("/")[0]?.replace(/^\.+/, "") ?? "");
      if (read === undefined) continue;
      const { type, value } = read;
      const kind = type.startsWith("ip")
        ? "ip"
        : type === "domain" || type === "url" || type === "email"
          ? type
          : "hash";
      const found = known.listOf({ kind: kind as IndicatorKind, value, indicator: value });
      assert.equal(found, checker.check(type, value)[0]?.list, value);
      if (found !== undefined) met++;
    }
  }
  assert.ok(met > 1_000, `${met} known`);
});

test("the product's own lists know the services that nobody may block, and no URL on them", () => {
  const known = new KnownValues(knownImage(warninglistsOf(undefined).lists));
  const url = "https://github.com/someone/tool/raw/main/x.exe";
  const list = known.listOf({ kind: "domain", value: "www.google.com", indicator: "www.google.com" });
  assert.match(list ?? "", /^公共服務/);
  assert.equal(known.listOf({ kind: "domain", value: "a.evil.tw", indicator: "evil.tw" }), undefined);
  assert.equal(known.listOf({ kind: "url", value: url, indicator: url }), undefined);
});
