import assert from "node:assert/strict";
import { after, test } from "node:test";
import { placementOf } from "./clickhouse.ts";
import { createDatabase, createStatements, onCluster, type Placement, partsTableOf } from "./ddl.ts";
import { EventStoreError } from "./error.ts";
import type { EventTable } from "./store.ts";
import { closeEventStores, EVENT_STORES } from "./testing.ts";

after(closeEventStores);

const LOG: EventTable = {
  name: "log_record",
  columns:
    "received_at DateTime64(3, 'UTC'), org_id UUID, text String CODEC(ZSTD(3)), INDEX words text TYPE tokenbf_v1(8192, 3, 0) GRANULARITY 4",
  orderBy: "org_id, received_at",
  partitionBy: "received_at",
};
const CLUSTER: Placement = { database: "lianfang", cluster: "national" };

function statementsOf(place: Placement): string[] {
  const drop = `ALTER TABLE ${partsTableOf(place, LOG.name)}${onCluster(place)} DROP PARTITION ID '20261123'`;
  return [createDatabase(place), ...createStatements(place, LOG), drop];
}

test("the URL says where tables are", () => {
  assert.deepEqual(placementOf(new URL("http://h:8123")), { database: "lianfang" });
  assert.deepEqual(placementOf(new URL("http://h:8123/soc")), { database: "soc" });
  assert.deepEqual(placementOf(new URL("https://h/soc?cluster=national")), {
    database: "soc",
    cluster: "national",
  });
  for (const bad of ["http://h/a%20b", "http://h/a?cluster=b'c", "http://h/a/b"]) {
    assert.throws(() => placementOf(new URL(bad)), EventStoreError, bad);
  }
});

test("ClickHouse's own parser reads every statement of both layouts", async () => {
  const [chdb] = EVENT_STORES;
  assert.ok(chdb !== undefined);
  const store = await chdb.fresh();
  const trees: string[] = [];
  for (const statement of [...statementsOf({ database: "lianfang" }), ...statementsOf(CLUSTER)]) {
    const rows = await store.query<{ explain: string }>({ sql: `EXPLAIN AST ${statement}` });
    trees.push(rows.map((row) => row.explain).join("\n"));
  }
  await store.dispose();
  const holding = (text: string): number => trees.filter((tree) => tree.includes(text)).length;
  assert.equal(trees.length, 7);
  assert.equal(holding("CreateQuery"), 5);
  assert.equal(holding("AlterQuery"), 2);
  assert.equal(holding("Function ReplicatedMergeTree"), 1);
  assert.equal(holding("Function Distributed"), 1);
  assert.equal(holding("Function toYYYYMMDD"), 2);
});

test("on a cluster every statement is for all of it, and parts are dropped where they are", () => {
  const statements = statementsOf(CLUSTER);
  assert.deepEqual(
    statements.filter((statement) => !statement.includes(" ON CLUSTER national")),
    [],
  );
  assert.match(statements.at(-1) ?? "", /ALTER TABLE lianfang\.log_record_local /);
});

test("a name that is more than a name is refused", () => {
  const place: Placement = { database: "lianfang" };
  assert.throws(() => createStatements(place, { ...LOG, name: "a b" }), EventStoreError);
  assert.throws(() => createStatements(place, { ...LOG, partitionBy: "a)" }), EventStoreError);
  assert.throws(() => createDatabase({ database: "a;b" }), EventStoreError);
  assert.throws(() => createDatabase({ database: "a", cluster: "b c" }), EventStoreError);
});
