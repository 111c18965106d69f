import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { DATABASES } from "../../platform/records/testing.ts";
import { client, type IntelNode, intelNode, intelServer } from "./testing.ts";

type Call = ReturnType<typeof client>;

for (const database of DATABASES) {
  const withServer = (name: string, run: (as: (who: string) => Call, node: IntelNode) => Promise<void>) =>
    test(`${database.name}: ${name}`, async () => {
      const node = await intelNode(database);
      const { server, url } = await intelServer(node);
      try {
        await run((who) => client(url, who), node);
      } finally {
        await server.close();
        await node.dispose();
      }
    });

  withServer("I1, I4: an item by hand, from draft to download", async (as, node) => {
    const [write, review, receive] = [as("writer"), as("reviewer"), as("member")];
    const made = await write("POST", "/api/v1/intel/items", {
      orgId: node.orgs.source,
      title: "=石門水庫 釣魚郵件",
      description: "請王大明確認",
      tlp: "green",
      recipients: [{ kind: "everyone" }],
      indicators: [
        { type: "email", value: "Phish@evil.example" },
        { type: "ipv4", value: "9.9.9.9" },
      ],
    });
    assert.equal(made.status, 201);
    const path = `/api/v1/intel/items/${made.json.id}`;
    assert.equal((await write("GET", path)).json.indicators[0].value, "phish@evil.example");
    const edited = await write("PATCH", path, { version: 1, description: "請王大明確認，電話 03-471-2000" });
    assert.deepEqual([edited.status, edited.json.version], [200, 2]);
    assert.equal((await write("PATCH", path, { version: 1, title: "x" })).json.code, "http.conflict");
    assert.equal((await write("POST", `${path}/submit`)).json.state, "in-review");

    const preview = (await review("GET", `${path}/preview`)).json;
    assert.equal(createHash("sha256").update(preview.bundle).digest("hex"), preview.sha256);
    assert.deepEqual(preview.after, {
      title: "=[機關] 釣魚郵件",
      description: "請[人員]確認，電話 [電話]",
    });
    assert.deepEqual(
      preview.removed.map((each: { kind: string; before: string }) => [each.kind, each.before]),
      [
        ["organisation", "石門水庫"],
        ["person", "王大明"],
        ["phone", "03-471-2000"],
      ],
    );
    assert.deepEqual(
      [preview.tlp, preview.recipients, preview.leaks, preview.faults],
      ["green", [{ kind: "everyone" }], [], []],
    );
    assert.deepEqual(preview.warnings, [
      { value: "phish@evil.example", list: "文件範例網域 Documentation domains", entry: "example" },
      { value: "9.9.9.9", list: "公用 DNS 解析器 Public DNS resolvers", entry: "9.9.9.9" },
    ]);
    assert.equal(
      (await review("POST", `${path}/approve`, { sha256: "0".repeat(64) })).json.code,
      "intel.preview-stale",
    );
    const approved = await review("POST", `${path}/approve`, { sha256: preview.sha256 });
    assert.deepEqual(
      [approved.status, approved.json.state, approved.json.approvedBy.name],
      [200, "released", "reviewer"],
    );

    const released = (await receive("GET", "/api/v1/intel/released?kind=INT&q=釣魚")).json;
    assert.deepEqual([released.total, released.items[0].id], [1, made.json.id]);
    assert.ok(!JSON.stringify(released).includes(node.orgs.source));
    const bundle = await receive("GET", `/api/v1/intel/released/${made.json.id}/bundle`);
    assert.equal(bundle.text, preview.bundle);
    assert.equal(bundle.headers.get("content-type"), "application/stix+json;version=2.1");
    assert.equal((await receive("GET", path)).status, 404);
    const delivered = (await write("GET", `${path}/deliveries`)).json;
    assert.deepEqual(
      delivered.items.map((each: { orgId: string; orgName: string }) => [each.orgId, each.orgName]),
      [[node.orgs.other, "曾文水庫管理中心"]],
    );
    assert.equal((await review("POST", `${path}/withdraw`, { reason: "誤判" })).json.state, "withdrawn");
    const withdrawn = (await receive("GET", `/api/v1/intel/released/${made.json.id}`)).json;
    assert.notEqual(withdrawn.withdrawnAt, null);
    const recalled = JSON.parse((await receive("GET", `/api/v1/intel/released/${made.json.id}/bundle`)).text);
    assert.ok(recalled.objects.every((object: { revoked: boolean }) => object.revoked === true));

    const csv = await write("GET", "/api/v1/intel/items/export");
    assert.equal(csv.text.split("\r\n").length, 3);
    assert.match(csv.text, /,'=石門水庫 釣魚郵件,/);
    assert.deepEqual(
      (await write("GET", path)).json.steps.map((step: { action: string }) => step.action),
      ["drafted", "edited", "submitted", "approved", "released", "withdrawn"],
    );
  });

  withServer("wrong input names its place; foreign items are not there", async (as, node) => {
    const write = as("writer");
    const item = {
      title: "x",
      indicators: [
        { type: "ipv4", value: "1.2.3.4" },
        { type: "sha256", value: "abc" },
      ],
    };
    const refused = await write("POST", "/api/v1/intel/items", item);
    assert.deepEqual([refused.status, refused.json.faults[0].path], [400, "body.indicators.1.value"]);
    const backwards = {
      type: "ipv4",
      value: "1.2.3.4",
      firstSeen: "2026-11-23T00:00:00Z",
      lastSeen: "2026-11-22T00:00:00Z",
    };
    assert.equal(
      (await write("POST", "/api/v1/intel/items", { title: "x", indicators: [backwards] })).status,
      400,
    );
    const foreign = await write("POST", "/api/v1/intel/items", {
      title: "x",
      orgId: "0190a000-0000-7000-8000-0000000000ff",
    });
    assert.equal(foreign.status, 404);
    const { json } = await write("POST", "/api/v1/intel/items", { title: "x", orgId: node.orgs.source });
    const member = as("member");
    for (const path of ["", "/preview", "/deliveries"]) {
      assert.equal((await member("GET", `/api/v1/intel/items/${json.id}${path}`)).status, 404);
    }
    assert.equal((await member("GET", "/api/v1/intel/items")).json.total, 0);
    assert.equal((await member("POST", "/api/v1/intel/items", { title: "x" })).status, 403);
    assert.equal(
      (await write("POST", `/api/v1/intel/items/${json.id}/approve`, { sha256: "0".repeat(64) })).status,
      403,
    );
    assert.equal(
      (await write("POST", `/api/v1/intel/items/${json.id}/submit`)).json.code,
      "intel.recipients",
    );
  });
}
