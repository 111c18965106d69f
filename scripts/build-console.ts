import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist/console");
const stamp = join(out, ".built");

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Every file the bundle is made of: the shell, core, the pages, the models they share, and what builds them. */
function sources(): string[] {
  const systems = join(root, "src/systems");
  const app = join(root, "src/app");
  return [
    ...filesBelow(join(root, "src/web")),
    ...filesBelow(join(root, "src/core")),
    ...filesBelow(systems).filter((file) => /[\\/]web[\\/]|[\\/]model\.ts$/.test(file)),
    ...readdirSync(app)
      .filter((name) => /^(console|index\.html)/.test(name))
      .map((name) => join(app, name)),
    join(root, "vite.config.ts"),
    join(root, "package-lock.json"),
    fileURLToPath(import.meta.url),
  ]
    .filter((file) => existsSync(file) && !/\.test\.tsx?$/.test(file))
    .toSorted();
}

function fingerprint(): string {
  const hash = createHash("sha256");
  for (const file of sources()) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Each script and style also packed, for servers that send it as it lies (`preCompressed`). */
function pack(folder: string): void {
  for (const file of filesBelow(join(folder, "assets"))) {
    const content = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    writeFileSync(
      `${file}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    );
  }
}

function kilobytes(ending: string): number {
  const bytes = filesBelow(join(out, "assets"))
    .filter((file) => file.endsWith(ending))
    .reduce((sum, file) => sum + statSync(file).size, 0);
  return Math.round(bytes / 1024);
}

/** Builds the console into dist/console; with `ifStale` only when a source of it changed. Prints one line. */
export async function buildConsole({ ifStale }: { ifStale: boolean }): Promise<void> {
  const print = fingerprint();
  const built = existsSync(stamp) ? readFileSync(stamp, "utf8").trim() : "";
  if (ifStale && built === print && existsSync(join(out, "index.html"))) {
    console.log("console: up to date");
    return;
  }
  const start = performance.now();
  // Vite is heavy and only needed here: an up-to-date console must not wait for it.
  const { build } = await import("vite");
  // Built beside and put in place whole: two commands that find it stale at once do not tread on each other.
  const beside = `${out}-${process.pid}`;
  try {
    await build({
      root: join(root, "src/app"),
      configFile: join(root, "vite.config.ts"),
      logLevel: "warn",
      build: { outDir: beside, emptyOutDir: true },
    });
    pack(beside);
    writeFileSync(join(beside, ".built"), `${print}\n`);
    rmSync(out, { recursive: true, force: true });
    try {
      renameSync(beside, out);
    } catch (cause) {
      // Another command put the same console there in between.
      if (!existsSync(stamp) || readFileSync(stamp, "utf8").trim() !== print) throw cause;
    }
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `console: built in ${seconds} s, ${kilobytes(".js")} kB of scripts (${kilobytes(".js.gz")} packed), ${kilobytes(".css")} kB of styles`,
  );
}

if (import.meta.main) await buildConsole({ ifStale: process.argv.includes("--if-stale") });
