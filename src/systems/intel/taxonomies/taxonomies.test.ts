import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERYONE, type Scope } from "../../../core/scope.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { importMispCluster } from "../imports/misp-cluster.ts";
import { importMispTaxonomy } from "../imports/misp-taxonomy.ts";
import { loadDecays } from "../library/decay.ts";
import { LibraryQuery } from "../library/model.ts";
import { SearchStore } from "../library/search-store.ts";
import { StixObjectStore } from "../object-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { StixObject } from "../stix/object.ts";
import { type IntelNode, intelNode } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { TaxonomyFilter } from "./model.ts";
import { choicesOf, exclusiveFaults } from "./rules.ts";
import { TaxonomyStore } from "./store.ts";
import { tagObject, tagsOf } from "./tagging.ts";

const OPTIONS = {
  createdBy: "identity--11111111-2222-4333-8444-000000000099",
  tlp: "green",
  now: "2026-11-01T00:00:00.000Z",
} as const;
const taxonomy = (version: number, more: object = {}) =>
  importMispTaxonomy(
    {
      namespace: "water-impact",
      expanded: "供水影響",
      version,
      predicates: [
        { value: "supply", exclusive: true },
        { value: "quality", expanded: "水質" },
      ],
      values: [{ predicate: "supply", entry: [{ value: "reduced, partly" }, { value: "halted" }] }],
      ...more,
    },
    OPTIONS,
  ).objects;
const id = (at: number) => `malware--00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
const malware = (at: number, labels: readonly string[]): StixObject => ({
  type: "malware",
  spec_version: "2.1",
  id: id(at),
  created: OPTIONS.now,
  modified: OPTIONS.now,
  name: `m${at}`,
  is_family: true,
  labels: [...labels],
});

/** What stands in a collection bears no digest. */
function put(
  node: IntelNode,
  objects: readonly StixObject[],
  audience: readonly string[] = [EVERYONE],
  collectionId: string | null = null,
) {
  return node.records.within(node.reviewer, (work) =>
    new StixObjectStore(work).add({
      collectionId,
      revision: 1,
      orgId: node.orgs.authority,
      audience,
      documents: objects.map((object) => {
        const text = JSON.stringify(object);
        return {
          text,
          object,
          tlp: "green" as const,
          ...(collectionId === null && { digest: digestOf(object, text) }),
        };
      }),
    }),
  );
}

const PARTLY = 'water-impact:supply="reduced, partly"';
const HALTED = 'water-impact:supply="halted"';

test("tags are MISP's; of an exclusive predicate, or namespace, one alone may stand", () => {
  const document = JSON.parse(JSON.stringify(taxonomy(1)[2]));
  const choices = choicesOf(document);
  assert.deepEqual(
    choices.map(({ tag, alone }) => [tag, alone]),
    [
      [PARTLY, "water-impact:supply"],
      [HALTED, "water-impact:supply"],
      ["water-impact:quality", null],
    ],
  );
  const known = new Map(choices.map((choice) => [choice.tag, choice]));
  assert.deepEqual(exclusiveFaults([PARTLY, "other", "water-impact:quality"], known, "tags"), []);
  assert.deepEqual(
    exclusiveFaults(["x", PARTLY, PARTLY, HALTED], known, "tags").map(({ path }) => path),
    ["tags.3"],
  );
  const all = choicesOf({ ...document, exclusive: true });
  assert.deepEqual([...new Set(all.map(({ alone }) => alone))], ["water-impact"]);
});

for (const database of DATABASES)
  test(`${database.name}: I10: taxonomies with the count of each tag in sight, tags to choose, objects tagged and found`, async () => {
    const node = await intelNode(database);
    const on = <T>(run: (store: TaxonomyStore) => Promise<T>, scope = node.writer) =>
      node.records.within(scope, (work) => run(new TaxonomyStore(work)));
    try {
      await put(node, taxonomy(2));
      await put(node, taxonomy(1, { uuid: "11111111-2222-4333-8444-000000000007" }).slice(2));
      await put(node, [malware(1, [PARTLY]), malware(2, [PARTLY.toUpperCase(), "other"])]);
      await put(node, [malware(3, [PARTLY])], []);
      const { rows } = await node.records.platformOnly.execute("select id from taxii_collection limit 1");
      await put(
        node,
        taxonomy(1, { namespace: "pushed", predicates: [{ value: "x" }], values: [] }),
        [EVERYONE],
        String(rows[0]?.["id"]),
      );
      assert.equal((await on((store) => store.list(TaxonomyFilter.parse({ q: "pushed" })))).total, 1);
      const list = await on((store) => store.list(TaxonomyFilter.parse({ q: "供水 halted" })));
      assert.deepEqual(
        list.items.map(({ namespace, version, values }) => [namespace, version, values]),
        [["water-impact", 2, 2]],
      );
      assert.equal((await on((store) => store.list(TaxonomyFilter.parse({ q: "nothing" })))).total, 0);
      const counts = async (scope = node.writer) =>
        (await on((store) => store.detail("water-impact"), scope)).predicates.flatMap(({ tags }) =>
          tags.map(({ count }) => count),
        );
      assert.deepEqual(await counts(), [3, 0, 0]);
      // What another organisation keeps to itself is not counted.
      assert.deepEqual(await counts(node.member), [2, 0, 0]);
      await assert.rejects(
        on((store) => store.detail("none")),
        /http.not-found/,
      );
      const choices = await on((store) => store.choices({ q: "supply halt", limit: 5 }));
      assert.deepEqual(
        choices.map(({ tag }) => tag),
        [HALTED],
      );

      const found = await node.records.within(node.writer, (work) =>
        new SearchStore(work).search(LibraryQuery.parse({ tag: PARTLY }), {
          warninglists: new WarninglistChecker([]),
          decays: loadDecays(),
        }),
      );
      assert.deepEqual(found.items.map(({ name }) => name).sort(), ["m1", "m2", "m3"]);

      const tag = (tags: readonly string[]) =>
        node.records.within(node.writer, (work) => tagObject(work, id(1), tags));
      await assert.rejects(tag([HALTED]), /http.invalid/);
      const after = await tag(["water-impact:quality", "free:text"]);
      assert.deepEqual(
        after.own.map((one) => one.tag),
        [PARTLY],
      );
      assert.deepEqual(
        after.given.map((one) => [one.tag, one.by, one.choice?.label]),
        [
          ["water-impact:quality", "writer", "供水影響：水質"],
          ["free:text", "writer", undefined],
        ],
      );
      assert.equal((await tag(["free:text"])).given.length, 2);
      const byTag = async (scope: Scope) => {
        const judges = { warninglists: new WarninglistChecker([]), decays: loadDecays() };
        const query = LibraryQuery.parse({ tag: "free:text" });
        const page = await node.records.within(scope, (work) => new SearchStore(work).search(query, judges));
        return [page.items[0]?.name, page.total];
      };
      assert.deepEqual(await byTag(node.writer), ["m1", 2], "the object, and the note");
      assert.deepEqual(await byTag(node.member), [undefined, 0]);
      // The note is its writer's organisation's: another one does not see it.
      const seen = await node.records.within(node.member, (work) => tagsOf(work, id(1)));
      assert.deepEqual([seen.own.length, seen.given.length], [1, 0]);
      await assert.rejects(
        node.records.within(node.member, (work) => tagObject(work, id(3), ["a:b"])),
        /http.not-found/,
      );

      const galaxy = {
        name: "Sector",
        type: "sector",
        category: "sector",
        values: [{ value: "Water" }, { value: "Energy" }],
      };
      await put(node, importMispCluster(galaxy, OPTIONS).objects.slice(2));
      assert.deepEqual(await on((store) => store.galaxies()), [{ type: "sector", count: 2 }]);
    } finally {
      await node.dispose();
    }
  });
