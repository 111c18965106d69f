import assert from "node:assert/strict";
import { test } from "node:test";
import { DATABASES } from "../../../platform/records/testing.ts";
import { DeliveryStore } from "../delivery-store.ts";
import { ItemStore } from "../item-store.ts";
import { LibraryFilter } from "../library/model.ts";
import { SearchStore } from "../library/search-store.ts";
import { approveItem, draftItem, submitItem, withdrawItem } from "../review.ts";
import type { IntelTables } from "../tables.ts";
import { CollectionStore } from "../taxii/collection-store.ts";
import type { IntelNode } from "../testing.ts";
import { compareWith } from "./compare.ts";
import { PeerExchange } from "./exchange.ts";
import { PeerStore } from "./peer-store.ts";
import { publish, type TwoNodes, tool, withTwoNodes } from "./testing.ts";

const idOf = (at: number): string => JSON.parse(tool(at)).id;

/** As a producer does whose own database lost it: no revoked version, no word. */
async function deleteThere(node: IntelNode, texts: readonly string[]): Promise<void> {
  await node.records.within({ ...node.writer, clearance: "red" }, (work) =>
    work
      .tables<IntelTables>()
      .deleteFrom("stix_object")
      .where("document", "in", [...texts])
      .execute(),
  );
}

/** The inbox of a node under the pusher's eyes: documents in their order. */
async function inboxOf(node: IntelNode): Promise<string[]> {
  return node.records.within({ ...node.otherPusher, clearance: "red" }, async (work) => {
    const { id } = await new CollectionStore(work).get("inbox");
    const rows = await work
      .tables<IntelTables>()
      .selectFrom("stix_object")
      .select("document")
      .where("collection_id", "=", id)
      .orderBy("seq")
      .execute();
    return rows.map((row) => row.document);
  });
}

for (const database of DATABASES) {
  const withTwo = (name: string, run: (given: TwoNodes) => Promise<void>) =>
    test(`${database.name}: ${name}`, () => withTwoNodes(database, run));

  withTwo(
    "I11: what the producer deletes is withdrawn here, kept, told, and comes back with it",
    async (given) => {
      const { here, there, scope, parts, add } = given;
      await publish(there, [tool(1), tool(2)], [there.orgs.other]);
      const id = await add({});
      const exchange = new PeerExchange(parts);
      const run = async (at: string) => {
        here.clock.set(at);
        await exchange.run(scope, id);
      };
      const state = () =>
        here.records.within(scope, async (work) => {
          const rows = await work
            .tables<IntelTables>()
            .selectFrom("stix_object")
            .select(["document", "revoked", "withdrawn_at"])
            .where("collection_id", "is", null)
            .orderBy("seq")
            .execute();
          const found = async (revoked: "yes" | "no") =>
            (await new SearchStore(work).all(LibraryFilter.parse({ revoked }), 50)).map(
              ({ document }): string => JSON.parse(document).id,
            );
          return {
            rows: rows.map((row) => [row.document, row.revoked, row.withdrawn_at !== null]),
            standing: (await found("no")).sort(),
            revoked: await found("yes"),
          };
        });
      await run("2026-11-23T02:00:00.000Z");
      await deleteThere(there, [tool(2)]);
      await run("2026-11-23T03:00:00.000Z");
      assert.deepEqual((await state()).revoked, [], "manifests are read every six hours");
      await run("2026-11-23T09:00:00.000Z");
      assert.deepEqual(await state(), {
        rows: [
          [tool(1), false, false],
          [tool(2), true, true],
        ],
        standing: [idOf(1)],
        revoked: [idOf(2)],
      });
      const { rows: heard } = await here.records.platformOnly.execute(
        "select topic from outbox where topic = 'intel.gone'",
      );
      assert.equal(heard.length, 1, "whoever keeps indicators in memory hears of it at once");
      const [last] = await here.records.within(scope, (work) => new PeerStore(work, parts.nodeKey).runs(id));
      assert.deepEqual(
        [last?.kind, last?.refused, last?.details],
        ["compare", 1, [{ id: idOf(2), message: "deleted there; withdrawn here" }]],
      );
      await run("2026-11-23T16:00:00.000Z");
      const runs = await here.records.within(scope, (work) => new PeerStore(work, parts.nodeKey).runs(id));
      assert.equal(runs.filter((each) => each.kind === "compare").length, 1, "told once");
      await publish(there, [tool(2)], [there.orgs.other]);
      await run("2026-11-23T16:05:00.000Z");
      assert.deepEqual((await state()).standing, [idOf(1), idOf(2)]);
    },
  );

  withTwo("I11: what others tell, too, stays; what goes all at once waits for a person", async (given) => {
    const { here, there, scope, parts, add } = given;
    const texts = Array.from({ length: 120 }, (_, at) => tool(at));
    await publish(there, texts, [there.orgs.other]);
    const [one, two] = [await add({}), await add({ name: "C" })];
    const exchange = new PeerExchange(parts);
    const withdrawn = () =>
      here.records.within(scope, async (work) => {
        const { total } = await work
          .tables<IntelTables>()
          .selectFrom("stix_object")
          .select((e) => e.fn.countAll<number>().as("total"))
          .where("withdrawn_at", "is not", null)
          .executeTakeFirstOrThrow();
        return Number(total);
      });
    await exchange.run(scope, one);
    await exchange.run(scope, two);
    await deleteThere(there, texts);
    here.clock.set("2026-11-23T09:00:00.000Z");
    await exchange.run(scope, one);
    const [last] = await here.records.within(scope, (work) => new PeerStore(work, parts.nodeKey).runs(one));
    assert.match(last?.error ?? "", /^120 of 120 objects are gone there at once/);
    const gone = async (id: string, mend: boolean) =>
      (await compareWith(parts, scope, id, mend)).map((each) => [each.direction, each.gone, each.mended]);
    assert.deepEqual(await gone(one, false), [
      ["pull", 120, 0],
      ["push", 0, 0],
    ]);
    assert.deepEqual(await gone(one, true), [
      ["pull", 120, 120],
      ["push", 0, 0],
    ]);
    assert.equal(await withdrawn(), 0, "the second peer tells them still");
    assert.deepEqual((await gone(one, false))[0], ["pull", 0, 0], "followed once");
    await gone(two, true);
    assert.equal(await withdrawn(), 120);
  });

  withTwo("I11: what is deleted here is deleted at the peer, unless it came again", async (given) => {
    const { here, there, scope, parts, add, line } = given;
    const pusher = { ...here.otherPusher, clearance: "red" as const };
    const inbox = (run: (store: CollectionStore, id: string) => Promise<unknown>) =>
      here.records.within(pusher, async (work) => {
        const store = new CollectionStore(work);
        await run(store, (await store.get("inbox")).id);
      });
    const push = (texts: readonly string[]) =>
      publish(here, texts, [], "green", { collection: "inbox", orgId: here.orgs.other });
    const sightless = { type: "ipv4-addr", value: "198.51.100.3" };
    const address = JSON.stringify({ ...sightless, id: "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4" });
    await push([tool(1), tool(2), tool(3), address]);
    const id = await add({ lines: [line(true, { direction: "push", source: "collection:inbox" })] });
    const exchange = new PeerExchange(parts);
    await exchange.run(scope, id);
    assert.deepEqual(await inboxOf(there), [tool(1), tool(2), tool(3), address]);
    const drop = (one: string) => inbox((store, at) => store.remove(at, one, { versions: ["all"] }));
    await drop(idOf(1));
    await drop(idOf(2));
    await drop(JSON.parse(address).id);
    await push([tool(2)]);
    await exchange.run(scope, id);
    assert.deepEqual(await inboxOf(there), [tool(2), tool(3)]);
    const [last] = await here.records.within(scope, (work) => new PeerStore(work, parts.nodeKey).runs(id));
    assert.deepEqual(
      last?.details.map((each) => each.message),
      ["deleted here; deleted there", "deleted here; deleted there"],
    );
    await drop(idOf(3));
    await there.records.within({ ...there.otherPusher, clearance: "red" }, async (work) => {
      const store = new CollectionStore(work);
      await store.remove((await store.get("inbox")).id, idOf(3), { versions: ["all"] });
    });
    await exchange.run(scope, id);
    const peer = await here.records.within(scope, (work) => new PeerStore(work, parts.nodeKey).get(id));
    assert.equal(peer.state, "good", "what is gone there already is no failure");
  });

  withTwo("I8: a push is in the ledger of deliveries, by peer, item and revision, once", async (given) => {
    const { here, scope, parts, add } = given;
    const { id: itemId } = await here.records.within(here.writer, (work) =>
      draftItem(work, {
        orgId: here.orgs.source,
        title: "掃描來源",
        description: "",
        tlp: "green",
        recipients: [{ kind: "everyone" }],
        indicators: [
          { type: "ipv4", value: "198.51.100.66", firstSeen: "2026-11-22T00:00:00.000Z", count: 3 },
        ],
      }),
    );
    await here.records.within(here.writer, (work) => submitItem(work, itemId));
    const { bundle_sha256: sha256 } = await here.records.within(here.reviewer, (work) =>
      new ItemStore(work).record(itemId),
    );
    await here.records.within(here.reviewer, (work) => approveItem(work, itemId, { sha256, hold: false }));
    const deliveries = () =>
      here.records.within(here.reviewer, async (work) =>
        (await new DeliveryStore(work).list(itemId, { limit: 50 })).items.map((each) => [
          each.orgName,
          each.revision,
          each.via,
        ]),
      );
    const exchange = new PeerExchange(parts);
    const [e, c] = [await add({}), await add({ name: "C", standsFor: here.orgs.third })];
    for (const id of [e, c, e, c]) await exchange.run(scope, id);
    const first = (await deliveries()).sort();
    assert.deepEqual(first, [
      ["E", 1, "push"],
      ["德基水庫管理中心", 1, "push"],
    ]);
    here.clock.set("2026-11-23T05:00:00.000Z");
    await here.records.within(here.reviewer, (work) => withdrawItem(work, itemId, "誤判"));
    await exchange.run(scope, e);
    assert.deepEqual(
      (await deliveries()).filter(([, revision]) => revision === 2),
      [["E", 2, "push"]],
      "the withdrawal, too, has arrived",
    );
  });
}
