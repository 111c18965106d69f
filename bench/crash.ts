/**
 * Crashes: `node bench/crash.ts [rounds]`. Kills a node with SIGKILL at 100 random moments while logs and incidents come
 * in, and looks whether an acknowledged record was lost or anything is there twice. Prints one JSON object, or the
 * assertion that failed.
 */
import { crash } from "../tests/support/crash.ts";

const ROUNDS = Number(process.argv[2] ?? 100);

const figures = await crash(ROUNDS, (line) => process.stderr.write(`${line}\n`));
process.stdout.write(`${JSON.stringify({ bench: "crash", node: process.version, ...figures }, null, 2)}\n`);
