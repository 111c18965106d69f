import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { sha256Hex, uuidV7 } from "../../../platform/crypto/digest.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { testScope } from "../../../platform/records/testing.ts";
import { LogFilter, LogQuery, VALUE_FIELDS, type ValueField } from "./model.ts";
import { searchLogs } from "./search.ts";
import { logTimes, logValues, stepFor } from "./search-shape.ts";
import { openWorkshop, type Workshop } from "./testing.ts";

const { signal } = new AbortController();
const orgId = uuidV7();
const scope = testScope({ orgId, permissions: ["logs:read"] });
let shop: Workshop;

const sample = (parser: string) => readFileSync(new URL(`../parsers/${parser}/sample.log`, import.meta.url));
const linesOf = (parser: string) =>
  sample(parser)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "").length;
const ASA = linesOf("cisco-asa");
const BIND = linesOf("bind-query");
const ALL = ASA + BIND;

/** Lines of two sources of one organisation: of a firewall and of a name server. */
before(async () => {
  shop = await openWorkshop();
  for (const [name, parser] of [
    ["asa", "cisco-asa"],
    ["ns1", "bind-query"],
  ] as const) {
    const bytes = sample(parser);
    await shop
      .ingestWith()
      .ingest(
        { orgId, name, channel: "http", parser: "auto" },
        { bytes, format: "lines", firstLine: 1, key: name, sha256: sha256Hex(bytes), sentBy: "test" },
      );
  }
});
after(async () => {
  await shop.dispose();
  await closeEventStores();
});

const times = (filter: Partial<LogFilter> = {}) =>
  logTimes(shop.events, scope, LogFilter.parse(filter), signal);
const values = (field: ValueField, filter: Partial<LogFilter> = {}, seen = scope) =>
  logValues(shop.events, seen, { field, query: LogFilter.parse(filter), signal });

test("every record found stands in one span of time, and a span alone finds what it said", async () => {
  const { stepSeconds, spans } = await times();
  assert.ok(spans.length <= 72, `${spans.length} spans`);
  assert.equal(
    spans.reduce((sum, { count }) => sum + count, 0),
    ALL,
  );
  assert.ok(spans.every(({ count, failures }) => failures <= count));
  assert.ok(spans.some(({ failures }) => failures > 0));
  for (const [at, span] of spans.entries()) {
    const before = spans[at - 1];
    if (before !== undefined)
      assert.equal(Date.parse(span.from) - Date.parse(before.from), stepSeconds * 1000);
    const to = new Date(Date.parse(span.from) + stepSeconds * 1000).toISOString();
    const query = LogQuery.parse({ from: span.from, to, limit: "1" });
    assert.equal((await searchLogs(shop.events, scope, query)).total, span.count, span.from);
  }
});

test("a word far behind in a long line finds it, in the count and in the list", async () => {
  const bytes = Buffer.from(`<13>Nov 25 02:00:00 h2 app: ${"a".repeat(5_000)} farbehind`);
  const source = { orgId: uuidV7(), name: "long", channel: "http", parser: "auto" } as const;
  const sent = {
    bytes,
    format: "lines",
    firstLine: 1,
    key: "long",
    sha256: sha256Hex(bytes),
    sentBy: "test",
  } as const;
  await shop.ingestWith().ingest(source, sent);
  const reader = testScope({ orgId: source.orgId, permissions: ["logs:read"] });
  const { items, total } = await searchLogs(shop.events, reader, LogQuery.parse({ q: "farbehind" }));
  assert.deepEqual([items.length, total], [1, 1]);
});

test("the filter's own ends are shown, its empty spans too; nothing found is no span", async () => {
  const [from, to] = ["2026-11-22T16:00:00.000Z", "2026-11-23T16:00:00.000Z"];
  const { stepSeconds, spans } = await times({ from, to, source: "ns1" });
  assert.equal(stepSeconds, 30 * 60);
  assert.equal(spans.length, 48);
  assert.equal(spans[0]?.from, from);
  assert.equal(
    spans.reduce((sum, { count }) => sum + count, 0),
    14,
  );
  assert.deepEqual(await times({ source: "nobody" }), { stepSeconds: 1, spans: [] });
});

test("the commonest values of a column follow the filter and the sight", async () => {
  assert.deepEqual(await values("source"), {
    records: ALL,
    distinct: 2,
    values: [
      { value: "asa", count: ASA },
      { value: "ns1", count: BIND },
    ],
  });
  assert.deepEqual((await values("parser", { source: "ns1" })).values, [
    { value: "bind-query", count: BIND },
  ]);
  assert.deepEqual((await values("org")).values, [{ value: orgId, count: ALL }]);
  for (const field of VALUE_FIELDS) {
    const found = await values(field);
    const counts = found.values.map(({ count }) => count);
    assert.deepEqual(
      counts,
      counts.toSorted((one, other) => other - one),
      field,
    );
    assert.ok(found.records <= ALL && found.records > 0, field);
    assert.ok(found.values.every(({ value }) => value !== ""));
  }
  const stranger = testScope({ permissions: ["logs:read"] });
  assert.deepEqual(await values("source", {}, stranger), { records: 0, distinct: 0, values: [] });
});

test("a span is the shortest of which 72 hold the whole stretch", () => {
  const HOUR = 3_600_000;
  assert.equal(stepFor(0), 1000);
  assert.equal(stepFor(HOUR), 60_000);
  assert.equal(stepFor(24 * HOUR), 30 * 60_000);
  for (const length of [1, 71_000, 71_001, 5 * HOUR, 40 * 24 * HOUR, 2_026 * 366 * 24 * HOUR])
    assert.ok(length / stepFor(length) <= 71, String(length));
});
