import { ALERT_LEVELS, type AlertLevel } from "../alerts/model.ts";
import type { IndicatorKind } from "./image.ts";

/**
 * How bad a sight of an indicator is. By confidence in thirds as STIX 2.1 names them (appendix A, None/Low/Med/High):
 * 70 and more high, 30 and more medium, 1 and more low, 0 informational; none given is taken for high. An address is a
 * step lower, since addresses are shared and change hands; what is only anomalous or an anonymiser is medium at most.
 */
export function levelOf(
  kind: IndicatorKind,
  {
    confidence,
    types = [],
  }: { readonly confidence?: number | undefined; readonly types?: readonly string[] },
): AlertLevel {
  const sure = confidence ?? 100;
  const base = sure >= 70 ? "high" : sure >= 30 ? "medium" : sure >= 1 ? "low" : "informational";
  const mild = types.length > 0 && types.every((type) => MILD.includes(type));
  const rank = Math.min(
    ALERT_LEVELS.indexOf(base),
    mild ? ALERT_LEVELS.indexOf("medium") : ALERT_LEVELS.length,
  );
  return ALERT_LEVELS[Math.max(0, kind === "ip" ? rank - 1 : rank)] ?? "informational";
}

/** Types of indicators (STIX 2.1 section 10.6) that alone do not speak of malice. */
const MILD = ["anomalous-activity", "anonymization", "unknown"];

export function worse(one: AlertLevel, other: AlertLevel): AlertLevel {
  return ALERT_LEVELS.indexOf(one) >= ALERT_LEVELS.indexOf(other) ? one : other;
}
