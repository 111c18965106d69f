import assert from "node:assert/strict";
import { test } from "node:test";
import { Config } from "../../platform/config/config.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import { createLog } from "../../platform/log/log.ts";
import { createMailer } from "../../platform/mail/mailer.ts";
import { startSmtpSink } from "../../platform/mail/testing.ts";
import type { Delivered } from "../../platform/outbox/subscriber.ts";
import { DATABASES, testClock, testScope } from "../../platform/records/testing.ts";
import { detection, raiseAlerts } from "../detection/index.ts";
import { intel } from "../intel/index.ts";
import { ItemStore } from "../intel/item-store.ts";
import { ensureProducer } from "../intel/producer.ts";
import { ContactStore } from "../members/contacts.ts";
import { ensureFirstAdministrator, jobScope, members } from "../members/index.ts";
import { NewOrg } from "../members/model.ts";
import { OrganisationStore } from "../members/organisations.ts";
import { Incidents } from "./acts.ts";
import { detailOf } from "./detail.ts";
import { loadPack } from "./duties/pack.ts";
import { incidents } from "./index.ts";
import { neighbours } from "./neighbours.ts";
import { startIncidents } from "./system.ts";
import { aReport } from "./testing.ts";

const log = createLog({ level: "silent" });

for (const database of DATABASES) {
  test(`${database.name}: an alert becomes an incident, its clock a mail and its indicators a draft without names`, async () => {
    const clock = testClock("2026-11-23T01:20:00.000Z");
    const records = await database.fresh([members, intel, detection, incidents], { clock });
    const sink = await startSmtpSink();
    try {
      const config = Config.parse({ node: { tier: "W" } });
      await ensureFirstAdministrator(records, config);
      const scopeFor = (name: string) => jobScope(records, name, ["members:read"]);
      const authority = await scopeFor("setup");
      await records.within(authority, (work) => ensureProducer(work, config.node));
      const reservoir = await records.within(authority, async (work) => {
        const org = await new OrganisationStore(work).create(
          NewOrg.parse({
            parentId: authority.orgId,
            name: "北區水庫",
            nameEn: "North Reservoir",
            shortName: "north",
            kind: "facility",
            sector: "water",
          }),
        );
        await new OrganisationStore(work).get(org.id);
        return org;
      });
      const all = await scopeFor("setup");
      await records.within(all, async (work) => {
        const contact = { name: "值勤", title: "", phone: "", rank: 1, reachable24x7: true };
        await new ContactStore(work).create({
          ...contact,
          orgId: reservoir.id,
          email: "officer@north.example",
        });
        await new ContactStore(work).create({
          ...contact,
          orgId: authority.orgId,
          email: "duty@authority.example",
        });
      });
      const analyst = testScope({
        orgIds: all.orgIds,
        orgId: authority.orgId,
        clearance: "red",
        actor: { kind: "person", id: uuidV7(), name: "analyst" },
        permissions: ["alerts:work", "incidents:report", "incidents:read", "intel:write", "members:read"],
      });
      const raised = await records.within(analyst, (work) =>
        raiseAlerts(work, [
          {
            orgId: reservoir.id,
            eventId: "e-1",
            at: "2026-11-23T00:40:00.000Z",
            record: { "source.ip": "203.0.113.7", "destination.ip": "10.1.2.3", "user.name": "operator" },
            match: { ruleId: "brute-force", title: "Brute force", level: "high" },
          },
        ]),
      );
      const alertId = raised.alerts[0]?.id ?? assert.fail("no alert was raised");
      const room = {
        ...neighbours,
        pack: loadPack("tw-2026"),
        packOf: (id: string) => loadPack(id),
        tier: "W",
      };
      const incident = await records.within(analyst, async (work) => {
        const facts = {
          impacts: [{ business: "core-ci", tampering: "minor" }],
          narrative: "北區水庫 的 10.1.2.3 遭 203.0.113.7 登入",
        };
        const made = await new Incidents(work, room).report(
          aReport({ title: "北區水庫 遭入侵", facts, alertIds: [alertId] }),
          undefined,
        );
        return detailOf(work, room, made.id);
      });
      assert.equal(incident.orgId, reservoir.id, "the alert's organisation is the incident's");
      assert.deepEqual(incident.orgName, { zh: "北區水庫", en: "North Reservoir" });
      assert.deepEqual(
        incident.indicators.map((one) => [one.value, one.firstSeen]),
        [["203.0.113.7", "2026-11-23T00:40:00.000Z"]],
      );
      await assert.rejects(
        records.within(analyst, (work) =>
          new Incidents(work, room).report(aReport({ alertIds: [alertId] }), undefined),
        ),
        /alerts.already-raised/,
      );

      const itemId = await records.within(analyst, (work) => neighbours.share(work, incident));
      const item = await records.within(analyst, (work) => new ItemStore(work).record(itemId));
      const leaving = JSON.stringify(item.bundle);
      assert.match(leaving, /203\.0\.113\.7/);
      for (const secret of ["北區水庫", "North Reservoir", "10.1.2.3", incident.number]) {
        assert.ok(!leaving.includes(secret), `${secret} leaves`);
      }

      const mailer = createMailer({ smtp: sink.url, from: "a@example.org", log });
      const started = await startIncidents(
        { config, log, mailer, records, jobScope: (name) => scopeFor(name) },
        neighbours,
      );
      const told: Delivered[] = [];
      records.onCommit((events) => told.push(...events));
      clock.set("2026-11-25T01:20:00.000Z");
      await started.jobs?.[0]?.run({
        scope: await scopeFor("incidents.clocks"),
        data: undefined,
        signal: new AbortController().signal,
      });
      for (const event of told) await started.subscribers?.[0]?.handle(event);
      const sent = sink.mails
        .map((mail, at) => `${sink.envelopes[at]?.join()} ${mail.subject?.split("（")[0]}`)
        .sort();
      assert.deepEqual(sent, [
        `duty@authority.example 【逾期】${incident.number} 損害控制或復原`,
        `duty@authority.example 【逾期】${incident.number} 等級審核`,
        `officer@north.example 【逾期】${incident.number} 損害控制或復原`,
      ]);
    } finally {
      await sink.stop();
      await records.dispose();
    }
  });
}
