import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EVERYONE } from "../../../core/scope.ts";
import { type Tlp, tlpRank } from "../../../core/tlp.ts";
import { createLog } from "../../../platform/log/log.ts";
import { createMetrics } from "../../../platform/metrics/metrics.ts";
import { DATABASES, type FreshRecords, testClock, testScope } from "../../../platform/records/testing.ts";
import { raiseAlerts } from "../alerts/index.ts";
import type { BatchTask } from "../pipeline/batch.ts";
import { PipelinePool } from "../pipeline/pool.ts";
import { IndicatorBuilder } from "./build.ts";
import type { IndicatorSet } from "./pass.ts";
import { IndicatorStock, type StockParts } from "./stock.ts";
import { usesOf } from "./use.ts";

const SYSTEMS = ["members", "intel", "detection"].map((name) => ({
  name,
  migrations: new URL(`../../${name}/migrations/`, import.meta.url),
}));
const CENTRE = "0190a000-0000-7000-8000-000000000001";
const MEMBER = "0190a000-0000-7000-8000-00000000000a";
const OTHER = "0190a000-0000-7000-8000-00000000000b";
const ALL = [CENTRE, MEMBER, OTHER];
const folder = mkdtempSync(join(tmpdir(), "lianfang-stock-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const job = { ...testScope({ orgId: CENTRE, orgIds: ALL, clearance: "red" }), purpose: "job:test" };
const tree = { ...job, purpose: "job:members.tree" };

async function plantTree(records: FreshRecords): Promise<void> {
  await records.within(tree, async (work) => {
    for (const id of ALL) {
      await work
        .tables<{ organisation: Record<string, unknown> }>()
        .insertInto("organisation")
        .values({
          id,
          parent_id: id === CENTRE ? null : CENTRE,
          org_id: CENTRE,
          audience: [id],
          name: id,
          name_en: id,
          short_name: id,
          kind: "operator",
          sector: "water",
          created_at: work.now,
        })
        .execute();
    }
  });
}

let seq = 0;

/** One version of an indicator, as the library keeps it. */
async function plant(
  records: FreshRecords,
  name: string,
  given: {
    orgId?: string;
    tlp?: Tlp;
    audience?: string[];
    pattern?: string;
    version?: number;
    more?: object;
  } = {},
): Promise<void> {
  const { orgId = CENTRE, tlp = "green", audience = [EVERYONE], version = 1, more = {} } = given;
  const id = `indicator--8e2e2d2b-17d4-4cbf-938f-${Buffer.from(name).toString("hex").padStart(12, "0").slice(-12)}`;
  const document = {
    type: "indicator",
    id,
    name,
    pattern_type: "stix",
    pattern: given.pattern ?? `[domain-name:value = '${name}.internal']`,
    valid_from: "2026-01-01T00:00:00Z",
    ...more,
  };
  await records.within(job, async (work) => {
    await work
      .tables<{ stix_object: Record<string, unknown> }>()
      .insertInto("stix_object")
      .values({
        seq: ++seq,
        collection_id: null,
        item_id: null,
        org_id: orgId,
        tlp: tlpRank(tlp),
        audience,
        id,
        type: "indicator",
        spec_version: "2.1",
        version: String(version),
        version_key: String(version),
        revoked: "revoked" in more,
        document: JSON.stringify(document),
        digest: String(seq),
        date_added: work.now,
      })
      .execute();
  });
}

const task = (orgId: string, names: readonly string[], batch = "k"): BatchTask => ({
  bytes: Buffer.from(
    names.map((name) => JSON.stringify({ "dns.question.name": name, "source.ip": "10.1.2.3" })).join("\n"),
  ),
  format: "ndjson",
  firstLine: 1,
  orgId,
  source: "s",
  batch,
  receivedAt: "2026-11-24T03:00:00.000Z",
  parser: "auto",
});
const newPool = (size = 1) =>
  new PipelinePool({ folders: { rules: join(folder, "no"), pipelines: join(folder, "no") }, size });
const stockWith = (records: FreshRecords, pool: PipelinePool, given: Partial<StockParts> = {}) =>
  new IndicatorStock({
    records,
    scope: async () => job,
    lists: [],
    warninglists: undefined,
    clock: testClock("2026-11-24T03:00:00.000Z"),
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
    deliver: (set) => pool.equip(set),
    ...given,
  });

for (const database of DATABASES) {
  test(`${database.name}: the library's indicators are met with logs as long as they hold, by whom they concern`, async () => {
    seq = 0;
    const records = await database.fresh(SYSTEMS);
    const pool = newPool();
    const list = join(folder, `${database.name}.txt`);
    writeFileSync(list, "listed.internal\ncom\n");
    const stock = stockWith(records, pool, {
      lists: [{ name: "blocklist", path: list, kind: "domain", marking: "clear" }],
    });
    await plantTree(records);
    await plant(records, "open");
    await plant(records, "either", {
      pattern:
        "[domain-name:value IN ('one.internal', 'two.internal')] OR [url:value = 'http://three.internal/a']",
    });
    await plant(records, "own", { orgId: MEMBER, tlp: "amber", audience: [] });
    await plant(records, "inside", { tlp: "amber+strict", audience: [] });
    await plant(records, "named", { tlp: "red", audience: [OTHER] });
    await plant(records, "both", {
      pattern: "[domain-name:value = 'both.internal' AND ipv4-addr:value = '198.51.100.1']",
    });
    await plant(records, "ended", { more: { valid_until: "2026-11-01T00:00:00Z" } });
    await plant(records, "ends", { more: { valid_until: "2026-11-24T02:00:00Z" } });
    await plant(records, "later", { more: { valid_from: "2027-01-01T00:00:00Z" } });
    await plant(records, "wrong", { more: { revoked: true }, version: 2 });
    await plant(records, "wrong", { version: 1 });
    const names = [
      "open",
      "one",
      "two",
      "own",
      "inside",
      "named",
      "both",
      "ended",
      "ends",
      "later",
      "wrong",
      "listed",
    ];
    const metBy = async (orgId: string) => {
      const { matches } = await pool.process(
        task(
          orgId,
          names.map((name) => `${name}.internal`),
        ),
      );
      const told = matches.map(
        (match) => `${match.match.entity?.slice(7, -9)}${match.orgId === orgId ? "" : " kept"}`,
      );
      return { matches, told: told.sort() };
    };
    try {
      await stock.refresh("whole");
      assert.deepEqual((await metBy(MEMBER)).told, ["inside kept", "listed", "one", "open", "own", "two"]);
      assert.deepEqual((await metBy(OTHER)).told, ["inside kept", "listed", "named", "one", "open", "two"]);
      const { matches } = await metBy(MEMBER);
      const raised = await records.within(job, (work) => raiseAlerts(work, matches));
      assert.equal(raised.alerts.length, 6);
      const again = await records.within(job, (work) => raiseAlerts(work, matches));
      assert.deepEqual([again.alerts.length, again.counted], [0, 0]);

      await plant(records, "open", { more: { revoked: true }, version: 2 });
      await plant(records, "new");
      writeFileSync(list, "");
      await stock.refresh("changes");
      assert.deepEqual((await metBy(MEMBER)).told, ["inside kept", "one", "own", "two"]);
      await records.within(job, async (work) => {
        await work
          .tables<{ stix_object: { org_id: string } }>()
          .deleteFrom("stix_object")
          .where("org_id", "=", MEMBER)
          .execute();
      });
      await stock.refresh("whole");
      assert.deepEqual((await metBy(MEMBER)).told, ["inside kept", "one", "two"]);
    } finally {
      await stock.stop();
      await pool.close();
      await records.dispose();
    }
  });
}

test("new sets under load: no batch is lost, and each is met with one set or the other", async () => {
  const reader = { id: MEMBER, above: [CENTRE], audiences: [MEMBER, EVERYONE] };
  const sets = ["one", "two"].map((source): IndicatorSet => {
    const builder = new IndicatorBuilder();
    const group = builder.group({ source, orgId: CENTRE, tlp: "clear", audience: [EVERYONE], level: "high" });
    for (let at = 0; at < 5_000; at++) builder.add("domain", `d${at}.internal`, group);
    const image = builder.build();
    return { image, uses: usesOf(image.groups, [reader]), known: undefined };
  });
  const pool = newPool(2);
  const names = Array.from({ length: 200 }, (_, at) => `d${at}.internal`);
  pool.equip(sets[0] ?? assert.fail());
  const seen = new Set<string>();
  try {
    for (let round = 0; round < 12; round++) {
      const batches = Array.from({ length: 4 }, (_, at) =>
        pool.process(task(MEMBER, names, `${round}/${at}`)),
      );
      pool.equip(sets[round % 2] ?? assert.fail());
      for (const { matches } of await Promise.all(batches)) {
        assert.equal(matches.length, names.length);
        const providers = new Set(matches.map(({ match }) => match.why?.at(-1)?.value ?? ""));
        assert.equal(providers.size, 1);
        for (const provider of providers) seen.add(provider);
      }
    }
    assert.equal(seen.size, 2);
  } finally {
    await pool.close();
  }
});

test(`${DATABASES[0]?.name}: a warninglist that was switched off or taken in counts from the next set on`, async () => {
  seq = 0;
  const records = await (DATABASES[0] ?? assert.fail("a database")).fresh(SYSTEMS);
  const sets: IndicatorSet[] = [];
  const pool = newPool();
  const stock = stockWith(records, pool, { deliver: (set) => void sets.push(set) });
  const names = () => [...(sets.at(-1)?.known?.lists ?? [])].map(({ name }) => name).sort();
  const decide = (name: string, more: { off: boolean; document: string | null }) =>
    records.within(job, (work) =>
      work
        .tables<{ intel_warninglist: Record<string, unknown> }>()
        .insertInto("intel_warninglist")
        .values({
          key: createHash("sha256").update(name).digest("hex").slice(0, 12),
          name,
          changed_at: work.now,
          changed_by_name: "test",
          ...more,
        })
        .execute(),
    );
  try {
    await plantTree(records);
    await plant(records, "open");
    await stock.refresh("whole");
    const before = names();
    const [off = ""] = before;
    await decide(off, { off: true, document: null });
    await decide("本國", { off: false, document: '{"name":"本國","type":"cidr","list":["100.64.0.0/10"]}' });
    await stock.renewWarninglists();
    assert.ok(before.length > 1);
    assert.deepEqual(names(), [...before.slice(1), "本國"].sort());
  } finally {
    await stock.stop();
    await pool.close();
    await records.dispose();
  }
});
