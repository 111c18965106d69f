import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { loadPack, PACKS_FOLDER, PackInvalid, parsePack } from "./pack.ts";
import { clocksFor, dutiesOf, levelOf } from "./rules.ts";

const names = readdirSync(PACKS_FOLDER)
  .filter((file) => file.endsWith(".yml"))
  .map((file) => file.replace(/\.yml$/, ""));

test("the packs of the programme are there", () => {
  for (const wanted of ["tw-2026", "tw-2021", "nis2", "circia", "tw-telecom-outage"])
    assert.ok(names.includes(wanted), wanted);
  assert.equal(loadPack("circia").status, "draft");
});

for (const name of names) {
  const pack = loadPack(name);
  for (const example of pack.examples) {
    test(`${name}: ${example.name}`, () => {
      const now = example.incident.at ?? example.incident.awareAt;
      const got = dutiesOf(pack, example.incident, now);
      assert.equal(got.level, example.expect.level);
      const clocks = clocksFor(example.incident, pack, now);
      assert.deepEqual(
        clocks.map((clock) => `${clock.duty} ${clock.n}`).sort(),
        example.expect.clocks.map((clock) => `${clock.duty} ${clock.n}`).sort(),
      );
      for (const expected of example.expect.clocks) {
        const clock = clocks.find((one) => one.duty === expected.duty && one.n === expected.n);
        assert.ok(clock);
        const where = `${expected.duty} ${expected.n}`;
        assert.equal(clock.dueAt, expected.dueAt, where);
        if (expected.startedAt !== undefined) assert.equal(clock.startedAt, expected.startedAt, where);
        if (expected.state !== undefined) assert.equal(clock.state, expected.state, where);
      }
    });
  }
}

/** The table of the law, written out a second time by hand: a slip in the YAML shows here. */
const TABLE = {
  "non-core": { leak: [1, 2], tampering: [1, 2], outage: [1, 2] },
  core: { leak: [2, 3], tampering: [2, 3], outage: [2, 3] },
  "core-ci": { leak: [3, 4], tampering: [3, 4], outage: [3, 4] },
  "general-secret": { leak: [3, 4], tampering: [3, 4], outage: [1, 1] },
  "national-secret": { leak: [4, 4], tampering: [4, 4], outage: [1, 1] },
} as const;
const BUSINESS = ["non-core", "core", "core-ci", "general-secret", "national-secret"] as const;

for (const name of ["tw-2026", "tw-2021"]) {
  test(`${name}: every cell of the level table`, () => {
    const pack = loadPack(name);
    const none = { leak: "none", tampering: "none", outage: "none" } as const;
    const level = (impact: Parameters<typeof levelOf>[0]["impacts"][number]) =>
      levelOf({ impacts: [impact], measures: {}, systems: [], narrative: "" }, pack).level;
    for (const business of BUSINESS) {
      const row = TABLE[business];
      assert.deepEqual(
        [level({ ...none, business, leak: "minor" }), level({ ...none, business, leak: "serious" })],
        row.leak,
        business,
      );
      assert.deepEqual(
        [
          level({ ...none, business, tampering: "minor" }),
          level({ ...none, business, tampering: "serious" }),
        ],
        row.tampering,
        business,
      );
      assert.deepEqual(
        [
          level({ ...none, business, outage: "tolerable" }),
          level({ ...none, business, outage: "beyond-tolerable" }),
        ],
        row.outage,
        business,
      );
    }
  });
}

test("an authority's own number turns minor into serious, and says so", () => {
  const text = readFileSync(`${PACKS_FOLDER}tw-2026.yml`, "utf8");
  const pack = parsePack(
    text.replace("measure: people\n    from: null", "measure: people\n    from: 1000"),
    "tw-2026.yml",
  );
  const facts = {
    impacts: [{ business: "core", leak: "minor", tampering: "none", outage: "none" }] as const,
    measures: {},
    systems: [],
    narrative: "",
  };
  assert.equal(levelOf({ ...facts, impacts: [...facts.impacts], people: 999 }, pack).level, 2);
  const raised = levelOf({ ...facts, impacts: [...facts.impacts], people: 1000 }, pack);
  assert.equal(raised.level, 3);
  assert.match(raised.reasons.map((reason) => reason.zh).join("；"), /嚴重洩漏.*受影響人數達主管機關所定/);
});

test("a pack with faults tells every one with file and line", () => {
  const text = readFileSync(`${PACKS_FOLDER}circia.yml`, "utf8")
    .replace("country: US", "country: 7")
    .replace("starts: [awareAt]", "starts: []")
    .replace("hours: 24", "hours: 24, months: 1");
  assert.throws(
    () => parsePack(text, "content/circia.yml"),
    (error) => {
      assert.ok(error instanceof PackInvalid);
      const at = Object.fromEntries(error.faults.map((fault) => [fault.path, fault]));
      const lineOf = (needle: string) => text.split("\n").findIndex((line) => line.includes(needle)) + 1;
      assert.equal(at.country?.line, lineOf("country: 7"));
      assert.equal(at["duties.0.starts"]?.line, lineOf("starts: []"));
      assert.equal(at["duties.1.limits.0"]?.line, lineOf("hours: 24, months: 1"));
      assert.equal(error.faults.length, 3);
      assert.ok(error.faults.every((fault) => fault.file === "content/circia.yml"));
      return true;
    },
  );
});

test("names that lead nowhere, a table that is upside down and broken YAML are refused", () => {
  const good = readFileSync(`${PACKS_FOLDER}circia.yml`, "utf8");
  const faultsOf = (text: string, file = "circia.yml") => {
    try {
      parsePack(text, file);
      return [];
    } catch (error) {
      assert.ok(error instanceof PackInvalid);
      return error.faults.map((fault) => fault.message);
    }
  };
  assert.deepEqual(faultsOf(good), []);
  assert.deepEqual(faultsOf(good.replace("metBy: [reportedAt]", "metBy: [reportdAt]")), [
    'no moment is called "reportdAt"',
  ]);
  assert.deepEqual(
    faultsOf(good.replace("source: nprm-2024, status: S, zh: 機", "source: nprm, status: S, zh: 機")),
    ['no source is called "nprm"'],
  );
  assert.deepEqual(faultsOf(good, "other.yml"), ["the file must be called circia.yml"]);
  assert.match(
    faultsOf(
      good.replace(
        "degree: serious, level: 2, source: nprm-2024, status: S, zh: 機",
        "degree: minor, level: 2, source: nprm-2024, status: S, zh: 機",
      ),
    )[0] ?? "",
    /gives a lower level/,
  );
  assert.equal(faultsOf("id: [broken").length > 0, true);
  assert.throws(() => loadPack("../secrets"), PackInvalid);
  assert.throws(() => loadPack("no-such-pack"), PackInvalid);
});
