import { z } from "zod";
import type { Fault } from "../../../core/problem.ts";
import { TLP_LEVELS, type Tlp } from "../../../core/tlp.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import {
  CVE,
  type Imported,
  type ImportOptions,
  idFrom,
  indicatorObjects,
  indicatorsOfMisp,
  once,
  vulnerabilityObject,
} from "./imported.ts";

const Tags = z.array(z.object({ name: z.string() })).default([]);
const Stamp = z.union([z.string(), z.number()]).optional();
const Attribute = z.object({
  uuid: z.string().optional(),
  type: z.string(),
  value: z.string(),
  comment: z.string().default(""),
  to_ids: z.union([z.boolean(), z.string(), z.number()]).default(false),
  timestamp: Stamp,
  deleted: z.union([z.boolean(), z.string()]).default(false),
  Tag: Tags,
});
const Event = z.object({
  uuid: z.string().optional(),
  info: z.string().min(1),
  date: z.string().optional(),
  timestamp: Stamp,
  Tag: Tags,
  Attribute: z.array(z.unknown()).default([]),
  Object: z.array(z.object({ Attribute: z.array(z.unknown()).default([]) })).default([]),
});

/**
 * A MISP event as JSON, alone or in a `response`: a report over an observable for each attribute, and an indicator for
 * those meant for detection (`to_ids`). The ids are MISP's own UUIDs, so that the same event comes in once.
 */
export function importMispEvent(document: unknown, options: ImportOptions): Imported {
  const events = eventsOf(document);
  const parts = events.map(([path, event]) => importEvent(path, event, options));
  if (parts.length === 0)
    return { objects: [], refused: [{ path: "Event", message: "a MISP event is wanted" }] };
  return {
    objects: once(parts.flatMap((part) => part.objects)),
    refused: parts.flatMap((part) => part.refused),
  };
}

function eventsOf(document: unknown): [string, unknown][] {
  const single = z.object({ Event: z.unknown() }).safeParse(document);
  if (single.success && single.data.Event !== undefined) return [["Event", single.data.Event]];
  const list = z.union([
    z.array(z.object({ Event: z.unknown() })),
    z.object({ response: z.array(z.object({ Event: z.unknown() })) }).transform((all) => all.response),
  ]);
  const many = list.safeParse(document);
  return many.success ? many.data.map((each, at) => [`response.${at}.Event`, each.Event]) : [];
}

function importEvent(path: string, given: unknown, options: ImportOptions): Imported {
  const read = Event.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    const at = [path, ...(issue?.path ?? [])].map(String).join(".");
    return { objects: [], refused: [{ path: at, message: issue?.message ?? "not an event" }] };
  }
  const event = read.data;
  const refused: Fault[] = [];
  const objects: StixObject[] = [];
  const eventTlp = tlpOf(event.Tag) ?? options.tlp;
  const eventAt = instantOf(event.timestamp) ?? options.now;
  const take = (attribute: unknown, at: string) => {
    const made = importAttribute(attribute, at, { tlp: eventTlp, at: eventAt }, options);
    if ("message" in made) refused.push(made);
    else objects.push(...made.objects);
  };
  event.Attribute.forEach((attribute, at) => {
    take(attribute, `${path}.Attribute.${at}`);
  });
  event.Object.forEach((object, at) => {
    object.Attribute.forEach((attribute, inner) => {
      take(attribute, `${path}.Object.${at}.Attribute.${inner}`);
    });
  });
  const parts = once(objects);
  if (parts.length === 0) return { objects: [], refused };
  const report = stixObject({
    type: "report",
    spec_version: "2.1",
    id: idFrom("report", event.uuid, options.createdBy, event.info),
    created_by_ref: options.createdBy,
    created: eventAt,
    modified: eventAt,
    object_marking_refs: [tlpMarkingId(eventTlp)],
    name: event.info,
    report_types: ["observed-data"],
    published: eventAt,
    object_refs: parts.map((part) => part.id),
  });
  return { objects: [...parts, report], refused };
}

function importAttribute(
  given: unknown,
  path: string,
  event: { tlp: Tlp; at: string },
  options: ImportOptions,
): { objects: StixObject[] } | Fault {
  const read = Attribute.safeParse(given);
  if (!read.success) return { path, message: read.error.issues[0]?.message ?? "not an attribute" };
  const { uuid, type, value, comment, timestamp, Tag, to_ids: toIds, deleted } = read.data;
  if (isTrue(deleted)) return { path, message: "deleted at its source" };
  const said = {
    at: instantOf(timestamp) ?? event.at,
    tlp: tlpOf(Tag) ?? event.tlp,
    description: comment,
  };
  if (type === "vulnerability") {
    const cve = value.trim().toUpperCase();
    if (!CVE.test(cve)) return { path: `${path}.value`, message: "not a CVE number" };
    return { objects: [vulnerabilityObject(cve, { ...said, uuid }, options)] };
  }
  const values = indicatorsOfMisp(type, value);
  if (values === undefined)
    return { path: `${path}.type`, message: `${type.slice(0, 60)} has no counterpart here` };
  if (values.length === 0) return { path: `${path}.value`, message: `not a value of ${type}` };
  return {
    objects: values.flatMap((each, at) =>
      // Two indicators of one attribute cannot share its UUID.
      indicatorObjects(each, { ...said, uuid: at === 0 ? uuid : undefined }, options, !isTrue(toIds)),
    ),
  };
}

function isTrue(value: boolean | string | number): boolean {
  return value === true || value === 1 || value === "1" || value === "true";
}

/** MISP counts seconds since 1970. */
function instantOf(stamp: string | number | undefined): string | undefined {
  const seconds = Number(stamp ?? Number.NaN);
  return Number.isInteger(seconds) && seconds > 0 && seconds < 8.64e12
    ? new Date(seconds * 1000).toISOString()
    : undefined;
}

/** The strictest of the tags `tlp:…`; `tlp:white` is the old name of CLEAR. */
function tlpOf(tags: readonly { name: string }[]): Tlp | undefined {
  const named = tags.map((tag) => tag.name.toLowerCase().replace("tlp:white", "tlp:clear"));
  return TLP_LEVELS.findLast((level) => named.includes(`tlp:${level}`));
}
