/**
 * How long a node takes to be ready and what it needs when nothing happens: `npm run bench -- start`. Prints one JSON
 * object: seconds to the first good answer of /readyz, from the launcher on; memory 20 s later; the installed size.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { BenchNode, memoryOf } from "./support/node.ts";

const AGAIN = 3;
const IDLE_SECONDS = 20;
const root = join(import.meta.dirname, "..");

const folder = mkdtempSync(join(tmpdir(), "lianfang-bench-start-"));

/** Starts on the folder, measures, stops. */
async function started(measure?: (node: BenchNode) => Promise<void>): Promise<number> {
  const node = await BenchNode.start(folder, { launcher: true, collectable: measure !== undefined });
  try {
    await measure?.(node);
  } finally {
    await node.stop();
  }
  return node.readySeconds;
}

/** MiB on disk of some folders together. */
function mebibytes(paths: readonly string[]): number {
  const last = execFileSync("du", ["-skc", "--", ...paths], { encoding: "utf8" })
    .trim()
    .split("\n")
    .at(-1);
  return Math.round(Number.parseInt(last ?? "", 10) / 1024);
}

function installed(): { allMiB: number; productionMiB: number; productionPackages: number } {
  const listed = execFileSync("npm", ["ls", "--omit=dev", "--parseable", "--all"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const packages = listed.split("\n").filter((path) => path.includes("node_modules"));
  return {
    allMiB: mebibytes([join(root, "node_modules")]),
    productionMiB: mebibytes(packages),
    productionPackages: packages.length,
  };
}

try {
  const first = await started();
  const again: number[] = [];
  for (let round = 1; round < AGAIN; round++) again.push(await started());
  let idle: ReturnType<typeof memoryOf> | undefined;
  let collected: ReturnType<typeof memoryOf> | undefined;
  let launcher = 0;
  const last = await started(async (node) => {
    await wait(IDLE_SECONDS * 1000);
    idle = memoryOf(node.pid);
    launcher = memoryOf(node.launcherPid).rssMiB;
    process.kill(node.pid, "SIGUSR2");
    await wait(1000);
    collected = memoryOf(node.pid);
  });
  again.push(last);
  const figures = {
    bench: "start",
    firstSeconds: first,
    againSeconds: again.toSorted((a, b) => a - b)[Math.floor(again.length / 2)],
    againAll: again,
    idle,
    idleAfterCollection: collected,
    launcherMiB: launcher,
    installed: installed(),
    targets: { firstSeconds: 30, againSeconds: 10, idleMiB: 1024 },
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
