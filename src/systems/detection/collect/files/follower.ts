import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { byteOrderMark } from "../../../../core/encoding.ts";
import { Problem } from "../../../../core/problem.ts";
import { sha256Hex } from "../../../../platform/crypto/digest.ts";
import type { Log } from "../../../../platform/log/log.ts";
import { BATCH_LINES } from "../../pipeline/batch.ts";
import { wholeEvents } from "../../pipeline/joiner.ts";
import { lineEnds } from "../../pipeline/line-ends.ts";
import type { IncomingBatch } from "../ingest.ts";
import { headerBehind } from "../log-header.ts";
import type { Source } from "../sources.ts";
import { cutLong, wholeLines } from "./chunk.ts";
import { freshPosition, type Position } from "./position.ts";

export interface FollowParts {
  ingest(source: Source, batch: IncomingBatch): Promise<unknown>;
  /** Counts lines that were too long and are stored without their end. */
  cut(source: Source, count: number): Promise<void>;
  /** Writes a position down; the next batch is begun only after it. */
  keep(source: Source, position: Position): Promise<void>;
  readonly maxLineBytes: number;
  readonly log: Log;
}

/** As long as the longest byte order mark. */
const MARK_BYTES = 3;
/** Room for about as many lines as a batch takes. */
const READ_BYTES = 4 * 2 ** 20;
/** The header of a log that was begun before headers were kept stands within so many bytes from its beginning. */
const HEADER_BYTES = 64 * 1024;
const MARK_HEAD = 512;
const MARK_TAIL = 64;

/** For how long nothing came: so long that no event goes on, so long that no line does. */
export interface Quiet {
  readonly all: boolean;
  readonly last: boolean;
}

/** What can be read at a place: a file, or the unpacked bytes of one. */
export interface Content {
  /** Up to so many bytes from there; fewer only at the end. */
  read(at: number, most: number): Promise<Buffer>;
  size(): Promise<number>;
}

/** Opens a regular file and no link. */
export async function openPlain(path: string): Promise<Content & { handle: FileHandle }> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  return {
    handle,
    async read(at, most) {
      const buffer = Buffer.alloc(most);
      let length = 0;
      while (length < most) {
        const { bytesRead } = await handle.read(buffer, length, most - length, at + length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return buffer.subarray(0, length);
    },
    size: async () => (await handle.stat()).size,
  };
}

/** Reads one file from where it stands, batch by batch. Only what is stored moves the position. */
export class Follower {
  readonly source: Source;
  readonly #parts: FollowParts;
  #position: Position;
  /** Where it stood before it began anew. */
  #former: Position | undefined;
  #waiting = false;
  /** The encoding that the byte order mark of the content names. */
  #mark: string | undefined;

  constructor(parts: FollowParts, source: Source, position: Position) {
    this.#parts = parts;
    this.source = source;
    this.#position = position;
  }

  get position(): Position {
    return this.#position;
  }

  /** By what a copy of the file is known, also one that is found only after the file was truncated. */
  get marks(): readonly Position[] {
    return this.#former === undefined ? [this.#position] : [this.#former, this.#position];
  }

  /** The file goes by another name now. */
  renamed(path: string): void {
    this.#position = { ...this.#position, path };
  }

  /**
   * Looks whether the content is still that of the position, and begins anew where it is not: the file was truncated
   * or written again. Answers whether it had to.
   */
  async check(content: Content): Promise<boolean> {
    const { at, mark, identity, path } = this.#position;
    if (at === 0 && this.#position.ends === undefined) return false;
    const size = await content.size();
    const same = size >= at && (at === 0 || (await markOf(content, at)) === mark);
    if (same && size >= (this.#position.ends ?? 0)) return false;
    this.#parts.log.info({ source: this.source.name, path, at, size }, "a file begins anew");
    this.#former = this.#position;
    this.#position = freshPosition(identity, path);
    return true;
  }

  /** Whether lines were left for the rest of their event when it last followed. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /**
   * Stores every whole line there is, but for those whose event may not be over; with `all` these, too, and with `last`
   * one without an end. Throws what the stores throw: the next call begins with the same batch. Ends early when the
   * signal aborts.
   */
  async follow(content: Content, { all, last }: Quiet, signal: AbortSignal): Promise<void> {
    const quiet = { all: all || last, last };
    this.#mark = byteOrderMark(await content.read(0, MARK_BYTES))?.encoding;
    this.#waiting = false;
    await this.#findHeader(content);
    let next = await this.#next(content, quiet);
    if (next !== undefined && this.#position.ends === undefined) await this.#keep({ ends: next.ends });
    while (next !== undefined && !signal.aborted) {
      // Before the storing takes its time: the file may be truncated meanwhile, and a copy of it is known by the mark.
      const mark = await markOf(content, next.ends);
      await this.#store(next.bytes, next.ends);
      const header = this.#headerBehind(next.bytes);
      const done = { ...this.#position, at: next.ends, ends: undefined, mark, header };
      next = await this.#next(content, quiet, done);
      // One row for both: that this batch is stored and where the next one ends.
      await this.#keep({ ...done, ends: next?.ends });
    }
  }

  get #encoding(): string | undefined {
    return this.#mark ?? this.source.encoding;
  }

  /** The header that the next batch is read by. The one of a log in UTF-16 is not carried on. */
  #headerBehind(bytes: Buffer): string {
    return lineEnds(this.#encoding).width === 1 ? headerBehind(this.#position.header, bytes) : "";
  }

  async #findHeader(content: Content): Promise<void> {
    if (this.#position.header !== undefined) return;
    const head = await content.read(0, Math.min(this.#position.at, HEADER_BYTES));
    this.#position = { ...this.#position, header: this.#headerBehind(head) };
  }

  /** Nothing more will come. */
  async finish(): Promise<void> {
    if (!this.#position.finished) await this.#keep({ finished: true });
  }

  async #next(
    content: Content,
    { all, last }: Quiet,
    from: Position = this.#position,
  ): Promise<{ bytes: Buffer; ends: number } | undefined> {
    const { at, ends } = from;
    if (ends !== undefined) return { bytes: await content.read(at, ends - at), ends };
    const { maxLineBytes } = this.#parts;
    const most = Math.max(READ_BYTES, 2 * maxLineBytes);
    const bytes = await content.read(at, most);
    const full = bytes.length === most;
    const lineFeeds = lineEnds(this.#encoding);
    const lines = wholeLines(bytes, {
      maxLines: BATCH_LINES,
      maxLineBytes,
      last: last && !full,
      full,
      ends: lineFeeds,
    });
    const more = full || lineFeeds.next(bytes, lines) >= 0;
    let length = lines;
    if ((more || !all) && lineFeeds.width === 1) {
      const whole = wholeEvents(bytes.subarray(0, lines), this.source.parser);
      // More lines than a batch takes are not held for one event.
      length = whole === 0 && more ? lines : whole;
      this.#waiting = length < lines;
    }
    return length === 0 ? undefined : { bytes: bytes.subarray(0, length), ends: at + length };
  }

  async #store(read: Buffer, ends: number): Promise<void> {
    const { ingest, log, maxLineBytes } = this.#parts;
    const { identity, generation, at, path, header } = this.#position;
    const encoding = this.#encoding;
    const { bytes, cut } = cutLong(read, maxLineBytes, lineEnds(encoding));
    const batch: IncomingBatch = {
      bytes,
      format: "lines",
      // Only the first bytes of a file may be a mark of UTF-8.
      firstLine: at === 0 ? 1 : 2,
      key: `file/${identity}/${generation}/${at}-${ends}`,
      sha256: sha256Hex(bytes),
      sentBy: path.slice(-200),
      ...(encoding === undefined ? {} : { encoding }),
      ...(header === undefined || header === "" ? {} : { header }),
    };
    try {
      await ingest(this.source, batch);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "ingest.key-reused") throw error;
      // It was written over between the attempts: what it held then is stored, or gone.
      log.warn(
        { source: this.source.name, path, at, ends },
        "a file changed under the reading; that part is passed over",
      );
    }
    if (cut > 0) await this.#parts.cut(this.source, cut);
  }

  async #keep(change: Partial<Position>): Promise<void> {
    const position = { ...this.#position, ...change };
    await this.#parts.keep(this.source, position);
    this.#position = position;
  }
}

/** The digest that shows whether content is still what it was when it had been read up to there. */
export async function markOf(content: Content, at: number): Promise<string> {
  const head = await content.read(0, Math.min(MARK_HEAD, at));
  const tail = await content.read(Math.max(0, at - MARK_TAIL), Math.min(MARK_TAIL, at));
  return sha256Hex(Buffer.concat([head, tail]));
}
