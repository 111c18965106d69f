import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { patternOf } from "./observable.ts";
import { searchesOf } from "./pattern-search.ts";
import { sigmaOf } from "./pattern-sigma.ts";

const HEAD = { id: "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", title: "t" };
const sigma = (pattern: string) => parseAllDocuments(sigmaOf(pattern, HEAD)).map((each) => each.toJS());
const queries = (pattern: string) => searchesOf(pattern).map(({ query }) => query);

test("a pattern as searches of the logs: one for each way in which it can hold", () => {
  assert.deepEqual(queries("[ipv4-addr:value = '198.51.100.3']"), [{ ip: "198.51.100.3" }]);
  assert.deepEqual(
    queries("[ipv4-addr:value ISSUBSET '198.51.100.0/24' OR domain-name:value = 'Evil.example']"),
    [{ ip: "198.51.100.0/24" }, { domain: "evil.example" }],
  );
  assert.deepEqual(
    queries("[domain-name:value IN ('a.example', 'b.example') AND url:value = 'http://x/y z']"),
    [
      { domain: "a.example", q: '"http://x/y z"' },
      { domain: "b.example", q: '"http://x/y z"' },
    ],
  );
  assert.deepEqual(
    queries("[file:hashes.'SHA-256' = 'aa'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'"),
    [{ q: "aa", from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }],
  );
  const spanned = "[url:value = 'a'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'";
  assert.deepEqual(searchesOf(spanned)[0]?.left, []);
  assert.equal(
    searchesOf("([url:value = 'a'] AND [url:value = 'b']) OR [url:value = 'c']")[0]?.left[0]?.why,
    "joined",
  );
  assert.deepEqual(searchesOf("[user-account:account_login = 'root' AND process:pid > 7]"), [
    { query: { user: "root" }, left: [{ why: "test", part: "process:pid >" }] },
  ]);
  assert.deepEqual(searchesOf("[process:command_line LIKE '%powershell%enc%']")[0]?.query, {
    q: "powershell enc",
  });
  assert.equal(searchesOf("[url:value = 'a'] FOLLOWEDBY [url:value = 'b']")[0]?.left[0]?.why, "joined");
  assert.throws(() => searchesOf("[file:size > 7]"), /cannot be searched for file:size >/);
  assert.throws(() => searchesOf("[file:size > ]"), /^SyntaxError: character 14/);
});

test("a pattern as Sigma over ECS names", () => {
  assert.deepEqual(sigma("[ipv4-addr:value = '198.51.100.3' AND network-traffic:dst_port >= 1024]")[0], {
    title: "t",
    id: HEAD.id,
    status: "experimental",
    logsource: { category: "any" },
    detection: {
      s1: [{ "source.ip": "198.51.100.3" }, { "destination.ip": "198.51.100.3" }],
      s2: { "destination.port|gte": 1024 },
      condition: "s1 and s2",
    },
    level: "medium",
  });
  const of = (pattern: string) => sigma(pattern)[0].detection;
  assert.deepEqual(of("[process:command_line LIKE '%a*b_c%' OR process:command_line NOT MATCHES '^x$']"), {
    s1: { "process.command_line": "*a\\*b?c*" },
    s2: { "process.command_line|exists": true },
    s3: { "process.command_line|re": "^x$" },
    condition: "s1 or (s2 and not s3)",
  });
  assert.deepEqual(
    of("[ipv4-addr:value ISSUBSET '198.51.100.0/24'] OR [ipv6-addr:value = '2001:db8::/32']").s2,
    [{ "source.ip|cidr": "2001:db8::/32" }, { "destination.ip|cidr": "2001:db8::/32" }],
  );
  // As the matcher has it: what has no such property is not unequal to something.
  assert.deepEqual(of("[process:pid != 7]"), {
    s1: { "process.pid|exists": true },
    s2: { "process.pid": 7 },
    condition: "s1 and not s2",
  });
  assert.equal(of("[NOT EXISTS process:pid]").condition, "not s1");
  assert.equal(of("[process:pid NOT != 7]").condition, "s1");
  const joined = sigma("([process:pid = 1] FOLLOWEDBY [process:pid = 2]) WITHIN 90 SECONDS");
  assert.deepEqual(joined[2].correlation, {
    type: "temporal_ordered",
    rules: [joined[0].id, joined[1].id],
    timespan: "90s",
  });
  const counted = sigma("[user-account:account_login = 'root'] REPEATS 5 TIMES WITHIN 60 SECONDS");
  assert.deepEqual(counted[1].correlation, {
    type: "event_count",
    rules: [counted[0].id],
    timespan: "60s",
    condition: { gte: 5 },
  });
  assert.throws(() => sigma("[mutex:name = 'm']"), /no counterpart of mutex:name/);
  assert.throws(
    () => sigma("[process:pid = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'"),
    /START and STOP/,
  );
  assert.deepEqual(of("[process:parent_ref.image_ref.name = 'winword.exe']"), {
    s1: { "process.parent.name": "winword.exe" },
    condition: "s1",
  });
  assert.throws(() => sigma("[process:pid = 1] AND [process:pid = 2]"), /need WITHIN/);
  assert.throws(() => sigma("[ipv4-addr:value ISSUPERSET '1.2.3.4']"), /ISSUPERSET/);
  assert.throws(() => sigma("[ipv4-addr:value ISSUBSET 'abc']"), /neither an address nor a network/);
  assert.throws(() => sigma("[ipv4-addr:value IN ()]"), /IN without a value/);
});

test("every indicator of ours can be searched for and is a Sigma rule, whatever its value holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (value) => {
      const pattern = patternOf("url", value);
      const [rule] = sigma(pattern);
      const said: string = rule.detection.s1[0]["url.full"];
      assert.equal(said.replace(/\\([*?\\])/g, "$1"), value.replace(/\\([*?\\])/g, "$1"));
      if (value.replaceAll('"', " ").trim() !== "") assert.equal(queries(pattern).length, 1);
    }),
  );
});
