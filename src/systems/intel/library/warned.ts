import { INDICATOR_TYPES, type IndicatorType } from "../model.ts";
import type { WarninglistChecker } from "../warninglists/checker.ts";
import type { Value } from "./model.ts";

const CHECKED: ReadonlySet<string> = new Set(INDICATOR_TYPES);

/** Names of the warninglists that know a value as something that is no threat. */
export function listsThatKnow(warninglists: WarninglistChecker, { kind, value }: Value): string[] {
  return CHECKED.has(kind) ? warninglists.check(kind as IndicatorType, value).map(({ list }) => list) : [];
}
