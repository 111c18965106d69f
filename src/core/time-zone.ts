import { z } from "zod";
import type { Instant } from "./instant.ts";

/** The zone of times that say none, unless somebody names another. */
export const DEFAULT_TIME_ZONE = "Asia/Taipei";

const DAY = 86_400_000;
/** Clocks are set at whole quarters of an hour. */
const SLOT = 900_000;
const MOST_SLOTS = 4_096;

/** Two offsets of UTC in milliseconds; they differ in the hour that a clock passes twice. */
type Offsets = readonly [first: number, second: number];

/** An IANA time zone (`Europe/Berlin`): what its clocks on the wall mean. */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #slots = new Map<number, Offsets>();
  #slot = Number.NaN;
  #offsets: Offsets = [0, 0];

  /** Throws RangeError for a name that is no zone. */
  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /**
   * Milliseconds since 1970 of a time on the wall, given as if it were UTC. Of an hour that comes twice the one closest
   * to `near`; a time that the clock leaps over goes on from before the leap, as RFC 5545 has it.
   */
  utcOf(wall: number, near: Instant): number {
    const slot = Math.floor(wall / SLOT);
    if (slot !== this.#slot) {
      this.#offsets = this.#offsetsOf(slot);
      this.#slot = slot;
    }
    const [first, second] = this.#offsets;
    if (first === second) return wall - first;
    const at = Date.parse(near);
    return Math.abs(at - wall + second) < Math.abs(at - wall + first) ? wall - second : wall - first;
  }

  #offsetsOf(slot: number): Offsets {
    const known = this.#slots.get(slot);
    if (known !== undefined) return known;
    const wall = slot * SLOT;
    const before = this.#offsetAt(wall - DAY);
    const after = this.#offsetAt(wall + DAY);
    const holds = (offset: number) => this.#offsetAt(wall - offset) === offset;
    const offsets: Offsets =
      before === after || !holds(after) ? [before, before] : holds(before) ? [before, after] : [after, after];
    if (this.#slots.size >= MOST_SLOTS) this.#slots.clear();
    this.#slots.set(slot, offsets);
    return offsets;
  }

  /** What the zone's clocks are ahead of UTC. */
  #offsetAt(utc: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(utc)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - utc;
  }
}

const ZONES = new Map<string, TimeZone>();

/** Whether it is the name of an IANA time zone. */
export function isTimeZone(name: string): boolean {
  // `+08:00` is an offset, of which the clocks know no summer time.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,59}$/.test(name)) return false;
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

/** The zone of that name, one object for each; undefined for the default. Throws RangeError when there is none. */
export function zoneOf(name: string | undefined): TimeZone | undefined {
  if (name === undefined || name === DEFAULT_TIME_ZONE) return undefined;
  let zone = ZONES.get(name);
  if (zone === undefined) {
    zone = new TimeZone(name);
    ZONES.set(name, zone);
  }
  return zone;
}

/** The zone of times that say none; Asia/Taipei unless told. */
export const TimeZoneName = z
  .string()
  .refine(isTimeZone, "the IANA name of a time zone, such as Europe/Berlin")
  .default(DEFAULT_TIME_ZONE);
