import assert from "node:assert/strict";
import { EVERYONE, type Scope } from "../../../core/scope.ts";
import type { Tlp } from "../../../core/tlp.ts";
import { DATABASES, testScope } from "../../../platform/records/testing.ts";
import { ItemStore } from "../item-store.ts";
import type { Recipient } from "../model.ts";
import { outgoingAfter } from "../peers/outgoing.ts";
import { approveItem, draftItem, submitItem, withdrawItem } from "../review.ts";
import { CollectionStore } from "../taxii/collection-store.ts";
import { readFilter } from "../taxii/filter.ts";
import { type IntelNode, nodeTests } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { loadWarninglists } from "../warninglists/list.ts";
import { loadDecays } from "./decay.ts";
import { recordSightings } from "./detected.ts";
import { releaseSightings, type SightingsRule } from "./sightings-out.ts";
import { WorthStore } from "./worth-store.ts";

const RULE: SightingsRule = { collections: ["community", "water"], organisations: 2, marking: "object" };
const judges = { warninglists: new WarninglistChecker(loadWarninglists().lists), decays: loadDecays() };

function job(node: IntelNode): Scope {
  return testScope({
    orgId: node.orgs.authority,
    orgIds: Object.values(node.orgs),
    clearance: "red",
    purpose: "job:intel.sightings",
    permissions: ["intel:write"],
    actor: { kind: "job", id: "intel.sightings", name: "intel.sightings" },
  });
}

/** An indicator of an address, released to some; its id, and that of its item. */
async function release(node: IntelNode, recipients: Recipient[], value: string) {
  const { writer, reviewer, records } = node;
  const item = await records.within(writer, async (work) => {
    const { id } = await draftItem(work, {
      orgId: node.orgs.authority,
      title: "掃描來源",
      description: "",
      tlp: "green",
      recipients,
      indicators: [{ type: "ipv4", value, firstSeen: "2026-11-22T00:00:00.000Z" }],
    });
    await submitItem(work, id);
    return id;
  });
  const { bundle_sha256: sha256 } = await records.within(reviewer, (work) =>
    new ItemStore(work).record(item),
  );
  await records.within(reviewer, (work) => approveItem(work, item, { sha256, hold: false }));
  const { rows } = await records.platformOnly.execute(
    "select id from stix_object where item_id = $1 and type = 'indicator'",
    [item],
  );
  return { item, indicator: String(rows[0]?.["id"]) };
}

function see(node: IntelNode, indicatorId: string, orgIds: readonly string[], count = 3, tlp: Tlp = "amber") {
  const day = "2026-11-22";
  const span = { firstSeen: `${day}T03:14:15.000Z`, lastSeen: `${day}T09:26:53.000Z` };
  const seen = orgIds.map((orgId) => ({ indicatorId, orgId, tlp, day, count, ...span }));
  return node.records.within(job(node), (work) => recordSightings(work, { seen, verdicts: [] }));
}

async function run(node: IntelNode, rule: SightingsRule = RULE): Promise<void> {
  for (let more = true; more; )
    more = await node.records.within(job(node), (work) => releaseSightings(work, rule));
}

/** What a reader gets of the sightings in a collection, by their current versions. */
async function fetched(node: IntelNode, reader: Scope, alias = "community") {
  const page = await node.records.within(reader, async (work) => {
    const store = new CollectionStore(work);
    const { id } = await store.get(alias);
    return store.page(id, readFilter({ "match[type]": "sighting" }));
  });
  // An item itself says when its indicators were seen; that is its author's word.
  return page.objects.map(({ document }) => JSON.parse(document)).filter(({ summary }) => summary === true);
}

for (const database of DATABASES) {
  const withNode = nodeTests(database);

  withNode(
    "I1, I6: what members saw leaves summed up, names nobody, follows what changes, and ends with its item",
    async (node) => {
      const { other, third, source } = node.orgs;
      const { item, indicator } = await release(node, [{ kind: "everyone" }], "198.51.100.66");
      await see(node, indicator, [other]);
      await run(node);
      assert.deepEqual(await fetched(node, node.otherKey), [], "one organisation alone could be told");
      await see(node, indicator, [third]);
      await run(node);
      await run(node);
      const [sighting, ...none] = await fetched(node, node.otherKey);
      assert.deepEqual(none, []);
      assert.deepEqual(
        [sighting.sighting_of_ref, sighting.count, sighting.summary, sighting.first_seen, sighting.last_seen],
        [indicator, 6, true, "2026-11-22T03:00:00.000Z", "2026-11-22T09:00:00.000Z"],
      );
      assert.deepEqual(sighting.where_sighted_refs, [sighting.created_by_ref]);
      const text = JSON.stringify(sighting);
      for (const secret of [other, third, "曾文", "德基", "tsengwen", "techi"])
        assert.ok(!text.includes(secret), secret);
      // A peer that takes the collection gets it; here it is no further sighting.
      const pushed = await node.records.within(job(node), (work) =>
        outgoingAfter(work, {
          source: "collection:community",
          after: 0,
          most: 100,
          ceiling: 1,
          audiences: [EVERYONE],
          standsFor: null,
        }),
      );
      assert.equal(pushed.objects.filter(({ id }) => id === sighting.id).length, 1);
      const worth = () =>
        node.records.within(job(node), (work) => new WorthStore(work, judges).of([indicator]));
      assert.equal((await worth()).get(indicator)?.sightings.positive, 7, "six, and the item's own");

      await see(node, indicator, [source], 4);
      await run(node);
      const [more] = await fetched(node, node.otherKey);
      assert.deepEqual([more.id, more.count], [sighting.id, 10]);
      assert.ok(more.modified > sighting.modified);
      // What proved false is counted no more; where too few are left nothing is.
      await see(node, indicator, [source, third], 0);
      await run(node);
      assert.deepEqual(
        (await fetched(node, node.otherKey)).map(({ revoked }) => revoked),
        [true],
      );
      await see(node, indicator, [source], 5);
      await run(node);
      assert.deepEqual(
        (await fetched(node, node.otherKey)).map(({ revoked, count }) => [revoked, count]),
        [[undefined, 8]],
      );
      await node.records.within(node.reviewer, (work) => withdrawItem(work, item, "誤判"));
      await run(node);
      assert.deepEqual(
        (await fetched(node, node.otherKey)).map(({ revoked }) => revoked),
        [true],
      );
    },
  );

  withNode(
    "I7: nobody gets the sighting of an object that he does not see, nor above its marking",
    async (node) => {
      const { other, third, source } = node.orgs;
      const alone = await release(node, [{ kind: "organisation", id: other }], "198.51.100.67");
      const all = await release(node, [{ kind: "everyone" }], "198.51.100.68");
      for (const { indicator } of [alone, all]) await see(node, indicator, [source, third]);
      const of = async (reader: Scope) =>
        (await fetched(node, reader)).map((each) => each.sighting_of_ref).sort();
      await run(node, { ...RULE, marking: "strictest" });
      // AMBER of the logs never goes to everyone.
      assert.deepEqual(await of(node.otherKey), [alone.indicator]);
      assert.deepEqual(await of(node.thirdKey), []);
      assert.deepEqual(await of(node.greenKey), []);
      await see(node, all.indicator, [source], 9);
      await see(node, alone.indicator, [source], 9);
      await run(node);
      assert.deepEqual(await of(node.otherKey), [alone.indicator, all.indicator].sort());
      assert.deepEqual(await of(node.thirdKey), [all.indicator]);
      assert.deepEqual(await of(node.greenKey), [alone.indicator, all.indicator].sort());
      // Stricter than AMBER stays where it was seen.
      const red = await release(node, [{ kind: "organisation", id: other }], "198.51.100.69");
      await see(node, red.indicator, [source, third], 3, "red");
      await run(node);
      assert.ok(!(await of(node.otherKey)).includes(red.indicator));
    },
  );

  withNode("I1: without a rule nothing is told", async (node) => {
    const { indicator } = await release(node, [{ kind: "everyone" }], "198.51.100.70");
    await see(node, indicator, [node.orgs.other, node.orgs.third]);
    await run(node, { ...RULE, collections: [] });
    assert.deepEqual(await fetched(node, node.otherKey), []);
  });
}
