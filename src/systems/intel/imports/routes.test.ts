import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { createLog } from "../../../platform/log/log.ts";
import { DATABASES, type TestDatabase } from "../../../platform/records/testing.ts";
import { jobScope } from "../../members/index.ts";
import { loadDecays } from "../library/decay.ts";
import { LibraryQuery } from "../library/model.ts";
import { ObjectPage } from "../library/object-page.ts";
import { SearchStore } from "../library/search-store.ts";
import type { Refusal } from "../reasons/model.ts";
import type { IntelTables } from "../tables.ts";
import { type Answer, client, type IntelNode, intelNode, intelServer, testImports } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { ImportStore } from "./import-store.ts";
import type { ImportEntry } from "./model.ts";
import { ImportRunner } from "./runner.ts";

const ATTACK = new URL("../../../../../shared/data/stix/attack-ics-18.1.json", import.meta.url);
const AT = "2026-11-01T00:00:00.000Z";

function indicator(number: number, more: object = {}) {
  return {
    type: "indicator",
    spec_version: "2.1",
    id: `indicator--11111111-2222-4333-8444-${String(number).padStart(12, "0")}`,
    created: AT,
    modified: AT,
    name: `evil ${number}`,
    pattern: `[domain-name:value = 'evil${number}.example']`,
    pattern_type: "stix",
    valid_from: AT,
    ...more,
  };
}

function bundle(...objects: unknown[]): Uint8Array {
  const id = "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d";
  return Buffer.from(JSON.stringify({ type: "bundle", id, objects }));
}

type Ask = ReturnType<typeof client>;

async function within(
  database: TestDatabase,
  run: (given: {
    node: IntelNode;
    imports: Awaited<ReturnType<typeof testImports>>;
    as: (who: string) => Ask;
    take: (
      file: Uint8Array | string,
      query?: Record<string, string>,
      who?: string,
    ) => Promise<Answer["json"]>;
    act: (id: string, act: string, body?: unknown) => Promise<Answer["json"]>;
    library: () => Promise<string[]>;
  }) => Promise<void>,
): Promise<void> {
  const node = await intelNode(database);
  const imports = await testImports(node);
  const { server, url } = await intelServer(node, { imports });
  const as = (who: string) => client(url, who);
  const detail = async (id: string) => (await as("writer")("GET", `/api/v1/intel/imports/${id}`)).json;
  try {
    await run({
      node,
      imports,
      as,
      async take(file, query = {}, who = "writer") {
        const body = typeof file === "string" ? Buffer.from(file) : file;
        const answer = await as(who)("POST", `/api/v1/intel/imports?${new URLSearchParams(query)}`, body);
        assert.equal(answer.status, 201, answer.text);
        await imports.runner.idle();
        return detail(answer.json.id);
      },
      async act(id, act, body) {
        const answer = await as("writer")(
          "POST",
          `/api/v1/intel/imports/${id}/${act}`,
          body ?? (act === "store" ? {} : undefined),
        );
        assert.equal(answer.status, 200, answer.text);
        await imports.runner.idle();
        return detail(id);
      },
      library: () =>
        node.records.within(node.writer, async (work) => {
          const rows = await work
            .tables<IntelTables>()
            .selectFrom("stix_object")
            .select(["document"])
            .where("collection_id", "is", null)
            .execute();
          return rows.map((row) => row.document).sort();
        }),
    });
  } finally {
    await imports.runner.stop();
    await server.close();
    await node.dispose();
  }
}

for (const database of DATABASES) {
  test(`${database.name}: storing says no more of what is known than the importer may see`, () =>
    within(database, async ({ node, imports, take, as }) => {
      const [reviewer, writer] = ["reviewer", "writer"];
      assert.equal(node.reviewer.clearance, "red");
      const store = async (id: string, who: string) => {
        await as(who)("POST", `/api/v1/intel/imports/${id}/store`, {});
        await imports.runner.idle();
        return (await as(who)("GET", `/api/v1/intel/imports/${id}`)).json;
      };
      const secret = await take(bundle(indicator(1)), { source: "A", tlp: "red" }, reviewer);
      assert.equal((await store(secret.id, reviewer)).counts.new, 1);
      const low = { ...node.writer, clearance: "amber" as const };
      Object.assign(node.writer, low);
      const again = await take(bundle(indicator(1), indicator(2)), { source: "B", tlp: "amber" }, writer);
      assert.deepEqual(again.preview, { new: 2, known: 0, conflicts: 0 });
      const stored = await store(again.id, writer);
      assert.deepEqual([stored.counts.new, stored.counts.known], [2, 0]);
      const third = await take(bundle(indicator(1)), { source: "C", tlp: "amber" }, writer);
      assert.deepEqual([third.preview.known, (await store(third.id, writer)).counts.known], [1, 1]);
    }));

  test(`${database.name}: I10: a network with good addresses in it is warned of wherever it is named, in the preview and on its page`, () =>
    within(database, async ({ node, imports, take, act, as }) => {
      const named = (at: number, pattern: string) => indicator(at, { pattern });
      const file = bundle(
        named(1, "[ipv4-addr:value ISSUBSET '8.8.8.0/24']"),
        named(2, "[ipv4-addr:value = '8.8.0.0/16']"),
        named(3, "[network-traffic:dst_ref.value ISSUBSET '8.8.8.0/25']"),
        named(4, "[ipv4-addr:value ISSUBSET '203.0.114.0/24']"),
        named(5, "[ipv4-addr:value IN ('203.0.114.9', '9.0.0.0/8')]"),
      );
      const list = "公用 DNS 解析器 Public DNS resolvers";
      const first = await take(file, { tlp: "green" });
      const rows = async (id: string) =>
        (await as("writer")("GET", `/api/v1/intel/imports/${id}/objects?view=warned`)).json.items;
      const warned = await rows(first.id);
      assert.deepEqual(
        warned.map((row: { warnings: unknown }) => row.warnings),
        [
          [{ value: "8.8.8.0/24", list, entry: "8.8.8.8", inside: 1 }],
          [{ value: "8.8.0.0/16", list, entry: "8.8.4.4", inside: 2 }],
          [{ value: "8.8.8.0/25", list, entry: "8.8.8.8", inside: 1 }],
          [{ value: "9.0.0.0/8", list, entry: "9.9.9.9", inside: 1 }],
        ],
      );
      const csv = await as("writer")("GET", `/api/v1/intel/imports/${first.id}/objects/export?view=warned`);
      assert.match(csv.text, /Public DNS resolvers \(2 inside: 8\.8\.4\.4\)/);
      const event = {
        info: "x",
        Attribute: [{ type: "ip-src", value: "8.8.8.0/24", to_ids: true }],
      };
      const misp = await take(JSON.stringify({ Event: event }), {});
      assert.deepEqual(
        (await rows(misp.id)).map((row: { type: string }) => row.type),
        ["ipv4-addr", "indicator"],
      );
      await act(first.id, "store");
      const judges = { warninglists: imports.runner.warninglists, decays: loadDecays() };
      const detail = await node.records.within(node.writer, (work) =>
        new ObjectPage(work).detail(indicator(1).id, judges),
      );
      assert.deepEqual(detail.warnings, warned[0].warnings);
      assert.ok(detail.score.parts.some(({ reason }) => reason === "warninglist"));
      const left = await take(file, { tlp: "green", source: "other" });
      assert.equal((await act(left.id, "store", { leaveOutWarned: true })).counts.left, 4);
    }));

  test(`${database.name}: one MISP event from two feeds is one thing made by its author, and what was told in the source's name before is an earlier version`, () =>
    within(database, async ({ take, as, library }) => {
      const id = "5f7c1a2e-3d84-4b6a-8c11-0a9e2b7d6e01";
      const event = (Orgc?: object) => {
        const Attribute = [
          { uuid: id, type: "domain", value: "evil.example", to_ids: true, timestamp: 1763856000 },
        ];
        return JSON.stringify({ Event: { info: "x", timestamp: 1763856000, Orgc, Attribute } });
      };
      const store = (file: string, source: string) => take(file, { store: "true", tlp: "green", source });
      const conflicts = async (of: { id: string }) =>
        (await as("writer")("GET", `/api/v1/intel/imports/${of.id}/objects?view=conflicts`)).json.total;
      const makers = async () =>
        (await library())
          .map((text) => JSON.parse(text))
          .filter((object) => object.id === `indicator--${id}`)
          .sort((one, other) => (one.modified < other.modified ? -1 : 1))
          .map((object) => object.created_by_ref);
      const before = await store(event(), "Feed");
      const [old] = await makers();
      const orgc = { uuid: "5f7c1a2e-3d84-4b6a-8c11-0a9e2b7d6e90", name: "CERT Aqua" };
      const author = `identity--${orgc.uuid}`;
      const now = await store(event(orgc), "Feed");
      assert.deepEqual(await makers(), [old, author]);
      const other = await store(event(orgc), "Another feed");
      assert.deepEqual(await makers(), [old, author]);
      for (const each of [before, now, other]) assert.equal(await conflicts(each), 0);
      assert.deepEqual(
        [other.counts.new, other.counts.known],
        [1, 3],
        "its report is by its own UUID or none",
      );
    }));

  test(`${database.name}: a list shows relationships by their ends, sightings by what was seen, and neither remarks nor what was given up`, () =>
    within(database, async ({ take, act, as }) => {
      const relationship = {
        type: "relationship",
        spec_version: "2.1",
        id: "relationship--11111111-2222-4333-8444-000000000007",
        created: AT,
        modified: AT,
        relationship_type: "related-to",
        source_ref: indicator(1).id,
        target_ref: indicator(2).id,
      };
      const sighting = {
        type: "sighting",
        spec_version: "2.1",
        id: "sighting--11111111-2222-4333-8444-000000000008",
        created: AT,
        modified: AT,
        sighting_of_ref: indicator(1).id,
      };
      const preview = await take(bundle(indicator(1), relationship, sighting));
      const objects = async (id: string, type = "relationship") =>
        (await as("writer")("GET", `/api/v1/intel/imports/${id}/objects`)).json.items
          .filter((each: { type: string }) => each.type === type)
          .map((each: { name: string }) => each.name);
      assert.deepEqual(await objects(preview.id, "sighting"), ["evil 1"]);
      const halfNamed = [`evil 1 → related-to → ${indicator(2).id}`];
      assert.deepEqual(await objects(preview.id), halfNamed);
      await act(preview.id, "store");
      assert.deepEqual(await objects(preview.id), halfNamed);
      assert.deepEqual(await objects(preview.id, "sighting"), ["evil 1"]);
      await act((await take(bundle(indicator(2)))).id, "store");
      assert.deepEqual(await objects(preview.id), ["evil 1 → related-to → evil 2"]);

      await act((await take(bundle(indicator(3)), { fileName: "given up" })).id, "stop");
      const list = async (query = "") =>
        (await as("writer")("GET", `/api/v1/intel/imports${query}`)).json.items.map(
          (each: { fileName: string }) => each.fileName,
        );
      assert.ok(!(await list()).includes("given up"));
      assert.deepEqual(await list("?state=dropped"), ["given up"]);
    }));

  test(`${database.name}: a table's first rows are shown as its mapping cuts them, and another mapping reads it anew`, () =>
    within(database, async ({ take, as, imports }) => {
      const table = "# remark\nseen;what;who\n2026-11-01;evil1.example;甲\n2026-11-02;evil2.example;乙\n";
      const preview = await take(table, { format: "csv", fileName: "t.csv" });
      const sample = await as("writer")("GET", `/api/v1/intel/imports/${preview.id}/sample?delimiter=%3B`);
      assert.deepEqual(sample.json.rows.slice(0, 2), [
        { line: 2, cells: ["seen", "what", "who"] },
        { line: 3, cells: ["2026-11-01", "evil1.example", "甲"] },
      ]);
      const csv = { delimiter: ";", header: true, columns: ["seen", "value", "comment"] };
      await as("writer")("POST", `/api/v1/intel/imports/${preview.id}/reread`, { csv });
      await imports.runner.idle();
      const { json } = await as("writer")("GET", `/api/v1/intel/imports/${preview.id}`);
      assert.deepEqual([json.options.csv, json.counts.refused], [csv, 0]);
      assert.equal(json.counts.total, 5);
      const text = await take("see evil3[.]example for more", { format: "text" });
      assert.equal((await as("writer")("GET", `/api/v1/intel/imports/${text.id}/sample`)).status, 409);
    }));

  test(`${database.name}: a bundle is previewed, stored, known the second time, and undone`, () =>
    within(database, async ({ take, act, as, library }) => {
      const file = bundle(indicator(1), indicator(2), { ...indicator(3), created: "yesterday" }, 7);
      const preview = await take(file, { fileName: "../../etc/a.json", source: "Partner", reliability: "B" });
      assert.deepEqual(
        [preview.state, preview.format, preview.fileName, preview.source.name, preview.source.reliability],
        ["previewed", "stix-2.1", "../../etc/a.json", "Partner", "B"],
      );
      assert.deepEqual(preview.preview, { new: 2, known: 0, conflicts: 0 });
      assert.deepEqual([preview.counts.new, preview.counts.known, preview.counts.refused], [2, 0, 2]);
      assert.deepEqual(
        preview.refusals.map(({ path, rule, why }: Refusal) => `${path} ${rule} ${why}`),
        ["objects.2.created 2.16 timestamp timestamp", "objects.3 8 type object"],
      );
      const rows = await as("writer")("GET", `/api/v1/intel/imports/${preview.id}/objects`);
      assert.deepEqual(
        rows.json.items.map(({ type, name, refusals }: ImportEntry) => [type, name, refusals.length]),
        [
          ["indicator", "evil 1", 0],
          ["indicator", "evil 2", 0],
          ["indicator", "evil 3", 1],
          ["", "", 1],
        ],
        "all shows what was refused, too",
      );
      const csv = await as("writer")(
        "GET",
        `/api/v1/intel/imports/${preview.id}/objects/export?view=refused&form=csv`,
      );
      assert.match(csv.text, /objects\.2\.created,2\.16 timestamp,/);
      assert.equal(csv.text.trim().split("\r\n").length, 3);
      assert.deepEqual(await library(), [], "nothing is stored before somebody says so");
      const stored = await act(preview.id, "store");
      assert.deepEqual([stored.state, stored.counts.new, stored.counts.known], ["stored", 2, 0]);
      assert.equal((await library()).length, 2);
      assert.ok((await library()).includes(JSON.stringify(indicator(1))), "byte for byte");
      const again = await take(bundle(indicator(1), indicator(2, { name: "other" })), {
        source: "Somebody else",
      });
      assert.deepEqual(again.preview, { new: 1, known: 1, conflicts: 1 });
      assert.deepEqual([again.counts.new, again.counts.known, again.before], [1, 1, null]);
      const same = await take(file);
      assert.equal(same.before.id, preview.id, "the same file came in before");
      const { json } = await as("writer")("GET", `/api/v1/intel/imports/${again.id}/objects?view=known`);
      assert.deepEqual([json.total, json.items[0].toldBy], [1, ["Partner"]]);
      await act(again.id, "store");
      assert.equal((await library()).length, 3, "other content stays beside it");
      const would = await as("writer")("GET", `/api/v1/intel/imports/${preview.id}/undo`);
      assert.deepEqual(would.json, { told: 2, objects: 1, stays: 1, others: 1, released: 0, held: 0 });
      const undone = await act(preview.id, "undo");
      assert.equal(undone.state, "undone");
      assert.deepEqual(
        await library(),
        [JSON.stringify(indicator(1)), JSON.stringify(indicator(2, { name: "other" }))].sort(),
      );
      const refused = await as("writer")("POST", `/api/v1/intel/imports/${preview.id}/undo`);
      assert.deepEqual([refused.status, refused.json.code], [409, "intel.import-state"]);
    }));

  test(`${database.name}: another's content of the same version is kept and flagged, the first stays shown`, () =>
    within(database, async ({ node, take, act, as }) => {
      const judges = { warninglists: new WarninglistChecker([]), decays: loadDecays() };
      const page = () =>
        node.records.within(node.writer, (work) => new ObjectPage(work).detail(indicator(1).id, judges));
      const listed = async () => {
        const query = LibraryQuery.parse({ type: "indicator" });
        const found = await node.records.within(node.writer, (work) =>
          new SearchStore(work).search(query, judges),
        );
        return found.items.map(({ name }) => name);
      };
      await act((await take(bundle(indicator(1)), { source: "First" })).id, "store");
      const other = await take(bundle(indicator(1, { name: "poisoned" })), { source: "Second" });
      assert.equal(other.preview.conflicts, 1);
      await act(other.id, "store");
      const detail = await page();
      assert.equal(detail.row.name, "evil 1");
      assert.deepEqual(await listed(), ["evil 1"]);
      assert.deepEqual(
        detail.versions.map(({ conflicts, toldBy }) => [conflicts, toldBy]),
        [
          [false, ["First"]],
          [true, ["Second"]],
        ],
      );
      const { json } = await as("writer")("GET", `/api/v1/intel/imports/${other.id}/objects?view=conflicts`);
      assert.deepEqual([json.total, json.items[0].conflict], [1, true]);
      const later = indicator(1, { name: "newer", modified: "2026-11-24T00:00:00.000Z" });
      await act((await take(bundle(later), { source: "Second" })).id, "store");
      assert.equal((await page()).row.name, "newer", "a later version takes over, whoever tells it");
    }));

  test(`${database.name}: what a source says anew of the same thing under the same time is a later version`, () =>
    within(database, async ({ take, act, library }) => {
      const table = (comment: string) => `ip,comment,date\n198.51.100.1,${comment},2026-11-20\n`;
      const store = async (text: string, source: string) =>
        act((await take(text, { format: "csv", source })).id, "store");
      const named = async () =>
        (await library())
          .map((text) => JSON.parse(text))
          .filter(({ type }) => type === "indicator")
          .map(({ description, modified }) => [description, modified.slice(0, 10)])
          .sort();
      await store(table("one"), "List");
      await store(table("two"), "List");
      const versions = await named();
      assert.deepEqual(
        versions.map(([description]) => description),
        ["one", "two"],
      );
      assert.ok(versions[1]?.[1] > versions[0]?.[1], JSON.stringify(versions));
      assert.equal((await store(table("two"), "List")).counts.new, 0);
    }));

  test(`${database.name}: a confidence for what bears none, of what the import makes alone`, () =>
    within(database, async ({ take, act, as, library }) => {
      const preview = await take("ip,confidence\n198.51.100.1,\n198.51.100.2,15\n", { confidence: "70" });
      assert.equal(preview.defaultConfidence, 70);
      const { json } = await as("writer")("POST", `/api/v1/intel/imports/${preview.id}/reread`, {
        confidence: 40,
      });
      assert.equal(json.defaultConfidence, 40);
      await act((await take(bundle(indicator(1)), { confidence: "70" })).id, "store");
      assert.ok((await library()).includes(JSON.stringify(indicator(1))), "STIX stays as it is");
      for (;;) {
        const read = await as("writer")("GET", `/api/v1/intel/imports/${preview.id}`);
        if (read.json.state === "previewed") break;
      }
      await act(preview.id, "store");
      const made = (await library())
        .map((text) => JSON.parse(text))
        .filter(({ type }) => type === "indicator");
      assert.deepEqual(made.map(({ name, confidence }) => [name, confidence]).sort(), [
        ["198.51.100.1", 40],
        ["198.51.100.2", 15],
        ["evil 1", undefined],
      ]);
    }));

  test(`${database.name}: what is above the clearance, of others, or left out stays out`, () =>
    within(database, async ({ take, act, as, library, node }) => {
      const red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
      const file = bundle(indicator(1), indicator(2, { object_marking_refs: [red] }), {
        ...indicator(3),
        pattern: "[domain-name:value = 'google.com']",
      });
      const member = await as("member")("POST", "/api/v1/intel/imports", file);
      assert.deepEqual([member.status, member.json.code], [403, "http.forbidden"]);
      const foreign = await as("writer")("POST", `/api/v1/intel/imports?orgId=${uuidV7()}`, file);
      assert.equal(foreign.status, 404);
      const preview = await take(file, { tlp: "green" });
      assert.deepEqual([preview.tlp, preview.unmarkedTlp, preview.counts.total], ["red", "green", 3]);
      const unseen = await as("member")("GET", `/api/v1/intel/imports/${preview.id}`);
      assert.equal(unseen.status, 404);
      const stored = await act(preview.id, "store", { leaveOut: [0] });
      assert.deepEqual([stored.counts.new, stored.counts.left], [2, 1]);
      assert.equal((await library()).length, 2);
      await node.records.within(node.member, async (work) => {
        const rows = await work.tables<IntelTables>().selectFrom("stix_origin").select("seq").execute();
        assert.deepEqual(rows, [], "another organisation sees no origin");
      });
    }));

  test(`${database.name}: a preview is dropped, a started one is taken back, a killed one goes on`, () =>
    within(database, async ({ take, act, imports, library, node, as }) => {
      const dropped = await take(bundle(indicator(1)));
      assert.equal((await act(dropped.id, "stop")).state, "dropped");
      const objects = Array.from({ length: 4500 }, (_, at) => indicator(at));
      const killed = await take(bundle(...objects));
      // A process that dies behind its first part: from then on nothing of it reaches the records.
      const { records } = node;
      let units = 0;
      const dying = {
        ...records,
        within: ((scope, run) =>
          ++units > 4
            ? Promise.reject(new Error("killed"))
            : records.within(scope, run)) as typeof records.within,
      };
      const log = createLog({ level: "silent" });
      const scope = (name: string) => jobScope(records, name, ["intel:write"]);
      const dead = new ImportRunner(
        { ...imports, records: dying, log, jobScope: scope },
        imports.runner.warninglists,
      );
      await records.within(node.writer, (work) =>
        new ImportStore(work).change(killed.id, ["previewed"], {
          state: "storing",
          progress: { done: 0, total: 4500 },
        }),
      );
      dead.begin(killed.id);
      await dead.idle();
      const half = (await as("writer")("GET", `/api/v1/intel/imports/${killed.id}`)).json;
      assert.equal(half.state, "storing");
      assert.ok(half.progress.done >= 2000 && half.progress.done < 4500, JSON.stringify(half.progress));
      await imports.runner.recover();
      await imports.runner.idle();
      assert.equal(
        (await as("writer")("GET", `/api/v1/intel/imports/${killed.id}`)).json.state,
        "storing",
        "it may still live",
      );
      node.clock.set("2026-11-23T01:01:00.000Z");
      await imports.runner.recover();
      await imports.runner.idle();
      const { json } = await as("writer")("GET", `/api/v1/intel/imports/${killed.id}`);
      assert.deepEqual([json.state, json.counts.new, json.counts.known], ["stored", 4500, 0]);
      assert.equal((await library()).length, 4500);
      assert.equal((await act(killed.id, "undo")).state, "undone");
      assert.deepEqual(await library(), []);
    }));

  test(`${database.name}: files in any order, any of them undone, leave what the others would have made`, () =>
    within(database, async ({ take, act, library, node }) => {
      const files = [
        bundle(indicator(1), indicator(2)),
        Buffer.from(
          JSON.stringify(JSON.parse(Buffer.from(bundle(indicator(2), indicator(3))).toString()), null, 2),
        ),
        bundle(indicator(1, { name: "other" }), indicator(3)),
        "value,type\nevil1.example,domain\n8.8.8.8,ip-dst\n",
        "# 報告\n\n據報 evil1[.]example 與 8[.]8[.]8[.]8 為中繼站，請留意。\n",
      ];
      const empty = () =>
        node.records.within({ ...node.writer, clearance: "red" }, async (work) => {
          await work.tables<IntelTables>().deleteFrom("stix_object").execute();
        });
      const run = async (order: readonly number[]) => {
        const ids = new Map<number, string>();
        for (const at of order) ids.set(at, (await take(files[at] ?? "", { store: "true", source: "S" })).id);
        return ids;
      };
      const orders = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 2 });
      await fc.assert(
        fc.asyncProperty(
          orders,
          fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
          async (order, undone) => {
            await empty();
            const ids = await run(order);
            for (const [at, id] of ids) if (undone[at] === true) await act(id, "undo");
            const left = await library();
            await empty();
            await run(order.filter((at) => undone[at] !== true));
            assert.deepEqual(left, await library());
          },
        ),
        { numRuns: 4 },
      );
    }));

  test(`${database.name}: each format is told by its content`, () =>
    within(database, async ({ take, act, as }) => {
      const files: [string, string, string][] = [
        [
          "misp-event",
          "report",
          JSON.stringify({
            Event: {
              info: "x",
              uuid: "5f7c1a2e-3d84-4b6a-8c11-0a9e2b7d4c55",
              Attribute: [{ type: "domain", value: "evil.example", to_ids: true }],
            },
          }),
        ],
        ["csv", "indicator", "value,type,comment\nevil.example,domain,bad\nnothing here,domain,x\n"],
        ["csv", "indicator", "# list\n198.51.100.1\n198.51.100.2\n"],
        [
          "html",
          "report",
          "<html><head><title>Report</title></head><body>hxxps://evil[.]example/a T1059.001</body></html>",
        ],
        [
          "text",
          "report",
          "# 報告\n\n駭客組織於上週使用 evil[.]example 與 198[.]51[.]100[.]7 發動攻擊，詳見 CVE-2024-3400 之說明與附錄。\n",
        ],
        [
          "kev",
          "vulnerability",
          "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse\nCVE-2024-3400,Palo,PAN,x,2024-04-12,d,r,2024-05-01,Known\n",
        ],
        [
          "rss",
          "report",
          '<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><item><title>A</title><link>https://news.example/1</link><pubDate>Mon, 02 Nov 2026 00:00:00 GMT</pubDate><description>&lt;p&gt;evil[.]example&lt;/p&gt;</description></item></channel></rss>',
        ],
        [
          "stix-2.0",
          "indicator",
          JSON.stringify({
            type: "bundle",
            id: "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
            spec_version: "2.0",
            objects: [{ ...indicator(1), spec_version: undefined, labels: ["malicious-activity"] }],
          }),
        ],
      ];
      for (const [format, type, file] of files) {
        const preview = await take(file);
        assert.deepEqual([preview.format, preview.state], [format, "previewed"], file.slice(0, 60));
        const { json } = await as("writer")("GET", `/api/v1/intel/imports/${preview.id}/objects`);
        assert.ok(
          json.items.some((each: { type: string }) => each.type === type),
          `${format}: ${JSON.stringify(json.items)}`,
        );
        const stored = await act(preview.id, "store");
        assert.equal(stored.state, "stored");
        const again = await take(file);
        assert.equal(again.preview.new, 0, `${format}: the same file again holds nothing new`);
      }
      const unknown = await as("writer")("POST", "/api/v1/intel/imports", Buffer.from([0, 1, 2, 3]));
      assert.deepEqual([unknown.status, unknown.json.code], [400, "intel.unknown-format"]);
    }));

  test(`${database.name}: ATT&CK for ICS comes in whole, and again brings nothing new`, async (t) => {
    if (!existsSync(ATTACK)) return t.skip("../shared/data/stix is absent");
    await within(database, async ({ take }) => {
      const file = readFileSync(ATTACK);
      const first = await take(file, { store: "true" });
      assert.deepEqual([first.state, first.counts.new, first.counts.refused], ["stored", 1826, 0]);
      const again = await take(file, { store: "true" });
      assert.deepEqual([again.counts.new, again.counts.known], [0, 1826]);
    });
  });
}
