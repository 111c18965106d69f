import assert from "node:assert/strict";
import { sql } from "kysely";
import { EVERYONE, type Scope, sees, visibleTo } from "../../../core/scope.ts";
import type { Tlp } from "../../../core/tlp.ts";
import { joinByIndex } from "../../../platform/records/index-order.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { StixObjectStore } from "../object-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { StixObject } from "../stix/object.ts";
import type { IntelTables } from "../tables.ts";
import { type IntelNode, nodeTests } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { loadWarninglists } from "../warninglists/list.ts";
import { loadDecays } from "./decay.ts";
import { reindexSome, restartReindex } from "./entry-store.ts";
import { LibraryFilter, LibraryQuery, MOST_COUNTED } from "./model.ts";
import { bearing } from "./query.ts";
import { SearchStore } from "./search-store.ts";
import { TallyStore } from "./tally-store.ts";

const judges = { warninglists: new WarninglistChecker(loadWarninglists().lists), decays: loadDecays() };

interface Kept {
  readonly orgId: string;
  readonly audience: readonly string[];
  readonly tlp: Tlp;
}
interface Stored extends Kept {
  readonly object: StixObject;
  readonly at: number;
}

function made(type: string, number: number, more: object): StixObject {
  const id = `${type}--00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
  const at = "2026-11-20T00:00:00.000Z";
  return { type, spec_version: "2.1", id, created: at, modified: at, ...more } as StixObject;
}

async function put(
  node: IntelNode,
  objects: readonly StixObject[],
  { orgId, audience, tlp }: Kept = { orgId: node.orgs.authority, audience: [EVERYONE], tlp: "green" },
): Promise<Stored[]> {
  const first = await node.records.within(node.reviewer, (work) =>
    new StixObjectStore(work).add({
      collectionId: null,
      revision: 1,
      orgId,
      audience,
      documents: objects.map((object) => {
        const text = JSON.stringify(object);
        return { text, object, tlp, digest: digestOf(object, text) };
      }),
    }),
  );
  return objects.map((object, at) => ({ object, at: first + at, orgId, audience, tlp }));
}

const search = (node: IntelNode, query: object, scope: Scope = node.reviewer) =>
  node.records.within(scope, (work) => new SearchStore(work).search(LibraryQuery.parse(query), judges));
const facets = (node: IntelNode, query: object, scope: Scope = node.reviewer) =>
  node.records.within(scope, (work) => new SearchStore(work).facets(LibraryFilter.parse(query), judges));
const names = (page: { items: { name: string }[] }) => page.items.map(({ name }) => name);

for (const database of DATABASES) {
  const withNode = nodeTests(database);

  withNode(
    "I3, I7: whatever share of the library answers, pages and total are those of a list in memory",
    async (node) => {
      const stored: Stored[] = [];
      const { authority, other, third } = node.orgs;
      const readers: Kept[] = [
        { orgId: authority, audience: [EVERYONE], tlp: "green" },
        { orgId: authority, audience: [], tlp: "red" },
        { orgId: third, audience: [other], tlp: "amber" },
      ];
      let number = 0;
      const some = (count: number) =>
        Array.from({ length: count }, () => {
          const at = ++number;
          const words = [
            "every",
            at % 2 === 0 ? "half" : "",
            at % 20 === 0 ? "twentieth" : "",
            at % 500 === 7 ? "rare" : "",
          ];
          return made("indicator", at, {
            name: words.filter((word) => word !== "").join(" "),
            pattern: `[ipv4-addr:value = '10.0.${(at % 900) >> 8}.${(at % 900) & 255}']`,
            pattern_type: "stix",
          });
        });
      // The numbers reach over the borders of two parts of the index.
      await node.records.platformOnly.execute("update stix_ledger set seq = 15500");
      stored.push(...(await put(node, some(1200))), ...(await put(node, some(300), readers[1])));
      await node.records.platformOnly.execute("update stix_ledger set seq = 32000");
      stored.push(...(await put(node, some(300), readers[2])), ...(await put(node, some(700))));
      const again = stored.slice(100, 400).map(({ object }) => ({
        ...object,
        modified: "2026-11-21T00:00:00.000Z",
        name: "every later",
      }));
      stored.push(...(await put(node, again, readers[1])));

      for (const reader of [node.reviewer, { ...node.reviewer, clearance: "red" } as Scope, node.member]) {
        const current = new Map<string, Stored>();
        for (const row of stored.filter((each) => sees(visibleTo(reader), each))) {
          const before = current.get(row.object.id);
          if (before === undefined || String(row.object["modified"]) > String(before.object["modified"]))
            current.set(row.object.id, row);
        }
        for (const word of ["every", "half", "twentieth", "rare", "later"]) {
          const groups = new Map<string, Stored>();
          for (const row of [...current.values()].filter(({ object }) =>
            String(object["name"]).includes(word),
          )) {
            const pattern = String(row.object["pattern"]);
            if ((groups.get(pattern)?.at ?? 0) < row.at) groups.set(pattern, row);
          }
          const expected = [...groups.values()].sort((a, b) => b.at - a.at).map(({ object }) => object.id);
          const found: string[] = [];
          let cursor: string | undefined;
          do {
            const page = await search(node, { q: word, sort: "newest", limit: 200, cursor }, reader);
            assert.equal(page.total, expected.length, word);
            found.push(...page.items.map(({ id }) => id));
            cursor = page.next;
          } while (cursor !== undefined);
          assert.deepEqual(found, expected, word);
        }
        const all = await search(node, { limit: 1 }, reader);
        const patterns = new Set([...current.values()].map(({ object }) => object["pattern"]));
        assert.equal(all.total, patterns.size);
        const exported = await node.records.within(reader, (work) => new SearchStore(work).all({}, 10_000));
        assert.deepEqual(
          exported.map(({ seq }) => Number(seq)),
          [...current.values()].map(({ at }) => at).sort((a, b) => b - a),
        );
      }
      assert.ok(MOST_COUNTED > 1200);
    },
  );

  withNode(
    "I3, I7: who sees little of much asks the index for that alone, and gets all of it",
    async (node) => {
      const { authority, other, third } = node.orgs;
      const indicators = (from: number, count: number) =>
        Array.from({ length: count }, (_, at) =>
          made("indicator", from + at, {
            name: `every ${from + at}`,
            pattern: `[ipv4-addr:value = '10.0.${(from + at) >> 8}.${(from + at) & 255}']`,
            pattern_type: "stix",
          }),
        );
      const foreign = await put(node, indicators(0, 500), { orgId: authority, audience: [], tlp: "green" });
      const own = await put(node, indicators(1000, 12), { orgId: other, audience: [], tlp: "amber" });
      await put(node, indicators(2000, 5), { orgId: third, audience: [], tlp: "red" });
      const root = (text: string, values: unknown[]) => node.records.platformOnly.execute(text, values);
      const marks = (scope: Scope) => node.records.within(scope, (work) => new TallyStore(work).marks());
      const finds = async (count: number) => {
        for (const query of [{}, { q: "every" }, { sort: "newest", q: "10.0" }, { type: "indicator" }]) {
          const page = await search(node, { ...query, limit: 200 }, node.member);
          assert.deepEqual([page.total, page.items.length, page.more], [count, count, false]);
          assert.equal((await facets(node, query, node.member)).type[0]?.count, count);
        }
      };
      assert.equal(await marks(node.member), undefined, "older entries may lack them");
      await finds(12);
      const seeingAll = { ...node.reviewer, clearance: "red" } as Scope;
      for (let done = false; !done; )
        ({ done } = await node.records.within(seeingAll, (work) => reindexSome(work, 200)));
      assert.equal((await marks(node.member))?.length, 1);
      assert.equal(await marks(node.reviewer), undefined, "he sees nearly all");
      await finds(12);
      const some = foreign.slice(100, 104).map(({ at }) => at);
      await root("update stix_object set audience = array[$1::uuid] where seq = any($2::bigint[])", [
        other,
        some,
      ]);
      assert.equal((await marks(node.member))?.length, 2);
      await finds(16);
      await root("update stix_object set tlp = 4 where seq = any($1::bigint[])", [some.slice(0, 2)]);
      await finds(14);
      await root("update stix_object set audience = '{}', tlp = 1 where seq = any($1::bigint[])", [some]);
      await root("delete from stix_object where seq = $1", [own[0]?.at]);
      await put(node, indicators(3000, 3), { orgId: authority, audience: [third, other], tlp: "green" });
      await finds(14);
      // Made anew, they are the same.
      await root("truncate stix_entry", []);
      await node.records.within(seeingAll, restartReindex);
      for (let done = false; !done; )
        ({ done } = await node.records.within(seeingAll, (work) => reindexSome(work, 200)));
      assert.equal((await marks(node.member))?.length, 2);
      await finds(14);
      // What is told of one object to who sees it, too.
      const found = await node.records.within(node.member, (work) =>
        new SearchStore(work).answering(bearing({ kind: "ipv4", value: "10.0.11.184" }), {
          most: 9,
          shown: 9,
        }),
      );
      assert.equal(found.total, 1);
    },
  );

  withNode(
    "where ways of the planner are ruled out no server compiles what it runs for a moment",
    async (node) => {
      const { rows } = await node.records.platformOnly.execute(
        "select proname from pg_proc where proconfig::text like '%enable\\_%' and proconfig::text not like '%jit=off%'",
        [],
      );
      assert.deepEqual(rows, []);
      const jit = await node.records.within(node.reviewer, async (work) => {
        await joinByIndex(work);
        return sql<{ jit: string }>`select current_setting('jit') as jit`.execute(work.tables<IntelTables>());
      });
      assert.equal(jit.rows[0]?.jit, "off");
    },
  );

  withNode("I3: what tells of threats stands first; the rest is counted and one step away", async (node) => {
    const { member } = node;
    await put(node, [
      made("malware", 1, { name: "Industroyer", is_family: true }),
      made("indicator", 2, { name: "C2", pattern: "[ipv4-addr:value = '192.0.2.1']", pattern_type: "stix" }),
      made("identity", 3, { name: "水利署" }),
      made("marking-definition", 4, { definition_type: "statement", definition: { statement: "x" } }),
      made("note", 5, {
        content: "tlp",
        object_refs: [`malware--00000000-0000-4000-8000-${"1".padStart(12, "0")}`],
      }),
      made("language-content", 6, { contents: {} }),
      made("relationship", 7, {
        relationship_type: "indicates",
        source_ref: `indicator--00000000-0000-4000-8000-${"2".padStart(12, "0")}`,
        target_ref: `malware--00000000-0000-4000-8000-${"1".padStart(12, "0")}`,
      }),
    ]);
    await put(node, [made("identity", 8, { name: "祕密" })], {
      orgId: node.orgs.third,
      audience: [],
      tlp: "red",
    });
    const page = await search(node, {}, member);
    assert.deepEqual([names(page), page.total], [["C2", "Industroyer"], 2]);
    const counted = await facets(node, {}, member);
    const told = (parts: { value: string; count: number }[]) =>
      parts.map((each) => `${each.value} ${each.count}`).sort();
    assert.deepEqual(told(counted.type), ["indicator 1", "malware 1"]);
    assert.deepEqual(told(counted.aside), [
      "identity 1",
      "language-content 1",
      "marking-definition 1",
      "note 1",
      "relationship 1",
    ]);
    for (const { value, count } of counted.aside)
      assert.equal((await search(node, { type: value }, member)).total, count, value);
    assert.deepEqual(names(await search(node, { type: "identity" }, member)), ["水利署"]);
    assert.equal((await search(node, { background: "yes" }, member)).total, 6);
    assert.equal((await search(node, { background: "yes", relations: "yes" }, member)).total, 7);
    assert.deepEqual(names(await search(node, { q: "水利署" })), ["水利署"]);
    assert.equal((await search(node, { tlp: "green" })).total, 2);
    assert.deepEqual((await facets(node, { q: "水利署" })).type, [{ value: "identity", count: 1 }]);
  });

  withNode(
    "I3, I7: documents of one version that conflict are found by who sees several of them",
    async (node) => {
      const { orgs, reviewer, member } = node;
      const green = { orgId: orgs.authority, audience: [EVERYONE], tlp: "green" } as const;
      const hidden = { orgId: orgs.third, audience: [], tlp: "green" } as const;
      const first = made("malware", 1, { name: "told by all", is_family: true });
      const second = made("malware", 2, { name: "told by one", is_family: true });
      const third = made("campaign", 3, { name: "agreed" });
      await put(node, [first, second, third], green);
      await put(node, [{ ...first, description: "other" }], { ...green, orgId: orgs.other });
      await put(node, [{ ...second, description: "other" }], hidden);
      await put(node, [{ ...third }], { ...green, orgId: orgs.other });
      const conflicting = async (scope: Scope) =>
        names(await search(node, { conflicting: "yes" }, scope)).sort();
      assert.deepEqual(await conflicting(reviewer), ["told by all", "told by one"]);
      assert.deepEqual(await conflicting(member), ["told by all"]);
      assert.deepEqual((await facets(node, { conflicting: "yes" }, member)).type, [
        { value: "malware", count: 1 },
      ]);
      await put(node, [{ ...first, modified: "2026-11-21T00:00:00.000Z" }], green);
      assert.deepEqual(await conflicting(member), []);
      assert.deepEqual(await conflicting(reviewer), ["told by one"]);
    },
  );
}
