import { createReadStream } from "node:fs";
import { gunzipped } from "../../../../platform/http/gzip.ts";
import type { Content } from "./follower.ts";

const SLICE = 64 * 1024;
const HEAD = 4_096;
/** Bytes before the last place read that can still be read. */
const BEHIND = 4_096;

/** The unpacked bytes of a gzip file, read forwards; little of them is held. Throws ingest.bad-gzip with the byte. */
export class PackedContent implements Content {
  readonly #pieces: AsyncIterator<Buffer>;
  #head: Buffer = Buffer.alloc(0);
  #window: Buffer = Buffer.alloc(0);
  #start = 0;
  #ended = false;

  constructor(path: string) {
    const raw = createReadStream(path, { highWaterMark: SLICE });
    this.#pieces = gunzipped(raw as AsyncIterable<Buffer>, SLICE)[Symbol.asyncIterator]();
  }

  async read(at: number, most: number): Promise<Buffer> {
    await this.#fill(at, at + most);
    if (at + most <= this.#head.length) return this.#head.subarray(at, at + most);
    if (at < this.#start) throw new Error("a packed file is read forwards only");
    return this.#window.subarray(at - this.#start, at - this.#start + most);
  }

  /** Nobody knows before the end. */
  async size(): Promise<number> {
    return Number.POSITIVE_INFINITY;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #fill(at: number, end: number): Promise<void> {
    const keepFrom = Math.max(this.#start, at - BEHIND);
    let pieces = [this.#window];
    let have = this.#start + this.#window.length;
    while (have < end && !this.#ended) {
      const { value, done } = await this.#pieces.next();
      if (done === true) {
        this.#ended = true;
        break;
      }
      if (this.#head.length < HEAD) this.#head = Buffer.concat([this.#head, value]).subarray(0, HEAD);
      pieces.push(value);
      have += value.length;
      // On the way to a far place nothing of what lies before it is kept.
      if (have < keepFrom) {
        this.#start = have;
        pieces = [];
      }
    }
    const whole = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    const drop = Math.min(whole.length, Math.max(0, keepFrom - this.#start));
    this.#window = whole.subarray(drop);
    this.#start += drop;
  }
}
