import assert from "node:assert/strict";
import { after, test } from "node:test";
import { changeStatements } from "./ddl.ts";
import type { EventTable } from "./store.ts";
import { closeEventStores, EVENT_STORES } from "./testing.ts";

after(closeEventStores);

const BEFORE: EventTable = {
  name: "grown",
  columns:
    "at DateTime64(3, 'UTC') CODEC(ZSTD(1)), n UInt32 CODEC(T64, ZSTD(1)), place UInt32 CODEC(Delta, ZSTD(3)), text LowCardinality(String) CODEC(ZSTD(1)), twice UInt64 ALIAS n * 2, INDEX by_n n TYPE minmax GRANULARITY 1",
  orderBy: "at",
  partitionBy: "at",
};
const NOW: EventTable = {
  ...BEFORE,
  columns: BEFORE.columns.replaceAll("ZSTD(1)", "ZSTD(3)"),
  codecs: { at: "ZSTD(3)", n: "T64, ZSTD(3)", place: "Delta, ZSTD(3)", text: "ZSTD(3)" },
  settings: { min_compress_block_size: 524_288, min_parts_to_merge_at_once: 16 },
};

for (const store of EVENT_STORES)
  test(`${store.name}: a table of an older version takes today's codecs and settings, once, and keeps its rows`, async () => {
    const events = await store.fresh();
    const asItIs = async () => {
      const columns = await events.query<{ name: string; codec: string }>({
        sql: "SELECT name, compression_codec AS codec FROM system.columns WHERE database = currentDatabase() AND table = 'grown'",
      });
      const [table] = await events.query<{ engine_full: string; database: string }>({
        sql: "SELECT engine_full, database FROM system.tables WHERE database = currentDatabase() AND name = 'grown'",
      });
      return {
        database: table?.database ?? "",
        engineFull: table?.engine_full ?? "",
        codecs: new Map(columns.map(({ name, codec }) => [name, codec])),
      };
    };
    const row = (n: number) => ({ at: "2026-11-25T03:00:00.000Z", n, place: n, text: `t${n}` });
    try {
      await events.createTable(BEFORE);
      await events.insert({ table: "grown", rows: [row(1), row(2)], token: "a" });
      const old = await asItIs();
      assert.equal(changeStatements(old, NOW, old).length, 2);
      await events.createTable(NOW);
      const grown = await asItIs();
      assert.match(grown.engineFull, /min_parts_to_merge_at_once = 16/);
      assert.match(grown.engineFull, /fsync_after_insert = 1/);
      assert.equal(grown.codecs.get("text"), "CODEC(ZSTD(3))");
      assert.deepEqual(changeStatements(grown, NOW, grown), []);
      await events.insert({ table: "grown", rows: [row(3)], token: "b" });
      await events.insert({ table: "grown", rows: [row(1)], token: "a" });
      const rows = await events.query({ sql: "SELECT n, twice, text FROM grown ORDER BY n" });
      assert.deepEqual(rows, [
        { n: 1, twice: "2", text: "t1" },
        { n: 2, twice: "4", text: "t2" },
        { n: 3, twice: "6", text: "t3" },
      ]);
    } finally {
      await events.dispose();
    }
  });

for (const store of EVENT_STORES)
  test(`${store.name}: a new table needs no change`, async () => {
    const events = await store.fresh();
    try {
      await events.createTable(NOW);
      const columns = await events.query<{ name: string; codec: string }>({
        sql: "SELECT name, compression_codec AS codec FROM system.columns WHERE database = currentDatabase() AND table = 'grown'",
      });
      const [table] = await events.query<{ engine_full: string }>({
        sql: "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = 'grown'",
      });
      const codecs = new Map(columns.map(({ name, codec }) => [name, codec]));
      const is = { engineFull: table?.engine_full ?? "", codecs, columns: new Set(codecs.keys()) };
      assert.deepEqual(changeStatements({ database: "x" }, NOW, is), []);
    } finally {
      await events.dispose();
    }
  });

const WIDER: EventTable = {
  ...NOW,
  columns: NOW.columns
    .replace(
      "twice UInt64 ALIAS n * 2",
      "note String CODEC(ZSTD(3)), more UInt32 CODEC(T64, ZSTD(3)), twice UInt64 ALIAS n * 2 + more",
    )
    .replace("INDEX", "said String ALIAS concat(text, ', ', note), INDEX"),
};

for (const store of EVENT_STORES)
  test(`${store.name}: a table of an older version gets the columns that came since, and what is worked out asks for them`, async () => {
    const events = await store.fresh();
    try {
      await events.createTable(BEFORE);
      const at = "2026-11-25T03:00:00.000Z";
      await events.insert({ table: "grown", rows: [{ at, n: 1, place: 1, text: "a" }], token: "a" });
      await events.createTable(WIDER);
      await events.createTable(WIDER);
      const row = { at, n: 2, place: 2, text: "b", note: "c", more: 5 };
      await events.insert({ table: "grown", rows: [row], token: "b" });
      assert.deepEqual(await events.query({ sql: "SELECT n, twice, said FROM grown ORDER BY n" }), [
        { n: 1, twice: "2", said: "a, " },
        { n: 2, twice: "9", said: "b, c" },
      ]);
    } finally {
      await events.dispose();
    }
  });

test("on a cluster a new column is for the parts and for what forwards to them", () => {
  const is = {
    engineFull: "",
    codecs: new Map<string, string>(),
    columns: new Set(["at", "n", "place", "text"]),
  };
  const statements = changeStatements(
    { database: "lianfang", cluster: "national" },
    { ...BEFORE, codecs: {} },
    is,
  );
  assert.deepEqual(statements, [
    "ALTER TABLE lianfang.grown_local ON CLUSTER national ADD COLUMN IF NOT EXISTS twice UInt64 ALIAS n * 2",
    "ALTER TABLE lianfang.grown ON CLUSTER national ADD COLUMN IF NOT EXISTS twice UInt64 ALIAS n * 2",
  ]);
});
