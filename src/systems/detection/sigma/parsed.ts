import { createHash } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import type { Tree } from "./tree.ts";

/**
 * YAML that was read before, by the digest of its text: of a folder in which one file changed only that one is read again.
 * What had faults is not kept, so that they are told again.
 */
export class ParsedFiles {
  readonly #before: ReadonlyMap<string, readonly Tree[]>;
  /** What was asked for, and so is still there. */
  readonly #asked = new Map<string, readonly Tree[]>();
  /** Files that had to be read. */
  read = 0;

  constructor(before?: Uint8Array) {
    this.#before = before === undefined ? new Map() : (deserialize(before) as Map<string, readonly Tree[]>);
  }

  /** The documents of a text; `read` is asked when they are not known. */
  of(
    text: string,
    read: () => { readonly trees: readonly Tree[]; readonly sound: boolean },
  ): readonly Tree[] {
    const key = createHash("sha256").update(text).digest("base64");
    const known = this.#asked.get(key) ?? this.#before.get(key);
    if (known !== undefined) {
      this.#asked.set(key, known);
      return known;
    }
    this.read++;
    const { trees, sound } = read();
    if (sound) this.#asked.set(key, trees);
    return trees;
  }

  /** All that was asked for, in memory that threads share; undefined when that is what was there before. */
  shared(): Uint8Array | undefined {
    if (this.read === 0 && this.#asked.size === this.#before.size) return undefined;
    const bytes = serialize(this.#asked);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    return shared;
  }
}
