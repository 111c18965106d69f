import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Says that a folder belongs to one running program. `release` gives it back. */
export interface FolderLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** Boot and start time of the holder, so that another program with a reused pid is not taken for it. */
  readonly started: string;
}

const heldHere = new Set<string>();

/**
 * Takes `folder/lock` for this process, making the folder when missing. A lock whose program is gone is taken
 * over; one whose program runs is refused with an Error that names its pid.
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "lock");
  if (heldHere.has(file)) throw heldBy(folder, process.pid);
  const own: Holder = { pid: process.pid, started: startOf(process.pid) };
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(own)}\n`, { mode: 0o600 });
  try {
    while (!linked(aside, file)) {
      const holder = readHolder(file);
      if (holder !== undefined && runs(holder)) throw heldBy(folder, holder.pid);
      takeAway(file, holder);
    }
  } finally {
    rmSync(aside, { force: true });
  }
  heldHere.add(file);
  return {
    release() {
      if (heldHere.delete(file)) rmSync(file, { force: true });
    },
  };
}

function heldBy(folder: string, pid: number): Error {
  return new Error(`the folder ${folder} is open in another program (pid ${pid}); stop that one first`);
}

/** Hard-linking is atomic and fails when the name exists, which makes the content appear whole with the name. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a stale lock aside first: when two programs find it stale, only one of them moves that very file. */
function takeAway(file: string, stale: Holder | undefined): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved !== undefined && (moved.pid !== stale?.pid || moved.started !== stale.started))
    linked(aside, file);
  rmSync(aside, { force: true });
}

function readHolder(file: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value !== "object" || value === null || !("pid" in value) || !("started" in value))
      return undefined;
    return typeof value.pid === "number" && typeof value.started === "string"
      ? { pid: value.pid, started: value.started }
      : undefined;
  } catch {
    return undefined;
  }
}

function runs(holder: Holder): boolean {
  // A container's program has the same pid at every start: our own pid in a file we do not hold is an old one.
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const started = startOf(holder.pid);
  return started === "" || holder.started === "" || started === holder.started;
}

/** Linux tells when a process started; elsewhere the pid alone must do. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The program's name stands in parentheses and may hold spaces; field 22 is counted from behind it.
    return `${boot}:${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return "";
  }
}
