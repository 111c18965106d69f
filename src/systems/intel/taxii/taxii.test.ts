import assert from "node:assert/strict";
import { test } from "node:test";
import { DATABASES } from "../../../platform/records/testing.ts";
import { ItemStore } from "../item-store.ts";
import type { Recipient } from "../model.ts";
import { markedDocument, StixObjectStore } from "../object-store.ts";
import { fetchesOf } from "../peers/collections.ts";
import { approveItem, draftItem, submitItem, withdrawItem } from "../review.ts";
import { type Answer, client, type IntelNode, intelNode, intelServer } from "../testing.ts";
import { CollectionStore } from "./collection-store.ts";
import { readFilter } from "./filter.ts";
import { TIMESTAMP, TYPE } from "./testing.ts";

for (const database of DATABASES) {
  const withServer = (
    name: string,
    run: (
      node: IntelNode,
      get: (path: string, accept?: string) => Promise<Answer>,
      url: string,
    ) => Promise<void>,
  ) =>
    test(`${database.name}: ${name}`, async () => {
      const node = await intelNode(database);
      const { server, url } = await intelServer(node);
      try {
        const call = client(url, "other");
        await run(node, (path, accept = TYPE) => call("GET", path, undefined, { accept }), url);
      } finally {
        await server.close();
        await node.dispose();
      }
    });
  const community = async (get: (path: string) => Promise<Answer>, alias = "community"): Promise<string> => {
    const { json } = await get("/taxii2/lianfang/collections/");
    const found = json.collections.find((each: { alias: string }) => each.alias === alias);
    return `/taxii2/lianfang/collections/${found.id}/`;
  };

  withServer(
    "5.4 what is released leaves verbatim, and its withdrawal as a later version",
    async (node, get) => {
      const id = await release(node, everyone);
      const base = await community(get);
      const bundle = await node.records.within(
        node.reviewer,
        async (work) => (await new ItemStore(work).record(id)).bundle,
      );
      const all = await get(`${base}objects/`);
      assert.equal(all.headers.get("content-type"), TYPE);
      assert.equal(all.text, `{"objects":${bundle.slice(bundle.indexOf('"objects":') + 10, -1)}}`);
      const manifest = await get(`${base}manifest/`);
      assert.deepEqual(
        manifest.json.objects.map((each: { id: string; version: string }) => [each.id, each.version]),
        all.json.objects.map((each: { id: string; modified?: string; created?: string }, at: number) => [
          each.id,
          each.modified ?? each.created ?? manifest.json.objects[at].date_added,
        ]),
      );
      for (const entry of manifest.json.objects) assert.match(entry.date_added, TIMESTAMP);
      assert.equal(all.headers.get("x-taxii-date-added-first"), manifest.json.objects[0].date_added);
      assert.equal(all.headers.get("x-taxii-date-added-last"), manifest.json.objects.at(-1).date_added);

      const report = all.json.objects.at(-1);
      node.clock.set("2026-11-23T05:00:00.000Z");
      await node.records.within(node.reviewer, (work) => withdrawItem(work, id, "誤判"));
      const one = `${base}objects/${report.id}/`;
      const versions = (wish: string) =>
        get(`${one}?match[version]=${wish}`).then((answer) =>
          answer.json.objects?.map((each: { modified: string }) => each.modified),
        );
      const [first, last] = ["2026-11-23T01:00:00.000Z", "2026-11-23T05:00:00.000Z"];
      assert.deepEqual(
        (await get(one)).json.objects.map((each: { revoked: boolean }) => each.revoked),
        [true],
      );
      assert.deepEqual(await versions("first"), [first]);
      assert.deepEqual(await versions("all"), [first, last]);
      assert.deepEqual(await versions("last,first"), [first, last]);
      assert.deepEqual(await versions("2026-11-23T01:00:00Z"), [first]);
      assert.equal((await get(`${one}?match[version]=2020-01-01T00:00:00Z`)).text, "{}");
      assert.deepEqual((await get(`${one}versions/`)).json, { versions: [first, last] });
      assert.equal((await get(`${one}versions/?limit=1`)).json.more, true);
    },
  );

  withServer(
    "3.5 paging by next and by added_after gives everything once, while others write",
    async (node, get) => {
      for (let at = 0; at < 3; at++) await release(node, everyone, `198.51.100.${at}`);
      const base = `${await community(get)}objects/`;
      let writes = 0;
      const pages = async (step: (answer: Answer) => string) => {
        const ids: string[] = [];
        for (let query = "limit=2", turn = 0; query !== ""; turn++) {
          const answer = await get(`${base}?${query}`);
          if (turn === 2) await release(node, everyone, `203.0.${114 + writes++}.1`);
          ids.push(...answer.json.objects.map((each: { id: string }) => each.id));
          assert.ok(answer.json.objects.length <= 2);
          query = answer.json.more === true ? `limit=2&${step(answer)}` : "";
        }
        return ids;
      };
      const byNext = await pages((answer) => `next=${answer.json.next}`);
      const whole = (await get(base)).json.objects.map((each: { id: string }) => each.id);
      assert.deepEqual(byNext, whole);
      assert.equal(new Set(byNext).size, byNext.length);

      const byTime = await pages((answer) => `added_after=${answer.headers.get("x-taxii-date-added-last")}`);
      assert.deepEqual(
        byTime,
        (await get(base)).json.objects.map((each: { id: string }) => each.id),
      );

      const last = (await get(base)).headers.get("x-taxii-date-added-last") ?? "";
      assert.equal((await get(`${base}?added_after=${last}`)).text, "{}");
      await release(node, everyone, "203.0.120.1");
      const fresh = (await get(`${base}?added_after=${last}`)).json.objects;
      assert.deepEqual(
        fresh.map((each: { type: string }) => each.type),
        ["ipv4-addr", "observed-data", "indicator", "relationship", "sighting", "report"],
      );
    },
  );

  withServer("I7: a foreign key sees neither the object nor that it exists", async (node, get, url) => {
    await release(node, [{ kind: "organisation", id: node.orgs.other }]);
    const base = await community(get);
    const [report] = (await get(`${base}objects/?match[type]=report`)).json.objects;
    const foreign = client(url, "third");
    assert.equal((await foreign("GET", `${base}objects/`)).text, "{}");
    assert.equal((await foreign("GET", `${base}manifest/`)).text, "{}");
    for (const path of [`objects/${report.id}/`, `objects/${report.id}/versions/`])
      assert.equal((await foreign("GET", base + path)).status, 404);
    assert.equal(
      (await foreign("GET", `${base}objects/?match[id]=${report.id}&match[version]=all`)).text,
      "{}",
    );
  });

  withServer("I8: a fetch over TAXII is written down once", async (node, get, url) => {
    const id = await release(node, everyone);
    const base = await community(get);
    await get(`${base}manifest/`);
    const deliveries = () => client(url, "reviewer")("GET", `/api/v1/intel/items/${id}/deliveries`);
    assert.equal((await deliveries()).json.total, 0);
    await get(`${base}objects/?limit=1`);
    await get(`${base}objects/`);
    const { json } = await deliveries();
    assert.deepEqual(
      json.items.map((each: { orgId: string; via: string }) => [each.orgId, each.via]),
      [[node.orgs.other, "taxii"]],
    );
  });

  withServer("I1: who fetches from a collection, when and how far", async (node, get, url) => {
    await release(node, everyone);
    const base = await community(get);
    const id = base.split("/").at(-2) ?? "";
    const admin = { ...node.writer, permissions: new Set(["platform:read"] as const) };
    const fetches = async () =>
      (await node.records.within(admin, (work) => fetchesOf(work, id))).items.map((each) => [
        each.actorName,
        each.orgId,
        each.objects,
        each.complete,
        each.lastAt,
      ]);
    await get(`${base}manifest/`);
    await client(url, "other")("HEAD", `${base}objects/`, undefined, { accept: TYPE });
    assert.deepEqual(await fetches(), []);
    const first = await get(`${base}objects/?limit=2`);
    assert.deepEqual(await fetches(), [["other", node.orgs.other, 2, false, "2026-11-23T01:00:00.000Z"]]);
    await get(`${base}objects/?limit=2&next=${first.json.next}`);
    assert.equal((await fetches())[0]?.[2], 2, "in the middle of a pull it is written down now and then");
    node.clock.set("2026-11-23T01:00:10.000Z");
    const whole = await get(`${base}objects/`);
    assert.deepEqual(await fetches(), [
      ["other", node.orgs.other, 4 + whole.json.objects.length, true, "2026-11-23T01:00:10.000Z"],
    ]);
    const { items } = await node.records.within(admin, (work) => fetchesOf(work, id));
    assert.equal(
      items[0]?.reachedAt,
      `${whole.headers.get("x-taxii-date-added-last")?.slice(0, 23)}Z`,
      "as far as the last object",
    );
    assert.deepEqual(
      (await node.records.within(node.otherKey, (work) => fetchesOf(work, id))).items.length,
      1,
    );
    assert.deepEqual((await node.records.within(node.thirdKey, (work) => fetchesOf(work, id))).items, []);
  });

  test(`${database.name}: numbers and times of arrival grow in the order of commit`, async () => {
    const node = await intelNode(database);
    try {
      const add = (at: number) =>
        node.records.within(node.reviewer, async (work) => {
          const { id } = await new CollectionStore(work).get("community");
          const item = await draftItem(work, draft(node, everyone, `198.51.100.${at}`));
          const documents = [
            JSON.stringify({
              type: "x-test",
              id: `x-test--8e2e2d2b-17d4-4cbf-938f-${String(at).padStart(12, "0")}`,
            }),
          ];
          await new StixObjectStore(work).add({
            collectionId: id,
            itemId: item.id,
            revision: 1,
            orgId: node.orgs.source,
            audience: [],
            documents: documents.map((text) => markedDocument(text, "clear")),
          });
          if (at % 3 === 0) throw new Error("taken back");
        });
      await Promise.allSettled(Array.from({ length: 12 }, (_, at) => add(at)));
      const rows = await node.records.within(node.reviewer, async (work) => {
        const store = new CollectionStore(work);
        return (await store.page((await store.get("community")).id, readFilter({}))).objects;
      });
      assert.deepEqual(
        rows.map((row) => row.seq),
        [1, 2, 3, 4, 5, 6, 7, 8],
      );
      const times = rows.map((row) => row.dateAdded);
      assert.deepEqual(times, [...new Set(times)].sort());
      assert.deepEqual(times.slice(0, 2), ["2026-11-23T01:00:00.000000Z", "2026-11-23T01:00:00.000001Z"]);
    } finally {
      await node.dispose();
    }
  });
}

const everyone: Recipient[] = [{ kind: "everyone" }];

function draft(node: IntelNode, recipients: Recipient[], address: string) {
  return {
    orgId: node.orgs.source,
    title: "掃描來源",
    description: "",
    tlp: "green" as const,
    recipients,
    indicators: [{ type: "ipv4" as const, value: address, firstSeen: "2026-11-22T00:00:00.000Z", count: 3 }],
  };
}

async function release(node: IntelNode, recipients: Recipient[], address = "198.51.100.66"): Promise<string> {
  const { id } = await node.records.within(node.writer, (work) =>
    draftItem(work, draft(node, recipients, address)),
  );
  await node.records.within(node.writer, (work) => submitItem(work, id));
  const { bundle_sha256: sha256 } = await node.records.within(node.reviewer, (work) =>
    new ItemStore(work).record(id),
  );
  await node.records.within(node.reviewer, (work) => approveItem(work, id, { sha256, hold: false }));
  return id;
}
