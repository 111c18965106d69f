import type { OrgId } from "../../../core/org.ts";
import type { Scope } from "../../../core/scope.ts";

/** A correlator over one organisation's matches, over those of all, or over those of one source that is far behind. */
export type Reach = "organisation" | "across" | "backfill";

/**
 * How long events wait for older ones of the same source, in milliseconds: a minute in one house, ten where houses are
 * apart. A backfill is in no hurry, and its files may be told of by turns.
 */
export const LATENESS = { organisation: 60_000, across: 600_000, backfill: 3_600_000 } as const;

/** Whose correlator. `source` is empty but for a backfill. */
export interface Place {
  readonly orgId: OrgId;
  readonly reach: Reach;
  readonly source: string;
}

/** `orgId` is that of the top only where it is stored. */
export const ACROSS: Place = { orgId: "", reach: "across", source: "" };

export function placeOf(orgId: OrgId, source?: string): Place {
  return { orgId, reach: source === undefined ? "organisation" : "backfill", source: source ?? "" };
}

export function keyOf({ orgId, reach, source }: Place): string {
  return `${reach} ${orgId} ${source}`;
}

/** The place as it is stored: what is found across organisations belongs to the one at the top. */
export function homed(place: Place, scope: Scope): Place {
  return place.reach === "across" ? { ...place, orgId: scope.orgId } : place;
}
