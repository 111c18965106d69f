import type { Linked } from "./acts.ts";
import { type IndicatorType, NewIndicator } from "./model.ts";

/** An alert's entity as detection tells it: `ip`, `domain`, `url`, `hash` or `user`. */
export interface AlertEntity {
  readonly type: string;
  readonly value: string;
  readonly internal: boolean;
}

const HASHES: Readonly<Record<number, IndicatorType>> = { 32: "md5", 40: "sha1", 64: "sha256" };

/**
 * What the alerts speak of as indicators of the incident, seen from the first alert's first event to the last one's
 * last. The organisation's own addresses and users point to no intruder and stay with the alert; what is no lawful
 * value of its type (logs hold broken ones) stays there as well.
 */
export function fromAlerts(
  alerts: readonly { readonly firstSeen: string; readonly lastSeen: string }[],
  entities: readonly AlertEntity[],
): Linked["indicators"] {
  const first = alerts.map((alert) => alert.firstSeen).sort()[0];
  const last = alerts
    .map((alert) => alert.lastSeen)
    .sort()
    .at(-1);
  if (first === undefined || last === undefined) return [];
  return entities.flatMap((entity) => {
    const type = entity.internal ? undefined : typeOf(entity);
    const read = NewIndicator.safeParse({ type, value: entity.value });
    return read.success ? [{ ...read.data, firstSeen: first, lastSeen: last }] : [];
  });
}

function typeOf({ type, value }: AlertEntity): IndicatorType | undefined {
  if (type === "ip") return value.includes(":") ? "ipv6" : "ipv4";
  if (type === "hash") return HASHES[value.length];
  return type === "domain" || type === "url" ? type : undefined;
}
