import { z } from "zod";
import { PageQuery, pageOf } from "../../../core/page.ts";
import { ALERT_LEVELS, AlertLevel } from "../alerts/model.ts";
import { RuleFault } from "../sigma/model.ts";

/** `correlation`: over what other rules met. */
export const RULE_KINDS = ["detection", "correlation"] as const;

/**
 * `active`: raises alerts. `silent`: raises none of its own, correlation rules look at it. `unmapped`: no pipeline knows
 * the records of its log source, so it meets nothing.
 */
export const RULE_STATES = ["active", "silent", "unmapped"] as const;

/** A rule by name, for links. */
const RuleName = z.object({ id: z.string(), title: z.string(), titleZh: z.string().nullable() });

/** What a correlation rule asks. */
const RuleCorrelation = z.object({
  type: z.string(),
  /** The rules that it looks at, detection or correlation. */
  rules: z.array(RuleName),
  groupBy: z.array(z.string()),
  /** What is counted or reckoned with. */
  fields: z.array(z.string()),
  timespanSeconds: z.number(),
  /** `count >= 10`; empty where all of its rules must be met. */
  condition: z.string(),
  /** Whether the rules it looks at raise alerts of their own, too. */
  generate: z.boolean(),
});

/** A rule that the node has loaded. */
export const Rule = z.object({
  id: z.string(),
  title: z.string(),
  titleZh: z.string().nullable(),
  kind: z.enum(RULE_KINDS),
  state: z.enum(RULE_STATES),
  /** Looks at all organisations together; its alerts stay with the one above them. */
  across: z.boolean(),
  level: AlertLevel,
  status: z.string(),
  tags: z.array(z.string()),
  /** `product/category/service` as far as the rule names them; of a correlation rule its type. */
  logSource: z.string(),
  /** Path within its folder, and the line at which it begins. */
  file: z.string(),
  line: z.number().int(),
  /** Whose field names it speaks; `sigma` unless it says another. */
  taxonomy: z.string(),
  /** Rules that it came from, replaces or is like; `loaded` where they are at work here. */
  related: z.array(z.object({ id: z.string(), type: z.string(), loaded: z.boolean() })),
  correlation: RuleCorrelation.nullable(),
  /** Why it does not do what it seems to: a log source that nobody knows. */
  warnings: z.array(RuleFault),
  /** Correlation rules that look at it. */
  correlatedBy: z.array(RuleName),
});
export type Rule = z.infer<typeof Rule>;

/** What a rule led to within 30 days, as far as the reader sees the alerts. */
const Yield = z.object({ alerts: z.number().int(), matches: z.number().int() });
export const RuleWithYield = Rule.extend(Yield.shape);
export type RuleWithYield = z.infer<typeof RuleWithYield>;

export const RuleQuery = PageQuery.extend({
  kind: z.enum(RULE_KINDS).optional(),
  state: z.enum(RULE_STATES).optional(),
  level: z.enum(ALERT_LEVELS).optional(),
  /** Part of the log source, of the title or of the id. */
  logSource: z.string().trim().max(100).optional(),
  tag: z.string().trim().max(100).optional(),
  q: z.string().trim().max(200).optional(),
});
export type RuleQuery = z.infer<typeof RuleQuery>;
export const RulePage = pageOf(RuleWithYield);

export const RuleDetail = RuleWithYield.extend({
  /** The file as it stands. */
  source: z.string(),
  /** What a correlation rule waits for before it says anything; null of a detection rule. */
  waits: z
    .object({
      /** For records that come late, after the time that the sources have come to. */
      latenessSeconds: z.number(),
      /** For a source that sends nothing, before the others go on without it. */
      idleSeconds: z.number(),
    })
    .nullable(),
});

export type RuleDetail = z.infer<typeof RuleDetail>;

/** What is wrong in the folders of rules and pipelines, with file, line, place, rule and reason; everything else works. */
export const RuleFaults = z.object({
  /** Faults first, then warnings. */
  items: z.array(RuleFault),
  /** When the rules that are at work were loaded; absent until they are. */
  loadedAt: z.iso.datetime().optional(),
  rules: z.number().int(),
  /** Changed rules are being read; those before are at work until then. */
  loading: z.boolean(),
});
export type RuleFaults = z.infer<typeof RuleFaults>;
