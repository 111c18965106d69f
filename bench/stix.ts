/**
 * Taking in STIX 2.1: `node bench/stix.ts [synthetic objects]`. Validates, stores and indexes ATT&CK for ICS, does it
 * again, and then as many objects as ATT&CK for Enterprise has (24,771), made out of the same ones under new ids.
 * Prints one JSON object with seconds.
 */
import { existsSync, readFileSync } from "node:fs";
import { DATABASES } from "../src/platform/records/testing.ts";
import { validate } from "../src/systems/intel/stix/validate.ts";
import { CollectionStore } from "../src/systems/intel/taxii/collection-store.ts";
import { receiveObjects } from "../src/systems/intel/taxii/inbox.ts";
import { readPush } from "../src/systems/intel/taxii/pushed.ts";
import { intelNode } from "../src/systems/intel/testing.ts";
import { syntheticBundle } from "./support/synthetic-stix.ts";

const ATTACK = new URL("../../shared/data/stix/attack-ics-18.1.json", import.meta.url);
const SYNTHETIC = Number(process.argv[2] ?? 24_771);

if (!existsSync(ATTACK)) {
  process.stderr.write("../shared/data/stix is absent: nothing to take in\n");
  process.exit(1);
}
const bundle = readFileSync(ATTACK);

const node = await intelNode(DATABASES[0] ?? process.exit(1));
const scope = { ...node.otherPusher, clearance: "red" as const };

async function takeIn(body: Buffer) {
  const began = performance.now();
  const status = await receiveObjects(
    {
      within: (run) => node.records.within(scope, run),
      collection: async (work) => (await new CollectionStore(work).get("inbox")).id,
    },
    (await readPush(body)).parts(),
  );
  const seconds = (performance.now() - began) / 1000;
  const repeated = (status.successes ?? []).filter((each) => each.message !== undefined).length;
  return {
    objects: status.total_count,
    stored: status.success_count - repeated,
    repeated,
    refused: status.failure_count,
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

const checking = performance.now();
const findings = validate(JSON.parse(bundle.toString("utf8"))).filter((finding) => finding.level === "must");
const checkSeconds = Math.round(performance.now() - checking) / 1000;
const first = await takeIn(bundle);
const again = await takeIn(bundle);
const large = syntheticBundle(bundle, SYNTHETIC);
const big = await takeIn(large);
const bigAgain = await takeIn(large);
const figures = {
  bench: "stix",
  checkAlone: { seconds: checkSeconds, findings: findings.length },
  attackIcs: first,
  attackIcsAgain: again,
  synthetic: { ...big, megabytes: Math.round(large.length / 2 ** 20) },
  syntheticAgain: bigAgain,
  memoryMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await node.dispose();
process.exit(0);
