import assert from "node:assert/strict";
import { DATABASES } from "../../../platform/records/testing.ts";
import { FORMS } from "../exports/forms.ts";
import { libraryIndicators } from "../indicator-feed.ts";
import { StixObjectStore } from "../object-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { JsonObject } from "../stix/json.ts";
import type { StixObject } from "../stix/object.ts";
import { type IntelNode, nodeTests } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { loadDecays } from "./decay.ts";
import { EndingStore } from "./endings.ts";
import { reindexSome, restartReindex } from "./entry-store.ts";
import { expiryJob } from "./expiry.ts";
import { LibraryFilter, LibraryQuery } from "./model.ts";
import { ObjectPage } from "./object-page.ts";
import { remark } from "./remarks.ts";
import { SearchStore } from "./search-store.ts";

const judges = { warninglists: new WarninglistChecker([]), decays: loadDecays() };
const START = "2026-11-23T01:00:00.000Z";
const days = (count: number) => new Date(Date.parse(START) + count * 86_400_000).toISOString();
const id = (at: number) => `indicator--00000000-0000-4000-a000-${String(at).padStart(12, "0")}`;

function indicator(at: number, more: JsonObject = {}): StixObject {
  return {
    type: "indicator",
    spec_version: "2.1",
    id: id(at),
    created: START,
    modified: START,
    name: `indicator ${at}`,
    pattern: `[ipv4-addr:value = '203.0.113.${at}']`,
    pattern_type: "stix",
    valid_from: START,
    confidence: 60,
    ...more,
  };
}

function put(node: IntelNode, objects: readonly StixObject[], orgId = node.orgs.authority): Promise<number> {
  return node.records.within(node.reviewer, (work) =>
    new StixObjectStore(work).add({
      collectionId: null,
      revision: 1,
      orgId,
      audience: [],
      documents: objects.map((object) => {
        const text = JSON.stringify(object);
        return { text, object, tlp: "green" as const, digest: digestOf(object, text) };
      }),
    }),
  );
}

/** What detection is given, what a blocklist holds, and the list's states, by the indicators' numbers. */
async function outside(node: IntelNode) {
  return node.records.within(node.reviewer, async (work) => {
    const now = Date.parse(work.now);
    const store = new SearchStore(work);
    const found = await store.all(LibraryFilter.parse({}), 100);
    const ended = await store.ended(found.map(({ seq }) => seq));
    const isEnded = (seq: number) => ended.has(seq);
    const text = FORMS.blocklist.write(found, { now: work.now, source: "", isWarned: () => false, isEnded });
    const { indicators } = await libraryIndicators(work, { after: 0, limit: 100 });
    const current = new Map(indicators.map((each) => [each.id, each]));
    const number = (text: string) => Number(text.match(/\d+$/)?.[0]);
    const { items } = await store.search(LibraryQuery.parse({ state: "expired" }), judges);
    const valid = await store.search(LibraryQuery.parse({ state: "valid", type: "indicator" }), judges);
    return {
      detection: [...current.values()]
        .filter(({ validUntil }) => validUntil === undefined || validUntil > now)
        .map((each) => number(each.id))
        .sort(),
      blocklist: text
        .trim()
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => number(line))
        .sort(),
      expired: items.map((row) => number(row.id)).sort(),
      valid: valid.items.map((row) => number(row.id)).sort(),
    };
  });
}

for (const database of DATABASES) {
  const withNode = nodeTests(database, START);
  const run = (node: IntelNode, floor?: number) =>
    expiryJob(node.records, judges, floor).run({
      scope: node.reviewer,
      data: {},
      signal: new AbortController().signal,
    });
  const told = async (node: IntelNode) =>
    (
      await node.records.platformOnly.execute(
        "select data from outbox where topic = 'intel.expired' order by position",
        [],
      )
    ).rows.map((row) => (row["data"] as { count: number }).count);

  withNode(
    "I10: what has passed valid_until is out of detection and of devices' lists, shown as expired and told once",
    async (node) => {
      const texts = [
        indicator(1),
        indicator(2, { valid_until: days(1) }),
        indicator(3, { valid_until: days(9) }),
      ];
      await put(node, texts);
      await run(node);
      assert.deepEqual(await outside(node), {
        detection: [1, 2, 3],
        blocklist: [1, 2, 3],
        expired: [],
        valid: [1, 2, 3],
      });
      node.clock.set(days(2));
      await run(node);
      await run(node);
      assert.deepEqual(await told(node), [1]);
      assert.deepEqual(await outside(node), {
        detection: [1, 3],
        blocklist: [1, 3],
        expired: [2],
        valid: [1, 3],
      });
      const detail = await node.records.within(node.reviewer, (work) =>
        new ObjectPage(work).detail(id(2), judges),
      );
      assert.deepEqual(
        [detail.state, detail.score.value, detail.versions[0]?.document],
        ["expired", 0, JSON.stringify(texts[1])],
      );
    },
  );

  withNode(
    "I10: what has decayed to the floor ends, a sighting brings it back, and without a floor nothing decays away",
    async (node) => {
      await put(node, [
        indicator(1),
        indicator(2, { confidence: 100 }),
        indicator(3, { pattern: "[domain-name:value = 'd3.example.203.0.113.3']" }),
      ]);
      await run(node);
      node.clock.set(days(20));
      await run(node);
      assert.deepEqual((await outside(node)).valid, [1, 2, 3]);
      // An address of 60 is worth 11 by now, one of 100 is worth 18; a domain lives longer.
      await run(node, 15);
      const after = await outside(node);
      assert.deepEqual([after.detection, after.blocklist.includes(1), after.expired], [[2, 3], false, [1]]);
      const ended = await node.records.within(node.reviewer, (work) =>
        new ObjectPage(work).detail(id(1), judges),
      );
      assert.deepEqual([ended.state, ended.ending?.why], ["expired", "decayed"]);
      await node.records.within(node.reviewer, restartReindex);
      await node.records.within(node.reviewer, (work) => reindexSome(work, 1000));
      assert.deepEqual((await outside(node)).expired, [1]);
      await node.records.within(node.reviewer, (work) =>
        remark(work, id(1), {
          kind: "sighting",
          count: 1,
          firstSeen: undefined,
          lastSeen: days(20),
          text: "",
        }),
      );
      await run(node, 15);
      assert.deepEqual((await outside(node)).valid, [1, 2, 3]);
      node.clock.set(days(29));
      await run(node, 15);
      assert.deepEqual((await outside(node)).expired, [2]);
      await run(node);
      assert.deepEqual((await outside(node)).valid, [1, 2, 3]);
    },
  );

  withNode(
    "a person lets an object end, whatever version comes, takes it back, and prolongs only what is the node's own",
    async (node) => {
      await put(node, [indicator(1), indicator(2)]);
      const acts = <T>(run: (store: EndingStore) => Promise<T>, scope = node.reviewer) =>
        node.records.within(scope, (work) => run(new EndingStore(work)));
      await assert.rejects(
        acts((store) => store.end(id(1), "x"), node.member),
        /http\.not-found/,
      );
      await acts((store) => store.end(id(1), "our own scanner"));
      await assert.rejects(
        acts((store) => store.end(id(1), "x")),
        /http\.conflict/,
      );
      assert.deepEqual((await outside(node)).detection, [2]);
      node.clock.set(days(1));
      await put(node, [indicator(1, { modified: days(1) })]);
      assert.deepEqual((await outside(node)).expired, [1]);
      const shown = await node.records.within(node.reviewer, (work) =>
        new ObjectPage(work).detail(id(1), judges),
      );
      assert.deepEqual(
        [shown.ending?.why, shown.ending?.reason, shown.own],
        ["by-hand", "our own scanner", false],
      );
      await acts((store) => store.resume(id(1), "it is not"));
      assert.deepEqual((await outside(node)).valid, [1, 2]);
      await assert.rejects(
        acts((store) => store.resume(id(1), "x")),
        /http\.conflict/,
      );
      await assert.rejects(
        acts((store) => store.prolong(id(2), days(9), "x")),
        /intel\.not-own/,
      );

      const producer = await node.records.within(node.reviewer, (work) =>
        work
          .tables<{ intel_producer: { id: string } }>()
          .selectFrom("intel_producer")
          .select("id")
          .executeTakeFirstOrThrow(),
      );
      const own = indicator(3, { created_by_ref: producer.id, valid_until: days(2) });
      await put(node, [own]);
      node.clock.set(days(3));
      assert.ok((await outside(node)).expired.includes(3));
      await assert.rejects(
        acts((store) => store.prolong(id(3), days(2), "x")),
        /http\.invalid/,
      );
      await acts((store) => store.prolong(id(3), days(30), "still seen"));
      assert.ok((await outside(node)).detection.includes(3));
      const versions = await node.records.within(node.reviewer, (work) =>
        new ObjectPage(work).detail(id(3), judges),
      );
      assert.equal(versions.versionCount, 2);
      assert.equal(versions.versions[1]?.document, JSON.stringify(own));
      assert.ok(versions.own);
    },
  );
}
