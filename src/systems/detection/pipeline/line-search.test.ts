import assert from "node:assert/strict";
import { after, test } from "node:test";
import { closeEventStores, EVENT_STORES } from "../../../platform/events/testing.ts";
import { PARSERS } from "../parsers/list.ts";
import { sampleOf } from "../parsers/testing.ts";
import { mayHoldSql, runOf } from "./line-search.ts";
import { LOG_TABLE } from "./log-table.ts";
import { processBatch } from "./process.ts";

after(closeEventStores);

test("the longest run of letters and digits is looked for, unless a number or a time could hold it", () => {
  assert.equal(runOf("evil-domain.example"), "example");
  assert.equal(runOf("http://a.b/x"), "http");
  assert.equal(runOf("app.12345678.js"), "app");
  assert.equal(runOf("25-Nov-2026"), undefined);
  assert.equal(runOf("10.20.30.40"), undefined);
  assert.equal(runOf("水庫閘門 a"), "水庫閘門");
  assert.equal(runOf(""), undefined);
});

/** The samples of all products, with what could lead the words of a search astray. */
const LINES = [
  ...PARSERS.flatMap(sampleOf),
  "1795401712.104    231 192.168.31.44 TCP_MISS/200 4213 GET http://xample.tw/xample.tw/a?b=xample.twx - HIER_DIRECT/203.0.113.80 text/html",
  "1795401712.104      7 192.168.31.44 TCP_MISS/200 13 CONNECT xample.tw:443 xample HIER_DIRECT/203.0.113.80 -",
  "a line of no product with \u0002 in it, xample",
  '{"message":"水庫 閘門 ÄÖÜ Kelvin \u212a"}',
  "23-Nov-2026 10:11:12.345 queries: info: client @0x7f3a5c0012a8 10.20.4.31#53211 (ask.onlyname.tw): query: ask.onlyname.tw IN A + (10.20.0.53)",
  "1795401712.104      7 2001:db8::cafe TCP_ONLYACTION/200 13 CONNECT 203.0.113.9:443 onlyuser HIER_DIRECT/2001:db8::beef -",
  "<134>Nov 23 10:11:12 onlyhost sshd[7]: Failed password for onlyguest from 192.168.31.44 port 40022 ssh2",
];
/** Each is in one column of some line alone. */
const ALONE = [
  "onlyname",
  "onlyaction",
  "onlyuser",
  "onlyhost",
  "onlyguest",
  "cafe",
  "beef",
  "xample",
  "閘門",
  "kelvin",
];

for (const store of EVENT_STORES)
  test(`${store.name}: every line that holds a text may hold its run`, async () => {
    const events = await store.fresh();
    try {
      await events.createTable(LOG_TABLE);
      const { rows } = processBatch(
        {
          bytes: Buffer.from(LINES.join("\n")),
          format: "lines",
          firstLine: 1,
          orgId: "0190a000-0000-7000-8000-00000000000a",
          source: "samples",
          batch: "k",
          receivedAt: "2026-11-23T03:00:00.000Z",
          parser: "auto",
        },
        { match: () => [] },
      );
      await events.insert({ table: LOG_TABLE.name, rows: { native: rows }, token: "1" });
      let draw = 1;
      const below = (most: number) => {
        draw = (draw * 48_271) % 2_147_483_647;
        return draw % most;
      };
      let spared = 0;
      for (let round = 0; round < 100; round++) {
        const line = LINES[below(LINES.length)] as string;
        const from = below(line.length);
        const piece = ALONE[round] ?? line.slice(from, from + 3 + below(20)).toWellFormed();
        const sought = round % 2 === 0 ? piece : piece.toUpperCase();
        const run = runOf(sought);
        if (run === undefined) continue;
        const [found] = await events.query<{ held: string; lost: string; passed: string; total: string }>({
          sql: `SELECT countIf(holds) AS held, countIf(holds AND NOT passes) AS lost, countIf(passes) AS passed, count() AS total FROM
            (SELECT positionCaseInsensitiveUTF8(original, {sought:String}) > 0 AS holds, ${mayHoldSql("run")} AS passes FROM ${LOG_TABLE.name})`,
          params: { sought, run },
        });
        assert.equal(found?.lost, "0", sought);
        if (round % 2 === 0) assert.notEqual(found?.held, "0", sought);
        spared += Number(found?.total) - Number(found?.passed);
      }
      assert.ok(spared > 50 * LINES.length, `${spared} lines spared`);
    } finally {
      await events.dispose();
    }
  });
