import { isDeprecated } from "../library/entry.ts";
import type { Value } from "../library/model.ts";
import { type Found, rowOf, standingOf } from "../library/row.ts";
import { valuesOf } from "../library/values.ts";
import type { JsonObject } from "../stix/json.ts";
import type { DomainReach, ExportCounts } from "./model.ts";

/** What devices act on: a value, and the object that says so. */
export interface Entry extends Value {
  readonly id: string;
  readonly name: string;
}

/** What the forms know beside the objects. */
export interface FormContext {
  readonly now: string;
  readonly source: string;
  /** Whether a domain stands for itself or for every name below it, too; for itself unless told. */
  readonly domains?: DomainReach;
  /** Objects that the filters by marking and by score took out; none unless told. */
  readonly filtered?: { readonly tlp: number; readonly score: number };
  /** Whether a person or its decay has ended an object before its own end. */
  isEnded(seq: number): boolean;
  /** Whether a warninglist knows a value: no device is told to block it. */
  isWarned(value: Value): boolean;
}

const OBSERVABLES: ReadonlySet<string> = new Set([
  "ipv4-addr",
  "ipv6-addr",
  "domain-name",
  "url",
  "email-addr",
  "file",
]);

/** Each value once, out of indicators and observables that still stand and that a form takes; and what was left out. */
export function gather(
  objects: readonly Found[],
  { now, isWarned, isEnded, filtered }: FormContext,
  takes: (value: Value) => boolean,
): { readonly entries: readonly Entry[]; readonly counts: ExportCounts } {
  const entries = new Map<string, Entry>();
  const warned = new Set<string>();
  const left = { revoked: 0, expired: 0, other: 0 };
  for (const found of objects) {
    const object = standingOf(found);
    if (object["type"] !== "indicator" && !OBSERVABLES.has(String(object["type"]))) {
      left.other++;
      continue;
    }
    if (object["revoked"] === true || isDeprecated(object)) {
      left.revoked++;
      continue;
    }
    if (isEnded(found.seq) || hasEnded(object, now)) {
      left.expired++;
      continue;
    }
    const values = valuesOf(object).filter(takes);
    if (values.length === 0) left.other++;
    const { id, name } = rowOf(found);
    for (const value of values) {
      const key = `${value.kind} ${value.value}`;
      if (entries.has(key) || warned.has(key)) continue;
      if (isWarned(value)) warned.add(key);
      else entries.set(key, { ...value, id, name });
    }
  }
  return {
    entries: [...entries.values()],
    counts: {
      objects: objects.length,
      values: entries.size,
      warned: warned.size,
      ...left,
      tlp: filtered?.tlp ?? 0,
      score: filtered?.score ?? 0,
    },
  };
}

function hasEnded({ valid_until: until }: JsonObject, now: string): boolean {
  return typeof until === "string" && Date.parse(until) <= Date.parse(now);
}

/** What stands at the head of a file for devices, so that an empty one says why it is. */
export function headOf(
  { objects, values, warned, revoked, expired, other, tlp, score }: ExportCounts,
  { now, source, domains = "exact" }: FormContext,
): string[] {
  return [
    `Lianfang ${source.replace(/\s+/g, " ")}, ${now}`,
    `${values} values out of ${objects} objects`,
    `left out: ${warned} values that a warninglist knows; ${revoked} objects revoked, ${expired} expired, ${other} without a value for this form`,
    `left out by the filters: ${tlp} objects by TLP, ${score} by score`,
    domains === "below"
      ? "domains: each name and every name below it"
      : "domains: exactly these names, not what is below them",
  ];
}
