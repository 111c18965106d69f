import { type Clock, type Instant, instantOf, millis } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import type { Scope } from "../../../core/scope.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { Metrics } from "../../../platform/metrics/metrics.ts";
import type { Records, Work } from "../../../platform/records/work.ts";
import { clean, mainEntityOf } from "../alerts/entities.ts";
import { type MatchedEvent, raiseAlerts } from "../alerts/index.ts";
import { LOG_TLP } from "../pipeline/log-table.ts";
import { Correlator } from "./correlator.ts";
import { CorrelationJournal, type Reach, type TakenHit } from "./journal.ts";
import type { CorrelationSet } from "./load.ts";
import type { CorrelationMatch, CorrelatorOptions, RuleHit } from "./model.ts";

export interface CorrelationsParts {
  readonly records: Records;
  /** The scope of `job:detection.correlation`, over every organisation of the node. */
  readonly scope: () => Promise<Scope>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly options?: Partial<CorrelatorOptions>;
}

/** Matches of one batch, all of one organisation's records. */
export interface HitBatch {
  readonly orgId: OrgId;
  readonly receivedAt: Instant;
  readonly matches: readonly MatchedEvent[];
}

/** What a batch comes to: alerts to raise, and what to write down in the same transaction. */
export interface Correlated {
  readonly matches: readonly MatchedEvent[];
  record(work: Work): Promise<void>;
}

/** One correlator at work. */
interface Stand {
  correlator: Correlator;
  /** Up to which hit the stored state reaches. */
  savedUpto: number;
  /** The youngest event, and when it was taken in. */
  highest: number;
  fedAt: number;
  /** Hits since the last state. */
  since: number;
}

/** Keeps the memory of one organisation within some 100 MB, and that of a quiet one near nothing. */
const OPTIONS = { keysPerRule: 20_000, entriesPerKey: 2_000, pending: 100_000 } as const;
/** How long events wait for older ones: sources of one house are a minute apart, those of different ones ten. */
const LATENESS = { own: 60_000, across: 600_000 } as const;
const ACROSS = "across";
const TICK_MILLIS = 5_000;
/** So many hits are read again at most after a crash. */
const SAVE_AFTER = 5_000;
const PAGE = 5_000;
const WHY_EVENTS = 10;
/** The field that tells members apart in rules that look across them (ECS). */
const ORGANISATION = "organization.id";

/**
 * Correlation in the running node: one correlator for each organisation, and one over all of them for the rules that
 * ask for it. Hits are written down in the transaction that stores their batch, and the states now and then; after a
 * crash a state and the hits behind it give the same correlator again, and what it finds again bears the same id. One
 * process of a node correlates.
 */
export class Correlations {
  readonly #parts: CorrelationsParts;
  readonly #stands = new Map<string, Stand>();
  #set: CorrelationSet | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #takenUp = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #kept;
  readonly #counts;

  constructor(parts: CorrelationsParts) {
    this.#parts = parts;
    this.#kept = parts.metrics.gauge("correlation_keys", "Keys that correlation rules keep windows of");
    this.#counts = parts.metrics.gauge("correlation_events", "What became of matches under correlation", [
      "result",
    ]);
  }

  /** Goes on with these rules; what is kept for rules that stayed as they were stays. */
  use(set: CorrelationSet): Promise<void> {
    // The first matches may come before the next turn.
    this.#set ??= set;
    return this.#alone(async () => {
      this.#set = set;
      for (const [key, stand] of this.#stands) {
        const before = stand.correlator.snapshot();
        stand.correlator = Correlator.restore(before, this.#linked(key), this.#options(key), this.#namesOf);
      }
    });
  }

  /** Takes up what was left at the last stop and lets time go on for what waits. */
  start(): void {
    this.#timer = setInterval(() => {
      this.tick().catch((error: unknown) =>
        this.#parts.log.error({ err: error }, "correlation could not go on"),
      );
    }, TICK_MILLIS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#last.catch(() => undefined);
  }

  /**
   * Runs the transaction that stores a batch with what correlation makes of its matches. `run` may be tried again by
   * the store; when it fails for good, what was fed is forgotten with it.
   */
  async commit<T>(batch: HitBatch, run: (correlated: Correlated) => Promise<T>): Promise<T> {
    const set = this.#set;
    const loud =
      set === undefined ? batch.matches : batch.matches.filter(({ match }) => !set.silent.has(match.ruleId));
    const concerned =
      set !== undefined &&
      batch.matches.some(
        ({ match }) => set.own.inputs.has(match.ruleId) || set.across.inputs.has(match.ruleId),
      );
    if (!concerned) return run({ matches: loud, record: async () => undefined });
    return this.#alone(async () => {
      try {
        const { found, taken } = await this.#feed(batch);
        return await run({
          matches: [...loud, ...found],
          record: (work) => new CorrelationJournal(work).add(batch.orgId, taken),
        });
      } catch (error) {
        this.#stands.delete(batch.orgId);
        this.#stands.delete(ACROSS);
        throw error;
      }
    });
  }

  async #feed(batch: HitBatch): Promise<{ found: MatchedEvent[]; taken: TakenHit[] }> {
    const own = await this.#stand(batch.orgId);
    const across = await this.#stand(ACROSS);
    const { orgId: root } = await this.#parts.scope();
    const now = millis(this.#parts.clock.now());
    const found = [...own.found, ...across.found];
    const taken: TakenHit[] = [];
    for (const event of batch.matches) {
      const hit = this.#hitOf(event, millis(batch.receivedAt));
      if (hit === undefined) continue;
      const here = feed(own.stand, hit, now);
      const there = feed(across.stand, withOrganisation(hit, batch.orgId), now);
      found.push(...here.matches.map((match) => this.#alertOf(match, batch.orgId)));
      found.push(...there.matches.map((match) => this.#alertOf(match, root)));
      if (here.taken || there.taken) taken.push({ ...hit, own: here.taken, across: there.taken });
    }
    return { found, taken };
  }

  /** Time goes on for events that wait, as it has since the last of them came; states are stored when it is time. */
  async tick(): Promise<void> {
    if (this.#set === undefined) return;
    await this.#alone(async () => {
      const scope = await this.#parts.scope();
      if (!this.#takenUp) await this.#takeUp(scope);
      const now = millis(this.#parts.clock.now());
      for (const [key, stand] of [...this.#stands]) {
        if (!Number.isFinite(stand.highest)) continue;
        const matches = stand.correlator.advance(stand.highest + Math.max(0, now - stand.fedAt));
        if (matches.length > 0) {
          const orgId = key === ACROSS ? scope.orgId : key;
          await this.#raise(
            scope,
            key,
            matches.map((match) => this.#alertOf(match, orgId)),
          );
        }
      }
      if ([...this.#stands.values()].some(({ since }) => since >= SAVE_AFTER)) await this.#save(scope);
      this.#tell();
    });
  }

  /** Stores the state of every correlator and lets go of the hits that it holds. */
  save(): Promise<void> {
    return this.#alone(async () => this.#save(await this.#parts.scope()));
  }

  async #save(scope: Scope): Promise<void> {
    const across = (await this.#stand(ACROSS)).stand;
    const changed = [...this.#stands].filter(([, { since }]) => since > 0);
    let upto = 0;
    await this.#parts.records.within(scope, async (work) => {
      const journal = new CorrelationJournal(work);
      upto = Math.max(await journal.highest(), across.savedUpto);
      for (const [key, { correlator }] of changed) {
        const [orgId, reach]: [OrgId, Reach] =
          key === ACROSS ? [scope.orgId, "across"] : [key, "organisation"];
        await journal.save(orgId, reach, upto, correlator.snapshot());
      }
      // Whoever has hits has had them fed, so the states above hold them all.
      for (const [key] of changed) if (key !== ACROSS) await journal.forget(key, upto);
    });
    for (const [, stand] of changed) {
      stand.since = 0;
      stand.savedUpto = upto;
    }
  }

  async #raise(scope: Scope, key: string, found: readonly MatchedEvent[]): Promise<void> {
    try {
      await this.#parts.records.within(scope, (work) => raiseAlerts(work, found));
    } catch (error) {
      // It will be found again out of what is stored.
      this.#stands.delete(key);
      throw error;
    }
  }

  async #takeUp(scope: Scope): Promise<void> {
    const orgs = await this.#parts.records.within(scope, (work) =>
      new CorrelationJournal(work).organisations(),
    );
    for (const key of orgs.length === 0 ? [] : [...orgs, ACROSS]) {
      const { found } = await this.#stand(key);
      if (found.length > 0) await this.#raise(scope, key, found);
    }
    this.#takenUp = true;
  }

  /** The correlator of a key; made anew out of what is stored, which may find again what was found before. */
  async #stand(key: string): Promise<{ stand: Stand; found: MatchedEvent[] }> {
    const held = this.#stands.get(key);
    if (held !== undefined) return { stand: held, found: [] };
    const scope = await this.#parts.scope();
    const reach: Reach = key === ACROSS ? "across" : "organisation";
    const orgId = key === ACROSS ? scope.orgId : key;
    const within = <T>(run: (journal: CorrelationJournal) => Promise<T>) =>
      this.#parts.records.within(scope, (work) => run(new CorrelationJournal(work)));
    const state = await within((journal) => journal.state(orgId, reach));
    const linked = this.#linked(key);
    const stand: Stand = {
      correlator:
        state === undefined
          ? new Correlator(linked, this.#options(key), this.#namesOf)
          : Correlator.restore(state.snapshot, linked, this.#options(key), this.#namesOf),
      savedUpto: state?.upto ?? 0,
      highest: state?.snapshot.pending.highest ?? Number.NEGATIVE_INFINITY,
      fedAt: millis(this.#parts.clock.now()),
      since: 0,
    };
    const found: MatchedEvent[] = [];
    let after = stand.savedUpto;
    for (let full = true; full; ) {
      const hits = await within((journal) => journal.after(after, PAGE, key === ACROSS ? undefined : key));
      for (const hit of hits) {
        if (!(key === ACROSS ? hit.across : hit.own)) continue;
        const fed = key === ACROSS ? withOrganisation(hit, hit.orgId) : hit;
        found.push(...feed(stand, fed, stand.fedAt).matches.map((match) => this.#alertOf(match, orgId)));
      }
      after = hits.at(-1)?.seq ?? after;
      full = hits.length === PAGE;
    }
    this.#stands.set(key, stand);
    return { stand, found };
  }

  /** What correlation needs of a match; undefined where no rule looks at it. */
  #hitOf({ match, eventId, at, record }: MatchedEvent, receivedAt: number): RuleHit | undefined {
    const fields = this.#set?.names.get(match.ruleId);
    if (fields === undefined) return undefined;
    const kept: Record<string, unknown> = {};
    for (const name of [...fields.values()].flat()) {
      const value = record[name];
      if (value !== undefined) kept[name] = typeof value === "string" ? clean(value.slice(0, 2_000)) : value;
    }
    return { ruleId: match.ruleId, eventId, at: millis(at), receivedAt, record: kept };
  }

  #alertOf(match: CorrelationMatch, orgId: OrgId): MatchedEvent {
    const { id, ruleId, title, titleZh, level, tags, group, counted, firstAt, at, count, value, eventIds } =
      match;
    const grouped: Record<string, unknown> = {};
    for (const [field, text] of Object.entries(group))
      for (const name of this.#recordNames(ruleId, field)) grouped[name] = text;
    const record: Record<string, unknown> = {};
    for (const [field, texts] of Object.entries(counted ?? {}))
      for (const name of this.#recordNames(ruleId, field)) record[name] = texts;
    Object.assign(record, grouped);
    return {
      orgId,
      tlp: LOG_TLP,
      eventId: id.slice(0, 1_000),
      at: instantOf(at),
      stands: { count, since: instantOf(firstAt) },
      record,
      match: {
        ruleId,
        title,
        ...(titleZh === undefined ? {} : { titleZh }),
        level,
        tags,
        // What was counted differs from one time to the next, what it was grouped by does not.
        entity: mainEntityOf(grouped),
        why: [
          ...Object.entries(group).map(([field, text]) => ({
            field: this.#recordNames(ruleId, field)[0] ?? field,
            value: text,
          })),
          { field: "correlation.events", value: String(count) },
          ...(value === count || Number.isNaN(value)
            ? []
            : [{ field: "correlation.value", value: String(value) }]),
          ...eventIds.slice(-WHY_EVENTS).map((event) => ({ field: "event.id", value: event })),
        ],
      },
    };
  }

  /** The names in records of a correlation's field, by the rules below it that are tied to records. */
  #recordNames(ruleId: string, field: string): readonly string[] {
    const names = new Set<string>();
    for (const linked of [this.#set?.own, this.#set?.across]) {
      for (const [source, inputs] of linked?.inputs ?? []) {
        for (const { rule, groupBy, fields } of inputs) {
          if (rule.id !== ruleId) continue;
          const by = groupBy[rule.groupBy.indexOf(field)];
          const counted = fields[rule.fields.indexOf(field)];
          for (const own of [by, counted])
            if (own !== undefined)
              for (const name of this.#set?.names.get(source)?.get(own) ?? []) names.add(name);
        }
      }
    }
    return names.size === 0 ? [field] : [...names];
  }

  #linked(key: string): CorrelationSet["own"] {
    if (this.#set === undefined) throw new Error("no rules are loaded");
    return key === ACROSS ? this.#set.across : this.#set.own;
  }

  readonly #namesOf = (ruleId: string, field: string): readonly string[] =>
    this.#set?.names.get(ruleId)?.get(field) ?? [field];

  #options(key: string): Partial<CorrelatorOptions> {
    return { ...OPTIONS, lateness: key === ACROSS ? LATENESS.across : LATENESS.own, ...this.#parts.options };
  }

  #tell(): void {
    let keys = 0;
    const sums: Record<string, number> = {};
    for (const { correlator } of this.#stands.values()) {
      keys += correlator.keys;
      for (const [name, count] of Object.entries(correlator.counters)) sums[name] = (sums[name] ?? 0) + count;
    }
    this.#kept.set(keys);
    for (const [result, count] of Object.entries(sums)) this.#counts.set({ result }, count);
  }

  /** One after the other: what is fed and what is written down must have one order. */
  #alone<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run, run);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function feed(stand: Stand, hit: RuleHit, now: number): { matches: CorrelationMatch[]; taken: boolean } {
  const { late, received } = stand.correlator.counters;
  const matches = stand.correlator.feed(hit);
  const after = stand.correlator.counters;
  const taken = after.received > received && after.late === late;
  if (!taken) return { matches, taken };
  stand.since++;
  const at = Math.min(hit.at, hit.receivedAt ?? hit.at);
  if (at > stand.highest) {
    stand.highest = at;
    stand.fedAt = now;
  }
  return { matches, taken };
}

function withOrganisation(hit: RuleHit, orgId: OrgId): RuleHit {
  return { ...hit, record: { ...hit.record, [ORGANISATION]: orgId } };
}
