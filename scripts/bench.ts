/**
 * npm run bench -- NAME [options]: runs bench/NAME.ts, which prints its figures as JSON. Without a name lists them.
 * `--postgres` measures the records store on a throw-away PostgreSQL server instead of the embedded one, where the
 * benchmark knows both.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { startPostgres } from "./postgres.ts";

const folder = join(import.meta.dirname, "../bench");
const [name, ...rest] = process.argv.slice(2);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));
if (name === undefined || !names.includes(name) || !existsSync(join(folder, `${name}.ts`))) {
  console.error(`npm run bench -- NAME, with NAME one of: ${names.join(", ")}`);
  process.exit(2);
}
if (rest.includes("--postgres")) {
  const server = await startPostgres();
  if ("skipped" in server) throw new Error(server.skipped);
  process.env.LIANFANG_TEST_POSTGRES = server.url;
  process.env.LIANFANG_BENCH_DATABASE = "postgres";
}
process.argv.splice(2, process.argv.length, ...rest.filter((each) => each !== "--postgres"));
await import(join(folder, `${name}.ts`));
