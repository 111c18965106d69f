import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { type Marked, sees, type Visibility } from "../../core/scope.ts";
import { tlpOfRank } from "../../core/tlp.ts";
import { LOG, ORG, OTHER, record } from "./testing/log-record.ts";
import { closeEventStores, EVENT_STORES } from "./testing.ts";
import { visible } from "./visible.ts";

after(closeEventStores);

for (const { name, fresh } of EVENT_STORES) {
  test(`${name}: the visible rows are exactly those of the rule in memory`, async () => {
    const store = await fresh();
    await store.createTable(LOG);
    const orgs = [ORG, OTHER, "0198c0de-0000-7000-8000-000000000003"];
    const rows: (Marked & { id: string })[] = [];
    for (const orgId of orgs) {
      for (let tlp = 0; tlp <= 4; tlp++) {
        for (const audience of [[], [OTHER], [ORG, OTHER]])
          rows.push({ id: crypto.randomUUID(), orgId, tlp: tlpOfRank(tlp), audience });
      }
    }
    const stored = rows.map((row, at) =>
      record({ event_id: row.id, org_id: row.orgId, tlp: Math.floor(at / 3) % 5, audience: row.audience }),
    );
    await store.insert({ table: "log_record", rows: stored, token: "1" });
    const some = fc.subarray(orgs);
    await fc.assert(
      fc.asyncProperty(some, some, fc.integer({ min: 0, max: 4 }), async (orgIds, audiences, maxTlp) => {
        const visibility: Visibility = { orgIds, audiences, maxTlp };
        const condition = visible(visibility, { alias: "r", audience: true });
        const sql = `SELECT event_id FROM log_record AS r WHERE ${condition.sql}`;
        const seen = await store.query<{ event_id: string }>({ sql, params: condition.params });
        const expected = rows.filter((row) => sees(visibility, row)).map((row) => row.id);
        assert.deepEqual(seen.map((row) => row.event_id).sort(), expected.sort());
        const owned = visible(visibility);
        const own = await store.query<{ event_id: string }>({
          sql: `SELECT event_id FROM log_record WHERE ${owned.sql}`,
          params: owned.params,
        });
        const ownExpected = rows
          .filter((row) => sees({ ...visibility, audiences: [] }, row))
          .map((row) => row.id);
        assert.deepEqual(own.map((row) => row.event_id).sort(), ownExpected.sort());
      }),
      { numRuns: 25 },
    );
    await store.dispose();
  });

  test(`${name}: a scope of thousands of organisations still binds`, async () => {
    const store = await fresh();
    await store.createTable(LOG);
    await store.insert({ table: "log_record", rows: [record()], token: "1" });
    const orgIds = [...Array.from({ length: 20_000 }, () => crypto.randomUUID()), ORG];
    const { sql, params } = visible({ orgIds, audiences: [], maxTlp: 4 });
    const rows = await store.query({ sql: `SELECT event_id FROM log_record WHERE ${sql}`, params });
    assert.equal(rows.length, 1);
    await store.dispose();
  });

  test(`${name}: two tables of one query are judged each by its own marking`, async () => {
    const store = await fresh();
    await store.createTable(LOG);
    await store.insert({ table: "log_record", rows: [record(), record({ org_id: OTHER })], token: "1" });
    const mine = visible({ orgIds: [ORG], audiences: [], maxTlp: 4 }, { alias: "a" });
    const theirs = visible({ orgIds: [OTHER], audiences: [], maxTlp: 4 }, { alias: "b" });
    const pairs = await store.query({
      sql: `SELECT a.org_id AS a, b.org_id AS b FROM log_record AS a CROSS JOIN log_record AS b WHERE ${mine.sql} AND ${theirs.sql}`,
      params: { ...mine.params, ...theirs.params },
    });
    assert.deepEqual(pairs, [{ a: ORG, b: OTHER }]);
    await store.dispose();
  });
}
