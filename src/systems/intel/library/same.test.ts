import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EVERYONE, type Scope, sees, visibleTo } from "../../../core/scope.ts";
import type { Tlp } from "../../../core/tlp.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { StixObjectStore } from "../object-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { JsonObject } from "../stix/json.ts";
import type { StixObject } from "../stix/object.ts";
import { type IntelNode, nodeTests } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { loadWarninglists } from "../warninglists/list.ts";
import { loadDecays } from "./decay.ts";
import { reindexSome, restartReindex } from "./entry-store.ts";
import { LibraryFilter, LibraryQuery } from "./model.ts";
import { ObjectPage } from "./object-page.ts";
import { reasonsFor, sameKey } from "./same.ts";
import { SameStore } from "./same-store.ts";
import { SearchStore } from "./search-store.ts";

const judges = { warninglists: new WarninglistChecker(loadWarninglists().lists), decays: loadDecays() };
const times = { created: "2026-11-20T00:00:00.000Z", modified: "2026-11-20T00:00:00.000Z" };

let made = 0;
function object(type: string, given: JsonObject): StixObject {
  const id = `${type}--00000000-0000-4000-9000-${(++made).toString(16).padStart(12, "0")}`;
  return { type, spec_version: "2.1", id, ...times, ...given };
}
const indicator = (pattern: string, more: JsonObject = {}) =>
  object("indicator", { pattern, pattern_type: "stix", valid_from: times.created, ...more });

interface Kept {
  readonly orgId: string;
  readonly audience: readonly string[];
  readonly tlp: Tlp;
}

function put(node: IntelNode, objects: readonly StixObject[], kept: Partial<Kept> = {}): Promise<number> {
  const { orgId = node.orgs.authority, audience = [EVERYONE], tlp = "green" } = kept;
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

const rows = async (node: IntelNode, query: Record<string, unknown>, scope: Scope = node.reviewer) =>
  (
    await node.records.within(scope, (work) =>
      new SearchStore(work).search(LibraryQuery.parse({ limit: 200, ...query }), judges),
    )
  ).items;
const same = (node: IntelNode, id: string, scope: Scope = node.reviewer) =>
  node.records.within(scope, (work) => new SameStore(work, judges).of(id));
const decide = (
  node: IntelNode,
  id: string,
  other: string,
  verdict: "same" | "different" = "same",
  scope: Scope = node.reviewer,
) =>
  node.records.within(scope, (work) =>
    new SameStore(work, judges).decide(id, { other, verdict, reason: "checked" }),
  );
const undo = (node: IntelNode, id: string, decision: string) =>
  node.records.within(node.reviewer, (work) => new SameStore(work, judges).undo(id, decision, "mistaken"));

for (const database of DATABASES) {
  const withNode = nodeTests(database);

  withNode(
    "I3: one value told under several ids is one row, one page and one score, and keeps every document",
    async (node) => {
      const first = indicator("[ipv4-addr:value = '203.0.113.9']", { name: "alpha feed", confidence: 40 });
      const second = indicator("[ ipv4-addr:value   IN ('203.0.113.9/32') ]", {
        name: "bravo feed",
        confidence: 70,
      });
      const other = indicator("[ipv4-addr:value = '203.0.113.10']", { name: "another" });
      await put(node, [first, other]);
      await put(node, [second], { orgId: node.orgs.other, audience: [] });
      const all = await rows(node, {});
      assert.deepEqual(
        all.map(({ name, objects }) => [name, objects]),
        [
          ["bravo feed", 2],
          ["another", 1],
        ],
      );
      // What matches decides which of them is the row.
      assert.deepEqual(
        (await rows(node, { q: "alpha feed" })).map(({ name }) => name),
        ["alpha feed"],
      );
      const page = await same(node, first.id);
      assert.deepEqual(
        page.members.map(({ row, reasons }) => [row.id, reasons.map(({ by }) => by)]),
        [
          [first.id, []],
          [second.id, ["pattern"]],
        ],
      );
      const details = await node.records.within(node.reviewer, async (work) => [
        await new ObjectPage(work).detail(first.id, judges),
        await new ObjectPage(work).detail(second.id, judges),
      ]);
      assert.deepEqual(details[0]?.score, details[1]?.score);
      assert.equal(details[0]?.score.parts[0]?.facts["confidence"], 70);
      // The member of `third` sees neither the object of `other` nor that there is one.
      const key = node.thirdKey;
      assert.deepEqual(
        (await rows(node, {}, key)).map(({ name, objects }) => [name, objects]),
        [
          ["another", 1],
          ["alpha feed", 1],
        ],
      );
      assert.equal((await same(node, first.id, key)).total, 1);
      // Each id leaves for itself and verbatim.
      const out = await node.records.within(node.reviewer, (work) =>
        new SearchStore(work).all(LibraryFilter.parse({}), 100),
      );
      assert.deepEqual(
        out.map(({ document }) => document).sort(),
        [first, second, other].map((each) => JSON.stringify(each)).sort(),
      );
    },
  );

  withNode(
    "I3: a name is proposed, decided, shown with who and why, and undone; nobody else's objects are touched",
    async (node) => {
      const [one, two, third] = [
        object("malware", { name: "Black Energy", is_family: true, description: "as A says" }),
        object("tool", { name: "KillDisk", aliases: ["ＢＬＡＣＫ  ENERGY"] }),
        object("malware", { name: "black energy", is_family: true }),
      ];
      await put(node, [one, two]);
      await put(node, [third], { orgId: node.orgs.other, audience: [], tlp: "amber" });
      const before = await same(node, one.id);
      assert.deepEqual([before.total, before.decisions], [1, []]);
      assert.deepEqual(
        before.proposals.map(({ row, reasons }) => [row.id, reasons]).sort(),
        [
          [third.id, [{ by: "name", text: "Black Energy" }]],
          [two.id, [{ by: "alias", text: "Black Energy" }]],
        ].sort(),
      );
      assert.equal((await same(node, one.id, node.thirdKey)).proposals.length, 1);
      await assert.rejects(decide(node, one.id, two.id, "same", node.member), /not-keeper/);
      await assert.rejects(decide(node, one.id, third.id, "same", node.thirdKey), /http\.not-found/);
      const { id } = await decide(node, one.id, two.id);
      await decide(node, two.id, third.id);
      const joined = await same(node, third.id);
      assert.deepEqual(joined.members.map(({ row }) => row.id).sort(), [one.id, two.id, third.id].sort());
      assert.deepEqual(joined.proposals, []);
      assert.deepEqual(
        joined.decisions.map(({ verdict, reason, by, tlp }) => [verdict, reason, by, tlp]),
        [
          ["same", "checked", "reviewer", "amber"],
          ["same", "checked", "reviewer", "green"],
        ],
      );
      assert.equal((await rows(node, {})).length, 1);
      // Two of the three are released to everyone, and so is that they are one; the third is not.
      const outside = await same(node, one.id, node.thirdKey);
      assert.deepEqual(outside.members.map(({ row }) => row.id).sort(), [one.id, two.id].sort());
      assert.deepEqual(
        outside.decisions.map((decision) => decision.id),
        [id],
      );
      await assert.rejects(decide(node, one.id, third.id), /http\.conflict/);
      await undo(node, one.id, id);
      assert.equal((await rows(node, {})).length, 2);
      assert.deepEqual((await same(node, one.id)).decisions[0]?.undone?.reason, "mistaken");
      await assert.rejects(undo(node, one.id, id), /http\.conflict/);
      await decide(node, one.id, third.id, "different");
      assert.deepEqual(
        (await same(node, one.id)).proposals.map(({ row }) => row.id),
        [two.id],
      );
    },
  );

  withNode(
    "any order of objects, decisions and undoing comes to the groups that the standing decisions say, for every reader",
    async (node) => {
      const { authority, other, third } = node.orgs;
      const readers = [node.reviewer, node.member, node.thirdKey, node.greenKey];
      const kinds = [
        () => indicator(`[ipv4-addr:value = '192.0.2.1' OR url:value = 'http://x.example/${round}']`),
        () => indicator(`[url:value = 'http://x.example/${round}' OR ipv4-addr:value = '192.0.2.1']`),
        () => indicator(`[ipv4-addr:value = '192.0.2.2' AND url:value = 'http://x.example/${round}']`),
        () => object("malware", { name: `Loader ${round}`, is_family: true }),
        () => object("vulnerability", { name: `CVE-2026-${10_000 + round}` }),
      ];
      let round = 0;
      const step = fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({
            put: fc.nat(4),
            org: fc.nat(2),
            open: fc.boolean(),
            tlp: fc.constantFrom<Tlp>("green", "amber"),
          }),
        },
        {
          weight: 3,
          arbitrary: fc.record({
            one: fc.nat(20),
            two: fc.nat(20),
            verdict: fc.constantFrom<"same" | "different">("same", "same", "different"),
          }),
        },
        { weight: 1, arbitrary: fc.record({ undo: fc.nat(20) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
          round++;
          const stored: (Kept & { id: string; key: string | undefined })[] = [];
          const decisions: {
            id: string;
            one: string;
            two: string;
            verdict: "same" | "different";
            standing: boolean;
          }[] = [];
          for (const each of steps) {
            if ("put" in each) {
              const kept: Kept = {
                orgId: [authority, other, third][each.org] ?? authority,
                audience: each.open ? [EVERYONE] : [],
                tlp: each.tlp,
              };
              const one = kinds[each.put]?.() ?? object("malware", {});
              await put(node, [one], kept);
              stored.push({ ...kept, id: one.id, key: sameKey(one)?.key });
            } else if ("one" in each) {
              const [one, two] = [stored[each.one % stored.length], stored[each.two % stored.length]];
              if (one === undefined || two === undefined || one === two) continue;
              const answer = await decide(node, one.id, two.id, each.verdict).catch((error: Error) => {
                assert.match(error.message, /http\.conflict/);
                return undefined;
              });
              if (answer !== undefined)
                decisions.push({
                  id: answer.id,
                  one: one.id,
                  two: two.id,
                  verdict: each.verdict,
                  standing: true,
                });
            } else {
              const decision = decisions[each.undo % decisions.length];
              if (decision === undefined || !decision.standing) continue;
              await undo(node, decision.one, decision.id);
              decision.standing = false;
            }
          }
          const groups = grouped(stored, decisions);
          const check = async () => {
            for (const reader of readers) {
              const seen = stored.filter((row) => sees(visibleTo(reader), row));
              const found = (await rows(node, { q: String(round) }, reader)).length;
              const listed = (
                await rows(node, { addedFrom: "2020-01-01T00:00:00Z", sort: "newest" }, reader)
              ).filter(({ id }) => stored.some((row) => row.id === id));
              const expected = new Map<string, string[]>();
              for (const { id } of seen)
                expected.set(groups.get(id) ?? id, [...(expected.get(groups.get(id) ?? id) ?? []), id]);
              assert.deepEqual(
                listed.map(({ id, objects }) => [groups.get(id), objects]).sort(),
                [...expected].map(([group, ids]) => [group, ids.length]).sort(),
              );
              assert.ok(found <= listed.length);
              for (const { id } of seen)
                assert.deepEqual(
                  (await same(node, id, reader)).members.map(({ row }) => row.id).sort(),
                  expected.get(groups.get(id) ?? id)?.sort(),
                );
            }
          };
          await check();
          if (round % 4 !== 0) return;
          await node.records.within(node.reviewer, restartReindex);
          await node.records.within(node.reviewer, (work) => reindexSome(work, 10_000));
          await check();
        }),
        { numRuns: 8 },
      );
    },
  );
}

/** The group of each object, by repeated joining. */
function grouped(
  stored: readonly { readonly id: string; readonly key: string | undefined }[],
  decisions: readonly { one: string; two: string; verdict: string; standing: boolean }[],
): Map<string, string> {
  const keyOf = new Map(stored.map(({ id, key }) => [id, key]));
  const standing = decisions.filter((decision) => decision.standing);
  const apart = new Set(
    standing
      .filter(({ one, two, verdict }) => {
        const [key, other] = [keyOf.get(one), keyOf.get(two)];
        return verdict === "different" && key !== undefined && key === other;
      })
      .map(({ two }) => two),
  );
  const ties: [string, string][] = [
    ...standing
      .filter(({ verdict }) => verdict === "same")
      .map(({ one, two }): [string, string] => [one, two]),
    ...stored.flatMap(({ id, key }): [string, string][] =>
      key === undefined || apart.has(id) ? [] : [[id, key]],
    ),
  ];
  const group = new Map<string, string>();
  for (const { id } of stored) group.set(id, id);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [a, b] of ties) {
      const least = [group.get(a) ?? a, group.get(b) ?? b].sort()[0] ?? a;
      for (const end of [a, b])
        if (group.get(end) !== least) {
          group.set(end, least);
          changed = true;
        }
    }
  }
  return group;
}

test("patterns that say the same have one key, others not", () => {
  const key = (pattern: string) => sameKey(indicator(pattern))?.key;
  assert.equal(
    key("[file:name = 'x' OR file:name_enc = 'y']"),
    key("[ file:name_enc='y'  OR file:name IN ('x') OR file:name = 'x' ]"),
  );
  assert.equal(key("[domain-name:value = 'Evil.Example.']"), key("[domain-name:value = 'evil.example']"));
  assert.equal(
    key("[file:size = 1] AND [file:size = 2] WITHIN 5 SECONDS"),
    key("[file:size = 1.0] AND [file:size = 2] WITHIN 5.0 SECONDS"),
  );
  for (const [one, two] of [
    ["[file:name = 'x' AND file:name_enc = 'y']", "[file:name = 'x' OR file:name_enc = 'y']"],
    [
      "[file:name = 'x'] FOLLOWEDBY [file:name_enc = 'y']",
      "[file:name_enc = 'y'] FOLLOWEDBY [file:name = 'x']",
    ],
    ["[file:name = 'x'] AND [file:name = 'x']", "[file:name = 'x']"],
    ["[file:name = 'x']", "[file:name NOT = 'x']"],
    ["[file:size = '1']", "[file:size = 1]"],
    ["[file:name MATCHES 'X']", "[file:name MATCHES 'x']"],
    ["[domain-name:value MATCHES 'A.example']", "[domain-name:value MATCHES 'a.example']"],
  ] as const)
    assert.notEqual(key(one), key(two), one);
  assert.equal(sameKey(object("file", { name: "a.exe" })), undefined);
  assert.equal(
    sameKey(object("file", { name: "a.exe", hashes: { MD5: "d41d8cd98f00b204e9800998ecf8427e" } }))?.text,
    "d41d8cd98f00b204e9800998ecf8427e",
  );
  const technique = (source: string, id: string) =>
    object("attack-pattern", { name: "x", external_references: [{ source_name: source, external_id: id }] });
  assert.equal(
    sameKey(technique("mitre-attack", "T1059"))?.key,
    sameKey(technique("mitre-ics-attack", "T1059"))?.key,
  );
  assert.equal(sameKey(technique("capec", "T1059")), undefined);
  assert.deepEqual(
    reasonsFor(
      object("malware", { name: "Foo", aliases: ["Bar"] }),
      object("tool", { name: "bar ", aliases: ["ＦＯＯ"] }),
    ).map(({ by }) => by),
    ["alias", "alias"],
  );
  assert.deepEqual(reasonsFor(object("malware", { name: "Foo" }), object("campaign", { name: "Foo" })), []);
});
