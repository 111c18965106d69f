export { Correlator, type NamesOf } from "./correlator.ts";
export { type LinkedCorrelations, linkCorrelations, type NamedRule } from "./link.ts";
export { type CorrelationSet, correlationSet, loadCorrelations, readCorrelations } from "./load.ts";
export type { CorrelationMatch, CorrelatorCounters, CorrelatorOptions, RuleHit } from "./model.ts";
export { type CorrelationRule, readCorrelation } from "./rule.ts";
export type { Snapshot } from "./snapshot.ts";
