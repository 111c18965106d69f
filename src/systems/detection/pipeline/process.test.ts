import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Problem } from "../../../core/problem.ts";
import type { Matcher } from "../sigma/index.ts";
import type { BatchTask } from "./batch.ts";
import { faultsOfBatch, processBatch } from "./process.ts";

const ORG = "0190a000-0000-7000-8000-00000000000a";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const nothing: Matcher = { match: () => [] };
const logins: Matcher = {
  match: (record) =>
    record["event.action"] === "login-failed"
      ? [
          {
            ruleId: "r1",
            title: "Failed login",
            level: "medium",
            tags: [],
            why: [{ field: "event.action", value: "login-failed" }],
          },
        ]
      : [],
};

const LOGIN =
  '<166>Nov 23 2026 10:14:20 asa : %ASA-6-605004: Login denied from 198.51.100.66/50122 to outside:203.0.113.5/ssh for user "admin"';

function task(text: string | Uint8Array, given: Partial<BatchTask> = {}): BatchTask {
  return {
    bytes: typeof text === "string" ? Buffer.from(text) : text,
    format: "lines",
    firstLine: 1,
    orgId: ORG,
    source: "fw",
    batch: "key/0",
    receivedAt: "2026-11-23T03:00:00.000Z",
    parser: "auto",
    ...given,
  };
}

function rowsOf(rows: Uint8Array): Record<string, unknown>[] {
  return Buffer.from(rows)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .map((row) => ({ ...row, fields: JSON.stringify(row.fields) }));
}

test("each line becomes a row: parsed with its columns, unparsed with its text", () => {
  const { rows, counts } = processBatch(task(`${LOGIN}\r\n\nno product known\n`), nothing);
  const [login, other] = rowsOf(rows);
  assert.deepEqual(counts, { received: 2, parsed: 1, unparsed: 1, invalidUtf8: 0 });
  assert.equal(login?.parser, "cisco-asa");
  assert.equal(login?.time, "2026-11-23T02:14:20.000Z");
  assert.equal(login?.source_ip, "198.51.100.66");
  assert.equal(login?.destination_port, 22);
  assert.equal(login?.user, "admin");
  assert.equal(login?.original, LOGIN);
  assert.match(String(login?.event_id), UUID);
  assert.equal(other?.parsed, 0);
  assert.equal(other?.original, "no product known");
  assert.equal(other?.time, "2026-11-23T03:00:00.000Z");
});

test("a match carries the record with its line, and the row names the rule", () => {
  const { rows, matches } = processBatch(task(`x\n${LOGIN}\n`), logins);
  const row = rowsOf(rows)[1];
  assert.deepEqual(row?.rules, ["Failed login"]);
  assert.equal(matches.length, 1);
  assert.equal(matches[0]?.eventId, row?.event_id);
  assert.equal(matches[0]?.orgId, ORG);
  assert.equal(matches[0]?.at, "2026-11-23T02:14:20.000Z");
  assert.equal(matches[0]?.record["event.original"], LOGIN);
  assert.ok(!String(row?.fields).includes("event.original"));
});

test("the same task gives the same bytes; another key or organisation gives other events", () => {
  const ids = (given: Partial<BatchTask>) =>
    rowsOf(processBatch(task("a\nb\n", given), nothing).rows).map((row) => row.event_id);
  assert.deepEqual(ids({}), ids({}));
  const all = [
    ...ids({}),
    ...ids({ batch: "key/1" }),
    ...ids({ orgId: "0190a000-0000-7000-8000-00000000000b" }),
  ];
  assert.equal(new Set(all).size, 6);
});

test("a line that is no UTF-8 is kept, counted and tagged; its neighbours are not", () => {
  const bytes = Buffer.concat([
    Buffer.from("good 水\n"),
    Buffer.from([0x62, 0xff, 0x64]),
    Buffer.from("\nlast\n"),
  ]);
  const { rows, counts } = processBatch(task(bytes), nothing);
  assert.equal(counts.invalidUtf8, 1);
  assert.deepEqual(
    rowsOf(rows).map((row) => [row.original, String(row.fields).includes("invalid-utf8")]),
    [
      ["good 水", false],
      ["b\ufffdd", true],
      ["last", false],
    ],
  );
});

test("NDJSON: a wrapped line is parsed, an ECS object is kept, nested or not", () => {
  const body = [
    JSON.stringify({ message: LOGIN }),
    JSON.stringify({
      "@timestamp": "2026-11-23T10:00:00+08:00",
      event: { action: "x", category: ["network"] },
      source: { ip: "192.0.2.9", port: 7 },
      note: null,
    }),
    JSON.stringify({
      "source.port": "99999",
      "event.severity": -1,
      deep: [{ a: 1 }],
      "@timestamp": "yesterday",
    }),
  ].join("\n");
  const [line, object, odd] = rowsOf(processBatch(task(body, { format: "ndjson" }), nothing).rows);
  assert.equal(line?.parser, "cisco-asa");
  assert.equal(line?.original, LOGIN);
  assert.equal(object?.parser, "ecs");
  assert.equal(object?.time, "2026-11-23T02:00:00.000Z");
  assert.equal(object?.source_port, 7);
  assert.deepEqual(JSON.parse(String(object?.fields))["event.category"], ["network"]);
  assert.equal(odd?.source_port, 0);
  assert.equal(odd?.severity, null);
  assert.equal(odd?.time, "2026-11-23T03:00:00.000Z");
});

test("bad NDJSON is told with line and column, and stops the batch", () => {
  const batch = {
    bytes: Buffer.concat([
      Buffer.from('{"a":1}\n\n{"a":tru}\n[1]\n{"b":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n'),
    ]),
    format: "ndjson",
    firstLine: 10,
  } as const;
  assert.deepEqual(
    faultsOfBatch(batch).map((fault) => fault.path),
    ["line 12, column 9", "line 13, column 1", "line 14, column 7"],
  );
  assert.throws(
    () => processBatch(task("", batch), nothing),
    (error) => error instanceof Problem && error.code === "ingest.bad-record",
  );
});

test("whatever a record holds, its row fits the columns", () => {
  const text = fc.string({ unit: "binary", maxLength: 20 });
  const value = fc.oneof(
    text,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.array(text),
    fc.constant(null),
    fc.object(),
  );
  const field = fc.constantFrom(
    "@timestamp",
    "source.ip",
    "source.port",
    "event.severity",
    "user.name",
    "url.full",
    "__proto__",
    "constructor",
    "event",
    "message",
  );
  const record = fc
    .array(fc.tuple(field, value))
    .map((entries) => JSON.stringify(Object.fromEntries(entries)));
  fc.assert(
    fc.property(record, (line) => {
      const [row] = rowsOf(processBatch(task(line, { format: "ndjson" }), nothing).rows);
      assert.ok(row !== undefined);
      assert.equal(new Date(String(row.time)).toISOString(), row.time);
      for (const port of ["source_port", "destination_port"])
        assert.ok(Number.isInteger(row[port]) && Number(row[port]) <= 65_535);
      for (const [column, held] of Object.entries(row)) {
        if (typeof held === "string") assert.ok(held.isWellFormed(), column);
      }
      assert.equal(typeof JSON.parse(String(row.fields)), "object");
    }),
    { numRuns: 1_000 },
  );
});
