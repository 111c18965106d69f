import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answer, Client } from "../src/app/client.ts";
import { askNode } from "../src/app/local-socket.ts";
import { type Permission, ROLE_GRANTS, ROLES } from "../src/core/access.ts";
import { KEY_PERMISSIONS } from "../src/systems/members/model.ts";
import { CALLS, type Subject } from "./support/access-calls.ts";
import { administrator, person, type TestNode, testNode } from "./support/node.ts";

/** Who asks: an account of each role, and a key with everything a key may hold; all of the one organisation. */
interface Asker {
  readonly name: string;
  readonly client: Client;
  readonly permissions: ReadonlySet<Permission>;
}

let node: TestNode;
let own: Subject;
let foreign: Subject;
const askers: Asker[] = [];

before(async () => {
  node = await testNode({ access: { secondFactor: "optional" }, http: { port: 0, perMinute: 100_000 } });
  const { client: admin, orgId: root } = await administrator(node);
  const author = await person(admin, {
    orgId: root,
    name: "author",
    roles: ["soc-lead", "cert-duty-officer"],
  });
  const approver = await person(admin, { orgId: root, name: "approver", roles: ["intel-reviewer"] });
  const hands = { admin, author, approver, root };
  own = await plant(hands, "own", "OWNMARK");
  foreign = await plant(hands, "foreign", "FOREIGNMARK");
  for (const role of ROLES) {
    const client = await person(admin, { orgId: own.orgId, name: `a-${role}`, roles: [role] });
    askers.push({ name: role, client, permissions: new Set(ROLE_GRANTS[role].permissions) });
  }
  const issued = await admin.make<{ secret: string }>("/api/v1/keys", {
    orgId: own.orgId,
    name: "machine",
    permissions: KEY_PERMISSIONS,
  });
  askers.push({
    name: "key",
    client: Client.withKey(node.url, issued.secret),
    permissions: new Set(KEY_PERMISSIONS),
  });
});
after(() => node.dispose());

interface Hands {
  admin: Client;
  author: Client;
  approver: Client;
  root: string;
}

/** An organisation with one thing of every kind, each bearing the mark where it has words. */
async function plant({ admin, author, approver, root }: Hands, name: string, mark: string): Promise<Subject> {
  const org = await admin.make<{ id: string }>("/api/v1/orgs", {
    parentId: root,
    name: `單位 ${mark}`,
    shortName: name,
    kind: "operator",
    sector: "water",
  });
  const account = await admin.make<{ account: { id: string } }>("/api/v1/accounts", {
    orgId: org.id,
    name: `${name}-person`,
    displayName: mark,
    roles: ["member-reporter"],
  });
  const contact = await admin.make<{ id: string }>("/api/v1/contacts", { orgId: org.id, name: mark });
  const key = await admin.make<{ key: { id: string } }>("/api/v1/keys", {
    orgId: org.id,
    name: mark,
    permissions: ["logs:ingest"],
  });

  const line = (user: string) =>
    `date=2026-11-23 time=10:00:00 devname=${mark} devid=FG logid=0100032002 type=event subtype=system level=alert logdesc="Admin login failed" user="${user}" ui=https(198.51.100.66) action=login status=failed reason="passwd_invalid" msg="Administrator ${mark} login failed"`;
  const sent = await askNode(node.data, {
    method: "POST",
    path: `/ingest/logs?org=${name}&source=${mark}`,
    body: line(mark),
    headers: { "content-type": "text/plain", "idempotency-key": name },
  });
  assert.equal(sent.status, 200, JSON.stringify(sent.body));
  const logs = await author.get<{ items: { eventId: string }[] }>(`/api/v1/logs?org=${org.id}`);
  const alerts = await author.get<{ items: { id: string }[] }>(`/api/v1/alerts?org=${org.id}`);

  const incident = await author.make<{ id: string }>("/api/v1/incidents", {
    title: `事件 ${mark}`,
    orgId: org.id,
    awareAt: new Date().toISOString(),
    facts: { impacts: [{ business: "core", outage: "tolerable" }], narrative: mark },
  });
  const item = await author.make<{ id: string }>("/api/v1/intel/items", {
    orgId: org.id,
    title: `情資 ${mark}`,
    tlp: "amber",
    recipients: [{ kind: "organisation", id: org.id }],
    indicators: [{ type: "domain", value: `${mark.toLowerCase()}.example` }],
  });
  const released = await author.make<{ id: string }>("/api/v1/intel/items", {
    title: `發布 ${mark}`,
    tlp: "amber",
    recipients: [{ kind: "organisation", id: org.id }],
    indicators: [{ type: "domain", value: `released-${mark.toLowerCase()}.example` }],
  });
  await author.make(`/api/v1/intel/items/${released.id}/submit`);
  const preview = await approver.get<{ sha256: string; bundle: string }>(
    `/api/v1/intel/items/${released.id}/preview`,
  );
  await approver.make(`/api/v1/intel/items/${released.id}/approve`, { sha256: preview.body.sha256 });
  const objects = (JSON.parse(preview.body.bundle) as { objects: { id: string; type: string }[] }).objects;
  const objectId =
    objects.find((object) => object.type === "indicator")?.id ?? assert.fail("no indicator was released");
  const query = new URLSearchParams({ orgId: org.id, source: `來源 ${mark}`, fileName: `${mark}.txt` });
  const taken = await author.make<{ id: string }>(`/api/v1/intel/imports?${query}`, "198.51.100.78\n");
  const read = await author.get<{ source: { id: string } }>(`/api/v1/intel/imports/${taken.id}`);
  const feed = await author.make<{ id: string }>("/api/v1/intel/feeds", {
    orgId: org.id,
    name: `饋送 ${mark}`,
    url: "http://127.0.0.1:9/",
  });
  return {
    mark,
    orgId: org.id,
    accountId: account.account.id,
    contactId: contact.id,
    keyId: key.key.id,
    eventId: logs.body.items[0]?.eventId ?? assert.fail("no log record"),
    alertId: alerts.body.items[0]?.id ?? assert.fail("no alert"),
    incidentId: incident.id,
    itemId: item.id,
    releasedId: released.id,
    objectId,
    importId: taken.id,
    sourceId: read.body.source.id,
    feedId: feed.id,
  };
}

test("every route is on the walk, and no other", () => {
  const routes = node.routes.map((route) => route.id).sort();
  assert.deepEqual(Object.keys(CALLS).sort(), routes, "add the new route to tests/support/access-calls.ts");
});

test("nobody without a session or key gets past a route that needs a right", async () => {
  for (const route of node.routes.filter((each) => each.needs !== "public")) {
    const call = CALLS[route.id] ?? assert.fail(route.id);
    const answer = await new Client(node.url).send(
      route.method,
      call.path(own),
      call.body?.(own),
      call.headers,
    );
    assert.equal(answer.status, 401, `${route.id}: ${answer.text}`);
  }
});

test("overseers see below, a member sees neither beside nor above", async () => {
  const member = askers.find((asker) => asker.name === "member-security-officer") ?? assert.fail();
  const orgs = await member.client.get<{ items: { id: string }[] }>("/api/v1/orgs");
  assert.deepEqual(
    orgs.body.items.map((org) => org.id),
    [own.orgId],
  );
});

test("a parameter that a route does not know is refused by name, before anything is done", async () => {
  for (const route of node.routes.filter((each) => each.needs !== "public")) {
    const call = CALLS[route.id] ?? assert.fail(route.id);
    const asker = askers.find(({ permissions }) => permissions.has(route.needs as Permission));
    if (asker === undefined) continue;
    const path = call.path(own);
    const answer = await asker.client.send(
      route.method,
      `${path}${path.includes("?") ? "&" : "?"}nosuch=1`,
      call.body?.(own),
      call.headers,
    );
    const what = `${route.id}: ${answer.status} ${answer.text.slice(0, 500)}`;
    // TAXII passes over what is no filter (section 3.4), and says so in a form of its own.
    if (route.id.startsWith("taxii.")) assert.doesNotMatch(answer.text, /nosuch/, what);
    else {
      assert.equal(answer.status, 400, what);
      const { faults } = answer.body as { faults: { path: string; message: string }[] };
      const fault = faults.find((each) => each.path === "querystring.nosuch");
      assert.match(fault?.message ?? "", /^no parameter of this address, which takes /, what);
    }
  }
});

test("every route x every role x own and foreign organisation", async (walk) => {
  for (const route of node.routes) {
    const call = CALLS[route.id];
    if (call === undefined || call.kind === "public" || call.kind === "session-end") continue;
    const needs = route.needs as Permission;
    await walk.test(`${route.id} needs ${needs}`, async () => {
      for (const asker of askers) {
        const holds = asker.permissions.has(needs);
        const subjects: Subject[] = call.kind === "self" ? [own] : [own, foreign];
        for (const subject of subjects) {
          const answer: Answer = await asker.client.send(
            route.method,
            call.path(subject),
            call.body?.(subject),
            call.headers,
          );
          const what: string = `${asker.name}, ${subject.mark}: ${answer.status} ${answer.text.slice(0, 300)}`;
          if (!holds) {
            assert.equal(answer.status, 403, what);
            assert.match(answer.text, /http\.forbidden|"http_status":"403"/, what);
            continue;
          }
          assert.ok(answer.status < 500, what);
          if (call.kind === "self") continue;
          const about: string = `${what} (${call.kind})`;
          if (subject === own) {
            if (call.kind === "list") assert.equal(answer.status, 200, about);
            assert.ok(![401, 404].includes(answer.status), about);
            if (answer.status === 403)
              assert.match(answer.text, /own-(review|approval)|nobody changes the own/, about);
            assert.ok(answer.status !== 400, about);
            if (call.kind === "list" && call.shows !== false)
              assert.ok(answer.text.includes(own.mark), about);
          } else if (call.kind === "list") {
            assert.ok(!answer.text.includes(foreign.mark), about);
          } else if (call.kind === "many") {
            assert.ok(answer.text.includes("http.not-found") && !answer.text.includes(foreign.mark), about);
          } else {
            assert.ok([403, 404].includes(answer.status) && !answer.text.includes(foreign.mark), about);
          }
        }
      }
    });
  }
});
