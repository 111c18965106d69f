import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Problem } from "../../../core/problem.ts";
import { sha256Hex, uuidV7 } from "../../../platform/crypto/digest.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { testScope } from "../../../platform/records/testing.ts";
import { FOLDERS, openWorkshop, type Workshop } from "../collect/testing.ts";
import { knownImage } from "../indicators/known.ts";
import { LOG_TABLE } from "../pipeline/log-table.ts";
import { loadRules } from "../sigma/index.ts";
import { type TrialLine, TrialRequest, type TrialResult } from "./model.ts";
import { Trials, type TrialsParts } from "./trial.ts";

const [MINE, OTHER] = [uuidV7(), uuidV7()];
const mine = testScope({ orgId: MINE, permissions: ["logs:read"] });
const both = testScope({ orgId: MINE, orgIds: [MINE, OTHER], permissions: ["logs:read"] });
const own = mkdtempSync(join(tmpdir(), "lianfang-trial-"));
const folders = { ...FOLDERS, rules: [FOLDERS.rules, own].flat() };
const WHOLE = { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" };
let shop: Workshop;

async function ingest(orgId: string, name: string, text: string | Buffer): Promise<void> {
  const bytes = Buffer.from(text);
  await shop
    .ingestWith()
    .ingest(
      { orgId, name, channel: "http", parser: "auto" },
      { bytes, format: "lines", firstLine: 1, key: name, sha256: sha256Hex(bytes), sentBy: "test" },
    );
}

/** A failed login at a FortiGate so many seconds after midnight in Taipei on 20 November. */
function failed(second: number, ip: string, device = "FGT-1"): string {
  const at = new Date(Date.parse("2026-11-20T00:00:00Z") + second * 1000).toISOString();
  return `date=${at.slice(0, 10)} time=${at.slice(11, 19)} tz="+0800" devname="${device}" devid="FG100E" logid="0100032002" type="event" subtype="system" level="alert" vd="root" logdesc="Admin login failed" user="admin" method="https" srcip=${ip} dstip=192.0.2.1 action="login" status="failed" reason="passwd_invalid" msg="Administrator admin login failed"`;
}

const ID = "7c4b8f0e-0000-4000-8000-00000000000";
const RULE = `title: mine\nid: ${ID}1\nname: mine\nlogsource: { product: fortigate }\ndetection:\n  s: { action: login, status: failed, devname|startswith: FGT }\n  condition: s\n`;
const correlation = (more: string, extra = "") =>
  `title: many\nid: ${ID}2\n${extra}correlation:\n  type: event_count\n  rules: [mine]\n  group-by: [srcip]\n  timespan: 1h\n  condition: { gte: 3 }\n${more}`;

before(async () => {
  shop = await openWorkshop();
  const parsers = fileURLToPath(new URL("../parsers/", import.meta.url));
  const samples = readdirSync(parsers, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of samples) {
    if (!readdirSync(join(parsers, name)).includes("sample.log")) continue;
    await ingest(MINE, name, readFileSync(join(parsers, name, "sample.log")));
  }
  await ingest(OTHER, "fortigate", readFileSync(join(parsers, "fortigate", "sample.log")));
  await ingest(OTHER, "logins", Array.from({ length: 5 }, (_, at) => failed(at, "198.51.100.9")).join("\n"));
});
after(async () => {
  rmSync(own, { recursive: true });
  await shop.dispose();
  await closeEventStores();
});

type Done = Extract<TrialLine, { kind: "done" }>;
type Rules = Extract<TrialLine, { kind: "rules" }>;

const trials = (given: Partial<TrialsParts> = {}) =>
  new Trials({
    events: shop.events,
    clock: shop.clock,
    folders,
    log: shop.log,
    known: () => undefined,
    ...given,
  });

async function tried(
  text: string,
  given: Partial<TrialRequest> = {},
  { scope = mine, parts = {} as Partial<TrialsParts> } = {},
): Promise<{ done: Done; rules: Rules; of(title: string): TrialResult }> {
  const lines: TrialLine[] = [];
  const request = TrialRequest.parse({ text, ...WHOLE, ...given });
  for await (const line of await trials(parts).begin(scope, request)) lines.push(line);
  const [rules] = lines;
  const done = lines.at(-1);
  assert.ok(rules?.kind === "rules" && done?.kind === "done", JSON.stringify(lines.at(-1)));
  const of = (title: string) => {
    const id = rules.rules.find((rule) => rule.title === title)?.id;
    return done.results.find(({ ruleId }) => ruleId === id) ?? assert.fail(title);
  };
  return { done, rules, of };
}

test("a trial finds of every rule what the pipeline found when the records came, as far as its reader sees them", async () => {
  const { rules } = loadRules(FOLDERS.rules);
  const text = [...new Set(rules.map(({ file }) => file))]
    .map((file) => readFileSync(join(String(FOLDERS.rules), file), "utf8"))
    .join("\n---\n");
  for (const [scope, orgs] of [
    [mine, [MINE]],
    [both, [MINE, OTHER]],
  ] as const) {
    const rows = await shop.events.query<{ title: string; count: string }>({
      sql: `SELECT arrayJoin(rules) AS title, count() AS count FROM ${LOG_TABLE.name}
        WHERE has({orgs:Array(UUID)}, org_id) GROUP BY title`,
      params: { orgs },
    });
    assert.ok(rows.length > 10, `${rows.length} rules met something`);
    const { done, rules: told } = await tried(text, {}, { scope });
    assert.deepEqual([done.end, done.looked], ["complete", done.total]);
    const found = told.rules
      .filter(({ kind }) => kind === "detection")
      .map(({ id, title }) => [title, done.results.find(({ ruleId }) => ruleId === id)?.matched] as const)
      .filter(([, count]) => count !== 0);
    assert.deepEqual(
      found.toSorted(([one], [other]) => (one < other ? -1 : 1)),
      rows
        .map(({ title, count }) => [title, Number(count)] as const)
        .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    );
    const narrowed = await tried(RULE, { org: OTHER }, { scope });
    assert.equal(
      narrowed.done.total > 0,
      scope === both,
      "an organisation that is not in sight holds nothing",
    );
  }
});

test("counts by day and host, the newest events with the fields that matched, what filters and warninglists say", async () => {
  const org = uuidV7();
  const scope = testScope({ orgId: org, permissions: ["logs:read"] });
  const day = 86_400;
  await shop.ingestWith();
  await ingest(
    org,
    "days",
    [
      failed(10, "198.51.100.1"),
      failed(day - 1, "8.8.8.8", "FGT-2"),
      failed(day, "198.51.100.2"),
      failed(day + 5, "10.9.9.9"),
      failed(day + 6, "198.51.100.3", "other"),
    ].join("\n"),
  );
  writeFileSync(
    join(own, "filter.yml"),
    "title: our stations\nlogsource: { product: fortigate }\nfilter:\n  rules: any\n  s: { srcip: 10.9.9.9 }\n  condition: not s\n",
  );
  const draft = RULE.replace(
    "devname|startswith: FGT }",
    "devname|startswith: FGT, srcip|startswith: ['8', '1'] }",
  );
  const known = knownImage([
    { name: "resolvers", type: "cidr", entries: ["8.8.8.0/24"], types: new Set(["ipv4"]) },
  ]);
  const { of, rules } = await tried(draft, { events: 3 }, { scope, parts: { known: () => known } });
  const result = of("mine");
  rmSync(join(own, "filter.yml"));
  assert.deepEqual(rules.rules[0]?.filters, ["our stations"]);
  assert.equal(result.matched, 3);
  assert.deepEqual(result.days, [
    { name: "2026-11-20", count: 2 },
    { name: "2026-11-21", count: 1 },
  ]);
  assert.deepEqual(result.hosts, [
    { name: "FGT-1", count: 2 },
    { name: "FGT-2", count: 1 },
  ]);
  assert.deepEqual(result.silenced, [{ name: "our stations", count: 1 }]);
  assert.deepEqual(result.known, [{ name: "resolvers", count: 1 }]);
  assert.deepEqual(
    result.events.map(({ silencedBy, known: lists, why }) => [
      why.find(({ field }) => field === "source.ip")?.value,
      silencedBy,
      lists.map(({ list }) => list),
    ]),
    [
      ["10.9.9.9", ["our stations"], []],
      ["198.51.100.2", [], []],
      ["8.8.8.8", [], ["resolvers"]],
    ],
  );
  assert.ok(result.events.every(({ original }) => original.startsWith("date=2026-11-2")));
});

test("many records of one instant are each looked at once; the newest first where there are too many", async () => {
  const org = uuidV7();
  const scope = testScope({ orgId: org, permissions: ["logs:read"] });
  const lines = Array.from({ length: 9_000 }, (_, at) =>
    failed(at < 7_000 ? 100 : at, `203.0.113.${at % 200}`),
  );
  await ingest(org, "many", lines.join("\n"));
  const { done, of } = await tried(RULE, {}, { scope });
  assert.deepEqual([done.end, done.looked, of("mine").matched], ["complete", 9_000, 9_000]);
  assert.equal(new Set(of("mine").events.map(({ eventId }) => eventId)).size, 50);
  const newest = await tried(RULE, { rows: 500 }, { scope });
  assert.deepEqual([newest.done.end, newest.done.looked, newest.done.total], ["rows", 500, 9_000]);
  assert.equal(newest.done.reached, new Date(Date.parse("2026-11-19T16:00:00Z") + 8_500_000).toISOString());
  const late = await tried(RULE, {}, { scope, parts: { seconds: 0 } });
  assert.equal(late.done.end, "time");
  assert.ok(late.done.looked < 9_000 && late.of("mine").matched === late.done.looked);
});

test("a correlation rule is tried with the rules at work that it looks at, for each organisation or across", async () => {
  const [one, two] = [uuidV7(), uuidV7()];
  const scope = testScope({ orgId: one, orgIds: [one, two], permissions: ["logs:read"] });
  const attack = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => failed(from + at * 60, "198.51.100.7")).join("\n");
  await ingest(one, "attack", `${attack(0, 2)}\n${attack(20_000, 3)}`);
  await ingest(two, "attack", attack(120, 2));
  writeFileSync(join(own, "base.yml"), RULE);
  const alone = await tried(correlation(""), {}, { scope });
  assert.deepEqual(alone.rules.rules.map(({ title, draft, silent }) => [title, draft, silent]).sort(), [
    ["many", true, false],
    ["mine", false, true],
  ]);
  assert.deepEqual([alone.of("mine").matched, alone.of("many").matched], [7, 1]);
  const [fired] = alone.of("many").correlations;
  assert.deepEqual([fired?.orgId, fired?.group, fired?.count], [one, { srcip: "198.51.100.7" }, 3]);
  const across = await tried(correlation("lianfang: { across: true }\n"), {}, { scope });
  assert.equal(across.of("many").matched, 2);
  assert.equal(across.done.leftOut, 0);
  assert.ok(across.of("many").correlations.every(({ orgId }) => orgId === null));
  rmSync(join(own, "base.yml"));
  await assert.rejects(
    tried(correlation("")),
    (error) => error instanceof Problem && error.faults[0]?.message === 'there is no rule "mine"',
  );
});

test("a draft with faults is refused with all of them, and one that meets nothing says why", async () => {
  const broken = RULE.replace("action:", "action|contians:").replace("id: 7", "id: x7");
  await assert.rejects(
    tried(broken),
    (error) =>
      error instanceof Problem &&
      error.code === "http.invalid" &&
      error.faults.map(({ path }) => path).join() === "2: id,6: detection.s",
  );
  await assert.rejects(
    tried("title: f\nlogsource: {product: x}\nfilter: {rules: any, s: {a: b}, condition: s}\n"),
    Problem,
  );
  const { rules, of } = await tried(RULE.replace("fortigate", "any"));
  assert.deepEqual(
    rules.warnings.map(({ path, severity }) => [path, severity]),
    [["logsource.product", "warning"]],
  );
  assert.equal(of("mine").matched, 0);
});

test("two run at once and one more is refused; whoever stops reading makes room", async () => {
  const here = trials();
  const request = TrialRequest.parse({ text: RULE, ...WHOLE });
  const [one, two] = await Promise.all([here.begin(mine, request), here.begin(mine, request)]);
  const busy = (error: unknown) => error instanceof Problem && error.code === "rules.trial-busy";
  await assert.rejects(here.begin(mine, request), busy);
  assert.equal((await one.next()).value?.kind, "rules");
  await one.return();
  const three = await here.begin(mine, request);
  await assert.rejects(here.begin(mine, request), busy);
  // One that nobody ever read from makes room, too.
  await Promise.all([two.return(), three.return()]);
  const last = await here.begin(mine, request);
  await last.return();
});

test("what breaks a trial off is told by its code, without a word of the store", async () => {
  const events = Object.assign(Object.create(shop.events), {
    query: async () => {
      throw new Error("SELECT secret FROM somewhere");
    },
  });
  const lines: TrialLine[] = [];
  const request = TrialRequest.parse({ text: RULE, ...WHOLE });
  for await (const line of await trials({ events }).begin(mine, request)) lines.push(line);
  assert.deepEqual(lines, [{ kind: "failed", code: "http.internal" }]);
});
