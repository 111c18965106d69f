import { INDICATOR_TYPES, type IndicatorType, type ValueWarning } from "../model.ts";
import type { WarninglistChecker } from "../warninglists/checker.ts";
import type { Value } from "./model.ts";

const CHECKED: ReadonlySet<string> = new Set(INDICATOR_TYPES);

/** Those of the values that warninglists may know. */
export function checkable(values: readonly Value[]): { type: IndicatorType; value: string }[] {
  return values.flatMap(({ kind, value }) =>
    CHECKED.has(kind) ? [{ type: kind as IndicatorType, value }] : [],
  );
}

/** What warninglists know of values as no threat. */
export function warningsOf(warninglists: WarninglistChecker, values: readonly Value[]): ValueWarning[] {
  return warninglists.warnings(checkable(values));
}
