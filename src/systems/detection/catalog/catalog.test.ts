import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Problem } from "../../../core/problem.ts";
import { DATABASES, testScope } from "../../../platform/records/testing.ts";
import { raiseAlerts } from "../alerts/index.ts";
import { SYSTEMS } from "../alerts/testing.ts";
import { eventually } from "../collect/testing.ts";
import { loadMatcher } from "../pipeline/rules.ts";
import { type Catalog, listRules, oneRule } from "./catalog.ts";
import { RuleQuery } from "./model.ts";
import { FolderWatch } from "./watch.ts";

const content = (path: string) => fileURLToPath(new URL(`../../../../content/${path}`, import.meta.url));
const own = mkdtempSync(join(tmpdir(), "lianfang-own-rules-"));
after(() => rmSync(own, { recursive: true, force: true }));
writeFileSync(
  join(own, "mine.yml"),
  "title: Mine\nid: 7c4b8f0e-0000-4000-8000-000000000001\nlevel: critical\nstatus: test\nlogsource:\n  product: nobody-knows\ndetection:\n  selection:\n    message: x\n  condition: selection\n",
);
writeFileSync(join(own, "broken.yml"), "title: Broken\n");
const folders = [content("detection-rules"), own];
const loaded = loadMatcher({ rules: folders, pipelines: content("sigma-pipelines") });
const catalog: Catalog = {
  rules: loaded.rules,
  faults: loaded.faults,
  loadedAt: undefined,
  folders,
  idleSeconds: 120,
};
const query = (given: object = {}) => RuleQuery.parse(given);

for (const database of DATABASES) {
  test(`${database.name}: rules of all folders with their state, their source and what they led to, as the reader sees it`, async () => {
    const records = await database.fresh(SYSTEMS);
    const reader = testScope({ permissions: ["rules:read"] });
    const other = testScope({ permissions: ["rules:read"] });
    const rule = loaded.rules.find(({ title }) => title === "Cisco ASA Login Failed") ?? assert.fail();
    try {
      const event = {
        orgId: reader.orgId,
        eventId: "e1",
        at: new Date().toISOString(),
        record: { "source.ip": "198.51.100.1" },
      };
      await records.within(reader, (work) =>
        raiseAlerts(work, [{ ...event, match: { ruleId: rule.id, title: rule.title, level: "medium" } }]),
      );
      const page = await records.within(reader, (work) => listRules(work, catalog, query({ limit: 5 })));
      assert.equal(page.items.length, 5);
      assert.equal(page.total, loaded.rules.length);
      assert.equal(page.items[0]?.level, "critical");
      const next = await records.within(reader, (work) =>
        listRules(work, catalog, query({ limit: 200, cursor: page.next })),
      );
      assert.equal(next.items.length + 5, Math.min(205, page.total));
      assert.equal(next.next, undefined);
      const of = (given: object, scope = reader) =>
        records.within(scope, (work) => listRules(work, catalog, query(given))).then(({ items }) => items);
      assert.deepEqual(
        (await of({ state: "unmapped" })).map(({ file }) => file),
        [`${own.split("/").at(-1)}/mine.yml`],
      );
      assert.deepEqual(
        (await of({ q: "多次登入失敗後" })).map(({ kind, state }) => [kind, state]),
        [["correlation", "active"]],
      );
      assert.ok((await of({ kind: "correlation" })).some(({ across }) => across));
      const guessing = (await of({ kind: "correlation", q: "password-guessing" }))[0] ?? assert.fail();
      const below = guessing.correlation?.rules[0] ?? assert.fail();
      assert.equal(guessing.correlation?.type, "event_count");
      assert.ok((guessing.correlation?.timespanSeconds ?? 0) > 0 && guessing.correlation?.condition !== "");
      assert.ok((guessing.correlation?.groupBy.length ?? 0) > 0);
      const [source] = await of({ q: below.id });
      assert.equal(source?.title, below.title);
      assert.ok(source?.correlatedBy.some(({ id }) => id === guessing.id));
      assert.deepEqual(
        (await of({ q: rule.id })).map(({ alerts, matches }) => [alerts, matches]),
        [[1, 1]],
      );
      assert.deepEqual(
        (await of({ q: rule.id }, other)).map(({ alerts }) => alerts),
        [0],
      );
      for (const id of [rule.id, "7c4b8f0e-0000-4000-8000-000000000001"]) {
        const one = await records.within(reader, (work) => oneRule(work, catalog, id));
        assert.match(one.source, new RegExp(`id: ${id}`));
      }
      const waitsOf = async (id: string) =>
        (await records.within(reader, (work) => oneRule(work, catalog, id))).waits;
      const far = (await of({ kind: "correlation" })).find(({ across }) => across) ?? assert.fail();
      assert.equal(await waitsOf(rule.id), null);
      assert.deepEqual(await waitsOf(guessing.id), { latenessSeconds: 60, idleSeconds: 120 });
      assert.deepEqual(await waitsOf(far.id), { latenessSeconds: 600, idleSeconds: 120 });
      await assert.rejects(
        records.within(reader, (work) => oneRule(work, catalog, "../../package.json")),
        (error) => error instanceof Problem && error.code === "http.not-found",
      );
      assert.ok(
        loaded.faults.some(({ file, rule }) => file.endsWith("/broken.yml") && rule?.title === "Broken"),
      );
      const [mine] = await of({ state: "unmapped" });
      assert.deepEqual(
        mine?.warnings.map(({ path, line, facts }) => [path, line, facts["value"]]),
        [["logsource.product", 5, "nobody-knows"]],
      );
    } finally {
      await records.dispose();
    }
  });
}

test("a change of a file is told once it is whole; what is no rule file is not", async () => {
  const watched = join(own, "watched");
  mkdirSync(watched);
  let changes = 0;
  const watch = new FolderWatch([watched, join(own, "absent")], () => changes++);
  watch.start();
  try {
    writeFileSync(join(watched, "note.txt"), "x");
    writeFileSync(join(watched, "a.yml"), "x");
    await eventually(
      () => changes,
      (count) => count === 1,
    );
    rmSync(join(watched, "a.yml"));
    await eventually(
      () => changes,
      (count) => count === 2,
    );
  } finally {
    watch.stop();
  }
});
