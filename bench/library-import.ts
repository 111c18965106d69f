/**
 * Importing into the library: `node bench/library-import.ts [synthetic objects]`. ATT&CK for ICS as an upload that is
 * validated, stored and indexed; the same again; then as many objects as ATT&CK for Enterprise has (24,771), and the
 * undoing of them. Seconds run from the first byte of the upload to the end of the last unit of work; cpuSeconds count
 * every thread of the process, the database's too. Prints one JSON object.
 */
import { existsSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { DATABASES } from "../src/platform/records/testing.ts";
import { takeUpload, undoImport } from "../src/systems/intel/imports/acts.ts";
import { ImportStore } from "../src/systems/intel/imports/import-store.ts";
import { Upload } from "../src/systems/intel/imports/model.ts";
import { LARGEST_IMPORT } from "../src/systems/intel/imports/routes.ts";
import { intelNode, testImports } from "../src/systems/intel/testing.ts";
import { syntheticBundle } from "./support/synthetic-stix.ts";

const ATTACK = new URL("../../shared/data/stix/attack-ics-18.1.json", import.meta.url);
const SYNTHETIC = Number(process.argv[2] ?? 24_771);

if (!existsSync(ATTACK)) {
  process.stderr.write("../shared/data/stix is absent: nothing to take in\n");
  process.exit(1);
}
const ics = readFileSync(ATTACK);
const node = await intelNode(DATABASES[0] ?? process.exit(1));
const imports = await testImports(node);

async function measured<T>(run: () => Promise<T>): Promise<T & { seconds: number; cpuSeconds: number }> {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const done = await run();
  const { user, system } = process.cpuUsage(cpu);
  const round = (seconds: number) => Math.round(seconds * 1000) / 1000;
  return {
    ...done,
    seconds: round((performance.now() - began) / 1000),
    cpuSeconds: round((user + system) / 1e6),
  };
}

async function counted(id: string) {
  await imports.runner.idle();
  const { state, counts } = await node.records.within(node.writer, (work) =>
    new ImportStore(work).record(id),
  );
  return { id, state, ...counts };
}

const takeIn = (file: Buffer) =>
  measured(async () => {
    const given = Upload.parse({ fileName: "bundle.json", store: "true" });
    const { id } = await takeUpload(imports, node.writer, given, {
      stream: Readable.from([file]),
      encoded: false,
      most: LARGEST_IMPORT,
    });
    return counted(id);
  });

const figures = {
  bench: "library-import",
  attackIcs: await takeIn(ics),
  attackIcsAgain: await takeIn(ics),
  enterpriseSize: await takeIn(syntheticBundle(ics, SYNTHETIC)),
};
const undone = await measured(async () => {
  await undoImport(imports, node.writer, figures.enterpriseSize.id);
  return counted(figures.enterpriseSize.id);
});
const memoryMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
process.stdout.write(`${JSON.stringify({ ...figures, undone, memoryMb })}\n`);
await imports.runner.stop();
await node.dispose();
process.exit(0);
