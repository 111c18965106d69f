import assert from "node:assert/strict";
import fc from "fast-check";
import { sql } from "kysely";
import { EVERYONE, type Scope } from "../../../core/scope.ts";
import { TLP_LEVELS, type Tlp, tlpRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { DATABASES, testScope } from "../../../platform/records/testing.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { StixObjectStore } from "../object-store.ts";
import { OriginStore } from "../origin-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { StixObject } from "../stix/object.ts";
import type { IntelTables } from "../tables.ts";
import { type IntelNode, nodeTests } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { loadDecays } from "./decay.ts";
import { EndingStore } from "./endings.ts";
import { reindexSome } from "./entry-store.ts";
import { LibraryFilter } from "./model.ts";
import { SameStore } from "./same-store.ts";
import { SearchStore } from "./search-store.ts";
import { isWeighedBy, weighSome } from "./weighing.ts";
import { type Judges, WorthStore } from "./worth-store.ts";

const GOOD = "192.0.2.7";
const list = {
  name: "good addresses",
  type: "cidr" as const,
  entries: [GOOD],
  types: new Set(["ipv4"] as const),
};
const judges: Judges = { warninglists: new WarninglistChecker([list]), decays: loadDecays() };
const START = "2026-11-23T01:00:00.000Z";
const DAY = 86_400_000;
const day = (at: number) => new Date(Date.parse(START) + at * DAY).toISOString();
const idOf = (type: string, at: number) => `${type}--00000000-0000-4000-9000-${String(at).padStart(12, "0")}`;

interface Kept {
  readonly orgId: string;
  readonly audience: readonly string[];
  readonly tlp: Tlp;
}

function put(node: IntelNode, object: StixObject, { orgId, audience, tlp }: Kept): Promise<number> {
  const text = JSON.stringify(object);
  const documents = [{ text, object, tlp, digest: digestOf(object, text) }];
  return node.records.within(all(node), (work) =>
    new StixObjectStore(work).add({ collectionId: null, revision: 1, orgId, audience, documents }),
  );
}

function all(node: IntelNode): Scope {
  return testScope({
    orgId: node.orgs.authority,
    orgIds: Object.values(node.orgs),
    clearance: "red",
    permissions: ["intel:read", "intel:write"],
  });
}

/** Weighs until nothing is left. */
async function weighAll(node: IntelNode, by: Judges = judges): Promise<void> {
  for (let done = false; !done; )
    ({ done } = await node.records.within(all(node), (work) => reindexSome(work, 100)));
  for (let done = false; !done; )
    done = await node.records.within(all(node), (work) => weighSome(work, by, 50));
}

async function source(work: Work, kept: Kept, reliability: string): Promise<string> {
  const [id, importId] = [uuidV7(), uuidV7()];
  const db = work.tables<IntelTables>();
  const by = { org_id: kept.orgId, tlp: tlpRank(kept.tlp), audience: [...kept.audience] };
  await db
    .insertInto("intel_source")
    .values({
      id,
      ...by,
      kind: "upload",
      name: id,
      url: null,
      reliability,
      created_at: work.now,
      created_by_id: "1",
      created_by_name: "tester",
    })
    .execute();
  await db
    .insertInto("intel_import")
    .values({
      id: importId,
      ...by,
      source_id: id,
      format: "stix-2.1",
      file_name: "a.json",
      blob_sha256: null,
      blob_size: null,
      state: "stored",
      counts: "{}",
      reason: null,
      by_id: "1",
      by_name: "tester",
      at: work.now,
      stored_at: work.now,
      undone_at: null,
    })
    .execute();
  return importId;
}

/** Holds what the index says of scores against what the rules say, for one reader; how many it says. */
async function holds(node: IntelNode, reader: Scope): Promise<{ kept: number; workedOut: number }> {
  return node.records.within(reader, async (work) => {
    const now = Date.parse(work.now);
    const { rows } = await sql<{ id: string; seq: number; score: number | null }>`select o.id, f.seq, f.score
      from lianfang_find(null, null, null, ${Number.MAX_SAFE_INTEGER}::bigint, 10000, now_at => ${now}::bigint,
        score_from => 0::smallint, score_to => 100::smallint, kept => ${await isWeighedBy(work, judges)}::boolean) f
      join stix_object o on o.seq = f.seq where ${visible(work, "f")} and ${visible(work, "o")}
        and o.type in ('indicator', 'malware', 'tool', 'domain-name')`.execute(work.tables<IntelTables>());
    const worth = await new WorthStore(work, judges).of(rows.map(({ id }) => id));
    for (const { id, score } of rows)
      if (score !== null) assert.equal(score, worth.get(id)?.score.value, `${id} for ${reader.actor.name}`);
    for (const [scoreFrom, scoreTo] of [
      [1, 100],
      [0, 30],
      [45, 70],
    ] as const) {
      const filter = LibraryFilter.parse({ scoreFrom, scoreTo, type: "indicator,malware,tool,domain-name" });
      const found = await new SearchStore(work).all(filter, 10_000, judges);
      const fit = rows.filter(({ id }) => {
        const value = worth.get(id)?.score.value ?? -1;
        return (
          value >= scoreFrom && value <= scoreTo && (scoreFrom === 0 || worth.get(id)?.state === "valid")
        );
      });
      assert.deepEqual(
        found.map(({ seq }) => Number(seq)).sort(),
        fit.map(({ seq }) => Number(seq)).sort(),
        `${scoreFrom} to ${scoreTo} for ${reader.actor.name}`,
      );
    }
    const kept = rows.filter(({ score }) => score !== null).length;
    return { kept, workedOut: rows.length - kept };
  });
}

for (const database of DATABASES) {
  const withNode = nodeTests(database, START);

  withNode("I10: what the index keeps of scores is what the rules say, whatever happens", async (node) => {
    const { authority, other, third } = node.orgs;
    const shown: Kept = { orgId: authority, audience: [EVERYONE], tlp: "green" };
    const classes: Kept[] = [
      shown,
      { orgId: authority, audience: [EVERYONE], tlp: "clear" },
      { orgId: authority, audience: [], tlp: "amber" },
      { orgId: other, audience: [], tlp: "red" },
      { orgId: third, audience: [other], tlp: "amber" },
    ];
    const kept = fc.constantFrom(...classes);
    const thing = fc.record({
      type: fc.constantFrom("indicator", "indicator", "indicator", "malware", "tool", "domain-name"),
      at: fc.integer({ min: 0, max: 2 }),
    });
    const step = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({
          act: fc.constant("put" as const),
          thing,
          kept,
          says: fc.record({
            modified: fc.integer({ min: -200, max: -1 }),
            confidence: fc.constantFrom(undefined, 0, 15, 50, 85, 100),
            until: fc.constantFrom(undefined, undefined, -5, 3, 20),
            revoked: fc.constantFrom(undefined, undefined, true),
            x_mitre_deprecated: fc.constantFrom(undefined, undefined, undefined, true),
            value: fc.constantFrom(GOOD, "203.0.113.1", "203.0.113.2"),
          }),
          by: fc.constantFrom(undefined, 0, 1, 2),
        }),
      },
      {
        weight: 8,
        arbitrary: fc.record({
          act: fc.constant("judge" as const),
          thing,
          kept,
          about: fc.constantFrom("sighting", "opinion"),
          count: fc.constantFrom(0, 3),
          at: fc.integer({ min: 0, max: 3 }),
          when: fc.integer({ min: -20, max: 0 }),
          revoked: fc.constantFrom(undefined, undefined, true),
        }),
      },
      { weight: 2, arbitrary: fc.record({ act: fc.constant("end" as const), thing, resume: fc.boolean() }) },
      {
        weight: 3,
        arbitrary: fc.record({
          act: fc.constant("same" as const),
          one: thing,
          other: thing,
          verdict: fc.constantFrom("same" as const, "different" as const),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          act: fc.constant("reliability" as const),
          of: fc.nat({ max: 2 }),
          is: fc.constantFrom("A", "C", "E"),
        }),
      },
      { weight: 1, arbitrary: fc.record({ act: fc.constant("untell" as const), of: fc.nat({ max: 2 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({ act: fc.constant("mark" as const), at: fc.nat({ max: 40 }), kept }),
      },
      { weight: 1, arbitrary: fc.record({ act: fc.constant("delete" as const), at: fc.nat({ max: 40 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({ act: fc.constant("days" as const), count: fc.constantFrom(1, 4) }),
      },
      { weight: 12, arbitrary: fc.record({ act: fc.constant("weigh" as const) }) },
    );
    let versions = 0;
    let today = 0;
    let [told, workedOut] = [0, 0];
    const imports: string[] = [];
    for (const reliability of ["A", "C", "F"])
      imports.push(await node.records.within(all(node), (work) => source(work, shown, reliability)));
    const root = (text: string, values: unknown[]) => node.records.platformOnly.execute(text, values);
    const nth = async (at: number) => {
      const { rows } = await root("select seq from stix_object order by seq", []);
      return rows.length === 0 ? 0 : Number(rows[at % rows.length]?.["seq"]);
    };
    const passing = async (run: () => Promise<unknown>) => {
      try {
        await run();
      } catch (refused) {
        if (!(refused instanceof Error) || refused.name !== "Problem") throw refused;
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40, size: "max" }), async (steps) => {
        await weighAll(node);
        for (const each of steps) {
          if (each.act === "put") {
            const { type, at } = each.thing;
            const { value, until, modified, ...says } = each.says;
            const object = {
              type,
              spec_version: "2.1",
              id: idOf(type, at),
              created: day(-300),
              // Of each version there is one document.
              modified: new Date(Date.parse(day(modified)) + ++versions).toISOString(),
              name: `${type} ${at}`,
              ...(type === "domain-name" ? { value: `h${at % 2}.example` } : {}),
              ...(type === "indicator"
                ? {
                    pattern: `[ipv4-addr:value = '${value}']`,
                    pattern_type: "stix",
                    valid_from: day(modified),
                  }
                : {}),
              ...(until === undefined ? {} : { valid_until: day(until) }),
              ...says,
            } as StixObject;
            const importId = each.by === undefined ? undefined : imports[each.by];
            if (importId === undefined) await put(node, object, each.kept);
            else
              await node.records.within(all(node), (work) => {
                const text = JSON.stringify(object);
                const { orgId, audience, tlp } = each.kept;
                const documents = [{ text, object, tlp, digest: digestOf(object, text), path: "" }];
                return new OriginStore(work).tell({ importId, orgId, audience, documents });
              });
          } else if (each.act === "judge") {
            const about = idOf(each.thing.type, each.thing.at);
            await put(
              node,
              {
                type: each.about,
                spec_version: "2.1",
                id: idOf(each.about, each.at),
                created: day(-30),
                modified: new Date(Date.parse(day(-29)) + ++versions).toISOString(),
                ...(each.about === "sighting"
                  ? { sighting_of_ref: about, count: each.count, last_seen: day(each.when) }
                  : { opinion: each.count === 0 ? "disagree" : "agree", object_refs: [about] }),
                ...(each.revoked === undefined ? {} : { revoked: true }),
              } as StixObject,
              each.kept,
            );
          } else if (each.act === "end") {
            const id = idOf(each.thing.type, each.thing.at);
            await passing(() =>
              node.records.within(all(node), (work) =>
                each.resume ? new EndingStore(work).resume(id, "x") : new EndingStore(work).end(id, "x"),
              ),
            );
          } else if (each.act === "same") {
            const [one, two] = [each.one, each.other].map(({ type, at }) => idOf(type, at));
            if (one !== two)
              await passing(() =>
                node.records.within(all(node), (work) =>
                  new SameStore(work, judges).decide(one ?? "", {
                    other: two ?? "",
                    verdict: each.verdict,
                    reason: "x",
                  }),
                ),
              );
          } else if (each.act === "reliability")
            await root(
              "update intel_source set reliability = $1 where id = (select source_id from intel_import where id = $2)",
              [each.is, imports[each.of]],
            );
          else if (each.act === "untell")
            await node.records.within(all(node), (work) =>
              new OriginStore(work).untell(imports[each.of] ?? "", 3),
            );
          else if (each.act === "mark")
            await root("update stix_object set tlp = $1, audience = $2::uuid[] where seq = $3", [
              TLP_LEVELS.indexOf(each.kept.tlp),
              [...each.kept.audience],
              await nth(each.at),
            ]);
          else if (each.act === "delete")
            await root(
              "delete from stix_object where seq = $1 and not exists (select 1 from stix_origin where seq = $1)",
              [await nth(each.at)],
            );
          else if (each.act === "days") {
            today += each.count;
            node.clock.set(day(today));
          } else await weighAll(node);
          // What was kept before the change is forgotten with it.
          for (const reader of [all(node), node.reviewer, node.member, node.greenKey])
            await holds(node, reader);
        }
        await weighAll(node);
        const whole = await holds(node, all(node));
        told += whole.kept;
        workedOut += whole.workedOut;
        for (const reader of [node.reviewer, node.member, node.greenKey]) await holds(node, reader);
      }),
      { numRuns: 4, endOnFailure: true },
    );
    assert.ok(told > workedOut, `${told} kept, ${workedOut} worked out`);
  });

  withNode("I10: each change of what a score is made of is in the index at once", async (node) => {
    const { authority, other } = node.orgs;
    const { records } = node;
    const shown: Kept = { orgId: authority, audience: [EVERYONE], tlp: "green" };
    const hidden: Kept = { orgId: authority, audience: [], tlp: "amber" };
    const object = (more: object = {}) =>
      ({
        type: "indicator",
        spec_version: "2.1",
        id: idOf("indicator", 1),
        created: day(-5),
        modified: day(-5),
        valid_from: day(-5),
        pattern: "[ipv4-addr:value = '203.0.113.1']",
        pattern_type: "stix",
        confidence: 55,
        ...more,
      }) as StixObject;
    const saying = (type: string, at: number, more: object) =>
      ({
        type,
        spec_version: "2.1",
        id: idOf(type, at),
        created: day(-1),
        modified: day(-1),
        ...more,
      }) as StixObject;
    const sighting = saying("sighting", 1, { sighting_of_ref: object().id, last_seen: day(-1) });
    const opinion = saying("opinion", 2, { opinion: "disagree", object_refs: [object().id] });
    const by = (work: Work) => new EndingStore(work);
    const within = (run: (work: Work) => Promise<unknown>) => records.within(all(node), run);
    const root = (text: string, values: unknown[]) => records.platformOnly.execute(text, values);
    const imports: string[] = [];
    const told = (importId: string, kept: Kept) =>
      within((work) => {
        const text = JSON.stringify(object());
        const documents = [
          { text, object: object(), tlp: kept.tlp, digest: digestOf(object(), text), path: "" },
        ];
        return new OriginStore(work).tell({ ...kept, importId, documents });
      });
    const score = async (reader: Scope) =>
      records.within(
        reader,
        async (work) => (await new WorthStore(work, judges).of([object().id])).get(object().id)?.score.value,
      );
    let sight = 0;
    const changes: Record<string, () => Promise<unknown>> = {
      "it comes": () => put(node, object(), shown),
      "a sighting that all see": () => put(node, sighting, shown),
      "another that he does not see": async () => {
        const seq = await put(
          node,
          saying("sighting", 3, { sighting_of_ref: object().id, last_seen: day(0) }),
          hidden,
        );
        sight = Number(seq);
      },
      "that is shown to him": () =>
        root("update stix_object set audience = array[$1::uuid], tlp = 1 where seq = $2", [EVERYONE, sight]),
      "a sighting goes": () => root("delete from stix_object where seq = $1", [sight]),
      "somebody disagrees": () => put(node, opinion, shown),
      "and takes it back": () => put(node, { ...opinion, modified: day(0), revoked: true }, shown),
      "a source tells it": async () => {
        imports.push(await records.within(all(node), (work) => source(work, shown, "D")));
        await told(imports[0] ?? "", shown);
      },
      "the source is more reliable": () => root("update intel_source set reliability = 'A'", []),
      "another tells it": async () => {
        imports.push(await records.within(all(node), (work) => source(work, hidden, "B")));
        await told(imports[1] ?? "", shown);
      },
      "and is known to all": () =>
        root("update intel_source set audience = array[$1::uuid], tlp = 1", [EVERYONE]),
      "and so is its import": () =>
        root("update intel_import set audience = array[$1::uuid], tlp = 1", [EVERYONE]),
      "and takes it back again": () => within((work) => new OriginStore(work).untell(imports[1] ?? "", 10)),
      "an alike one comes": () =>
        put(node, object({ id: idOf("indicator", 2), confidence: 90, valid_until: day(2) }), shown),
      "that ends": async () => node.clock.set(day(2)),
      "time goes": async () => node.clock.set(day(9)),
      "somebody ends it": () => within((work) => by(work).end(object().id, "x")),
      "and takes that back": () => within((work) => by(work).resume(object().id, "x")),
      "another version, of others": () =>
        put(node, object({ modified: day(1), confidence: 30 }), { orgId: other, audience: [], tlp: "green" }),
      "a version is revoked": () => put(node, object({ modified: day(3), revoked: true }), shown),
    };
    // Whose parts he does not see, nothing kept is for him.
    const apart = ["another that he does not see", "another tells it", "and is known to all"];
    const values: unknown[] = [];
    for (const [change, act] of Object.entries(changes)) {
      await act();
      for (const reader of [all(node), node.member, node.thirdKey]) await holds(node, reader);
      await weighAll(node);
      for (const reader of [all(node), node.member, node.thirdKey]) await holds(node, reader);
      assert.equal((await holds(node, all(node))).workedOut, 0, change);
      const { kept } = await holds(node, node.member);
      if (apart.includes(change)) assert.equal(kept, 0, change);
      values.push(await score(all(node)));
    }
    assert.ok(new Set(values).size > 10, values.join(" "));
    // Other judges: nothing that was weighed before holds for them.
    const stricter = {
      ...judges,
      warninglists: new WarninglistChecker([{ ...list, entries: ["203.0.113.0/24"] }]),
    };
    assert.deepEqual(
      await records.within(all(node), async (work) => [
        await isWeighedBy(work, judges),
        await isWeighedBy(work, stricter),
      ]),
      [true, false],
    );
    await weighAll(node, stricter);
    assert.ok(await records.within(all(node), (work) => isWeighedBy(work, stricter)));
    assert.equal(
      (await root("select warned from stix_worth", [])).rows.every((row) => row["warned"] === true),
      true,
    );
  });
}
