import { z } from "zod";
import { OrgId } from "../../../core/org.ts";
import { PageQuery, pageOf } from "../../../core/page.ts";
import { Tlp } from "../../../core/tlp.ts";

/** Sigma's levels, from the quietest. */
export const ALERT_LEVELS = ["informational", "low", "medium", "high", "critical"] as const;
export const AlertLevel = z.enum(ALERT_LEVELS);
export type AlertLevel = z.infer<typeof AlertLevel>;

/** `raised`: it belongs to an incident and lives on there. */
export const ALERT_STATES = ["new", "assigned", "closed", "raised"] as const;
export const AlertState = z.enum(ALERT_STATES);
export type AlertState = z.infer<typeof AlertState>;

/** 誤報, 已處理, 無害, 重複. */
export const CLOSE_REASONS = ["false-positive", "handled", "benign", "duplicate"] as const;
export const CloseReason = z.enum(CLOSE_REASONS);
export type CloseReason = z.infer<typeof CloseReason>;

const Names = z.array(z.string()).max(50);

/** Whom and what the matched events speak of; at most 50 of each, in the order in which they came. */
export const Entities = z.object({
  sourceIps: Names,
  destinationIps: Names,
  users: Names,
  hosts: Names,
  domains: Names,
  urls: Names,
  hashes: Names,
});
export type Entities = z.infer<typeof Entities>;
export const ENTITY_KINDS = Entities.keyof().options;

/** A field of an event and the value that made the rule match. */
export const Why = z.object({ field: z.string(), value: z.string() });
export type Why = z.infer<typeof Why>;

/** One matched event; the alert keeps the first 20. */
export const SampleEvent = z.object({
  eventId: z.string(),
  at: z.iso.datetime(),
  why: z.array(Why),
  /** The ECS record, flat; long values are cut. */
  record: z.record(z.string(), z.unknown()),
  /** The bytes of its line in base64 where `event.original` written as UTF-8 is not they; cut after 6,000 bytes. */
  originalBase64: z.base64().optional(),
});
export type SampleEvent = z.infer<typeof SampleEvent>;

export const Alert = z.object({
  id: z.uuid(),
  orgId: OrgId,
  tlp: Tlp,
  ruleId: z.string(),
  title: z.string(),
  titleZh: z.string().nullable(),
  level: AlertLevel,
  /** `attack.t1110` and the like. */
  tags: z.array(z.string()),
  state: AlertState,
  reason: CloseReason.nullable(),
  reasonText: z.string().nullable(),
  assignee: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** By which matches were gathered: `ip 203.0.113.7`; empty where the events name nobody. */
  mainEntity: z.string(),
  entities: Entities,
  /** Time of the first and of the last matched event. */
  firstSeen: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  /** How many different events matched; of a correlation all that it counted together. */
  count: z.number().int(),
  incidentId: z.uuid().nullable(),
  /** When the node raised it. */
  raisedAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
  /** Grows with each act of a person; matches that join leave it. */
  version: z.number().int(),
});
export type Alert = z.infer<typeof Alert>;

export const ALERT_ACTS = ["comment", "assigned", "unassigned", "closed", "reopened", "raised"] as const;
export const AlertComment = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  by: z.object({ id: z.string(), name: z.string() }),
  act: z.enum(ALERT_ACTS),
  /** Whom it was assigned to, the reason it was closed for, the incident it was raised to. */
  detail: z.string().nullable(),
  text: z.string(),
});
export type AlertComment = z.infer<typeof AlertComment>;

/** `hash` is a file's MD5, SHA-1 or SHA-256. */
export const Indicator = z.object({
  type: z.enum(["ip", "domain", "url", "hash", "user"]),
  value: z.string(),
  /** An address of a private or special network, or a user: nothing that others could look for. */
  internal: z.boolean(),
});
export type Indicator = z.infer<typeof Indicator>;

export const AlertDetail = Alert.extend({
  sample: z.array(SampleEvent),
  comments: z.array(AlertComment),
  indicators: z.array(Indicator),
});
export type AlertDetail = z.infer<typeof AlertDetail>;

/** A host, address and user that events of an alert named together; what an event does not name is empty. */
export const Sight = z.object({
  host: z.string(),
  address: z.string(),
  user: z.string(),
  /** Whose records these are where the alert belongs to those above; null where that is nothing or out of sight. */
  memberId: OrgId.nullable(),
  /** All beyond the thousand that an alert keeps apart. */
  rest: z.boolean(),
  firstSeen: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  count: z.number().int(),
});
export type Sight = z.infer<typeof Sight>;
/** `q`: part of a host, address or user. */
export const SightQuery = PageQuery.extend({ q: z.string().trim().min(1).max(200).optional() });
export type SightQuery = z.infer<typeof SightQuery>;
export const SightPage = pageOf(Sight);

/** A comma-joined list of known words, `new,assigned`. */
function listed<Word extends string>(words: readonly [Word, ...Word[]]) {
  return z
    .string()
    .max(200)
    .transform((text) => text.split(",").filter((word) => word !== ""))
    .pipe(z.array(z.enum(words)));
}

export const AlertFilter = z.object({
  state: listed(ALERT_STATES).optional(),
  level: listed(ALERT_LEVELS).optional(),
  org: OrgId.optional(),
  rule: z.string().max(200).optional(),
  /** `me`, `none` or an account. */
  assignee: z.string().max(100).optional(),
  /** An address, user, host, domain, URL or hash, exactly. */
  entity: z.string().max(500).optional(),
  incident: z.uuid().optional(),
  /** Words of the title or of an entity. */
  q: z.string().trim().max(200).optional(),
  /** Alerts with an event at or after this instant. */
  from: z.iso.datetime({ offset: true }).optional(),
  /** Alerts whose first event is before this instant. */
  to: z.iso.datetime({ offset: true }).optional(),
  sort: z.enum(["newest", "severity"]).default("newest"),
});
export type AlertFilter = z.infer<typeof AlertFilter>;

export const AlertQuery = AlertFilter.extend(PageQuery.shape);
export type AlertQuery = z.infer<typeof AlertQuery>;
export const AlertPage = pageOf(Alert);
export const AlertExport = AlertFilter.extend({ format: z.enum(["csv", "json"]).default("csv") });

const Version = z.number().int().positive();
const Note = z.string().trim().max(4000);
/** `me`, `none`, or the id of an account. */
const AssignTo = z.union([z.literal("me"), z.literal("none"), z.uuid()]);

export const Assignee = z.object({ id: z.string(), name: z.string(), orgId: OrgId });
export type Assignee = z.infer<typeof Assignee>;

export const AssignAlert = z.object({ version: Version, to: AssignTo });
export const CloseAlert = z.object({ version: Version, reason: CloseReason, text: Note.default("") });
export type CloseAlert = z.infer<typeof CloseAlert>;
export const ReopenAlert = z.object({ version: Version, text: Note.default("") });
export const CommentAlert = z.object({ text: Note.min(1) });

const Chosen = z
  .array(z.object({ id: z.uuid(), version: Version }))
  .min(1)
  .max(200);
export const AssignAlerts = z.object({ alerts: Chosen, to: AssignTo });
export const CloseAlerts = z.object({ alerts: Chosen, reason: CloseReason, text: Note.default("") });
/** What became of each chosen alert; `code` is a problem's code. */
export const BulkResult = z.object({
  done: z.array(Alert),
  refused: z.array(z.object({ id: z.uuid(), code: z.string() })),
});
export type BulkResult = z.infer<typeof BulkResult>;

/** Alerts by the technique of ATT&CK that a tag of theirs names. */
export const AlertTechniques = z.object({
  items: z.array(z.object({ technique: z.string(), count: z.number().int() })),
});
export type AlertTechniques = z.infer<typeof AlertTechniques>;
