import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const LINE_FEED = 0x0a;
const CHUNK = 1 << 18;

/** A file's bytes, unpacked where its name ends in `.gz`. */
export function openBytes(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  if (!path.endsWith(".gz")) return file;
  const plain = createGunzip({ chunkSize: CHUNK });
  // `pipe` alone would leave a reader waiting when the file breaks off.
  file.on("error", (error) => plain.destroy(error));
  return file.pipe(plain);
}

const GZIP = [0x1f, 0x8b];

/** A stream's bytes, unpacked when they begin as gzip does. */
export async function openStream(source: Readable): Promise<Readable> {
  const parts = source.iterator({ destroyOnReturn: false });
  const first = (await parts.next()) as IteratorResult<Buffer | string, undefined>;
  const rest = async function* () {
    if (first.done !== true) yield first.value;
    yield* parts;
  };
  const head = first.done === true || typeof first.value === "string" ? undefined : first.value;
  const whole = Readable.from(rest(), { objectMode: false });
  if (head?.[0] !== GZIP[0] || head?.[1] !== GZIP[1]) return whole;
  const plain = createGunzip({ chunkSize: CHUNK });
  whole.on("error", (error) => plain.destroy(error));
  return whole.pipe(plain);
}

/** The lines of a stream, as many at a time as arrive together; LF and CRLF end a line, empty lines are among them. */
export async function* lineBatches(source: AsyncIterable<Buffer>): AsyncGenerator<readonly string[]> {
  let kept: Buffer[] = [];
  for await (const part of source) {
    const chunk: Buffer = typeof part === "string" ? Buffer.from(part) : part;
    const last = chunk.lastIndexOf(LINE_FEED);
    if (last === -1) {
      kept.push(chunk);
      continue;
    }
    const whole = chunk.subarray(0, last);
    yield linesOf(kept.length === 0 ? whole : Buffer.concat([...kept, whole]));
    kept = last + 1 < chunk.length ? [chunk.subarray(last + 1)] : [];
  }
  if (kept.length > 0) yield linesOf(Buffer.concat(kept));
}

function linesOf(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const at = bytes.indexOf(LINE_FEED, from);
    const next = at === -1 ? bytes.length : at;
    const end = next > from && bytes[next - 1] === 0x0d ? next - 1 : next;
    // Each line is decoded alone: one foreign letter would make two bytes of every character of a larger text.
    lines.push(bytes.toString("utf8", from, end));
    from = next + 1;
  }
  return lines;
}
