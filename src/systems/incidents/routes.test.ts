import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Scope } from "../../core/scope.ts";
import { Config } from "../../platform/config/config.ts";
import { createServer } from "../../platform/http/server.ts";
import { createLog } from "../../platform/log/log.ts";
import { createMailer } from "../../platform/mail/mailer.ts";
import { createMetrics } from "../../platform/metrics/metrics.ts";
import { DATABASES, testScope } from "../../platform/records/testing.ts";
import { fromAlerts } from "./alert-indicators.ts";
import { draftOf } from "./draft.ts";
import type { IncidentDetail } from "./model.ts";
import { startIncidents } from "./system.ts";
import { AWARE, CLOSING, type Desk, freshDesk } from "./testing.ts";

const log = createLog({ level: "silent" });

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: IncidentDetail & {
    items: IncidentDetail[];
    total: number;
    code: string;
    faults: { path: string }[];
    itemId: string;
  };
}

interface Node {
  desk: Desk;
  shared: IncidentDetail[];
  ask(
    who: Scope,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

async function withNode(
  database: (typeof DATABASES)[number],
  run: (node: Node) => Promise<void>,
): Promise<void> {
  const desk = await freshDesk(database);
  const scopes = new Map<string, Scope>();
  const shared: IncidentDetail[] = [];
  const config = Config.parse({ node: { tier: "W" }, http: { perMinute: 100_000 } });
  const started = await startIncidents(
    {
      config,
      log,
      mailer: createMailer({ from: "a@example.org", log }),
      records: desk.records,
      jobScope: async () => desk.jobs,
    },
    {
      orgNames: async () => new Map([[desk.member.orgId, { name: "北區水庫", nameEn: "North Reservoir" }]]),
      contactMails: async () => [],
      linkAlerts: async () => ({
        alerts: [{ orgId: desk.member.orgId, tlp: "amber" as const }],
        indicators: fromAlerts(
          [{ firstSeen: "2026-11-22T23:00:00.000Z", lastSeen: "2026-11-23T00:30:00.000Z" }],
          [
            { type: "ip", value: "203.0.113.7", internal: false },
            { type: "ip", value: "10.0.0.5", internal: true },
            { type: "user", value: "operator", internal: true },
            { type: "domain", value: "-", internal: false },
          ],
        ),
      }),
      share: async (_, incident) => {
        shared.push(incident);
        return "0190a000-0000-7000-8000-0000000000aa";
      },
    },
  );
  const app = await createServer({
    config,
    log,
    metrics: createMetrics(),
    records: desk.records,
    routes: started.routes ?? [],
    nobody: testScope({ permissions: [] }),
    version: "test",
    authenticate: async (request) => {
      const scope = scopes.get(String(request.headers["x-test-account"]));
      return scope === undefined ? undefined : { scope };
    },
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  try {
    await run({
      desk,
      shared,
      ask: async (who, method, path, body, headers = {}) => {
        scopes.set(who.actor.id, who);
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
          method,
          headers: {
            "x-test-account": who.actor.id,
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        const json = answer.headers.get("content-type")?.includes("json") === true && text !== "";
        return {
          status: answer.status,
          headers: answer.headers,
          text,
          body: json ? JSON.parse(text) : undefined,
        };
      },
    });
  } finally {
    await app.close();
    await desk.records.dispose();
  }
}

const REPORT = {
  title: "=HYPERLINK unknown sign-ins",
  awareAt: AWARE,
  facts: { impacts: [{ business: "core", leak: "minor" }] },
};
const api = "/api/v1/incidents";

for (const database of DATABASES) {
  test(`${database.name}: the story of an incident over HTTP`, () =>
    withNode(database, async ({ desk, ask, shared }) => {
      const { member, reviewer, otherMember } = desk;
      const preview = await ask(member, "POST", `${api}/preview`, { facts: REPORT.facts, awareAt: AWARE });
      assert.equal(preview.status, 200);
      assert.equal(preview.body.level, 2);
      assert.equal(
        preview.body.clocks.find((clock) => clock.duty === "report")?.dueAt,
        "2026-11-23T02:00:00.000Z",
      );
      assert.equal((await ask(member, "GET", `${api}/pack`)).body.id, "tw-2026");

      const key = { "idempotency-key": "form-7" };
      const body = { ...REPORT, alertIds: ["0190a000-0000-7000-8000-0000000000b1"] };
      const made = await ask(member, "POST", api, body, key);
      assert.equal(made.status, 201, made.text);
      const { id } = made.body;
      assert.deepEqual(
        made.body.indicators.map((one) => [one.type, one.value, one.firstSeen]),
        [["ipv4", "203.0.113.7", "2026-11-22T23:00:00.000Z"]],
      );
      assert.deepEqual(made.body.orgName, { zh: "北區水庫", en: "North Reservoir" });
      assert.ok(made.body.acts.includes("change-facts") && !made.body.acts.includes("review"));
      const again = await ask(member, "POST", api, body, key);
      assert.deepEqual([again.status, again.body.id], [201, id]);
      const other = await ask(member, "POST", api, { ...REPORT, title: "other" }, key);
      assert.deepEqual([other.status, other.body.code], [409, "ingest.key-reused"]);

      assert.equal((await ask(otherMember, "GET", `${api}/${id}`)).status, 404);
      assert.equal(
        (await ask(member, "POST", `${api}/${id}/review`, { version: 1, decision: "agree", grounds: "me" }))
          .status,
        403,
      );
      const act = async (who: Scope, path: string, sent: object) => {
        const answer = await ask(who, "POST", `${api}/${id}/${path}`, sent);
        assert.equal(answer.status, 200, `${path}: ${answer.text}`);
        return answer.body;
      };
      assert.equal((await act(reviewer, "take", { version: 1 })).state, "under-review");
      assert.equal(
        (await act(reviewer, "review", { version: 2, decision: "agree", grounds: "fits" })).state,
        "handling",
      );
      await act(reviewer, "milestones", { version: 3, milestone: "forwardedAt" });
      await act(member, "indicators", {
        version: 4,
        indicators: [{ type: "sha256", value: "A".repeat(64) }],
      });
      await act(member, "notes", { version: 5, text: "disk imaged" });
      await act(member, "facts", { version: 6, facts: { ...REPORT.facts, people: 40 } });
      await act(member, "recovery", { version: 7, text: "back in service" });
      await act(reviewer, "extensions", {
        version: 8,
        duty: "closing-report",
        until: "2027-01-20T00:00:00Z",
        grounds: "laboratory",
      });
      await act(member, "comments", { text: "thank you" });
      const closed = await act(member, "closing-report", { version: 9, report: CLOSING });
      assert.equal(closed.state, "closed");
      assert.equal((await act(reviewer, "reopening", { version: 10, grounds: "again" })).state, "handling");
      const stale = await ask(member, "POST", `${api}/${id}/notes`, { version: 10, text: "late" });
      assert.deepEqual([stale.status, stale.body.code], [409, "http.conflict"]);

      const sharer: Scope = { ...reviewer, permissions: new Set([...reviewer.permissions, "intel:write"]) };
      const draft = await ask(sharer, "POST", `${api}/${id}/share`);
      assert.deepEqual([draft.status, draft.body.itemId], [201, "0190a000-0000-7000-8000-0000000000aa"]);
      const secrets = draftOf(shared[0] ?? assert.fail("nothing was shared")).secrets;
      assert.deepEqual([...secrets.names].sort(), ["North Reservoir", "W-2026-000001", "北區水庫"]);
      assert.deepEqual([...secrets.people].sort(), ["duty-officer", "member-officer"]);
      assert.equal((await ask(reviewer, "POST", `${api}/${id}/share`)).status, 403);
    }));

  test(`${database.name}: lists, exports and refusals name the place`, () =>
    withNode(database, async ({ desk, ask }) => {
      const { member, otherMember } = desk;
      for (let n = 0; n < 3; n += 1)
        await ask(member, "POST", api, { ...REPORT, title: n === 0 ? REPORT.title : `n ${n}` });
      const list = await ask(member, "GET", `${api}?limit=2&state=reported,handling&level=2`);
      assert.deepEqual([list.body.items.length, list.body.total], [2, 3]);
      assert.equal((await ask(otherMember, "GET", api)).body.total, 0);
      const csv = await ask(member, "GET", `${api}/export.csv`);
      assert.equal(csv.headers.get("content-type"), "text/csv; charset=utf-8");
      assert.match(
        csv.text,
        /W-2026-000001,reported,2,北區水庫,'=HYPERLINK unknown sign-ins,amber,2026-11-23 09:00,2026-11-23 09:20,等級審核/,
      );
      assert.equal(csv.text.trim().split("\r\n").length, 4);
      assert.equal((await ask(otherMember, "GET", `${api}/export.csv`)).text.trim().split("\r\n").length, 1);

      const wrong = await ask(member, "POST", api, {
        title: " ",
        awareAt: "yesterday",
        facts: { impacts: [{ business: "cor" }] },
        more: 1,
      });
      assert.equal(wrong.status, 400);
      assert.deepEqual(
        wrong.body.faults
          .map((fault) => fault.path)
          .filter((path) => path !== "body")
          .sort(),
        ["body.awareAt", "body.facts.impacts.0.business", "body.title"],
      );
      const measure = await ask(member, "POST", api, { ...REPORT, facts: { measures: { "made-up": 1 } } });
      assert.equal(measure.body.faults[0]?.path, "body.facts.measures.made-up");
      assert.equal((await ask(member, "POST", api, REPORT, { "idempotency-key": "" })).status, 400);
      assert.equal((await ask(member, "GET", `${api}?state=lost`)).status, 400);
      assert.equal((await ask(member, "GET", `${api}/0190a000-0000-7000-8000-0000000000cc`)).status, 404);
    }));

  test(`${database.name}: the same report eight times at once is one incident`, () =>
    withNode(database, async ({ desk, ask }) => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => ask(desk.member, "POST", api, REPORT, { "idempotency-key": "k" })),
      );
      assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([201]));
      assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1);
      const next = await ask(desk.member, "POST", api, REPORT);
      assert.equal(next.body.number, "W-2026-000002");
    }));
}
