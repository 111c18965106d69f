import { Worker } from "node:worker_threads";
import { type Cause, cause, type Reason, type ReasonFacts } from "../reasons/model.ts";
import type { Found } from "./found.ts";
import type { ReadRequest } from "./read.ts";
import type { ReaderAnswer, ReaderAsk } from "./reader-worker.ts";

/** A file that cannot be read to its end: it took too long, too much memory, or broke the reader. */
export class UnreadableFile extends Error {
  override readonly name = "UnreadableFile";
  readonly told: Cause;

  constructor(why: Reason, facts: ReasonFacts = {}) {
    const told = cause(why, facts);
    super(told.message);
    this.told = told;
  }
}

interface ReaderOptions {
  /** Milliseconds within which a thread has to answer something; 60,000 unless told. */
  readonly patience?: number;
  /** Mebibytes that a thread may hold beside the file itself; 1,024 unless told. */
  readonly memory?: number;
}

/**
 * Reads files in threads of their own, one file a thread, so that neither a large nor a hostile file stops the node. A
 * thread that ended its file in peace is kept for the next one.
 */
export class ImportReader {
  private readonly options: ReaderOptions;
  private spare: Worker | undefined;

  constructor(options: ReaderOptions = {}) {
    this.options = options;
  }

  /** What is in the file, in batches. Throws UnreadableFile; ends quietly when `signal` aborts. */
  async *read(bytes: Uint8Array, request: ReadRequest, signal?: AbortSignal): AsyncGenerator<Found[]> {
    const worker = this.spare ?? this.spawn();
    this.spare = undefined;
    worker.ref();
    const answers: ReaderAnswer[] = [];
    let wake = () => {};
    const hear = (answer: ReaderAnswer) => {
      answers.push(answer);
      wake();
    };
    const failed = (error: Error) => hear({ kind: "failed", message: error.message });
    const exited = () => hear({ kind: "failed", message: "the thread ended" });
    const aborted = () => wake();
    worker.on("message", hear).on("error", failed).on("exit", exited);
    signal?.addEventListener("abort", aborted);
    let peaceful = false;
    try {
      worker.postMessage({ bytes, request } satisfies ReaderAsk);
      for (;;) {
        const answer =
          answers.shift() ??
          (await this.next(
            answers,
            (given) => {
              wake = given;
            },
            signal,
          ));
        if (signal?.aborted === true) return;
        if (answer === undefined) throw new UnreadableFile("read-slow");
        if (answer.kind === "failed") throw unreadable(answer.message);
        if (answer.kind === "end") {
          peaceful = true;
          return;
        }
        yield answer.found;
        worker.postMessage("next" satisfies ReaderAsk);
      }
    } finally {
      worker.off("message", hear).off("error", failed).off("exit", exited);
      signal?.removeEventListener("abort", aborted);
      if (peaceful && this.spare === undefined) {
        worker.unref();
        this.spare = worker;
      } else {
        worker.on("error", () => {});
        await worker.terminate();
      }
    }
  }

  async close(): Promise<void> {
    const { spare } = this;
    this.spare = undefined;
    await spare?.terminate();
  }

  private next(
    answers: ReaderAnswer[],
    onWake: (wake: () => void) => void,
    signal: AbortSignal | undefined,
  ): Promise<ReaderAnswer | undefined> {
    return new Promise((done) => {
      const late = setTimeout(() => done(undefined), this.options.patience ?? 60_000);
      onWake(() => {
        clearTimeout(late);
        done(answers.shift());
      });
      if (signal?.aborted === true) {
        clearTimeout(late);
        done(undefined);
      }
    });
  }

  private spawn(): Worker {
    return new Worker(new URL("./reader-worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: this.options.memory ?? 1024 },
    });
  }
}

function unreadable(message: string): UnreadableFile {
  return /memory/i.test(message)
    ? new UnreadableFile("read-memory")
    : new UnreadableFile("read-broke", { fault: message.slice(0, 300) });
}
