import { type Instant, millis } from "../../../core/instant.ts";
import type { AlertLevel } from "../alerts/index.ts";

const HOUR_MILLIS = 3_600_000;
/** Pauses of so many days are looked at. */
export const RHYTHM_DAYS = 8;
const LEAST_MINUTES = 15;
const MOST_MINUTES = 7 * 24 * 60;
const LEAST_KNOWN_HOURS = 24;
const LEAST_ACTIVE_HOURS = 6;
const TIMES = 3;
const OUTAGE = 5;

/** What is known of when a source speaks. */
export interface Rhythm {
  /** What a person or the configuration says; 0: it may be silent as long as it likes; undefined: it is learnt. */
  readonly configured: number | undefined;
  readonly firstSeen: Instant;
  /** For each hour of the last eight days with lines: the longest pause that ended in it, in seconds. */
  readonly pauses: readonly number[];
}

/**
 * After how many minutes without a line a source counts as silent; undefined when it is not watched. What somebody
 * says goes first. Otherwise it is three times the longest pause of the last eight days, at least 15
 * minutes and at most seven days, once the source is known for a day and spoke in six different hours. A single pause
 * more than five times as long as the next one was an outage, not its rhythm.
 */
export function silentAfter({ configured, firstSeen, pauses }: Rhythm, now: Instant): number | undefined {
  if (configured !== undefined) return configured === 0 ? undefined : configured;
  const known = (millis(now) - millis(firstSeen)) / HOUR_MILLIS;
  if (known < LEAST_KNOWN_HOURS || pauses.length < LEAST_ACTIVE_HOURS) return undefined;
  const [longest = 0, next = 0] = pauses.toSorted((a, b) => b - a);
  const pause = longest > OUTAGE * Math.max(next, 1) ? next : longest;
  return Math.min(MOST_MINUTES, Math.max(LEAST_MINUTES, Math.ceil((TIMES * pause) / 60)));
}

/**
 * Since when a source is silent; undefined while it is not. What nobody could have taken in, before this node started,
 * is not held against it.
 */
export function silentSince(
  source: { readonly firstSeen: Instant; readonly lastSeen: Instant | undefined },
  afterMinutes: number | undefined,
  startedAt: Instant,
  now: Instant,
): Instant | undefined {
  if (afterMinutes === undefined) return undefined;
  const quiet = source.lastSeen ?? source.firstSeen;
  const from = quiet > startedAt ? quiet : startedAt;
  return millis(now) - millis(from) > afterMinutes * 60_000 ? quiet : undefined;
}

/** Somebody asked to hear of this one; of a rhythm that was only learnt a milder word suffices. */
export function silenceLevel(configured: number | undefined): AlertLevel {
  return configured === undefined ? "medium" : "high";
}

/** `2 天 3 小時 5 分`, `2 d 3 h 5 min`: to the minute, without parts that are nothing. */
export function lengthOf(milliseconds: number): { zh: string; en: string } {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  const parts = [
    { count: Math.floor(minutes / 1_440), zh: "天", en: "d" },
    { count: Math.floor(minutes / 60) % 24, zh: "小時", en: "h" },
    { count: minutes % 60, zh: "分", en: "min" },
  ].filter(({ count }, at) => count > 0 || (at === 2 && minutes === 0));
  return {
    zh: parts.map(({ count, zh }) => `${count} ${zh}`).join(" "),
    en: parts.map(({ count, en }) => `${count} ${en}`).join(" "),
  };
}
