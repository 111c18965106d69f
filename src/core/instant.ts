/** An instant as text: ISO 8601 in UTC with milliseconds, `2026-11-23T01:02:03.000Z`. Compares as text. */
export type Instant = string;

/** Where the time comes from. Tests pass their own; nothing in the domain calls `Date.now()`. */
export interface Clock {
  now(): Instant;
}

export const systemClock: Clock = { now: () => new Date().toISOString() };

/** Milliseconds since 1970. Throws on text that is no instant. */
export function millis(instant: Instant): number {
  const value = Date.parse(instant);
  if (Number.isNaN(value)) throw new RangeError(`not an instant: ${instant}`);
  return value;
}

export function instantOf(value: number | Date): Instant {
  return new Date(value).toISOString();
}

export function addMillis(instant: Instant, amount: number): Instant {
  return instantOf(millis(instant) + amount);
}

export function addHours(instant: Instant, hours: number): Instant {
  return addMillis(instant, hours * 3_600_000);
}

/**
 * The same day of a later month in `zone`, at the same wall time; the last day where the month is shorter
 * (民法 Art. 121: a period of months ends on the corresponding day, or on the last day of that month).
 * Offsets are whole minutes and taken at the start; fine for zones without summer time such as Asia/Taipei.
 */
export function addMonths(instant: Instant, months: number, offsetMinutes = 480): Instant {
  const local = new Date(millis(instant) + offsetMinutes * 60_000);
  const day = local.getUTCDate();
  local.setUTCDate(1);
  local.setUTCMonth(local.getUTCMonth() + months);
  const last = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
  local.setUTCDate(Math.min(day, last));
  return instantOf(local.getTime() - offsetMinutes * 60_000);
}
