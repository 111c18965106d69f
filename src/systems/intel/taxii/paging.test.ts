import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERYONE } from "../../../core/scope.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { markedDocument, StixObjectStore } from "../object-store.ts";
import { type IntelNode, intelNode, intelServer } from "../testing.ts";
import { type Checkpoint, type PeerCollection, pullFrom, TaxiiClient } from "./client.ts";
import { CollectionStore } from "./collection-store.ts";
import { readFilter } from "./filter.ts";

const COUNT = 3000;
const PAGE = 100;

function marker(at: number): string {
  const id = `x-marker--00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
  return JSON.stringify({ type: "x-marker", id, spec_version: "2.1" });
}

function add(node: IntelNode, from: number, count: number, fails = false): Promise<void> {
  return node.records.within(node.reviewer, async (work) => {
    const { id } = await new CollectionStore(work).get("community");
    const documents = Array.from({ length: count }, (_, at) => markedDocument(marker(from + at), "clear"));
    const orgId = node.orgs.authority;
    await new StixObjectStore(work).add({
      collectionId: id,
      revision: 1,
      orgId,
      audience: [EVERYONE],
      documents,
    });
    if (fails) throw new Error("taken back");
  });
}

for (const database of DATABASES) {
  for (const way of ["next", "added_after"] as const) {
    test(`${database.name}: 3.5 thousands of objects of one instant, paged by ${way} while others write: none lost, none twice`, async () => {
      const node = await intelNode(database);
      const { server, url } = await intelServer(node, { perMinute: 100_000 });
      try {
        await add(node, 0, COUNT);
        const client = new TaxiiClient(
          { url: `${url}/taxii2/`, login: { token: "other" } },
          { loopback: true },
        );
        const [root] = await client.apiRoots();
        const [collection] = await client.collections(root ?? assert.fail());
        const kept: string[] = [];
        const writers: Promise<unknown>[] = [];
        let written = COUNT;
        const write = (fails: boolean) => {
          writers.push(add(node, written, 7, fails).catch(() => {}));
          if (!fails) written += 7;
        };
        let pages = 0;
        const keep = async (page: { documents: readonly string[] }) => {
          kept.push(...page.documents);
          if (++pages % 3 === 0 && pages < 40) write(pages % 2 === 0);
        };
        let from: Checkpoint = {};
        if (way === "next") from = await pullFrom(client, collection ?? assert.fail(), from, keep, PAGE);
        else from = await pullByTime(url, collection ?? assert.fail(), keep);
        await Promise.all(writers);
        await pullFrom(client, collection ?? assert.fail(), from, keep, PAGE);
        assert.equal(new Set(kept).size, kept.length, "none twice");
        assert.deepEqual(kept.toSorted(), Array.from({ length: written }, (_, at) => marker(at)).toSorted());
      } finally {
        await server.close();
        await node.dispose();
      }
    });
  }

  test(`${database.name}: 3.4 added_after goes on exactly behind the last object of a page`, async () => {
    const node = await intelNode(database);
    try {
      await add(node, 0, 30);
      const next = await node.records.within(node.otherKey, async (work) => {
        const store = new CollectionStore(work);
        const { id } = await store.get("community");
        const page = await store.page(id, readFilter({ limit: "10", "match[type]": "x-marker" }));
        assert.equal(page.objects.length, 10);
        const late = readFilter({ added_after: page.objects.at(-1)?.dateAdded ?? "", limit: "1" });
        return (await store.page(id, late)).objects[0]?.seq;
      });
      assert.equal(next, 11);
    } finally {
      await node.dispose();
    }
  });
}

/** As a client does that knows no `next`. */
async function pullByTime(
  url: string,
  collection: PeerCollection,
  keep: (page: { documents: readonly string[] }) => Promise<void>,
): Promise<Checkpoint> {
  for (let addedAfter = "1970-01-01T00:00:00Z"; ; ) {
    const query = new URLSearchParams({ added_after: addedAfter, limit: String(PAGE) });
    const answer = await fetch(`${new URL(collection.url, url).href}objects/?${query}`, {
      headers: { authorization: "Bearer other", accept: "application/taxii+json;version=2.1" },
    });
    const body = (await answer.json()) as { more?: boolean; objects?: unknown[] };
    await keep({ documents: (body.objects ?? []).map((object) => JSON.stringify(object)) });
    addedAfter = answer.headers.get("x-taxii-date-added-last") ?? assert.fail("no header");
    if (body.more !== true) return { addedAfter };
  }
}
