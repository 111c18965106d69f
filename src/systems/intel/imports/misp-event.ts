import { z } from "zod";
import type { Tlp } from "../../../core/tlp.ts";
import { type Refusal, refusal } from "../reasons/model.ts";
import { schemaRefusals } from "../reasons/schema.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import {
  type Author,
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
  sourceIdentity,
  vulnerabilityObject,
} from "./imported.ts";
import { detailsOf, type MispDetails, sized } from "./misp-details.ts";
import { Galaxies, galaxyObjects, relation } from "./misp-galaxy.ts";
import { mispObservable } from "./misp-observable.ts";
import { expiryOf, readSightings, sightingObjects } from "./misp-sighting.ts";
import { Flag, isSet, labelsOf, Tags, tlpOf } from "./misp-tags.ts";
import { mispReport, mispRule, mispWords } from "./misp-text.ts";
import { instantOf, type Seen, SeenTimes, Stamp, seenObjects, seenOf, validity } from "./misp-times.ts";

const Attribute = z.object({
  uuid: z.string().optional(),
  type: z.string(),
  value: z.string(),
  comment: z.string().default(""),
  to_ids: Flag,
  timestamp: Stamp,
  deleted: Flag,
  ...SeenTimes,
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
  ...SeenTimes,
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
  Orgc: z.object({ uuid: z.string().optional(), name: z.string() }).optional().catch(undefined),
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
 * links references. All of it is made by the organisation that made the event (`Orgc`), whoever's feed tells it;
 * galaxies and sightings are the source's. Objects become groupings, galaxies the objects they mean, sightings
 * sightings, first and last seen observed data; an indicator that was deleted at its source comes in revoked, and one
 * that expired there with its end. Attributes as a search of MISP answers them come in by themselves. The ids are MISP's
 * own UUIDs, so that the same event comes in once.
 */
export function importMispEvent(document: unknown, options: ImportOptions): Imported {
  const parts = eventsOf(document).map(([path, event]) => new EventImport(path, options).read(event));
  if (parts.length === 0) return { objects: [], refused: [refusal("Event", "misp event", "misp-event")] };
  return {
    objects: once(parts.flatMap((part) => part.objects)),
    refused: parts.flatMap((part) => part.refused),
    authors: parts.flatMap((part) => part.authors ?? []),
  };
}

const SEARCHED = "response";

/** What an attribute has from the object in which it stands. */
interface Within {
  readonly seen?: Seen | undefined;
  readonly details?: MispDetails | undefined;
}
type SeenOfObject = Parameters<typeof seenOf>[0];

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
  /** In the name of the source. */
  private readonly options: ImportOptions;
  /** In the name of who made the event. */
  private authored: ImportOptions;
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
    this.authored = options;
    this.event = { tlp: options.tlp, at: options.now };
  }

  read(given: unknown): Imported {
    const authors: Author[] = [];
    return { ...this.readEvent(given, authors), authors };
  }

  private readEvent(given: unknown, authors: Author[]): Imported {
    const read = (this.path === SEARCHED ? Searched : Event).safeParse(given);
    if (!read.success) return { objects: [], refused: schemaRefusals(read.error, this.path, "misp") };
    const event = read.data;
    this.event = {
      tlp: tlpOf(event.Tag) ?? this.options.tlp,
      at: instantOf(event.timestamp) ?? this.options.now,
    };
    const author = this.authorOf(event.Orgc);
    if (author !== undefined) {
      authors.push(author);
      this.authored = { ...this.options, createdBy: author.identity.id };
    }
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
      const note = mispReport(given, this.report, this.event, this.authored);
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
      this.authored,
    );
    return { objects: [...parts, report, ...once(this.notes)], refused: this.refused };
  }

  /** Who made the event, under MISP's own UUID; nothing where it does not say. */
  private authorOf(given: z.infer<typeof Event>["Orgc"]): Author | undefined {
    const name = given?.name.trim().slice(0, 300) ?? "";
    if (name === "") return undefined;
    const id = idFrom("identity", given?.uuid, name);
    return {
      identity: sourceIdentity(id, name, this.event.at),
      tlp: this.event.tlp,
      path: `${this.path}.Orgc`,
    };
  }

  /** Answers what the attribute is known by. */
  private attribute(given: unknown, path: string, within: Within = {}): string | undefined {
    const read = Attribute.safeParse(given);
    if (!read.success) {
      this.refused.push(...schemaRefusals(read.error, path, "misp", 1));
      return undefined;
    }
    const { uuid, type, value, comment, timestamp, Tag, Galaxy, Sighting } = read.data;
    const at = instantOf(timestamp) ?? this.event.at;
    const times = seenOf(read.data, path);
    this.refused.push(...times.refused);
    const seen = times.seen ?? within.seen;
    const sightings = readSightings(Sighting);
    const said: Said = {
      at,
      tlp: tlpOf(Tag) ?? this.event.tlp,
      description: comment,
      labels: labelsOf(Tag),
      revoked: isSet(read.data.deleted),
      ...validity(at, seen, expiryOf(sightings)),
    };
    if (this.report !== "" && said.revoked !== true) {
      const words = mispWords(type, value, this.report, { ...said, uuid }, this.authored);
      const link = type === "link" ? referenceUrl(value) : undefined;
      if (words !== undefined) this.notes.push(words);
      if (link !== undefined) this.links.push(link);
      if (words !== undefined || link !== undefined) return undefined;
    }
    const made = this.observed(type, value, uuid, said, !isSet(read.data.to_ids), within.details);
    if (typeof made === "string") {
      const place = `${path}.${made === "no-counterpart" ? "type" : "value"}`;
      this.refused.push(refusal(place, `misp ${made}`, made, { type: type.slice(0, 60) }));
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
    if (seen !== undefined) this.objects.push(...seenObjects(made, seen, { ...said, uuid }, this.authored));
    const galaxies = galaxyObjects(Galaxy, said, this.options);
    this.objects.push(...galaxies.objects);
    if (main.type === "indicator") {
      for (const each of galaxies.objects) {
        if (each.type === "course-of-action") continue;
        this.objects.push(
          relation("indicates", main.id, each.id, { at: said.at, tlp: said.tlp }, this.authored),
        );
      }
    } else if (sightings.expired.length > 0) this.refused.push(refusal(path, "misp sighting", "misp-expiry"));
    this.objects.push(...sightingObjects(sightings, main, said, this.options));
    return main.id;
  }

  /** Objects, or the reason why there are none. */
  private observed(
    type: string,
    value: string,
    uuid: string | undefined,
    said: Said,
    onlyContext: boolean,
    details: MispDetails | undefined,
  ): StixObject[] | "not-cve" | "not-of-type" | "no-counterpart" {
    if (type === "vulnerability") {
      const cve = value.trim().toUpperCase();
      const description = [said.description, ...(details?.description ?? [])].filter((text) => text !== "");
      const full = {
        ...said,
        uuid,
        description: description.join("\n\n").slice(0, 20_000),
        references: details?.references ?? [],
      };
      return CVE.test(cve) ? [vulnerabilityObject(cve, full, this.authored)] : "not-cve";
    }
    const other =
      mispRule(type, value, { ...said, uuid }, this.authored) ??
      mispObservable(type, value, { ...said, uuid }, this.authored, onlyContext);
    if (other !== undefined) return other.length === 0 ? "not-of-type" : other;
    const values = indicatorsOfMisp(type, value);
    if (values === undefined) return "no-counterpart";
    if (values.length === 0) return "not-of-type";
    // Two indicators of one attribute cannot share its UUID.
    return values.flatMap((each, at) =>
      indicatorObjects(
        each,
        { ...said, uuid: at === 0 ? uuid : undefined, fileName: fileNameOf(type, value) },
        this.authored,
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
    if (isSet(deleted)) {
      this.refused.push(refusal(path, "misp deleted", "deleted-there"));
      return;
    }
    const refs = this.attributes(attributes, path, read.data);
    const [only, ...more] = [...new Set(refs)];
    if (only === undefined) return;
    let id = only;
    if (more.length > 0) {
      const at = instantOf(timestamp) ?? this.event.at;
      const grouping = stixObject({
        type: "grouping",
        spec_version: "2.1",
        id: idFrom("grouping", uuid, this.options.createdBy, name, ...refs),
        created_by_ref: this.authored.createdBy,
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

  /** What the attributes of an object are known by, the size of its file and the score of its vulnerability with them. */
  private attributes(attributes: readonly unknown[], path: string, times: SeenOfObject): string[] {
    const { seen, refused } = seenOf(times, path);
    this.refused.push(...refused);
    const details = detailsOf(attributes);
    const before = this.objects.length;
    const place = (at: number) => `${path}.Attribute.${at}`;
    const refs = attributes.flatMap((attribute, at) => {
      if (details.used.has(at)) return [];
      const id = this.attribute(attribute, place(at), { seen, details });
      return id === undefined ? [] : [id];
    });
    if (details.size !== undefined) {
      const made = sized(this.objects.slice(before), details.size);
      if (made !== undefined) this.objects.splice(before, made.length, ...made);
      else {
        const at = details.sizeAt ?? 0;
        const facts = { type: "size-in-bytes" };
        this.refused.push(refusal(`${place(at)}.type`, "misp no-counterpart", "no-counterpart", facts));
      }
    }
    return refs;
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
      relation(lawful, from, to, { ...this.event, uuid, description: comment }, this.authored),
    );
  }
}

/** `filename|sha256`, `malware-sample`: the name stands before the hash. */
function fileNameOf(type: string, value: string): string | undefined {
  const named = type.startsWith("filename|") || type === "malware-sample";
  return named ? value.slice(0, value.lastIndexOf("|")) || undefined : undefined;
}
