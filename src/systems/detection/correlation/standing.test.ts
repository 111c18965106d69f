import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { addMillis } from "../../../core/instant.ts";
import { createLog } from "../../../platform/log/log.ts";
import { createMetrics } from "../../../platform/metrics/metrics.ts";
import { DATABASES, type FreshRecords, testClock, testScope } from "../../../platform/records/testing.ts";
import { type MatchedEvent, raiseAlerts } from "../alerts/index.ts";
import { listAlerts } from "../alerts/list.ts";
import { AlertQuery } from "../alerts/model.ts";
import { AlertStore } from "../alerts/store.ts";
import { loadMatcher } from "../pipeline/rules.ts";
import { loadRules } from "../sigma/index.ts";
import { Correlations } from "./standing.ts";

const content = (path: string) => fileURLToPath(new URL(`../../../../content/${path}`, import.meta.url));
const RULES = content("detection-rules");
const { correlations: SET } = loadMatcher({ rules: RULES, pipelines: content("sigma-pipelines") });
const ID = new Map(loadRules(RULES).rules.map(({ id, name }) => [name, id]));
const SYSTEMS = ["members", "detection"].map((name) => ({
  name,
  migrations: new URL(`../../${name}/migrations/`, import.meta.url),
}));
const CENTRE = "0190a000-0000-7000-8000-000000000001";
const MEMBERS = ["a", "b", "c"].map((letter) => `0190a000-0000-7000-8000-00000000000${letter}`);
const BEGIN = "2026-11-24T00:00:00.000Z";
const JOB = testScope({
  orgId: CENTRE,
  orgIds: [CENTRE, ...MEMBERS],
  clearance: "red",
  permissions: ["alerts:read"],
});
/** More than the lateness of events and the longest window. */
const LATER = 48 * 3_600_000;

interface Batch {
  readonly orgId: string;
  readonly matches: readonly MatchedEvent[];
}

const matchOf = (
  orgId: string,
  rule: string,
  eventId: string,
  seconds: number,
  more: object = {},
): MatchedEvent => ({
  orgId,
  eventId,
  at: addMillis(BEGIN, seconds * 1000),
  record: { "source.ip": "198.51.100.66", "user.name": "operator", ...more },
  match: { ruleId: ID.get(rule) ?? assert.fail(rule), title: rule, level: "informational" },
});

/** Failures at three members, ten of them for one account of the first, then a success; in batches of four. */
function batches(): Batch[] {
  const first = MEMBERS[0] ?? "";
  const all: MatchedEvent[] = [
    ...Array.from({ length: 11 }, (_, at) => matchOf(first, "authentication_failed", `f${at}`, at * 20)),
    matchOf(first, "authentication_succeeded", "s", 240),
  ];
  const others = MEMBERS.slice(1).map((orgId, at) =>
    matchOf(orgId, "authentication_failed", `o${at}`, 100 + at),
  );
  const chunk = (from: readonly MatchedEvent[]) =>
    Array.from({ length: Math.ceil(from.length / 4) }, (_, at) => from.slice(at * 4, at * 4 + 4));
  return [...chunk(all), ...others.map((one) => [one])].map((matches) => ({
    orgId: matches[0]?.orgId ?? "",
    matches,
  }));
}

function standing(records: FreshRecords, clock = testClock(BEGIN)) {
  const correlations = new Correlations({
    records,
    scope: async () => JOB,
    clock,
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
    idle: 120_000,
  });
  void correlations.use(SET);
  return { correlations, clock };
}

const store = (
  records: FreshRecords,
  correlations: Correlations,
  { orgId, matches }: Batch,
  broken = false,
) =>
  correlations.commit(
    { orgId, source: "hosts", receivedAt: addMillis(BEGIN, LATER), newest: undefined, matches },
    (correlated) =>
      records.within(JOB, async (work) => {
        await raiseAlerts(work, correlated.matches);
        await correlated.record(work);
        if (broken) throw new Error("the power went");
      }),
  );

const told = (records: FreshRecords, orgIds: readonly string[] = JOB.orgIds) =>
  records.within({ ...JOB, orgIds }, async (work) => {
    const { items } = await listAlerts(work, AlertQuery.parse({ limit: "200" }));
    return items.map(({ title, orgId, count, mainEntity }) => [title, orgId, count, mainEntity]).sort();
  });

const WANTED = [
  ["Failed Sign-Ins from One Address at Several Members", CENTRE, 7, "ip 198.51.100.66"],
  ["Many Failed Sign-Ins from One Address for One Account", MEMBERS[0], 10, "ip 198.51.100.66"],
  ["Sign-In after Many Failures", MEMBERS[0], 2, "ip 198.51.100.66"],
];

/** Same choices at every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}

for (const database of DATABASES) {
  test(`${database.name}: what silent rules met raises what correlation finds, at the member or above it`, async () => {
    const records = await database.fresh(SYSTEMS);
    const { correlations, clock } = standing(records);
    try {
      for (const batch of batches()) await store(records, correlations, batch);
      clock.set(addMillis(clock.now(), LATER));
      await correlations.tick();
      assert.deepEqual(await told(records), WANTED);
      // Of what was seen at several members, no member hears.
      assert.deepEqual(await told(records, MEMBERS), WANTED.slice(1));

      const detail = (title: string, orgIds: readonly string[]) =>
        records.within({ ...JOB, orgIds }, async (work) => {
          const { items } = await listAlerts(work, AlertQuery.parse({ limit: "200" }));
          return new AlertStore(work).get(items.find((each) => each.title === title)?.id ?? "");
        });
      const guessing = await detail(String(WANTED[1]?.[0]), JOB.orgIds);
      assert.ok(guessing.firstSeen < guessing.lastSeen, "it covers the time of all that it counted");
      const membersOf = async (orgIds: readonly string[]) =>
        (await detail(String(WANTED[0]?.[0]), orgIds)).sample[0]?.record["organization.id"];
      assert.deepEqual(await membersOf(JOB.orgIds), MEMBERS.slice(0, 2), "those that made it fire, by name");
      assert.deepEqual(await membersOf([CENTRE, MEMBERS[1] ?? ""]), [MEMBERS[1]]);
      assert.equal(await membersOf([CENTRE]), undefined, "who sees none is told none");
    } finally {
      await correlations.stop();
      await records.dispose();
    }
  });

  test(`${database.name}: broken off and begun again anywhere, correlation finds the same once`, async () => {
    const records = await database.fresh(SYSTEMS);
    try {
      for (let seed = 1; seed <= 8; seed++) {
        const next = chance(seed);
        let { correlations, clock } = standing(records);
        const crash = async () => {
          await correlations.stop();
          ({ correlations, clock } = standing(records));
        };
        for (const batch of batches()) {
          if (next(3) === 0) {
            await assert.rejects(store(records, correlations, batch, true), /power/);
            if (next(2) === 0) await crash();
          }
          await store(records, correlations, batch);
          if (next(3) === 0) await store(records, correlations, batch);
          if (next(4) === 0) await correlations.save();
          if (next(3) === 0) await crash();
        }
        if (next(2) === 0) await crash();
        // What is found again after a crash is found when time goes on, too.
        for (let round = 0; round < 2; round++) {
          await correlations.tick();
          clock.set(addMillis(clock.now(), LATER));
          await correlations.tick();
          await crash();
        }
        assert.deepEqual(await told(records), WANTED, `seed ${seed}`);
        await correlations.stop();
        await records.within(JOB, async (work) => {
          const tables = work.tables<Record<string, { org_id: string }>>();
          for (const table of ["alert", "correlation_hit", "correlation_state"])
            await tables.deleteFrom(table).where("org_id", "in", JOB.orgIds).execute();
        });
      }
    } finally {
      await records.dispose();
    }
  });

  test(`${database.name}: a source that lags is correlated with the others, an old file apart from them, stragglers are counted`, async () => {
    const records = await database.fresh(SYSTEMS);
    const [orgId = ""] = MEMBERS;
    const minute = 60;
    let { correlations, clock } = standing(records);
    let late = 0;
    const send = (source: string, newestSecond: number, matches: readonly MatchedEvent[] = []) =>
      correlations.commit(
        { orgId, source, receivedAt: clock.now(), newest: Date.parse(BEGIN) + newestSecond * 1000, matches },
        (correlated) => {
          late += correlated.late;
          return records.within(JOB, async (work) => {
            await raiseAlerts(work, correlated.matches);
            await correlated.record(work);
          });
        },
      );
    const failures = (name: string, from: number, count: number) =>
      Array.from({ length: count }, (_, at) =>
        matchOf(orgId, "authentication_failed", `${name}${at}`, from + at * 20),
      );
    const rows = async () => (await told(records)).map(([title, , count]) => [title, count]);
    const many = WANTED[1]?.[0];
    const day = -24 * 60 * minute;
    try {
      for (let passed = 0; passed <= 45; passed++) {
        clock.set(addMillis(BEGIN, passed * minute * 1000));
        const now = passed * minute;
        await send("quick", now, passed === 10 ? failures("q", 8 * minute, 5) : []);
        // Twenty minutes behind, and seldom of interest.
        await send("slow", now - 20 * minute, passed === 30 ? failures("s", 8 * minute + 5, 5) : []);
        if (passed >= 34 && passed <= 36)
          await send("old", day + passed * minute, failures(`o${passed}-`, day + passed * minute, 4));
        if (passed === 36) await send("quick", now, failures("late", day, 1));
        await correlations.tick();
        if (passed === 25) assert.deepEqual(await rows(), [], "half of it is half");
        if (passed === 12 || passed === 35) {
          if (passed === 35) await correlations.save();
          const at = clock.now();
          await correlations.stop();
          ({ correlations, clock } = standing(records, testClock(at)));
        }
      }
      assert.deepEqual(await rows(), [
        [many, 10],
        [many, 10],
      ]);
      assert.equal(late, 1);
      await records.within(JOB, async (work) => {
        const tables = work.tables<{
          correlation_state: { reach: string };
          correlation_hit: { backfill: boolean };
        }>();
        const states = tables.selectFrom("correlation_state").select("reach").where("reach", "=", "backfill");
        assert.deepEqual(await states.execute(), [], "a backfill is forgotten at its end");
        const hits = tables.selectFrom("correlation_hit").select("backfill").where("backfill", "=", true);
        assert.deepEqual(await hits.execute(), []);
      });
    } finally {
      await correlations.stop();
      await records.dispose();
    }
  });
}
