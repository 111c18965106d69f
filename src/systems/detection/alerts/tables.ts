import type { Generated, Selectable } from "kysely";
import { type Instant, instantOf } from "../../../core/instant.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import {
  ALERT_LEVELS,
  type Alert,
  type AlertComment,
  type AlertState,
  type CloseReason,
  Entities,
  SampleEvent,
} from "./model.ts";

export interface AlertTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  rule_id: string;
  title: string;
  title_zh: string | null;
  level: number;
  tags: string[];
  state: AlertState;
  reason: CloseReason | null;
  reason_text: string | null;
  assignee_id: string | null;
  assignee_name: string | null;
  main_entity: string;
  /** JSON, written as text. */
  entities: unknown;
  entity_values: string[];
  words: string;
  sample: unknown;
  first_seen: string | Date;
  last_seen: string | Date;
  count: number;
  incident_id: string | null;
  raised_at: string | Date;
  changed_at: string | Date;
  version: Generated<number>;
}

export interface AlertMatchTable {
  rule_id: string;
  event_id: string;
  alert_id: string;
  seen_at: string | Date;
}

export interface AlertCommentTable {
  id: string;
  /** Order of writing; ids of one millisecond have none. */
  seq: Generated<string | number>;
  alert_id: string;
  at: string | Date;
  actor_id: string;
  actor_name: string;
  act: AlertComment["act"];
  detail: string | null;
  text: string;
}

export interface AlertSightTable {
  id: Generated<string | number>;
  alert_id: string;
  host: string;
  address: string;
  user_name: string;
  member_id: string | null;
  rest: Generated<boolean>;
  first_seen: string | Date;
  last_seen: string | Date;
  count: string | number;
}

export interface AlertTables {
  alert_sight: AlertSightTable;
  alert: AlertTable;
  alert_match: AlertMatchTable;
  alert_comment: AlertCommentTable;
}

/** Every column but the events, which only the detail shows. */
export const LISTED = [
  "id",
  "org_id",
  "tlp",
  "rule_id",
  "title",
  "title_zh",
  "level",
  "tags",
  "state",
  "reason",
  "reason_text",
  "assignee_id",
  "assignee_name",
  "main_entity",
  "entities",
  "first_seen",
  "last_seen",
  "count",
  "incident_id",
  "raised_at",
  "changed_at",
  "version",
] as const;

export type ListedAlert = Pick<Selectable<AlertTable>, (typeof LISTED)[number]>;

export function presentAlert(row: ListedAlert): Alert {
  return {
    id: row.id,
    orgId: row.org_id,
    tlp: tlpOfRank(row.tlp),
    ruleId: row.rule_id,
    title: row.title,
    titleZh: row.title_zh,
    level: ALERT_LEVELS[row.level] ?? "medium",
    tags: row.tags,
    state: row.state,
    reason: row.reason,
    reasonText: row.reason_text,
    assignee: row.assignee_id === null ? null : { id: row.assignee_id, name: row.assignee_name ?? "" },
    mainEntity: row.main_entity,
    entities: Entities.parse(row.entities),
    firstSeen: instant(row.first_seen),
    lastSeen: instant(row.last_seen),
    count: row.count,
    incidentId: row.incident_id,
    raisedAt: instant(row.raised_at),
    changedAt: instant(row.changed_at),
    version: row.version,
  };
}

export function presentSample(sample: unknown): SampleEvent[] {
  return SampleEvent.array().parse(sample);
}

export function presentComment(row: Selectable<AlertCommentTable>): AlertComment {
  return {
    id: row.id,
    at: instant(row.at),
    by: { id: row.actor_id, name: row.actor_name },
    act: row.act,
    detail: row.detail,
    text: row.text,
  };
}

export function instant(value: string | Date): Instant {
  return instantOf(new Date(value));
}
