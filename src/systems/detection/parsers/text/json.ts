import { flatten } from "../ecs-object.ts";
import type { EcsDraft, EcsValue } from "../parser.ts";
import { parseJson } from "./exact-json.ts";
import { type FieldTable, place, placementOf } from "./fields.ts";

/** The JSON object that the whole message is, or `undefined`. */
export function jsonObject(message: string): Record<string, unknown> | undefined {
  if (message.charCodeAt(0) !== 123) return undefined;
  try {
    const value: unknown = parseJson(message);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The same as a flat record with dotted keys; nothing when it is nested past what the stack bears. */
export function jsonRecord(message: string): EcsDraft | undefined {
  const object = jsonObject(message);
  if (object === undefined) return undefined;
  try {
    return flatten(object);
  } catch {
    return undefined;
  }
}

/** Writes one value of a JSON record: texts and numbers as the ECS field is typed, the rest as it is. */
export function placeValue(draft: EcsDraft, table: FieldTable, key: string, value: EcsValue): void {
  if (value === "") return;
  if (typeof value === "string") {
    place(draft, table, key, value);
    return;
  }
  const { field, spare, write, declared } = placementOf(table, key);
  if (!declared) {
    if (spare !== "") draft[spare] = value;
  } else if (
    draft[field] !== undefined ||
    !write(draft, field, String(Array.isArray(value) ? (value[0] ?? "") : value))
  ) {
    draft[spare] = value;
  }
}

export function placeRecord(draft: EcsDraft, table: FieldTable, record: EcsDraft): void {
  for (const [key, value] of Object.entries(record)) placeValue(draft, table, key, value);
}

/** The text of a value, or `undefined` for what has none. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}
