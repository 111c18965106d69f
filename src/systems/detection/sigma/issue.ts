/** One fault of an author's file. `line` counts from 1; `file` is relative to the folder that was loaded. */
export interface Issue {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Gathers the faults of one file, so that its author sees all of them at once. */
export class Issues {
  readonly found: Issue[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add(line: number, message: string): void {
    this.found.push({ file: this.#file, line, message });
  }
}
