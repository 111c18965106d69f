import type { Instant } from "../../core/instant.ts";
import { Problem } from "../../core/problem.ts";
import { may } from "../../core/scope.ts";
import type { Tlp } from "../../core/tlp.ts";
import { sha256Hex, uuidV7 } from "../../platform/crypto/digest.ts";
import type { Work } from "../../platform/records/work.ts";
import { checkAlerts, checkFacts, pastInstant, refused, reportedAtOf, sinceAware } from "./checks.ts";
import { ClockStore } from "./clocks.ts";
import type { DutyPack, Moment } from "./duties/model.ts";
import { clocksFor, hasBegun, levelHolding, levelOf } from "./duties/rules.ts";
import type {
  Act,
  ChangeFacts,
  CloseIncident,
  ExtendDuty,
  NewIncident,
  NewIndicator,
  NoteMilestone,
  ProgressNote,
  Recover,
  ReviewLevel,
} from "./model.ts";
import { type Entered, numberText, refusal, stateOf, taipeiYear } from "./rules.ts";
import { type Changed, IncidentStore, type Kept } from "./store.ts";

/** What became of alerts that were raised to an incident. */
export interface Linked {
  readonly alerts: readonly { readonly orgId: string; readonly tlp: Tlp }[];
  readonly indicators: readonly (NewIndicator & {
    readonly firstSeen: Instant;
    readonly lastSeen: Instant;
  })[];
}

export interface CaseRoom {
  /** The pack for new incidents; older ones keep theirs. */
  readonly pack: DutyPack;
  readonly tier: string;
  packOf(id: string): DutyPack;
  /** Marks the alerts as raised to this incident and gives what they speak of. Throws for alerts out of sight. */
  linkAlerts(work: Work, alertIds: readonly string[], incidentId: string): Promise<Linked>;
}

/** What can be done to incidents in one unit of work: each act checks, changes, and tells of it. */
export class Incidents {
  readonly store: IncidentStore;
  private readonly clocks: ClockStore;
  private readonly work: Work;
  private readonly room: CaseRoom;

  constructor(work: Work, room: CaseRoom) {
    this.work = work;
    this.room = room;
    this.store = new IncidentStore(work, room.packOf);
    this.clocks = new ClockStore(work);
  }

  /** A new incident. The same key with the same report gives the incident that is there already. */
  async report(input: NewIncident, key: string | undefined): Promise<Kept> {
    const { scope, now } = this.work;
    const reportedAt = reportedAtOf(input, input.awareAt, this.work);
    const known = key === undefined ? undefined : `${scope.actor.id}:${key}`;
    const sha256 = sha256Hex(JSON.stringify(input));
    const before = known === undefined ? undefined : await this.store.byKey(known);
    if (before !== undefined) return sameReport(before, sha256);

    const { pack } = this.room;
    checkFacts(input.facts, pack);
    const { level, reasons } = levelOf(input.facts, pack);
    const moments = [this.entered("reportedAt", reportedAt, { level })];
    const id = uuidV7(Date.parse(now));
    const linked =
      input.alertIds.length === 0
        ? { alerts: [], indicators: [] }
        : await this.room.linkAlerts(this.work, input.alertIds, id);
    const orgId = input.orgId ?? linked.alerts[0]?.orgId ?? scope.orgId;
    if (!scope.orgIds.includes(orgId))
      throw new Problem("http.not-found", { detail: "no such organisation in your sight" });
    checkAlerts(input, orgId, linked.alerts);
    const year = taipeiYear(now);
    const number = numberText(this.room.tier, year, await this.store.nextNumber(year));
    const added = await this.store.add({
      id,
      number,
      orgId,
      tlp: input.tlp,
      title: input.title,
      pack: pack.id,
      state: stateOf(moments),
      level,
      facts: input.facts,
      moments,
      occurredAt: input.occurredAt,
      awareAt: input.awareAt,
      reportedAt,
      channel: input.channel,
      channelReason: input.channelReason,
      alertIds: input.alertIds,
      key: known,
      sha256,
    });
    if (!added)
      throw new Problem("http.conflict", {
        detail: "the same report is being filed at this moment; send it again",
      });
    await this.store.record(id, "reported", input.title, {
      level,
      reasons,
      channel: input.channel,
      reportedAt,
    });
    const typed = input.indicators.map((one) => ({
      ...one,
      firstSeen: input.occurredAt ?? input.awareAt,
      lastSeen: input.awareAt,
    }));
    await this.store.addIndicators(id, [...typed, ...linked.indicators]);
    const incident = await this.store.get(id);
    await this.settle(incident);
    this.tell("incidents.reported", incident, { alertIds: input.alertIds });
    return incident;
  }

  /** New facts. Where they change the level it is a report again: its clock started when the change was learnt. */
  async changeFacts(id: string, input: ChangeFacts): Promise<Kept> {
    const before = await this.open(id, "change-facts", input.version);
    const pack = this.room.packOf(before.pack);
    checkFacts(input.facts, pack);
    const learntAt = sinceAware("body.awareAt", input.awareAt ?? this.work.now, before.awareAt);
    const reportedAt = reportedAtOf({ ...input, awareAt: learntAt }, learntAt, this.work);
    const was = levelOf(before.facts, pack).level;
    const { level, reasons } = levelOf(input.facts, pack);
    // A level that the authority set stands until the facts themselves give another one than before.
    const changed = level !== was && level !== before.level;
    const moments = changed
      ? [
          ...before.moments,
          this.entered("levelChangedAt", learntAt, { level }),
          this.entered("reportedAt", reportedAt),
        ]
      : [...before.moments, this.entered("updatedAt", this.work.now)];
    const after = await this.apply(before, { facts: input.facts, moments });
    await this.store.record(id, "facts-changed", input.note, { proposed: level, reasons });
    if (changed) {
      await this.store.record(id, "level-changed", "", {
        from: before.level,
        to: level,
        learntAt,
        by: "facts",
      });
      this.tell("incidents.level-changed", after, { from: before.level, to: level });
    }
    this.tell("incidents.facts-changed", after);
    return after;
  }

  async addIndicators(id: string, version: number, indicators: readonly NewIndicator[]): Promise<Kept> {
    const before = await this.open(id, "add-indicators", version);
    const after = await this.store.save(before, {});
    const { now } = this.work;
    await this.store.addIndicators(
      id,
      indicators.map((one) => ({ ...one, firstSeen: now, lastSeen: now })),
    );
    await this.store.record(id, "indicators-added", "", { count: indicators.length });
    this.audit("incidents.add-indicators", after, { count: indicators.length });
    return after;
  }

  /** A reviewer takes the report: 等級審核中. */
  async take(id: string, version: number): Promise<Kept> {
    const before = await this.open(id, "take", version);
    const after = await this.apply(before, {
      moments: [...before.moments, this.entered("takenAt", this.work.now)],
    });
    await this.store.record(id, "taken", "");
    this.audit("incidents.take", after);
    return after;
  }

  async review(id: string, input: ReviewLevel): Promise<Kept> {
    const before = await this.open(id, "review", input.version);
    const pack = this.room.packOf(before.pack);
    const level = input.decision === "agree" ? before.level : input.level;
    if (level === undefined || !pack.levels.some((one) => one.level === level)) {
      throw refused("body.level", `one of ${pack.levels.map((one) => one.level).join(", ")}`);
    }
    if (input.decision === "change" && level === before.level)
      throw refused("body.level", "the level that holds already");
    const moments = [...before.moments, this.entered("reviewedAt", this.work.now, { level })];
    const after = await this.apply(before, { moments });
    await this.store.record(id, "reviewed", input.grounds, {
      decision: input.decision,
      from: before.level,
      to: level,
    });
    if (level !== before.level) {
      await this.store.record(id, "level-changed", "", { from: before.level, to: level, by: "review" });
      this.tell("incidents.level-changed", after, { from: before.level, to: level });
    }
    this.tell("incidents.reviewed", after, { decision: input.decision });
    return after;
  }

  async note(id: string, input: ProgressNote): Promise<Kept> {
    const before = await this.open(id, "note", input.version);
    const at = pastInstant(before, input.at, this.work.now);
    const after = await this.apply(before, { moments: [...before.moments, this.entered("updatedAt", at)] });
    await this.store.record(id, "noted", input.text, { at });
    this.tell("incidents.noted", after);
    return after;
  }

  /** A moment that the duty pack knows, such as the forwarding (轉報) to the tier above. */
  async milestone(id: string, input: NoteMilestone): Promise<Kept> {
    const before = await this.open(id, "milestone", input.version);
    const pack = this.room.packOf(before.pack);
    const known = pack.milestones.find((one) => one.id === input.milestone);
    if (known === undefined)
      throw refused("body.milestone", `the duty pack ${before.pack} knows no such moment`);
    if (known.notedBy === "authority" && !may(this.work.scope, "incidents:review")) {
      throw new Problem("http.forbidden", { detail: "this needs incidents:review" });
    }
    if (!hasBegun(known.id, before.moments, pack))
      throw refused("body.milestone", "the duty that this moment ends has not begun yet");
    const at = pastInstant(before, input.at, this.work.now);
    const after = await this.apply(before, { moments: [...before.moments, this.entered(known.id, at)] });
    await this.store.record(id, "milestone", input.note, {
      milestone: known.id,
      zh: known.zh,
      en: known.en,
      at,
    });
    this.tell("incidents.milestone-noted", after, { milestone: known.id });
    return after;
  }

  /** 損害控制或復原完成. */
  async recover(id: string, input: Recover): Promise<Kept> {
    const before = await this.open(id, "recover", input.version);
    const at = pastInstant(before, input.at, this.work.now);
    const after = await this.apply(before, { moments: [...before.moments, this.entered("recoveredAt", at)] });
    await this.store.record(id, "recovered", input.text, { at });
    this.tell("incidents.recovered", after);
    return after;
  }

  /** 調查、處理及改善報告. */
  async close(id: string, input: CloseIncident): Promise<Kept> {
    const before = await this.open(id, "close", input.version);
    const moments = [...before.moments, this.entered("closedAt", this.work.now)];
    const after = await this.apply(before, { moments, closingReport: input.report });
    await this.store.record(id, "closed", "", { report: input.report });
    this.tell("incidents.closed", after);
    return after;
  }

  async reopen(id: string, version: number, grounds: string): Promise<Kept> {
    const before = await this.open(id, "reopen", version);
    const after = await this.apply(before, {
      moments: [...before.moments, this.entered("reopenedAt", this.work.now)],
    });
    await this.store.record(id, "reopened", grounds);
    this.tell("incidents.reopened", after);
    return after;
  }

  async extend(id: string, input: ExtendDuty): Promise<Kept> {
    const before = await this.open(id, "extend", input.version);
    const duty = this.room.packOf(before.pack).duties.find((one) => one.id === input.duty);
    if (duty === undefined || !duty.extendable) throw refused("body.duty", "this duty cannot be extended");
    if (input.until <= this.work.now) throw refused("body.until", "not in the future");
    const given = this.entered("extendedAt", this.work.now, { duty: duty.id, dueAt: input.until });
    const after = await this.apply(before, { moments: [...before.moments, given] });
    await this.store.record(id, "extended", input.grounds, {
      duty: duty.id,
      zh: duty.zh,
      en: duty.en,
      until: input.until,
    });
    this.tell("incidents.extended", after, { duty: duty.id, until: input.until });
    return after;
  }

  /** Talk about the incident; changes nothing of it, so it needs no version. */
  async comment(id: string, text: string): Promise<Kept> {
    const incident = await this.open(id, "comment");
    await this.store.record(id, "commented", text);
    this.tell("incidents.commented", incident);
    return incident;
  }

  /** Notes that a draft for other members was made of the incident. */
  async shared(incident: Kept, itemId: string): Promise<void> {
    await this.store.record(incident.id, "shared", "", { itemId });
    this.audit("incidents.share", incident, { itemId });
  }

  /** The incident, where this act may happen to it now. */
  async open(id: string, act: Act, version?: number): Promise<Kept> {
    const incident = await this.store.get(id);
    if (!this.work.scope.orgIds.includes(incident.orgId)) {
      throw new Problem("http.forbidden", { detail: "this incident may be read, not changed" });
    }
    const against = refusal(act, incident.moments, this.work.scope.actor.id);
    if (against !== undefined) throw new Problem(against);
    if (version !== undefined && version !== incident.version) {
      throw new Problem("http.conflict", { detail: `the incident is at version ${incident.version}` });
    }
    return incident;
  }

  private async apply(before: Kept, change: Changed & { moments: readonly Entered[] }): Promise<Kept> {
    const pack = this.room.packOf(before.pack);
    const level = levelHolding({ facts: change.facts ?? before.facts, moments: [...change.moments] }, pack);
    const after = await this.store.save(before, { ...change, state: stateOf(change.moments), level });
    await this.settle(after);
    return after;
  }

  private settle(incident: Kept): Promise<void> {
    const pack = this.room.packOf(incident.pack);
    const subject = {
      awareAt: incident.awareAt,
      ...(incident.occurredAt === null ? {} : { occurredAt: incident.occurredAt }),
      facts: incident.facts,
      moments: [...incident.moments],
    };
    return this.clocks.settle(incident.id, clocksFor(subject, pack, this.work.now));
  }

  private entered(moment: string, at: Instant, more: Partial<Moment> = {}): Entered {
    return { moment, at, ...more, by: this.work.scope.actor.id, enteredAt: this.work.now };
  }

  private audit(action: string, incident: Kept, detail: Readonly<Record<string, unknown>> = {}): void {
    this.work.audit({
      action,
      subject: incident.id,
      orgId: incident.orgId,
      detail: { number: incident.number, level: incident.level, state: incident.state, ...detail },
    });
  }

  /** The audit line and the event of one act; the event says no more than a list would. */
  private tell(topic: string, incident: Kept, data: Readonly<Record<string, unknown>> = {}): void {
    this.audit(topic, incident, data);
    this.work.emit({
      topic,
      subject: incident.id,
      marked: { orgId: incident.orgId, tlp: incident.tlp, audience: incident.audience },
      data: { number: incident.number, level: incident.level, state: incident.state, ...data },
    });
  }
}

function sameReport(before: { incident: Kept; sha256: string }, sha256: string): Kept {
  if (before.sha256 === sha256) return before.incident;
  throw new Problem("ingest.key-reused", {
    detail: `a report with this key was received before, as ${before.incident.number}`,
  });
}
