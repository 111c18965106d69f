import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Problem } from "../../core/problem.ts";
import type { BlobStore } from "./store.ts";

/** Content that was being written when a process died is swept after this long. */
const LEFT_BEHIND_MS = 24 * 3_600_000;

/**
 * Opens the blob store `files`: `folder/ab/cd/<sha256>`, each file read-only and written once. A content that was put
 * before is recognised by its digest and kept once.
 */
export async function openBlobs(options: { url: "files"; folder: string }): Promise<BlobStore> {
  if (options.url !== "files") throw new Error(`blobs.url is files, not ${JSON.stringify(options.url)}`);
  const store = new FileBlobs(options.folder);
  await store.prepare();
  return store;
}

class FileBlobs implements BlobStore {
  readonly #folder: string;
  readonly #incoming: string;

  constructor(folder: string) {
    this.#folder = resolve(folder);
    this.#incoming = join(this.#folder, "incoming");
  }

  async prepare(): Promise<void> {
    await mkdir(this.#incoming, { recursive: true, mode: 0o700 });
    await syncFolder(this.#folder);
    await syncFolder(dirname(this.#folder));
    const oldest = Date.now() - LEFT_BEHIND_MS;
    for (const name of await readdir(this.#incoming)) {
      const file = join(this.#incoming, name);
      if ((await stat(file)).mtimeMs < oldest) await unlink(file);
    }
  }

  async put(content: Readable | Uint8Array): Promise<{ sha256: string; size: number }> {
    const aside = join(this.#incoming, randomUUID());
    try {
      const { sha256, size } = await writeHashing(aside, content instanceof Uint8Array ? [content] : content);
      await this.#settle(aside, sha256);
      return { sha256, size };
    } catch (thrown) {
      await unlink(aside).catch(() => undefined);
      throw thrown;
    }
  }

  async open(sha256: string): Promise<Readable> {
    const handle = isDigest(sha256) ? await openIfThere(this.#fileOf(sha256)) : undefined;
    if (handle === undefined)
      throw new Problem("http.not-found", { detail: "There is no blob of that SHA-256" });
    const checked = checkingTransform(sha256);
    // The pipeline closes the file on every outcome and hands its failure to the reader through `checked`.
    pipeline(handle.createReadStream(), checked).catch(() => undefined);
    return checked;
  }

  async has(sha256: string): Promise<boolean> {
    if (!isDigest(sha256)) return false;
    return await isThere(this.#fileOf(sha256));
  }

  /** Moves a finished file to its place; when this resolves, the name itself is on disk too. */
  async #settle(aside: string, sha256: string): Promise<void> {
    const first = join(this.#folder, sha256.slice(0, 2));
    const second = join(first, sha256.slice(2, 4));
    await mkdir(second, { recursive: true, mode: 0o700 });
    const file = this.#fileOf(sha256);
    if (await isThere(file)) await unlink(aside);
    else await rename(aside, file);
    // Also when the file was there: whoever put it may not have come so far yet.
    for (const folder of [second, first, this.#folder]) await syncFolder(folder);
  }

  #fileOf(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

async function writeHashing(
  file: string,
  content: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>,
): Promise<{ sha256: string; size: number }> {
  const hash = createHash("sha256");
  const handle = await open(file, "wx", 0o400);
  let size = 0;
  try {
    for await (const chunk of content) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk;
      hash.update(bytes);
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
      size += bytes.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest("hex"), size };
}

/** Passes a blob on and fails at its end when the disk gave something else than was put. */
function checkingTransform(sha256: string): Transform {
  const hash = createHash("sha256");
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      next(null, chunk);
    },
    flush(done) {
      done(hash.digest("hex") === sha256 ? null : new Error(`blob ${sha256} is damaged on disk`));
    },
  });
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r");
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
