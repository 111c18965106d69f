import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Problem } from "../../../core/problem.ts";
import type { ParserChoice } from "../parsers/line.ts";
import type { BatchFormat, BatchLines } from "../pipeline/batch.ts";
import type { Budget } from "./budget.ts";
import { BatchCutter } from "./cutter.ts";

export interface BodyOptions {
  readonly gzip: boolean;
  readonly format: BatchFormat;
  /** Parser id, or `auto`. */
  readonly parser?: ParserChoice | undefined;
  /** Name of the encoding of the lines; UTF-8 when absent. */
  readonly encoding?: string | undefined;
  /** Most bytes after gunzip. */
  readonly maxBytes: number;
  readonly maxLineBytes: number;
  /** Header lines of the log that stood before this body. */
  readonly header?: string | undefined;
  readonly budget: Budget;
}

/** A whole body, cut into batches. `release` gives its memory back; call it once nothing of it is needed. */
export interface Body {
  readonly sha256: string;
  readonly batches: readonly BatchLines[];
  release(): void;
}

/** Compressed bytes of a body given to zlib at once: a fault is named to within so many. */
const SLICE = 1024;

/**
 * Reads a body to its end or refuses it: http.too-large, ingest.bad-gzip with the byte, ingest.line-too-long with the
 * line, ingest.busy. Stops reading at the first fault and never holds more than the limit, whatever gzip unfolds to.
 */
export async function readBody(stream: Readable, options: BodyOptions): Promise<Body> {
  const { budget, maxBytes, maxLineBytes, format } = options;
  const cutter = new BatchCutter({
    format,
    maxLineBytes,
    parser: options.parser,
    encoding: options.encoding,
    header: options.header,
    onLong: (line) => {
      const message = `longer than ${maxLineBytes} bytes`;
      throw new Problem("ingest.line-too-long", {
        detail: `line ${line} is ${message}`,
        faults: [{ path: `line ${line}`, message }],
      });
    },
  });
  const hash = createHash("sha256");
  const batches: BatchLines[] = [];
  let held = 0;
  try {
    // The connection must outlive a refusal, so that its sender can read the answer.
    const raw = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of options.gzip ? gunzipped(raw) : raw) {
      if (held + chunk.length > maxBytes) {
        const after = options.gzip ? " after gunzip" : "";
        throw new Problem("http.too-large", { detail: `the body is larger than ${maxBytes} bytes${after}` });
      }
      budget.take(chunk.length);
      held += chunk.length;
      hash.update(chunk);
      batches.push(...cutter.push(chunk));
    }
    batches.push(...cutter.end());
  } catch (error) {
    budget.give(held);
    throw error;
  }
  return { sha256: hash.digest("hex"), batches, release: () => budget.give(held) };
}

function zlibCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/**
 * Unpacks slice by slice; a slice of 1 KiB unfolds to at most about 1 MiB, so little is held at a time. Throws
 * ingest.bad-gzip naming the slice of bytes that is broken.
 */
export async function* gunzipped(source: AsyncIterable<Buffer>, sliceBytes = SLICE): AsyncGenerator<Buffer> {
  const unzip = createGunzip();
  const pieces: Buffer[] = [];
  unzip.on("data", (piece: Buffer) => pieces.push(piece));
  const broken = new Promise<never>((_, fail) => unzip.once("error", fail));
  broken.catch(() => undefined);
  let given = 0;
  let slice: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += sliceBytes) {
        slice = chunk.subarray(at, at + sliceBytes);
        await Promise.race([broken, new Promise((done) => unzip.write(slice, done))]);
        given += slice.length;
        yield* pieces.splice(0);
      }
    }
    slice = Buffer.alloc(0);
    await Promise.race([broken, new Promise((done) => unzip.once("end", done).end())]);
    yield* pieces.splice(0);
  } catch (error) {
    throw zlibCode(error).startsWith("Z_") ? brokenGzip(error, given, given + slice.length) : error;
  } finally {
    unzip.destroy();
  }
}

function brokenGzip(error: unknown, from: number, to: number): Problem {
  const ended = zlibCode(error) === "Z_BUF_ERROR";
  const where = ended || from === to ? `byte ${to}` : `byte ${from} to ${to - 1}`;
  const message = ended
    ? "the stream ends before it is complete"
    : error instanceof Error
      ? error.message
      : "broken";
  return new Problem("ingest.bad-gzip", {
    detail: `${where}: ${message}`,
    faults: [{ path: where, message }],
  });
}
