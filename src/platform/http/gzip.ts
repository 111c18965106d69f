import { createGunzip } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { Problem } from "../../core/problem.ts";

/** Compressed bytes given to zlib at once: a fault is named to within so many. */
const SLICE = 1024;
/** The magic bytes of a gzip member (RFC 1952 section 2.3.1). */
const MAGIC = [0x1f, 0x8b] as const;

/** Whether the body comes packed. Problem http.media-type where it is encoded in another way than gzip. */
export function isGzip({ headers }: Pick<FastifyRequest, "headers">): boolean {
  const encoding = headers["content-encoding"]?.trim().toLowerCase();
  if (encoding === undefined || encoding === "" || encoding === "identity") return false;
  if (encoding === "gzip" || encoding === "x-gzip") return true;
  throw new Problem("http.media-type", { detail: `content-encoding ${encoding}: only gzip is taken` });
}

/** The bytes of a file, unpacked when it begins as gzip does. Reading them may throw ingest.bad-gzip. */
export async function unpacked(
  source: AsyncIterable<Buffer>,
): Promise<{ readonly packed: boolean; readonly bytes: AsyncIterable<Buffer> }> {
  const rest = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC.length) {
    const next = await rest.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = async function* (): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      yield* { [Symbol.asyncIterator]: () => rest };
    } finally {
      // Whoever leaves off at the head lets go of the source, too.
      await rest.return?.();
    }
  };
  const packed = head[0] === MAGIC[0] && head[1] === MAGIC[1];
  return { packed, bytes: packed ? gunzipped(whole()) : whole() };
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

function zlibCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
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
