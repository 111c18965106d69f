import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Problem } from "../../core/problem.ts";
import { EVERYONE, sees, visibleTo } from "../../core/scope.ts";
import { TLP_LEVELS, type Tlp, tlpOfRank } from "../../core/tlp.ts";
import { DATABASES } from "../../platform/records/testing.ts";
import { DeliveryStore } from "./delivery-store.ts";
import { ItemStore } from "./item-store.ts";
import type { Recipient } from "./model.ts";
import { ReleaseStore } from "./release-store.ts";
import {
  approveItem,
  draftItem,
  editItem,
  rejectItem,
  releaseItem,
  submitItem,
  withdrawItem,
} from "./review.ts";
import { recipientFaults } from "./rules.ts";
import { CollectionStore } from "./taxii/collection-store.ts";
import { readFilter } from "./taxii/filter.ts";
import { type IntelNode, nodeTests } from "./testing.ts";

const sector: Recipient = { kind: "sector", sector: "water" };
const everyone: Recipient = { kind: "everyone" };

for (const database of DATABASES) {
  const withNode = nodeTests(database);

  withNode(
    "I6: an incident's item leaves without its organisation, and exactly as it was reviewed",
    async (node) => {
      const { id } = await node.records.within(node.writer, (work) => draftItem(work, incidentDraft(node)));
      const preview = await node.records.within(node.reviewer, (work) => new ItemStore(work).record(id));
      for (const word of [
        "石門",
        "王大明",
        "daming",
        "10.9.8.7",
        "203.0.113.5",
        "471-2000",
        "HMI-07",
        "INC-2026-0007",
      ]) {
        assert.ok(!preview.bundle.includes(word), word);
      }
      assert.ok(preview.bundle.includes("198.51.100.66") && preview.bundle.includes("evil.example"));
      assert.equal(preview.bundle_sha256, createHash("sha256").update(preview.bundle).digest("hex"));
      assert.deepEqual([...new Set(preview.removed.map((each) => each.where))].sort(), [
        "description",
        "indicators.2",
        "title",
      ]);

      await submit(node, id);
      const { bundle_sha256: sha256, bundle } = await node.records.within(node.reviewer, (work) =>
        new ItemStore(work).record(id),
      );
      await node.records.within(node.reviewer, (work) => approveItem(work, id, { sha256, hold: false }));
      const item = await node.records.within(node.reviewer, (work) => new ItemStore(work).detail(id));
      assert.equal(item.state, "released");
      assert.equal(item.approvedBy?.name, "reviewer");
      assert.equal(item.approvedAt, "2026-11-23T01:00:00.000Z");
      assert.deepEqual(
        item.steps.map((step) => step.action),
        ["drafted", "submitted", "approved", "released"],
      );

      const objects: unknown[] = JSON.parse(bundle).objects;
      assert.deepEqual(
        (await fetched(node, "otherKey", "water")).map((text) => JSON.parse(text)),
        objects,
      );
      assert.deepEqual(
        await fetched(node, "otherKey", "water"),
        objects.map((object) => JSON.stringify(object)),
      );
      const released = await node.records.within(node.otherKey, (work) => new ReleaseStore(work).get(id));
      assert.equal(released.bundle, bundle);
      await refused(
        node.records.within(node.otherKey, (work) => new ItemStore(work).record(id)),
        "http.not-found",
      );
    },
  );

  withNode("I4: the writer may not approve, nor anybody who edited", async (node) => {
    const { id } = await node.records.within(node.writer, (work) => draftItem(work, incidentDraft(node)));
    await node.records.within(node.reviewer, (work) =>
      editItem(work, id, { version: 1, title: "改過的標題" }),
    );
    await submit(node, id);
    const sha256 = await shaOf(node, id);
    for (const scope of [node.writer, node.reviewer]) {
      await refused(
        node.records.within(scope, (work) => approveItem(work, id, { sha256, hold: false })),
        "intel.own-approval",
      );
    }
    assert.equal(await stateOf(node, id), "in-review");
    assert.deepEqual(await fetched(node, "otherKey", "water"), []);
  });

  withNode("I4: an approval is for the text that was seen, and for nothing else", async (node) => {
    const { id } = await node.records.within(node.writer, (work) => draftItem(work, incidentDraft(node)));
    await submit(node, id);
    const seen = await shaOf(node, id);
    await node.records.within(node.reviewer, (work) => rejectItem(work, id, "請補充說明"));
    const rejected = await node.records.within(node.writer, (work) => new ItemStore(work).detail(id));
    assert.equal(rejected.reason, "請補充說明");
    await node.records.within(node.writer, (work) =>
      editItem(work, id, { version: rejected.version, description: "補充" }),
    );
    await refused(
      node.records.within(node.writer, (work) =>
        editItem(work, id, { version: rejected.version, title: "x" }),
      ),
      "http.conflict",
    );
    await submit(node, id);
    await refused(
      node.records.within(node.reviewer, (work) => approveItem(work, id, { sha256: seen, hold: false })),
      "intel.preview-stale",
    );
    await refused(
      node.records.within(node.reviewer, (work) => releaseItem(work, id)),
      "intel.wrong-state",
    );
  });

  withNode("I6: a person who joined after the review still stops the release", async (node) => {
    const draft = { ...incidentDraft(node), description: "由林特助協助處理" };
    const { id } = await node.records.within(node.writer, (work) => draftItem(work, draft));
    await submit(node, id);
    const sha256 = await shaOf(node, id);
    await node.records.within(node.reviewer, (work) => approveItem(work, id, { sha256, hold: true }));
    assert.equal(await stateOf(node, id), "approved");
    await node.records.within(node.writer, (work) =>
      work
        .tables<{ organisation: { id: string; aliases: string[] } }>()
        .updateTable("organisation")
        .set({ aliases: ["林特助"] })
        .where("id", "=", node.orgs.source)
        .execute(),
    );
    const problem = await refused(
      node.records.within(node.reviewer, (work) => releaseItem(work, id)),
      "intel.leaks",
    );
    assert.deepEqual(
      problem.faults.map((fault) => fault.message),
      ["organisation"],
    );
    assert.match(problem.faults[0]?.path ?? "", /^objects\.\d+\.description$/);
    assert.deepEqual(await fetched(node, "otherKey", "water"), []);
  });

  withNode(
    "I7: only recipients with the clearance see a release, and the marking limits recipients",
    async (node) => {
      const red = { ...incidentDraft(node), tlp: "red" as const };
      const { id } = await node.records.within(node.writer, (work) => draftItem(work, red));
      await refused(submit(node, id), "intel.recipients");
      await node.records.within(node.writer, (work) =>
        editItem(work, id, { version: 1, recipients: [{ kind: "organisation", id: node.orgs.other }] }),
      );
      await submit(node, id);
      await approve(node, id);
      assert.ok((await fetched(node, "otherKey", "community")).length > 0);
      assert.deepEqual(await fetched(node, "thirdKey", "community"), []);
      assert.deepEqual(await fetched(node, "greenKey", "community"), []);
      await refused(
        node.records.within({ ...node.writer, clearance: "amber" }, (work) => draftItem(work, red)),
        "intel.tlp-exceeded",
      );
      await refused(
        node.records.within(node.otherKey, (work) => draftItem(work, incidentDraft(node))),
        "http.not-found",
      );
    },
  );

  withNode("I7: what a key is served is what the one rule lets it see", async (node) => {
    const cases: { recipients: Recipient[]; tlp: Tlp }[] = TLP_LEVELS.flatMap((tlp) =>
      [
        [{ kind: "organisation", id: node.orgs.other }],
        [{ kind: "organisation", id: node.orgs.third }],
        [sector],
        [everyone],
      ]
        .map((recipients) => ({ recipients: recipients as Recipient[], tlp }))
        .filter((each) => recipientFaults(each.tlp, each.recipients).length === 0),
    );
    for (const each of cases) {
      const { id } = await node.records.within(node.writer, (work) =>
        draftItem(work, { ...incidentDraft(node), ...each }),
      );
      await submit(node, id);
      await approve(node, id);
    }
    const all = await node.records.within({ ...node.reviewer, clearance: "red" }, async (work) =>
      work
        .tables<{ intel_release: { item_id: string; org_id: string; tlp: number; audience: string[] } }>()
        .selectFrom("intel_release")
        .selectAll()
        .execute(),
    );
    assert.equal(all.length, cases.length);
    for (const who of ["otherKey", "thirdKey", "greenKey"] as const) {
      const visible = visibleTo(node[who]);
      const wanted = all.filter((row) =>
        sees(visible, { orgId: row.org_id, tlp: tlpOfRank(row.tlp), audience: row.audience }),
      );
      const seen = await node.records.within(node[who], async (work) => {
        const { items, total } = await new ReleaseStore(work).list({ limit: 200 });
        assert.equal(total, items.length);
        return items.map((item) => item.id);
      });
      assert.deepEqual(seen.sort(), wanted.map((row) => row.item_id).sort(), who);
      const reports = [
        ...(await fetched(node, who, "water")),
        ...(await fetched(node, who, "community")),
      ].filter((text) => text.includes('"type":"report"'));
      assert.equal(reports.length, wanted.length, who);
    }
  });

  withNode("I8, I11: deliveries are counted once; a withdrawal goes where the item went", async (node) => {
    const { id } = await node.records.within(node.writer, (work) => draftItem(work, incidentDraft(node)));
    await submit(node, id);
    await approve(node, id);
    const receive = (revision: number) =>
      node.records.within(node.otherKey, (work) =>
        new DeliveryStore(work).record([{ itemId: id, revision }]),
      );
    await receive(1);
    node.clock.set("2026-11-23T02:00:00.000Z");
    await receive(1);
    const own = {
      ...node.otherKey,
      orgId: node.orgs.source,
      orgIds: [node.orgs.source],
      audiences: [node.orgs.source, EVERYONE],
    };
    await node.records.within(own, (work) => new DeliveryStore(work).record([{ itemId: id, revision: 1 }]));
    const before = await fetched(node, "otherKey", "water");

    await node.records.within(node.reviewer, (work) => withdrawItem(work, id, "誤判"));
    await receive(2);
    const after = await fetched(node, "otherKey", "water");
    assert.equal(after.length, before.length);
    const revoked = after
      .map((text): { type: string; revoked?: boolean; modified?: string } => JSON.parse(text))
      .filter((object) => object.revoked === true);
    assert.deepEqual([...new Set(revoked.map((object) => object.type))].sort(), [
      "indicator",
      "observed-data",
      "relationship",
      "report",
      "sighting",
    ]);
    assert.ok(revoked.every((object) => object.modified === "2026-11-23T02:00:00.000Z"));
    const page = await node.records.within(node.reviewer, (work) =>
      new DeliveryStore(work).list(id, { limit: 1 }),
    );
    assert.equal(page.total, 2);
    assert.deepEqual(page.items[0], {
      itemId: id,
      orgId: node.orgs.other,
      orgName: "曾文水庫管理中心",
      revision: 1,
      via: "taxii",
      firstFetchedAt: "2026-11-23T01:00:00.000Z",
    });
    const rest = await node.records.within(node.reviewer, (work) =>
      new DeliveryStore(work).list(id, { limit: 1, cursor: page.next ?? "" }),
    );
    assert.deepEqual(
      rest.items.map((item) => item.revision),
      [2],
    );
    assert.equal(rest.next, undefined);
    const stranger = await node.records.within(node.thirdKey, (work) =>
      new DeliveryStore(work).list(id, { limit: 9 }),
    );
    assert.equal(stranger.total, 0);
    await refused(
      node.records.within(node.reviewer, (work) => withdrawItem(work, id, "x")),
      "intel.wrong-state",
    );
  });

  withNode("lists filter, count and page; search takes wildcards as letters", async (node) => {
    for (const [title, kind] of [
      ["100% 攻擊", "INT"],
      ["100 攻擊", "EWA"],
      ["公告", "ANA"],
    ] as const) {
      await node.records.within(node.writer, (work) =>
        draftItem(work, { ...incidentDraft(node), title, kind }),
      );
    }
    const list = (filter: object) =>
      node.records.within(node.writer, (work) => new ItemStore(work).list({ limit: 2, ...filter }));
    const first = await list({});
    assert.deepEqual([first.items.length, first.total], [2, 3]);
    const second = await list({ cursor: first.next ?? "" });
    assert.deepEqual([second.items.length, second.next], [1, undefined]);
    assert.equal((await list({ q: "100%" })).total, 1);
    assert.equal((await list({ q: "198.51.100.66" })).total, 3);
    assert.equal((await list({ kind: "EWA" })).total, 1);
    assert.equal((await list({ tlp: "red" })).total, 0);
    assert.equal((await list({ state: "draft", incident: "0190a000-0000-7000-8000-00000000abcd" })).total, 3);
    await refused(list({ cursor: "x' or 1=1" }), "http.invalid");
  });
}

function incidentDraft(node: IntelNode) {
  return {
    orgId: node.orgs.source,
    title: "石門水庫管理中心遭入侵",
    description:
      "王大明主任（03-471-2000）回報 10.9.8.7 與 203.0.113.5 被 198.51.100.66 攻擊，HMI-07 受影響。",
    recipients: [sector] as Recipient[],
    indicators: [
      {
        type: "ipv4" as const,
        value: "198.51.100.66",
        firstSeen: "2026-11-22T00:00:00.000Z",
        lastSeen: "2026-11-22T01:00:00.000Z",
        count: 12,
      },
      { type: "domain" as const, value: "EVIL.example" },
      { type: "ipv4" as const, value: "10.9.8.7" },
    ],
    incident: { id: "0190a000-0000-7000-8000-00000000abcd", number: "INC-2026-0007" },
    secrets: { names: ["石門"], people: [], emails: [], phones: [], hosts: ["hmi-07"], networks: [] },
  };
}

function submit(node: IntelNode, id: string): Promise<void> {
  return node.records.within(node.writer, (work) => submitItem(work, id));
}

async function approve(node: IntelNode, id: string): Promise<void> {
  const sha256 = await shaOf(node, id);
  await node.records.within(node.reviewer, (work) => approveItem(work, id, { sha256, hold: false }));
}

async function shaOf(node: IntelNode, id: string): Promise<string> {
  return (await node.records.within(node.reviewer, (work) => new ItemStore(work).record(id))).bundle_sha256;
}

async function stateOf(node: IntelNode, id: string): Promise<string> {
  return (await node.records.within(node.reviewer, (work) => new ItemStore(work).record(id))).state;
}

async function fetched(
  node: IntelNode,
  who: "otherKey" | "thirdKey" | "greenKey",
  alias: string,
): Promise<string[]> {
  return node.records.within(node[who], async (work) => {
    const store = new CollectionStore(work);
    const { id } = await store.get(alias);
    return (await store.page(id, readFilter({}))).objects.map((object) => object.document);
  });
}

async function refused(promise: Promise<unknown>, code: string): Promise<Problem> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.code, code);
    return error;
  }
  return assert.fail(`${code} was expected`);
}
