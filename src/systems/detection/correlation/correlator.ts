import { keyOf, valuesOf } from "./key.ts";
import type { Input, LinkedCorrelations } from "./link.ts";
import type { CorrelationMatch, CorrelatorCounters, CorrelatorOptions, RuleHit } from "./model.ts";
import { Pending, type Waiting } from "./pending.ts";
import type { CorrelationRule } from "./rule.ts";
import { fingerprintOf, type Snapshot, type WindowSnapshot } from "./snapshot.ts";
import { type Entry, Window } from "./window.ts";

const DEFAULTS: CorrelatorOptions = {
  lateness: 30_000,
  keysPerRule: 100_000,
  entriesPerKey: 10_000,
  pending: 1_000_000,
};
const EVENT_IDS = 100;
const COUNTED = 50;

/** The names under which a rule's field stands in its records; the field itself when nothing ties them. */
export type NamesOf = (ruleId: string, field: string) => readonly string[];

interface RuleState {
  readonly rule: CorrelationRule;
  /** Its place among the rules, which orders what happens at the same time. */
  readonly at: number;
  windows: Map<string, Window>;
  sweepAt: number;
}

/** An input with its fields under the names that the records have. */
interface Feed {
  readonly state: RuleState;
  readonly position: number;
  readonly groupBy: readonly (readonly string[])[];
  readonly fields: readonly (readonly string[])[];
}

/**
 * Correlation over matches (Sigma specification 2.1). Events are taken in the order of their own time: each waits for
 * `lateness`, so that the order in which they come, and coming twice, makes no difference. A rule is asked at each of its
 * events about the timespan that ends there, and is silent for one timespan after it fired for a key.
 */
export class Correlator {
  readonly counters: CorrelatorCounters = {
    received: 0,
    duplicates: 0,
    late: 0,
    withoutValue: 0,
    evictedKeys: 0,
    evictedEntries: 0,
    hurried: 0,
    fired: 0,
  };
  readonly #linked: LinkedCorrelations;
  readonly #options: CorrelatorOptions;
  readonly #states: readonly RuleState[];
  readonly #feeds: ReadonlyMap<string, readonly Feed[]>;
  readonly #pending: Pending;

  constructor(
    linked: LinkedCorrelations,
    options: Partial<CorrelatorOptions> = {},
    namesOf: NamesOf = (_, field) => [field],
  ) {
    this.#linked = linked;
    this.#options = { ...DEFAULTS, ...options };
    this.#states = linked.rules.map((rule, at) => ({
      rule,
      at,
      windows: new Map(),
      sweepAt: Number.NEGATIVE_INFINITY,
    }));
    const states = new Map(this.#states.map((state) => [state.rule, state]));
    const feedOf = (source: string, input: Input): Feed[] => {
      const state = states.get(input.rule);
      const names = (field: string) => namesOf(source, field);
      if (state === undefined) return [];
      const { position } = input;
      return [{ state, position, groupBy: input.groupBy.map(names), fields: input.fields.map(names) }];
    };
    this.#feeds = new Map(
      [...linked.inputs].map(([source, inputs]) => [
        source,
        inputs.flatMap((input) => feedOf(source, input)),
      ]),
    );
    this.#pending = new Pending(this.#options.lateness, this.counters);
  }

  /** Takes a match; answers what became certain by it, which is mostly about earlier events. */
  feed(hit: RuleHit): CorrelationMatch[] {
    if (this.add(hit)) this.#pending.advance(timeOf(hit));
    return this.#take();
  }

  /**
   * Takes a match without letting time go on: `advance` does. False when no rule looks at it, or when its time has passed.
   */
  add(hit: RuleHit): boolean {
    const feeds = this.#feeds.get(hit.ruleId);
    if (feeds === undefined) return false;
    this.counters.received += 1;
    const { eventId } = hit;
    const at = timeOf(hit);
    if (this.isLate(at)) {
      this.counters.late += 1;
      return false;
    }
    for (const feed of feeds) {
      const waiting = this.#waitingOf(feed, hit.record, at, eventId);
      if (waiting === undefined) this.counters.withoutValue += 1;
      else this.#pending.add(waiting);
    }
    this.#pending.shrink(this.#options.pending);
    return true;
  }

  /** Whether events of that time can no longer be taken. */
  isLate(at: number): boolean {
    return !Number.isFinite(at) || this.#pending.isLate(at);
  }

  /** Says that all have come to `at`: what is older by the lateness is taken, although nothing may follow it. */
  advance(at: number): CorrelationMatch[] {
    this.#pending.advance(at);
    return this.#take();
  }

  /** Takes all that waits, as at the end of a file. What comes later and is older is late. */
  flush(): CorrelationMatch[] {
    this.#pending.flush();
    return this.#take();
  }

  /** Ids of rules whose matches are to raise no alert of their own. */
  get silent(): ReadonlySet<string> {
    return this.#linked.silent;
  }

  /** Windows that are kept. */
  get keys(): number {
    return this.#states.reduce((sum, { windows }) => sum + windows.size, 0);
  }

  #waitingOf(feed: Feed, record: RuleHit["record"], at: number, eventId: string): Waiting | undefined {
    const key = keyOf(record, feed.groupBy);
    if (key === undefined) return undefined;
    const { state, position } = feed;
    const { type } = state.rule;
    let value: string | number | undefined;
    if (type === "value_count") value = keyOf(record, feed.fields);
    else if (feed.fields.length > 0) {
      const text = keyOf(record, feed.fields)?.trim();
      value = text === undefined || text === "" ? undefined : Number(text);
      if (!Number.isFinite(value)) value = undefined;
    }
    if (feed.fields.length > 0 && value === undefined) return undefined;
    return { at, eventId, rule: state.at, position, key, value };
  }

  #take(): CorrelationMatch[] {
    const matches: CorrelationMatch[] = [];
    for (const waiting of this.#pending.released()) this.#count(waiting, matches);
    return matches;
  }

  #count(waiting: Waiting, matches: CorrelationMatch[]): void {
    const state = this.#states[waiting.rule];
    if (state === undefined) return;
    const { rule } = state;
    const window = this.#windowOf(state, waiting);
    window.expire(waiting.at);
    window.add(waiting);
    if (window.size > this.#options.entriesPerKey) {
      window.shift();
      this.counters.evictedEntries += 1;
    }
    if (waiting.at - window.firedAt < rule.span || !window.met()) return;
    window.firedAt = waiting.at;
    this.counters.fired += 1;
    const match = matchOf(rule, waiting, window);
    if (!this.silent.has(rule.id)) matches.push(match);
    for (const feed of this.#feeds.get(rule.id) ?? []) {
      const next = this.#waitingOf(feed, match.group, waiting.at, match.id);
      if (next === undefined) this.counters.withoutValue += 1;
      else this.#count(next, matches);
    }
  }

  #windowOf(state: RuleState, { at, key }: Waiting): Window {
    let window = state.windows.get(key);
    if (window !== undefined) return window;
    if (at >= state.sweepAt) this.#sweep(state, at);
    if (state.windows.size >= this.#options.keysPerRule) {
      for (const oldest of state.windows.keys()) {
        state.windows.delete(oldest);
        this.counters.evictedKeys += 1;
        break;
      }
    }
    window = new Window(state.rule);
    state.windows.set(key, window);
    return window;
  }

  /** A key without events for a timespan is as good as one never seen. */
  #sweep(state: RuleState, now: number): void {
    for (const [key, window] of state.windows) {
      if (window.lastAt <= now - state.rule.span) state.windows.delete(key);
    }
    state.sweepAt = now + Math.max(1, state.rule.span / 2);
  }

  /** Everything that is kept, as JSON can hold it. */
  snapshot(): Snapshot {
    return {
      version: 1,
      counters: { ...this.counters },
      pending: this.#pending.snapshot(),
      rules: this.#states.map(({ rule, windows }) => ({
        id: rule.id,
        fingerprint: fingerprintOf(rule),
        windows: [...windows].map(
          ([key, window]): WindowSnapshot => ({
            key,
            firedAt: Number.isFinite(window.firedAt) ? window.firedAt : null,
            entries: window.entries().map(({ at, eventId, position, value }) => ({
              at,
              eventId,
              position,
              ...(value === undefined ? {} : { value }),
            })),
          }),
        ),
      })),
    };
  }

  /** Goes on where a snapshot ends. What belongs to a rule that has gone or been changed is let go of. */
  static restore(
    snapshot: Snapshot,
    linked: LinkedCorrelations,
    options: Partial<CorrelatorOptions> = {},
    namesOf?: NamesOf,
  ): Correlator {
    const correlator = new Correlator(linked, options, namesOf);
    Object.assign(correlator.counters, snapshot.counters);
    const places = new Map<number, number>();
    for (const [old, kept] of snapshot.rules.entries()) {
      const state = correlator.#states.find(({ rule }) => rule.id === kept.id);
      if (state === undefined || fingerprintOf(state.rule) !== kept.fingerprint) continue;
      places.set(old, state.at);
      for (const { key, firedAt, entries } of kept.windows) {
        const window = new Window(state.rule);
        for (const entry of entries) window.add({ ...entry, value: entry.value });
        window.firedAt = firedAt ?? Number.NEGATIVE_INFINITY;
        state.windows.set(key, window);
      }
    }
    correlator.#pending.restore(snapshot.pending, (rule) => places.get(rule));
    return correlator;
  }
}

/** When it happened: an own time after receipt is not believed. */
export function timeOf({ at, receivedAt }: RuleHit): number {
  return receivedAt === undefined ? at : Math.min(at, receivedAt);
}

function matchOf(rule: CorrelationRule, last: Waiting, window: Window): CorrelationMatch {
  const values = valuesOf(last.key, rule.groupBy.length);
  const entries = window.entries();
  return {
    id: `${rule.id}|${last.key}|${last.at}|${last.eventId}`,
    ruleId: rule.id,
    title: rule.title,
    ...(rule.titleZh === undefined ? {} : { titleZh: rule.titleZh }),
    level: rule.level,
    tags: rule.tags,
    group: Object.fromEntries(rule.groupBy.map((field, at) => [field, values[at] ?? ""])),
    firstAt: entries[0]?.at ?? last.at,
    at: last.at,
    count: entries.length,
    value: window.measure() ?? 0,
    ...(rule.type === "value_count" && { counted: countedOf(rule, entries) }),
    eventIds: entries.slice(-EVENT_IDS).map(({ eventId }) => eventId),
  };
}

function countedOf(rule: CorrelationRule, entries: readonly Entry[]): Record<string, string[]> {
  const texts = [...new Set(entries.map(({ value }) => String(value)))].slice(0, COUNTED);
  const values = texts.map((text) => valuesOf(text, rule.fields.length));
  return Object.fromEntries(
    rule.fields.map((field, at) => [field, [...new Set(values.map((each) => each[at] ?? ""))]]),
  );
}
