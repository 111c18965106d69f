import { addHours, addMillis, addMonths, type Instant, millis } from "../../../core/instant.ts";
import type {
  Assessment,
  Clock,
  ClockState,
  Duty,
  DutyIncident,
  DutyPack,
  Facts,
  LevelCell,
  Moment,
  Reason,
} from "./model.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The level of an incident from its facts: the highest cell that holds, with every cell that holds as a reason. */
export function levelOf(facts: Facts, pack: DutyPack): Assessment {
  const raised = raise(facts, pack);
  const reasons: Reason[] = [];
  for (const cell of pack.cells) {
    if (!holds(cell, raised.facts)) continue;
    reasons.push({ level: cell.level, zh: cell.zh, en: cell.en, source: cell.source, status: cell.status });
  }
  if (reasons.every((reason) => reason.level < pack.floor.level)) {
    const { level, zh, en, source, status } = pack.floor;
    reasons.push({ level, zh, en, source, status });
  }
  const level = Math.max(...reasons.map((reason) => reason.level));
  const thresholds = raised.reasons.map((reason) => ({ ...reason, level }));
  return { level, reasons: [...reasons.sort((a, b) => b.level - a.level), ...thresholds] };
}

function holds(cell: LevelCell, facts: Facts): boolean {
  if ("when" in cell) return cell.when.every((one) => (measured(facts, one.measure) ?? -1) >= one.atLeast);
  return facts.impacts.some(
    (impact) => cell.business.includes(impact.business) && impact[cell.aspect] === cell.degree,
  );
}

function measured(facts: Facts, measure: string): number | undefined {
  return measure === "people" ? facts.people : facts.measures[measure];
}

/** The facts after the authority's own numbers: what reaches one of them counts as the worse degree. */
function raise(facts: Facts, pack: DutyPack): { facts: Facts; reasons: Omit<Reason, "level">[] } {
  const reasons: Omit<Reason, "level">[] = [];
  let impacts = facts.impacts;
  for (const threshold of pack.thresholds) {
    if (threshold.from === null || (measured(facts, threshold.measure) ?? -1) < threshold.from) continue;
    const mild = threshold.aspect === "outage" ? "tolerable" : "minor";
    if (!impacts.some((impact) => impact[threshold.aspect] === mild)) continue;
    impacts = impacts.map((impact) => {
      if (impact[threshold.aspect] !== mild) return impact;
      if (threshold.aspect === "outage") return { ...impact, outage: "beyond-tolerable" as const };
      return { ...impact, [threshold.aspect]: "serious" as const };
    });
    const { zh, en, source, status } = threshold;
    reasons.push({ zh, en, source, status });
  }
  return { facts: { ...facts, impacts }, reasons };
}

interface Entry {
  readonly moment: string;
  readonly at: Instant;
  /** The level that held once this entry was made. */
  readonly level: number;
  readonly duty: string | undefined;
  readonly dueAt: Instant | undefined;
}

/** The level that holds now: what the last entry of the journal set, else what the facts give. */
export function levelHolding(incident: Pick<DutyIncident, "facts" | "moments">, pack: DutyPack): number {
  return (
    incident.moments.findLast((entry) => entry.level !== undefined)?.level ??
    levelOf(incident.facts, pack).level
  );
}

function journal(incident: DutyIncident, pack: DutyPack): Entry[] {
  // The level of the first report, where the journal tells it; later facts must not colour the first clocks.
  const first = incident.moments.find((entry) => entry.level !== undefined);
  let level =
    first?.moment === "reportedAt" && first.level !== undefined
      ? first.level
      : levelOf(incident.facts, pack).level;
  const opening: Moment[] = [
    { moment: "occurredAt", at: incident.occurredAt ?? incident.awareAt },
    { moment: "awareAt", at: incident.awareAt },
  ];
  return [...opening, ...incident.moments].map((entry) => {
    level = entry.level ?? level;
    // Nothing counts from before the awareness, whatever a journal says, except the occurrence itself.
    const at = entry.moment === "occurredAt" ? entry.at : later(entry.at, incident.awareAt);
    return { moment: entry.moment, at, level, duty: entry.duty, dueAt: entry.dueAt };
  });
}

/**
 * Every clock of an incident under a pack, with its state at the instant `now`. A clock starts at awareness (or at
 * the moment its duty names), never at data entry; the n-th clock of a duty stays the n-th however the journal grows.
 */
export function clocksFor(incident: DutyIncident, pack: DutyPack, now: Instant): Clock[] {
  const entries = journal(incident, pack);
  return pack.duties.flatMap((duty) => clocksOfDuty(duty, entries, pack, now));
}

function clocksOfDuty(duty: Duty, entries: readonly Entry[], pack: DutyPack, now: Instant): Clock[] {
  const clocks: Clock[] = [];
  const holding = entries.at(-1)?.level ?? 0;
  let n = 0;
  for (const [at, entry] of entries.entries()) {
    if (duty.until.includes(entry.moment)) break;
    if (!duty.starts.includes(entry.moment)) continue;
    n += 1;
    const level = duty.levelFrom === "now" ? holding : entry.level;
    const limit = duty.limits.find((one) => one.levels.includes(level));
    if (limit === undefined) continue;
    const startedAt = entry.at;
    const after = entries.slice(at + 1);
    const done = after.find((one) => duty.metBy.includes(one.moment));
    const doneAt = done === undefined ? undefined : later(done.at, startedAt);
    const dueAt = duty.extendable
      ? extended(duty, dueOf(startedAt, limit, pack), after)
      : dueOf(startedAt, limit, pack);
    clocks.push({
      duty: duty.id,
      n,
      names: { zh: duty.zh, en: duty.en },
      owedBy: duty.owedBy,
      level,
      startedAt,
      dueAt,
      nearAt: nearOf(startedAt, dueAt),
      ...(doneAt === undefined ? {} : { doneAt }),
      state: stateOfClock(dueAt, doneAt, now),
    });
  }
  return clocks;
}

function dueOf(
  start: Instant,
  limit: { minutes?: number | undefined; hours?: number | undefined; months?: number | undefined },
  pack: DutyPack,
): Instant {
  if (limit.months !== undefined) return addMonths(start, limit.months, pack.offsetMinutes);
  if (limit.hours !== undefined) return addHours(start, limit.hours);
  return addMillis(start, (limit.minutes ?? 0) * MINUTE);
}

/** Whether a duty that `milestone` ends is running or was: nothing is forwarded before it was reviewed. */
export function hasBegun(
  milestone: string,
  moments: readonly Pick<Moment, "moment">[],
  pack: DutyPack,
): boolean {
  const ended = pack.duties.filter((duty) => duty.metBy.includes(milestone));
  const past = new Set(["occurredAt", "awareAt", ...moments.map((entry) => entry.moment)]);
  return ended.length === 0 || ended.some((duty) => duty.starts.some((moment) => past.has(moment)));
}

/** More time, never less: an extension that ends before the due time changes nothing. */
function extended(duty: Duty, dueAt: Instant, after: readonly Entry[]): Instant {
  return after.reduce(
    (due, entry) =>
      entry.moment === "extendedAt" && entry.duty === duty.id && entry.dueAt !== undefined
        ? later(due, entry.dueAt)
        : due,
    dueAt,
  );
}

/** A clock of an hour and more is nearly over when a quarter of it is left, a shorter one when 15 minutes are. */
function nearOf(startedAt: Instant, dueAt: Instant): Instant {
  const length = millis(dueAt) - millis(startedAt);
  return addMillis(dueAt, -(length >= HOUR ? length / 4 : Math.min(length, 15 * MINUTE)));
}

/** A clock ends with its last instant: what is done at the due time itself is in time. */
export function stateOfClock(dueAt: Instant, doneAt: Instant | undefined, now: Instant): ClockState {
  if (doneAt !== undefined) return doneAt <= dueAt ? "met" : "missed";
  return now <= dueAt ? "running" : "overdue";
}

function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

/** What `lianfang duties` prints: the level that holds, why, and every clock. `incident.at` stands for now. */
export function dutiesOf(
  pack: DutyPack,
  incident: DutyIncident,
  now: Instant,
): { pack: string; draft: boolean; level: number; reasons: readonly Reason[]; clocks: Clock[] } {
  return {
    pack: pack.id,
    draft: pack.status === "draft",
    level: levelHolding(incident, pack),
    reasons: levelOf(incident.facts, pack).reasons,
    clocks: clocksFor(incident, pack, incident.at ?? now),
  };
}
