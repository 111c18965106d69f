import type { Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** A regular file on disk. */
export interface Found {
  readonly path: string;
  readonly identity: string;
  readonly size: number;
  readonly modifiedMillis: number;
  /** Called `.gz`: an archive, which is read once it is finished. */
  readonly packed: boolean;
  /** Whether the configured path means it; others of the folder are there to find a file again that was renamed. */
  readonly meant: boolean;
}

export interface Look {
  readonly files: readonly Found[];
  /** Symbolic links that the path means: not followed, since what they point to is not the configuration's choice. */
  readonly links: readonly string[];
}

/** `fw-*.log`: `*` stands for any characters of a name, `?` for one. Linear: greedy from star to star. */
export function isLike(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  let to = 0;
  while (at < name.length) {
    if (to < pattern.length && (pattern[to] === "?" || (pattern[to] === name[at] && pattern[to] !== "*"))) {
      at++;
      to++;
    } else if (pattern[to] === "*") {
      star = to++;
      retry = at;
    } else if (star >= 0) {
      to = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[to] === "*") to++;
  return to === pattern.length;
}

/**
 * What lies where a path points: a file, every file of a folder (not of those within it; hidden ones only where the
 * pattern names them), or a name with `*` and `?` in its last part. A folder that is not there holds nothing.
 */
export async function lookAt(path: string): Promise<Look> {
  const whole = resolve(path);
  const itself = await stateOf(whole);
  const isFolder = itself?.isDirectory() === true;
  const folder = isFolder ? whole : dirname(whole);
  const pattern = isFolder ? "*" : basename(whole);
  const files: Found[] = [];
  const links: string[] = [];
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  for (const name of names.toSorted()) {
    const meant = isLike(name, pattern) && (!name.startsWith(".") || pattern.startsWith("."));
    const file = join(folder, name);
    const state = await stateOf(file);
    if (state === undefined) continue;
    if (state.isSymbolicLink() && meant) links.push(file);
    if (!state.isFile()) continue;
    const packed = name.endsWith(".gz");
    files.push({
      path: file,
      // An archive never grows: one that changes is another.
      identity: packed
        ? `${state.dev}:${state.ino}:${state.size}:${state.mtimeMs}`
        : `${state.dev}:${state.ino}`,
      packed,
      size: state.size,
      modifiedMillis: state.mtimeMs,
      meant,
    });
  }
  return { files, links };
}

async function stateOf(path: string): Promise<Stats | undefined> {
  // Gone between the list and the look: nothing to be told.
  return lstat(path).catch(() => undefined);
}
