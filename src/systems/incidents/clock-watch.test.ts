import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../platform/log/log.ts";
import { createMailer } from "../../platform/mail/mailer.ts";
import { startSmtpSink } from "../../platform/mail/testing.ts";
import type { Delivered } from "../../platform/outbox/subscriber.ts";
import { DATABASES } from "../../platform/records/testing.ts";
import { clockMail } from "./clock-mail.ts";
import { detailOf } from "./detail.ts";
import { clockJob } from "./jobs.ts";
import { aReport, CLOSING, type Desk, freshDesk, WORSE } from "./testing.ts";

const signal = new AbortController().signal;
const log = createLog({ level: "silent" });

/** Runs the job once, as the scheduler would, and gives what it told. */
async function tick(desk: Desk, at: string): Promise<Delivered[]> {
  desk.clock.set(at);
  const told: Delivered[] = [];
  const stop = desk.records.onCommit((events) => told.push(...events));
  await clockJob({ records: desk.records, packOf: desk.room.packOf }).run({
    scope: desk.jobs,
    data: undefined,
    signal,
  });
  stop();
  return told;
}

const say = (told: readonly Delivered[]) =>
  told.map((event) => `${event.topic.replace("incidents.", "")} ${String(event.data.duty)}`).sort();

for (const database of DATABASES) {
  const on = (name: string, run: (desk: Desk) => Promise<void>) =>
    test(`${database.name}: ${name}`, async () => {
      const desk = await freshDesk(database);
      try {
        await run(desk);
      } finally {
        await desk.records.dispose();
      }
    });

  on("a clock is told nearly over once and over once, however often the job runs", async (desk) => {
    const { id } = await desk.as(desk.member, (incidents) =>
      incidents.report(aReport({ facts: WORSE }), undefined),
    );
    assert.deepEqual(say(await tick(desk, "2026-11-23T02:49:59.999Z")), []);
    assert.deepEqual(say(await tick(desk, "2026-11-23T02:50:00.000Z")), ["clock-near review"]);
    assert.deepEqual(
      say(await tick(desk, "2026-11-23T03:20:00.000Z")),
      [],
      "due at this very instant is not late",
    );
    assert.deepEqual(say(await tick(desk, "2026-11-23T03:20:01.000Z")), ["clock-overdue review"]);
    for (let again = 0; again < 5; again += 1)
      assert.deepEqual(await tick(desk, `2026-11-23T03:2${again + 1}:00.000Z`), []);
    const detail = await desk.as(desk.reviewer, (_, work) =>
      detailOf(work, { packOf: desk.room.packOf, orgNames: async () => new Map() }, id),
    );
    assert.deepEqual(
      detail.timeline.map((entry) => [entry.kind, entry.actor.kind]),
      [
        ["reported", "person"],
        ["clock-near", "job"],
        ["clock-overdue", "job"],
      ],
    );
    assert.equal(detail.overdue, true);
    assert.equal(detail.next?.duty, "review");
  });

  on("two schedulers at the same moment tell each clock once", async (desk) => {
    for (let n = 0; n < 5; n += 1)
      await desk.as(desk.member, (incidents) => incidents.report(aReport({ title: `n ${n}` }), undefined));
    desk.clock.set("2026-11-24T01:00:00.000Z");
    const told: Delivered[] = [];
    desk.records.onCommit((events) => told.push(...events));
    const job = clockJob({ records: desk.records, packOf: desk.room.packOf });
    await Promise.all([1, 2, 3].map(() => job.run({ scope: desk.jobs, data: undefined, signal })));
    await job.run({ scope: desk.jobs, data: undefined, signal });
    assert.deepEqual(
      say(told),
      Array.from({ length: 5 }, () => "clock-overdue review"),
    );
    assert.equal(new Set(told.map((event) => event.data.clockId)).size, 5);
  });

  on(
    "what is done or closed is never told; a clock that was given more time may be late a second time",
    async (desk) => {
      const { id } = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
      const authority = desk.reviewer;
      await desk.as(authority, (it) => it.review(id, { version: 1, decision: "agree", grounds: "fine" }));
      await desk.as(authority, (it) => it.milestone(id, { version: 2, milestone: "forwardedAt", note: "" }));
      await desk.as(desk.member, (it) => it.recover(id, { version: 3, text: "done" }));
      assert.deepEqual(say(await tick(desk, "2026-12-16T01:00:00.000Z")), ["clock-near closing-report"]);
      assert.deepEqual(say(await tick(desk, "2026-12-24T01:00:00.000Z")), ["clock-overdue closing-report"]);
      await desk.as(authority, (it) =>
        it.extend(id, {
          version: 4,
          duty: "closing-report",
          until: "2026-12-30T01:00:00.000Z",
          grounds: "laboratory",
        }),
      );
      assert.deepEqual(say(await tick(desk, "2026-12-24T01:01:00.000Z")), []);
      assert.deepEqual(say(await tick(desk, "2026-12-30T01:00:01.000Z")), ["clock-overdue closing-report"]);
      await desk.as(desk.member, (it) => it.close(id, { version: 5, report: CLOSING }));
      assert.deepEqual(await tick(desk, "2027-03-01T00:00:00.000Z"), []);
    },
  );

  on("a backlog bigger than one transaction is worked off in one run", async (desk) => {
    await desk.as(desk.member, async (incidents) => {
      for (let n = 0; n < 210; n += 1) await incidents.report(aReport({ title: `n ${n}` }), undefined);
    });
    assert.equal((await tick(desk, "2026-11-24T01:00:00.000Z")).length, 210);
    assert.deepEqual(await tick(desk, "2026-11-24T01:01:00.000Z"), []);
  });
}

const event = (topic: string, more: Partial<Delivered["data"]> = {}): Delivered => ({
  id: "0190a000-0000-7000-8000-0000000000e1",
  at: "2026-11-23T03:42:10.000Z",
  topic,
  subject: "0190a000-0000-7000-8000-0000000000f1",
  marked: { orgId: "0190a000-0000-7000-8000-00000000000b", tlp: "red", audience: [] },
  data: {
    clockId: "0190a000-0000-7000-8000-0000000000d1",
    number: "W-2026-000123",
    level: 3,
    duty: "review",
    zh: "等級審核",
    en: "Level review",
    owedBy: "authority",
    dueAt: "2026-11-23T03:20:00.000Z",
    ...more,
  },
});

test("an overdue clock is mailed in both languages to those who owe it, the same mail at every delivery", async () => {
  const sink = await startSmtpSink();
  try {
    const mailer = createMailer({ smtp: sink.url, from: "聯防 <lianfang@example.org>", log });
    const asked: string[][] = [];
    const subscriber = clockMail({
      mailer,
      log,
      nodeName: "W-CERT",
      publicUrl: "https://cert.example.org/",
      recipients: async (orgId, owedBy) => {
        asked.push([orgId, owedBy]);
        return [["officer@member.example"], ["duty-1@authority.example", "duty-2@authority.example"], []];
      },
    });
    assert.equal(subscriber.name, "incidents.mail-overdue");
    await subscriber.handle(event("incidents.clock-overdue"));
    await subscriber.handle(event("incidents.clock-overdue"));
    assert.deepEqual(asked[0], ["0190a000-0000-7000-8000-00000000000b", "authority"]);
    assert.deepEqual(sink.envelopes.slice(0, 2), [
      ["officer@member.example"],
      ["duty-1@authority.example", "duty-2@authority.example"],
    ]);
    const [first, second, again] = sink.mails;
    assert.equal(first?.subject, "【逾期】W-2026-000123 等級審核（2026-11-23 11:20 前）");
    const text = first?.text ?? "";
    assert.match(text, /應完成時間：2026-11-23 11:20（臺北時間）/);
    assert.match(text, /已逾期：23 分鐘（計至 2026-11-23 11:42）/);
    assert.match(text, /Late by: 23 min/);
    assert.match(text, /https:\/\/cert\.example\.org\/incidents\/0190a000-0000-7000-8000-0000000000f1/);
    assert.ok(text.indexOf("逾期") < text.indexOf("overdue"), "Chinese stands first");
    assert.notEqual(first?.messageId, second?.messageId);
    assert.equal(first?.messageId, again?.messageId);

    await subscriber.handle(event("incidents.clock-near", { dueAt: "2026-11-23T04:00:00.000Z" }));
    assert.match(sink.mails[4]?.subject ?? "", /^【即將到期】/);
    assert.match(sink.mails[4]?.text ?? "", /剩餘時間：18 分鐘/);
  } finally {
    await sink.stop();
  }
});

test("a mail that the server does not take is tried again; one that is wrong in itself holds up nothing", async () => {
  let answer: number | undefined = 451;
  const sink = await startSmtpSink({ refuse: () => answer });
  try {
    const parts = {
      log,
      nodeName: "W",
      publicUrl: undefined,
      mailer: createMailer({ smtp: sink.url, from: "a@example.org", log }),
    };
    const subscriber = clockMail({ ...parts, recipients: async () => [["one@example.org"]] });
    await assert.rejects(subscriber.handle(event("incidents.clock-overdue")));
    answer = undefined;
    await subscriber.handle(event("incidents.clock-overdue"));
    assert.equal(sink.mails.length, 1);
    await clockMail({ ...parts, recipients: async () => [["not an address"], ["two@example.org"]] }).handle(
      event("incidents.clock-overdue"),
    );
    assert.equal(sink.mails.length, 2);
    const silent = clockMail({
      ...parts,
      mailer: createMailer({ from: "a@example.org", log }),
      recipients: async () => [["one@example.org"]],
    });
    await silent.handle(event("incidents.clock-overdue"));
    assert.equal(sink.mails.length, 2);
  } finally {
    await sink.stop();
  }
});
