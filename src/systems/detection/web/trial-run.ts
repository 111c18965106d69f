import { useEffect, useRef, useState } from "react";
import { ApiProblem, api } from "../../../web/kit.ts";
import type { TrialLine, TrialRequest } from "../model.ts";

type Of<Kind extends TrialLine["kind"]> = Extract<TrialLine, { kind: Kind }>;

/** How a trial stands. */
export interface TrialState {
  readonly running: boolean;
  readonly stopped: boolean;
  readonly rules: Of<"rules"> | undefined;
  readonly progress: Of<"progress"> | undefined;
  readonly done: Of<"done"> | undefined;
  /** A refusal, the faults of the draft among it, or what broke it off. */
  readonly problem: ApiProblem | undefined;
}

const IDLE: TrialState = {
  running: false,
  stopped: false,
  rules: undefined,
  progress: undefined,
  done: undefined,
  problem: undefined,
};

/** Runs trials, one at a time; a page that is left stops its own. */
export function useTrial(): {
  readonly state: TrialState;
  run(request: Partial<TrialRequest>): Promise<void>;
  stop(): void;
} {
  const [state, setState] = useState(IDLE);
  const under = useRef<AbortController>(undefined);
  useEffect(() => () => under.current?.abort(), []);
  const run = async (request: Partial<TrialRequest>) => {
    under.current?.abort();
    const own = new AbortController();
    under.current = own;
    const set = (change: Partial<TrialState>) => {
      if (under.current === own) setState((before) => ({ ...before, ...change }));
    };
    setState({ ...IDLE, running: true });
    try {
      for await (const line of api.lines<TrialLine>("/api/v1/rules/try", request, own.signal)) {
        if (line.kind === "rules") set({ rules: line });
        else if (line.kind === "progress") set({ progress: line });
        else if (line.kind === "done") set({ done: line, running: false });
        else set({ problem: new ApiProblem(line.code), running: false });
      }
      set({ running: false });
    } catch (error) {
      if (own.signal.aborted) set({ running: false, stopped: true });
      else {
        const problem = error instanceof ApiProblem ? error : new ApiProblem("offline");
        set({ running: false, problem });
      }
    }
  };
  return { state, run, stop: () => under.current?.abort() };
}
