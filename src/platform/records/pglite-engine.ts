import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { Worker } from "node:worker_threads";
import { syncFolder } from "../crypto/durable-file.ts";
import { syncTree } from "./durable-folder.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./pglite-worker.ts";

/** PGlite in a thread of its own, spoken to in PostgreSQL's wire protocol, one connection at a time. */
export interface PGliteEngine {
  /** A socket for node-postgres; the engine has one session, so only one may be open. */
  socket(): Duplex;
  /** How many fsyncs reached the operating system since the start. */
  syncs(): Promise<number>;
  /** Calls back once when the engine stops by itself, with the reason. */
  onBroken(listener: (reason: Error) => void): void;
  /** Calls back with what went wrong in the engine's own upkeep, which is tried again later. */
  onTrouble(listener: (reason: string) => void): void;
  close(): Promise<void>;
}

/**
 * Opens the folder (made by initdb when new: in a folder aside, synced, then renamed, so that a half-made one is
 * never taken for a store). Throws when another program holds it.
 */
export async function startPGlite(folder: string): Promise<PGliteEngine> {
  const lock = lockFolder(folder);
  try {
    const data = join(folder, "pg");
    if (!existsSync(data)) await makeData(folder, data);
    return await Engine.start(data, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function makeData(folder: string, data: string): Promise<void> {
  const aside = join(folder, "pg.new");
  rmSync(aside, { recursive: true, force: true });
  const worker = workerFor({ folder: aside, initOnly: true });
  await new Promise<void>((resolve, reject) => {
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "closed") resolve();
      if (message.kind === "broken")
        reject(new Error(`the records store could not be made: ${message.reason}`));
    });
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("the records store could not be made")));
  });
  await worker.terminate();
  syncTree(aside);
  renameSync(aside, data);
  syncFolder(folder);
}

function workerFor(start: WorkerStart): Worker {
  // The flags of the program (`--input-type`, `--test`, ...) are not meant for this thread.
  return new Worker(new URL("./pglite-worker.ts", import.meta.url), {
    workerData: start,
    name: "records",
    execArgv: [],
  });
}

type Listener = (message: FromWorker) => void;

class Engine implements PGliteEngine {
  private readonly worker: Worker;
  private readonly lock: FolderLock;
  private readonly waiting: Listener[] = [];
  private readonly troubleListeners: ((reason: string) => void)[] = [];
  private readonly brokenListeners: ((reason: Error) => void)[] = [];
  private broken: Error | undefined;
  private closing = false;

  static async start(data: string, lock: FolderLock): Promise<Engine> {
    const engine = new Engine(workerFor({ folder: data, initOnly: false }), lock);
    await engine.next("ready");
    return engine;
  }

  private constructor(worker: Worker, lock: FolderLock) {
    this.worker = worker;
    this.lock = lock;
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "broken")
        this.breakWith(new Error(`the records store stopped: ${message.reason}`));
      else if (message.kind === "trouble")
        for (const listener of this.troubleListeners) listener(message.reason);
      else this.waiting.shift()?.(message);
      // An idle store keeps no program running; one that is asked does.
      if (this.waiting.length === 0) worker.unref();
    });
    worker.on("error", (error) => this.breakWith(error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => {
      if (!this.closing) this.breakWith(new Error("the records store's thread ended"));
    });
  }

  socket(): Duplex {
    return new EngineSocket((message, transfer) => this.ask(message, transfer));
  }

  async syncs(): Promise<number> {
    const reply = await this.ask({ kind: "count" });
    return reply.kind === "count" ? reply.syncs : 0;
  }

  onBroken(listener: (reason: Error) => void): void {
    this.brokenListeners.push(listener);
    if (this.broken !== undefined) listener(this.broken);
  }

  onTrouble(listener: (reason: string) => void): void {
    this.troubleListeners.push(listener);
  }

  async close(): Promise<void> {
    try {
      if (this.broken === undefined && !this.closing) {
        this.closing = true;
        await this.ask({ kind: "close" });
      }
      await this.worker.terminate();
    } finally {
      this.lock.release();
    }
  }

  /** The thread answers in the order of asking. */
  private ask(message: ToWorker, transfer: ArrayBuffer[] = []): Promise<FromWorker> {
    const reply = this.next();
    if (this.broken === undefined) this.worker.postMessage(message, transfer);
    return reply;
  }

  private next(kind?: FromWorker["kind"]): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      if (this.broken !== undefined) return reject(this.broken);
      this.worker.ref();
      this.waiting.push((message) => {
        if (message.kind === "broken") reject(this.broken ?? new Error(message.reason));
        else if (kind !== undefined && message.kind !== kind) reject(new Error(`unexpected ${message.kind}`));
        else resolve(message);
      });
    });
  }

  private breakWith(reason: Error): void {
    if (this.broken !== undefined) return;
    this.broken = reason;
    for (const listener of this.waiting.splice(0)) listener({ kind: "broken", reason: reason.message });
    for (const listener of this.brokenListeners) listener(reason);
  }
}

/** What node-postgres takes for a TCP socket: bytes of the wire protocol go to the thread and come back. */
class EngineSocket extends Duplex {
  private readonly ask: (message: ToWorker, transfer?: ArrayBuffer[]) => Promise<FromWorker>;

  constructor(ask: (message: ToWorker, transfer?: ArrayBuffer[]) => Promise<FromWorker>) {
    super();
    this.ask = ask;
  }

  connect(): this {
    this.ask({ kind: "connect" }).then(
      () => this.emit("connect"),
      (error: Error) => this.destroy(error),
    );
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.pass(new Uint8Array(chunk), done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    this.pass(new Uint8Array(Buffer.concat(chunks.map(({ chunk }) => chunk))), done);
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  private pass(bytes: Uint8Array<ArrayBuffer>, done: (error?: Error) => void): void {
    this.ask({ kind: "bytes", bytes }, [bytes.buffer]).then((reply) => {
      if (reply.kind === "bytes" && reply.bytes.length > 0 && !this.destroyed) this.push(reply.bytes);
      done();
    }, done);
  }
}
