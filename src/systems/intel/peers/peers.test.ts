import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openNodeKey } from "../../../platform/crypto/node-key.ts";
import { createLog } from "../../../platform/log/log.ts";
import { DATABASES, testScope } from "../../../platform/records/testing.ts";
import { parseDocument, StixObjectStore } from "../object-store.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import type { IntelTables } from "../tables.ts";
import { CollectionStore } from "../taxii/collection-store.ts";
import { addressFault } from "../taxii/transport.ts";
import { type IntelNode, intelNode, intelServer } from "../testing.ts";
import { compareWith } from "./compare.ts";
import { clientOf, PeerExchange } from "./exchange.ts";
import { NewPeer } from "./model.ts";
import { PeerStore } from "./peer-store.ts";
import type { PeerTables } from "./tables.ts";

const EVERYONE = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const tool = (at: number, more: object = {}) =>
  `{"type":"tool",  "spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-${String(at).padStart(12, "0")}","created":"2026-11-20T00:00:00.000Z","modified":"2026-11-20T00:00:00.000Z","name":"工具 ${at}"${JSON.stringify(
    more,
  )
    .slice(1, -1)
    .replace(/^(?=.)/, ",")}}`;

/** As releases of the node, in its community collection. */
async function publish(
  node: IntelNode,
  texts: readonly string[],
  audience: readonly string[],
  tlp = "green" as const,
) {
  await node.records.within({ ...node.writer, clearance: "red" }, async (work) => {
    const { id } = await new CollectionStore(work).get("community");
    await new StixObjectStore(work).add({
      collectionId: id,
      revision: 1,
      orgId: node.orgs.authority,
      audience,
      documents: texts.map((text) => ({ text, object: parseDocument(text), tlp })),
    });
  });
}

for (const database of DATABASES) {
  const withTwo = (
    name: string,
    run: (given: {
      here: IntelNode;
      there: IntelNode;
      url: string;
      scope: ReturnType<typeof testScope>;
      parts: ConstructorParameters<typeof PeerExchange>[0];
      add: (more: object) => Promise<string>;
      close: () => Promise<void>;
    }) => Promise<void>,
  ) =>
    test(`${database.name}: ${name}`, async () => {
      const [here, there] = [await intelNode(database), await intelNode(database)];
      const { server, url } = await intelServer(there, { perMinute: 100_000 });
      const folder = mkdtempSync(join(tmpdir(), "lianfang-peers-"));
      const nodeKey = openNodeKey(folder);
      const parts = {
        records: here.records,
        nodeKey,
        clock: here.clock,
        log: createLog({ level: "silent" }),
        sectors: ["water"] as const,
        loopback: true,
        pause: 1,
        tries: 2,
      };
      const scope = testScope({
        orgId: here.orgs.authority,
        orgIds: Object.values(here.orgs),
        clearance: "red",
        purpose: "job:intel.peers",
      });
      const login = { kind: "token" as const, token: "other-pusher" };
      const [root] = await clientOf(parts, { url: `${url}/taxii2/`, login }).apiRoots();
      assert.ok(root !== undefined);
      const offered = await clientOf(parts, { url: `${url}/taxii2/`, login }).collections(root);
      const line = (writes: boolean, more: object) => {
        const found = offered.find((each) => each.canWrite === writes) ?? assert.fail("no such collection");
        return {
          rootUrl: root.url,
          maxContentLength: root.maxContentLength,
          collectionUrl: found.url,
          collectionId: found.id,
          title: found.title,
          ...more,
        };
      };
      const add = (more: object) => {
        const pull = line(false, { direction: "pull" });
        const push = line(true, { direction: "push", source: "collection:community" });
        const peer = NewPeer.parse({ name: "E", url: `${url}/taxii2/`, login, lines: [pull, push], ...more });
        return here.records.within(scope, (work) => new PeerStore(work, nodeKey).add(peer));
      };
      try {
        await run({ here, there, url, scope, parts, add, close: () => server.close() });
      } finally {
        await server.close();
        await here.dispose();
        await there.dispose();
        rmSync(folder, { recursive: true, force: true });
      }
    });

  withTwo(
    "I1: pulls into the library with source, origin and marking; pushes what may leave; each once",
    async (given) => {
      const { here, there, scope, parts, add } = given;
      const red = { object_marking_refs: [tlpMarkingId("amber")] };
      const theirs = [tool(1), tool(2, red), tool(3, { labels: 7 })];
      await publish(there, theirs, [there.orgs.other]);
      await publish(here, [tool(11)], [EVERYONE]);
      await publish(here, [tool(12)], [here.orgs.third]);
      await publish(here, [tool(13, red)], [EVERYONE], "amber" as never);
      const id = await add({ unmarked: "green" });
      const exchange = new PeerExchange(parts);
      const work = <T>(run: Parameters<typeof here.records.within<T>>[1]) => here.records.within(scope, run);
      const peer = () => work((inside) => new PeerStore(inside, parts.nodeKey).get(id));
      await exchange.runDue(scope, new AbortController().signal);

      const library = await work((inside) =>
        inside
          .tables<IntelTables>()
          .selectFrom("stix_origin as r")
          .innerJoin("stix_object as o", "o.seq", "r.seq")
          .innerJoin("intel_import as i", "i.id", "r.import_id")
          .innerJoin("intel_source as s", "s.id", "i.source_id")
          .select(["o.document", "o.tlp", "s.kind", "s.name", "i.state"])
          .orderBy("o.seq")
          .execute(),
      );
      assert.deepEqual(
        library.map((row) => [row.document, row.tlp, row.kind, row.name, row.state]),
        [
          [tool(1), 1, "peer", "E", "stored"],
          [tool(2, red), 2, "peer", "E", "stored"],
        ],
        "verbatim, under its own marking or the peer's, what breaks STIX left out",
      );
      const pushed = await there.records.within(
        { ...there.otherPusher, clearance: "red" },
        async (inside) => {
          const { id: inbox } = await new CollectionStore(inside).get("inbox");
          return inside
            .tables<IntelTables>()
            .selectFrom("stix_object")
            .select("document")
            .where("collection_id", "=", inbox)
            .execute();
        },
      );
      assert.deepEqual(
        pushed.map((row) => row.document),
        [tool(11)],
      );
      const [pull, push] = (await peer()).lines.sort((a, b) => a.direction.localeCompare(b.direction));
      assert.deepEqual(pull?.counts, { moved: 2, refused: 1, held: 0 });
      assert.deepEqual(
        push?.counts,
        { moved: 1, refused: 0, held: 2 },
        "for one organisation, and AMBER above the ceiling",
      );

      await exchange.run(scope, id);
      assert.deepEqual(
        (await peer()).lines.map((each) => each.counts),
        [pull?.counts, push?.counts],
        "nothing twice",
      );
      const runs = await work((inside) => new PeerStore(inside, parts.nodeKey).runs(id));
      assert.equal(runs.length, 2, "a run that moved nothing leaves no line in the log");
      assert.match(
        runs.find((each) => each.direction === "pull")?.details[0]?.message ?? "",
        /labels: a list is wanted \(2.11 type|labels: a list is wanted/,
      );
    },
  );

  withTwo(
    "I1: a peer that fails is told in words, asked ever later, and goes on where it stood",
    async (given) => {
      const { here, there, scope, parts, add, close } = given;
      await publish(there, [tool(1)], [there.orgs.other]);
      const id = await add({ everyMinutes: 1 });
      const exchange = new PeerExchange({ ...parts, pause: 1, tries: 1 });
      await exchange.run(scope, id);
      await close();
      const state = () => here.records.within(scope, (work) => new PeerStore(work, parts.nodeKey).get(id));
      const waits: number[] = [];
      for (let at = 0; at < 4; at++) {
        await exchange.run(scope, id);
        const now = await state();
        waits.push((Date.parse(now.nextRunAt) - Date.parse(now.lastRunAt ?? "")) / 60_000);
      }
      const now = await state();
      assert.deepEqual(waits, [1, 4, 8, 16]);
      assert.deepEqual([now.state, now.failures], ["failing", 4]);
      assert.match(now.lastError ?? "", /ECONNREFUSED/);
      const [row] = await here.records.within(scope, (work) =>
        work.tables<PeerTables>().selectFrom("intel_peer").selectAll().where("id", "=", id).execute(),
      );
      assert.ok(!JSON.stringify(row).includes("other-pusher"), "the login is stored encrypted");
      await here.records.within(scope, (work) =>
        new PeerStore(work, parts.nodeKey).change(id, { paused: true, version: now.version }),
      );
      const due = await here.records.within(scope, (work) => new PeerStore(work, parts.nodeKey).due());
      assert.deepEqual(due, [], "a paused peer waits");
    },
  );

  withTwo("I1: the comparison tells what is missing on either side, and mends it", async (given) => {
    const { here, there, scope, parts, add } = given;
    await publish(there, [tool(1), tool(2)], [there.orgs.other]);
    await publish(here, [tool(11), tool(12)], [EVERYONE]);
    const id = await add({});
    await new PeerExchange(parts).run(scope, id);
    const compare = async (mend: boolean) =>
      (await compareWith(parts, scope, id, mend)).map(({ direction, same, missing, gone, mended }) => [
        direction,
        same,
        missing,
        gone,
        mended,
      ]);
    assert.deepEqual(await compare(false), [
      ["pull", 2, 0, 0, 0],
      ["push", 2, 0, 0, 0],
    ]);
    await here.records.within(scope, (work) =>
      work.tables<IntelTables>().deleteFrom("stix_object").where("document", "=", tool(1)).execute(),
    );
    await there.records.within({ ...there.otherPusher, clearance: "red" }, async (work) => {
      const { id: inbox } = await new CollectionStore(work).get("inbox");
      await new CollectionStore(work).remove(inbox, JSON.parse(tool(11)).id, { versions: ["all"] });
    });
    assert.deepEqual(await compare(true), [
      ["pull", 1, 1, 0, 1],
      ["push", 1, 1, 0, 1],
    ]);
    assert.deepEqual(await compare(false), [
      ["pull", 2, 0, 0, 0],
      ["push", 2, 0, 0, 0],
    ]);
  });
}

test("a peer is never link-local, and this machine only where that is configured", () => {
  for (const address of ["169.254.169.254", "fe80::1", "224.0.0.1"])
    assert.ok(addressFault(address, true), address);
  for (const address of ["127.0.0.1", "::1", "0.0.0.0", "::ffff:127.0.0.1"]) {
    assert.ok(addressFault(address, false), address);
    assert.equal(addressFault(address, true), undefined, address);
  }
  for (const address of ["10.1.2.3", "203.0.113.9", "2001:db8::1"])
    assert.equal(addressFault(address, false), undefined);
});
