import type { CorrelatorCounters } from "./model.ts";
import type { PendingSnapshot } from "./pending.ts";
import type { CorrelationRule } from "./rule.ts";

/** One entry of a window. */
export interface EntrySnapshot {
  readonly at: number;
  readonly eventId: string;
  readonly position: number;
  readonly value?: string | number;
}

export interface WindowSnapshot {
  readonly key: string;
  /** Null when it never fired. */
  readonly firedAt: number | null;
  readonly entries: readonly EntrySnapshot[];
}

/** The state of a correlator as JSON holds it. */
export interface Snapshot {
  readonly version: 1;
  readonly counters: CorrelatorCounters;
  readonly pending: PendingSnapshot;
  readonly rules: readonly {
    readonly id: string;
    readonly fingerprint: string;
    readonly windows: readonly WindowSnapshot[];
  }[];
}

/** Differs when anything differs that windows depend on. */
export function fingerprintOf(rule: CorrelationRule): string {
  const { type, rules, groupBy, span, fields, percentile, ranges, condition, aliases } = rule;
  const fieldsOf = [...aliases].map(([name, of]) => [name, [...of]]);
  return JSON.stringify([type, rules, groupBy, span, fields, percentile, ranges, condition, fieldsOf]);
}
