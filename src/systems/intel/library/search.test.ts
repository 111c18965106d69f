import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EVERYONE, type Scope, sees, visibleTo } from "../../../core/scope.ts";
import { TLP_LEVELS, type Tlp } from "../../../core/tlp.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { StixObjectStore } from "../object-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { StixObject } from "../stix/object.ts";
import type { IntelTables } from "../tables.ts";
import { type IntelNode, nodeTests } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { loadWarninglists } from "../warninglists/list.ts";
import { loadDecays } from "./decay.ts";
import { thingOf, token } from "./entry.ts";
import { reindexSome, restartReindex } from "./entry-store.ts";
import { LibraryFilter, LibraryQuery } from "./model.ts";
import { bearing, questionOf, referringTo } from "./query.ts";
import { SearchStore } from "./search-store.ts";
import { canonical, readValue, valuesOf } from "./values.ts";
import { addWords } from "./words.ts";

const judges = { warninglists: new WarninglistChecker(loadWarninglists().lists), decays: loadDecays() };

let made = 0;
function object(given: Record<string, unknown>): StixObject {
  const type = String(given["type"] ?? "indicator");
  const id = `${type}--00000000-0000-4000-8000-${(++made).toString(16).padStart(12, "0")}`;
  const times = { created: "2026-11-20T00:00:00.000Z", modified: "2026-11-20T00:00:00.000Z" };
  return { type, spec_version: "2.1", id, ...times, ...given } as unknown as StixObject;
}

function put(
  node: IntelNode,
  objects: readonly StixObject[],
  {
    orgId = node.orgs.authority,
    audience = [EVERYONE],
    tlp = "green",
  }: { orgId?: string; audience?: readonly string[]; tlp?: Tlp } = {},
): Promise<number> {
  return node.records.within(node.reviewer, (work) =>
    new StixObjectStore(work).add({
      collectionId: null,
      revision: 1,
      orgId,
      audience,
      documents: objects.map((each) => {
        const text = JSON.stringify(each);
        return { text, object: each, tlp, digest: digestOf(each, text) };
      }),
    }),
  );
}

const search = (node: IntelNode, query: Record<string, unknown>, scope: Scope = node.reviewer) =>
  node.records.within(scope, (work) => new SearchStore(work).search(LibraryQuery.parse(query), judges));
const names = (page: { items: { name: string }[] }) => page.items.map((each) => each.name);

for (const database of DATABASES) {
  const withNode = nodeTests(database);

  withNode("I3: no large import hides the other types, and each is counted", async (node) => {
    await put(
      node,
      [1, 2, 3].map((at) => object({ type: "malware", name: `電信 loader ${at}` })),
    );
    const many = Array.from({ length: 2100 }, (_, at) =>
      object({ name: `電信 beacon ${at}`, pattern: `[domain-name:value = 'h${at}.example']` }),
    );
    await put(node, many.slice(0, 1000));
    await put(node, many.slice(1000));
    const { orgs } = node;
    await put(node, [object({ type: "tool", name: "電信 x" })], { audience: [], orgId: orgs.third });
    const facets = async (query: object, scope: Scope = node.reviewer) => {
      const { type, more } = await node.records.within(scope, (work) =>
        new SearchStore(work).facets(LibraryFilter.parse(query), judges),
      );
      assert.ok(more);
      return type.map((each) => `${each.value} ${each.count}${each.more === true ? "+" : ""}`);
    };
    assert.deepEqual(await facets({}), ["indicator 2100", "malware 3", "tool 1"]);
    assert.deepEqual(await facets({}, node.member), ["indicator 2100", "malware 3"]);
    assert.deepEqual(await facets({ q: "電信" }), ["indicator 500+", "malware 3", "tool 1"]);
    assert.deepEqual(await facets({ q: "電信" }, node.member), ["indicator 500+", "malware 3"]);
    await node.records.within({ ...node.reviewer, clearance: "red" }, async (work) => {
      const db = work.tables<IntelTables>();
      await db.updateTable("stix_object").set({ tlp: 3 }).where("type", "=", "malware").execute();
      await db.deleteFrom("stix_object").where("document", "like", '%beacon 7_"%').execute();
    });
    const counted = async (from: string) =>
      (await node.records.platformOnly.execute(`select type, tlp, ${from} order by 1, 2`)).rows.map(
        Object.values,
      );
    assert.deepEqual(
      await counted("count::int from stix_tally where count > 0"),
      await counted("count(distinct thing)::int from stix_entry group by type, tlp"),
    );
    assert.deepEqual(await facets({}, node.member), ["indicator 2090"]);
  });

  withNode("I3: a part of an address finds the addresses that begin so", async (node) => {
    const at = (value: string) => object({ name: value, pattern: `[ipv4-addr:value = '${value}']` });
    await put(node, ["203.0.113.5", "203.0.113.77", "203.0.11.5", "203.1.113.5", "120.3.0.113"].map(at));
    await put(node, [object({ type: "report", name: "Release 203.0 notes" })]);
    const found = async (q: string) => names(await search(node, { q })).toSorted();
    assert.deepEqual(await found("203.0.113"), ["203.0.113.5", "203.0.113.77"]);
    for (const q of ["203.0.113.", "203.0.113.*", "203[.]0[.]113"])
      assert.deepEqual(await found(q), ["203.0.113.5", "203.0.113.77"], q);
    assert.deepEqual(await found("203.0"), [
      "203.0.11.5",
      "203.0.113.5",
      "203.0.113.77",
      "Release 203.0 notes",
    ]);
    assert.deepEqual(await found("203.0.113.5"), ["203.0.113.5"]);
  });

  withNode(
    "I3: words of both scripts, values, defanged forms, beginnings and filters find an object",
    async (node) => {
      await put(node, [
        object({
          name: "石門水庫釣魚郵件攻擊",
          description: "A phishing wave against water utilities",
          labels: ["Phishing"],
        }),
        object({
          name: "C2",
          pattern: "[domain-name:value = 'Login.Evil.example' OR ipv4-addr:value = '198.51.100.7']",
          pattern_type: "stix",
          confidence: 80,
        }),
        object({
          type: "malware",
          name: "BlackEnergy",
          is_family: true,
          kill_chain_phases: [{ kill_chain_name: "mitre-attack", phase_name: "execution" }],
        }),
        object({
          type: "vulnerability",
          name: "CVE-2026-12345",
          external_references: [{ source_name: "cve", external_id: "CVE-2026-12345" }],
        }),
        object({ type: "ipv4-addr", value: "198.51.100.7", created: undefined, modified: undefined }),
      ]);
      assert.equal((await search(node, {}, node.member)).total, 5);
      const found = async (q: string) => names(await search(node, { q }));
      assert.deepEqual(await found("水庫釣魚"), ["石門水庫釣魚郵件攻擊"]);
      assert.deepEqual(await found("石門 PHISHING"), ["石門水庫釣魚郵件攻擊"]);
      assert.deepEqual(await found("庫門"), []);
      assert.deepEqual(await found("門"), ["石門水庫釣魚郵件攻擊"]);
      assert.deepEqual(await found("login[.]evil[.]example"), ["C2"]);
      assert.deepEqual(await found("evil.example"), ["C2"]);
      assert.deepEqual(await found("hxxps://login.evil.example/x"), []);
      assert.deepEqual(await found("198.51.100.7"), ["198.51.100.7", "C2"]);
      assert.deepEqual(await found("198.51.100.0/24"), ["198.51.100.7", "C2"]);
      assert.deepEqual(await found("cve-2026-12345"), ["CVE-2026-12345"]);
      assert.deepEqual(await found("black*"), ["BlackEnergy"]);
      const begins = await search(node, { q: "blacken" });
      assert.deepEqual([names(begins), begins.begins], [["BlackEnergy"], true]);
      assert.deepEqual(await found("the of"), []);
      assert.deepEqual(await found(`'); drop table x; -- \\ ' :* & | !`), []);
      const all = await search(node, { sort: "newest", limit: 2 });
      assert.deepEqual([names(all), all.total, all.more], [["198.51.100.7", "CVE-2026-12345"], 5, false]);
      const second = await search(node, { sort: "newest", limit: 2, cursor: all.next });
      assert.deepEqual([names(second), second.total], [["BlackEnergy", "C2"], 5]);
      const last = await search(node, { sort: "newest", limit: 2, cursor: second.next });
      assert.deepEqual([names(last), last.total, last.next], [["石門水庫釣魚郵件攻擊"], 5, undefined]);
      assert.deepEqual(
        names(await search(node, { type: "malware,vulnerability", phase: "mitre-attack/execution" })),
        ["BlackEnergy"],
      );
      assert.deepEqual(names(await search(node, { label: "phishing" })), ["石門水庫釣魚郵件攻擊"]);
      assert.deepEqual(names(await search(node, { confidence: 70 })), ["C2"]);
      const facets = await node.records.within(node.reviewer, (work) =>
        new SearchStore(work).facets(LibraryFilter.parse({}), judges),
      );
      assert.deepEqual(
        [facets.of, facets.type[0], facets.label],
        [5, { value: "indicator", count: 2 }, [{ value: "phishing", count: 1 }]],
      );
    },
  );

  withNode("an empty library answers at once", async (node) => {
    const page = await search(node, {});
    assert.deepEqual(page, { items: [], total: 0, more: false, begins: false, values: [] });
  });

  withNode(
    "a name weighs more than a mention; of versions only the last that the reader sees is found",
    async (node) => {
      const first = object({ type: "malware", name: "Industroyer", is_family: true });
      await put(node, [first, object({ type: "report", name: "Weekly", description: "seen: industroyer" })]);
      assert.deepEqual(names(await search(node, { q: "industroyer" })), ["Industroyer", "Weekly"]);
      const later = { ...first, name: "Industroyer two", modified: "2026-11-21T00:00:00.000Z" };
      await put(node, [later], { audience: [], tlp: "red" });
      assert.deepEqual(names(await search(node, { q: "industroyer", type: "malware" })), ["Industroyer two"]);
      assert.deepEqual(names(await search(node, { q: "industroyer", type: "malware" }, node.member)), [
        "Industroyer",
      ]);
      await put(node, [{ ...first, name: "old", modified: "2026-11-19T00:00:00.000Z" }]);
      assert.deepEqual(names(await search(node, { type: "malware" })), ["Industroyer two"]);
    },
  );

  withNode(
    "what refers to an object and what bears a value is one look-up, counted and capped",
    async (node) => {
      const target = object({ type: "malware", name: "target", is_family: true });
      const many = Array.from({ length: 30 }, () =>
        object({
          name: "same",
          pattern: "[ipv4-addr:value = '203.0.113.9']",
          pattern_type: "stix",
          created_by_ref: target.id,
        }),
      );
      await put(node, [target, ...many]);
      await node.records.within(node.reviewer, async (work) => {
        const store = new SearchStore(work);
        const refers = await store.answering(referringTo(target.id), { most: 20, shown: 5 });
        assert.deepEqual([refers.total, refers.more, refers.found.length], [20, true, 5]);
        const bears = await store.answering(bearing({ kind: "ipv4", value: "203.0.113.9" }), {
          most: 100,
          shown: 5,
        });
        assert.deepEqual([bears.total, bears.more], [30, false]);
      });
    },
  );

  withNode(
    "an entry follows its object: a changed marking, a deletion, a derivation made anew",
    async (node) => {
      const seq = await put(node, [object({ name: "moving" }), object({ name: "going" })]);
      const asRoot = (text: string, values: unknown[]) => node.records.platformOnly.execute(text, values);
      await node.records.within(node.reviewer, async (work) => {
        const db = work.tables<{ stix_object: { seq: number; tlp: number } }>();
        await db.updateTable("stix_object").set({ tlp: 4 }).where("seq", "=", seq).execute();
        await db
          .deleteFrom("stix_object")
          .where("seq", "=", seq + 1)
          .execute();
      });
      assert.deepEqual(names(await search(node, {}, node.member)), []);
      assert.deepEqual(names(await search(node, { tlp: "red" })), ["moving"]);
      assert.deepEqual(names(await search(node, { tlp: "green" })), []);
      await asRoot("delete from stix_entry where seq = $1", [seq]);
      await put(
        node,
        Array.from({ length: 5 }, (_, at) => object({ name: `more ${at}` })),
      );
      await node.records.within(node.reviewer, restartReindex);
      const run = () => node.records.within(node.reviewer, (work) => reindexSome(work, 4));
      assert.deepEqual(
        [await run(), await run(), await run()],
        [
          { made: 3, done: false },
          { made: 3, done: true },
          { made: 0, done: true },
        ],
      );
      assert.deepEqual(names(await search(node, { tlp: "red" })), ["moving"]);
    },
  );

  withNode(
    "I7: no search, count, facet or look-up shows or counts what the reader may not see",
    async (node) => {
      const { authority, source, other, third } = node.orgs;
      const readers = [node.reviewer, node.member, node.greenKey, node.thirdKey];
      const stored: {
        id: string;
        modified: string;
        orgId: string;
        audience: string[];
        tlp: Tlp;
        at: number;
        type: string;
      }[] = [];
      const one = fc.record({
        org: fc.constantFrom(authority, source, other, third),
        audience: fc.subarray([other, third, EVERYONE]),
        tlp: fc.constantFrom(...TLP_LEVELS),
        type: fc.constantFrom("indicator", "malware"),
        again: fc.boolean(),
        day: fc.integer({ min: 10, max: 28 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 6 }), async (given) => {
          for (const { org, audience, tlp, type, again, day } of given) {
            const before = again ? stored.at(-1) : undefined;
            const modified = `2026-11-${day}T00:00:00.000Z`;
            const made = object({
              type: before?.type ?? type,
              name: "水庫 alpha",
              labels: ["secret"],
              pattern: `[ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'h${stored.length}.example']`,
              modified,
            });
            const next =
              before === undefined ? made : { ...made, id: before.id, description: `${stored.length}` };
            const at = await put(node, [next], { orgId: org, audience, tlp });
            stored.push({ id: next.id, modified, orgId: org, audience, tlp, at, type: String(next.type) });
          }
          for (const reader of readers) {
            const seen = stored.filter((row) => sees(visibleTo(reader), row));
            const current = new Map<string, (typeof stored)[number]>();
            for (const row of seen) {
              const known = current.get(row.id);
              if (known === undefined || row.modified >= known.modified) current.set(row.id, row);
            }
            const expected = [...current.values()].sort((a, b) => b.at - a.at);
            for (const query of [{ q: "水庫" }, { q: "alpha", sort: "newest" }, { q: "192.0.2.1" }, {}]) {
              const page = await search(node, { ...query, limit: 200 }, reader);
              assert.deepEqual(
                page.items.map((each) => each.id),
                expected.slice(0, 200).map((each) => each.id),
              );
              assert.equal(page.total, expected.length);
            }
            await node.records.within(reader, async (work) => {
              const store = new SearchStore(work);
              const facets = await store.facets({}, judges);
              const indicators = expected.filter((row) => row.type === "indicator").length;
              assert.equal(facets.type.find((each) => each.value === "indicator")?.count ?? 0, indicators);
              assert.equal(facets.label[0]?.count ?? 0, expected.length);
              const bears = await store.answering(bearing({ kind: "ipv4", value: "192.0.2.1" }), {
                most: 500,
                shown: 500,
              });
              assert.equal(bears.total, expected.length);
              assert.equal((await store.all({}, 1000)).length, expected.length);
            });
          }
        }),
        { numRuns: 8 },
      );
    },
  );
}

test("canonical values have one form, and defanged text reads as its value", () => {
  assert.deepEqual(canonical("ipv6", "2001:DB8:0:0::1"), { kind: "ipv6", value: "2001:db8::1" });
  assert.deepEqual(canonical("domain", "Evil.Example."), { kind: "domain", value: "evil.example" });
  assert.deepEqual(canonical("domain", "測試.example"), { kind: "domain", value: "xn--g6w251d.example" });
  assert.equal(canonical("ipv4", "1.2.3"), undefined);
  assert.deepEqual(readValue("hxxp://evil[.]example/a"), { kind: "url", value: "http://evil.example/a" });
  assert.deepEqual(readValue("t1059.001"), { kind: "attack", value: "T1059.001" });
  assert.equal(readValue("水庫"), undefined);
  assert.equal(readValue("phishing"), undefined);
  // A network that a pattern names by its prefix is its value as well.
  assert.deepEqual(
    valuesOf({
      type: "indicator",
      pattern_type: "stix",
      pattern: "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
    }),
    [{ kind: "ipv4", value: "198.51.100.0/24" }],
  );
  assert.deepEqual(
    valuesOf({
      type: "indicator",
      pattern_type: "stix",
      pattern:
        "[file:hashes.'SHA-256' = 'AA' OR file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E'] FOLLOWEDBY [network-traffic:dst_ref.value = '1.1.1.1' AND url:value NOT = 'http://no.example/']",
    }),
    [
      { kind: "md5", value: "d41d8cd98f00b204e9800998ecf8427e" },
      { kind: "ipv4", value: "1.1.1.1" },
    ],
  );
});

test("a word of any text is a lexeme that PostgreSQL takes, and none looks like a mark", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      const words = new Set<string>();
      addWords(text, words, 1000);
      for (const word of words) {
        assert.ok(word.length > 0 && word.length <= 200 && !/^[#^\s]/.test(word), word);
        assert.ok(!word.includes("\0"));
      }
      const { wanted } = questionOf({ q: text });
      assert.ok(wanted === null || wanted.length > 0);
    }),
  );
  assert.notEqual(thingOf("a"), thingOf("b"));
  assert.equal(token.part(16_384), "#p1");
});
