import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { yamlFiles } from "../sigma/load.ts";

/** Editors write a file in several steps. */
const QUIET_MILLIS = 500;
/** Some file systems tell of nothing. */
const LOOK_MILLIS = 30_000;

/** Says when a YAML file of some folders has come, gone or been changed, once for each change. */
export class FolderWatch {
  readonly #folders: readonly string[];
  readonly #changed: () => void;
  readonly #watchers: FSWatcher[] = [];
  #state = "";
  #quiet: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(folders: readonly string[], changed: () => void) {
    this.#folders = folders;
    this.#changed = changed;
  }

  start(): void {
    this.#state = this.#look();
    for (const folder of this.#folders) {
      if (!existsSync(folder)) continue;
      const watcher = watch(folder, { recursive: true, persistent: false }, () => {
        clearTimeout(this.#quiet);
        this.#quiet = setTimeout(() => this.#compare(), QUIET_MILLIS);
        this.#quiet.unref();
      });
      // What cannot be watched is still looked at.
      watcher.on("error", () => watcher.close());
      this.#watchers.push(watcher);
    }
    this.#timer = setInterval(() => this.#compare(), LOOK_MILLIS);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#quiet);
    clearInterval(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }

  #compare(): void {
    const state = this.#look();
    if (state === this.#state) return;
    this.#state = state;
    this.#changed();
  }

  #look(): string {
    return this.#folders
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => yamlFiles(folder))
      .map(({ path }) => {
        const { mtimeMs, size, ino } = statSync(path, { throwIfNoEntry: false }) ?? {
          mtimeMs: 0,
          size: 0,
          ino: 0,
        };
        return `${path} ${mtimeMs} ${size} ${ino}`;
      })
      .join("\n");
  }
}
