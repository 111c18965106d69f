import { type FileHandle, mkdir, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Log } from "../../../platform/log/log.ts";
import { type Block, type BlockMeta, blocksOf, HEAD_BYTES, MAGIC, pack, unpack } from "./spool-format.ts";

/** A block on its way out; give it to `done` when it is stored. */
export interface TakenBlock extends Block {
  readonly segment: number;
  readonly end: number;
}

export interface SpoolOptions {
  readonly folder: string;
  /** Most bytes on disk. */
  readonly limitBytes: number;
  readonly log: Log;
  /** Hears of every block that is still there when the spool is opened, whether stored already or not, in order. */
  onFound?(meta: BlockMeta): void;
  /** Written at the head of each new segment, and told to `onFound` at the next start when the segments before are gone. */
  checkpoint?(): readonly BlockMeta[];
}

interface Segment {
  readonly number: number;
  readonly path: string;
  /** Bytes that are whole. */
  size: number;
}

interface Waiting {
  readonly packed: Buffer;
  readonly meta: BlockMeta;
  done(): void;
  fail(error: unknown): void;
}

const SEGMENT_BYTES = 16 * 2 ** 20;
const CURSOR_MILLIS = 1_000;

/** The spool holds as much as it may. */
export class SpoolFull extends Error {
  constructor() {
    super("the spool is full");
  }
}

/**
 * Lines on disk that wait for their stores: segment files of blocks with a checksum each, only ever appended to, read
 * in order, and removed when all of a segment is stored. `append` resolves when the block would outlive a power cut.
 * What a crash left half-written at the end is cut off. One process at a time.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #segmentBytes: number;
  readonly #segments: Segment[] = [];
  readonly #queue: Waiting[] = [];
  readonly #more: (() => void)[] = [];
  /** Blocks taken and not yet behind the cursor, in order. */
  readonly #taken: { segment: number; end: number; lines: number; done: boolean }[] = [];
  #writing: Promise<void> | undefined;
  #writer: FileHandle | undefined;
  #reader: { number: number; handle: FileHandle } | undefined;
  #read = { segment: 0, at: MAGIC.length };
  #cursor = { segment: 0, at: 0 };
  #cursorTimer: NodeJS.Timeout | undefined;
  #next = 1;
  #queuedBytes = 0;
  #lines = 0;

  private constructor(options: SpoolOptions) {
    this.#options = options;
    this.#segmentBytes = Math.max(4_096, Math.min(SEGMENT_BYTES, options.limitBytes / 4));
  }

  /** Opens the folder, makes it when it is not there, and looks every block through. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    await spool.#scan();
    return spool;
  }

  /** Lines that are not stored yet. */
  get lines(): number {
    return this.#lines;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0) + this.#queuedBytes;
  }

  get full(): boolean {
    // What is drained goes when the next segment begins.
    const drained = this.#lines === 0 && this.#taken.length === 0 && this.#queuedBytes === 0;
    return !drained && this.bytes >= this.#options.limitBytes;
  }

  /** Throws SpoolFull, or what the disk says; then nothing of the block is kept. */
  append(meta: BlockMeta, bytes: Uint8Array): Promise<void> {
    if (this.full) return Promise.reject(new SpoolFull());
    const packed = pack(meta, bytes);
    this.#queuedBytes += packed.length;
    return new Promise((done, fail) => {
      this.#queue.push({ packed, meta, done, fail });
      this.#writing ??= this.#writeAll();
    });
  }

  /** The next block; undefined while there is none that was not taken. */
  async take(): Promise<TakenBlock | undefined> {
    while (true) {
      const segment = this.#segments.find(({ number }) => number >= this.#read.segment);
      if (segment === undefined) return undefined;
      if (segment.number > this.#read.segment) this.#read = { segment: segment.number, at: MAGIC.length };
      const at = this.#read.at;
      if (at < segment.size) {
        const block = await this.#blockAt(segment, at);
        if (block === undefined) {
          this.#options.log.error(
            { segment: segment.path, at },
            "a part of the spool cannot be read; it is passed over",
          );
          this.#read.at = segment.size;
          continue;
        }
        this.#read.at = block.end;
        const checkpoint = block.meta.lines === 0;
        this.#taken.push({
          segment: segment.number,
          end: block.end,
          lines: block.meta.lines,
          done: checkpoint,
        });
        if (checkpoint) continue;
        return { ...block, segment: segment.number };
      }
      if (segment === this.#segments.at(-1)) return undefined;
      this.#read = { segment: segment.number + 1, at: MAGIC.length };
    }
  }

  /** Resolves when a block was appended since `take` last found none. */
  more(): Promise<void> {
    const last = this.#segments.at(-1);
    const behind =
      last !== undefined &&
      (this.#read.segment < last.number || (this.#read.segment === last.number && this.#read.at < last.size));
    return behind ? Promise.resolve() : new Promise((done) => this.#more.push(done));
  }

  /** The block is stored, or given up; its place is free once all before it are, too. */
  async done(block: TakenBlock): Promise<void> {
    const taken = this.#taken.find(({ segment, end }) => segment === block.segment && end === block.end);
    if (taken === undefined || taken.done) return;
    taken.done = true;
    this.#lines -= taken.lines;
    while (this.#taken[0]?.done === true) {
      const { segment, end } = this.#taken.shift() ?? taken;
      this.#cursor = { segment, at: end };
    }
    this.#cursorTimer ??= setTimeout(() => void this.#keepCursor(), CURSOR_MILLIS).unref();
    await this.#removeBefore(this.#cursor.segment);
  }

  /** Finishes what is being written and keeps how far it was read. */
  async close(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#cursorTimer);
    await this.#keepCursor();
    await this.#writer?.close();
    await this.#reader?.handle.close();
    this.#writer = undefined;
    this.#reader = undefined;
    for (const wake of this.#more.splice(0)) wake();
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0);
      const bytes = Buffer.concat(group.map(({ packed }) => packed));
      try {
        const segment = await this.#appendTo();
        await this.#put(segment, bytes);
        for (const { meta, done } of group) {
          this.#lines += meta.lines;
          done();
        }
        for (const wake of this.#more.splice(0)) wake();
      } catch (error) {
        for (const { fail } of group) fail(error);
      } finally {
        this.#queuedBytes -= bytes.length;
      }
    }
    // In the same breath as the look at the queue, so that no block is left in it.
    this.#writing = undefined;
  }

  /** Writes at the end of a segment, whole or not at all. */
  async #put(segment: Segment, bytes: Buffer): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) throw new Error("the spool is closed");
    try {
      let written = 0;
      while (written < bytes.length) {
        const { bytesWritten } = await writer.write(
          bytes,
          written,
          bytes.length - written,
          segment.size + written,
        );
        written += bytesWritten;
      }
      await writer.datasync();
      segment.size += bytes.length;
    } catch (error) {
      await writer.truncate(segment.size).catch(() => undefined);
      throw error;
    }
  }

  /** The segment under way, or a new one. */
  async #appendTo(): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (last !== undefined && this.#writer !== undefined && last.size < this.#segmentBytes) return last;
    const { folder, checkpoint } = this.#options;
    await this.#writer?.close();
    this.#writer = undefined;
    const number = this.#next++;
    const segment: Segment = {
      number,
      path: join(folder, `${String(number).padStart(12, "0")}.seg`),
      size: 0,
    };
    this.#writer = await open(segment.path, "wx", 0o600);
    try {
      const heads = (checkpoint?.() ?? []).map((meta) => pack({ ...meta, lines: 0 }, new Uint8Array(0)));
      await this.#put(segment, Buffer.concat([MAGIC, ...heads]));
      const entry = await open(folder);
      await entry.sync().finally(() => entry.close());
    } catch (error) {
      await this.#writer.close();
      this.#writer = undefined;
      await rm(segment.path, { force: true });
      throw error;
    }
    this.#segments.push(segment);
    if (this.#taken.length === 0 && this.#lines === 0) await this.#removeBefore(number);
    return segment;
  }

  async #blockAt(segment: Segment, at: number): Promise<(Block & { end: number }) | undefined> {
    if (this.#reader?.number !== segment.number) {
      await this.#reader?.handle.close();
      this.#reader = { number: segment.number, handle: await open(segment.path) };
    }
    const { handle } = this.#reader;
    const head = Buffer.alloc(HEAD_BYTES);
    await handle.read(head, 0, HEAD_BYTES, at);
    const length = head.readUInt32LE(0);
    if (length > segment.size - at - HEAD_BYTES) return undefined;
    const body = Buffer.alloc(length);
    await handle.read(body, 0, length, at + HEAD_BYTES);
    if (crc32(body) !== head.readUInt32LE(4)) return undefined;
    return { ...unpack(body), end: at + HEAD_BYTES + length };
  }

  async #removeBefore(number: number): Promise<void> {
    while (this.#segments.length > 1 && (this.#segments[0]?.number ?? number) < number) {
      const gone = this.#segments.shift();
      if (gone === undefined) return;
      if (this.#reader?.number === gone.number) {
        const { handle } = this.#reader;
        this.#reader = undefined;
        await handle.close();
      }
      await rm(gone.path, { force: true });
    }
  }

  async #keepCursor(): Promise<void> {
    this.#cursorTimer = undefined;
    const text = `${this.#cursor.segment} ${this.#cursor.at}`;
    const line = `${text} ${crc32(text)}\n`.padEnd(64);
    try {
      const file = join(this.#options.folder, "cursor");
      const handle = await open(file, "r+").catch(() => open(file, "w", 0o600));
      await handle.write(line, 0).finally(() => handle.close());
    } catch (error) {
      // Only what was stored already is tried again without it, and found in the ledger.
      this.#options.log.warn({ err: error }, "how far the spool was read could not be kept");
    }
  }

  async #scan(): Promise<void> {
    const { folder, log, onFound } = this.#options;
    const [segment = 0, at = 0] = await readCursor(join(folder, "cursor"));
    const names = (await readdir(folder)).filter((name) => /^\d{12}\.seg$/.test(name)).toSorted();
    for (const name of names) {
      const number = Number(name.slice(0, 12));
      const path = join(folder, name);
      const bytes = await readFile(path);
      let size = Math.min(bytes.length, MAGIC.length);
      for (const { meta, end } of blocksOf(bytes)) {
        size = end;
        onFound?.(meta);
        if (number > segment || (number === segment && end > at)) this.#lines += meta.lines;
      }
      if (size < bytes.length) {
        // Only the last segment can be torn by a crash; what is broken before it is kept for whoever looks into it.
        if (name !== names.at(-1)) await writeFile(`${path}.damaged`, bytes.subarray(size), { mode: 0o600 });
        log.warn(
          { segment: path, bytes: bytes.length - size },
          "the end of a spool segment is broken and was cut off",
        );
        await truncate(path, size);
      }
      this.#segments.push({ number, path, size });
      this.#next = number + 1;
    }
    const [first] = this.#segments;
    this.#cursor = { segment, at };
    this.#read =
      first !== undefined && segment < first.number
        ? { segment: 0, at: MAGIC.length }
        : { segment, at: Math.max(at, MAGIC.length) };
    // A folder that was emptied by hand begins again behind the cursor, not before it.
    this.#next = Math.max(this.#next, segment + 1);
    await this.#removeBefore(segment);
  }
}

async function readCursor(file: string): Promise<number[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const [segment = "", at = "", sum] = text.trim().split(" ");
  return sum === String(crc32(`${segment} ${at}`)) ? [Number(segment), Number(at)] : [];
}
