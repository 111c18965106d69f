import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { Counts, RunDetail } from "./model.ts";

type Time = ColumnType<Date | string, string, string>;
type MaybeTime = ColumnType<Date | string | null, string | null | undefined, string | null>;

interface PeerTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  name: string;
  url: string;
  login_kind: string;
  login_sealed: string;
  stands_for: string | null;
  reliability: string;
  ceiling: number;
  unmarked: number;
  every_minutes: number;
  paused: Generated<boolean>;
  source_id: string | null;
  deletions_checked_at: MaybeTime;
  failures: Generated<number>;
  last_error: string | null;
  last_run_at: MaybeTime;
  last_good_at: MaybeTime;
  next_run_at: Time;
  created_at: Time;
  created_by_name: string;
  version: Generated<number>;
}

/**
 * Of a pull `addedAfter` and `next`; of a push `after`, the number of the last object that was answered for, and `gone`,
 * that of the last deletion.
 */
export interface LineCheckpoint {
  readonly addedAfter?: string;
  readonly next?: string;
  readonly after?: number;
  readonly gone?: number;
}

interface PeerLineTable {
  id: string;
  peer_id: string;
  direction: string;
  root_url: string;
  max_content_length: number;
  collection_url: string;
  collection_id: string;
  title: string;
  source: string | null;
  checkpoint: ColumnType<LineCheckpoint, string | undefined, string>;
  counts: ColumnType<Counts, string | undefined, string>;
}

interface PeerRunTable {
  id: string;
  peer_id: string;
  at: Time;
  kind: string;
  direction: string;
  title: string;
  moved: number;
  refused: number;
  held: number;
  details: JSONColumnType<RunDetail[], string, string>;
  error: string | null;
}

export interface PeerTables {
  intel_peer: PeerTable;
  intel_peer_line: PeerLineTable;
  intel_peer_run: PeerRunTable;
}
