import { z } from "zod";
import { TLP_LEVELS, type Tlp } from "../../../core/tlp.ts";
import { type Refusal, refusal } from "../reasons/model.ts";
import { schemaRefusals } from "../reasons/schema.ts";
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
  referenceUrl,
  reportObject,
  type Said,
  vulnerabilityObject,
} from "./imported.ts";
import { Galaxies, galaxyObjects, relation, sightingObjects } from "./misp-galaxy.ts";
import { mispObservable } from "./misp-observable.ts";
import { mispReport, mispRule, mispWords } from "./misp-text.ts";

const Tags = z.array(z.object({ name: z.string() })).default([]);
const Stamp = z.union([z.string(), z.number()]).optional();
const Flag = z.union([z.boolean(), z.string(), z.number()]).default(false);
const Attribute = z.object({
  uuid: z.string().optional(),
  type: z.string(),
  value: z.string(),
  comment: z.string().default(""),
  to_ids: Flag,
  timestamp: Stamp,
  deleted: Flag,
  Tag: Tags,
  Galaxy: Galaxies,
  Sighting: z.array(z.unknown()).default([]).catch([]),
});
const MispObject = z.object({
  uuid: z.string().optional(),
  name: z.string().default("object"),
  comment: z.string().default(""),
  timestamp: Stamp,
  deleted: Flag,
  Attribute: z.array(z.unknown()).default([]),
  ObjectReference: z.array(z.unknown()).default([]),
});
const Reference = z.object({
  uuid: z.string().optional(),
  referenced_uuid: z.string(),
  relationship_type: z.string().default("related-to"),
  comment: z.string().default(""),
});
const Event = z.object({
  uuid: z.string().optional(),
  info: z.string().min(1),
  timestamp: Stamp,
  Tag: Tags,
  Galaxy: Galaxies,
  Attribute: z.array(z.unknown()).default([]),
  Object: z.array(z.unknown()).default([]),
  EventReport: z.array(z.unknown()).default([]).catch([]),
});
/** What a search for attributes answers: no event, and so no report over them. */
const Searched = Event.partial({ info: true });

/**
 * A MISP event as JSON, alone or in a `response`: a report over an observable for each attribute, and an indicator for
 * those meant for detection (`to_ids`); rules become indicators of their own language, words and analysts' reports notes,
 * links references. Objects become groupings, galaxies the objects they mean, sightings sightings;
 * an indicator that was deleted at its source comes in revoked. Attributes
 * as a search of MISP answers them come in by themselves. The ids are MISP's own UUIDs, so that the same event
 * comes in once.
 */
export function importMispEvent(document: unknown, options: ImportOptions): Imported {
  const parts = eventsOf(document).map(([path, event]) => new EventImport(path, options).read(event));
  if (parts.length === 0) return { objects: [], refused: [refusal("Event", "misp event", "misp-event")] };
  return {
    objects: once(parts.flatMap((part) => part.objects)),
    refused: parts.flatMap((part) => part.refused),
  };
}

const SEARCHED = "response";

function eventsOf(document: unknown): [string, unknown][] {
  const single = z.object({ Event: z.unknown() }).safeParse(document);
  if (single.success && single.data.Event !== undefined) return [["Event", single.data.Event]];
  const list = z.union([
    z.array(z.object({ Event: z.unknown() })),
    z.object({ response: z.array(z.object({ Event: z.unknown() })) }).transform((all) => all.response),
  ]);
  const searched = z.object({ response: z.object({ Attribute: z.array(z.unknown()) }) }).safeParse(document);
  if (searched.success) return [[SEARCHED, { Attribute: searched.data.response.Attribute }]];
  const many = list.safeParse(document);
  return many.success ? many.data.map((each, at) => [`response.${at}.Event`, each.Event]) : [];
}

class EventImport {
  private readonly path: string;
  private readonly options: ImportOptions;
  private readonly refused: Refusal[] = [];
  private readonly objects: StixObject[] = [];
  /** What each UUID of the event became, for its references. */
  private readonly became = new Map<string, string>();
  private readonly references: { path: string; from: string; given: unknown }[] = [];
  private readonly links: string[] = [];
  private readonly notes: StixObject[] = [];
  private event: { tlp: Tlp; at: string };
  /** The identifier of the report that will be made over the event. */
  private report = "";

  constructor(path: string, options: ImportOptions) {
    this.path = path;
    this.options = options;
    this.event = { tlp: options.tlp, at: options.now };
  }

  read(given: unknown): Imported {
    const read = (this.path === SEARCHED ? Searched : Event).safeParse(given);
    if (!read.success) return { objects: [], refused: schemaRefusals(read.error, this.path, "misp") };
    const event = read.data;
    this.event = {
      tlp: tlpOf(event.Tag) ?? this.options.tlp,
      at: instantOf(event.timestamp) ?? this.options.now,
    };
    this.report =
      event.info === undefined ? "" : idFrom("report", event.uuid, this.options.createdBy, event.info);
    event.Attribute.forEach((attribute, at) => {
      this.attribute(attribute, `${this.path}.Attribute.${at}`);
    });
    event.Object.forEach((object, at) => {
      this.object(object, `${this.path}.Object.${at}`);
    });
    for (const reference of this.references) this.refer(reference);
    const galaxies = galaxyObjects(event.Galaxy, this.event, this.options);
    const parts = once([...this.objects, ...galaxies.objects]);
    if (event.info === undefined) return { objects: parts, refused: this.refused };
    for (const given of event.EventReport) {
      const note = mispReport(given, this.report, this.event, this.options);
      if (note !== undefined) this.notes.push(note);
    }
    if (parts.length + this.notes.length + this.links.length === 0)
      return { objects: [], refused: this.refused };
    const report = reportObject(
      {
        ...this.event,
        id: this.report,
        name: event.info,
        labels: [...labelsOf(event.Tag), ...galaxies.labels],
        refs: parts.map((part) => part.id),
        references: [...new Set(this.links)].map((url) => ({ source_name: "misp link", url })),
      },
      this.options,
    );
    return { objects: [...parts, report, ...once(this.notes)], refused: this.refused };
  }

  /** Answers what the attribute is known by. */
  private attribute(given: unknown, path: string): string | undefined {
    const read = Attribute.safeParse(given);
    if (!read.success) {
      this.refused.push(...schemaRefusals(read.error, path, "misp", 1));
      return undefined;
    }
    const { uuid, type, value, comment, timestamp, Tag, Galaxy, Sighting } = read.data;
    const said: Said = {
      at: instantOf(timestamp) ?? this.event.at,
      tlp: tlpOf(Tag) ?? this.event.tlp,
      description: comment,
      labels: labelsOf(Tag),
      revoked: isTrue(read.data.deleted),
    };
    if (this.report !== "" && said.revoked !== true) {
      const words = mispWords(type, value, this.report, { ...said, uuid }, this.options);
      const link = type === "link" ? referenceUrl(value) : undefined;
      if (words !== undefined) this.notes.push(words);
      if (link !== undefined) this.links.push(link);
      if (words !== undefined || link !== undefined) return undefined;
    }
    const made = this.observed(type, value, uuid, said, !isTrue(read.data.to_ids));
    if (typeof made === "string") {
      const at = `${path}.${made === "no-counterpart" ? "type" : "value"}`;
      this.refused.push(refusal(at, `misp ${made}`, made, { type: type.slice(0, 60) }));
      return undefined;
    }
    const main = made.find((each) => each.type === "indicator" || each.type === "vulnerability") ?? made[0];
    if (said.revoked === true) {
      if (main?.type !== "indicator") this.refused.push(refusal(path, "misp deleted", "deleted-there"));
      else this.objects.push(...made);
      return undefined;
    }
    this.objects.push(...made);
    if (main === undefined) return undefined;
    if (uuid !== undefined) this.became.set(uuid.toLowerCase(), main.id);
    const galaxies = galaxyObjects(Galaxy, said, this.options);
    this.objects.push(...galaxies.objects);
    if (main.type === "indicator") {
      for (const each of galaxies.objects) {
        if (each.type === "course-of-action") continue;
        this.objects.push(
          relation("indicates", main.id, each.id, { at: said.at, tlp: said.tlp }, this.options),
        );
      }
      this.objects.push(...sightingObjects(Sighting, main.id, said, this.options));
    }
    return main.id;
  }

  /** Objects, or the reason why there are none. */
  private observed(
    type: string,
    value: string,
    uuid: string | undefined,
    said: Said,
    onlyContext: boolean,
  ): StixObject[] | "not-cve" | "not-of-type" | "no-counterpart" {
    if (type === "vulnerability") {
      const cve = value.trim().toUpperCase();
      return CVE.test(cve) ? [vulnerabilityObject(cve, { ...said, uuid }, this.options)] : "not-cve";
    }
    const other =
      mispRule(type, value, { ...said, uuid }, this.options) ??
      mispObservable(type, value, { ...said, uuid }, this.options, onlyContext);
    if (other !== undefined) return other.length === 0 ? "not-of-type" : other;
    const values = indicatorsOfMisp(type, value);
    if (values === undefined) return "no-counterpart";
    if (values.length === 0) return "not-of-type";
    // Two indicators of one attribute cannot share its UUID.
    return values.flatMap((each, at) =>
      indicatorObjects(
        each,
        { ...said, uuid: at === 0 ? uuid : undefined, fileName: fileNameOf(type, value) },
        this.options,
        onlyContext,
      ),
    );
  }

  private object(given: unknown, path: string): void {
    const read = MispObject.safeParse(given);
    if (!read.success) {
      this.refused.push(...schemaRefusals(read.error, path, "misp", 1));
      return;
    }
    const { uuid, name, comment, timestamp, deleted, Attribute: attributes, ObjectReference } = read.data;
    if (isTrue(deleted)) {
      this.refused.push(refusal(path, "misp deleted", "deleted-there"));
      return;
    }
    const refs = attributes.flatMap((attribute, at) => {
      const id = this.attribute(attribute, `${path}.Attribute.${at}`);
      return id === undefined ? [] : [id];
    });
    const [only, ...more] = [...new Set(refs)];
    if (only === undefined) return;
    let id = only;
    if (more.length > 0) {
      const at = instantOf(timestamp) ?? this.event.at;
      const grouping = stixObject({
        type: "grouping",
        spec_version: "2.1",
        id: idFrom("grouping", uuid, this.options.createdBy, name, ...refs),
        created_by_ref: this.options.createdBy,
        created: at,
        modified: at,
        object_marking_refs: [tlpMarkingId(this.event.tlp)],
        name,
        description: comment === "" ? undefined : comment,
        context: "suspicious-activity",
        object_refs: [only, ...more],
      });
      this.objects.push(grouping);
      id = grouping.id;
    }
    if (uuid !== undefined) this.became.set(uuid.toLowerCase(), id);
    ObjectReference.forEach((reference, at) => {
      this.references.push({ path: `${path}.ObjectReference.${at}`, from: id, given: reference });
    });
  }

  private refer({ path, from, given }: { path: string; from: string; given: unknown }): void {
    const read = Reference.safeParse(given);
    if (!read.success) {
      this.refused.push(...schemaRefusals(read.error, path, "misp", 1));
      return;
    }
    const { uuid, referenced_uuid: target, relationship_type: type, comment } = read.data;
    const to = this.became.get(target.toLowerCase());
    if (to === undefined) {
      this.refused.push(refusal(path, "misp reference", "refers-nowhere"));
      return;
    }
    const lawful =
      type
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, "-")
        .slice(0, 100) || "related-to";
    this.objects.push(
      relation(lawful, from, to, { ...this.event, uuid, description: comment }, this.options),
    );
  }
}

/** `filename|sha256`, `malware-sample`: the name stands before the hash. */
function fileNameOf(type: string, value: string): string | undefined {
  const named = type.startsWith("filename|") || type === "malware-sample";
  return named ? value.slice(0, value.lastIndexOf("|")) || undefined : undefined;
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

/** Tags of taxonomies; markings and galaxies have objects of their own. */
function labelsOf(tags: readonly { name: string }[]): string[] {
  return [...new Set(tags.map((tag) => tag.name.slice(0, 200)))].filter(
    (name) => name !== "" && !/^(?:tlp|misp-galaxy):/i.test(name),
  );
}
