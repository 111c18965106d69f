import { setFlagsFromString } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { DurableFolder } from "./durable-folder.ts";
import { Housekeeping } from "./housekeeping.ts";

/** What the program sends to the thread that holds PGlite. */
export type ToWorker =
  | { readonly kind: "connect" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "count" }
  | { readonly kind: "close" };

/** What that thread answers; `bytes` is the reply to one `bytes`. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "connected" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "count"; readonly syncs: number }
  | { readonly kind: "closed" }
  /** Said unasked: something went wrong that the engine lives with. */
  | { readonly kind: "trouble"; readonly reason: string }
  | { readonly kind: "broken"; readonly reason: string };

export interface WorkerStart {
  readonly folder: string;
  /** Only makes the data folder, then ends: initdb takes memory that the running store does not need. */
  readonly initOnly: boolean;
}

const SETTINGS = [
  "search_path=public",
  "exit_on_error=false",
  "log_checkpoints=false",
  "max_worker_processes=0",
  "max_parallel_workers=0",
  "max_parallel_workers_per_gather=0",
  "max_parallel_maintenance_workers=0",
  "io_method=sync",
  "fsync=on",
  "synchronous_commit=on",
  "full_page_writes=on",
  // fdatasync answers success in Emscripten without reaching the disk.
  "wal_sync_method=fsync",
  "shared_buffers=16MB",
  "maintenance_work_mem=16MB",
  "max_wal_size=64MB",
  "min_wal_size=16MB",
];

// Optimising the engine's largest functions takes V8 half a gigabyte for some seconds, and gains units of work
// nothing: they wait for the disk. Only scans of very many rows would be faster, and those belong on a server.
for (const flag of ["--liftoff-only", "--no-wasm-tier-up", "--no-wasm-dynamic-tiering"])
  setFlagsFromString(flag);

const port = parentPort;
if (port === null) throw new Error("pglite-worker.ts runs as a worker thread only");
const start = workerData as WorkerStart;
const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const folder = new DurableFolder(start.folder);
const pg = new PGlite({
  fs: folder,
  initDbStartParams: ["--wal-segsize=4"],
  startParams: ["--single", "-O", "-j", ...SETTINGS.flatMap((setting) => ["-c", setting])],
  onStderr: (line) => {
    // After a panic the memory of the engine means nothing; the log on disk does. Ending is the safe answer.
    if (/\b(PANIC|FATAL):/.test(line)) {
      send({ kind: "broken", reason: line.slice(0, 500) });
      process.exit(1);
    }
    return false;
  },
});

function execute(bytes: Uint8Array): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const collect = (chunk: Uint8Array): void => {
    chunks.push(chunk.slice());
  };
  return pg
    .execProtocolRawStream(bytes, { syncToFs: false, onRawData: collect })
    .then(() => (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : joined(chunks)));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const housekeeping = new Housekeeping(pg, folder);

async function answer(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case "connect":
      // The engine has one session; what a former connection left behind must not reach this one.
      if (pg.isInTransaction()) await pg.exec("rollback");
      await pg.exec("discard all");
      return send({ kind: "connected" });
    case "bytes": {
      const reply = await execute(message.bytes);
      send({ kind: "bytes", bytes: reply }, [reply.buffer as ArrayBuffer]);
      return housekeeping.afterWork();
    }
    case "count":
      return send({ kind: "count", syncs: folder.syncs });
    case "close":
      housekeeping.stop();
      if (pg.isInTransaction()) await pg.exec("rollback");
      await pg.exec("checkpoint");
      await pg.close();
      send({ kind: "closed" });
      port?.close();
  }
}

try {
  await pg.waitReady;
  if (start.initOnly) {
    await pg.exec("checkpoint");
    await pg.close();
    send({ kind: "closed" });
    port.close();
  } else {
    let line: Promise<void> = Promise.resolve();
    port.on("message", (message: ToWorker) => {
      line = line
        .then(() => answer(message))
        .catch((error: unknown) => {
          send({ kind: "broken", reason: textOf(error) });
          process.exit(1);
        });
    });
    housekeeping.start((task) => {
      line = line.then(task).catch((error: unknown) => send({ kind: "trouble", reason: textOf(error) }));
    });
    send({ kind: "ready" });
  }
} catch (error) {
  send({ kind: "broken", reason: textOf(error) });
  process.exit(1);
}
