import assert from "node:assert/strict";
import { test } from "node:test";
import { DATABASES } from "../../../platform/records/testing.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import type { IntelTables } from "../tables.ts";
import { CollectionStore } from "../taxii/collection-store.ts";
import { addressFault } from "../taxii/transport.ts";
import { compareWith } from "./compare.ts";
import { PeerExchange } from "./exchange.ts";
import { PeerStore } from "./peer-store.ts";
import type { PeerTables } from "./tables.ts";
import { EVERYONE, publish, type TwoNodes, tool, withTwoNodes } from "./testing.ts";

for (const database of DATABASES) {
  const withTwo = (name: string, run: (given: TwoNodes) => Promise<void>) =>
    test(`${database.name}: ${name}`, () => withTwoNodes(database, run));

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
