import { type Clock, type Instant, millis } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import type { Scope } from "../../../core/scope.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { Metrics } from "../../../platform/metrics/metrics.ts";
import type { Records, Work } from "../../../platform/records/work.ts";
import { type MatchedEvent, raiseAlerts } from "../alerts/index.ts";
import { alertOf, hitOf, withOrganisation } from "./alert.ts";
import { SourceClocks } from "./clocks.ts";
import { Correlator, timeOf } from "./correlator.ts";
import { CorrelationJournal, type TakenHit } from "./journal.ts";
import type { CorrelationSet } from "./load.ts";
import type { CorrelationMatch, CorrelatorOptions, RuleHit } from "./model.ts";
import { ACROSS, homed, keyOf, LATENESS, type Place, placeOf } from "./place.ts";

export interface CorrelationsParts {
  readonly records: Records;
  /** The scope of `job:detection.correlation`, over every organisation of the node. */
  readonly scope: () => Promise<Scope>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** After how many milliseconds without a batch a source is not waited for, and a backfill ends. */
  readonly idle: number;
  readonly options?: Partial<CorrelatorOptions>;
}

/** What one batch of a source came to. */
export interface HitBatch {
  readonly orgId: OrgId;
  readonly source: string;
  readonly receivedAt: Instant;
  /** The newest own time among its events, milliseconds since 1970; undefined where none has one. */
  readonly newest: number | undefined;
  /** All of the organisation's records. */
  readonly matches: readonly MatchedEvent[];
}

/** What a batch comes to: alerts to raise, and what to write down in the same transaction. */
export interface Correlated {
  readonly matches: readonly MatchedEvent[];
  /** Matches that came too late to be correlated. */
  readonly late: number;
  record(work: Work): Promise<void>;
}

/** One correlator at work. */
interface Stand {
  readonly place: Place;
  correlator: Correlator;
  /** Up to which hit the stored state reaches. */
  savedUpto: number;
  /** The youngest event, and when something came last. */
  newest: number;
  heardAt: number;
  /** Hits since the last state. */
  since: number;
}

/** Keeps the memory of one organisation within some 100 MB, and that of a quiet one near nothing. */
const OPTIONS = { keysPerRule: 20_000, entriesPerKey: 2_000, pending: 100_000 } as const;
const TICK_MILLIS = 5_000;
/** So many hits are read again at most after a crash. */
const SAVE_AFTER = 5_000;
const PAGE = 5_000;
/** At one more, the one that has been quiet longest ends. */
const MOST_BACKFILLS = 8;

/**
 * Correlation in the running node: one correlator for each organisation, and one over all of them for the rules that
 * ask for it. A batch that lies wholly behind what its organisation has come to is a backfill, with a correlator of its
 * source for as long as it lasts. Hits are written down in the transaction that stores their batch, and the states now
 * and then; after a crash a state and the hits behind it give the same correlator again, and what it finds again bears
 * the same id. One process of a node correlates.
 */
export class Correlations {
  readonly #parts: CorrelationsParts;
  readonly #stands = new Map<string, Stand>();
  /** How far organisations have come, by their sources. */
  readonly #clocks = new Map<string, SourceClocks>();
  readonly #since: number;
  #backfilled = 0;
  #set: CorrelationSet | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #takenUp = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #kept;
  readonly #counts;

  constructor(parts: CorrelationsParts) {
    this.#parts = parts;
    this.#since = millis(parts.clock.now());
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
      for (const stand of this.#stands.values()) {
        const { place, correlator } = stand;
        const [linked, options] = [this.#linked(place), this.#options(place)];
        stand.correlator = Correlator.restore(correlator.snapshot(), linked, options, this.#namesOf);
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
    const received = millis(batch.receivedAt);
    const hits =
      set === undefined
        ? []
        : batch.matches.flatMap((event) => hitOf(set, event, batch.source, received) ?? []);
    const newest = hits.reduce((most, hit) => Math.max(most, timeOf(hit)), batch.newest ?? -Infinity);
    if (set === undefined || hits.length === 0) {
      const done = await run({ matches: loud, late: 0, record: async () => undefined });
      this.#hear(batch.orgId, batch.source, newest);
      return done;
    }
    return this.#alone(async () => {
      try {
        const { taken, late } = await this.#feed(batch, hits, newest, set);
        const done = await run({
          matches: loud,
          late,
          record: (work) => new CorrelationJournal(work).add(batch.orgId, taken),
        });
        this.#hear(batch.orgId, batch.source, newest);
        return done;
      } catch (error) {
        for (const place of [placeOf(batch.orgId), ACROSS, placeOf(batch.orgId, batch.source)])
          this.#letGo(keyOf(place));
        throw error;
      }
    });
  }

  /** Time goes on only when a batch is stored, so that nothing in it is late because of what else is in it. */
  #hear(orgId: OrgId, source: string, newest: number): void {
    if (!Number.isFinite(newest)) return;
    const now = millis(this.#parts.clock.now());
    this.#clocksOf(keyOf(placeOf(orgId))).hear(source, newest, now);
    this.#clocksOf(keyOf(ACROSS)).hear(`${orgId} ${source}`, newest, now);
  }

  #clocksOf(key: string): SourceClocks {
    const clocks = this.#clocks.get(key) ?? new SourceClocks(this.#since, this.#parts.idle);
    this.#clocks.set(key, clocks);
    return clocks;
  }

  async #feed(
    { orgId, source }: HitBatch,
    hits: readonly RuleHit[],
    newest: number,
    set: CorrelationSet,
  ): Promise<{ taken: TakenHit[]; late: number }> {
    const own = await this.#stand(placeOf(orgId));
    const across = await this.#stand(ACROSS);
    const now = millis(this.#parts.clock.now());
    const taken: TakenHit[] = [];
    const behind: RuleHit[] = [];
    let late = 0;
    for (const hit of hits) {
      const here = add(own, hit, now);
      const there = add(across, withOrganisation(hit, orgId), now);
      if (here || there) taken.push({ ...hit, source, own: here, across: there, backfill: false });
      if (!here && set.own.inputs.has(hit.ruleId)) behind.push(hit);
      else if (!here && !there) late++;
    }
    if (behind.length === 0) return { taken, late };
    const place = placeOf(orgId, source);
    // A straggler alone, without what was counted at its time, would say nothing or the wrong thing.
    if (!own.correlator.isLate(newest) && !this.#stands.has(keyOf(place)))
      return { taken, late: late + behind.length };
    const backfill = await this.#backfill(place, behind);
    for (const hit of behind) {
      if (add(backfill, hit, now)) taken.push({ ...hit, source, own: false, across: false, backfill: true });
      else late++;
    }
    this.#backfilled += taken.filter(({ backfill: apart }) => apart).length;
    return { taken, late };
  }

  /** The backfill of a source; a new one when these are older than what it has come to, as a rotated log is. */
  async #backfill(place: Place, hits: readonly RuleHit[]): Promise<Stand> {
    const stand = await this.#stand(place);
    if (hits.every((hit) => stand.correlator.isLate(timeOf(hit)))) await this.#end(stand);
    const others = [...this.#stands.values()].filter(
      (each) => each !== stand && each.place.reach === "backfill",
    );
    const [quietest] = others.sort((one, other) => one.heardAt - other.heardAt);
    if (quietest !== undefined && others.length >= MOST_BACKFILLS) await this.#end(quietest);
    return this.#stand(place);
  }

  /** Takes what still waits, and forgets the backfill. */
  async #end({ place, correlator }: Stand): Promise<void> {
    await this.#raise(place, correlator.flush(), (work) => new CorrelationJournal(work).end(place));
    this.#stands.delete(keyOf(place));
  }

  /** Time goes on for events that wait; states are stored when it is time. */
  async tick(): Promise<void> {
    if (this.#set === undefined) return;
    await this.#alone(async () => {
      if (!this.#takenUp) await this.#takeUp();
      const now = millis(this.#parts.clock.now());
      for (const [key, stand] of [...this.#stands]) {
        const { place, correlator, newest, heardAt } = stand;
        const apart = place.reach === "backfill";
        if (apart && now - heardAt >= this.#parts.idle) {
          await this.#end(stand);
          continue;
        }
        const reached = apart ? newest : this.#clocksOf(key).reached(now);
        if (reached !== undefined) await this.#raise(place, correlator.advance(reached));
      }
      if ([...this.#stands.values()].some(({ since }) => since >= SAVE_AFTER)) await this.#save();
      this.#tell();
    });
  }

  /** Stores the state of every correlator and lets go of the hits that it holds. */
  save(): Promise<void> {
    return this.#alone(() => this.#save());
  }

  async #save(): Promise<void> {
    const scope = await this.#parts.scope();
    const across = await this.#stand(ACROSS);
    const changed = [...this.#stands.values()].filter(({ since }) => since > 0);
    let upto = 0;
    await this.#parts.records.within(scope, async (work) => {
      const journal = new CorrelationJournal(work);
      upto = Math.max(await journal.highest(), across.savedUpto);
      for (const { place, correlator } of changed)
        await journal.save(homed(place, scope), upto, correlator.snapshot());
      // Whoever has hits has had them fed, so the states above hold them all.
      for (const { place } of changed) if (place.reach !== "across") await journal.forget(place, upto);
    });
    for (const stand of changed) {
      stand.since = 0;
      stand.savedUpto = upto;
    }
  }

  /** Raises what was found, and what goes with it in the same transaction. */
  async #raise(
    place: Place,
    found: readonly CorrelationMatch[],
    also?: (work: Work) => Promise<void>,
  ): Promise<void> {
    const set = this.#set;
    if (set === undefined || (found.length === 0 && also === undefined)) return;
    try {
      const scope = await this.#parts.scope();
      const { orgId } = homed(place, scope);
      await this.#parts.records.within(scope, async (work) => {
        await raiseAlerts(
          work,
          found.map((match) => alertOf(set, match, orgId)),
        );
        await also?.(work);
      });
    } catch (error) {
      this.#letGo(keyOf(place));
      throw error;
    }
  }

  /** It will be made again, and find again, out of what is stored. */
  #letGo(key: string): void {
    this.#stands.delete(key);
    this.#takenUp = false;
  }

  async #takeUp(): Promise<void> {
    const { orgs, backfills } = await this.#parts.records.within(await this.#parts.scope(), async (work) => {
      const journal = new CorrelationJournal(work);
      return { orgs: await journal.organisations(), backfills: await journal.backfills() };
    });
    if (orgs.length > 0) await this.#stand(ACROSS);
    for (const orgId of orgs) await this.#stand(placeOf(orgId));
    for (const place of backfills) await this.#stand(place);
    this.#takenUp = true;
  }

  /** The correlator of a place; made anew out of what is stored, which may find again what was found before. */
  async #stand(place: Place): Promise<Stand> {
    const key = keyOf(place);
    const held = this.#stands.get(key);
    if (held !== undefined) return held;
    const scope = await this.#parts.scope();
    const stored = homed(place, scope);
    const within = <T>(run: (journal: CorrelationJournal) => Promise<T>) =>
      this.#parts.records.within(scope, (work) => run(new CorrelationJournal(work)));
    const state = await within((journal) => journal.state(stored));
    const [linked, options] = [this.#linked(place), this.#options(place)];
    const now = millis(this.#parts.clock.now());
    const stand: Stand = {
      place,
      correlator:
        state === undefined
          ? new Correlator(linked, options, this.#namesOf)
          : Correlator.restore(state.snapshot, linked, options, this.#namesOf),
      savedUpto: state?.upto ?? 0,
      newest:
        state?.snapshot.pending.waiting.reduce((most, { at }) => Math.max(most, at), -Infinity) ?? -Infinity,
      heardAt: now,
      since: 0,
    };
    let after = stand.savedUpto;
    for (let full = true; full; ) {
      const hits = await within((journal) => journal.after(after, PAGE, stored));
      for (const hit of hits) add(stand, place === ACROSS ? withOrganisation(hit, hit.orgId) : hit, now);
      after = hits.at(-1)?.seq ?? after;
      full = hits.length === PAGE;
    }
    // Time goes on from here with nobody to speak, too.
    if (place.reach !== "backfill" && Number.isFinite(stand.newest))
      this.#clocksOf(key).hear("", stand.newest, now);
    this.#stands.set(key, stand);
    return stand;
  }

  #linked({ reach }: Place): CorrelationSet["own"] {
    if (this.#set === undefined) throw new Error("no rules are loaded");
    return reach === "across" ? this.#set.across : this.#set.own;
  }

  readonly #namesOf = (ruleId: string, field: string): readonly string[] =>
    this.#set?.names.get(ruleId)?.get(field) ?? [field];

  #options({ reach }: Place): Partial<CorrelatorOptions> {
    return { ...OPTIONS, lateness: LATENESS[reach], ...this.#parts.options };
  }

  #tell(): void {
    let keys = 0;
    const sums: Record<string, number> = { backfilled: this.#backfilled };
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

function add(stand: Stand, hit: RuleHit, now: number): boolean {
  if (!stand.correlator.add(hit)) return false;
  stand.since++;
  stand.newest = Math.max(stand.newest, timeOf(hit));
  stand.heardAt = now;
  return true;
}
