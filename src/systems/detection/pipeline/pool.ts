import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Fault, Problem } from "../../../core/problem.ts";
import type { Rule } from "../catalog/model.ts";
import type { CorrelationSet } from "../correlation/index.ts";
import type { IndicatorSet } from "../indicators/pass.ts";
import type { RuleFault } from "../sigma/model.ts";
import type { BatchLines, BatchResult, BatchTask } from "./batch.ts";
import type { RuleFolders } from "./rules.ts";
import type { Answer, Ask, WorkerData } from "./worker.ts";

export interface PoolOptions {
  readonly folders: RuleFolders;
  /** Threads that parse and match at the same time; one for two cores unless told, since the stores need the others. */
  readonly size?: number;
  /** Batches that may wait; one more is refused with ingest.busy. */
  readonly queue?: number;
  /** Told once for each set of rules that the threads have loaded. */
  readonly onRules?: (loaded: RulesLoaded) => void;
  /** A thread ended that should not have; a new one takes its place. */
  readonly onCrash?: (error: Error) => void;
}

/** What a set of rules comes to. */
export interface RulesLoaded {
  readonly rules: number;
  /** Files that had to be read; the others were as they had been. */
  readonly read: number;
  readonly catalog: readonly Rule[];
  readonly correlations: CorrelationSet;
  readonly faults: readonly RuleFault[];
}

type Request = { kind: "process"; task: BatchTask } | { kind: "check"; batch: BatchLines };

interface Waiting {
  readonly request: Request;
  done(answer: Answer): void;
  fail(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  /** Which reading of the rules it has. */
  readonly generation: number;
  /** Takes no more batches and ends after the one that it has. */
  retired: boolean;
  ready: boolean;
  busy: Waiting | undefined;
  error: Error | undefined;
}

const QUEUE = 64;
const DEFAULT_SIZE = Math.max(1, Math.floor(availableParallelism() / 2));
/** Records of a batch live until it is done: with less room they are copied again and again while they are young. */
const YOUNG_MIB = 64;
const BUSY_SECONDS = 2;
const MOST_CRASHES = 5;
const RESPAWN_MILLIS = 5_000;

/** Worker threads that turn batches into rows and matches, so that the HTTP thread never parses. */
export class PipelinePool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<Thread>();
  readonly #queue: Waiting[] = [];
  readonly #idle: (() => void)[] = [];
  #indicators: IndicatorSet | undefined;
  /** The rule files as a thread read them, so that the next reads only what has changed. */
  #parsed: Uint8Array | undefined;
  #serial = 0;
  #closed = false;
  #generation = 0;
  #told = -1;
  #crashes = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the threads ahead of the first batch. */
  open(): void {
    while (!this.#closed && this.#threads.size < (this.#options.size ?? DEFAULT_SIZE)) this.#spawn();
  }

  /**
   * Reads the rules again, of their files those that have changed: new threads compile them aside, and each takes the
   * place of an old one when it is ready, so that no batch waits for it and none is lost.
   */
  reload(): void {
    if (this.#closed || this.#threads.size === 0) return;
    this.#generation++;
    // Threads of a reading that was overtaken are of no use before they were ready.
    for (const thread of this.#threads) if (!thread.ready) this.#retire(thread);
    for (let count = 0; count < (this.#options.size ?? DEFAULT_SIZE); count++) this.#spawn();
  }

  /** Meets every batch that is not under way yet with these indicators instead of those before. */
  equip(set: IndicatorSet): void {
    this.#indicators = set;
    for (const { worker } of this.#threads) worker.postMessage({ kind: "indicators", set } satisfies Ask);
  }

  /** Whether rules are being read of which `onRules` has not told yet; batches are met with those before. */
  get loading(): boolean {
    return this.#threads.size > 0 && this.#told !== this.#generation;
  }

  /** Batches that wait or are under way. */
  get depth(): number {
    return this.#queue.length + [...this.#threads].filter((thread) => thread.busy !== undefined).length;
  }

  /** Rows and matches of a batch. Throws ingest.busy when too many wait. */
  async process(task: BatchTask): Promise<BatchResult> {
    const answer = await this.#ask({ kind: "process", task });
    if (answer.kind === "processed") return answer.result;
    throw failure(answer);
  }

  /** Faults of an NDJSON batch, each with its line and column; empty when it can be processed. */
  async check(batch: BatchLines): Promise<readonly Fault[]> {
    const answer = await this.#ask({ kind: "check", batch });
    if (answer.kind === "checked") return answer.faults;
    throw failure(answer);
  }

  /** Finishes what waits, then ends the threads. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.depth > 0) await new Promise<void>((done) => this.#idle.push(done));
    await Promise.all([...this.#threads].map((thread) => thread.worker.terminate()));
    this.#threads.clear();
  }

  #ask(request: Request): Promise<Answer> {
    if (this.#closed)
      throw new Problem("ingest.busy", { detail: "the node is stopping", retryAfter: BUSY_SECONDS });
    if (this.#queue.length >= (this.#options.queue ?? QUEUE)) {
      throw new Problem("ingest.busy", {
        detail: `${this.#queue.length} batches wait already`,
        retryAfter: BUSY_SECONDS,
      });
    }
    if (this.#crashes === 0) this.open();
    return new Promise((done, fail) => {
      this.#queue.push({ request, done, fail });
      this.#next();
    });
  }

  #next(): void {
    // A thread that still compiles would keep a batch for seconds which another takes at once.
    const hasReady = [...this.#threads].some(({ ready, retired }) => ready && !retired);
    for (const thread of this.#threads) {
      if (thread.busy !== undefined || thread.retired || (hasReady && !thread.ready)) continue;
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      thread.busy = waiting;
      // The bytes are copied, not moved: a batch whose thread died is given to the next one.
      thread.worker.postMessage({ id: ++this.#serial, ...waiting.request } satisfies Ask);
    }
  }

  #spawn(): void {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: { folders: this.#options.folders, parsed: this.#parsed } satisfies WorkerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const thread: Thread = {
      worker,
      generation: this.#generation,
      retired: false,
      ready: false,
      busy: undefined,
      error: undefined,
    };
    this.#threads.add(thread);
    if (this.#indicators !== undefined)
      worker.postMessage({ kind: "indicators", set: this.#indicators } satisfies Ask);
    worker.on("message", (answer: Answer) => this.#heard(thread, answer));
    worker.on("error", (error: Error) => {
      thread.error = error;
      this.#options.onCrash?.(error);
    });
    worker.on("exit", (code) => this.#ended(thread, code));
  }

  #heard(thread: Thread, answer: Answer): void {
    if (answer.kind === "ready") {
      thread.ready = true;
      this.#parsed = answer.parsed ?? this.#parsed;
      if (thread.generation !== this.#generation) return;
      if (this.#told !== this.#generation) this.#options.onRules?.(answer);
      this.#told = this.#generation;
      this.#replaceOne();
      return;
    }
    this.#crashes = 0;
    const waiting = thread.busy;
    thread.busy = undefined;
    waiting?.done(answer);
    if (thread.retired) void thread.worker.terminate();
    this.#next();
    this.#tellIdle();
  }

  /** An old thread makes room for one that is ready: an idle one rather than one at work. */
  #replaceOne(): void {
    const old = [...this.#threads].filter((each) => each.generation < this.#generation && !each.retired);
    // Those of the oldest reading first.
    old.sort((one, other) => one.generation - other.generation);
    const out = old.find((each) => each.busy === undefined) ?? old[0];
    if (out !== undefined) this.#retire(out);
    this.#next();
  }

  #retire(thread: Thread): void {
    thread.retired = true;
    if (thread.busy === undefined) void thread.worker.terminate();
  }

  #ended(thread: Thread, code: number): void {
    if (!this.#threads.delete(thread)) return;
    if (this.#closed && thread.busy === undefined) return;
    thread.busy?.fail(new Error(`a pipeline thread ended with code ${code}`, { cause: thread.error }));
    // The one that takes its place is on its way already.
    if (thread.retired || thread.generation < this.#generation) {
      this.#tellIdle();
      return;
    }
    this.#crashes++;
    if (this.#crashes > MOST_CRASHES) {
      // It cannot even start; whoever waits is told instead of waiting for ever.
      for (const waiting of this.#queue.splice(0))
        waiting.fail(new Error("the pipeline threads do not start", { cause: thread.error }));
      this.#tellIdle();
      setTimeout(() => this.#closed || this.#respawn(), RESPAWN_MILLIS).unref();
      return;
    }
    this.#respawn();
  }

  #tellIdle(): void {
    if (this.depth === 0) for (const done of this.#idle.splice(0)) done();
  }

  #respawn(): void {
    this.#spawn();
    this.#next();
    this.#tellIdle();
  }
}

function failure(answer: Answer): Error {
  if (answer.kind !== "failed") return new Error(`unexpected answer ${answer.kind}`);
  if (answer.faults !== undefined) return new Problem("ingest.bad-record", { faults: answer.faults });
  return new Error(answer.message);
}
