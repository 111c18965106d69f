import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { closeEventStores, EVENT_STORES } from "../../../platform/events/testing.ts";
import { parseObject } from "../parsers/line.ts";
import { parseJson } from "../parsers/text/exact-json.ts";
import type { BatchTask } from "./batch.ts";
import { LOG_TABLE } from "./log-table.ts";
import { processBatch, recordOf } from "./process.ts";

after(closeEventStores);

const RECEIVED = "2026-11-23T03:00:00.000Z";
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 15 }),
  fc.string({ unit: fc.constantFrom(..."\"\\{}[],:\n\t\u0000\ud800水'"), maxLength: 15 }),
);
const value = fc.oneof(
  text,
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
);
const field = fc.oneof(
  text,
  fc.constantFrom(
    "source.ip",
    "source.port",
    "event.severity",
    "user.name",
    "@timestamp",
    "url.full",
    "dns.question.name",
  ),
);

/** Both ends of the instants that a log may bear, and what lies beyond. */
const TIMES = [
  "1970-01-01T00:00:00.000Z",
  "2200-12-31T23:59:59.999Z",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
];

for (const { name, fresh } of EVENT_STORES) {
  test(`${name}: whatever records hold, the batch is stored whole and each record comes back as it was`, async () => {
    const store = await fresh();
    try {
      await store.createTable(LOG_TABLE);
      const objects = [
        ...fc
          .sample(fc.array(fc.tuple(field, value), { minLength: 1, maxLength: 8 }), {
            numRuns: 400,
            seed: 20261123,
          })
          .map((entries) => Object.fromEntries(entries)),
        ...TIMES.map((time) => ({ "@timestamp": time, n: 1 })),
      ];
      const task: BatchTask = {
        bytes: Buffer.from(objects.map((object) => JSON.stringify(object)).join("\n")),
        format: "ndjson",
        firstLine: 1,
        orgId: "0190a000-0000-7000-8000-00000000000a",
        source: "hostile",
        batch: "k",
        receivedAt: RECEIVED,
        parser: "auto",
      };
      const { rows, counts } = processBatch(task, { match: () => [] });
      await store.insert({ table: LOG_TABLE.name, rows: { native: rows }, token: "1" });
      const stored = await store.query<{ fields: string; form: "ndjson"; original: string; time: string }>({
        sql: `SELECT fields, form, original, time FROM ${LOG_TABLE.name}`,
      });
      assert.equal(stored.length, counts.received);
      const found = Map.groupBy(stored, ({ original }) => original);
      for (const object of objects) {
        const text = JSON.stringify(object);
        const wrapped = Object.keys(object).length === 1 && "message" in object;
        const rows = found.get(wrapped ? String(Object.values(object)[0]) : text) ?? [];
        const { record } = parseObject(parseJson(text) as object, { receivedAt: RECEIVED });
        assert.ok(rows.length > 0, text);
        for (const row of rows) {
          const made = recordOf(row.original, { form: row.form, choice: "auto", receivedAt: RECEIVED });
          assert.equal(row.fields, "");
          assert.deepEqual(JSON.parse(JSON.stringify(made)), JSON.parse(JSON.stringify(record)), text);
          assert.equal(row.time, record["@timestamp"]);
        }
      }
    } finally {
      await store.dispose();
    }
  });
}
