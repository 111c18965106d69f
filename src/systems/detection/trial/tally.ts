import { instantOf } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import { hitOf, withOrganisation } from "../correlation/alert.ts";
import { type CorrelationMatch, Correlator } from "../correlation/index.ts";
import { FIELDS } from "../indicators/fields.ts";
import { INDICATOR_KINDS, type IndicatorKind } from "../indicators/image.ts";
import type { KnownValues } from "../indicators/known.ts";
import { LOG_TLP } from "../pipeline/log-table.ts";
import type { RuleMatch } from "../sigma/index.ts";
import { type Draft, variantId } from "./draft.ts";
import type { TrialCorrelation, TrialEvent, TrialResult } from "./model.ts";

/** A stored record as a trial meets it. */
export interface TrialRecord {
  readonly eventId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly receivedAt: number;
  readonly orgId: OrgId;
  readonly source: string;
  /** The host, else the address that it comes from. */
  readonly host: string;
  readonly original: string;
  readonly record: Readonly<Record<string, unknown>>;
}

const SHOWN_CHARS = 500;
const MOST_HOSTS = 20;
/** Different hosts that are told apart; those beyond count as one. */
const MOST_COUNTED = 50_000;
const TAIPEI = 8 * 3_600_000;
/** Wider than any stretch of records, so that they may come in any order of time. */
const CENTURY = 3_155_695_200_000;
/** What correlation keeps of one trial. */
const CORRELATION = { lateness: CENTURY, keysPerRule: 100_000, entriesPerKey: 10_000, pending: 500_000 };
/** Events of a correlation's match that are named. */
const NAMED_EVENTS = 20;

/** The kind of indicator that a field holds, for asking warninglists. */
const KIND_OF: ReadonlyMap<string, IndicatorKind> = new Map(
  INDICATOR_KINDS.flatMap((kind) => FIELDS[kind].map(({ name }) => [name, kind] as const)),
);

class Counts {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    const key = this.#counts.has(name) || this.#counts.size < MOST_COUNTED ? name : "…";
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  get size(): number {
    return this.#counts.size;
  }

  byName(): { name: string; count: number }[] {
    return [...this.#counts]
      .map(([name, count]) => ({ name, count }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  busiest(most = Number.POSITIVE_INFINITY): { name: string; count: number }[] {
    return this.byName()
      .sort((a, b) => b.count - a.count)
      .slice(0, most);
  }
}

/** What was counted of one rule. */
class RuleTally {
  matched = 0;
  readonly silenced = new Counts();
  readonly known = new Counts();
  readonly days = new Counts();
  readonly hosts = new Counts();
  readonly events: TrialEvent[] = [];
  readonly correlations: TrialCorrelation[] = [];

  result(ruleId: string): TrialResult {
    return {
      ruleId,
      matched: this.matched,
      silenced: this.silenced.busiest(),
      known: this.known.busiest(),
      days: this.days.byName(),
      hosts: this.hosts.busiest(MOST_HOSTS),
      distinctHosts: this.hosts.size,
      events: this.events,
      correlations: this.correlations,
    };
  }
}

/** Counts what a draft would have led to, record by record; the newest are to come first. */
export class TrialTally {
  readonly #draft: Draft;
  readonly #known: KnownValues | undefined;
  readonly #most: number;
  readonly #tallies: ReadonlyMap<string, RuleTally>;
  /** One for each organisation, and one over all of them under the empty name. */
  readonly #correlators = new Map<string, Correlator>();

  constructor(draft: Draft, options: { readonly events: number; readonly known?: KnownValues | undefined }) {
    this.#draft = draft;
    this.#known = options.known;
    this.#most = options.events;
    this.#tallies = new Map(draft.rules.map(({ id }) => [id, new RuleTally()]));
  }

  /** Records that met a rule of the draft, over all of its rules. */
  get matched(): number {
    return this.#draft.rules
      .filter(({ draft }) => draft)
      .reduce((sum, { id }) => sum + (this.#tallies.get(id)?.matched ?? 0), 0);
  }

  meet(event: TrialRecord): void {
    const matches = this.#draft.matcher.match(event.record);
    if (matches.length === 0) return;
    const met = new Set(matches.map(({ ruleId }) => ruleId));
    for (const match of matches) {
      const tally = this.#tallies.get(match.ruleId);
      if (tally !== undefined) this.#count(tally, match, event, met);
    }
  }

  #count(tally: RuleTally, match: RuleMatch, event: TrialRecord, met: ReadonlySet<string>): void {
    const filters = this.#draft.filters.get(match.ruleId) ?? [];
    const silencedBy = filters
      .filter((_, at) => !met.has(variantId(match.ruleId, at)))
      .map(({ title }) => title);
    const known = this.#knownIn(match);
    for (const list of new Set(known.map((each) => each.list))) tally.known.add(list);
    for (const title of new Set(silencedBy)) tally.silenced.add(title);
    if (silencedBy.length === 0) {
      tally.matched++;
      tally.days.add(dayOf(event.time));
      tally.hosts.add(event.host);
      this.#correlate(match, event);
    }
    if (tally.events.length >= this.#most) return;
    const { eventId, orgId, host, source, original } = event;
    tally.events.push({
      eventId,
      time: instantOf(event.time),
      orgId,
      host,
      source,
      original: original.slice(0, SHOWN_CHARS).toWellFormed(),
      why: match.why.map(({ field, value }) => ({ field, value: value.toWellFormed() })),
      silencedBy,
      known,
    });
  }

  #knownIn({ why }: RuleMatch): TrialEvent["known"] {
    const lists = this.#known;
    if (lists === undefined) return [];
    return why.flatMap(({ field, value }) => {
      const kind = KIND_OF.get(field);
      const list = kind === undefined ? undefined : lists.listOf({ kind, value, indicator: value });
      return list === undefined ? [] : [{ field, value: value.toWellFormed(), list }];
    });
  }

  /** Matches that correlation could not count, since too many waited or were kept. */
  get leftOut(): number {
    let sum = 0;
    for (const { counters } of this.#correlators.values())
      sum += counters.late + counters.evictedEntries + counters.evictedKeys;
    return sum;
  }

  #correlate(match: RuleMatch, { eventId, time, receivedAt, orgId, source, record }: TrialRecord): void {
    const set = this.#draft.correlations;
    const of = { orgId, tlp: LOG_TLP, eventId, at: instantOf(time), record, match };
    const hit = hitOf(set, of, source, receivedAt);
    if (hit === undefined) return;
    const feed = (place: string, one: typeof hit) => {
      for (const found of this.#correlator(place).feed(one)) this.#fired(place, found);
    };
    if (set.own.inputs.has(hit.ruleId)) feed(orgId, hit);
    if (set.across.inputs.has(hit.ruleId)) feed("", withOrganisation(hit, orgId));
  }

  #correlator(orgId: string): Correlator {
    const set = this.#draft.correlations;
    const held = this.#correlators.get(orgId);
    if (held !== undefined) return held;
    const namesOf = (rule: string, field: string) => set.names.get(rule)?.get(field) ?? [field];
    const made = new Correlator(orgId === "" ? set.across : set.own, CORRELATION, namesOf);
    this.#correlators.set(orgId, made);
    return made;
  }

  /** What it all comes to; what correlation rules found among it. To be called once. */
  finish(): TrialResult[] {
    for (const [orgId, correlator] of this.#correlators)
      for (const match of correlator.flush()) this.#fired(orgId, match);
    return this.#draft.rules.flatMap(({ id }) => this.#tallies.get(id)?.result(id) ?? []);
  }

  #fired(orgId: string, match: CorrelationMatch): void {
    const tally = this.#tallies.get(match.ruleId);
    if (tally === undefined) return;
    tally.matched++;
    tally.days.add(dayOf(match.at));
    tally.hosts.add(Object.values(match.group).join(" ").toWellFormed());
    const { firstAt, at, group, count, value, eventIds } = match;
    tally.correlations.unshift({
      orgId: orgId === "" ? null : orgId,
      firstAt: instantOf(firstAt),
      at: instantOf(at),
      group,
      count,
      value: Number.isFinite(value) ? value : null,
      eventIds: eventIds.slice(-NAMED_EVENTS),
    });
    if (tally.correlations.length > this.#most) tally.correlations.pop();
  }
}

function dayOf(time: number): string {
  return new Date(time + TAIPEI).toISOString().slice(0, 10);
}
