import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { DATABASES, type FreshRecords, testClock, testScope } from "../../../platform/records/testing.ts";
import { actOnAll, assignAlert, closeAlert, commentAlert, linkAlerts, reopenAlert } from "./acts.ts";
import { alertsToExport } from "./export.ts";
import { listAlerts } from "./list.ts";
import { raiseAlerts } from "./raise.ts";
import { AlertStore } from "./store.ts";
import { list, matched, refuses, SYSTEMS } from "./testing.ts";

for (const database of DATABASES) {
  describe(database.name, () => {
    let records: FreshRecords;
    const clock = testClock();
    before(async () => {
      records = await database.fresh(SYSTEMS, { clock });
    });
    after(() => records.dispose());

    test("only who may see it sees it, and only its people work on it", async () => {
      const owner = testScope();
      const [alert] = (
        await records.within(owner, (work) => raiseAlerts(work, [matched(owner.orgId, uuidV7(), 0)]))
      ).alerts;
      assert.ok(alert);
      const stranger = testScope();
      const low = testScope({ orgId: owner.orgId, clearance: "green" });
      for (const scope of [stranger, low]) {
        const page = await records.within(scope, (work) => listAlerts(work, list()));
        assert.deepEqual({ items: page.items, total: page.total }, { items: [], total: 0 });
        await assert.rejects(
          records.within(scope, (work) => new AlertStore(work).get(alert.id)),
          refuses("http.not-found"),
        );
        await assert.rejects(
          records.within(scope, (work) => commentAlert(work, alert.id, "x")),
          refuses("http.not-found"),
        );
        const exported = await records.within(scope, (work) => alertsToExport(work, list()));
        assert.deepEqual(exported.alerts, []);
        await assert.rejects(
          records.within(scope, (work) => linkAlerts(work, [alert.id], uuidV7())),
          refuses("http.not-found"),
        );
      }
    });

    test("a person's acts leave their trace, and another version is refused", async () => {
      const scope = testScope();
      const [alert] = (
        await records.within(scope, (work) => raiseAlerts(work, [matched(scope.orgId, uuidV7(), 0)]))
      ).alerts;
      assert.ok(alert);
      const taken = await records.within(scope, (work) => assignAlert(work, alert, "me"));
      assert.equal(taken.state, "assigned");
      assert.deepEqual(taken.assignee, { id: scope.actor.id, name: scope.actor.name });
      await assert.rejects(
        records.within(scope, (work) => closeAlert(work, alert, "benign", "")),
        refuses("http.conflict"),
      );
      await records.within(scope, (work) => commentAlert(work, alert.id, "looked at it"));
      await assert.rejects(
        records.within(scope, (work) => assignAlert(work, taken, uuidV7())),
        refuses("http.invalid"),
      );
      const closed = await records.within(scope, (work) =>
        closeAlert(work, taken, "false-positive", "scanner of ours"),
      );
      assert.equal(closed.reason, "false-positive");
      await assert.rejects(
        records.within(scope, (work) => closeAlert(work, closed, "benign", "")),
        refuses("alerts.already-closed"),
      );
      const open = await records.within(scope, (work) => reopenAlert(work, closed, "it came again"));
      assert.equal(open.state, "new");
      assert.equal(open.assignee, null);
      const detail = await records.within(scope, (work) => new AlertStore(work).get(alert.id));
      assert.deepEqual(
        detail.comments.map((comment) => [comment.act, comment.text]),
        [
          ["assigned", ""],
          ["comment", "looked at it"],
          ["closed", "scanner of ours"],
          ["reopened", "it came again"],
        ],
      );
      const { rows } = await records.platformOnly.execute(
        `select action from audit where subject = '${alert.id}' order by seq`,
      );
      assert.deepEqual(
        rows.map((row) => row.action),
        ["alerts.assign", "alerts.comment", "alerts.close", "alerts.reopen"],
      );
    });

    test("an alert is given to a colleague who may work on it, and to nobody else", async () => {
      const scope = testScope();
      await records.platformOnly.execute(
        `insert into organisation (id, org_id, name, name_en, short_name, kind, sector, created_at)
         values ('${scope.orgId}', '${scope.orgId}', 'o', 'o', '${scope.orgId}', 'operator', 'water', now())`,
      );
      const planted = [
        ["soc-analyst", "active"],
        ["member-reporter", "active"],
        ["soc-lead", "disabled"],
      ].map(([role, state]) => ({ id: uuidV7(), role, state }));
      for (const { id, role, state } of planted) {
        await records.platformOnly.execute(
          `insert into account (id, org_id, name, display_name, roles, state, password_hash, created_at)
           values ('${id}', '${scope.orgId}', '${id}', 'colleague', '{${role}}', '${state}', '', now())`,
        );
      }
      const raised = await records.within(scope, (work) =>
        raiseAlerts(work, [matched(scope.orgId, uuidV7(), 0)]),
      );
      const [alert] = raised.alerts;
      assert.ok(alert);
      const [analyst, ...others] = planted;
      for (const other of others) {
        await assert.rejects(
          records.within(scope, (work) => assignAlert(work, alert, other.id)),
          refuses("http.invalid"),
        );
      }
      const given = await records.within(scope, (work) => assignAlert(work, alert, analyst?.id ?? ""));
      assert.deepEqual(given.assignee, { id: analyst?.id, name: "colleague" });
      const free = await records.within(scope, (work) => assignAlert(work, given, "none"));
      assert.deepEqual([free.state, free.assignee], ["new", null]);
    });

    test("alerts are raised to an incident all together or not at all", async () => {
      const scope = testScope();
      const raised = await records.within(scope, (work) =>
        raiseAlerts(work, [
          matched(scope.orgId, uuidV7(), 0),
          matched(scope.orgId, uuidV7(), 0, { ip: "203.0.113.9" }),
        ]),
      );
      const ids = raised.alerts.map((alert) => alert.id);
      const incident = uuidV7();
      const linked = await records.within(scope, (work) => linkAlerts(work, ids, incident));
      assert.deepEqual(
        linked.alerts.map((alert) => [alert.state, alert.incidentId]),
        [
          ["raised", incident],
          ["raised", incident],
        ],
      );
      assert.deepEqual([...linked.entities.sourceIps].sort(), ["203.0.113.7", "203.0.113.9"]);
      assert.equal(linked.indicators.filter((indicator) => indicator.type === "ip").length, 2);
      const [other] = (
        await records.within(scope, (work) =>
          raiseAlerts(work, [matched(scope.orgId, uuidV7(), 1, { ruleId: "r9" })]),
        )
      ).alerts;
      assert.ok(other);
      await assert.rejects(
        records.within(scope, (work) => linkAlerts(work, [other.id, ...ids], uuidV7())),
        refuses("alerts.already-raised"),
      );
      const after = await records.within(scope, (work) => new AlertStore(work).get(other.id));
      assert.equal(after.state, "new");
    });

    test("many are closed at once; those that cannot be are told", async () => {
      const scope = testScope();
      const { alerts } = await records.within(scope, (work) =>
        raiseAlerts(
          work,
          [1, 2, 3].map((at) => matched(scope.orgId, uuidV7(), 0, { ip: `203.0.113.${at}` })),
        ),
      );
      const [one, two, three] = alerts;
      assert.ok(one && two && three);
      const result = await records.within(scope, (work) =>
        actOnAll([one, { ...two, version: 7 }, three], (seen) => closeAlert(work, seen, "duplicate", "")),
      );
      assert.deepEqual(result.done.map((alert) => alert.id).sort(), [one.id, three.id].sort());
      assert.deepEqual(result.refused, [{ id: two.id, code: "http.conflict" }]);
    });
  });
}
