import type { ParseContext } from "../parser.ts";

/** Milliseconds since 1970 and where the text goes on. */
export interface ReadTime {
  readonly at: number;
  readonly end: number;
}

const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
const MINUTE = 60_000;
const DAY = 86_400_000;
const TAIPEI_MINUTES = 480;

/** The instant of a time on the wall, given as if it were UTC, in the zone that the context says. */
function utcOf(wall: number, { zoneMinutes, zone, receivedAt }: ParseContext): number {
  if (zoneMinutes === undefined && zone !== undefined) return zone.utcOf(wall, receivedAt);
  return wall - (zoneMinutes ?? TAIPEI_MINUTES) * MINUTE;
}

/** The number written in exactly `count` digits at `from`, or -1. */
export function digitsAt(text: string, from: number, count: number): number {
  if (from + count > text.length) return -1;
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** 0 to 11 for `Nov` at `from`, or -1. */
function monthAt(text: string, from: number): number {
  if (from + 3 > text.length) return -1;
  // Most texts that are asked for a month begin with something else than a letter.
  if (text.charCodeAt(from) < 65) return -1;
  const at = MONTHS.indexOf(text.slice(from, from + 3).toLowerCase());
  return at % 3 === 0 ? at / 3 : -1;
}

interface WallTime {
  /** Milliseconds since midnight. */
  readonly value: number;
  readonly end: number;
}

/** `10:11:12`, `10:11:12.345678` or `10:11:12,345`. */
function wallAt(text: string, from: number): WallTime | undefined {
  const hours = digitsAt(text, from, 2);
  const minutes = digitsAt(text, from + 3, 2);
  const seconds = digitsAt(text, from + 6, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return undefined;
  if (text[from + 2] !== ":" || text[from + 5] !== ":") return undefined;
  let end = from + 8;
  let fraction = 0;
  if (text[end] === "." || text[end] === ",") {
    let scale = 100;
    let at = end + 1;
    for (; at < text.length && at < end + 10; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      fraction += digit * scale;
      scale /= 10;
    }
    if (at > end + 1) end = at;
  }
  return { value: (hours * 60 + minutes) * MINUTE + seconds * 1000 + Math.floor(fraction), end };
}

/** Days of each month, of February in a leap year. */
const LENGTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days of a date that exists, as milliseconds; `undefined` for 31 April and for years no device has seen. */
function dayOf(year: number, month: number, day: number): number | undefined {
  if (year < 1970 || year > 2200 || month < 0 || month > 11 || day < 1 || day > 31) return undefined;
  const leap = month === 1 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0));
  return leap || day > (LENGTHS[month] ?? 0) ? undefined : Date.UTC(year, month, day);
}

/** `Z`, `+08:00`, `+0800`, `+08` or ` +08:00` at `from`: minutes east of UTC. */
export function offsetAt(text: string, from: number): { minutes: number; end: number } | undefined {
  const sign = text[from];
  if (sign === "Z" || sign === "z") return { minutes: 0, end: from + 1 };
  if (sign !== "+" && sign !== "-") return undefined;
  const hours = digitsAt(text, from + 1, 2);
  if (hours < 0 || hours > 14) return undefined;
  const colon = text[from + 3] === ":" ? 1 : 0;
  const rest = digitsAt(text, from + 3 + colon, 2);
  const minutes = hours * 60 + (rest >= 0 && rest < 60 ? rest : 0);
  return { minutes: sign === "-" ? -minutes : minutes, end: from + 3 + (rest >= 0 ? colon + 2 : 0) };
}

/** `2026-11-23T10:11:12.345+08:00`, also with a space for the T and without a zone. */
export function isoAt(text: string, from: number, context: ParseContext): ReadTime | undefined {
  if (text[from + 4] !== "-" || text[from + 7] !== "-") return undefined;
  const day = dayOf(digitsAt(text, from, 4), digitsAt(text, from + 5, 2) - 1, digitsAt(text, from + 8, 2));
  const between = text[from + 10];
  if (day === undefined || (between !== "T" && between !== " " && between !== "t")) return undefined;
  const wall = wallAt(text, from + 11);
  if (wall === undefined) return undefined;
  const offset = offsetAt(text, wall.end);
  return {
    at: offset === undefined ? utcOf(day + wall.value, context) : day + wall.value - offset.minutes * MINUTE,
    end: offset?.end ?? wall.end,
  };
}

/** `2026/11/23 10:11:12`, as firewalls and error logs of web servers write it. */
export function slashAt(text: string, from: number, context: ParseContext): ReadTime | undefined {
  if (text[from + 4] !== "/" || text[from + 7] !== "/" || text[from + 10] !== " ") return undefined;
  const day = dayOf(digitsAt(text, from, 4), digitsAt(text, from + 5, 2) - 1, digitsAt(text, from + 8, 2));
  const wall = wallAt(text, from + 11);
  if (day === undefined || wall === undefined) return undefined;
  return { at: utcOf(day + wall.value, context), end: wall.end };
}

/** ` UTC`, ` GMT` or ` GMT+08:00` behind a time that has no other zone. */
function namedZone(text: string, context: ParseContext): ParseContext {
  const at = Math.max(text.lastIndexOf(" UTC"), text.lastIndexOf(" GMT"));
  return at < 0 ? context : { ...context, zoneMinutes: offsetAt(text, at + 4)?.minutes ?? 0 };
}

/** Any of the forms of this file, or a count since 1970, at the start of the text. */
export function anyTime(text: string, context: ParseContext): number | undefined {
  const zone = namedZone(text, context);
  return (
    isoAt(text, 0, zone)?.at ??
    slashAt(text, 0, zone)?.at ??
    epochOf(text) ??
    clfAt(text, 0, zone)?.at ??
    dayMonthYearAt(text, 0, zone)?.at ??
    bsdAt(text, 0, zone)?.at
  );
}

/** `23-Nov-2026 10:11:12.345`, as BIND writes it. */
export function dayMonthYearAt(text: string, from: number, context: ParseContext): ReadTime | undefined {
  if (text[from + 2] !== "-" || text[from + 6] !== "-" || text[from + 11] !== " ") return undefined;
  const day = dayOf(digitsAt(text, from + 7, 4), monthAt(text, from + 3), digitsAt(text, from, 2));
  const wall = wallAt(text, from + 12);
  if (day === undefined || wall === undefined) return undefined;
  return { at: utcOf(day + wall.value, context), end: wall.end };
}

/** `10/Nov/2026:10:11:12 +0800`, as web servers write it. */
export function clfAt(text: string, from: number, context: ParseContext): ReadTime | undefined {
  if (text[from + 2] !== "/" || text[from + 6] !== "/" || text[from + 11] !== ":") return undefined;
  const day = dayOf(digitsAt(text, from + 7, 4), monthAt(text, from + 3), digitsAt(text, from, 2));
  const wall = wallAt(text, from + 12);
  if (day === undefined || wall === undefined) return undefined;
  const offset = text[wall.end] === " " ? offsetAt(text, wall.end + 1) : undefined;
  return {
    at: offset === undefined ? utcOf(day + wall.value, context) : day + wall.value - offset.minutes * MINUTE,
    end: offset?.end ?? wall.end,
  };
}

/** `Nov 23 10:11:12`, `Nov  3 2026 10:11:12.345`, `2026 Nov 23 10:11:12`; RFC 3164 and its usual deviations. */
export function bsdAt(text: string, from: number, context: ParseContext): ReadTime | undefined {
  let at = from;
  let year = -1;
  if (text[at + 4] === " ") {
    year = digitsAt(text, at, 4);
    if (year >= 0) at += 5;
  }
  const month = monthAt(text, at);
  if (month < 0 || text[at + 3] !== " ") return undefined;
  at += 4;
  if (text[at] === " ") at++;
  let day = digitsAt(text, at, 2);
  at += 2;
  if (day < 0) {
    day = digitsAt(text, at - 2, 1);
    at -= 1;
  }
  if (day < 0 || text[at] !== " ") return undefined;
  at++;
  if (year < 0 && text[at + 4] === " ") {
    year = digitsAt(text, at, 4);
    if (year >= 0) at += 5;
  }
  const wall = wallAt(text, at);
  if (wall === undefined) return undefined;
  if (year >= 0) {
    const date = dayOf(year, month, day);
    return date === undefined ? undefined : { at: utcOf(date + wall.value, context), end: wall.end };
  }
  const value = nearestYear(month, day, wall.value, context);
  return value === undefined ? undefined : { at: value, end: wall.end };
}

let receipt = { text: "", received: 0, last: 0 };

/** The time of receipt, the same for all lines of a batch, and the year after the day that follows it. */
function receiptOf(text: string): { readonly received: number; readonly last: number } {
  if (receipt.text !== text) {
    const received = Date.parse(text);
    receipt = { text, received, last: new Date(received + DAY).getUTCFullYear() + 1 };
  }
  return receipt;
}

/**
 * The year that puts a date without one closest before the receipt. A device's clock may run up to a day ahead;
 * 29 February goes back to the last leap year.
 */
function nearestYear(month: number, day: number, value: number, context: ParseContext): number | undefined {
  const { received, last } = receiptOf(context.receivedAt);
  for (let year = last; year > last - 10; year--) {
    const date = dayOf(year, month, day);
    if (date === undefined) continue;
    const at = utcOf(date + value, context);
    if (at <= received + DAY) return at;
  }
  return undefined;
}

/**
 * Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their number of digits;
 * a fraction after a dot (`1140701044.525`) is kept to the millisecond.
 */
export function epochOf(text: string): number | undefined {
  const dot = text.indexOf(".");
  if (dot === 10 && text.length === 14) {
    const [seconds, fraction] = [digitsAt(text, 0, 10), digitsAt(text, 11, 3)];
    if (seconds >= 0 && fraction >= 0) return seconds * 1000 + fraction;
  }
  const whole = dot < 0 ? text : text.slice(0, dot);
  const length = whole.length;
  if (length < 9 || length > 19) return undefined;
  const head = digitsAt(whole, 0, Math.min(length, 13));
  if (head < 0 || digitsAt(whole, Math.min(length, 13), Math.max(0, length - 13)) < 0) return undefined;
  if (length > 10) return length === 13 || length === 16 || length === 19 ? head : undefined;
  const fraction = dot < 0 ? 0 : digitsAt(`${text.slice(dot + 1, dot + 4)}000`, 0, 3);
  return head * 1000 + Math.max(0, fraction);
}

let isoDay = -1;
let isoPrefix = "";
let lastAt = Number.NaN;
let lastText = "";

/** Milliseconds since 1970 as ISO text in UTC; the last one and its date are remembered, which spares most of the work. */
export function isoText(at: number): string {
  if (at === lastAt) return lastText;
  lastAt = at;
  const whole = Math.floor(at);
  const day = Math.floor(whole / 86_400_000);
  if (day !== isoDay) {
    isoPrefix = new Date(day * 86_400_000).toISOString().slice(0, 11);
    isoDay = day;
  }
  const rest = whole - day * 86_400_000;
  const seconds = Math.floor(rest / 1000);
  lastText = `${isoPrefix}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${three(rest % 1000)}Z`;
  return lastText;
}

/** Milliseconds since 1970 of an instant as text; of the one that `isoText` wrote last, without reading it. */
export function isoMillis(text: string): number {
  return text === lastText ? Math.floor(lastAt) : Date.parse(text);
}

const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, "0"));
const THREE = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));

function two(value: number): string {
  return TWO[value] ?? "";
}

function three(value: number): string {
  return THREE[value] ?? "";
}
