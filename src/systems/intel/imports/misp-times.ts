import { z } from "zod";
import type { Instant } from "../../../core/instant.ts";
import { type Refusal, refusal } from "../reasons/model.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { type ImportOptions, idFrom, importedId, type Said } from "./imported.ts";
import { relation } from "./misp-galaxy.ts";

/** Seconds since 1970, as MISP dates what it holds. */
export const Stamp = z.union([z.string(), z.number()]).optional();
const Moment = z.union([z.string(), z.number()]).nullish().catch(undefined);
/** When an attribute, or all of an object, was first and last seen. */
export const SeenTimes = { first_seen: Moment, last_seen: Moment };

/** What was seen from when to when. */
export interface Seen {
  readonly first: Instant;
  readonly last: Instant;
}

export function instantOf(stamp: string | number | undefined): Instant | undefined {
  const seconds = Number(stamp ?? Number.NaN);
  return Number.isInteger(seconds) && seconds > 0 && seconds < 8.64e12
    ? new Date(seconds * 1000).toISOString()
    : undefined;
}

/** ISO 8601, or a count since 1970 in seconds, milliseconds or microseconds, by its size. */
function momentOf(given: string | number | null | undefined): Instant | undefined {
  if (given === null || given === undefined || given === "") return undefined;
  const text = String(given);
  if (!/^\d{1,17}$/.test(text)) {
    const at = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
    return Number.isNaN(at) || at < 0 || at >= 253_402_300_800_000 ? undefined : new Date(at).toISOString();
  }
  const number = Number(text);
  const millis = number < 1e11 ? number * 1000 : number < 1e14 ? number : Math.floor(number / 1000);
  return new Date(millis).toISOString();
}

/** First and last seen; one stands for both where the other is missing. What is no time, or ends before it began, is refused by name. */
export function seenOf(
  {
    first_seen: from,
    last_seen: to,
  }: { first_seen?: z.infer<typeof Moment>; last_seen?: z.infer<typeof Moment> },
  path: string,
): { readonly seen?: Seen; readonly refused: Refusal[] } {
  const refused: Refusal[] = [];
  const read = (name: string, given: z.infer<typeof Moment>) => {
    const at = momentOf(given);
    const said = given !== undefined && given !== null && given !== "";
    if (at === undefined && said)
      refused.push(refusal(`${path}.${name}`, "misp time", "not-of-type", { type: name }));
    return at;
  };
  const [first, last] = [read("first_seen", from), read("last_seen", to)];
  if (first !== undefined && last !== undefined && last < first) {
    const names = { later: "last_seen", earlier: "first_seen" };
    return { refused: [...refused, refusal(`${path}.last_seen`, "misp time", "order", names)] };
  }
  const [begin, end] = [first ?? last, last ?? first];
  return begin === undefined || end === undefined
    ? { refused }
    : { seen: { first: begin, last: end }, refused };
}

/**
 * From when an indicator holds, and until when where its source has ended it. What was seen last does not end it: it is
 * the last sight, and no word on what comes. An end at or before its beginning leaves it the second before the end, for
 * STIX has none that ends before it begins (section 4.7).
 */
export function validity(
  at: Instant,
  seen: Seen | undefined,
  until: Instant | undefined,
): Pick<Said, "validFrom" | "validUntil"> {
  const from = seen?.first ?? at;
  if (until === undefined) return { validFrom: from };
  const before = new Date(Date.parse(until) - 1000).toISOString();
  return { validFrom: from < until ? from : before, validUntil: until };
}

/**
 * That what an attribute became was seen from when to when: observed data of its observables, on which its indicators
 * are based; of what has no observable, as a rule or a vulnerability, a sighting.
 */
export function seenObjects(
  made: readonly StixObject[],
  { first, last }: Seen,
  said: Said,
  options: ImportOptions,
): StixObject[] {
  const { tlp, at } = said;
  const common = (type: string, id: string) => ({
    type,
    spec_version: "2.1",
    id,
    created_by_ref: options.createdBy,
    created: at,
    modified: at,
    object_marking_refs: [tlpMarkingId(tlp)],
  });
  const observables = made.filter((each) => each["created"] === undefined).map(({ id }) => id);
  const domain = made.filter((each) => each["created"] !== undefined);
  if (observables.length === 0)
    return domain.map(({ id }) =>
      stixObject({
        ...common("sighting", importedId("sighting", options.createdBy, id, "seen")),
        first_seen: first,
        last_seen: last,
        sighting_of_ref: id,
      }),
    );
  const observed = stixObject({
    ...common("observed-data", idFrom("observed-data", said.uuid, options.createdBy, ...observables)),
    first_observed: first,
    last_observed: last,
    number_observed: 1,
    object_refs: observables,
  });
  const based = domain
    .filter(({ type }) => type === "indicator")
    .map(({ id }) => relation("based-on", id, observed.id, { at, tlp }, options));
  return [observed, ...based];
}
