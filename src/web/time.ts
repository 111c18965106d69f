import { type Instant, millis } from "../core/instant.ts";
import type { Translate } from "./i18n.ts";

/** Taiwan keeps no summer time. */
const TAIPEI_MINUTES = 480;

/** `2026-11-23 14:05` in Asia/Taipei; with seconds when asked. An instant that is none comes back as it is. */
export function taipei(at: Instant | number, seconds = false): string {
  const value = typeof at === "number" ? at : Date.parse(at);
  if (!Number.isFinite(value)) return String(at);
  const text = new Date(value + TAIPEI_MINUTES * 60_000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, seconds ? 19 : 16)}`;
}

const FULL = /^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})[ T]?(\d{1,2})[:.]?(\d{2})$/;
const CLOCK = /^(\d{1,2})[:.]?(\d{2})$/;

/**
 * What a person types as a time in Asia/Taipei: `2026-11-23 14:05`, `20261123 1405`, or `14:05` for the day of
 * `now`. Undefined when it is no time.
 */
export function instantTyped(text: string, now: number): Instant | undefined {
  const trimmed = text.trim().replaceAll("：", ":");
  const today = taipei(now).slice(0, 10).split("-");
  const clock = CLOCK.exec(trimmed);
  const parts = clock === null ? FULL.exec(trimmed)?.slice(1) : [...today, clock[1], clock[2]];
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.map(Number);
  const value = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const same = value.getUTCMonth() === month - 1 && value.getUTCDate() === day;
  if (!same || hour > 23 || minute > 59) return undefined;
  return new Date(value.getTime() - TAIPEI_MINUTES * 60_000).toISOString();
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span in words, two units at most: 22 分鐘, 3 小時 20 分, 5 天 4 小時. Counts whole minutes downwards. */
export function spanWords(span: number, t: Translate): string {
  const minutes = Math.floor(span / MINUTE);
  if (minutes < 1) return t("kit:span.moment");
  if (span < HOUR) return t("kit:span.minutes", { minutes });
  if (span < 2 * DAY) {
    const hours = Math.floor(span / HOUR);
    const rest = minutes % 60;
    return rest === 0 || hours >= 10
      ? t("kit:span.hours", { hours })
      : t("kit:span.hours-minutes", { hours, minutes: rest });
  }
  const days = Math.floor(span / DAY);
  const hours = Math.floor((span % DAY) / HOUR);
  return hours === 0 || days >= 10 ? t("kit:span.days", { days }) : t("kit:span.days-hours", { days, hours });
}

/** How near a deadline is: `far`, `soon` (within `soonMinutes`), `overdue`. */
export function nearness(due: Instant, now: number, soonMinutes = 60): "far" | "soon" | "overdue" {
  const left = millis(due) - now;
  if (left < 0) return "overdue";
  return left <= soonMinutes * MINUTE ? "soon" : "far";
}

/** 剩 22 分鐘 or 逾期 3 小時. */
export function leftWords(due: Instant, now: number, t: Translate): string {
  const left = millis(due) - now;
  if (Math.abs(left) < MINUTE) return t(left < 0 ? "kit:left.overdue-moment" : "kit:left.moment");
  const span = spanWords(Math.abs(left), t);
  return left < 0 ? t("kit:left.overdue", { span }) : t("kit:left.left", { span });
}

/** 5 分鐘前; undefined for what is older than two days, where the date says more. */
export function agoWords(at: Instant, now: number, t: Translate): string | undefined {
  const age = now - millis(at);
  if (age >= 2 * DAY || age < -MINUTE) return undefined;
  return age < MINUTE ? t("kit:ago.now") : t("kit:ago.ago", { span: spanWords(age, t) });
}
