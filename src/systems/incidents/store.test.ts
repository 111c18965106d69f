import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../core/problem.ts";
import { DATABASES } from "../../platform/records/testing.ts";
import { aReport, type Desk, freshDesk } from "./testing.ts";

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

  on("the list puts the clock that ends first on top and pages without a gap", async (desk) => {
    for (const minute of [10, 40, 25, 5, 55]) {
      const awareAt = `2026-11-23T00:${String(minute).padStart(2, "0")}:00.000Z`;
      await desk.as(desk.member, (incidents) =>
        incidents.report(
          aReport({
            title: `at ${minute}`,
            awareAt,
            channel: "fax",
            channelAt: awareAt,
            channelReason: "down",
          }),
          undefined,
        ),
      );
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await desk.as(desk.member, (incidents) =>
        incidents.store.list({ limit: 2, sort: "due", ...(cursor === undefined ? {} : { cursor }) }),
      );
      assert.equal(page.total, 5);
      seen.push(...page.items.map((one) => one.title));
      cursor = page.next;
    } while (cursor !== undefined);
    assert.deepEqual(seen, ["at 5", "at 10", "at 25", "at 40", "at 55"]);

    desk.clock.set("2026-11-23T08:20:00.000Z");
    const overdue = await desk.as(desk.member, (incidents) =>
      incidents.store.list({ limit: 50, sort: "due", overdue: "true" }),
    );
    assert.deepEqual(
      overdue.items.map((one) => [one.title, one.overdue]),
      [
        ["at 5", true],
        ["at 10", true],
      ],
    );
    const found = await desk.as(desk.member, (incidents) =>
      incidents.store.list({ limit: 50, sort: "reported", q: "at 2", level: [1], state: ["reported"] }),
    );
    assert.deepEqual(
      found.items.map((one) => one.title),
      ["at 25"],
    );
    const none = await desk.as(desk.member, (incidents) =>
      incidents.store.list({ limit: 50, sort: "due", q: "%" }),
    );
    assert.equal(none.total, 0, "a percent sign is a percent sign");
    await assert.rejects(
      desk.as(desk.member, (incidents) => incidents.store.list({ limit: 2, sort: "due", cursor: "bm9uZQ" })),
      (error) => error instanceof Problem && error.code === "http.invalid",
    );
  });
}
