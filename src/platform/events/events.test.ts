import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { after, test } from "node:test";
import fc from "fast-check";
import { EventStoreError } from "./error.ts";
import { instants, nativeBlock, nullableBytes, numbers, repeated, textLists, uuidBytes } from "./native.ts";
import { FewTextColumn, TextColumn } from "./native-text.ts";
import type { EventQuery } from "./store.ts";
import { LOG, ORG, OTHER, record } from "./testing/log-record.ts";
import { cancelledOnServer, closeEventStores, EVENT_STORES, type FreshEvents } from "./testing.ts";

after(closeEventStores);

function named(...reasons: string[]): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof EventStoreError, String(thrown));
    assert.ok(reasons.includes(thrown.reason), `${thrown.reason}: ${thrown.message}`);
    return true;
  };
}

async function one(store: FreshEvents, query: EventQuery): Promise<Record<string, unknown>> {
  const [row] = await store.query<Record<string, unknown>>(query);
  assert.ok(row !== undefined);
  return row;
}

async function count(store: FreshEvents): Promise<number> {
  return Number((await one(store, { sql: "SELECT count() AS n FROM log_record" })).n);
}

for (const { name, fresh } of EVENT_STORES) {
  const onStore = (what: string, run: (store: FreshEvents) => Promise<void>): void => {
    test(`${name}: ${what}`, { timeout: 120_000 }, async () => {
      const store = await fresh();
      try {
        await store.createTable(LOG);
        await run(store);
      } finally {
        await store.dispose();
      }
    });
  };

  onStore(
    "rows come back as they went: unicode, line breaks, NUL, 64 bits, arrays, null, instants",
    async (store) => {
      const row = record({
        bytes_out: "18446744073709551615",
        text: "水庫\n\r\t\0'\"\\ 🚰 {x:String} \u2028",
        labels: ["a'b", "c\td\n", "\\", "水", ""],
        duration: 0.1,
      });
      await store.createTable(LOG);
      await store.insert({ table: "log_record", rows: [row, record()], token: "1" });
      const rows = await store.query({ sql: "SELECT * FROM log_record ORDER BY bytes_out DESC" });
      assert.deepEqual(rows[0], row);
      assert.equal((rows[1] as { duration: unknown }).duration, null);
    },
  );

  onStore("rows that a worker wrote as JSON lines are stored too", async (store) => {
    const text = `${JSON.stringify(record({ text: "行" }))}\n${JSON.stringify(record())}\n`;
    await store.insert({ table: "log_record", rows: Buffer.from(text), token: "1" });
    assert.deepEqual(await store.query({ sql: "SELECT text FROM log_record ORDER BY text" }), [
      { text: "x" },
      { text: "行" },
    ]);
  });

  onStore(
    "a block of columns is stored as it is, once for its token, and whole or not at all",
    async (store) => {
      const columns = `at DateTime64(3, 'UTC'), id UUID, small UInt8, port UInt16, number UInt32, level Nullable(UInt8),
      name LowCardinality(String), text String, tags Array(LowCardinality(String))`;
      await store.createTable({ name: "block", columns, orderBy: "at", partitionBy: "at" });
      const times = ["1970-01-01T00:00:00.000Z", "2026-11-24T01:02:03.456Z", "2200-12-31T23:59:59.999Z"];
      const id = "0190a000-0000-7000-8000-00000000000a";
      const words = ["", "水庫 🚰 \0\n'", "x".repeat(70_000)];
      const order = Uint32Array.of(0, 1, 2);
      const [few, many] = [new FewTextColumn(3), new TextColumn(3)];
      for (const word of words) {
        few.add(word);
        many.append(word, 0, word.length);
        many.end();
      }
      const block = (instant: readonly string[]) =>
        nativeBlock(3, [
          instants(
            "at",
            Float64Array.from(instant, (time) => Date.parse(time)),
            order,
          ),
          repeated("id", "UUID", 3, uuidBytes(id)),
          numbers("small", Uint8Array.of(0, 7, 255)),
          numbers("port", Uint16Array.of(0, 443, 65_535)),
          numbers("number", Uint32Array.of(0, 1, 4_294_967_295)),
          nullableBytes("level", Int16Array.of(-1, 0, 255), order),
          few.column("name", order),
          many.column("text", order),
          textLists("tags", [[], ["a", "水"], words], order),
        ]);
      for (const [token, time] of times.entries()) {
        const native = block([time, time, time]);
        await store.insert({ table: "block", rows: { native }, token: String(token) });
        await store.insert({ table: "block", rows: { native }, token: String(token) });
      }
      const rows = await store.query<Record<string, unknown>>({
        sql: "SELECT * FROM block ORDER BY at, number",
      });
      assert.deepEqual(
        rows,
        times.flatMap((at) =>
          [0, 1, 2].map((row) => ({
            at,
            id,
            small: [0, 7, 255][row],
            port: [0, 443, 65_535][row],
            number: [0, 1, 4_294_967_295][row],
            level: [null, 0, 255][row],
            name: words[row],
            text: words[row],
            tags: [[], ["a", "水"], words][row],
          })),
        ),
      );
      const before = rows.length;
      const torn = block(times.map(() => times[1] ?? "")).subarray(0, 200);
      await assert.rejects(store.insert({ table: "block", rows: { native: torn }, token: "torn" }));
      await assert.rejects(
        store.insert({ table: "block", rows: { native: block(times) }, token: "days" }),
        named("BAD_BATCH"),
      );
      assert.equal((await store.query({ sql: "SELECT * FROM block" })).length, before);
    },
  );

  onStore("half of a surrogate pair in hostile text does not stop its batch", async (store) => {
    await store.insert({ table: "log_record", rows: [record({ text: "a\ud800b" }), record()], token: "1" });
    assert.equal(await count(store), 2);
  });

  onStore("each type binds, and what is bound is never SQL", async (store) => {
    const hostile = `x'; DROP TABLE log_record; -- " \` \\' {n:UInt8} \n\r\t\0 /* 水 */`;
    const params = {
      text: hostile,
      int: -5,
      big: "18446744073709551615",
      float: 1.5e-7,
      yes: true,
      no: false,
      nothing: null,
      id: ORG,
      at: "2026-11-23T01:02:03.456Z",
      texts: [hostile, "", "\\N", "NULL"],
      numbers: [1, 2],
      ids: [ORG, OTHER],
      none: [],
    };
    const row = await one(store, {
      sql: `SELECT {text:String} AS text, {int:Int32} AS int, {big:UInt64} AS big, {float:Float64} AS float, {yes:Bool} AS yes,
        {no:Bool} AS no, {nothing:Nullable(String)} AS nothing, {id:UUID} AS id, {at:DateTime64(3)} AS at,
        {texts:Array(String)} AS texts, {numbers:Array(UInt32)} AS numbers, {ids:Array(UUID)} AS ids, {none:Array(String)} AS none`,
      params,
    });
    assert.deepEqual(row, params);
    const asUuid = store.query({ sql: "SELECT 1 WHERE org_id = {id:UUID}", params: { id: "' OR 1=1 --" } });
    await assert.rejects(
      asUuid,
      named("BAD_QUERY_PARAMETER", "CANNOT_PARSE_UUID", "CANNOT_PARSE_INPUT_ASSERTION_FAILED"),
    );
    const asNumber = store.query({ sql: "SELECT {n:UInt32}", params: { n: "1 OR 1=1" } });
    await assert.rejects(asNumber, named("BAD_QUERY_PARAMETER"));
    await assert.rejects(store.query({ sql: "SELECT 1", params: { "x = 1, y": 1 } }), named("BAD_NAME"));
    await assert.rejects(
      store.query({ sql: "SELECT {n:Int64}", params: { n: 2 ** 60 } }),
      named("BAD_PARAMETER"),
    );
    await assert.rejects(
      store.query({ sql: "SELECT {n:Float64}", params: { n: Number.NaN } }),
      named("BAD_PARAMETER"),
    );
  });

  onStore("any text at all comes back bound, alone and in an array", async (store) => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(text, { maxLength: 4 }), async (t, a) => {
        const row = await one(store, {
          sql: "SELECT {t:String} AS t, {a:Array(String)} AS a",
          params: { t, a },
        });
        assert.deepEqual(row, { t: t.toWellFormed(), a: a.map((each) => each.toWellFormed()) });
      }),
      { numRuns: 150 },
    );
  });

  onStore("what one query binds, the next does not see", async (store) => {
    await store.query({ sql: "SELECT {org:UUID}", params: { org: ORG } });
    await assert.rejects(store.query({ sql: "SELECT {org:UUID}" }), named("UNKNOWN_QUERY_PARAMETER"));
    const texts = Array.from({ length: 40 }, (_, at) => `query ${at}`);
    const answers = await Promise.all(
      texts.map((t) =>
        one(store, { sql: "SELECT {t:String} AS t, sum(number) FROM numbers(50000)", params: { t } }),
      ),
    );
    assert.deepEqual(
      answers.map((row) => row.t),
      texts,
    );
  });

  onStore("a query writes nothing", async (store) => {
    await store.insert({ table: "log_record", rows: [record()], token: "1" });
    for (const sql of [
      "DROP TABLE log_record",
      "TRUNCATE TABLE log_record",
      "ALTER TABLE log_record DELETE WHERE 1",
      "INSERT INTO log_record (text) VALUES ('x')",
      "SET readonly = 0",
    ]) {
      await assert.rejects(store.query({ sql }), EventStoreError, sql);
    }
    assert.equal(await count(store), 1);
  });

  onStore("a token stores once", async (store) => {
    const rows = [record(), record()];
    await Promise.all(
      Array.from({ length: 4 }, () => store.insert({ table: "log_record", rows, token: "batch 1" })),
    );
    assert.equal(await count(store), 2);
    await store.insert({
      table: "log_record",
      rows: [record({ text: "other rows, same token" })],
      token: "batch 1",
    });
    assert.equal(await count(store), 2);
    await store.insert({ table: "log_record", rows, token: "batch '2' \\ 水" });
    assert.equal(await count(store), 4);
  });

  onStore("a batch is stored whole or not at all, and the fault is named", async (store) => {
    const bad = [
      { rows: [record(), record({ nope: 1 })], reasons: ["INCORRECT_DATA"] },
      {
        rows: [record(), record({ bytes_out: "many" })],
        reasons: ["CANNOT_PARSE_INPUT_ASSERTION_FAILED", "CANNOT_PARSE_NUMBER"],
      },
      { rows: [record(), record({ received_at: "2026-11-22T23:59:59.999Z" })], reasons: ["BAD_BATCH"] },
      {
        rows: Buffer.from(`${JSON.stringify(record())}\n{"event_id`),
        reasons: [
          "CANNOT_PARSE_QUOTED_STRING",
          "INCORRECT_DATA",
          "CANNOT_READ_ALL_DATA",
          "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
        ],
      },
    ];
    for (const [at, { rows, reasons }] of bad.entries()) {
      await assert.rejects(
        store.insert({ table: "log_record", rows, token: `bad ${at}` }),
        named(...reasons),
      );
    }
    await assert.rejects(
      store.insert({ table: "nope", rows: [record()], token: "1" }),
      named("UNKNOWN_TABLE"),
    );
    await assert.rejects(
      store.insert({ table: "log_record (x)", rows: [record()], token: "1" }),
      named("BAD_NAME"),
    );
    await assert.rejects(
      store.insert({ table: "log_record", rows: [record()], token: "" }),
      named("BAD_BATCH"),
    );
    await store.insert({ table: "log_record", rows: [], token: "empty" });
    assert.equal(await count(store), 0);
  });

  onStore("errors bear ClickHouse's name", async (store) => {
    await assert.rejects(store.query({ sql: "SELECT * FROM nope" }), named("UNKNOWN_TABLE"));
    await assert.rejects(store.query({ sql: "SELECT FROM WHERE" }), named("SYNTAX_ERROR"));
    await assert.rejects(store.query({ sql: "SELECT nope FROM log_record" }), named("UNKNOWN_IDENTIFIER"));
    await assert.rejects(
      store.query({ sql: "SELECT throwIf(1, 'x')" }),
      named("FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
    );
    await assert.rejects(
      store.query({ sql: "SELECT number FROM numbers(200000)" }),
      named("TOO_MANY_ROWS_OR_BYTES"),
    );
    await assert.rejects(store.createTable({ ...LOG, name: "x; DROP" }), named("BAD_NAME"));
    await assert.rejects(store.createTable({ ...LOG, name: "y", columns: "a Nope" }), named("UNKNOWN_TYPE"));
  });

  onStore(
    "the caller's thread goes on while a long query runs, and its signal ends the query",
    async (store) => {
      const long = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 7";
      const stop = new AbortController();
      const slow = [
        store.query({ sql: long, signal: stop.signal }),
        store.query({ sql: long, signal: stop.signal }),
      ];
      const waiting = store.query({ sql: long, signal: stop.signal });
      const settled = Promise.allSettled([...slow, waiting]);
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      for (let round = 0; round < 20; round++) {
        await store.insert({ table: "log_record", rows: [record()], token: `during ${round}` });
        await store.ping();
      }
      delay.disable();
      stop.abort(new Error("the reader left"));
      const outcomes = await settled;
      assert.deepEqual(
        outcomes.map((each) => each.status === "rejected" && String(each.reason)),
        Array(3).fill("Error: the reader left"),
      );
      // A scan on this thread would stop it for as long as the scan takes, which is hours.
      assert.ok(delay.percentile(99) < 1e9, `event loop delay p99 ${delay.percentile(99) / 1e6} ms`);
      assert.equal(await count(store), 20);
      const deadline = Date.now() + 20_000;
      const running = async (): Promise<number> =>
        Number(
          (
            await one(store, {
              sql: "SELECT countIf(query LIKE '%1000000000000%') - 1 AS n FROM system.processes",
            })
          ).n,
        );
      while ((await running()) > 0) {
        assert.ok(Date.now() < deadline, "an aborted query still runs in the engine");
        await new Promise((next) => setImmediate(next));
      }
      if (name === "clickhouse") assert.ok((await cancelledOnServer()) >= 2);
      await assert.rejects(store.query({ sql: "SELECT 1", signal: stop.signal }), /the reader left/);
    },
  );

  onStore("days go by age, then the oldest by size; today stays", async (store) => {
    await store.createTable({ ...LOG, name: "flow" });
    const text = "0123456789".repeat(2_000);
    for (const [at, day] of ["20", "21", "22", "23"].entries()) {
      const rows = Array.from({ length: 20 }, () =>
        record({ received_at: `2026-11-${day}T23:59:59.999Z`, text: text + Math.random() }),
      );
      await store.insert({ table: "log_record", rows, token: `log ${at}` });
      await store.insert({ table: "flow", rows: rows.slice(0, 1), token: `flow ${at}` });
    }
    const before = await store.sizes();
    assert.deepEqual(
      before.map(({ table, rows, oldestPartition }) => ({ table, rows, oldestPartition })),
      [
        { table: "flow", rows: 4, oldestPartition: "20261120" },
        { table: "log_record", rows: 80, oldestPartition: "20261120" },
      ],
    );
    const total = before.reduce((sum, each) => sum + each.bytes, 0);
    assert.ok(total > 1_000, `${total} bytes`);

    const today = "2026-11-23";
    assert.deepEqual(await store.retire({ days: 3, bytes: total, today }), []);
    assert.deepEqual(await store.retire({ days: 2, bytes: total, today }), [
      { table: "flow", partition: "20261120" },
      { table: "log_record", partition: "20261120" },
    ]);
    const left = (await store.sizes()).reduce((sum, each) => sum + each.bytes, 0);
    assert.deepEqual(await store.retire({ days: 2, bytes: left - 1, today }), [
      { table: "flow", partition: "20261121" },
    ]);
    assert.equal((await store.retire({ days: 2, bytes: 0, today })).length, 3);
    assert.deepEqual(
      (await store.sizes()).map((each) => each.rows),
      [1, 20],
    );
    assert.equal(await count(store), 20);
  });

  test(`${name}: once closed it says so, and closing waits for what is under way`, async () => {
    const store = await fresh();
    await store.createTable(LOG);
    const under = store.insert({ table: "log_record", rows: [record()], token: "1" });
    await new Promise((next) => setImmediate(next));
    await store.close();
    await under;
    await assert.rejects(store.query({ sql: "SELECT 1" }), named("CLOSED"));
    await assert.rejects(
      store.insert({ table: "log_record", rows: [record()], token: "2" }),
      named("CLOSED"),
    );
    await assert.rejects(store.ping(), named("CLOSED"));
    await store.dispose();
  });
}
