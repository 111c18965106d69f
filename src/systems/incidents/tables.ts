import type { ColumnType, Generated } from "kysely";

type Time = ColumnType<string | Date, string, string>;
type MaybeTime = ColumnType<string | Date | null, string | null, string | null>;
/** jsonb: read as a value, written through `json()`. */
type Json = ColumnType<unknown, unknown, unknown>;

export interface IncidentTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  number: string;
  title: string;
  pack: string;
  state: string;
  level: number;
  facts: Json;
  moments: Json;
  occurred_at: MaybeTime;
  aware_at: Time;
  reported_at: Time;
  reporter_id: string;
  reporter_name: string;
  channel: string;
  channel_reason: string | null;
  alert_ids: string[];
  closing_report: Json;
  report_key: string | null;
  report_sha256: string;
  next_due_at: MaybeTime;
  next_duty: string | null;
  created_at: Time;
  updated_at: Time;
  version: Generated<number>;
}

export interface ClockTable {
  id: string;
  incident_id: string;
  duty: string;
  n: number;
  names: Json;
  owed_by: string;
  level: number;
  started_at: Time;
  due_at: Time;
  near_at: Time;
  done_at: MaybeTime;
  warned_at: MaybeTime;
  overdue_at: MaybeTime;
  lapsed_at: MaybeTime;
}

export interface EventTable {
  id: string;
  incident_id: string;
  at: Time;
  kind: string;
  actor_kind: string;
  actor_id: string;
  actor_name: string;
  text: string;
  data: Json;
}

export interface IndicatorTable {
  incident_id: string;
  type: string;
  value: string;
  note: string;
  first_seen: Time;
  last_seen: Time;
}

export interface IncidentTables {
  incident: IncidentTable;
  incident_clock: ClockTable;
  incident_event: EventTable;
  incident_indicator: IndicatorTable;
}
