import { parentPort, workerData } from "node:worker_threads";
import { type Fault, Problem } from "../../../core/problem.ts";
import type { Rule } from "../catalog/model.ts";
import type { CorrelationSet } from "../correlation/index.ts";
import { IndicatorPass, type IndicatorSet } from "../indicators/pass.ts";
import { ParsedFiles } from "../sigma/index.ts";
import type { RuleFault } from "../sigma/model.ts";
import type { BatchLines, BatchResult, BatchTask } from "./batch.ts";
import { faultsOfBatch, processBatch } from "./process.ts";
import { loadMatcher, type RuleFolders } from "./rules.ts";

/** What the thread is started with; `parsed` is what another made of the same files. */
export interface WorkerData {
  readonly folders: RuleFolders;
  readonly parsed: Uint8Array | undefined;
}

/** What the node asks of the thread; `id` comes back with the answer. */
export type Ask =
  | { readonly id: number; readonly kind: "process"; readonly task: BatchTask }
  | { readonly id: number; readonly kind: "check"; readonly batch: BatchLines }
  /** From the next batch on; not answered. */
  | { readonly kind: "indicators"; readonly set: IndicatorSet };

/** What the thread answers; `ready` once, before anything else. */
export type Answer =
  | {
      readonly kind: "ready";
      readonly rules: number;
      readonly catalog: readonly Rule[];
      readonly correlations: CorrelationSet;
      readonly faults: readonly RuleFault[];
      /** Files that it read, for the next thread; undefined where nothing is new. How many it had to read. */
      readonly parsed: Uint8Array | undefined;
      readonly read: number;
    }
  | { readonly kind: "processed"; readonly id: number; readonly result: BatchResult }
  | { readonly kind: "checked"; readonly id: number; readonly faults: readonly Fault[] }
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly message: string;
      readonly faults?: readonly Fault[];
    };

const port = parentPort;
if (port === null) throw new Error("this module runs as a worker thread");

const { folders, parsed: before } = workerData as WorkerData;
const parsed = new ParsedFiles(before);
const { matcher, size, rules, correlations, faults } = loadMatcher(folders, parsed);

let indicators: IndicatorPass | undefined;

function answer(ask: Exclude<Ask, { kind: "indicators" }>): Answer {
  try {
    if (ask.kind === "check") return { kind: "checked", id: ask.id, faults: faultsOfBatch(ask.batch) };
    return { kind: "processed", id: ask.id, result: processBatch(ask.task, matcher, indicators) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "failed", id: ask.id, message, ...(error instanceof Problem && { faults: error.faults }) };
  }
}

port.on("message", (ask: Ask) => {
  if (ask.kind === "indicators") {
    indicators = new IndicatorPass(ask.set);
    return;
  }
  const said = answer(ask);
  port.postMessage(said, said.kind === "processed" ? [said.result.rows.buffer] : []);
});
port.postMessage({
  kind: "ready",
  rules: size,
  catalog: rules,
  correlations,
  faults,
  parsed: parsed.shared(),
  read: parsed.read,
} satisfies Answer);
