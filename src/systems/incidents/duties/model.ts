import { z } from "zod";

/** Which business an impact touches; the columns of the level table. */
export const BUSINESS_KINDS = ["non-core", "core", "core-ci", "general-secret", "national-secret"] as const;
export const BusinessKind = z.enum(BUSINESS_KINDS);
export type BusinessKind = z.infer<typeof BusinessKind>;

/** How badly information or a system was disclosed or altered. */
export const DEGREES = ["none", "minor", "serious"] as const;
export const Degree = z.enum(DEGREES);
export type Degree = z.infer<typeof Degree>;

/** Whether what stopped came back, or can come back, within the tolerable time of interruption (可容忍中斷時間). */
export const OUTAGES = ["none", "tolerable", "beyond-tolerable"] as const;
export const Outage = z.enum(OUTAGES);
export type Outage = z.infer<typeof Outage>;

/** What happened to one kind of business: one cell for each of leak, tampering and outage. */
export const Impact = z.strictObject({
  business: BusinessKind,
  leak: Degree.default("none"),
  tampering: Degree.default("none"),
  outage: Outage.default("none"),
});
export type Impact = z.infer<typeof Impact>;

const Name = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9-]{0,59}$/, "letters, digits and hyphens, starting with a small letter");

/** Everything that decides the level, and what a reader needs to judge it. */
export const Facts = z.strictObject({
  impacts: z
    .array(Impact)
    .max(BUSINESS_KINDS.length)
    .refine(
      (list) => new Set(list.map((one) => one.business)).size === list.length,
      "each kind of business once",
    )
    .default([]),
  /** Numbers that the duty pack asks for, by its names: `outage-minutes`, `base-stations-down`. */
  measures: z.record(Name, z.number().min(0).max(1e12)).default({}),
  systems: z.array(z.string().trim().min(1).max(200)).max(100).default([]),
  /** Persons affected; absent = not known yet. */
  people: z.number().int().min(0).max(1e10).optional(),
  narrative: z.string().max(20_000).default(""),
});
export type Facts = z.infer<typeof Facts>;

const Instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .describe("ISO 8601 with offset");

/**
 * Moments of an incident that every pack can count on. `levelChangedAt` is when the reporter learnt of the change;
 * the report of it is the `reportedAt` that follows. A pack may add its own.
 */
export const MOMENTS = [
  "occurredAt",
  "awareAt",
  "reportedAt",
  "takenAt",
  "levelChangedAt",
  "reviewedAt",
  "updatedAt",
  "recoveredAt",
  "closedAt",
  "reopenedAt",
  "extendedAt",
] as const;

/** One entry of an incident's journal, in the order in which the entries were made. */
export const Moment = z.strictObject({
  moment: Name,
  at: Instant,
  /** The level from here on, where this moment set one. */
  level: z.number().int().min(0).max(9).optional(),
  /** Only of `extendedAt`: which duty was given until when. */
  duty: Name.optional(),
  dueAt: Instant.optional(),
});
export type Moment = z.infer<typeof Moment>;

/** What the rules look at: the awareness (知悉), the facts and the journal. Also the file that `lianfang duties` reads. */
export const DutyIncident = z.strictObject({
  awareAt: Instant,
  occurredAt: Instant.optional(),
  facts: Facts.prefault({}),
  moments: z.array(Moment).max(10_000).default([]),
  /** The instant for which the states are told; now when absent. */
  at: Instant.optional(),
});
export type DutyIncident = z.infer<typeof DutyIncident>;

const Words = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });
export type Words = z.infer<typeof Words>;

/** V = read in a primary text, S = secondary text, U = unverified. */
export const FactStatus = z.enum(["V", "S", "U"]);
export type FactStatus = z.infer<typeof FactStatus>;

const founded = { source: Name, status: FactStatus, note: Words.optional() };
const LevelNumber = z.number().int().min(0).max(9);

const ImpactCell = z.strictObject({
  aspect: z.enum(["leak", "tampering", "outage"]),
  business: z.array(BusinessKind).min(1),
  degree: z.enum(["minor", "serious", "tolerable", "beyond-tolerable"]),
  level: LevelNumber,
  ...Words.shape,
  ...founded,
});
const MeasureCell = z.strictObject({
  /** All of these must hold. */
  when: z.array(z.strictObject({ measure: Name, atLeast: z.number() })).min(1),
  level: LevelNumber,
  ...Words.shape,
  ...founded,
});
export const LevelCell = z.union([ImpactCell, MeasureCell]);
export type LevelCell = z.infer<typeof LevelCell>;

/** A number that the law leaves open and the authority fills in: from it on, the worse degree holds. */
export const Threshold = z.strictObject({
  id: Name,
  ...Words.shape,
  aspect: z.enum(["leak", "tampering", "outage"]),
  /** `people`, or one of the pack's measures. */
  measure: Name,
  /** null: the authority has set none; the reporter's own judgement stands. */
  from: z.number().min(0).nullable(),
  ...founded,
});
export type Threshold = z.infer<typeof Threshold>;

const Limit = z
  .strictObject({
    levels: z.array(LevelNumber).min(1),
    minutes: z.number().positive().optional(),
    hours: z.number().positive().optional(),
    months: z.number().int().positive().optional(),
  })
  .refine(
    (limit) => [limit.minutes, limit.hours, limit.months].filter((one) => one !== undefined).length === 1,
    "exactly one of minutes, hours, months",
  );

export const Duty = z.strictObject({
  id: Name,
  ...Words.shape,
  owedBy: z.enum(["reporter", "authority"]),
  /** Each occurrence of one of these moments starts a clock of its own. */
  starts: z.array(Name).min(1),
  /** The first of these after the start fulfils it. */
  metBy: z.array(Name).min(1),
  /** After one of these no new clock starts. */
  until: z.array(Name).default([]),
  limits: z.array(Limit).min(1),
  /** Which level decides the limit: the one when the clock started, or the one that holds now. */
  levelFrom: z.enum(["start", "now"]).default("start"),
  /** The authority may give more time for grounds. */
  extendable: z.boolean().default(false),
  ...founded,
});
export type Duty = z.infer<typeof Duty>;

const ExpectedClock = z.strictObject({
  duty: Name,
  n: z.number().int().positive().default(1),
  startedAt: Instant.optional(),
  dueAt: Instant,
  state: z.enum(["running", "met", "overdue", "missed"]).optional(),
});
export const Example = z.strictObject({
  name: z.string().min(1),
  incident: DutyIncident,
  expect: z.strictObject({
    level: LevelNumber,
    /** Every clock that the incident owes, no more and no less. */
    clocks: z.array(ExpectedClock),
  }),
});
export type Example = z.infer<typeof Example>;

/** A country's (or sector's) duties as data: edited by the authority, checked by `loadPack`. */
export const DutyPack = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "small letters, digits and hyphens"),
  ...Words.shape,
  status: z.enum(["in-force", "replaced", "draft"]),
  country: z.string().min(2).max(20),
  authority: Words,
  note: Words.optional(),
  /** Offset of the wall clock by which months are counted. */
  offsetMinutes: z.number().int().min(-840).max(840),
  sources: z.record(
    Name,
    z.strictObject({ title: z.string().min(1), url: z.url().optional(), note: z.string().optional() }),
  ),
  levels: z.array(z.strictObject({ level: LevelNumber, ...Words.shape })).min(1),
  /** The level of an incident that no cell fits. */
  floor: z.strictObject({ level: LevelNumber, ...Words.shape, ...founded }),
  measures: z.array(z.strictObject({ id: Name, ...Words.shape, unit: Words })).default([]),
  cells: z.array(LevelCell).min(1),
  thresholds: z.array(Threshold).default([]),
  /** Moments of this pack beside the common ones, and who notes them. */
  milestones: z
    .array(z.strictObject({ id: Name, ...Words.shape, notedBy: z.enum(["reporter", "authority"]) }))
    .default([]),
  duties: z.array(Duty).min(1),
  examples: z.array(Example).min(1),
});
export type DutyPack = z.infer<typeof DutyPack>;

/** Why a level: the cell that holds, in both languages, and where it stands. */
export interface Reason {
  readonly level: number;
  readonly zh: string;
  readonly en: string;
  readonly source: string;
  readonly status: FactStatus;
}

export interface Assessment {
  readonly level: number;
  /** The cells that give this level first, then those of lower levels. */
  readonly reasons: readonly Reason[];
}

export const CLOCK_STATES = ["running", "met", "overdue", "missed"] as const;
/** running: open and in time; met: done in time; overdue: open and late; missed: done, but late. */
export type ClockState = (typeof CLOCK_STATES)[number];

export interface Clock {
  readonly duty: string;
  /** The n-th time this duty came up in this incident; with `duty` it names the clock for good. */
  readonly n: number;
  readonly names: Words;
  readonly owedBy: "reporter" | "authority";
  readonly level: number;
  readonly startedAt: string;
  readonly dueAt: string;
  /** From here on the clock counts as nearly over. */
  readonly nearAt: string;
  readonly doneAt?: string;
  readonly state: ClockState;
}
