import type { ParseContext } from "../parser.ts";
import { textOf } from "./json.ts";
import { anyTime } from "./time.ts";

/** Where events have their own time, ECS first; then loggers' names, Windows', Sysmon's. */
const TIMES =
  "@timestamp timestamp time ts eventTime datetime date SystemTime TimeCreated Event.System.TimeCreated.#attributes.SystemTime UtcTime EventTime event.created _time".split(
    " ",
  );
/** Times without a zone mean UTC, as Windows and Sysmon write them. */
const UTC: ParseContext = { receivedAt: "1970-01-01T00:00:00Z", zoneMinutes: 0 };

/** The time that a flat record of any origin bears, milliseconds since 1970; undefined when it has none. */
export function eventTime(record: Readonly<Record<string, unknown>>): number | undefined {
  for (const name of TIMES) {
    if (!Object.hasOwn(record, name)) continue;
    const at = anyTime(textOf(record[name]) ?? "", UTC);
    if (at !== undefined) return at;
  }
  return undefined;
}
