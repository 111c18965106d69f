import { closeSync, fsyncSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { PGlite, postgresMod } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

type PostgresMod = postgresMod.PostgresMod;
type StartOptions = Partial<PostgresMod>;

/** The two operations of Emscripten's NODEFS that durability depends on, as far as this file touches them. */
interface NodeStream {
  readonly nfd: number;
  readonly path?: string;
}
interface StreamOps {
  fsync?: (stream: NodeStream) => number;
  write: (stream: NodeStream, buffer: Uint8Array, offset: number, length: number, position: number) => number;
}

const EIO = 29;

/**
 * PGlite's data folder with the fsync that PGlite leaves out: NODEFS has no `fsync`, so that Emscripten answers
 * every one with success. `syncs` counts what reached the operating system, `walBytes` what went into the log.
 */
export class DurableFolder extends NodeFS {
  syncs = 0;
  walBytes = 0;

  override async init(pg: PGlite, options: StartOptions): Promise<{ emscriptenOpts: StartOptions }> {
    const addSync = (mod: PostgresMod): void => {
      const ops = (mod.NODEFS as unknown as { stream_ops: StreamOps }).stream_ops;
      const ErrnoError = (mod.FS as unknown as { ErrnoError: new (errno: number) => Error }).ErrnoError;
      ops.fsync = (stream) => {
        try {
          fsyncSync(stream.nfd);
        } catch {
          // PostgreSQL panics on a failed fsync and recovers from the log at the next start, as it should.
          throw new ErrnoError(EIO);
        }
        this.syncs++;
        return 0;
      };
      const write = ops.write;
      ops.write = (stream, buffer, offset, length, position) => {
        const written = write(stream, buffer, offset, length, position);
        if (stream.path?.includes("/pg_wal/")) this.walBytes += written;
        return written;
      };
    };
    return super.init(pg, { ...options, preRun: [...(options.preRun ?? []), addSync] });
  }
}

/** Forces every file and folder below `folder` to the disk: initdb writes its files without. */
export function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncPath(path);
  }
  syncPath(folder);
}

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
