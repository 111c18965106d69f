import type { RuleLevel } from "../sigma/index.ts";

/** That an event matched a detection rule. */
export interface RuleHit {
  readonly ruleId: string;
  /** The same event and rule twice are one. */
  readonly eventId: string;
  /** The event's own time, milliseconds since 1970. */
  readonly at: number;
  /** When it came in; an own time after this is not believed. */
  readonly receivedAt?: number;
  /** Who told of it, within its organisation. */
  readonly source?: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** That the matches of a key met a correlation rule. */
export interface CorrelationMatch {
  /** Made of rule, key and event, so that the same events give the same id. */
  readonly id: string;
  readonly ruleId: string;
  readonly title: string;
  readonly titleZh?: string;
  readonly level: RuleLevel;
  readonly tags: readonly string[];
  /** The values of `group-by`. */
  readonly group: Readonly<Record<string, string>>;
  /** Times of the first and last event in the window, milliseconds since 1970. */
  readonly firstAt: number;
  readonly at: number;
  /** Events in the window. */
  readonly count: number;
  /** What the condition was asked of: a count, a sum, a mean. */
  readonly value: number;
  /** Of `value_count` the different values that were counted, by field, in order of their first event; at most 50. */
  readonly counted?: Readonly<Record<string, readonly string[]>>;
  /** The youngest events, oldest first; at most 100. */
  readonly eventIds: readonly string[];
}

export interface CorrelatorOptions {
  /** Milliseconds that an event may come after a younger one. Matches wait as long. */
  readonly lateness: number;
  readonly keysPerRule: number;
  readonly entriesPerKey: number;
  /** Events that wait for their turn; beyond it the oldest do not wait on. */
  readonly pending: number;
}

/** What was counted so far. Nothing is let go of without a count. */
export interface CorrelatorCounters {
  received: number;
  duplicates: number;
  /** Came after their time had passed, and were not counted. */
  late: number;
  /** Without a value in a field of `group-by`, or in the field that is counted. */
  withoutValue: number;
  /** Keys and entries that were let go of because there were too many. */
  evictedKeys: number;
  evictedEntries: number;
  /** How often events were taken before their time because too many waited. */
  hurried: number;
  fired: number;
}
