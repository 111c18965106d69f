import { byteOrderMark } from "../../../core/encoding.ts";
import type { ParserChoice } from "../parsers/line.ts";
import { BATCH_BYTES, BATCH_LINES, type BatchFormat, type BatchLines } from "../pipeline/batch.ts";
import { wholeEvents } from "../pipeline/joiner.ts";
import { type LineEnds, lineEnds, linesOf, withoutReturn } from "../pipeline/line-ends.ts";
import { LogHeader } from "./log-header.ts";

/** A line of a log's own header begins with it. */
const HASH = 35;
const NOTHING: Uint8Array = new Uint8Array(0);
/** As long as the longest byte order mark. */
const MARK_BYTES = 3;

export interface CutterOptions {
  readonly format: BatchFormat;
  readonly maxLineBytes: number;
  /** The parsers that are asked which lines belong together; `auto` unless told. */
  readonly parser?: ParserChoice | undefined;
  /** Name of the encoding of the bytes, unless a byte order mark at their beginning says another; UTF-8 when absent. */
  readonly encoding?: string | undefined;
  /** Header lines of the log that stood before these bytes. */
  readonly header?: string | undefined;
  /** Hears of a line that is too long, by its number from 1: throws to refuse the whole, or returns to leave it out. */
  onLong(line: number): void;
}

/**
 * Cuts a stream of bytes at line ends into batches of at most 65,536 lines and about 16 MiB, between events of several
 * lines where it can. Where it cuts depends on the bytes and the parser alone, never on how they arrive, so that the
 * batches of a body sent again are the same.
 */
export class BatchCutter {
  readonly #options: CutterOptions;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #lines = 0;
  #firstLine = 1;
  #line = 1;
  /** The line under way, as far as it came. */
  #begun: Uint8Array[] = [];
  #begunBytes = 0;
  #skipping = false;
  /** The first bytes, until it is known whether they are a byte order mark, or half a character of UTF-16. */
  #few: Uint8Array = NOTHING;
  /** Known once so many bytes came that a mark would be seen. */
  #ends: LineEnds | undefined;
  #encoding: string | undefined;
  readonly #header: LogHeader;
  /** The header as it was where the batch under way begins. */
  #headerBefore: string | undefined;

  constructor(options: CutterOptions) {
    this.#options = options;
    this.#header = new LogHeader(options.header);
    this.#headerBefore = this.#header.text;
  }

  /** Takes the next bytes; answers the batches that they complete. The bytes must not be changed afterwards. */
  push(chunk: Uint8Array): BatchLines[] {
    let bytes = chunk;
    if (this.#few.length > 0) bytes = Buffer.concat([this.#few, chunk]);
    if (this.#ends === undefined && bytes.length < MARK_BYTES) {
      this.#few = bytes;
      return [];
    }
    this.#ends ??= this.#endsOf(bytes);
    const whole = bytes.length - (bytes.length % this.#ends.width);
    this.#few = bytes.subarray(whole);
    return this.#cut(bytes.subarray(0, whole), this.#ends);
  }

  #endsOf(bytes: Uint8Array): LineEnds {
    const { format, encoding } = this.#options;
    this.#encoding = format === "lines" ? (byteOrderMark(bytes)?.encoding ?? encoding) : undefined;
    // What needs no word: it is so everywhere.
    if (this.#encoding === "utf-8" && encoding === undefined) this.#encoding = undefined;
    return lineEnds(this.#encoding);
  }

  #cut(chunk: Uint8Array, ends: LineEnds): BatchLines[] {
    const { maxLineBytes } = this.#options;
    const done: BatchLines[] = [];
    /** Whole lines from here on are kept in one piece. */
    let from = 0;
    let at = 0;
    const keep = (): void => {
      if (at > from) this.#keep(chunk.subarray(from, at));
      from = at;
    };
    while (at < chunk.length) {
      const found = ends.next(chunk, at);
      if (found < 0) {
        keep();
        this.#begin(chunk.subarray(at));
        return done;
      }
      const end = found + ends.width;
      const length = found - at - (found > at && ends.returnBefore(chunk, found) ? ends.width : 0);
      if (this.#begunBytes === 0 && !this.#skipping && length <= maxLineBytes) {
        if (length > 0) this.#lines++;
        if (chunk[at] === HASH && ends.width === 1) this.#header.read([chunk.subarray(at, end)]);
        this.#line++;
        at = end;
      } else {
        keep();
        this.#finish(chunk.subarray(at, end), ends.width);
        at = end;
        from = at;
      }
      if (this.#lines < BATCH_LINES && this.#bytes + at - from < BATCH_BYTES) continue;
      keep();
      done.push(...this.#take(true));
    }
    keep();
    return done;
  }

  /** What is left when the bytes end; the last line may lack its end. */
  end(): BatchLines[] {
    const done: BatchLines[] = [];
    if (this.#few.length > 0) {
      this.#ends ??= this.#endsOf(this.#few);
      done.push(...this.#cut(this.#few, this.#ends));
    }
    if (this.#begunBytes > 0) this.#finish(NOTHING, 0);
    return [...done, ...this.#take(false)];
  }

  #begin(piece: Uint8Array): void {
    this.#begunBytes += piece.length;
    if (this.#skipping) return;
    this.#begun.push(piece);
    // One more for a CR that may stand before the LF.
    if (this.#begunBytes > this.#options.maxLineBytes + (this.#ends?.width ?? 1)) this.#tooLong();
  }

  /** The rest of a line with `ending` bytes of LF. */
  #finish(rest: Uint8Array, ending: number): void {
    const ends = this.#ends ?? lineEnds(undefined);
    const filled = rest.length - ending;
    const returned = filled > 0 ? ends.returnBefore(rest, filled) : this.#returned(ends);
    const length = this.#begunBytes + filled - (returned ? ends.width : 0);
    if (length > this.#options.maxLineBytes && !this.#skipping) this.#tooLong();
    if (this.#skipping) {
      this.#keep(ends.feed);
    } else {
      if (ends.width === 1) this.#header.read([...this.#begun, rest]);
      for (const piece of this.#begun) this.#keep(piece);
      this.#keep(rest);
      if (length > 0) this.#lines++;
    }
    this.#begun = [];
    this.#begunBytes = 0;
    this.#skipping = false;
    this.#line++;
  }

  /** Whether a carriage return ends what has begun. */
  #returned(ends: LineEnds): boolean {
    const last = this.#begun.at(-1) ?? NOTHING;
    return ends.returnBefore(last, last.length);
  }

  #tooLong(): void {
    this.#options.onLong(this.#line);
    this.#skipping = true;
    this.#begun = [];
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** The batch under way; where more follows, without the lines at its end whose event may not be over. */
  #take(more: boolean): BatchLines[] {
    const { format, parser = "auto" } = this.#options;
    const header = this.#headerBefore;
    const all = Buffer.concat(this.#pieces);
    const ends = this.#ends ?? lineEnds(undefined);
    const joins = more && format === "lines" && ends.width === 1;
    const end = joins ? wholeEvents(all, parser) : all.length;
    const rest = all.subarray(end === 0 ? all.length : end);
    const bytes = all.subarray(0, all.length - rest.length);
    const left = countLines(rest, ends);
    const encoding = this.#encoding;
    const lines = this.#lines - left.filled;
    const at = { firstLine: this.#firstLine, lines };
    const batch = {
      bytes,
      format,
      ...at,
      ...(header === undefined ? {} : { header }),
      ...(encoding === undefined ? {} : { encoding }),
    };
    this.#headerBefore = this.#header.text;
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#lines = left.filled;
    this.#firstLine = this.#line - left.all;
    return lines === 0 ? [] : [batch];
  }
}

/** How many whole lines there are, and how many of them are not empty. */
function countLines(bytes: Uint8Array, ends: LineEnds): { readonly all: number; readonly filled: number } {
  let all = 0;
  let filled = 0;
  for (const { line } of linesOf(bytes, ends)) {
    all++;
    if (withoutReturn(line, ends).length > 0) filled++;
  }
  return { all, filled };
}
