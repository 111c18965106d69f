import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { Problem } from "../../../core/problem.ts";
import { gunzipped, unpacked } from "../../../platform/http/gzip.ts";
import type { ParserChoice } from "../parsers/line.ts";
import type { BatchFormat, BatchLines } from "../pipeline/batch.ts";
import type { Budget } from "./budget.ts";
import { BatchCutter } from "./cutter.ts";

export interface BodyOptions {
  /** Sent as gzip; a file that begins as gzip does is unpacked in any case. */
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
    const { packed, bytes } = await unpacked(options.gzip ? gunzipped(raw) : raw);
    for await (const chunk of bytes) {
      if (held + chunk.length > maxBytes) {
        const after = options.gzip || packed ? " after gunzip" : "";
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
