import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EVERYONE } from "../../../core/scope.ts";
import { sha256Hex, uuidV7 } from "../../../platform/crypto/digest.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { testScope } from "../../../platform/records/testing.ts";
import { listAlerts } from "../alerts/list.ts";
import { AlertQuery } from "../alerts/model.ts";
import { IndicatorBuilder } from "../indicators/build.ts";
import type { IndicatorSet } from "../indicators/pass.ts";
import { usesOf } from "../indicators/use.ts";
import { PipelinePool } from "../pipeline/pool.ts";
import { eventually, openWorkshop } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-reload-"));
after(async () => {
  rmSync(folder, { recursive: true });
  await closeEventStores();
});

const STEADY = "7c4b8f0e-0000-4000-8000-000000000001";
const CHANGING = "7c4b8f0e-0000-4000-8000-000000000002";
const BATCHES = 30;
const LINES = 100;
const READINGS = 3;

/** A rule for every record, under one name in all readings or under one of its own in each. */
function write(reading: number): void {
  const rule = (id: string, title: string) =>
    `title: ${title}\nid: ${id}\nlevel: low\nlogsource: { category: any }\ndetection:\n  s: { user.name: amy }\n  condition: s\n`;
  writeFileSync(join(folder, "steady.yml"), rule(STEADY, "steady"));
  writeFileSync(join(folder, "changing.yml"), rule(CHANGING, `reading ${reading}`));
}

/** An indicator that is in every set, and one that is in this one alone. */
function indicators(orgId: string, reading: number): IndicatorSet {
  const builder = new IndicatorBuilder();
  const group = builder.group({ source: "t", orgId, tlp: "green", audience: [EVERYONE], level: "high" });
  builder.add("domain", "steady.tw", group);
  builder.add("domain", `reading${reading}.tw`, group);
  const image = builder.build();
  const readers = [{ id: orgId, above: [], audiences: [EVERYONE] }];
  return { image, uses: usesOf(image.groups, readers), known: undefined };
}

test("rules and indicators that change under load lose no record and double no alert", async () => {
  const shop = await openWorkshop();
  const orgId = uuidV7();
  writeFileSync(join(folder, "any.pipeline"), "logsources:\n  - logsource: { category: any }\n");
  write(0);
  let told = 0;
  const read: number[] = [];
  const pool = new PipelinePool({
    folders: { rules: folder, pipelines: join(folder, "any.pipeline") },
    size: 2,
    onRules: (loaded) => {
      told++;
      read.push(loaded.read);
    },
  });
  try {
    pool.equip(indicators(orgId, 0));
    pool.open();
    await eventually(
      () => told,
      (count) => count === 1,
    );
    const ingest = shop.ingestWith({ pool });
    const send = (batch: number) => {
      const bytes = Buffer.from(
        Array.from({ length: LINES }, (_, at) =>
          JSON.stringify({
            "@timestamp": "2026-11-23T02:30:00.000Z",
            "user.name": "amy",
            "source.ip": "10.1.2.3",
            "dns.question.name": "www.steady.tw",
            message: `${batch} ${at}`,
          }),
        ).join("\n"),
      );
      const key = `batch ${batch}`;
      return ingest.ingest(
        { orgId, name: "s", channel: "http", parser: "auto" },
        { bytes, format: "ndjson", firstLine: 1, key, sha256: sha256Hex(bytes), sentBy: "t" },
      );
    };
    let next = 0;
    const sender = async () => {
      while (next < BATCHES || told <= READINGS) {
        const batch = next++;
        await send(batch);
        // Who got no answer sends again.
        if (batch % 3 === 0) await send(batch);
      }
    };
    const changer = async () => {
      for (let reading = 1; reading <= READINGS; reading++) {
        const before = told;
        write(reading);
        pool.reload();
        pool.equip(indicators(orgId, reading));
        await eventually(
          () => told,
          (count) => count > before,
        );
      }
    };
    await Promise.all([sender(), sender(), sender(), changer()]);
    assert.deepEqual(read.slice(1), Array(READINGS).fill(1), "only the file that changed was read again");
    const total = next * LINES;
    assert.deepEqual(await shop.stored(orgId), { rows: total, distinct: total });
    const scope = testScope({ orgId, permissions: ["alerts:read"] });
    const { items } = await shop.records.within(scope, (work) =>
      listAlerts(work, AlertQuery.parse({ limit: 200 })),
    );
    const alerts = items.map(({ ruleId, count }) => [ruleId, count] as const);
    assert.deepEqual(
      alerts.toSorted(([one], [other]) => (one < other ? -1 : 1)),
      [
        [STEADY, total],
        [CHANGING, total],
        ["indicator:domain:steady.tw", total],
      ],
    );
  } finally {
    await pool.close();
    await shop.dispose();
  }
});
