import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sql } from "kysely";
import { TLP_LEVELS, type Tlp } from "../../core/tlp.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import { DATABASES, testScope } from "../../platform/records/testing.ts";
import type { Work } from "../../platform/records/work.ts";
import { LibraryFilter } from "./library/model.ts";
import { SearchStore } from "./library/search-store.ts";
import { parseDocument, StixObjectStore } from "./object-store.ts";
import { OriginStore, type ToldDocument } from "./origin-store.ts";
import { digestOf } from "./stix/digest.ts";
import type { IntelTables } from "./tables.ts";
import { type IntelNode, intelNode } from "./testing.ts";

const NAME = "11111111-2222-4333-8444-55555555555";

function told(id: number, name: string, tlp: Tlp = "amber", blank = ""): ToldDocument {
  const modified = "2026-11-01T00:00:00.000Z";
  const text = `{"type":"campaign",${blank}"spec_version":"2.1","id":"campaign--${NAME}${id}","created":"${modified}","modified":"${modified}","name":"${name}"}`;
  const object = parseDocument(text);
  return { text, object, tlp, digest: digestOf(object, text), path: `objects.${id}` };
}

function made(id: number, type: string, tlp: Tlp, more: object): ToldDocument {
  const at = "2026-11-01T00:00:00.000Z";
  const text = JSON.stringify({
    type,
    spec_version: "2.1",
    id: `${type}--${NAME}${id}`,
    created: at,
    modified: at,
    name: `${type} ${id}`,
    ...more,
  });
  const object = parseDocument(text);
  return { text, object, tlp, digest: digestOf(object, text), path: `objects.${id}` };
}

function jobScope(node: IntelNode) {
  const all = Object.values(node.orgs);
  return testScope({
    orgId: node.orgs.authority,
    orgIds: all,
    clearance: "red",
    purpose: "job:intel.import",
    actor: { kind: "job", id: "intel.import", name: "intel.import" },
  });
}

/** A source and an import of it, as the routes make them. */
async function newImport(work: Work, orgId: string, kind = "upload"): Promise<string> {
  const [source, id] = [uuidV7(), uuidV7()];
  const db = work.tables<IntelTables>();
  const by = { id: "1", name: "tester" };
  await db
    .insertInto("intel_source")
    .values({
      id: source,
      org_id: orgId,
      tlp: 1,
      kind,
      name: source,
      url: null,
      created_at: work.now,
      created_by_id: by.id,
      created_by_name: by.name,
    })
    .execute();
  await db
    .insertInto("intel_import")
    .values({
      id,
      org_id: orgId,
      tlp: 1,
      source_id: source,
      format: "stix-2.1",
      file_name: "a.json",
      blob_sha256: null,
      blob_size: null,
      state: "storing",
      counts: JSON.stringify({ total: 0, refused: 0, warned: 0, new: 0, known: 0, left: 0 }),
      reason: null,
      by_id: by.id,
      by_name: by.name,
      at: work.now,
    })
    .execute();
  return id;
}

/** An item of the organisation that is published. */
async function newItem(work: Work, orgId: string): Promise<string> {
  const id = uuidV7();
  await sql`insert into intel_item (id, org_id, tlp, kind, state, title, description, indicators, recipients, secrets,
      authors, out_title, out_description, out_indicators, bundle, bundle_sha256, removed, created_at, updated_at)
    values (${id}::uuid, ${orgId}::uuid, 2, 'alert', 'released', 'seen', '', '[]', '[]', '[]', '[]', 'seen', '', '[]',
      '', '', '[]', ${work.now}, ${work.now})`.execute(work.tables<IntelTables>());
  return id;
}

/** All of it, two origins at once. */
async function undo(work: Work, importId: string) {
  const sum = { origins: 0, objects: 0 };
  for (;;) {
    const { origins, objects } = await new OriginStore(work).untell(importId, 2);
    if (origins === 0) return sum;
    sum.origins += origins;
    sum.objects += objects;
  }
}

async function library(work: Work) {
  const rows = await work
    .tables<IntelTables>()
    .selectFrom("stix_object as o")
    .select(["o.id", "o.document", "o.tlp", "o.digest"])
    .where("o.collection_id", "is", null)
    .orderBy("o.id")
    .orderBy("o.digest")
    .execute();
  return rows.map((row) => `${row.tlp} ${row.document}`);
}

for (const database of DATABASES) {
  test(`${database.name}: one row for what three imports tell, and other content beside it`, async () => {
    const node = await intelNode(database);
    const scope = jobScope(node);
    const tell = (documents: ToldDocument[]) =>
      node.records.within(scope, async (work) => {
        const importId = await newImport(work, node.orgs.other);
        const store = new OriginStore(work);
        return {
          importId,
          ...(await store.tell({ importId, orgId: node.orgs.other, audience: [], documents })),
        };
      });
    const first = await tell([told(1, "a", "red"), told(1, "a", "amber")]);
    const second = await tell([told(1, "a", "green", " "), told(1, "b")]);
    const third = await tell([told(1, "a", "red")]);
    assert.deepEqual(
      [first, second, third].map(({ added, known }) => [added, known]),
      [
        [1, 1],
        [1, 1],
        [0, 1],
      ],
    );
    const [one, two] = [told(1, "a").text, told(1, "b").text];
    assert.deepEqual(new Set(await node.records.within(scope, library)), new Set([`1 ${one}`, `2 ${two}`]));
    const untell = (id: string) =>
      node.records.within(scope, (work) => new OriginStore(work).untell(id, 1000));
    assert.deepEqual(await untell(first.importId), { origins: 1, objects: 0 });
    // The second's bytes, that had a blank more, are now the first that are left.
    assert.deepEqual(
      new Set(await node.records.within(scope, library)),
      new Set([`1 ${told(1, "a", "green", " ").text}`, `2 ${two}`]),
    );
    assert.deepEqual(await untell(second.importId), { origins: 2, objects: 1 });
    assert.deepEqual(await node.records.within(scope, library), [`4 ${one}`]);
    assert.deepEqual(await untell(third.importId), { origins: 1, objects: 1 });
    assert.deepEqual(await node.records.within(scope, library), []);
    await node.dispose();
  });

  test(`${database.name}: what a person's relation refers to stays when its import is undone`, async () => {
    const node = await intelNode(database);
    const scope = jobScope(node);
    const orgId = node.orgs.other;
    const at = "2026-11-01T00:00:00.000Z";
    const text = JSON.stringify({
      type: "relationship",
      spec_version: "2.1",
      id: `relationship--${NAME}9`,
      created: at,
      modified: at,
      relationship_type: "related-to",
      source_ref: `campaign--${NAME}1`,
      target_ref: `campaign--${NAME}1`,
    });
    const object = parseDocument(text);
    const relation = { text, object, tlp: "amber" as const, digest: digestOf(object, text), path: "" };
    const importId = await node.records.within(scope, async (work) => {
      const store = new OriginStore(work);
      const id = await newImport(work, orgId);
      await store.tell({ importId: id, orgId, audience: [], documents: [told(1, "a"), told(2, "b")] });
      const byHand = await newImport(work, orgId, "manual");
      await store.tell({ importId: byHand, orgId, audience: [], documents: [relation] });
      return id;
    });
    const would = await node.records.within(scope, (work) => new OriginStore(work).wouldUntell(importId));
    assert.deepEqual(would, { told: 2, objects: 1, stays: 1, others: 0, released: 0, held: 1 });
    const undone = await node.records.within(scope, (work) => new OriginStore(work).untell(importId, 1000));
    assert.deepEqual(undone, { origins: 2, objects: 1 });
    const left = await node.records.within(scope, library);
    assert.deepEqual(left, [`2 ${told(1, "a").text}`, `2 ${text}`]);
    await node.dispose();
  });

  test(`${database.name}: an undo does exactly what its preview says, whatever others told, people hold and was released`, async () => {
    const node = await intelNode(database);
    const scope = jobScope(node);
    const orgId = node.orgs.other;
    const number = fc.integer({ min: 0, max: 4 });
    const some = fc.uniqueArray(number, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 3 }), some, some, (files, held, released) =>
        node.records.within(scope, async (work) => {
          const db = work.tables<IntelTables>();
          await db.deleteFrom("stix_object").execute();
          const store = new OriginStore(work);
          const tell = async (documents: ToldDocument[], kind?: string) => {
            const importId = await newImport(work, orgId, kind);
            await store.tell({ importId, orgId, audience: [], documents });
            return importId;
          };
          const ids: string[] = [];
          for (const file of files) ids.push(await tell(file.map((each) => told(each, "a"))));
          const refs = held.map((each) => told(each, "a").object.id);
          if (refs.length > 0)
            ids.push(await tell([made(9, "note", "amber", { object_refs: refs })], "manual"));
          const { id: collectionId } = await db
            .selectFrom("taxii_collection")
            .select("id")
            .limit(1)
            .executeTakeFirstOrThrow();
          const documents = released.map((each) => told(each, "a"));
          const itemId = released.length > 0 ? await newItem(work, orgId) : "";
          const item = { collectionId, itemId, revision: 1, orgId, audience: [], documents };
          if (released.length > 0) await new StixObjectStore(work).add(item);
          for (const id of ids) {
            const would = await store.wouldUntell(id);
            assert.equal(would.stays, would.others + would.released + would.held);
            const { origins, objects } = await undo(work, id);
            assert.deepEqual([would.told, would.objects, would.stays], [origins, objects, origins - objects]);
          }
        }),
      ),
      { numRuns: 25 },
    );
    await node.dispose();
  });

  test(`${database.name}: I2, I7: everyone reads the centre's own reference data that is TLP:CLEAR, and nothing else`, async () => {
    const node = await intelNode(database);
    const job = jobScope(node);
    const { authority, third } = node.orgs;
    const tell = (orgId: string, documents: ToldDocument[]) =>
      node.records.within(job, async (work) => {
        const importId = await newImport(work, orgId);
        await new OriginStore(work).tell({ importId, orgId, audience: [], documents });
        return importId;
      });
    const seen = () =>
      node.records.within(node.member, async (work) => {
        const found = await new SearchStore(work).all(LibraryFilter.parse({ background: "yes" }), 100);
        const bare = await work.tables<IntelTables>().selectFrom("stix_object").select("id").execute();
        assert.equal(bare.length, found.length, "the second wall says the same");
        return found.map(({ document }) => parseDocument(document).type).sort();
      });
    const attack = { external_references: [{ source_name: "mitre-ics-attack", external_id: "T0800" }] };
    await tell(authority, [
      made(1, "attack-pattern", "clear", attack),
      made(2, "attack-pattern", "green", attack),
      made(3, "x-mitre-tactic", "clear", {}),
      made(4, "malware", "clear", {}),
      made(5, "tool", "clear", { labels: ['misp-galaxy:tool="x"'] }),
      made(6, "indicator", "clear", { x_mitre_domains: ["ics-attack"] }),
      made(7, "report", "clear", attack),
    ]);
    await tell(third, [made(8, "campaign", "clear", attack)]);
    assert.deepEqual(await seen(), ["attack-pattern", "tool", "x-mitre-tactic"]);
    // The least strict marking counts, and goes with who said it.
    const clear = await tell(authority, [made(2, "attack-pattern", "clear", attack)]);
    assert.deepEqual(await seen(), ["attack-pattern", "attack-pattern", "tool", "x-mitre-tactic"]);
    await node.records.within(job, (work) => new OriginStore(work).untell(clear, 100));
    assert.deepEqual(await seen(), ["attack-pattern", "tool", "x-mitre-tactic"]);
    await node.dispose();
  });

  test(`${database.name}: undoing any imports leaves exactly what the others would have made`, async () => {
    const node = await intelNode(database);
    const scope = jobScope(node);
    const document = fc
      .tuple(
        fc.integer({ min: 0, max: 4 }),
        fc.constantFrom("a", "b"),
        fc.constantFrom(...TLP_LEVELS),
        fc.constantFrom("", " ", "\n"),
      )
      .map((parts) => told(...parts));
    const files = fc.array(fc.array(document, { maxLength: 6 }), { minLength: 1, maxLength: 5 });
    const run = (all: readonly ToldDocument[][], orgId: string) =>
      node.records.within(scope, async (work) => {
        const ids: string[] = [];
        for (const documents of all) {
          const importId = await newImport(work, orgId);
          await new OriginStore(work).tell({ importId, orgId, audience: [], documents });
          ids.push(importId);
        }
        return ids;
      });
    const empty = () =>
      node.records.within(scope, async (work) => {
        await work.tables<IntelTables>().deleteFrom("stix_object").execute();
      });
    await fc.assert(
      fc.asyncProperty(files, fc.infiniteStream(fc.boolean()), async (all, coin) => {
        const stays = all.map(() => coin.next().value === true);
        await empty();
        const ids = await run(all, node.orgs.other);
        await node.records.within(scope, async (work) => {
          for (const [at, id] of ids.entries()) if (stays[at] !== true) await undo(work, id);
        });
        const left = await node.records.within(scope, library);
        await empty();
        await run(
          all.filter((_, at) => stays[at] === true),
          node.orgs.other,
        );
        assert.deepEqual(left, await node.records.within(scope, library));
      }),
      { numRuns: 25 },
    );
    await node.dispose();
  });
}
