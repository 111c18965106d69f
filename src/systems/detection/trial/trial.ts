import { Worker } from "node:worker_threads";
import { type Clock, instantOf, millis } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import type { Scope } from "../../../core/scope.ts";
import type { EventStore } from "../../../platform/events/store.ts";
import type { Log } from "../../../platform/log/log.ts";
import { passing } from "../collect/search.ts";
import type { KnownImage } from "../indicators/known.ts";
import { LOG_TABLE } from "../pipeline/log-table.ts";
import type { RuleFolders } from "../pipeline/rules.ts";
import { faultOf } from "../sigma/model.ts";
import { TRIAL_SECONDS, type TrialLine, type TrialRequest } from "./model.ts";
import { TRIAL_COLUMNS, type TrialRow } from "./row.ts";
import type { TrialAnswer, TrialAsk, TrialData } from "./thread.ts";

export interface TrialsParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly folders: RuleFolders;
  readonly log: Log;
  /** The warninglists as the pipeline has them; undefined before they are read. */
  readonly known: () => KnownImage | undefined;
  /** Seconds after which a trial ends; TRIAL_SECONDS unless told. */
  readonly seconds?: number;
}

/** Trials at the same time in one process: each takes a thread. */
const MOST_AT_ONCE = 2;
const BUSY_SECONDS = 5;
/** Records of one question to the store: some milliseconds of the thread that answers requests. */
const PAGE = 2_000;
const MOST_SPANS = 5_000;
const TELL_MILLIS = 400;
const OLD_MIB = 768;

/** The lines of a trial; `return` stops it. */
export interface TrialLines extends AsyncIterableIterator<TrialLine, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** One stretch of time and how many records lie in it. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Tries drafts of rules on stored records. */
export class Trials {
  readonly #parts: TrialsParts;
  #running = 0;

  constructor(parts: TrialsParts) {
    this.#parts = parts;
  }

  /**
   * Reads the draft and begins. What is answered are the lines of the trial, the newest records first; whoever stops
   * reading them ends it. Throws http.invalid with every fault of the draft, rules.trial-busy when too many run.
   */
  async begin(scope: Scope, request: TrialRequest): Promise<TrialLines> {
    if (this.#running >= MOST_AT_ONCE)
      throw new Problem("rules.trial-busy", {
        detail: `${this.#running} trials are under way`,
        retryAfter: BUSY_SECONDS,
      });
    this.#running++;
    const stop = new AbortController();
    const { folders, known, log } = this.#parts;
    const thread = new TrialThread({
      text: request.text,
      folders,
      events: request.events,
      known: known(),
    });
    const end = () => {
      if (stop.signal.aborted) return;
      stop.abort();
      thread.end();
      this.#running--;
    };
    try {
      const first = await thread.first;
      if (first.kind === "refused")
        throw new Problem("http.invalid", {
          detail: "the draft has faults",
          faults: first.faults.map((fault) => ({ ...faultOf(fault), path: placeOf(fault) })),
        });
      if (first.kind !== "ready") throw new Error(`unexpected answer ${first.kind}`);
      const lines = this.#lines(scope, request, thread, first, stop.signal);
      return ended(lines, end, log);
    } catch (error) {
      end();
      throw error;
    }
  }

  async *#lines(
    scope: Scope,
    request: TrialRequest,
    thread: TrialThread,
    { rules, warnings }: Extract<TrialAnswer, { kind: "ready" }>,
    signal: AbortSignal,
  ): AsyncGenerator<TrialLine> {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    const spans = await this.#spans(scope, request, signal);
    const total = spans.reduce((sum, { count }) => sum + count, 0);
    yield { kind: "rules", rules: [...rules], warnings: [...warnings], total };
    let looked = 0;
    let matched = 0;
    let reached = request.to;
    let told = began;
    let ending: Extract<TrialLine, { kind: "done" }>["end"] = "complete";
    let under: Promise<TrialAnswer> | undefined;
    const most = this.#parts.seconds ?? TRIAL_SECONDS;
    for await (const { rows, upto } of this.#pages(scope, request, spans, signal)) {
      // The page before is met while this one was read.
      const answer = await under;
      if (answer?.kind === "met") matched = answer.matched;
      const taken = rows.slice(0, request.rows - looked);
      looked += taken.length;
      reached = taken.length === rows.length ? upto : (taken.at(-1)?.time ?? upto);
      under = thread.ask({ kind: "rows", rows: taken });
      if (looked >= request.rows && looked < total) ending = "rows";
      else if (seconds() >= most && looked < total) ending = "time";
      if (ending !== "complete") break;
      if (performance.now() - told < TELL_MILLIS) continue;
      told = performance.now();
      yield { kind: "progress", looked, reached, matched };
    }
    await under;
    if (ending === "complete") reached = request.from;
    const answer = await thread.ask({ kind: "finish" });
    if (answer.kind !== "finished") throw new Error(`unexpected answer ${answer.kind}`);
    const { results, leftOut } = answer;
    yield {
      kind: "done",
      end: ending,
      looked,
      total,
      reached: instantOf(millis(reached)),
      seconds: seconds(),
      leftOut,
      results: [...results],
    };
  }

  /** Stretches of time with the records in them, the newest first; each is near a page. */
  async #spans(scope: Scope, { from, to, org }: TrialRequest, signal: AbortSignal): Promise<Span[]> {
    const where = passing(scope, { from, to, org });
    const counted = async (step: number) => {
      const rows = await this.#parts.events.query<{ span: string; count: string }>({
        sql: `SELECT toString(intDiv(toUnixTimestamp64Milli(time), {step:Int64})) AS span, count() AS count
          FROM ${LOG_TABLE.name} WHERE ${where.sql} GROUP BY span ORDER BY toInt64(span) DESC`,
        params: { ...where.params, step },
        signal,
      });
      return rows.map(({ span, count }) => ({
        from: Math.max(Number(span) * step, millis(from)),
        to: Math.min((Number(span) + 1) * step, millis(to)),
        count: Number(count),
      }));
    };
    const length = millis(to) - millis(from);
    const [whole] = await this.#parts.events.query<{ total: string }>({
      sql: `SELECT count() AS total FROM ${LOG_TABLE.name} WHERE ${where.sql}`,
      params: where.params,
      signal,
    });
    const pages = Math.ceil(Number(whole?.total ?? 0) / PAGE);
    if (pages === 0) return [];
    const step = Math.max(1, Math.ceil(length / Math.min(MOST_SPANS, pages * 2)));
    return merged(await counted(step));
  }

  /** The records of the spans, a page at a time; after `upto` nothing is left out. */
  async *#pages(
    scope: Scope,
    { org }: TrialRequest,
    spans: readonly Span[],
    signal: AbortSignal,
  ): AsyncGenerator<{ rows: TrialRow[]; upto: string }> {
    for (const span of spans) {
      const [from, to] = [instantOf(span.from), instantOf(span.to)];
      const where = passing(scope, { from, to, org });
      const several = span.count > 2 * PAGE;
      let after: TrialRow | undefined;
      for (;;) {
        const further =
          after === undefined ? "" : " AND (time, event_id) < ({after_time:DateTime64(3)}, {after_id:UUID})";
        const rows: TrialRow[] = await this.#parts.events.query<TrialRow>({
          sql: `SELECT ${TRIAL_COLUMNS} FROM ${LOG_TABLE.name} WHERE ${where.sql}${further}
            ORDER BY time DESC, event_id DESC${several ? ` LIMIT ${PAGE}` : ""}`,
          params: {
            ...where.params,
            ...(after !== undefined && { after_time: after.time, after_id: after.event_id }),
          },
          signal,
        });
        const last = rows.at(-1);
        const isWhole = !several || rows.length < PAGE;
        if (last !== undefined || isWhole) yield { rows, upto: isWhole ? from : (last?.time ?? from) };
        if (isWhole || last === undefined) break;
        after = last;
      }
    }
  }
}

/** Small neighbours as one. */
function merged(spans: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const span of spans) {
    const before = out.at(-1);
    if (before !== undefined && before.count + span.count <= PAGE)
      out[out.length - 1] = { from: span.from, to: before.to, count: before.count + span.count };
    else out.push(span);
  }
  return out;
}

/** `12: detection.selection`: line and place in the draft. */
function placeOf({ line, path }: { readonly line: number; readonly path: string }): string {
  return path === "" ? String(line) : `${line}: ${path}`;
}

/**
 * The same lines; `end` is called when they end, whoever ends them, and be it before the first was read. What goes wrong on
 * the way is the last line.
 */
function ended(lines: AsyncGenerator<TrialLine>, end: () => void, log: Log): TrialLines {
  const over = { done: true, value: undefined } as const;
  const it: TrialLines = {
    async next() {
      try {
        const line = await lines.next();
        if (line.done === true) end();
        return line.done === true ? over : line;
      } catch (error) {
        end();
        if (!(error instanceof Problem)) log.error({ err: error }, "a trial of rules failed");
        const code = error instanceof Problem ? error.code : "http.internal";
        return { done: false, value: { kind: "failed", code } };
      }
    },
    async return() {
      end();
      await lines.return(undefined);
      return over;
    },
    [Symbol.asyncIterator]: () => it,
  };
  return it;
}

/** The thread of one trial; it asks one thing at a time. */
class TrialThread {
  readonly first: Promise<TrialAnswer>;
  readonly #worker: Worker;
  #done: ((answer: TrialAnswer) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  constructor(data: TrialData) {
    this.#worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: OLD_MIB },
    });
    this.first = this.#next();
    this.#worker.on("message", (answer: TrialAnswer) => this.#done?.(answer));
    this.#worker.on("error", (error: Error) => this.#fail?.(error));
    this.#worker.on("exit", () => this.#fail?.(new Error("the thread of the trial ended")));
  }

  ask(ask: TrialAsk): Promise<TrialAnswer> {
    const answer = this.#next();
    this.#worker.postMessage(ask);
    return answer;
  }

  end(): void {
    void this.#worker.terminate();
  }

  #next(): Promise<TrialAnswer> {
    const answer = new Promise<TrialAnswer>((done, fail) => {
      this.#done = done;
      this.#fail = fail;
    });
    // Whoever stopped the trial does not wait for it.
    answer.catch(() => undefined);
    return answer;
  }
}
