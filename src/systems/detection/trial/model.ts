import { z } from "zod";
import { OrgId } from "../../../core/org.ts";
import type { ProblemCode } from "../../../core/problem.ts";
import { ALERT_LEVELS } from "../alerts/model.ts";
import { RULE_KINDS } from "../catalog/model.ts";
import { RuleFault } from "../sigma/model.ts";

/** Records that one trial looks at; those beyond are the older ones, and the answer says that they were not looked at. */
export const TRIAL_ROWS = 500_000;
/** Seconds after which a trial ends with what it has. */
export const TRIAL_SECONDS = 60;
export const TRIAL_EVENTS = 50;
export const LONGEST_DRAFT = 200_000;

/** A draft and the stored records that it is tried on: those of the caller's sight, from `from` until before `to`. */
export const TrialRequest = z
  .object({
    /** A text of Sigma rules: one or several documents, rules, correlation rules and filters. */
    text: z.string().min(1).max(LONGEST_DRAFT),
    from: z.iso.datetime({ offset: true }),
    to: z.iso.datetime({ offset: true }),
    org: OrgId.optional(),
    /** How many of the newest events are shown for each rule. */
    events: z.number().int().min(1).max(200).default(TRIAL_EVENTS),
    /** How many records are looked at, the newest first. */
    rows: z.number().int().min(1).max(TRIAL_ROWS).default(TRIAL_ROWS),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ["to"],
    message: "the end is after the beginning",
  });
export type TrialRequest = z.infer<typeof TrialRequest>;

/** A rule that is tried: of the draft, or one at work that a correlation rule of the draft looks at. */
const TrialRule = z.object({
  id: z.string(),
  title: z.string(),
  titleZh: z.string().nullable(),
  level: z.enum(ALERT_LEVELS),
  kind: z.enum(RULE_KINDS),
  draft: z.boolean(),
  /** It would raise no alert of its own, since only correlation rules without `generate` look at it. */
  silent: z.boolean(),
  /** Titles of the filters about it. */
  filters: z.array(z.string()),
});
export type TrialRule = z.infer<typeof TrialRule>;

/** A value that met the rule and that a warninglist knows. Lists silence indicators, never rules. */
const KnownValue = z.object({ field: z.string(), value: z.string(), list: z.string() });

/** A record that met the rule. */
const TrialEvent = z.object({
  eventId: z.string(),
  time: z.iso.datetime(),
  orgId: OrgId,
  host: z.string(),
  source: z.string(),
  /** The line as it came, cut after 500 characters. */
  original: z.string(),
  /** The fields and values that met the rule. */
  why: z.array(z.object({ field: z.string(), value: z.string() })),
  /** Titles of the filters that would have kept it from raising an alert. */
  silencedBy: z.array(z.string()),
  known: z.array(KnownValue),
});
export type TrialEvent = z.infer<typeof TrialEvent>;

/** What a correlation rule found. */
const TrialCorrelation = z.object({
  orgId: OrgId.nullable(),
  firstAt: z.iso.datetime(),
  at: z.iso.datetime(),
  group: z.record(z.string(), z.string()),
  count: z.number().int(),
  value: z.number().nullable(),
  eventIds: z.array(z.string()),
});
export type TrialCorrelation = z.infer<typeof TrialCorrelation>;

const Counted = z.array(z.object({ name: z.string(), count: z.number().int() }));

/** What became of one rule. */
const TrialResult = z.object({
  ruleId: z.string(),
  /** Records that met it and would have counted; of a correlation rule how often it fired. */
  matched: z.number().int(),
  /** Records that met it and that a filter took away, by the filter's title. */
  silenced: Counted,
  /** Records with a value that a warninglist knows, by the list. */
  known: Counted,
  /** By day in Taipei (`2026-11-25`), in order. */
  days: Counted,
  /** By host, else by the address that the record comes from; the busiest twenty. */
  hosts: Counted,
  /** How many different hosts. */
  distinctHosts: z.number().int(),
  /** The newest first. */
  events: z.array(TrialEvent),
  correlations: z.array(TrialCorrelation),
});
export type TrialResult = z.infer<typeof TrialResult>;

/** A line of the answer, which is NDJSON: `rules` first, then `progress` now and then, at the end `done`. */
export const TrialLine = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("rules"),
    rules: z.array(TrialRule),
    warnings: z.array(RuleFault),
    /** Records in sight in that time. */
    total: z.number().int(),
  }),
  z.object({
    kind: z.literal("progress"),
    looked: z.number().int(),
    /** Everything after this was looked at. */
    reached: z.iso.datetime(),
    matched: z.number().int(),
  }),
  z.object({
    kind: z.literal("done"),
    /** Whether all of them were looked at, or it ended for the number of records or for the time. */
    end: z.enum(["complete", "rows", "time"]),
    looked: z.number().int(),
    total: z.number().int(),
    reached: z.iso.datetime(),
    seconds: z.number(),
    /** Matches that correlation could not count, since there were too many. */
    leftOut: z.number().int(),
    results: z.array(TrialResult),
  }),
  /** What nobody foresaw is `http.internal`, and stands in the log. */
  z.object({ kind: z.literal("failed"), code: z.custom<ProblemCode>() }),
]);
export type TrialLine = z.infer<typeof TrialLine>;
