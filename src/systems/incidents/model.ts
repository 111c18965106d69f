import { z } from "zod";
import { OrgId } from "../../core/org.ts";
import { PageQuery } from "../../core/page.ts";
import { Tlp } from "../../core/tlp.ts";
import { CLOCK_STATES, FactStatus, Facts } from "./duties/model.ts";

export {
  BUSINESS_KINDS,
  BusinessKind,
  DEGREES,
  Facts,
  Impact,
  OUTAGES,
} from "./duties/model.ts";

/** 已通報, 等級審核中, 處理中, 損害控制或復原完成, 結案. */
export const INCIDENT_STATES = ["reported", "under-review", "handling", "recovered", "closed"] as const;
export const IncidentState = z.enum(INCIDENT_STATES);
export type IncidentState = z.infer<typeof IncidentState>;

/** How the report reached the authority: the platform, or another channel while the platform could not be used. */
export const CHANNELS = ["platform", "phone", "fax", "mail", "other"] as const;
export const Channel = z.enum(CHANNELS);
export type Channel = z.infer<typeof Channel>;

export const INDICATOR_TYPES = ["ipv4", "ipv6", "domain", "url", "email", "md5", "sha1", "sha256"] as const;
export const IndicatorType = z.enum(INDICATOR_TYPES);
export type IndicatorType = z.infer<typeof IndicatorType>;

/** What a person or machine can do to an incident. */
export const ACTS = [
  "change-facts",
  "add-indicators",
  "take",
  "review",
  "note",
  "milestone",
  "recover",
  "close",
  "reopen",
  "extend",
  "comment",
  "share",
] as const;
export type Act = (typeof ACTS)[number];

const said = (max: number) => z.string().trim().min(1).max(max);
const When = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .describe("ISO 8601 with offset");
const At = z.iso.datetime();
const Version = z.number().int().positive().describe("The version that the sender has seen");

const lawful: Record<IndicatorType, z.ZodType<string>> = {
  ipv4: z.ipv4(),
  ipv6: z.ipv6(),
  domain: z.string().regex(/^(?=.{3,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$/),
  url: z.url(),
  email: z.email(),
  md5: z.string().regex(/^[0-9a-f]{32}$/),
  sha1: z.string().regex(/^[0-9a-f]{40}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
};

const LOWERED: readonly IndicatorType[] = ["ipv6", "domain", "md5", "sha1", "sha256"];

/** What a line that somebody typed or pasted is, as far as its form tells; undefined when it is nothing known. */
export function indicatorTyped(line: string): { type: IndicatorType; value: string } | undefined {
  const value = line.trim().replaceAll("[.]", ".").replace(/^hxxp/i, "http");
  const type = (["ipv4", "ipv6", "url", "email", "md5", "sha1", "sha256", "domain"] as const).find((one) => {
    if (one === "url" && !/^https?:\/\//i.test(value)) return false;
    return lawful[one].safeParse(LOWERED.includes(one) ? value.toLowerCase() : value).success;
  });
  return type === undefined ? undefined : { type, value };
}

/** Something observed that points to the intruder (入侵指標). */
export const NewIndicator = z
  .strictObject({ type: IndicatorType, value: said(2_000), note: z.string().trim().max(2_000).default("") })
  .transform((one) => ({ ...one, value: LOWERED.includes(one.type) ? one.value.toLowerCase() : one.value }))
  .superRefine((one, context) => {
    if (!lawful[one.type].safeParse(one.value).success) {
      context.addIssue({ code: "custom", path: ["value"], message: `this is no ${one.type}` });
    }
  });
export type NewIndicator = z.infer<typeof NewIndicator>;

/** How a report came in when not typed here by the reporter: which channel, when it arrived, why not the platform. */
const Reported = {
  channel: Channel.default("platform"),
  /** When the report arrived through another channel; that instant counts, not the filing here. */
  channelAt: When.optional(),
  channelReason: z.string().trim().max(1_000).optional(),
};

/** The same key with the same report is the same incident, however often it is sent. */
export const ReportKey = z.string().regex(/^[\x21-\x7e]{1,200}$/, "1 to 200 printable ASCII characters");

/** Body of POST /api/v1/incidents. */
export const NewIncident = z.strictObject({
  title: said(200),
  /** Whose incident; the reporter's own organisation when absent. */
  orgId: OrgId.optional(),
  tlp: Tlp.default("amber"),
  occurredAt: When.optional().describe("When it began, as far as known"),
  awareAt: When.describe("Awareness (知悉): every clock starts here, never at the typing"),
  facts: Facts.prefault({}),
  indicators: z.array(NewIndicator).max(500).default([]),
  alertIds: z.array(z.uuid()).max(200).default([]),
  /** For clients that cannot send the header `Idempotency-Key`; the header goes before it. */
  reportKey: ReportKey.optional(),
  ...Reported,
});
export type NewIncident = z.infer<typeof NewIncident>;

export const PreviewIncident = z.strictObject({
  awareAt: When.optional(),
  occurredAt: When.optional(),
  facts: Facts.prefault({}),
});

export const ChangeFacts = z.strictObject({
  version: Version,
  facts: Facts,
  /** When the reporter learnt what changes the level; now when absent. */
  awareAt: When.optional(),
  note: z.string().trim().max(5_000).default(""),
  ...Reported,
});
export type ChangeFacts = z.infer<typeof ChangeFacts>;

export const AddIndicators = z.strictObject({
  version: Version,
  indicators: z.array(NewIndicator).min(1).max(500),
});
export const TakeReview = z.strictObject({ version: Version });
export const ReviewLevel = z.strictObject({
  version: Version,
  decision: z.enum(["agree", "change"]),
  /** With `change`: the level that the authority decides. */
  level: z.number().int().min(0).max(9).optional(),
  grounds: said(5_000),
});
export type ReviewLevel = z.infer<typeof ReviewLevel>;
export const ProgressNote = z.strictObject({ version: Version, text: said(10_000), at: When.optional() });
export type ProgressNote = z.infer<typeof ProgressNote>;
export const NoteMilestone = z.strictObject({
  version: Version,
  milestone: z.string().max(60).describe("One of the duty pack's, such as `forwardedAt` (轉報)"),
  at: When.optional(),
  note: z.string().trim().max(5_000).default(""),
});
export type NoteMilestone = z.infer<typeof NoteMilestone>;
export const Recover = z.strictObject({ version: Version, at: When.optional(), text: said(10_000) });
export type Recover = z.infer<typeof Recover>;

/** 調查、處理及改善報告: what 資通安全管理法施行細則 Art. 8 asks for; the times are in the incident already. */
export const ClosingReport = z.strictObject({
  scopeAndDamage: said(20_000).describe("事件影響之範圍及損害評估"),
  damageControl: said(20_000).describe("損害控制及復原作業之歷程"),
  investigation: said(20_000).describe("事件調查及處理作業之歷程"),
  rootCause: said(20_000).describe("事件根因分析"),
  improvement: said(20_000).describe("防範類似事件再次發生之措施"),
  followUp: said(20_000).describe("措施之預定完成時程及成效追蹤機制"),
});
export type ClosingReport = z.infer<typeof ClosingReport>;
export const CloseIncident = z.strictObject({ version: Version, report: ClosingReport });
export type CloseIncident = z.infer<typeof CloseIncident>;
export const ReopenIncident = z.strictObject({ version: Version, grounds: said(5_000) });
export const ExtendDuty = z.strictObject({
  version: Version,
  duty: z.string().max(60),
  until: When,
  grounds: said(5_000),
});
export type ExtendDuty = z.infer<typeof ExtendDuty>;
export const CommentIncident = z.strictObject({ text: said(10_000) });

const Words = z.object({ zh: z.string(), en: z.string() });
export const ReasonShown = z.object({
  level: z.number().int(),
  zh: z.string(),
  en: z.string(),
  source: z.string(),
  status: FactStatus,
});

/** A clock as a screen shows it. */
export const ClockShown = z.object({
  duty: z.string(),
  n: z.number().int(),
  names: Words,
  owedBy: z.enum(["reporter", "authority"]),
  level: z.number().int(),
  startedAt: At,
  dueAt: At,
  nearAt: At,
  doneAt: At.optional(),
  state: z.enum(CLOCK_STATES),
});
export type ClockShown = z.infer<typeof ClockShown>;

/** An incident (資安事件) as lists show it. */
export const Incident = z.object({
  id: z.uuid(),
  /** `W-2026-000123`: tier, year in Taipei, running number of this node. */
  number: z.string(),
  orgId: OrgId,
  tlp: Tlp,
  title: z.string(),
  state: IncidentState,
  level: z.number().int().describe("The level that holds"),
  occurredAt: At.nullable(),
  awareAt: At,
  reportedAt: At,
  /** The open clock that ends first. */
  next: z
    .object({ duty: z.string(), names: Words, owedBy: z.enum(["reporter", "authority"]), dueAt: At })
    .nullable(),
  overdue: z.boolean(),
  version: z.number().int(),
  updatedAt: At,
});
export type Incident = z.infer<typeof Incident>;

export const TIMELINE_KINDS = [
  "reported",
  "facts-changed",
  "level-changed",
  "indicators-added",
  "taken",
  "reviewed",
  "noted",
  "milestone",
  "recovered",
  "closed",
  "reopened",
  "extended",
  "commented",
  "clock-near",
  "clock-overdue",
  "shared",
] as const;
export const TimelineKind = z.enum(TIMELINE_KINDS);
export type TimelineKind = z.infer<typeof TimelineKind>;

export const TimelineEvent = z.object({
  id: z.uuid(),
  at: At,
  kind: TimelineKind,
  actor: z.object({ kind: z.enum(["person", "machine", "job"]), name: z.string() }),
  text: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type TimelineEvent = z.infer<typeof TimelineEvent>;

export const Indicator = z.object({
  type: IndicatorType,
  value: z.string(),
  note: z.string(),
  firstSeen: At,
  lastSeen: At,
});
export type Indicator = z.infer<typeof Indicator>;

/** Everything that the page of one incident shows. */
export const IncidentDetail = Incident.extend({
  orgName: Words.nullable(),
  facts: Facts,
  /** What the facts give by the rules; differs from `level` where the authority's review changed it. */
  proposed: z.number().int(),
  reasons: z.array(ReasonShown),
  levelNames: z.record(z.string(), Words),
  pack: z.object({ id: z.string(), ...Words.shape, draft: z.boolean() }),
  milestones: z.array(
    z.object({
      id: z.string(),
      ...Words.shape,
      notedBy: z.enum(["reporter", "authority"]),
      /** Whether it can be noted yet: nothing is forwarded before it was reviewed. */
      begun: z.boolean(),
      at: At.nullable(),
    }),
  ),
  reporter: z.string(),
  channel: Channel,
  channelReason: z.string().nullable(),
  alertIds: z.array(z.uuid()),
  closingReport: ClosingReport.nullable(),
  clocks: z.array(ClockShown),
  /** Duties for which the authority may give more time. */
  extendable: z.array(z.string()),
  timeline: z.array(TimelineEvent),
  indicators: z.array(Indicator),
  /** What the reader may do now. */
  acts: z.array(z.enum(ACTS)),
  /** What the reader's rights would allow, and the problem code that stands against it. */
  blocked: z.array(z.object({ act: z.enum(ACTS), code: z.string() })),
});
export type IncidentDetail = z.infer<typeof IncidentDetail>;

export const Preview = z.object({
  pack: z.object({ id: z.string(), draft: z.boolean() }),
  level: z.number().int(),
  levelName: Words,
  reasons: z.array(ReasonShown),
  clocks: z.array(ClockShown),
});
export type Preview = z.infer<typeof Preview>;

/** What a form must know of the duty pack in force. */
export const PackShown = z.object({
  id: z.string(),
  ...Words.shape,
  status: z.enum(["in-force", "replaced", "draft"]),
  note: Words.nullable(),
  levels: z.array(z.object({ level: z.number().int(), ...Words.shape })),
  measures: z.array(z.object({ id: z.string(), ...Words.shape, unit: Words })),
});
export type PackShown = z.infer<typeof PackShown>;

/** `state=reported,handling`: one parameter, several values. */
const parts = z
  .string()
  .max(400)
  .transform((text) => text.split(",").filter((part) => part !== ""));

export const IncidentQuery = PageQuery.extend({
  q: z.string().trim().max(200).optional().describe("Part of the number or the title"),
  state: parts.pipe(z.array(IncidentState)).optional().describe("One or several states, comma-separated"),
  level: parts
    .pipe(z.array(z.coerce.number<string>().int().min(0).max(9)))
    .optional()
    .describe("One or several levels, comma-separated"),
  org: OrgId.optional(),
  overdue: z.enum(["true", "false"]).optional(),
  /** Reported from this instant on. */
  from: When.optional(),
  /** Reported before this instant. */
  to: When.optional(),
  sort: z.enum(["due", "reported"]).default("due").describe("`due`: the clock that ends first on top"),
});
export type IncidentQuery = z.infer<typeof IncidentQuery>;

/** An indicator as intel takes it to make a shared item of it. */
export interface SharedIndicator {
  readonly type: IndicatorType;
  readonly value: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** The indicators of an incident in the form that intel takes, in a steady order and each once. */
export function indicatorsOf(incident: Pick<IncidentDetail, "indicators">): SharedIndicator[] {
  const byKey = new Map<string, SharedIndicator>();
  for (const { type, value, firstSeen, lastSeen } of incident.indicators) {
    const key = `${type} ${value}`;
    const known = byKey.get(key);
    byKey.set(key, {
      type,
      value,
      firstSeen: known !== undefined && known.firstSeen < firstSeen ? known.firstSeen : firstSeen,
      lastSeen: known !== undefined && known.lastSeen > lastSeen ? known.lastSeen : lastSeen,
    });
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
