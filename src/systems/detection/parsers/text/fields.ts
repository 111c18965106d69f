import type { EcsDraft, EcsValue } from "../parser.ts";
import { isIp, portOf, wholeOf } from "./address.ts";
import { levelFields, transportFields } from "./network.ts";
import { isNothing } from "./pairs.ts";
import { table } from "./table.ts";
import { isoText } from "./time.ts";
import { domainOf, urlFields } from "./url.ts";

type Writer = (draft: EcsDraft, field: string, value: string) => boolean;

function set(draft: EcsDraft, field: string, value: EcsValue | undefined): boolean {
  if (value === undefined) return false;
  draft[field] ??= value;
  return true;
}

const asText: Writer = (draft, field, value) => set(draft, field, value);
const asLower: Writer = (draft, field, value) => set(draft, field, value.toLowerCase());
const asIp: Writer = (draft, field, value) => set(draft, field, isIp(value) ? value : undefined);
const asPort: Writer = (draft, field, value) => set(draft, field, portOf(value));
const asWhole: Writer = (draft, field, value) => set(draft, field, wholeOf(value));
const asName: Writer = (draft, field, value) =>
  set(draft, field, isIp(value) && field !== "url.domain" ? undefined : domainOf(value));

/** `DOMAIN\\user` is a name and its domain. */
const asUser: Writer = (draft, field, value) => {
  const backslash = value.indexOf("\\");
  if (backslash < 1 || backslash + 1 === value.length) return set(draft, field, value);
  if (draft[field] === undefined) {
    draft[field] = value.slice(backslash + 1);
    draft[`${field.slice(0, -4)}domain`] ??= value.slice(0, backslash).toLowerCase();
  }
  return true;
};

const WRITERS = table<Writer>({
  "network.transport": (draft, _field, value) => {
    transportFields(draft, value);
    return true;
  },
  "log.level": (draft, _field, value) => {
    levelFields(draft, value);
    return true;
  },
  "url.original": (draft, _field, value) => {
    urlFields(draft, value);
    return true;
  },
  "network.protocol": asLower,
  "network.application": asLower,
  "dns.question.name": asName,
  "http.response.status_code": asWhole,
  "process.exit_code": asWhole,
  "event.severity": asWhole,
  "event.sequence": asWhole,
  "user.name": asUser,
  "source.user.name": asUser,
  "destination.user.name": asUser,
});

const ENDINGS: readonly (readonly [string, Writer])[] = [
  [".ip", asIp],
  [".port", asPort],
  [".bytes", asWhole],
  [".packets", asWhole],
  [".size", asWhole],
  [".pid", asWhole],
  [".domain", asName],
];

const MOST_KNOWN = 2000;
const known = new Map(Object.entries(WRITERS));

function writerOf(field: string): Writer {
  const before = known.get(field);
  if (before !== undefined) return before;
  const ending = ENDINGS.find(([end]) => field.endsWith(end));
  const writer = field.includes(".hash.") ? asLower : (ending?.[1] ?? asText);
  if (known.size < MOST_KNOWN) known.set(field, writer);
  return writer;
}

/**
 * Writes a text as the ECS field is typed: addresses checked, ports and sizes as numbers, names in lower case,
 * `network.transport`, `log.level` and `url.original` with the fields that follow from them. The first value stays.
 * False when the text does not fit the field.
 */
export function put(draft: EcsDraft, field: string, value: string | undefined): boolean {
  return value !== undefined && value !== "" && writerOf(field)(draft, field, value);
}

interface Placement {
  readonly field: string;
  /** Where a text goes that does not fit the field, or comes second. */
  readonly spare: string;
  readonly write: Writer;
  /** Whether the table names it; otherwise its field is the spare one. */
  readonly declared: boolean;
}

/** A vendor's keys and the ECS field of each; what is not named goes under the prefix. */
export interface FieldTable {
  readonly prefix: string;
  readonly fields: ReadonlyMap<string, Placement>;
  /** Keys met that are not named, so that their names under the prefix are put together once; bounded. */
  readonly met: Map<string, Placement>;
}

const MOST_MET = 5000;

/** The name of a vendor's key under its prefix, put together once for each; bounded. */
export function namesUnder(prefix: string): (key: string) => string {
  const met = new Map<string, string>();
  return (key) => {
    const before = met.get(key);
    if (before !== undefined) return before;
    const name = prefix + key;
    if (met.size < MOST_MET && key.length < 100) met.set(key, name);
    return name;
  };
}

const PASSED_OVER: Writer = () => true;

/** `{ srcip: "source.ip" }`; an empty name leaves the key out because it is read elsewhere. */
export function fieldTable(prefix: string, names: Readonly<Record<string, string>>): FieldTable {
  const fields = new Map(
    Object.entries(names).map(([key, field]): [string, Placement] => [
      key,
      { field, spare: prefix + key, write: field === "" ? PASSED_OVER : writerOf(field), declared: true },
    ]),
  );
  return { prefix, fields, met: new Map() };
}

/** Where the vendor's key goes. */
export function placementOf(table: FieldTable, key: string): Placement {
  const before = table.fields.get(key) ?? table.met.get(key);
  if (before !== undefined) return before;
  const spare = table.prefix + key;
  const placement: Placement = { field: spare, spare, write: asText, declared: false };
  if (table.met.size < MOST_MET && key.length < 100) table.met.set(key, placement);
  return placement;
}

/** Writes one of the vendor's pairs; what does not fit its ECS field is kept under the vendor's own name. */
export function place(draft: EcsDraft, table: FieldTable, key: string, value: string): void {
  const { field, spare, write } = placementOf(table, key);
  if (spare === "") return;
  if (draft[field] !== undefined || !write(draft, field, value)) draft[spare] = value;
}

/** Writes every pair. */
export function placeAll(
  draft: EcsDraft,
  table: FieldTable,
  pairs: Iterable<readonly [string, string]>,
): void {
  for (const [key, value] of pairs) place(draft, table, key, value);
}

/** What stands in each column of a separated line: an ECS field, or nothing for one that says nothing. */
export type Columns = readonly ({ readonly field: string; readonly write: Writer } | undefined)[];

/** Columns from their names in order: `_` is passed over, `.name` goes under the prefix. */
export function columnsOf(prefix: string, names: string): Columns {
  return names
    .split(" ")
    .filter((name) => name !== "")
    .map((name) => {
      if (name === "_") return undefined;
      const field = name.startsWith(".") ? prefix + name.slice(1) : name;
      return { field, write: writerOf(field) };
    });
}

/** Writes each value by its column; values that say nothing or do not fit are left out. */
export function placeColumns(draft: EcsDraft, columns: Columns, values: readonly string[]): void {
  const count = Math.min(columns.length, values.length);
  for (let index = 0; index < count; index++) {
    const column = columns[index];
    const value = values[index];
    if (column === undefined || value === undefined || isNothing(value)) continue;
    column.write(draft, column.field, value);
  }
}

/** A new record with what every line of a product says alike. */
export function draftOf(
  module: string,
  dataset: string,
  vendor: string,
  product: string,
  type = "",
): EcsDraft {
  const draft: EcsDraft = {
    "event.kind": "event",
    "event.module": module,
    "event.dataset": dataset,
    "observer.vendor": vendor,
    "observer.product": product,
  };
  if (type !== "") draft["observer.type"] = type;
  return draft;
}

/** What kind of event it is, in the words of ECS. */
export function kindFields(
  draft: EcsDraft,
  action: string,
  category: readonly string[],
  type: readonly string[],
  outcome?: "success" | "failure" | undefined,
): void {
  if (action !== "") draft["event.action"] = action;
  draft["event.category"] = category;
  draft["event.type"] = type;
  if (outcome !== undefined) draft["event.outcome"] = outcome;
}

/** `@timestamp` from milliseconds; nothing when there are none. */
export function timeField(draft: EcsDraft, at: number | undefined): void {
  if (at !== undefined && at >= 0 && at < 7_258_118_400_000) draft["@timestamp"] = isoText(at);
}
