import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { INDICATOR_TYPES, type IndicatorType, type IndicatorValue, readIndicator } from "../model.ts";
import { WarninglistChecker, type WarninglistHit } from "./checker.ts";
import { loadWarninglists, readWarninglist, type Warninglist } from "./list.ts";

const MISP = fileURLToPath(new URL("../../../../../shared/data/misp/warninglists/", import.meta.url));

/** Every entry of every list, one after the other, with what the runtime brings. */
function naive(lists: readonly Warninglist[], type: IndicatorType, value: string): string[] {
  const folded = value.toLowerCase();
  const host =
    type === "domain"
      ? folded
      : type === "email"
        ? (folded.split("@").at(-1) ?? "")
        : type === "url" && URL.canParse(folded)
          ? new URL(folded).hostname
          : undefined;
  const bare = (host ?? "").replace(/\.+$/, "");
  const address = (host ?? folded).replace(/^\[|\]$/g, "");
  const knows = (list: Warninglist, raw: string): boolean => {
    const entry = raw.trim();
    const low = entry.toLowerCase();
    if (list.type === "string") return low === folded;
    if (list.type === "substring") return folded.includes(low);
    if (list.type === "hostname") {
      const above = low.replace(/^\.+|\.+$/g, "");
      return host !== undefined && (bare === above || bare.endsWith(`.${above}`));
    }
    if (list.type === "regex") {
      const [, body = "", flags = ""] = /^\/(.*)\/(\w*)$/s.exec(entry) ?? [];
      return new RegExp(body.replaceAll("\\@", "@"), flags.includes("i") ? "i" : "").test(value);
    }
    const [one, other] = [rangeOf(address), list.type === "cidr" ? rangeOf(low) : undefined];
    return one !== undefined && other !== undefined && lies(one, other);
  };
  const asked = value.includes("/") && host === undefined ? rangeOf(folded) : undefined;
  return lists.flatMap((list) => {
    if (!list.types.has(type)) return [];
    if (list.entries.some((entry) => knows(list, entry))) return [list.name];
    if (asked === undefined || (list.type !== "cidr" && list.type !== "string")) return [];
    const inside = list.entries.flatMap((entry) => rangeOf(entry.trim().toLowerCase()) ?? []);
    const within = new Set(inside.filter((each) => lies(each, asked)).map(({ from, to }) => `${from}-${to}`));
    return within.size === 0 ? [] : [`${list.name}, ${within.size} inside`];
  });
}

interface Range {
  readonly family: number;
  readonly from: bigint;
  readonly to: bigint;
}
const ranges = new Map<string, Range | undefined>();

/** An address or a network as its first and its last address. */
function rangeOf(text: string): Range | undefined {
  if (!ranges.has(text)) ranges.set(text, readRange(text));
  return ranges.get(text);
}

function readRange(text: string): Range | undefined {
  const [address = "", bits] = text.split("/");
  const family = isIP(address);
  if (family === 0) return undefined;
  const whole = family === 4 ? 32 : 128;
  const hex =
    family === 4 ? address.split(".").map((part) => Number(part).toString(16).padStart(2, "0")) : [];
  const number = family === 4 ? BigInt(`0x${hex.join("")}`) : sixAsNumber(address);
  const free = BigInt(whole - Number(bits ?? whole));
  if (free < 0n) return undefined;
  const from = (number >> free) << free;
  return { family, from, to: from + (1n << free) - 1n };
}

/** The number of an IPv6 address as a URL writes it, in which no IPv4 part is left. */
function sixAsNumber(address: string): bigint {
  const [head = "", tail = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const parts = (text: string) => (text === "" ? [] : text.split(":"));
  const [before, after] = [parts(head), parts(tail)];
  const filled = [...before, ...Array(8 - before.length - after.length).fill("0"), ...after];
  return BigInt(`0x${filled.map((part: string) => part.padStart(4, "0")).join("")}`);
}

function lies(inner: Range, outer: Range): boolean {
  return inner.family === outer.family && outer.from <= inner.from && inner.to <= outer.to;
}

const names = (lists: readonly Warninglist[], type: IndicatorType, value: string) =>
  asTold(new WarninglistChecker(lists).check(type, value));

function asTold(hits: readonly WarninglistHit[]): string[] {
  return hits.map(({ list, inside }) => (inside === undefined ? list : `${list}, ${inside} inside`));
}

/** Networks around an address. */
function networksOf({ type, value }: IndicatorValue): string[] {
  if (type === "ipv4") return [8, 16, 24, 31].map((length) => `${value}/${length}`);
  return type === "ipv6" ? [19, 32, 64, 127].map((length) => `${value}/${length}`) : [];
}

const label = fc.stringMatching(/^[a-c]{1,2}$/);
const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const four = fc
  .tuple(...Array.from({ length: 4 }, () => fc.constantFrom(0, 1, 127, 128, 255)))
  .map((all) => all.join("."));
const six = fc.oneof(
  fc
    .tuple(fc.constantFrom("2001:db8", "::", "fe80:0"), fc.integer({ min: 0, max: 3 }))
    .map(([head, tail]) => (head === "::" ? `::${tail}` : `${head}::${tail}`)),
  fc.constant("::ffff:1.1.1.1"),
);
const network4 = fc.tuple(four, fc.integer({ min: 0, max: 32 })).map((both) => both.join("/"));
const network6 = fc.tuple(six, fc.constantFrom(0, 1, 15, 16, 17, 64, 127, 128)).map((both) => both.join("/"));
const entries: Readonly<Record<Warninglist["type"], fc.Arbitrary<string>>> = {
  string: fc.oneof(host, four, six, network4, fc.constantFrom("D41D8CD98F00B204E9800998ECF8427E")),
  hostname: fc.tuple(fc.constantFrom("", "."), host).map((both) => both.join("")),
  substring: fc.oneof(host, fc.constantFrom("a", "b.c", "cc.a", "1.1", "://a")),
  regex: fc.constantFrom("/^a.*b$/i", "/(a|b)\\.c/", "/^[0-9.]+$/", "/c{2}/"),
  cidr: fc.oneof(four, six, network4, network6),
};
const list = fc.constantFrom("string", "hostname", "substring", "regex", "cidr" as const).chain((type) =>
  fc.record({
    type: fc.constant(type),
    entries: fc.array(entries[type], { maxLength: 6 }),
    types: fc.uniqueArray(fc.constantFrom(...INDICATOR_TYPES), { minLength: 4 }).map((all) => new Set(all)),
  }),
);
const asked = fc.oneof(
  fc.tuple(
    fc.constantFrom("domain" as const),
    fc.tuple(host, fc.constantFrom("", ".")).map((both) => both.join("")),
  ),
  fc.tuple(
    fc.constantFrom("email" as const),
    host.map((name) => `a@${name}`),
  ),
  fc.tuple(
    fc.constantFrom("url" as const),
    fc
      .oneof(
        host,
        four,
        six.map((text) => `[${text}]`),
      )
      .map((name) => `http://${name}/A?b`),
  ),
  fc.tuple(fc.constantFrom("ipv4" as const), fc.oneof(four, network4)),
  fc.tuple(fc.constantFrom("ipv6" as const), fc.oneof(six, network6)),
  fc.tuple(
    fc.constantFrom("md5" as const),
    fc.constantFrom("d41d8cd98f00b204e9800998ecf8427e", "a".repeat(32)),
  ),
);

test("every answer is that of a checker that tries each entry in turn", () => {
  fc.assert(
    fc.property(fc.array(list, { maxLength: 8 }), asked, (drawn, [type, value]) => {
      const lists = drawn.map((each, at) => ({ ...each, name: `list ${at}` }));
      assert.deepEqual(names(lists, type, value), naive(lists, type, value));
    }),
    { numRuns: 3000 },
  );
});

test("the lists of the product load whole, and know what they are for", () => {
  const { lists, faults } = loadWarninglists();
  const checker = new WarninglistChecker(lists);
  assert.deepEqual([faults, checker.faults], [[], []]);
  const hit = (type: IndicatorType, value: string) =>
    checker.check(type, value).map((each) => each.list.split(" ")[0]);
  assert.deepEqual(hit("ipv4", "8.8.8.8"), ["公用"]);
  assert.deepEqual(hit("ipv4", "192.168.3.4"), ["特殊用途網段"]);
  assert.deepEqual(hit("ipv6", "2001:db8::5"), ["文件範例網段"]);
  assert.deepEqual(hit("domain", "www.example.com"), ["文件範例網域"]);
  assert.deepEqual(hit("domain", "example.com.evil.tw"), []);
  assert.deepEqual(hit("url", "http://10.1.2.3/x"), ["特殊用途網段"]);
  assert.deepEqual(hit("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ["空內容雜湊"]);
  assert.deepEqual(hit("ipv4", "140.112.8.116"), []);
});

test("domains that nobody may block are known with all below them, but not their customers' names and URLs", () => {
  const checker = new WarninglistChecker(loadWarninglists().lists);
  const known = (type: IndicatorType, value: string) =>
    checker.check(type, value).some(({ list }) => list.includes("Public services"));
  for (const value of [
    "www.google.com",
    "GOOGLE.com",
    "www.gov.tw",
    "maps.google.com.tw",
    "dl.windowsupdate.com",
  ])
    assert.ok(known("domain", value), value);
  for (const value of [
    "google.com.evil.net",
    "notgoogle.com",
    "1-2-3-4.dynamic-ip.hinet.net",
    "x.workers.dev",
    "taken-over.some-agency.gov.tw",
    "mail.some-school.edu.tw",
  ])
    assert.ok(!known("domain", value), value);
  assert.ok(!known("url", "https://github.com/someone/tool/raw/main/x.exe"));
});

test("a broken list or entry is told with its place, the rest goes on", () => {
  assert.throws(() => readWarninglist('{"name":"x","type":"magic","list":[]}'));
  const given = readWarninglist('{"name":"x","type":"cidr","list":["10.0.0.0/33","","no","10.0.0.0/8"]}');
  const checker = new WarninglistChecker([given, { ...given, type: "regex", entries: ["/(?<=a)b/"] }]);
  assert.deepEqual(
    checker.faults.map((fault) => fault.path),
    ["x: 10.0.0.0/33", "x: ", "x: no", "x: /(?<=a)b/"],
  );
  assert.deepEqual(checker.check("ipv4", "10.2.3.4"), [{ list: "x", entry: "10.0.0.0/8" }]);
});

test("a network is warned of for the good addresses and networks in it, by their number and the first of them", () => {
  const list = (name: string, type: Warninglist["type"], entries: string[]) => ({
    ...readWarninglist(JSON.stringify({ name, type, list: entries })),
  });
  const checker = new WarninglistChecker([
    list("resolvers", "cidr", ["8.8.8.8", "8.8.4.4/32", "8.8.8.8/32", "1.1.1.1", "2001:4860:4860::8888"]),
    list("clouds", "cidr", ["8.8.8.128/25", "8.0.0.0/9"]),
    list("names", "string", ["8.8.8.9", "dns.google"]),
    list("expressions", "regex", ["/^8\\.8/"]),
  ]);
  assert.deepEqual(checker.check("ipv4", "8.8.8.0/24"), [
    { list: "resolvers", entry: "8.8.8.8", inside: 1 },
    { list: "clouds", entry: "8.0.0.0/9" },
    { list: "names", entry: "8.8.8.9", inside: 1 },
    { list: "expressions", entry: "/^8\\.8/" },
  ]);
  assert.deepEqual(checker.check("ipv4", "8.0.0.0/8"), [
    { list: "resolvers", entry: "8.8.4.4", inside: 2 },
    { list: "clouds", entry: "8.0.0.0/9", inside: 2 },
    { list: "names", entry: "8.8.8.9", inside: 1 },
  ]);
  assert.deepEqual(checker.check("ipv6", "2001:4860::/32"), [
    { list: "resolvers", entry: "2001:4860:4860::8888", inside: 1 },
  ]);
  assert.deepEqual(checker.check("ipv4", "203.0.113.0/24"), []);
  assert.deepEqual(
    checker.check("url", "http://8.8.8.9/24"),
    [{ list: "clouds", entry: "8.0.0.0/9" }],
    "a path is no length",
  );
});

test("the public lists load whole, and a sample of their entries answers as the naive checker does", (t) => {
  if (!existsSync(MISP)) return t.skip("../shared/data/misp is absent");
  const { lists, faults } = loadWarninglists(MISP);
  const checker = new WarninglistChecker(lists);
  t.diagnostic(`${checker.entryCount} entries, ${checker.faults.length} unusable`);
  assert.deepEqual(faults, []);
  assert.ok(checker.entryCount > 500_000);
  const sample = lists
    .flatMap((list) => [list.entries[0], list.entries.at(-1)])
    .map((entry) => (entry ?? "").split("/")[0] ?? "");
  const short = lists.map((list) => ({
    ...list,
    entries: [...list.entries.slice(0, 20), ...list.entries.slice(-20)],
  }));
  const shortChecker = new WarninglistChecker(short);
  let hits = 0;
  for (const text of [...sample, "evil.example.tw", "203.0.114.9", "noc@example.org"]) {
    const indicator = readIndicator(text.replace(/^\.+/, ""));
    if (indicator === undefined) continue;
    for (const value of [indicator.value, ...networksOf(indicator)]) {
      const found = asTold(shortChecker.check(indicator.type, value));
      assert.deepEqual(found, naive(short, indicator.type, value), value);
      hits += found.length;
    }
  }
  assert.ok(hits > 300);
  // However much lies in a network, each list is one answer.
  const wide = checker.check("ipv4", "8.0.0.0/8");
  assert.equal(new Set(wide.map((hit) => hit.list)).size, wide.length);
  assert.ok(
    wide.some(({ inside = 0 }) => inside > 100),
    JSON.stringify(wide.slice(0, 5)),
  );
});

test("a large list is taken in beside what else waits on the thread, and asked once it is in", async () => {
  const text = JSON.stringify({
    name: "large",
    type: "string",
    list: Array.from({ length: 200_000 }, (_, at) => `host${at}.example`),
  });
  const checker = new WarninglistChecker([]);
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  await checker.change({ off: new Set(), taken: [text] });
  clearInterval(others);
  assert.ok(turns > 3, `${turns} turns of others`);
  assert.deepEqual(
    checker.check("domain", "host199999.example").map((hit) => hit.list),
    ["large"],
  );
  await checker.change({ off: new Set(), taken: [] });
  assert.deepEqual(checker.check("domain", "host1.example"), []);
  const list = Array.from({ length: 20_000 }, (_, at) => `10.${at % 100}.${Math.floor(at / 100)}.1`);
  await checker.change({ off: new Set(), taken: [JSON.stringify({ name: "n", type: "cidr", list })] });
  assert.deepEqual(checker.check("ipv4", "10.7.0.0/16"), [{ list: "n", entry: "10.7.0.1", inside: 200 }]);
  assert.deepEqual(checker.check("ipv4", "10.96.0.0/11"), [{ list: "n", entry: "10.96.0.1", inside: 800 }]);
  assert.deepEqual(checker.check("ipv4", "10.0.0.0/8"), [{ list: "n", entry: "10.0.0.1", inside: 20_000 }]);
});
