import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERYONE, type Scope } from "../../../core/scope.ts";
import { DATABASES, testClock, testScope } from "../../../platform/records/testing.ts";
import { loadDecays } from "../../intel/library/decay.ts";
import { ObjectPage } from "../../intel/library/object-page.ts";
import { StixObjectStore } from "../../intel/object-store.ts";
import { ensureProducer } from "../../intel/producer.ts";
import { digestOf } from "../../intel/stix/digest.ts";
import type { StixObject } from "../../intel/stix/object.ts";
import { validate } from "../../intel/stix/validate.ts";
import { WarninglistChecker } from "../../intel/warninglists/checker.ts";
import { closeAlert, reopenAlert } from "../alerts/acts.ts";
import { raiseAlerts } from "../alerts/index.ts";
import { sightingsJob, sightingsSubscriber } from "./sightings.ts";

const SYSTEMS = ["members", "intel", "detection"].map((name) => ({
  name,
  migrations: new URL(`../../${name}/migrations/`, import.meta.url),
}));
const CENTRE = "0190a000-0000-7000-8000-000000000001";
const MEMBER = "0190a000-0000-7000-8000-00000000000a";
const OTHER = "0190a000-0000-7000-8000-00000000000b";
const INDICATOR = "indicator--8e2e2d2b-17d4-4cbf-938f-000000000001";
const judges = { warninglists: new WarninglistChecker([]), decays: loadDecays() };
const times = { created: "2026-11-20T00:00:00.000Z", modified: "2026-11-20T00:00:00.000Z" };
const job = {
  ...testScope({ orgId: CENTRE, orgIds: [CENTRE, MEMBER, OTHER], clearance: "red" }),
  purpose: "job:test",
};
const reader = (orgId: string): Scope => ({
  ...testScope({ orgId, orgIds: [orgId], clearance: "amber" }),
  audiences: [orgId, EVERYONE],
});

for (const database of DATABASES) {
  test(`${database.name}: I10: alerts of an indicator are one sighting a member and day, whatever is told how often, and a false positive takes it back`, async () => {
    const clock = testClock("2026-11-22T12:00:00.000Z");
    const records = await database.fresh(SYSTEMS, { clock });
    try {
      const indicator: StixObject = {
        type: "indicator",
        spec_version: "2.1",
        id: INDICATOR,
        ...times,
        name: "evil",
        pattern: "[domain-name:value = 'evil.example']",
        pattern_type: "stix",
        valid_from: times.created,
        confidence: 50,
      };
      await records.within(job, async (work) => {
        await ensureProducer(work, { name: "測試中心", sectors: ["water"] });
        const text = JSON.stringify(indicator);
        await new StixObjectStore(work).add({
          collectionId: null,
          revision: 1,
          orgId: CENTRE,
          audience: [EVERYONE],
          documents: [{ text, object: indicator, tlp: "green", digest: digestOf(indicator, text) }],
        });
      });
      const raise = (orgId: string, eventId: string, at: string) =>
        records.within(job, (work) =>
          raiseAlerts(work, [
            {
              orgId,
              eventId,
              at,
              record: { "dns.question.name": "evil.example" },
              match: {
                ruleId: "indicator:domain:evil.example",
                title: "Known indicator",
                level: "high",
                why: [
                  { field: "threat.indicator.id", value: INDICATOR },
                  { field: "threat.indicator.id", value: "indicator--8e2e2d2b-17d4-4cbf-938f-00000000ffff" },
                ],
                entity: "domain evil.example",
                joinWithin: 86_400_000,
              },
            },
          ]),
        );
      const subscriber = sightingsSubscriber(records, async () => job);
      const told = (subject: string) =>
        subscriber.handle({
          id: subject,
          at: "2026-11-22T12:00:00.000Z",
          topic: "alerts.changed",
          subject,
          marked: { orgId: MEMBER, tlp: "amber", audience: [] },
          data: {},
        });
      const detail = (scope: Scope) =>
        records.within(scope, (work) => new ObjectPage(work).detail(INDICATOR, judges));
      const made = async () =>
        (
          await records.within(job, (work) =>
            work
              .tables<{
                stix_object: { type: string; document: string; seq: number; collection_id: string | null };
              }>()
              .selectFrom("stix_object")
              .select(["type", "document", "collection_id"])
              .where("type", "in", ["sighting", "opinion"])
              .orderBy("seq")
              .execute(),
          )
        ).map((row) => ({ ...row, object: JSON.parse(row.document) as StixObject }));

      const before = (await detail(job)).score.value;
      const first = await raise(MEMBER, "e1", "2026-11-22T10:00:00.000Z");
      const id = first.alerts[0]?.id ?? assert.fail();
      await told(id);
      await told(id);
      await raise(MEMBER, "e2", "2026-11-22T11:00:00.000Z");
      await raise(MEMBER, "e3", "2026-11-23T01:00:00.000Z");
      clock.set("2026-11-23T02:00:00.000Z");
      const run = () =>
        sightingsJob(records).run({ scope: job, data: {}, signal: new AbortController().signal });
      await run();
      await run();
      await told(id);
      const all = await made();
      assert.deepEqual(
        all.map(({ object }) => [object["count"], object["first_seen"], object["last_seen"]]),
        [
          [1, "2026-11-22T10:00:00.000Z", "2026-11-22T10:00:00.000Z"],
          [2, "2026-11-22T10:00:00.000Z", "2026-11-22T11:00:00.000Z"],
          [1, "2026-11-23T01:00:00.000Z", "2026-11-23T01:00:00.000Z"],
        ],
      );
      assert.equal(new Set(all.map(({ object }) => object.id)).size, 2);
      for (const { object, document, collection_id: collection } of all) {
        assert.deepEqual(
          validate(object).filter(({ level }) => level === "must"),
          [],
        );
        assert.equal(collection, null);
        assert.ok(!document.includes(MEMBER));
      }
      const seen = await detail(job);
      assert.deepEqual(
        seen.sightings.map(({ count, orgId, tlp }) => [count, orgId, tlp]),
        [
          [1, MEMBER, "amber"],
          [2, MEMBER, "amber"],
        ],
      );
      assert.ok(seen.score.value > before);
      assert.deepEqual(seen.score.parts.find(({ reason }) => reason === "sighted")?.facts, {
        positive: 3,
        reports: 2,
        negative: 0,
      });
      // The member sees its own; another one sees neither the sightings nor anything of them in the score.
      assert.equal((await detail(reader(MEMBER))).sightings.length, 2);
      const elsewhere = await detail(reader(OTHER));
      assert.deepEqual(elsewhere.sightings, []);
      assert.ok(!elsewhere.score.parts.some(({ reason }) => reason === "sighted"));

      const version = await records.within(job, (work) =>
        closeAlert(work, { id, version: 1 }, "false-positive", "ours"),
      );
      await told(id);
      await told(id);
      const wrong = await detail(job);
      assert.deepEqual(wrong.sightings, []);
      assert.deepEqual(wrong.score.parts.find(({ reason }) => reason === "disagreed")?.facts, { count: 1 });
      assert.ok(wrong.score.value < before);
      assert.equal((await made()).length, 6);
      await records.within(job, (work) => reopenAlert(work, { id, version: version.version }, ""));
      await told(id);
      const again = await detail(job);
      assert.equal(again.sightings.length, 2);
      assert.ok(!again.score.parts.some(({ reason }) => reason === "disagreed"));
    } finally {
      await records.dispose();
    }
  });
}
