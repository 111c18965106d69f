import { addMillis, type Instant } from "../../core/instant.ts";
import { type Fault, Problem } from "../../core/problem.ts";
import { type Tlp, tlpRank } from "../../core/tlp.ts";
import type { Work } from "../../platform/records/work.ts";
import type { DutyPack } from "./duties/model.ts";
import type { Facts, NewIncident } from "./model.ts";

type Told = Pick<NewIncident, "channel" | "channelAt" | "channelReason"> &
  Partial<Pick<NewIncident, "occurredAt" | "awareAt" | "tlp">>;

/** When a report counts as made: now, or when it arrived through another channel. Refuses with every fault. */
export function reportedAtOf(
  input: Told,
  awareAt: Instant,
  { now, scope }: Pick<Work, "now" | "scope">,
): Instant {
  const faults: Fault[] = [];
  if (awareAt > now) faults.push({ path: "body.awareAt", message: "in the future" });
  if (input.occurredAt !== undefined && input.occurredAt > awareAt) {
    faults.push({ path: "body.occurredAt", message: "after the awareness" });
  }
  if (input.tlp !== undefined && tlpRank(input.tlp) > tlpRank(scope.clearance)) {
    faults.push({ path: "body.tlp", message: "higher than you may read yourself" });
  }
  if (input.channel === "platform") {
    if (input.channelAt !== undefined) {
      faults.push({ path: "body.channelAt", message: "only for a report through another channel" });
    }
  } else {
    if (input.channelReason === undefined || input.channelReason === "") {
      faults.push({ path: "body.channelReason", message: "say why the platform could not be used" });
    }
    if (input.channelAt === undefined) {
      faults.push({ path: "body.channelAt", message: "say when the report arrived" });
    } else if (addMillis(input.channelAt, 60_000) <= awareAt || input.channelAt > now) {
      faults.push({ path: "body.channelAt", message: "not between the awareness and now" });
    }
  }
  if (faults.length > 0) throw new Problem("http.invalid", { faults });
  return input.channelAt ?? now;
}

/** When an act happened: now, or the told instant, which lies between the awareness and now. */
export function pastInstant(
  incident: { readonly awareAt: Instant },
  at: Instant | undefined,
  now: Instant,
): Instant {
  if (at === undefined) return now;
  if (at > now) throw refused("body.at", "in the future");
  return sinceAware("body.at", at, incident.awareAt);
}

/** Forms tell minutes: an instant of the very minute of the awareness is not before it. */
export function sinceAware(path: string, at: Instant, awareAt: Instant): Instant {
  if (at >= awareAt) return at;
  if (addMillis(at, 60_000) > awareAt) return awareAt;
  throw refused(path, "before the awareness");
}

/** One incident is one organisation's, and is marked no lower than what it was made of. */
export function checkAlerts(
  input: NewIncident,
  orgId: string,
  alerts: readonly { readonly orgId: string; readonly tlp: Tlp }[],
): void {
  if (alerts.some((alert) => alert.orgId !== orgId))
    throw refused("body.alertIds", "an alert belongs to another organisation");
  if (alerts.some((alert) => tlpRank(alert.tlp) > tlpRank(input.tlp)))
    throw refused("body.tlp", "an alert is marked higher");
}

/** Numbers that no pack asks for would be lost silently. */
export function checkFacts(facts: Facts, pack: DutyPack): void {
  const unknown = Object.keys(facts.measures).filter((name) => !pack.measures.some((one) => one.id === name));
  if (unknown.length === 0) return;
  throw new Problem("http.invalid", {
    faults: unknown.map((name) => ({
      path: `body.facts.measures.${name}`,
      message: `the duty pack ${pack.id} asks for no such number`,
    })),
  });
}

export function refused(path: string, message: string): Problem {
  return new Problem("http.invalid", { faults: [{ path, message }] });
}
