import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { instantOf } from "../../../core/instant.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { DATABASES, type FreshRecords, testClock, testScope } from "../../../platform/records/testing.ts";
import { closeAlert } from "./acts.ts";
import { alertsAsCsv, alertsToExport } from "./export.ts";
import { listAlerts } from "./list.ts";
import { raiseAlerts } from "./raise.ts";
import { alertTechniques } from "./techniques.ts";
import { BASE, list, matched, refuses, SYSTEMS } from "./testing.ts";

for (const database of DATABASES) {
  describe(database.name, () => {
    let records: FreshRecords;
    const clock = testClock();
    before(async () => {
      records = await database.fresh(SYSTEMS, { clock });
    });
    after(() => records.dispose());

    test("the list filters, sorts and pages without a jump", async () => {
      const scope = testScope();
      const levels = ["low", "critical", "medium", "critical", "informational"] as const;
      for (const [at, level] of levels.entries()) {
        await records.within(scope, (work) =>
          raiseAlerts(work, [
            matched(scope.orgId, uuidV7(), at, {
              level,
              ruleId: `l${at}`,
              title: `100% ${level}_${at}`,
              titleZh: "登入失敗",
            }),
          ]),
        );
      }
      const get = (query: Record<string, unknown>) =>
        records.within(scope, (work) => listAlerts(work, list(query)));
      const titles = (page: { items: { title: string }[] }) =>
        page.items.map((alert) => alert.title.slice(-1)).join("");
      assert.equal(titles(await get({})), "43210");
      assert.equal(titles(await get({ sort: "severity" })), "31204");
      assert.equal(titles(await get({ level: "critical,low" })), "310");
      assert.equal(titles(await get({ q: "100% critical_" })), "31");
      assert.equal(titles(await get({ q: "登入" })), "43210");
      assert.equal(titles(await get({ q: "1%0" })), "");
      assert.equal(titles(await get({ entity: "203.0.113.7", rule: "l2" })), "2");
      assert.equal(titles(await get({ entity: "203.0.113" })), "");
      assert.equal(titles(await get({ from: instantOf(BASE + 3 * 60_000) })), "43");
      assert.equal(titles(await get({ to: instantOf(BASE + 2 * 60_000) })), "10");
      assert.equal(titles(await get({ state: "closed" })), "");
      assert.equal((await get({ assignee: "none" })).total, 5);
      assert.equal((await get({ assignee: "me" })).total, 0);
      for (const sort of ["newest", "severity"]) {
        const first = await get({ sort, limit: 2 });
        await records.within(scope, (work) =>
          raiseAlerts(work, [
            matched(scope.orgId, uuidV7(), 9, { level: "critical", ruleId: `new-${sort}`, title: "9" }),
          ]),
        );
        const second = await get({ sort, limit: 2, cursor: first.next });
        const third = await get({ sort, limit: 2, cursor: second.next });
        const seen = titles(first) + titles(second) + titles(third);
        assert.equal(seen.replaceAll("9", ""), sort === "newest" ? "43210" : "31204");
        assert.equal(third.total, first.total + 1);
      }
      await assert.rejects(get({ cursor: "4.x" }), refuses("http.invalid"));
    });

    test("alerts are counted by the techniques that their tags name, in sight and as long as they are not false", async () => {
      const scope = testScope();
      const raise = (orgId: string, ruleId: string, tags: string[]) =>
        records.within(testScope({ orgId }), (work) =>
          raiseAlerts(work, [matched(orgId, uuidV7(), 0, { ruleId, tags })]),
        );
      await raise(scope.orgId, "t1", ["attack.t1059", "attack.execution", "attack.T1059.001"]);
      await raise(scope.orgId, "t2", ["attack.t1059", "cve.2021-44228", "attack.t105x"]);
      await raise(uuidV7(), "t3", ["attack.t1059"]);
      const counted = async () => (await records.within(scope, alertTechniques)).items;
      assert.deepEqual(await counted(), [
        { technique: "T1059", count: 2 },
        { technique: "T1059.001", count: 1 },
      ]);
      const { items } = await records.within(scope, (work) => listAlerts(work, list({ rule: "t2" })));
      await records.within(scope, (work) =>
        closeAlert(work, { id: items[0]?.id ?? "", version: 1 }, "false-positive", "a drill"),
      );
      assert.deepEqual((await counted())[0], { technique: "T1059", count: 1 });
    });

    test("an export holds what the list shows, and no formula", async () => {
      const scope = testScope();
      await records.within(scope, (work) =>
        raiseAlerts(work, [matched(scope.orgId, uuidV7(), 0, { title: '=cmd|"x"', level: "high" })]),
      );
      const { alerts, truncated } = await records.within(scope, (work) =>
        alertsToExport(work, list({ level: "high" })),
      );
      assert.equal(truncated, false);
      const [head, row] = alertsAsCsv(alerts).slice(1).trimEnd().split("\r\n");
      assert.equal(head?.split(",").length, 21);
      assert.ok(row?.includes(`"'=cmd|""x"""`));
    });
  });
}
