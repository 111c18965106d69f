import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Config } from "../../platform/config/config.ts";
import { loadConfig } from "../../platform/config/load.ts";

/** Adds `--config`, which every command that touches a node takes. */
export function withConfig(command: Command): Command {
  return command.option("-c, --config <file>", "configuration (YAML); lianfang.yml here when there is one");
}

/** The configuration from `--config`, `LIANFANG_CONFIG` or ./lianfang.yml, under the environment. */
export function configOf(options: { config?: string }): Config {
  const file =
    options.config ??
    process.env.LIANFANG_CONFIG ??
    (existsSync("lianfang.yml") ? "lianfang.yml" : undefined);
  return loadConfig({ ...(file === undefined ? {} : { file }), env: process.env });
}

/** One JSON value on a line of its own, on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
