import { statfs } from "node:fs/promises";
import { type Clock, millis } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";

/** After a failure the stores count as away for so long, unless one is seen to work before. */
const DOUBT_MILLIS = 60_000;
/** With less than this left on the disk nothing more should be sent here. */
const LEAST_FREE = 64 * 2 ** 20;

/** Whether a failure lies in the stores (away, full, slow) rather than in what was sent or in the program. */
export function isStoreTrouble(error: unknown): boolean {
  if (error instanceof Problem) return error.code === "ingest.busy";
  return !(error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError);
}

/** What the collectors have seen of the stores, for /readyz. */
export class StoreHealth {
  readonly #clock: Clock;
  readonly #folder: string;
  #failed: { at: number; reason: string } | undefined;

  /** `folder` is the one whose disk is looked at. */
  constructor(clock: Clock, folder: string) {
    this.#clock = clock;
    this.#folder = folder;
  }

  get failing(): boolean {
    return this.#failed !== undefined && millis(this.#clock.now()) - this.#failed.at < DOUBT_MILLIS;
  }

  worked(): void {
    this.#failed = undefined;
  }

  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#failed = { at: millis(this.#clock.now()), reason };
  }

  /** Rejects with the reason while logs cannot be stored. */
  async ready(): Promise<void> {
    if (this.failing) throw new Error(`logs could not be stored: ${this.#failed?.reason}`);
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < LEAST_FREE) throw new Error(`${bavail * bsize} bytes are left on the disk`);
  }
}
