import type { Permission } from "../../core/access.ts";
import type { ProblemCode } from "../../core/problem.ts";
import type { DutyIncident, Moment } from "./duties/model.ts";
import type { Act, IncidentState } from "./model.ts";

/** A moment as the store keeps it: with who entered it, and when. */
export interface Entered extends Moment {
  readonly by: string;
  readonly enteredAt: string;
}

/** The incident as far as decisions need it. */
export interface Case extends Pick<DutyIncident, "facts" | "awareAt" | "occurredAt"> {
  readonly moments: readonly Entered[];
}

export interface Standing {
  readonly reviewed: boolean;
  readonly taken: boolean;
  readonly recovered: boolean;
  readonly closed: boolean;
}

/** Where an incident stands, read from its journal. A new report, because the level changed, asks for a new review. */
export function standingOf(moments: readonly Pick<Moment, "moment">[]): Standing {
  let standing: Standing = { reviewed: false, taken: false, recovered: false, closed: false };
  for (const { moment } of moments) {
    if (moment === "reportedAt") standing = { ...standing, reviewed: false, taken: false };
    else if (moment === "takenAt") standing = { ...standing, taken: true };
    else if (moment === "reviewedAt") standing = { ...standing, reviewed: true };
    else if (moment === "recoveredAt") standing = { ...standing, recovered: true };
    else if (moment === "closedAt") standing = { ...standing, closed: true };
    else if (moment === "reopenedAt") standing = { ...standing, closed: false, recovered: false };
  }
  return standing;
}

/**
 * The one state that a list shows. An open review stands before recovery: what the authority still owes must not
 * hide behind what the reporter has done already.
 */
export function stateOf(moments: readonly Pick<Moment, "moment">[]): IncidentState {
  const { closed, reviewed, taken, recovered } = standingOf(moments);
  if (closed) return "closed";
  if (!reviewed) return taken ? "under-review" : "reported";
  return recovered ? "recovered" : "handling";
}

/** The right that each act needs. */
export const ACT_NEEDS: Record<Act, Permission> = {
  "change-facts": "incidents:report",
  "add-indicators": "incidents:report",
  take: "incidents:review",
  review: "incidents:review",
  note: "incidents:work",
  milestone: "incidents:work",
  recover: "incidents:work",
  close: "incidents:work",
  reopen: "incidents:review",
  extend: "incidents:review",
  comment: "incidents:report",
  share: "intel:write",
};

/** Does the state let this act happen? The problem that stands against it, or undefined. */
export function refusal(act: Act, moments: readonly Entered[], actorId: string): ProblemCode | undefined {
  const { closed, reviewed, taken, recovered } = standingOf(moments);
  if (act === "comment" || act === "share" || act === "milestone") return undefined;
  if (act === "reopen") return closed ? undefined : "incidents.wrong-state";
  if (closed) return "incidents.already-closed";
  switch (act) {
    case "take":
      if (reviewed || taken) return "incidents.wrong-state";
      return reportersOf(moments).has(actorId) ? "incidents.own-review" : undefined;
    case "review":
      return reportersOf(moments).has(actorId) ? "incidents.own-review" : undefined;
    case "recover":
      return recovered ? "incidents.wrong-state" : undefined;
    case "close":
      return reviewed && recovered ? undefined : "incidents.wrong-state";
    default:
      return undefined;
  }
}

/** Everybody whose report of facts the level rests on. */
export function reportersOf(moments: readonly Entered[]): Set<string> {
  return new Set(
    moments
      .filter(({ moment }) => moment === "reportedAt" || moment === "levelChangedAt")
      .map(({ by }) => by),
  );
}

/** `W-2026-000123`; the year is Taipei's. */
export function numberText(tier: string, year: number, count: number): string {
  return `${tier === "member" ? "M" : tier}-${year}-${String(count).padStart(6, "0")}`;
}

/** The year in Taipei at an instant. */
export function taipeiYear(instant: string): number {
  return new Date(Date.parse(instant) + 8 * 3_600_000).getUTCFullYear();
}
