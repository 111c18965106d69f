import type { Issue } from "../sigma/issue.ts";
import type { CompiledRules } from "../sigma/matcher.ts";
import { Correlator } from "./correlator.ts";
import { type FaultyRules, linkCorrelations, type NamedRule } from "./link.ts";
import type { CorrelationMatch } from "./model.ts";
import type { CorrelationRule } from "./rule.ts";

type EventRecord = Readonly<Record<string, unknown>>;

/** A correlation's match over a file, with where its events stand. */
export interface FileMatch {
  readonly match: CorrelationMatch;
  /** Numbers of the lines in the window, oldest event first; at most 100. */
  readonly lines: readonly number[];
  /** The event that met the condition; undefined when too many were kept. */
  readonly event: EventRecord | undefined;
}

/** Wider than any file, so that its lines may stand in any order of time. */
const CENTURY = 3_155_695_200_000;
const OPTIONS = { lateness: CENTURY, keysPerRule: 1_000_000, entriesPerKey: 100_000, pending: 4_000_000 };
/** Events that are kept to be shown with what they led to. */
const KEPT = 50_000;

/** Correlation rules over the events of one file. An event counts at its own time, wherever its line stands. */
export class FileCorrelation {
  readonly issues: readonly Issue[];
  readonly #correlator: Correlator;
  readonly #wanted: ReadonlySet<string>;
  readonly #events = new Map<number, EventRecord>();

  constructor(
    correlations: readonly CorrelationRule[],
    rules: readonly NamedRule[],
    namesOf: CompiledRules["namesOf"],
    faulty?: FaultyRules,
  ) {
    const { linked, issues } = linkCorrelations(correlations, rules, faulty);
    this.issues = issues;
    this.#wanted = new Set(linked.inputs.keys());
    this.#correlator = new Correlator(linked, OPTIONS, namesOf);
  }

  /** Whether the rule's own matches are to be shown: not when only correlations without `generate` look at it. */
  shows(ruleId: string): boolean {
    return !this.#correlator.silent.has(ruleId);
  }

  wants(ruleId: string): boolean {
    return this.#wanted.has(ruleId);
  }

  /** `at`: the event's own time, milliseconds since 1970. */
  feed(ruleId: string, line: number, at: number, event: EventRecord): void {
    if (this.#events.size < KEPT) this.#events.set(line, event);
    // Filled up, so that events of one instant count in the order of their lines.
    this.#correlator.feed({ ruleId, eventId: String(line).padStart(12, "0"), at, record: event });
  }

  /** What the whole file comes to, in the order of time. */
  finish(): FileMatch[] {
    const lines = new Map<string, readonly number[]>();
    return this.#correlator.flush().map((match) => {
      // A correlation of correlations: the lines of those below it.
      const own = match.eventIds.flatMap((id) => lines.get(id) ?? [lineOf(id)]);
      const known = [...new Set(own)].filter((line) => Number.isFinite(line));
      lines.set(match.id, known);
      return { match, lines: known, event: this.#events.get(known.at(-1) ?? -1) };
    });
  }

  /** Matches that were not counted because more waited than fit. */
  get late(): number {
    return this.#correlator.counters.late;
  }
}

function lineOf(eventId: string): number {
  return Number(/^(?:.*\|)?(\d{12})$/s.exec(eventId)?.[1] ?? Number.NaN);
}
