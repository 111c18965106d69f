/**
 * Paging of the TAXII server: `node bench/taxii.ts [objects] [page]`. Fills one collection with that many objects
 * (100,000 unless told) that all arrive in one instant, then pulls them over HTTP with the product's own client while
 * a writer goes on adding. Prints one JSON object: objects a second, the time of a page, and what was lost or came twice.
 */
import { EVERYONE } from "../src/core/scope.ts";
import { DATABASES } from "../src/platform/records/testing.ts";
import { StixObjectStore } from "../src/systems/intel/object-store.ts";
import { type PulledPage, pullFrom, TaxiiClient } from "../src/systems/intel/taxii/client.ts";
import { CollectionStore } from "../src/systems/intel/taxii/collection-store.ts";
import { intelNode, intelServer } from "../src/systems/intel/testing.ts";

const OBJECTS = Number(process.argv[2] ?? 100_000);
const PAGE = Number(process.argv[3] ?? 500);
const BATCH = 5_000;
const WRITES = 20;

function indicator(at: number) {
  const id = `indicator--00000000-0000-4000-8000-${at.toString(16).padStart(12, "0")}`;
  const object = {
    type: "indicator",
    spec_version: "2.1",
    id,
    created: "2026-11-20T00:00:00.000Z",
    modified: "2026-11-20T00:00:00.000Z",
    name: `198.51.${(at >> 8) & 255}.${at & 255}`,
    indicator_types: ["malicious-activity"],
    pattern: `[ipv4-addr:value = '198.51.${(at >> 8) & 255}.${at & 255}']`,
    pattern_type: "stix",
    pattern_version: "2.1",
    valid_from: "2026-11-20T00:00:00Z",
    object_marking_refs: ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
  };
  return { text: JSON.stringify(object), object, tlp: "green" as const };
}

function megabytes(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20);
}

const database = DATABASES.find((each) => each.name === (process.env["LIANFANG_BENCH_DATABASE"] ?? "pglite"));
if (database === undefined) throw new Error("LIANFANG_TEST_POSTGRES names no server");
const node = await intelNode(database);
const { server, url } = await intelServer(node, { perMinute: 10_000_000 });

let written = 0;
async function write(count: number): Promise<void> {
  await node.records.within(node.reviewer, async (work) => {
    const { id } = await new CollectionStore(work).get("community");
    const documents = Array.from({ length: count }, (_, at) => indicator(written + at));
    await new StixObjectStore(work).add({
      collectionId: id,
      revision: 1,
      orgId: node.orgs.authority,
      audience: [EVERYONE],
      documents,
    });
  });
  written += count;
}

const filling = performance.now();
while (written < OBJECTS) await write(Math.min(BATCH, OBJECTS - written));
const fillSeconds = (performance.now() - filling) / 1000;

const client = new TaxiiClient({ url: `${url}/taxii2/`, login: { token: "other" } }, { loopback: true });
const [root] = await client.apiRoots();
if (root === undefined) throw new Error("no API root");
const collection = (await client.collections(root))[0];
if (collection === undefined) throw new Error("no collection");

/** The whole collection once; a page's time is from asking to having its objects. */
async function pull(writing: boolean) {
  const seen = new Map<string, number>();
  const millis: number[] = [];
  let pages = 0;
  let asked = performance.now();
  const started = asked;
  const every = Math.max(1, Math.floor(OBJECTS / PAGE / WRITES));
  let beside: Promise<void> = Promise.resolve();
  const keep = async (page: PulledPage) => {
    millis.push(performance.now() - asked);
    for (const document of page.documents) {
      const id = document.slice(document.indexOf("indicator--"), document.indexOf("indicator--") + 47);
      seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    if (writing && ++pages % every === 0) beside = beside.then(() => write(10));
    asked = performance.now();
  };
  await pullFrom(client, collection as NonNullable<typeof collection>, {}, keep, PAGE);
  const seconds = (performance.now() - started) / 1000;
  await beside;
  millis.sort((a, b) => a - b);
  const at = (share: number) => Math.round((millis[Math.floor(millis.length * share)] ?? 0) * 10) / 10;
  return {
    objectsPerSecond: Math.round(seen.size / seconds),
    pages: millis.length,
    pageMs: { median: at(0.5), p95: at(0.95), p99: at(0.99), longest: Math.round(millis.at(-1) ?? 0) },
    seen: seen.size,
    twice: [...seen.values()].filter((times) => times > 1).length,
  };
}

const alone = await pull(false);
const lostAlone = written - alone.seen;
const before = written;
const beside = await pull(true);
const figures = {
  bench: "taxii",
  database: database.name,
  objects: OBJECTS,
  page: PAGE,
  fillObjectsPerSecond: Math.round(OBJECTS / fillSeconds),
  alone: { ...alone, lost: lostAlone },
  whileWriting: { ...beside, writtenMeanwhile: written - before, lost: Math.max(0, before - beside.seen) },
  memoryMb: megabytes(),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await server.close();
await node.dispose();
process.exit(0);
