#!/usr/bin/env node
// The command line under whatever Node started it: hands over to the pinned Node 24, which runs the TypeScript as it is.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const pinned = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
const cli = fileURLToPath(new URL("../src/app/cli.ts", import.meta.url));
const own = Number(process.versions.node.split(".")[0]);
const node = existsSync(pinned) ? pinned : process.execPath;
if (node === process.execPath && own < 24) {
  console.error(
    `lianfang needs Node 24 and found ${process.version}: run npm ci first, with install scripts allowed`,
  );
  process.exit(2);
}
// The events store's scans hold threads of libuv's pool for long; passwords and files must not queue behind them.
const env = { UV_THREADPOOL_SIZE: "12", ...process.env };
const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // The terminal sends Ctrl-C to the child as well; the launcher only has to outlive it.
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on("exit", (code, signal) =>
  process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 15)),
);
