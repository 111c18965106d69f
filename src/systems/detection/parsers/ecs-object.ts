import type { EcsDraft, EcsValue, ParseContext } from "./parser.ts";
import { isoAt } from "./text/time.ts";

const DEEPEST = 12;

function isPlain(value: unknown): value is string | number | boolean {
  return (
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}

function ecsValue(value: unknown): EcsValue | undefined {
  if (isPlain(value)) return value;
  if (!Array.isArray(value)) return undefined;
  const items: unknown[] = value;
  const plain = items.filter(isPlain);
  return plain.length === items.length ? plain : JSON.stringify(value);
}

/** Nested or dotted JSON as a flat record: `{"source":{"ip":..}}` and `{"source.ip":..}` come out the same; nulls are dropped. */
export function flatten(object: object): EcsDraft {
  const draft: EcsDraft = {};
  const walk = (from: object, prefix: string, depth: number): void => {
    for (const [key, value] of Object.entries(from) as [string, unknown][]) {
      const name = prefix === "" ? key : prefix + key;
      if (name === "__proto__" || name === "" || value === null) continue;
      const plain = ecsValue(value);
      if (plain !== undefined) draft[name] = plain;
      else if (typeof value === "object" && depth < DEEPEST) walk(value, `${name}.`, depth + 1);
      else draft[name] = JSON.stringify(value) ?? "";
    }
  };
  walk(object, "", 0);
  return draft;
}

/** Sets `@timestamp` to an instant in UTC: from what the record says, else the time of receipt. */
export function settleTime(draft: EcsDraft, context: ParseContext): void {
  const said = draft["@timestamp"];
  let at: number | undefined;
  if (typeof said === "string") at = isoAt(said, 0, context)?.at;
  else if (typeof said === "number" && said > 0 && said < 7_258_118_400_000) at = Math.floor(said);
  if (said !== undefined && at === undefined) draft["event.created"] = said;
  draft["@timestamp"] = at === undefined ? context.receivedAt : new Date(at).toISOString();
}

/** The record with only the fields that it has; itself when it lacks none. */
export function withoutGaps(draft: EcsDraft): EcsDraft {
  for (const field in draft) if (draft[field] === undefined) return whole(draft);
  return draft;
}

function whole(draft: EcsDraft): EcsDraft {
  const record: EcsDraft = {};
  for (const field in draft) {
    const value = draft[field];
    if (value !== undefined) record[field] = value;
  }
  return record;
}
