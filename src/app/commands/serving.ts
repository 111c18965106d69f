import { resolve } from "node:path";
import type { Command } from "commander";
import type { Config } from "../../platform/config/config.ts";
import { startDemo } from "../demo.ts";
import { doctor } from "../doctor.ts";
import { type LianfangNode, startNode } from "../node.ts";
import { configOf, printJson, withConfig } from "./configured.ts";

export function addServing(program: Command): void {
  withConfig(program.command("serve").description("run the node; npm start does the same")).action(
    async (options: { config?: string }) => {
      const began = performance.now();
      const config = configOf(options);
      const node = await startNode({ config });
      greet(node, config, performance.now() - began);
      await untilStopped(node);
    },
  );
  program
    .command("demo")
    .description("a node with a small water sector in it and a story running")
    .option("--port <number>", "port of the console", "8080")
    .option("--fresh", "forget the last demo first")
    .action(async (options: { port: string; fresh?: boolean }) => {
      const demo = await startDemo({
        port: Number(options.port),
        fresh: options.fresh === true,
        say: (line) => console.log(line),
      });
      await untilStopped(demo);
    });
  withConfig(
    program
      .command("doctor")
      .description("explains this machine: what is there, what is missing, what to do"),
  )
    .option("--json", "JSON lines")
    .action(async (options: { config?: string; json?: boolean }) => {
      const findings = await doctor(() => configOf(options));
      for (const finding of findings) {
        if (options.json === true) printJson(finding);
        else
          console.log(
            `${finding.ok ? "ok  " : "FAIL"} ${finding.what}: ${finding.found}${finding.advice === undefined ? "" : `\n     -> ${finding.advice}`}`,
          );
      }
      if (findings.some((finding) => !finding.ok)) process.exitCode = 1;
    });
}

function greet(node: LianfangNode, config: Config, took: number): void {
  console.log(`\nLianfang 聯防 is ready in ${(took / 1000).toFixed(1)} s: ${node.url}`);
  console.log(
    `  node ${config.node.name}, tier ${config.node.tier}, sectors ${config.node.sectors.join(", ")}`,
  );
  console.log(
    `  records ${node.platform.records.dialect}, events ${node.platform.events.dialect}, data in ${resolve(config.data)}`,
  );
  const first = node.firstAdministrator;
  if (first !== undefined) {
    console.log("\n第一位管理者（僅顯示這一次） The first administrator, shown this once:");
    console.log(`  name      ${first.name}`);
    console.log(`  password  ${first.password}`);
    console.log("\nNext:");
    console.log(`  1. open ${node.url}, sign in, choose your own password and set up the one-time code`);
    console.log(
      "  2. add organisations (單位), people (帳號) and a key (API 金鑰) for each machine that sends logs",
    );
    console.log(
      `  3. send logs: curl -H "authorization: Bearer KEY" --data-binary @file.log ${node.url}/ingest/logs`,
    );
    console.log("     or, on this machine: npx lianfang import file.log");
    console.log("  Nothing to send yet? npx lianfang demo shows a small sector at work.");
  }
  console.log("\nCtrl-C stops it.");
}

/** Holds the process until SIGINT or SIGTERM, then closes the node cleanly; a second signal ends it at once. */
async function untilStopped(node: { stop(): Promise<void> }): Promise<void> {
  await new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done());
  });
  process.once("SIGINT", () => process.exit(130));
  console.log("\nstopping: taking nothing in, finishing what is under way");
  await node.stop();
  console.log("stopped");
}
