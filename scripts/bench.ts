/** npm run bench -- NAME [options]: runs bench/NAME.ts, which prints its figures as JSON. Without a name lists them. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../bench");
const [name, ...rest] = process.argv.slice(2);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));
if (name === undefined || !names.includes(name) || !existsSync(join(folder, `${name}.ts`))) {
  console.error(`npm run bench -- NAME, with NAME one of: ${names.join(", ")}`);
  process.exit(2);
}
process.argv.splice(2, process.argv.length, ...rest);
await import(join(folder, `${name}.ts`));
