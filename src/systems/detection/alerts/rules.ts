import { addMillis, type Instant, millis } from "../../../core/instant.ts";
import type { ProblemCode } from "../../../core/problem.ts";
import type { AlertState, SampleEvent } from "./model.ts";

/** Matches this near to an open alert join it. */
export const JOIN_WITHIN = 3_600_000;
export const SAMPLE_SIZE = 20;

/** The time an alert covers, from its first event to its last. */
export interface Span {
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
}

/** Events that belong together: to the open alert `joins`, or to a new one. */
export interface Gathered<Open extends Span, Match> extends Span {
  readonly joins: Open | undefined;
  readonly matches: readonly Match[];
}

/**
 * Gathers the matches of one rule, organisation and main entity. Each joins the alert whose time it falls into or is
 * within an hour of, the earliest where there are several; what joins none makes a new one. The order of `matches` has
 * no bearing, they are taken by their time.
 */
export function gather<Open extends Span, Match extends { readonly at: Instant; readonly eventId: string }>(
  open: readonly Open[],
  matches: readonly Match[],
  within: number = JOIN_WITHIN,
): Gathered<Open, Match>[] {
  const groups = open.map((alert) => ({
    joins: alert as Open | undefined,
    firstSeen: alert.firstSeen,
    lastSeen: alert.lastSeen,
    matches: [] as Match[],
  }));
  groups.sort((a, b) => (a.firstSeen < b.firstSeen ? -1 : a.firstSeen > b.firstSeen ? 1 : 0));
  for (const match of [...matches].sort(byTime)) {
    const near = groups.find(
      (group) =>
        match.at >= addMillis(group.firstSeen, -within) && match.at <= addMillis(group.lastSeen, within),
    );
    if (near === undefined)
      groups.push({ joins: undefined, firstSeen: match.at, lastSeen: match.at, matches: [match] });
    else {
      near.matches.push(match);
      if (match.at < near.firstSeen) near.firstSeen = match.at;
      if (match.at > near.lastSeen) near.lastSeen = match.at;
    }
  }
  return groups.filter((group) => group.matches.length > 0);
}

/** The first 20 events by time; the same whatever the order in which they came. */
export function joinSample(kept: readonly SampleEvent[], more: readonly SampleEvent[]): SampleEvent[] {
  const known = new Map([...more, ...kept].map((event) => [event.eventId, event]));
  return [...known.values()].sort(byTime).slice(0, SAMPLE_SIZE);
}

export function byTime(
  a: { readonly at: Instant; readonly eventId: string },
  b: { readonly at: Instant; readonly eventId: string },
): number {
  const apart = millis(a.at) - millis(b.at);
  return apart !== 0 ? apart : a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0;
}

export type AlertAct = "assign" | "unassign" | "close" | "reopen" | "raise";

/** The state after an act, or the code of the problem that forbids it. */
export function stateAfter(
  state: AlertState,
  act: AlertAct,
): { state: AlertState } | { problem: ProblemCode } {
  if (act === "reopen") {
    // Only what was closed can be opened again; an alert of an incident is open for as long as that is.
    if (state === "closed") return { state: "new" };
    return { problem: state === "raised" ? "alerts.already-raised" : "http.conflict" };
  }
  if (state === "closed") return { problem: "alerts.already-closed" };
  if (state === "raised") return { problem: "alerts.already-raised" };
  switch (act) {
    case "assign":
      return { state: "assigned" };
    case "unassign":
      return { state: "new" };
    case "close":
      return { state: "closed" };
    case "raise":
      return { state: "raised" };
  }
}
