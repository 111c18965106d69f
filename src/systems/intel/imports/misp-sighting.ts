import { z } from "zod";
import type { Instant } from "../../../core/instant.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { type ImportOptions, importedId, type Said } from "./imported.ts";
import { instantOf } from "./misp-times.ts";

const Sighting = z.object({
  type: z.union([z.string(), z.number()]).default("0"),
  date_sighting: z.union([z.string(), z.number()]),
});

/** When an attribute was seen (0), told to be a false positive (1) and to have expired (2), each in order. */
export interface MispSightings {
  readonly seen: readonly Instant[];
  readonly wrong: readonly Instant[];
  readonly expired: readonly Instant[];
}

export function readSightings(given: readonly unknown[]): MispSightings {
  const read = given.flatMap((each) => {
    const parsed = Sighting.safeParse(each);
    const at = parsed.success ? instantOf(parsed.data.date_sighting) : undefined;
    return parsed.success && at !== undefined ? [{ type: String(parsed.data.type), at }] : [];
  });
  const times = (type: string) =>
    read
      .filter((each) => each.type === type)
      .map((each) => each.at)
      .sort();
  return { seen: times("0"), wrong: times("1"), expired: times("2") };
}

/** When it expired by the last that was said of it; nothing where it was seen later. */
export function expiryOf({ seen, expired }: MispSightings): Instant | undefined {
  const [end, last] = [expired.at(-1), seen.at(-1)];
  return end === undefined || (last !== undefined && last > end) ? undefined : end;
}

/**
 * The sightings of an object: that it was seen, and an opinion that disagrees where it was called a false positive.
 * STIX sights no observables (section 5.2): what was seen of one is observed data.
 */
export function sightingObjects(
  { seen, wrong }: MispSightings,
  of: StixObject,
  said: Said,
  options: ImportOptions,
): StixObject[] {
  const common = (type: string, at: string) => ({
    type,
    spec_version: "2.1",
    id: importedId(type, options.createdBy, of.id),
    created_by_ref: options.createdBy,
    created: at,
    modified: at,
    object_marking_refs: [tlpMarkingId(said.tlp)],
  });
  const objects: StixObject[] = [];
  const [first, last] = [seen[0], seen.at(-1)];
  if (first !== undefined && last !== undefined)
    objects.push(
      of["created"] === undefined
        ? stixObject({
            ...common("observed-data", last),
            first_observed: first,
            last_observed: last,
            number_observed: seen.length,
            object_refs: [of.id],
          })
        : stixObject({
            ...common("sighting", last),
            first_seen: first,
            last_seen: last,
            count: seen.length,
            sighting_of_ref: of.id,
          }),
    );
  const lastWrong = wrong.at(-1);
  if (lastWrong !== undefined)
    objects.push(
      stixObject({
        ...common("opinion", lastWrong),
        opinion: wrong.length > 1 ? "strongly-disagree" : "disagree",
        explanation: `false positive, told ${wrong.length} times`,
        object_refs: [of.id],
      }),
    );
  return objects;
}
