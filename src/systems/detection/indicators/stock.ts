import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Clock } from "../../../core/instant.ts";
import { millis } from "../../../core/instant.ts";
import type { Fault } from "../../../core/problem.ts";
import type { Scope } from "../../../core/scope.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { Metrics } from "../../../platform/metrics/metrics.ts";
import type { Records } from "../../../platform/records/work.ts";
import { libraryIndicators, warninglistChanges } from "../../intel/index.ts";
import { orgReaders } from "../../members/index.ts";
import type { BuilderAnswer, BuilderAsk } from "./builder-thread.ts";
import type { IndicatorImage } from "./image.ts";
import type { KnownImage } from "./known.ts";
import { type IndicatorList, stateOf } from "./lists.ts";
import type { IndicatorSet } from "./pass.ts";
import { usesOf } from "./use.ts";

export interface StockParts {
  readonly records: Records;
  /** The scope of `job:detection.indicators`. */
  readonly scope: () => Promise<Scope>;
  readonly lists: readonly IndicatorList[];
  /** Folder of public warninglists beside the product's own. */
  readonly warninglists: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Takes each new set, whole. */
  readonly deliver: (set: IndicatorSet) => void;
}

const PAGE = 2_000;
/** How often lists and members are looked at. */
const LOOK_MILLIS = 60_000;
/** How often the library is read from its beginning: an object that was deleted for good is told by nothing else. */
const WHOLE_MILLIS = 3_600_000;

/** What is asked for with the next round. */
type Wanted = "changes" | "whole";

/**
 * The indicators that logs are met with: those of the library and of the configured lists. A thread of its own builds
 * the set; whoever matches gets a new one whole and drops the old, so that a batch is met with one or the other.
 */
export class IndicatorStock {
  readonly #parts: StockParts;
  #thread: Worker | undefined;
  #answered: ((answer: BuilderAnswer | Error) => void) | undefined;
  #after = 0;
  #lists = "";
  #known: KnownImage | undefined;
  #knownIsOld = false;
  #image: IndicatorImage | undefined;
  #readers = "";
  #builtAt = 0;
  #running: Promise<void> | undefined;
  #wanted: Wanted | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #held;
  readonly #seconds;

  constructor(parts: StockParts) {
    this.#parts = parts;
    this.#held = parts.metrics.gauge("indicators_held", "Indicators that logs are met with, by source", [
      "source",
    ]);
    this.#seconds = parts.metrics.gauge("indicators_build_seconds", "How long the last set took to build");
  }

  /** Reads everything in the background and goes on looking for changes. */
  start(): void {
    void this.refresh("whole");
    this.#timer = setInterval(() => {
      const old = millis(this.#parts.clock.now()) - this.#builtAt >= WHOLE_MILLIS;
      void this.refresh(old ? "whole" : "changes");
    }, LOOK_MILLIS);
    this.#timer.unref();
  }

  /** Resolves when what is in the library and the lists now has been delivered; a fault is logged and tried again. */
  async refresh(wanted: Wanted): Promise<void> {
    if (this.#closed) return;
    this.#wanted = wanted === "whole" || this.#wanted === "whole" ? "whole" : "changes";
    // What is under way may have read too early already, so this asks for a round of its own after it.
    while (this.#running !== undefined) await this.#running;
    if (this.#wanted === undefined || this.#closed) return;
    const round = this.#wanted;
    this.#wanted = undefined;
    this.#running = this.#round(round)
      .catch((error: unknown) => {
        if (!this.#closed) this.#parts.log.error({ err: error }, "the indicators could not be renewed");
        this.#forget();
      })
      .finally(() => {
        this.#running = undefined;
      });
    await this.#running;
  }

  /** The warninglists are read again with the next round, which begins at once. */
  async renewWarninglists(): Promise<void> {
    this.#knownIsOld = true;
    await this.refresh("changes");
  }

  /** The warninglists at work; undefined until they were read once. */
  get known(): KnownImage | undefined {
    return this.#known;
  }

  async stop(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#thread?.terminate();
    await this.#running;
  }

  async #round(wanted: Wanted): Promise<void> {
    const { clock, lists, log, deliver, records, scope } = this.#parts;
    const began = performance.now();
    const job = await scope();
    if (this.#known === undefined || this.#knownIsOld) {
      this.#knownIsOld = false;
      const changes = await records.within(job, warninglistChanges);
      const answer = await this.#ask({ kind: "warninglists", folder: this.#parts.warninglists, changes });
      if (answer.kind === "warninglists") {
        this.#known = answer.known;
        this.#readers = "";
        tell(log, answer.faults, "warninglist passed over");
      }
    }
    let changed = await this.#readLibrary(job, wanted === "whole" || this.#image === undefined);
    const state = lists.map(stateOf).join("\n\n");
    changed ||= state !== this.#lists || this.#image === undefined;
    const now = millis(clock.now());
    if (changed || wanted === "whole") {
      const present = lists.filter((list) => existsSync(list.path));
      for (const list of lists)
        if (!present.includes(list))
          log.warn({ list: list.name, path: list.path }, "an indicator list is not there");
      const answer = await this.#ask({ kind: "build", now, owner: job.orgId, lists: present });
      if (answer.kind !== "build") return;
      tell(log, answer.faults, "an indicator is left out");
      for (const [source, count] of Object.entries(answer.counts)) this.#held.set({ source }, count);
      this.#image = answer.image;
      this.#lists = state;
      this.#builtAt = now;
      this.#readers = "";
      const seconds = (performance.now() - began) / 1000;
      this.#seconds.set(seconds);
      log.info({ indicators: answer.image.size, seconds }, "indicators renewed");
    }
    const readers = await orgReaders(records);
    const text = JSON.stringify(readers);
    if (this.#image === undefined || text === this.#readers || this.#closed) return;
    deliver({ image: this.#image, uses: usesOf(this.#image.groups, readers), known: this.#known });
    this.#readers = text;
  }

  async #readLibrary(scope: Scope, whole: boolean): Promise<boolean> {
    let changed = false;
    let reset = whole;
    let next: number | undefined = whole ? 0 : this.#after;
    while (next !== undefined) {
      const after: number = next;
      const page = await this.#parts.records.within(scope, (work) =>
        libraryIndicators(work, { after, limit: PAGE }),
      );
      const last = page.indicators.at(-1);
      if (last !== undefined || reset) {
        const answer = await this.#ask({ kind: "library", reset, versions: page.indicators });
        changed ||= answer.kind === "library" && answer.changed;
        reset = false;
      }
      this.#after = last?.seq ?? after;
      next = page.next;
    }
    return changed;
  }

  /** Begins anew with a new thread at the next round. */
  #forget(): void {
    void this.#thread?.terminate();
    this.#thread = undefined;
    this.#image = undefined;
    this.#known = undefined;
    this.#readers = "";
  }

  #ask(ask: BuilderAsk): Promise<BuilderAnswer> {
    return new Promise((done, fail) => {
      this.#answered = (answer) => {
        this.#answered = undefined;
        if (answer instanceof Error) fail(answer);
        else if (answer.kind === "failed") fail(new Error(answer.message));
        else done(answer);
      };
      if (this.#closed) this.#answered(new Error("the node is stopping"));
      else this.#worker().postMessage(ask);
    });
  }

  #worker(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(new URL("./builder-thread.ts", import.meta.url));
    this.#thread = thread;
    thread.unref();
    thread.on("message", (answer: BuilderAnswer) => this.#answered?.(answer));
    thread.on("error", (error: Error) => this.#answered?.(error));
    thread.on("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
      this.#answered?.(new Error("the thread that builds the indicators ended"));
    });
    return thread;
  }
}

function tell(log: Log, faults: readonly Fault[], message: string): void {
  for (const fault of faults) log.warn({ ...fault }, message);
}
