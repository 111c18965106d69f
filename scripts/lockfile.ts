/**
 * Completes package-lock.json after `npm install`: npm leaves out the packages of other platforms that its registry
 * does not hold, and `npm ci` then refuses the file. Adds each with the platform that its name tells, so that it is
 * skipped where it does not fit. `--check` only says what is missing and exits 1.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

interface Entry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
interface Lock {
  packages: Record<string, Entry>;
}

const OS = /(?:^|[-/])(darwin|linux|win32|android|freebsd|openharmony|aix|sunos|netbsd|openbsd)(?:-|$)/;
const CPU = /-(arm64|x64|arm|ia32|ppc64|s390x|riscv64|loong64|mips64el|wasm32)(?:-|$)/;

/** The optional packages that others name and the lock does not hold, with what to add for each. */
export function missingPlatforms(lock: Lock): { path: string; entry: Entry }[] {
  const missing = new Map<string, Entry>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (resolves(lock, path, name)) continue;
      missing.set(`node_modules/${name}`, {
        version: range.replace(/^[\^~]/, ""),
        ...(entry.dev === true ? { dev: true } : {}),
        optional: true,
        ...platformOf(name),
      });
    }
  }
  return [...missing].map(([path, entry]) => ({ path, entry }));
}

/** Node's own way of finding a package: beside the one that asks, then above it. */
function resolves(lock: Lock, from: string, name: string): boolean {
  for (
    let base = from;
    ;
    base = base.includes("/node_modules/") ? base.slice(0, base.lastIndexOf("/node_modules/")) : ""
  ) {
    if (lock.packages[`${base === "" ? "" : `${base}/`}node_modules/${name}`] !== undefined) return true;
    if (base === "") return false;
  }
}

function platformOf(name: string): Pick<Entry, "os" | "cpu" | "libc"> {
  const os = OS.exec(name)?.[1] ?? (name === "fsevents" ? "darwin" : undefined);
  const cpu = CPU.exec(name)?.[1];
  return {
    ...(os === undefined ? {} : { os: [os] }),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(name.includes("musl") ? { libc: ["musl"] } : {}),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
  const missing = missingPlatforms(lock);
  for (const { path, entry } of missing)
    console.log(`${path} ${entry.version} ${entry.os ?? "?"} ${entry.cpu ?? "?"}`);
  if (process.argv.includes("--check")) process.exit(missing.length === 0 ? 0 : 1);
  for (const { path, entry } of missing) lock.packages[path] = entry;
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(
    "package-lock.json",
    `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`,
  );
}
