import type { Found } from "./found.ts";

const MOST_TEXT = 64 * 2 ** 20;

/** What was read last, so that storing it a moment later need not read it again. One file, and none larger than 64 Mi characters. */
export class FoundCache {
  private id = "";
  private batches: Found[][] = [];
  private isWhole = false;

  get(id: string): readonly Found[][] | undefined {
    return this.id === id && this.isWhole ? this.batches : undefined;
  }

  /** Begins to keep a file in place of the last one. */
  keep(id: string): { add(batch: Found[]): void; whole(): void } {
    this.forget(this.id);
    this.id = id;
    let size = 0;
    const mine = () => this.id === id;
    return {
      add: (batch) => {
        if (!mine()) return;
        for (const found of batch) size += "text" in found ? found.text.length : 100;
        if (size > MOST_TEXT) this.forget(id);
        else this.batches.push(batch);
      },
      whole: () => {
        if (mine()) this.isWhole = true;
      },
    };
  }

  forget(id: string): void {
    if (this.id !== id) return;
    [this.id, this.batches, this.isWhole] = ["", [], false];
  }
}
