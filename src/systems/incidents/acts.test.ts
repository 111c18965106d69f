import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProblemCode } from "../../core/problem.ts";
import { Problem } from "../../core/problem.ts";
import { DATABASES } from "../../platform/records/testing.ts";
import { ClockStore } from "./clocks.ts";
import { detailOf } from "./detail.ts";
import { AWARE, aReport, CLOSING, type Desk, freshDesk, WORSE } from "./testing.ts";

const names = { orgNames: async () => new Map<string, { name: string; nameEn: string }>() };

async function refuses(code: ProblemCode, run: Promise<unknown>): Promise<Problem> {
  const got = await run.then(
    () => assert.fail(`nothing was refused; expected ${code}`),
    (error: unknown) => error,
  );
  assert.ok(got instanceof Problem, String(got));
  assert.equal(got.code, code);
  return got;
}

const clocksOf = (desk: Desk, id: string) => desk.as(desk.reviewer, (_, work) => new ClockStore(work).of(id));
const look = (desk: Desk, id: string, scope = desk.reviewer) =>
  desk.as(scope, (_, work) => detailOf(work, { packOf: desk.room.packOf, ...names }, id));

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

  on("a report gets a number, a level and clocks that start at the awareness", async (desk) => {
    const first = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
    const second = await desk.as(desk.otherMember, (incidents) =>
      incidents.report(aReport({ title: "another" }), undefined),
    );
    assert.equal(first.number, "W-2026-000001");
    assert.equal(second.number, "W-2026-000002");
    const detail = await look(desk, first.id);
    assert.equal(detail.state, "reported");
    assert.equal(detail.level, 1);
    assert.equal(detail.reasons[0]?.zh, "非核心業務資訊遭輕微洩漏");
    assert.deepEqual(
      detail.clocks.map((clock) => [clock.duty, clock.startedAt, clock.dueAt, clock.state]),
      [
        ["report", AWARE, "2026-11-23T02:00:00.000Z", "met"],
        ["review", "2026-11-23T01:20:00.000Z", "2026-11-23T09:20:00.000Z", "running"],
        ["damage-control", AWARE, "2026-11-26T01:00:00.000Z", "running"],
        ["closing-report", AWARE, "2026-12-23T01:00:00.000Z", "running"],
      ],
    );
    assert.deepEqual(detail.next?.duty, "review");
    assert.equal(detail.timeline[0]?.kind, "reported");
  });

  on(
    "a report typed in late was late; one through another channel counts from when it arrived",
    async (desk) => {
      desk.clock.set("2026-11-23T05:00:00.000Z");
      const late = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
      assert.equal((await clocksOf(desk, late.id)).find((clock) => clock.duty === "report")?.state, "missed");

      const phoned = await desk.as(desk.member, (incidents) =>
        incidents.report(
          aReport({ channel: "phone", channelAt: "2026-11-23T01:50:00Z", channelReason: "network down" }),
          undefined,
        ),
      );
      const report = (await clocksOf(desk, phoned.id)).find((clock) => clock.duty === "report");
      assert.equal(report?.state, "met");
      assert.equal(report?.doneAt, "2026-11-23T01:50:00.000Z");
      const problem = await refuses(
        "http.invalid",
        desk.as(desk.member, (incidents) =>
          incidents.report(aReport({ channel: "phone", awareAt: "2026-11-24T01:00:00Z" }), undefined),
        ),
      );
      assert.deepEqual(problem.faults.map((fault) => fault.path).sort(), [
        "body.awareAt",
        "body.channelAt",
        "body.channelReason",
      ]);
    },
  );

  on(
    "the same key is one incident; with another report it is refused; keys of two people never meet",
    async (desk) => {
      const file = (scope = desk.member, title = "one") =>
        desk.as(scope, (incidents) => incidents.report(aReport({ title }), "k-1"));
      const first = await file();
      const again = await file();
      assert.equal(again.id, first.id);
      await refuses("ingest.key-reused", file(desk.member, "two"));
      const other = await file(desk.otherMember);
      assert.notEqual(other.id, first.id);
      const list = await desk.as(desk.reviewer, (incidents) =>
        incidents.store.list({ limit: 50, sort: "due" }),
      );
      assert.equal(list.total, 2);
      assert.equal(other.number, "W-2026-000002");
    },
  );

  on("ten reports at once have ten numbers without a gap", async (desk) => {
    await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        desk.as(desk.member, (incidents) => incidents.report(aReport({ title: `n ${at}` }), undefined)),
      ),
    );
    const { items } = await desk.as(desk.member, (incidents) =>
      incidents.store.list({ limit: 50, sort: "reported" }),
    );
    assert.deepEqual(
      items.map((one) => one.number).sort(),
      Array.from({ length: 10 }, (_, at) => `W-2026-${String(at + 1).padStart(6, "0")}`),
    );
  });

  on("facts that raise the level are a report again, with clocks of its own", async (desk) => {
    const { id } = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
    const taken = await desk.as(desk.reviewer, (incidents) => incidents.take(id, 1));
    assert.equal(taken.state, "under-review");
    const reviewed = await desk.as(desk.reviewer, (incidents) =>
      incidents.review(id, { version: 2, decision: "agree", grounds: "as reported" }),
    );
    assert.equal(reviewed.state, "handling");

    desk.clock.set("2026-11-23T06:00:00.000Z");
    const raised = await desk.as(desk.member, (incidents) =>
      incidents.changeFacts(id, {
        version: 3,
        facts: WORSE,
        awareAt: "2026-11-23T04:30:00.000Z",
        note: "",
        channel: "platform",
      }),
    );
    assert.equal(raised.level, 3);
    assert.equal(raised.state, "reported");
    const clocks = await clocksOf(desk, id);
    const told = (duty: string, n: number) => clocks.find((clock) => clock.duty === duty && clock.n === n);
    assert.deepEqual(
      [told("report", 2)?.startedAt, told("report", 2)?.state],
      ["2026-11-23T04:30:00.000Z", "missed"],
    );
    assert.equal(told("review", 1)?.state, "met");
    assert.deepEqual(
      [told("review", 2)?.dueAt, told("review", 2)?.state],
      ["2026-11-23T08:00:00.000Z", "running"],
    );
    assert.equal(told("damage-control", 1)?.dueAt, "2026-11-24T13:00:00.000Z");
    const kinds = (await look(desk, id)).timeline.map((entry) => entry.kind);
    assert.deepEqual(kinds, ["reported", "taken", "reviewed", "facts-changed", "level-changed"]);
  });

  on("the authority's level stands until the facts give another one", async (desk) => {
    const { id } = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
    const lifted = await desk.as(desk.reviewer, (incidents) =>
      incidents.review(id, { version: 1, decision: "change", level: 2, grounds: "many accounts" }),
    );
    assert.equal(lifted.level, 2);
    const facts = { ...lifted.facts, people: 12 };
    const told = await desk.as(desk.member, (incidents) =>
      incidents.changeFacts(id, { version: 2, facts, note: "", channel: "platform" }),
    );
    assert.deepEqual([told.level, told.state], [2, "handling"]);
    const worse = await desk.as(desk.member, (incidents) =>
      incidents.changeFacts(id, { version: 3, facts: WORSE, note: "", channel: "platform" }),
    );
    assert.deepEqual([worse.level, worse.state], [3, "reported"]);
    const detail = await look(desk, id);
    assert.equal(detail.proposed, 3);
  });

  on("who reported the level may not review it", async (desk) => {
    const { id } = await desk.as(desk.reviewer, (incidents) =>
      incidents.report(aReport({ orgId: desk.member.orgId }), undefined),
    );
    await refuses(
      "incidents.own-review",
      desk.as(desk.reviewer, (incidents) =>
        incidents.review(id, { version: 1, decision: "agree", grounds: "fine" }),
      ),
    );
    const detail = await look(desk, id);
    assert.deepEqual(
      detail.blocked.filter((one) => one.code === "incidents.own-review").map((one) => one.act),
      ["take", "review"],
    );
    assert.ok(!detail.acts.includes("review"));
  });

  on("from report to closing report and back", async (desk) => {
    const { id } = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
    const member = <T>(run: Parameters<typeof desk.as<T>>[1]) => desk.as(desk.member, run);
    const authority = <T>(run: Parameters<typeof desk.as<T>>[1]) => desk.as(desk.reviewer, run);
    await refuses(
      "incidents.wrong-state",
      member((it) => it.close(id, { version: 1, report: CLOSING })),
    );
    const recovered = await member((it) => it.recover(id, { version: 1, text: "restored from backup" }));
    assert.equal(recovered.state, "reported", "recovery does not hide the open review");
    await refuses(
      "incidents.wrong-state",
      member((it) => it.recover(id, { version: 2, text: "again" })),
    );
    await refuses(
      "http.invalid",
      authority((it) => it.milestone(id, { version: 2, milestone: "forwardedAt", note: "not reviewed yet" })),
    );
    const reviewed = await authority((it) =>
      it.review(id, { version: 2, decision: "agree", grounds: "fine" }),
    );
    assert.equal(reviewed.state, "recovered");
    await refuses(
      "http.forbidden",
      member((it) => it.milestone(id, { version: 3, milestone: "forwardedAt", note: "" })),
    );
    await authority((it) => it.milestone(id, { version: 3, milestone: "forwardedAt", note: "by hand" }));
    await refuses(
      "http.invalid",
      authority((it) => it.milestone(id, { version: 4, milestone: "noSuch", note: "" })),
    );
    const longer = await authority((it) =>
      it.extend(id, {
        version: 4,
        duty: "closing-report",
        until: "2027-01-10T01:00:00.000Z",
        grounds: "disk at the laboratory",
      }),
    );
    await refuses(
      "http.invalid",
      authority((it) =>
        it.extend(id, { version: 5, duty: "report", until: "2027-01-10T01:00:00.000Z", grounds: "no" }),
      ),
    );
    assert.equal(longer.version, 5);
    const closed = await member((it) => it.close(id, { version: 5, report: CLOSING }));
    assert.equal(closed.state, "closed");
    assert.deepEqual(closed.closingReport, CLOSING);
    await refuses(
      "incidents.already-closed",
      member((it) => it.note(id, { version: 6, text: "one more thing" })),
    );
    const after = await look(desk, id);
    assert.ok(after.clocks.every((clock) => clock.doneAt !== undefined));
    assert.deepEqual([after.next, after.overdue], [null, false]);
    assert.equal(
      after.clocks.find((clock) => clock.duty === "closing-report")?.dueAt,
      "2027-01-10T01:00:00.000Z",
    );

    const reopened = await authority((it) => it.reopen(id, 6, "the intruder is back"));
    assert.equal(reopened.state, "handling");
    const again = await look(desk, id);
    assert.deepEqual(
      again.clocks.filter((clock) => clock.duty === "closing-report").map((clock) => [clock.n, clock.state]),
      [
        [2, "running"],
        [1, "met"],
      ],
    );
  });

  on("an act on an old version is refused and changes nothing", async (desk) => {
    const { id } = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
    await desk.as(desk.member, (incidents) => incidents.note(id, { version: 1, text: "first" }));
    await refuses(
      "http.conflict",
      desk.as(desk.member, (incidents) => incidents.note(id, { version: 1, text: "second" })),
    );
    const both = await Promise.allSettled(
      ["a", "b"].map((text) => desk.as(desk.member, (incidents) => incidents.note(id, { version: 2, text }))),
    );
    assert.equal(both.filter((one) => one.status === "fulfilled").length, 1);
    assert.equal((await look(desk, id)).timeline.filter((entry) => entry.kind === "noted").length, 2);
  });

  on("another member neither sees, counts nor changes it, and cannot report in its name", async (desk) => {
    const { id } = await desk.as(desk.member, (incidents) => incidents.report(aReport(), undefined));
    await refuses(
      "http.not-found",
      look(desk, id, desk.otherMember).then(() => undefined),
    );
    await refuses(
      "http.not-found",
      desk.as(desk.otherMember, (incidents) => incidents.comment(id, "hello")),
    );
    const list = await desk.as(desk.otherMember, (incidents) =>
      incidents.store.list({ limit: 50, sort: "due" }),
    );
    assert.deepEqual(list, { items: [], total: 0 });
    const rows = await desk.as(desk.otherMember, async (incidents, work) => [
      ...(await incidents.store.timeline(id)),
      ...(await incidents.store.indicators(id)),
      ...(await new ClockStore(work).of(id)),
    ]);
    assert.deepEqual(rows, [], "row-level security holds where the query names the incident itself");
    await refuses(
      "http.not-found",
      desk.as(desk.otherMember, (incidents) =>
        incidents.report(aReport({ orgId: desk.member.orgId }), undefined),
      ),
    );
    await refuses(
      "http.invalid",
      desk.as(desk.member, (incidents) => incidents.report(aReport({ tlp: "red" }), undefined)),
    );
  });

  on("every act leaves an audit line and an event that carries the marking", async (desk) => {
    const heard: { topic: string; orgId: string; tlp: string }[] = [];
    const stop = desk.records.onCommit((events) => {
      for (const event of events)
        heard.push({ topic: event.topic, orgId: event.marked.orgId, tlp: event.marked.tlp });
    });
    const { id } = await desk.as(desk.member, (incidents) =>
      incidents.report(aReport({ tlp: "amber+strict" }), undefined),
    );
    await desk.as(desk.reviewer, (incidents) =>
      incidents.review(id, { version: 1, decision: "change", level: 3, grounds: "dam" }),
    );
    stop();
    assert.deepEqual(
      heard.map((event) => event.topic),
      ["incidents.reported", "incidents.level-changed", "incidents.reviewed"],
    );
    assert.ok(heard.every((event) => event.orgId === desk.member.orgId && event.tlp === "amber+strict"));
  });

  on("a clock lapses while the level is out of its reach and runs on when it is back", async () => {
    const desk = await freshDesk(database, "nis2");
    try {
      const severe = { impacts: [{ business: "core-ci", outage: "beyond-tolerable" }] };
      const report = aReport({ facts: severe, channel: "platform" });
      const { id } = await desk.as(desk.member, (incidents) => incidents.report(report, undefined));
      const shown = async () => (await clocksOf(desk, id)).map((clock) => clock.duty).sort();
      assert.deepEqual(await shown(), ["early-warning", "notification"]);
      const change = (version: number, facts: typeof report.facts) =>
        desk.as(desk.member, (it) => it.changeFacts(id, { version, facts, note: "", channel: "platform" }));
      await change(1, aReport().facts);
      assert.deepEqual(await shown(), []);
      assert.equal((await look(desk, id)).next, null);
      await change(2, report.facts);
      assert.deepEqual(await shown(), ["early-warning", "notification"]);
      assert.equal((await look(desk, id)).next?.duty, "notification");
    } finally {
      await desk.records.dispose();
    }
  });
}
