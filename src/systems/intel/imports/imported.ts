import type { Instant } from "../../../core/instant.ts";
import type { Tlp } from "../../../core/tlp.ts";
import { uuidV5 } from "../../../platform/crypto/digest.ts";
import type { IndicatorValue } from "../model.ts";
import type { Refusal } from "../reasons/model.ts";
import type { Json } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { observableOf, patternOf } from "../stix/observable.ts";
import { readPublished } from "./value.ts";

/** What an import would bring in, for the preview: STIX 2.1 objects, and each thing that was left out, with its place. */
export interface Imported {
  readonly objects: readonly StixObject[];
  readonly refused: readonly Refusal[];
  /** Those beside the source in whose name objects were made. */
  readonly authors?: readonly Author[];
}

/** An identity that made what is imported, as its source names it; it is marked as what it made. */
export interface Author {
  readonly identity: StixObject;
  readonly tlp: Tlp;
  readonly path: string;
}

export interface ImportOptions {
  /** Identity in whose name the objects are made. */
  readonly createdBy: string;
  /** Where the source says nothing. */
  readonly tlp: Tlp;
  readonly now: Instant;
}

/** Namespace of the ids of imported objects: the same source text gives the same ids, whenever it is read. */
const NAMESPACE = "8f1c51e2-6f59-4c0a-9d4e-3a3c1f5f7a20";

export function importedId(type: string, ...names: readonly string[]): string {
  return `${type}--${uuidV5(NAMESPACE, JSON.stringify([type, ...names]))}`;
}

export interface Said {
  /** The source's own UUID, where it has one that STIX takes. */
  readonly uuid?: string | undefined;
  readonly at: Instant;
  readonly tlp: Tlp;
  readonly description?: string;
  readonly labels?: readonly string[];
  readonly confidence?: number | undefined;
  /** Of the file whose hash it is. */
  readonly fileName?: string | undefined;
  /** Taken back at its source. */
  readonly revoked?: boolean;
  /** Of an indicator, where it is not the time at which it was said. */
  readonly validFrom?: Instant | undefined;
  readonly validUntil?: Instant | undefined;
}

/** A reference's address as RFC 3986 has it, or nothing where it is none. */
export function referenceUrl(text: string): string | undefined {
  return URL.parse(text.trim())?.href.replaceAll(/["<>\s]/g, encodeURIComponent);
}

/** Whoever publishes the source, as the creator of what is made out of it. */
export function sourceIdentity(id: string, name: string, created: Instant): StixObject {
  return stixObject({
    type: "identity",
    spec_version: "2.1",
    id,
    created,
    modified: created,
    name,
    identity_class: "organization",
  });
}

/** A report over what was found in it; where that is nothing it refers to its publisher, for a report refers to something. */
export function reportObject(
  said: Said & {
    readonly id: string;
    readonly name: string;
    readonly refs: readonly string[];
    readonly references?: readonly Json[];
  },
  options: ImportOptions,
): StixObject {
  return stixObject({
    type: "report",
    spec_version: "2.1",
    id: said.id,
    created_by_ref: options.createdBy,
    created: said.at,
    modified: said.at,
    object_marking_refs: [tlpMarkingId(said.tlp)],
    name: said.name,
    description: said.description === "" ? undefined : said.description,
    labels: said.labels?.length === 0 ? undefined : said.labels,
    report_types: ["threat-report"],
    published: said.at,
    external_references: said.references?.length === 0 ? undefined : said.references,
    object_refs: said.refs.length === 0 ? [options.createdBy] : said.refs,
  });
}

/** The observable of a value, and an indicator for it unless it is only context. */
export function indicatorObjects(
  { type, value }: IndicatorValue,
  said: Said,
  options: ImportOptions,
  onlyContext = false,
): StixObject[] {
  const marking = [tlpMarkingId(said.tlp)];
  const observable = observableOf(type, value, marking, said.fileName);
  if (onlyContext) return [observable];
  const indicator = indicatorObject({ type, value, pattern: patternOf(type, value) }, said, options);
  return [observable, indicator];
}

/** An indicator of a value that its source names, of whatever type; the id follows from both unless the source has its own. */
export function indicatorObject(
  of: { readonly type: string; readonly value: string; readonly pattern: string },
  said: Said,
  options: ImportOptions,
): StixObject {
  return stixObject({
    type: "indicator",
    spec_version: "2.1",
    id: idFrom("indicator", said.uuid, options.createdBy, of.type, of.value),
    created_by_ref: options.createdBy,
    created: said.at,
    modified: said.at,
    object_marking_refs: [tlpMarkingId(said.tlp)],
    name: said.fileName === undefined ? of.value : `${said.fileName}|${of.value}`,
    description: said.description === "" ? undefined : said.description,
    labels: said.labels?.length === 0 ? undefined : said.labels,
    confidence: said.confidence,
    revoked: said.revoked === true ? true : undefined,
    indicator_types: ["unknown"],
    pattern: of.pattern,
    pattern_type: "stix",
    pattern_version: "2.1",
    valid_from: said.validFrom ?? said.at,
    valid_until: said.validUntil,
  });
}

/** A vulnerability by its CVE number. */
export function vulnerabilityObject(
  cve: string,
  said: Said & { readonly url?: string; readonly references?: readonly Json[] },
  options: ImportOptions,
): StixObject {
  return stixObject({
    type: "vulnerability",
    spec_version: "2.1",
    id: idFrom("vulnerability", said.uuid, options.createdBy, cve),
    created_by_ref: options.createdBy,
    created: said.at,
    modified: said.at,
    object_marking_refs: [tlpMarkingId(said.tlp)],
    name: cve,
    description: said.description === "" ? undefined : said.description,
    labels: said.labels?.length === 0 ? undefined : said.labels,
    external_references: [
      { source_name: "cve", external_id: cve },
      ...(said.url === undefined ? [] : [{ source_name: "cisa-kev", url: said.url }]),
      ...(said.references ?? []),
    ],
  });
}

export function idFrom(type: string, uuid: string | undefined, ...names: readonly string[]): string {
  const taken = uuid?.toLowerCase() ?? "";
  const fits = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(taken);
  return fits ? `${type}--${taken}` : importedId(type, ...names);
}

/** Each object once, the first of those with one id. */
export function once(objects: readonly StixObject[]): StixObject[] {
  const seen = new Map<string, StixObject>();
  for (const object of objects) if (!seen.has(object.id)) seen.set(object.id, object);
  return [...seen.values()];
}

export const CVE = /^CVE-\d{4}-(?:0\d{3}|[1-9]\d{3,18})$/;

/** What MISP calls `ip-dst|port`, `filename|sha256`, `domain`, as the indicators it holds; nothing for other types. */
export function indicatorsOfMisp(type: string, value: string): IndicatorValue[] | undefined {
  const wanted = MISP_TYPES[type];
  if (wanted === undefined) return undefined;
  const parts = value.split("|");
  return wanted.flatMap((part) => {
    const read = readPublished((part === "whole" ? value : (parts[part] ?? "")).trim());
    return read === undefined ? [] : [read];
  });
}

/** The parts of the value, split at `|`, that are indicators. */
const MISP_TYPES: Readonly<Record<string, readonly ("whole" | number)[]>> = Object.assign(
  Object.create(null),
  {
    "ip-src": ["whole"],
    "ip-dst": ["whole"],
    "ip-src|port": [0],
    "ip-dst|port": [0],
    domain: ["whole"],
    hostname: ["whole"],
    "hostname|port": [0],
    "domain|ip": [0, 1],
    url: ["whole"],
    md5: ["whole"],
    sha1: ["whole"],
    sha256: ["whole"],
    "filename|md5": [1],
    "filename|sha1": [1],
    "filename|sha256": [1],
    "malware-sample": [1],
    email: ["whole"],
    "email-src": ["whole"],
    "email-dst": ["whole"],
  },
);
