import type { ParserChoice } from "../parsers/line.ts";
import { BATCH_BYTES, BATCH_LINES, type BatchFormat, type BatchLines } from "../pipeline/batch.ts";
import { linesOf, wholeEvents, withoutCr } from "../pipeline/joiner.ts";
import { LogHeader } from "./log-header.ts";

const LF = 10;
const CR = 13;
/** A line of a log's own header begins with it. */
const HASH = 35;
const EMPTY_LINE = new Uint8Array([LF]);

export interface CutterOptions {
  readonly format: BatchFormat;
  readonly maxLineBytes: number;
  /** The parsers that are asked which lines belong together; `auto` unless told. */
  readonly parser?: ParserChoice | undefined;
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
    const done: BatchLines[] = [];
    /** Whole lines from here on are kept in one piece. */
    let from = 0;
    let at = 0;
    const keep = (): void => {
      if (at > from) this.#keep(chunk.subarray(from, at));
      from = at;
    };
    while (at < chunk.length) {
      const found = chunk.indexOf(LF, at);
      if (found < 0) {
        keep();
        this.#begin(chunk.subarray(at));
        return done;
      }
      const length = found - at - (found > at && chunk[found - 1] === CR ? 1 : 0);
      if (this.#begunBytes === 0 && !this.#skipping && length <= this.#options.maxLineBytes) {
        if (length > 0) this.#lines++;
        if (chunk[at] === HASH) this.#header.read([chunk.subarray(at, found + 1)]);
        this.#line++;
        at = found + 1;
      } else {
        keep();
        this.#finish(chunk.subarray(at, found + 1), 1);
        at = found + 1;
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
    if (this.#begunBytes > 0) this.#finish(new Uint8Array(0), 0);
    return this.#take(false);
  }

  #begin(piece: Uint8Array): void {
    this.#begunBytes += piece.length;
    if (this.#skipping) return;
    this.#begun.push(piece);
    // One more for a CR that may stand before the LF.
    if (this.#begunBytes > this.#options.maxLineBytes + 1) this.#tooLong();
  }

  /** The rest of a line with `ending` bytes of LF. */
  #finish(rest: Uint8Array, ending: number): void {
    const last = rest.length > ending ? rest[rest.length - 1 - ending] : this.#begun.at(-1)?.at(-1);
    const length = this.#begunBytes + rest.length - ending - (last === CR ? 1 : 0);
    if (length > this.#options.maxLineBytes && !this.#skipping) this.#tooLong();
    if (this.#skipping) {
      this.#keep(EMPTY_LINE);
    } else {
      this.#header.read([...this.#begun, rest]);
      for (const piece of this.#begun) this.#keep(piece);
      this.#keep(rest);
      if (length > 0) this.#lines++;
    }
    this.#begun = [];
    this.#begunBytes = 0;
    this.#skipping = false;
    this.#line++;
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
    const end = more && format === "lines" ? wholeEvents(all, parser) : all.length;
    const rest = all.subarray(end === 0 ? all.length : end);
    const bytes = all.subarray(0, all.length - rest.length);
    const left = countLines(rest);
    const lines = this.#lines - left.filled;
    const at = { firstLine: this.#firstLine, lines };
    const batch = { bytes, format, ...at, ...(header === undefined ? {} : { header }) };
    this.#headerBefore = this.#header.text;
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#lines = left.filled;
    this.#firstLine = this.#line - left.all;
    return lines === 0 ? [] : [batch];
  }
}

/** How many whole lines there are, and how many of them are not empty. */
function countLines(bytes: Uint8Array): { readonly all: number; readonly filled: number } {
  let all = 0;
  let filled = 0;
  for (const { line } of linesOf(bytes)) {
    all++;
    if (withoutCr(line).length > 0) filled++;
  }
  return { all, filled };
}
