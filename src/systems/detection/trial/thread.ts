import { parentPort, workerData } from "node:worker_threads";
import { type KnownImage, KnownValues } from "../indicators/known.ts";
import type { RuleFolders } from "../pipeline/rules.ts";
import type { RuleFault } from "../sigma/model.ts";
import { readDraft } from "./draft.ts";
import type { TrialResult, TrialRule } from "./model.ts";
import { recordOfRow, type TrialRow } from "./row.ts";
import { TrialTally } from "./tally.ts";

/** What a trial's thread is started with. */
export interface TrialData {
  readonly text: string;
  readonly folders: RuleFolders;
  readonly events: number;
  readonly known: KnownImage | undefined;
}

/** Each is answered once, in order. */
export type TrialAsk =
  | { readonly kind: "rows"; readonly rows: readonly TrialRow[] }
  | { readonly kind: "finish" };

/** `ready` or `refused` comes first, unasked. */
export type TrialAnswer =
  | { readonly kind: "ready"; readonly rules: readonly TrialRule[]; readonly warnings: readonly RuleFault[] }
  | { readonly kind: "refused"; readonly faults: readonly RuleFault[] }
  | { readonly kind: "met"; readonly matched: number }
  | { readonly kind: "finished"; readonly results: readonly TrialResult[]; readonly leftOut: number };

const port = parentPort;
if (port === null) throw new Error("this module runs as a worker thread");
const say = (answer: TrialAnswer) => port.postMessage(answer);

const { text, folders, events, known } = workerData as TrialData;
const draft = readDraft(text, folders);
const faults = draft.issues.filter(({ severity }) => severity === "fault");
if (faults.length > 0) say({ kind: "refused", faults });
else {
  const tally = new TrialTally(draft, {
    events,
    known: known === undefined ? undefined : new KnownValues(known),
  });
  port.on("message", (ask: TrialAsk) => {
    if (ask.kind === "finish") {
      const results = tally.finish();
      say({ kind: "finished", results, leftOut: tally.leftOut });
      return;
    }
    for (const row of ask.rows) tally.meet(recordOfRow(row));
    say({ kind: "met", matched: tally.matched });
  });
  say({ kind: "ready", rules: draft.rules, warnings: draft.issues });
}
