import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { byteOrderMark } from "../../../core/encoding.ts";
import type { Instant } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import { zoneOf } from "../../../core/time-zone.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import { gunzipped } from "../../../platform/http/gzip.ts";
import { isParserChoice, type ParsedLine, parseLine, parserIds } from "../parsers/line.ts";
import type { BatchLines } from "../pipeline/batch.ts";
import { wholeEvents } from "../pipeline/joiner.ts";
import { type LineEnds, lineEnds, linesOf } from "../pipeline/line-ends.ts";
import { readEvents } from "../pipeline/lines.ts";
import type { FileEvent } from "../sigma/index.ts";
import { BatchCutter } from "./cutter.ts";

const GZIP_SLICE = 64 * 1024;
const MAX_LINE_BYTES = 65_536;
const MOST_TOLD = 100;
const IN_FLIGHT = 3;
/** As long as the longest byte order mark. */
const MARK_BYTES = 3;

/** A part of a file on its way into a node: the body, as text/plain, of one `POST /ingest/logs`. */
export interface FileChunk {
  /** For the Idempotency-Key header: the same lines at the same place of a file bear the same key. */
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Number of its first line in the file, from 1. */
  readonly firstLine: number;
  /** Header lines of the log that stood before the chunk. */
  readonly header?: string | undefined;
  /** Name of the encoding of its lines; UTF-8 when absent. */
  readonly encoding?: string | undefined;
}

/** What a node says of a chunk; the answer of `POST /ingest/logs`. */
export interface ChunkAnswer {
  readonly received: number;
  readonly stored: number;
  readonly unparsed: number;
  readonly alerts: number;
}

export interface ImportProgress extends ChunkAnswer {
  /** Bytes of the file, packed as it is, read so far and in all. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

export interface ImportResult extends ChunkAnswer {
  /** Lines left out because they are longer than allowed, by number; at most 100 are named. */
  readonly refused: { readonly count: number; readonly lines: readonly number[] };
}

export interface ImportOptions {
  readonly file: string;
  /** Parser id, or `auto`: which lines are one event and go in one chunk. */
  readonly parser?: string;
  /** Name of the file's encoding, unless its byte order mark says another; UTF-8 when absent. */
  readonly encoding?: string | undefined;
  readonly maxLineBytes?: number;
  /** Carries one chunk to a node. Called for up to three chunks at a time. */
  send(chunk: FileChunk): Promise<ChunkAnswer>;
  onProgress?(progress: ImportProgress): void;
  readonly signal?: AbortSignal;
}

/**
 * Sends a log file of any size, gzip or not, in chunks of 65,536 lines. Broken off and run again, or run again after the
 * file grew, it stores no line twice that lay in a whole chunk: each chunk's key follows from its place and content.
 * Throws ingest.bad-gzip, what `send` throws, or the signal's reason.
 */
export async function importFile(options: ImportOptions): Promise<ImportResult> {
  const { file, signal } = options;
  const bytesTotal = (await stat(file)).size;
  const sum = { received: 0, stored: 0, unparsed: 0, alerts: 0 };
  const tooLong: number[] = [];
  let refused = 0;
  let bytesRead = 0;
  let index = 0;
  const cutter = new BatchCutter({
    format: "lines",
    maxLineBytes: options.maxLineBytes ?? MAX_LINE_BYTES,
    parser: options.parser,
    encoding: options.encoding,
    onLong: (line) => {
      refused++;
      if (tooLong.length < MOST_TOLD) tooLong.push(line);
    },
  });
  const flying = new Set<Promise<void>>();
  const send = async (batch: BatchLines): Promise<void> => {
    while (flying.size >= IN_FLIGHT) await Promise.race(flying);
    signal?.throwIfAborted();
    const key = `import/${index++}/${sha256Hex(batch.bytes)}`;
    const flight: Promise<void> = options
      .send({
        key,
        bytes: batch.bytes,
        firstLine: batch.firstLine,
        ...(batch.header === undefined ? {} : { header: batch.header }),
        ...(batch.encoding === undefined ? {} : { encoding: batch.encoding }),
      })
      .then((answer) => {
        for (const count of ["received", "stored", "unparsed", "alerts"] as const)
          sum[count] += answer[count];
        options.onProgress?.({ ...sum, bytesRead, bytesTotal });
      })
      .finally(() => flying.delete(flight));
    // Awaited below; a failure before that must not end the process.
    flight.catch(() => undefined);
    flying.add(flight);
  };
  try {
    for await (const piece of await openFile(file, (bytes) => {
      bytesRead += bytes;
    })) {
      for (const batch of cutter.push(piece)) await send(batch);
    }
    for (const batch of cutter.end()) await send(batch);
    await Promise.all(flying);
  } finally {
    await Promise.allSettled(flying);
  }
  return { ...sum, refused: { count: refused, lines: tooLong } };
}

/** The bytes of a file, unpacked when it begins as gzip does; `onRead` hears of each piece as it lies in the file. */
async function openFile(file: string, onRead: (bytes: number) => void): Promise<AsyncIterable<Buffer>> {
  const packed = await isGzipFile(file);
  if (!packed && file.endsWith(".gz")) {
    throw new Problem("ingest.bad-gzip", {
      detail: `${file} is called .gz and does not begin as gzip does (byte 0)`,
    });
  }
  const raw = counted(createReadStream(file, { highWaterMark: 256 * 1024 }), onRead);
  return packed ? gunzipped(raw, GZIP_SLICE) : raw;
}

async function isGzipFile(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

async function* counted(
  source: AsyncIterable<Buffer>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    onRead(piece.length);
    yield piece;
  }
}

/** One line of a file after parsing, or the lines of one event, with the number of its first from 1. */
export interface ParsedFileLine extends ParsedLine {
  readonly line: number;
  readonly original: string;
}

/** How the lines of a file are read. */
export interface ReadOptions {
  /** Parser id, or `auto`. */
  readonly parser?: string;
  /** Zone of times without one; Asia/Taipei unless told. */
  readonly timeZone?: string | undefined;
  /** Name of the encoding, unless a byte order mark says another; UTF-8 when absent. */
  readonly encoding?: string | undefined;
  /** Stands in for the time of receipt: gives the year to dates without one. */
  readonly now: Instant;
}

export interface ParseOptions extends ReadOptions {
  /** A path (gzip or not) or an open stream of plain bytes. */
  readonly source: string | AsyncIterable<Buffer>;
}

/** Reads batches of one file in their order. Throws ingest.unknown-parser. */
function readerOf(
  options: ReadOptions,
): (batch: Pick<BatchLines, "bytes" | "firstLine" | "encoding">) => Generator<ParsedFileLine> {
  const parser = options.parser ?? "auto";
  if (!isParserChoice(parser)) {
    throw new Problem("ingest.unknown-parser", {
      detail: `"${parser}"; there are auto, ${parserIds().join(", ")}`,
    });
  }
  const context = { receivedAt: options.now, zone: zoneOf(options.timeZone), memory: {} };
  return function* (batch) {
    for (const line of readEvents(batch, parser))
      yield { line: line.number, original: line.text, ...parseLine(line.text, context, parser) };
  };
}

/** Each line of a file, or each event of several, as an ECS record. Throws ingest.unknown-parser, ingest.line-too-long with the line, ingest.bad-gzip. */
export async function* parseFile(options: ParseOptions): AsyncGenerator<ParsedFileLine> {
  const read = readerOf(options);
  const cutter = new BatchCutter({
    format: "lines",
    maxLineBytes: MAX_LINE_BYTES,
    parser: options.parser,
    encoding: options.encoding,
    onLong: (line) => {
      throw new Problem("ingest.line-too-long", {
        detail: `line ${line} is longer than ${MAX_LINE_BYTES} bytes`,
      });
    },
  });
  const pieces =
    typeof options.source === "string" ? await openFile(options.source, () => undefined) : options.source;
  for await (const piece of pieces) for (const batch of cutter.push(piece)) yield* read(batch);
  for (const batch of cutter.end()) yield* read(batch);
}

/** An event of as many bytes is not waited for. */
const MOST_WAITING = 2 ** 21;

/**
 * Raw log lines as events for rules, as they arrive, lines of one event together; each record bears what it was made of
 * as `event.original`, for rules of keywords. Throws ingest.unknown-parser.
 */
export async function* readLogs(
  bytes: AsyncIterable<Buffer>,
  options: ReadOptions,
): AsyncGenerator<Iterable<FileEvent>> {
  const read = readerOf(options);
  let kept: Buffer = Buffer.alloc(0);
  let firstLine = 1;
  let encoding: string | undefined;
  let ends: LineEnds | undefined;
  const eventsOf = function* (batch: Buffer): Generator<FileEvent> {
    for (const { line, original, record } of read({ bytes: batch, firstLine, encoding })) {
      record["event.original"] = original;
      yield { line, event: record };
    }
  };
  for await (const part of bytes) {
    const chunk: Buffer = typeof part === "string" ? Buffer.from(part) : part;
    const all: Buffer = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    kept = all;
    if (ends === undefined) {
      if (all.length < MARK_BYTES) continue;
      const named = byteOrderMark(all)?.encoding ?? options.encoding;
      encoding = named === "utf-8" ? undefined : named;
      ends = lineEnds(encoding);
    }
    const lines = all.subarray(0, ends.lastEnd(all));
    const whole = ends.width === 1 ? wholeEvents(lines, options.parser ?? "auto") : lines.length;
    const end = whole === 0 && lines.length > MOST_WAITING ? lines.length : whole;
    const batch = all.subarray(0, end);
    yield eventsOf(batch);
    kept = all.subarray(end);
    for (const _ of linesOf(batch, ends)) firstLine++;
  }
  yield eventsOf(kept);
}
