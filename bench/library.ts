/**
 * The library: `npm run bench -- library [--objects 1000000] [--batch 2000] [--searches]`. Fills the store with
 * indicators whose values repeat heavily (one in a hundred bears the same address), then prints one JSON object: search
 * times in both scripts, the size of what is derived against the data, what one more object costs, and the time of a
 * whole rebuild (not with `--searches`). On a PostgreSQL server: `npm run bench -- library --postgres --objects 1000000`
 * starts a throw-away one of Debian's package; LIANFANG_BENCH_DATABASE=postgres with LIANFANG_TEST_POSTGRES names one
 * that is there.
 */
import { parseArgs } from "node:util";
import { EVERYONE } from "../src/core/scope.ts";
import { DATABASES } from "../src/platform/records/testing.ts";
import { loadDecays } from "../src/systems/intel/library/decay.ts";
import { DERIVATION } from "../src/systems/intel/library/entry.ts";
import { reindexSome, restartReindex } from "../src/systems/intel/library/entry-store.ts";
import { LibraryFilter, LibraryQuery } from "../src/systems/intel/library/model.ts";
import { bearing } from "../src/systems/intel/library/query.ts";
import { SearchStore } from "../src/systems/intel/library/search-store.ts";
import { weighSome } from "../src/systems/intel/library/weighing.ts";
import { StixObjectStore } from "../src/systems/intel/object-store.ts";
import { intelNode } from "../src/systems/intel/testing.ts";
import { WarninglistChecker } from "../src/systems/intel/warninglists/checker.ts";
import { loadWarninglists } from "../src/systems/intel/warninglists/list.ts";

const { values: options } = parseArgs({
  options: {
    objects: { type: "string", default: "1000000" },
    batch: { type: "string", default: "2000" },
    searches: { type: "boolean", default: false },
  },
});
const OBJECTS = Number(options.objects);
const BATCH = Number(options.batch);
const ENGLISH =
  "phishing campaign water plant telecom operator ransomware loader beacon credential theft scanner botnet exploit turbine valve historian engineering workstation maintenance vendor remote access".split(
    " ",
  );
const CHINESE =
  "水庫 電信 供水 控制系統 釣魚郵件 勒索軟體 惡意程式 遠端連線 工程師站 攻擊行動 憑證竊取 弱點利用 資料外洩 殭屍網路".split(
    " ",
  );

function mixed(at: number): number {
  return (Math.imul(at ^ (at >>> 15), 0x2c1b3c6d) ^ Math.imul(at, 0x9e3779b1)) >>> 0;
}

/** An indicator as feeds send them; every hundredth bears the address that all share, the rest repeat three times. */
function indicator(at: number) {
  const dice = mixed(at);
  const unlike = mixed(Math.floor(at / 3));
  const value =
    at % 100 === 0
      ? "198.51.100.66"
      : `${(unlike >>> 24) % 223}.${(unlike >>> 16) & 255}.${(unlike >>> 8) & 255}.${unlike & 255}`;
  const domain = `h${unlike.toString(36)}.c${unlike % 5000}.example`;
  const [english, chinese] = [ENGLISH[dice % ENGLISH.length], CHINESE[(dice >>> 8) % CHINESE.length]];
  const object = {
    type: "indicator",
    spec_version: "2.1",
    id: `indicator--00000000-0000-4000-8000-${at.toString(16).padStart(12, "0")}`,
    created_by_ref: `identity--00000000-0000-4000-8000-${(dice % 200).toString(16).padStart(12, "0")}`,
    created: new Date(1_700_000_000_000 + at * 1000).toISOString(),
    modified: new Date(1_700_000_000_000 + at * 1000).toISOString(),
    name: `${chinese} ${english} ${dice % 10_000}`,
    description: `Seen in a ${english} wave; ${ENGLISH[(dice >>> 4) % ENGLISH.length]} traffic to the ${ENGLISH[(dice >>> 12) % ENGLISH.length]}. 與${CHINESE[(dice >>> 16) % CHINESE.length]}有關`,
    indicator_types: ["malicious-activity"],
    confidence: dice % 101,
    labels: [`campaign-${dice % 300}`],
    pattern: `[ipv4-addr:value = '${value}' OR domain-name:value = '${domain}']`,
    pattern_type: "stix",
    pattern_version: "2.1",
    valid_from: "2026-11-20T00:00:00Z",
    object_marking_refs: ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
  };
  return {
    text: JSON.stringify(object),
    object,
    tlp: "green" as const,
    digest: at.toString(16),
    value,
    domain,
  };
}

const database = DATABASES.find((each) => each.name === (process.env["LIANFANG_BENCH_DATABASE"] ?? "pglite"));
if (database === undefined) throw new Error("LIANFANG_TEST_POSTGRES names no server");
const node = await intelNode(database);
const megabytes = async (name: string) => {
  const { rows } = await node.records.platformOnly.execute(
    "select pg_total_relation_size($1::regclass) as bytes",
    [name],
  );
  return Math.round(Number(rows[0]?.["bytes"]) / 2 ** 20);
};
const seconds = (since: number) => Math.round(performance.now() - since) / 1000;

const judges = { warninglists: new WarninglistChecker(loadWarninglists().lists), decays: loadDecays() };

let written = 0;
async function write(count: number): Promise<number> {
  const documents = Array.from({ length: count }, (_, at) => indicator(written + at));
  written += count;
  const began = performance.now();
  await node.records.within(node.reviewer, (work) =>
    new StixObjectStore(work).add({
      collectionId: null,
      revision: 1,
      orgId: node.orgs.authority,
      audience: [EVERYONE],
      documents,
    }),
  );
  return performance.now() - began;
}

const filling = performance.now();
while (written < OBJECTS) {
  await write(Math.min(BATCH, OBJECTS - written));
  if (written % 100_000 === 0) console.error(`${written} objects, ${seconds(filling)} s`);
}
const fillSeconds = seconds(filling);
const data = await megabytes("stix_object");

/** Keeps what scores are made of, as the job does it. */
async function weigh(): Promise<number> {
  const began = performance.now();
  for (let done = false; !done; )
    done = await node.records.within(node.reviewer, (work) => weighSome(work, judges, 1000));
  return seconds(began);
}
// Every entry is as this program makes it, so that the weighing may begin.
await node.records.platformOnly.execute(
  "update stix_reindex set derivation = $1, done_to = (select seq from stix_ledger), finished_at = now()",
  [DERIVATION],
);
const weighSeconds = await weigh();
const derived = (await megabytes("stix_entry")) + (await megabytes("stix_worth"));

/** What an analyst asks: common and rare words, both scripts, values whole and by part, filters, nothing at all. */
const queries: readonly Record<string, string>[] = [
  { q: "ransomware" },
  { q: "釣魚郵件" },
  { q: "水庫 攻擊行動" },
  { q: "勒索軟體 turbine" },
  { q: "遠端連線", type: "indicator", tlp: "green" },
  { q: indicator(Math.floor(OBJECTS / 7)).value },
  { q: indicator(Math.floor(OBJECTS / 3)).domain.replaceAll(".", "[.]") },
  { q: "198.51.100.66" },
  { q: "c77.example" },
  { q: "campaign", sort: "modified" },
  { q: "電信 vendor 777" },
  { q: "憑證竊取 exploit", label: "campaign-7" },
  { q: "histor*" },
  { q: "no-such-word-at-all" },
  { sort: "newest" },
  { label: "campaign-12", revoked: "no" },
];
/** Filters by score, which go through what scores are made of. */
const scoreQueries: readonly Record<string, string>[] = [
  { scoreFrom: "60" },
  { scoreFrom: "40", scoreTo: "60", q: "ransomware" },
];
async function timed(run: () => Promise<unknown>, times: number): Promise<number[]> {
  const millis: number[] = [];
  for (let time = 0; time < times; time++) {
    const began = performance.now();
    await run();
    millis.push(performance.now() - began);
  }
  return millis;
}
const at = (millis: readonly number[], share: number) =>
  Math.round(
    millis.toSorted((a, b) => a - b)[Math.min(millis.length - 1, Math.floor(millis.length * share))] ?? 0,
  );
const within = <T>(run: (store: SearchStore) => Promise<T>) =>
  node.records.within(node.reviewer, (work) => run(new SearchStore(work)));
async function searched(queries: readonly Record<string, string>[]) {
  const byQuery: Record<string, { median: number; longest: number; total: string }> = {};
  const all: number[] = [];
  for (const query of queries) {
    const parsed = LibraryQuery.parse(query);
    const page = await within((store) => store.search(parsed, judges));
    const millis = await timed(() => within((store) => store.search(parsed, judges)), 7);
    all.push(...millis);
    byQuery[JSON.stringify(query)] = {
      median: at(millis, 0.5),
      longest: at(millis, 1),
      total: `${page.total}${page.more ? "+" : ""}`,
    };
  }
  return { median: at(all, 0.5), p95: at(all, 0.95), longest: at(all, 1), byQuery };
}
const searchMs = await searched(queries);
const scoreMs = await searched(scoreQueries);
const facets = await timed(
  () => within((store) => store.facets(LibraryFilter.parse({ q: "ransomware" }), judges)),
  5,
);
const common = await timed(
  () =>
    within((store) =>
      store.answering(bearing({ kind: "ipv4", value: "198.51.100.66" }), { most: 1001, shown: 20 }),
    ),
  5,
);
const one: number[] = [];
for (let time = 0; time < 50; time++) one.push(await write(1));

/** From nothing, in the commits of a thousand objects in which the jobs make and weigh them. */
async function rebuild(): Promise<number> {
  await node.records.platformOnly.execute("truncate stix_entry");
  await node.records.within(node.reviewer, restartReindex);
  const began = performance.now();
  for (let done = false; !done; )
    ({ done } = await node.records.within(node.reviewer, (work) => reindexSome(work, 1000)));
  await weigh();
  return seconds(began);
}
const rebuildSeconds = options.searches ? undefined : await rebuild();
process.stdout.write(
  `${JSON.stringify({
    bench: "library",
    database: database.name,
    objects: OBJECTS,
    fill: { seconds: fillSeconds, objectsPerSecond: Math.round(OBJECTS / fillSeconds) },
    searchMs,
    scoreMs,
    facetsMs: at(facets, 0.5),
    megabytes: { data, derived, share: Math.round((100 * derived) / data) / 100 },
    oneValueInMany: { objects: Math.ceil(OBJECTS / 100), ms: at(common, 0.5) },
    oneObjectMore: { medianMs: at(one, 0.5), p95Ms: at(one, 0.95) },
    weighSeconds,
    rebuildSeconds,
  })}\n`,
);
await node.dispose();
process.exit(0);
