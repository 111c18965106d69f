import assert from "node:assert/strict";
import { EVERYONE, type Scope } from "../../../core/scope.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { StixObjectStore } from "../object-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { StixObject } from "../stix/object.ts";
import { type IntelNode, nodeTests } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { countAll } from "./counting.ts";
import { loadDecays } from "./decay.ts";
import { reindexSome } from "./entry-store.ts";
import { LibraryFilter, LibraryQuery } from "./model.ts";
import { SearchStore } from "./search-store.ts";
import { weighSome } from "./weighing.ts";

const judges = { warninglists: new WarninglistChecker([]), decays: loadDecays() };

function indicator(at: number, more: object = {}): StixObject {
  return {
    type: "indicator",
    spec_version: "2.1",
    id: `indicator--00000000-0000-4000-8000-${at.toString(16).padStart(12, "0")}`,
    created: "2026-11-22T00:00:00.000Z",
    modified: "2026-11-22T00:00:00.000Z",
    valid_from: "2026-11-22T00:00:00.000Z",
    name: `beacon ${at}`,
    confidence: at % 2 === 0 ? 90 : 20,
    // Of every hundred, two say the same.
    pattern: `[ipv4-addr:value = '10.${at % 100 === 99 ? 200 : 0}.${Math.floor(at / 100)}.${at % 100 === 99 ? 98 : at % 100}']`,
    pattern_type: "stix",
    ...more,
  } as StixObject;
}

async function put(node: IntelNode, objects: readonly StixObject[], audience: readonly string[]) {
  await node.records.within(node.reviewer, (work) =>
    new StixObjectStore(work).add({
      collectionId: null,
      revision: 1,
      orgId: node.orgs.authority,
      audience,
      documents: objects.map((object) => {
        const text = JSON.stringify(object);
        return { text, object, tlp: "green" as const, digest: digestOf(object, text) };
      }),
    }),
  );
}

for (const database of DATABASES) {
  const withNode = nodeTests(database);

  withNode(
    "I3: a count goes on over what is counted by itself, and says where it was stopped",
    async (node) => {
      const some = (from: number, count: number) =>
        Array.from({ length: count }, (_, at) => indicator(from + at));
      const root = (text: string) => node.records.platformOnly.execute(text, []);
      await put(node, some(0, 1500), [EVERYONE]);
      // A new version of what was there, and what says the same as another, are nothing more to count.
      await put(
        node,
        some(0, 100).map((each) => ({ ...each, modified: "2026-11-22T12:00:00.000Z" })),
        [EVERYONE],
      );
      await put(
        node,
        some(0, 50).map((each, at) => ({ ...each, id: indicator(9000 + at).id })),
        [EVERYONE],
      );
      // Stretches of numbers that are not looked at in one go.
      await root("update stix_ledger set seq = 60000");
      await put(node, some(2000, 700), [EVERYONE]);
      await put(node, some(3000, 300), []);

      const count = (
        query: object,
        scope: Scope = node.reviewer,
        bounds?: { millis: number; scores: number },
      ) =>
        countAll((run) => node.records.within(scope, run), LibraryFilter.parse(query), judges, {
          begins: false,
          ...(bounds === undefined ? {} : { bounds }),
        });
      const page = await node.records.within(node.reviewer, (work) =>
        new SearchStore(work).search(LibraryQuery.parse({}), judges),
      );
      assert.deepEqual([page.total, page.more], [2000, true]);
      const everything = { total: 2500, more: false };
      assert.deepEqual(await count({}), everything);
      assert.deepEqual(await count({ q: "beacon" }), everything);
      assert.deepEqual(await count({ type: "malware" }), { total: 0, more: false });
      assert.deepEqual(await count({}, node.member), { total: 2200, more: false });
      const high = { scoreFrom: "50" };
      const worked = await count(high, node.reviewer, { millis: 60_000, scores: 10_000 });
      assert.deepEqual(worked, { total: 1250, more: false });
      const none = { millis: 60_000, scores: 100 };
      assert.equal((await count(high, node.reviewer, none)).more, true);
      const stopped = await count({}, node.reviewer, { millis: 0, scores: 10_000 });
      assert.deepEqual(stopped, { total: 1000, more: true });

      for (let done = false; !done; )
        ({ done } = await node.records.within(node.reviewer, (work) => reindexSome(work, 20_000)));
      for (let done = false; !done; )
        done = await node.records.within(node.reviewer, (work) => weighSome(work, judges, 20_000));
      assert.deepEqual(
        await count(high, node.reviewer, none),
        { total: 1250, more: false },
        "nothing to work out",
      );
    },
  );
}
