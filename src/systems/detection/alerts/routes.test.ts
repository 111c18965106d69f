import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Scope } from "../../../core/scope.ts";
import { Config } from "../../../platform/config/config.ts";
import { createServer } from "../../../platform/http/server.ts";
import { createLog } from "../../../platform/log/log.ts";
import { createMetrics } from "../../../platform/metrics/metrics.ts";
import { DATABASES, type FreshRecords, testScope } from "../../../platform/records/testing.ts";
import type { Alert, AlertDetail, BulkResult } from "./model.ts";
import { raiseAlerts } from "./raise.ts";
import { alertRoutes } from "./routes.ts";
import { matched, SYSTEMS } from "./testing.ts";

const analyst = testScope({
  actor: { kind: "person", id: "0190a000-0000-7000-8000-000000000021", name: "analyst" },
  permissions: ["alerts:read", "alerts:work"],
});
const reader = testScope({
  orgId: analyst.orgId,
  actor: { kind: "person", id: "0190a000-0000-7000-8000-000000000022", name: "reader" },
  permissions: ["alerts:read"],
});
const stranger = testScope({
  actor: { kind: "person", id: "0190a000-0000-7000-8000-000000000023", name: "stranger" },
  permissions: ["alerts:read", "alerts:work"],
});
const scopes = new Map([analyst, reader, stranger].map((scope) => [scope.actor.id, scope]));

let records: FreshRecords;
let url: string;
let close: () => Promise<void>;

before(async () => {
  const [database] = DATABASES;
  assert.ok(database);
  records = await database.fresh(SYSTEMS);
  const app = await createServer({
    config: Config.parse({ http: { perMinute: 100_000 } }),
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
    records,
    routes: alertRoutes(),
    nobody: testScope({ permissions: [] }),
    version: "test",
    authenticate: async (request) => {
      const scope = scopes.get(String(request.headers["x-test-account"]));
      return scope === undefined ? undefined : { scope };
    },
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/v1/alerts`;
  close = () => app.close();
});
after(async () => {
  await close();
  await records.dispose();
});

async function ask<Body>(who: Scope, path: string, body?: unknown) {
  const answer = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "x-test-account": who.actor.id,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json = answer.headers.get("content-type")?.includes("json") === true;
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (json ? JSON.parse(text) : {}) as Body,
  };
}

type Listed = { items: Alert[]; total: number };
type Refused = { code: string };

test("an alert from the queue to its end", async () => {
  const events = [1, 2, 3].map((at) => matched(analyst.orgId, `e${at}`, at, { ip: `203.0.113.${at}` }));
  await records.within(analyst, (work) => raiseAlerts(work, events));
  const list = await ask<Listed>(analyst, "?state=new,assigned&sort=severity&limit=2");
  assert.deepEqual([list.status, list.body.items.length, list.body.total], [200, 2, 3]);
  const [first, second] = list.body.items;
  assert.ok(first && second);

  const taken = await ask<Alert>(analyst, `/${first.id}/assign`, { version: 1, to: "me" });
  assert.deepEqual([taken.status, taken.body.state], [200, "assigned"]);
  const late = await ask<Refused>(analyst, `/${first.id}/close`, { version: 1, reason: "benign" });
  assert.deepEqual([late.status, late.body.code], [409, "http.conflict"]);
  const said = await ask(analyst, `/${first.id}/comments`, { text: "known scanner" });
  assert.equal(said.status, 201);
  const chosen = [first, second].map(({ id, version }) => ({ id, version }));
  const bulk = await ask<BulkResult>(analyst, "/close", {
    alerts: chosen,
    reason: "false-positive",
    text: "ours",
  });
  assert.deepEqual(
    [bulk.body.done.map(({ id }) => id), bulk.body.refused],
    [[second.id], [{ id: first.id, code: "http.conflict" }]],
  );
  const detail = await ask<AlertDetail>(reader, `/${first.id}`);
  assert.deepEqual(
    detail.body.comments.map(({ act, by }) => [act, by.name]),
    [
      ["assigned", "analyst"],
      ["comment", "analyst"],
    ],
  );
  const again = await ask<Alert>(analyst, `/${second.id}/reopen`, { version: 2 });
  assert.equal(again.body.state, "new");
});

test("an export is what the list shows to this reader", async () => {
  const csv = await ask(reader, "/export?format=csv");
  assert.match(csv.headers.get("content-type") ?? "", /^text\/csv/);
  assert.match(csv.headers.get("content-disposition") ?? "", /alerts\.csv/);
  assert.equal(csv.text.trimEnd().split("\r\n").length, 4);
  const json = await ask<Alert[]>(reader, "/export?format=json&assignee=none");
  assert.equal(json.body.length, 2);
  const nothing = await ask<Alert[]>(stranger, "/export?format=json");
  assert.deepEqual(nothing.body, []);
});

test("who may not is refused, and what is wrong is named", async () => {
  const { body } = await ask<Listed>(analyst, "");
  const [alert] = body.items;
  assert.ok(alert);
  const forbidden = await ask<Refused>(reader, `/${alert.id}/comments`, { text: "x" });
  assert.deepEqual([forbidden.status, forbidden.body.code], [403, "http.forbidden"]);
  assert.equal((await ask(stranger, `/${alert.id}`)).status, 404);
  assert.equal((await ask(stranger, `/${alert.id}/assign`, { version: 1, to: "me" })).status, 404);
  for (const query of [
    "?state=gone",
    "?level=high,worst",
    "?from=yesterday",
    "?limit=0",
    "?cursor=x",
    "?org=mine",
  ]) {
    assert.equal((await ask(analyst, query)).status, 400, query);
  }
  const close = await ask<{ faults: { path: string }[] }>(analyst, `/${alert.id}/close`, {
    version: 1,
    reason: "tired",
  });
  assert.equal(close.status, 400);
  assert.ok(close.body.faults.some(({ path }) => path.includes("reason")));
});
