import type { Instant } from "../../../core/instant.ts";
import type { Tlp } from "../../../core/tlp.ts";
import type { IndicatorValue, IntelKind } from "../model.ts";
import { newIdentifier } from "./identifier.ts";
import { tlpMarking, tlpMarkingId } from "./marking.ts";
import { type StixObject, stixObject, versionOf } from "./object.ts";
import { observableOf, patternOf } from "./observable.ts";
import { timestampKey } from "./timestamp.ts";

/** What becomes a bundle: already free of everything that may not leave. */
export interface Release {
  readonly kind: IntelKind;
  readonly tlp: Tlp;
  readonly title: string;
  readonly description: string;
  readonly indicators: readonly IndicatorValue[];
}

/** A bundle as it leaves: the verbatim text of each object and of the whole. */
export interface BundleText {
  readonly text: string;
  readonly documents: readonly string[];
}

/** The centre that speaks: an identity with a stable id. A new version is made when what it says of itself changes. */
export function producerIdentity(producer: {
  id: string;
  created: Instant;
  modified: Instant;
  name: string;
  sectors: readonly string[];
}): StixObject {
  return stixObject({
    type: "identity",
    spec_version: "2.1",
    id: producer.id,
    created: producer.created,
    modified: producer.modified,
    name: producer.name,
    identity_class: "organization",
    ...(producer.sectors.length === 0 ? {} : { sectors: producer.sectors }),
  });
}

/**
 * The objects of a release, in an order in which nothing refers to what comes later: marking, identity, then per
 * indicator its observable, observation, indicator, relation and sighting, and the report last. Nothing in it is
 * of the organisation that was hit: a sighting tells when and how often, not where.
 */
export function releaseObjects(release: Release, producer: StixObject, now: Instant): StixObject[] {
  const marking = tlpMarkingId(release.tlp);
  const common = (type: string) => ({
    type,
    spec_version: "2.1",
    id: newIdentifier(type),
    created_by_ref: producer.id,
    created: now,
    modified: now,
    object_marking_refs: [marking],
  });
  const parts = release.indicators.flatMap((indicator) => indicatorObjects(indicator, common, now, marking));
  const report = stixObject({
    ...common("report"),
    name: release.title,
    ...(release.description === "" ? {} : { description: release.description }),
    report_types: [release.indicators.length === 0 ? "threat-report" : "indicator"],
    published: now,
    labels: [release.kind],
    object_refs: parts.length === 0 ? [producer.id] : parts.map((part) => part.id),
  });
  return [tlpMarking(release.tlp), producer, ...parts, report];
}

function indicatorObjects(
  indicator: IndicatorValue,
  common: (type: string) => {
    readonly type: string;
    readonly id: string;
    readonly [name: string]: string | string[];
  },
  now: Instant,
  marking: string,
): StixObject[] {
  const observable = observableOf(indicator.type, indicator.value, [marking]);
  const first = indicator.firstSeen ?? indicator.lastSeen;
  const last = indicator.lastSeen ?? indicator.firstSeen;
  const pattern = stixObject({
    ...common("indicator"),
    name: indicator.value,
    indicator_types: ["malicious-activity"],
    pattern: patternOf(indicator.type, indicator.value),
    pattern_type: "stix",
    pattern_version: "2.1",
    valid_from: first ?? now,
  });
  if (first === undefined || last === undefined) return [observable, pattern];
  const observed = stixObject({
    ...common("observed-data"),
    first_observed: first,
    last_observed: last,
    number_observed: indicator.count ?? 1,
    object_refs: [observable.id],
  });
  const basedOn = stixObject({
    ...common("relationship"),
    relationship_type: "based-on",
    source_ref: pattern.id,
    target_ref: observed.id,
  });
  const sighting = stixObject({
    ...common("sighting"),
    first_seen: first,
    last_seen: last,
    ...(indicator.count === undefined ? {} : { count: indicator.count }),
    sighting_of_ref: pattern.id,
    observed_data_refs: [observed.id],
  });
  return [observable, observed, pattern, basedOn, sighting];
}

/** A collection of objects for paper, file and review. The text of each object stands in it unchanged. */
export function bundleOf(documents: readonly string[], id = newIdentifier("bundle")): BundleText {
  return { text: `{"type":"bundle","id":"${id}","objects":[${documents.join(",")}]}`, documents };
}

/** The next version of an object that takes it back: `revoked` is true and `modified` is later (STIX 2.1 section 3.6). */
export function revokedVersion(object: StixObject, modified: Instant): StixObject {
  const before = versionOf(object);
  if (before !== undefined && timestampKey(modified) <= timestampKey(before)) {
    throw new RangeError("a new version has a later modified");
  }
  return { ...object, modified, revoked: true };
}

/** Cyber-observables and markings have no `revoked`; the centre's identity stays valid when an item is withdrawn. */
export function canBeRevoked(object: StixObject): boolean {
  return object.type !== "identity" && typeof object["modified"] === "string";
}
