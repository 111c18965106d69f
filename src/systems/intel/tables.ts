import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from "kysely";
import type { Removed } from "./deidentify/deidentify.ts";
import type { Secrets } from "./deidentify/secrets.ts";
import type { ImportChoices, ImportCounts, ImportProgress, ReadOptions } from "./imports/model.ts";
import type { IndicatorValue, Recipient, ValueWarning } from "./model.ts";
import type { Cause, Refusal } from "./reasons/model.ts";

/** A point in time: read as the driver reads it, written as an instant. */
type Time = ColumnType<Date | string, string, string>;
type MaybeTime = ColumnType<Date | string | null, string | null | undefined, string | null>;
/** A column with a default: may be left out on insert. */
type JsonOf<Value> = ColumnType<Value, string | undefined, string>;
type List<Member> = JSONColumnType<Member[], string, string>;

export interface IntelItemTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  kind: string;
  state: string;
  title: string;
  description: string;
  indicators: List<IndicatorValue>;
  recipients: List<Recipient>;
  secrets: ColumnType<Secrets, string, string>;
  incident_id: string | null;
  incident_number: string | null;
  authors: List<{ id: string; name: string }>;
  out_title: string;
  out_description: string;
  out_indicators: List<IndicatorValue>;
  bundle: string;
  bundle_sha256: string;
  removed: List<Removed>;
  reason: string | null;
  created_at: Time;
  updated_at: Time;
  submitted_at: MaybeTime;
  approved_by_id: string | null;
  approved_by_name: string | null;
  approved_at: MaybeTime;
  released_at: MaybeTime;
  withdrawn_at: MaybeTime;
  version: Generated<number>;
}

export interface IntelStepTable {
  id: string;
  item_id: string;
  action: string;
  by_id: string;
  by_name: string;
  at: Time;
  reason: string | null;
}

export interface IntelReleaseTable {
  item_id: string;
  org_id: string;
  tlp: number;
  audience: string[];
  kind: string;
  title: string;
  description: string;
  bundle: string;
  bundle_sha256: string;
  released_at: Time;
  withdrawn_at: MaybeTime;
}

export interface IntelProducerTable {
  singleton: Generated<boolean>;
  id: string;
  name: string;
  sectors: string[];
  created_at: Time;
  modified_at: Time;
  document: string;
}

export interface TaxiiCollectionTable {
  id: Generated<string>;
  alias: string;
  position: number;
  title: string;
  description: string;
  takes_pushes: Generated<boolean>;
  began_at: string;
}

export interface TaxiiStatusTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  requested_at: Time;
  document: string;
}

export interface TaxiiFetchTable {
  collection_id: string;
  actor_id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  actor_name: string;
  first_at: Time;
  last_at: Time;
  objects: number;
  reached_at: MaybeTime;
  complete: boolean;
}

export interface StixLedgerTable {
  singleton: Generated<boolean>;
  seq: number;
  date_added: Time;
}

export interface StixObjectTable {
  seq: number;
  /** Null = in the library only. */
  collection_id: string | null;
  item_id: string | null;
  revision: number;
  org_id: string;
  tlp: number;
  audience: string[];
  id: string;
  type: string;
  spec_version: string;
  version: string;
  version_key: string;
  revoked: boolean;
  document: string;
  date_added: Time;
  /** SHA-256 over the canonical JSON; of library objects only. */
  digest: string | null;
  /** Since when nobody tells it any more; `revoked` is then true whatever the document says. */
  withdrawn_at: Generated<Date | string | null>;
}

export interface IntelSourceTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  kind: string;
  name: string;
  url: string | null;
  reliability: Generated<string>;
  created_at: Time;
  created_by_id: string;
  created_by_name: string;
}

export interface IntelImportTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  source_id: string;
  format: string;
  options: JsonOf<ReadOptions>;
  file_name: string;
  blob_sha256: string | null;
  blob_size: number | null;
  state: string;
  counts: JSONColumnType<ImportCounts, string, string>;
  refusals: JsonOf<Refusal[]>;
  progress: JsonOf<ImportProgress>;
  choices: JsonOf<ImportChoices>;
  reason: string | null;
  failure: ColumnType<Cause | null, string | null | undefined, string | null>;
  by_id: string;
  by_name: string;
  at: Time;
  stored_at: MaybeTime;
  undone_at: MaybeTime;
  worked_at: MaybeTime;
}

export interface IntelImportEntryTable {
  import_id: string;
  position: number;
  path: string;
  tlp: number;
  id: string;
  type: string;
  name: string;
  version_key: string | null;
  digest: string;
  warnings: JSONColumnType<ValueWarning[] | null, string | null, string | null>;
  refusals: JSONColumnType<Refusal[] | null, string | null, string | null>;
  more_reasons: Generated<number>;
}

export interface IntelFeedTable {
  source_id: string;
  login_kind: string | null;
  login_sealed: string | null;
  format: string | null;
  options: JsonOf<ReadOptions>;
  unmarked_tlp: number;
  clearance: number;
  every_minutes: number;
  paused: Generated<boolean>;
  etag: string | null;
  last_modified: string | null;
  checkpoint: JsonOf<Record<string, string>>;
  last_sha256: string | null;
  next_run_at: MaybeTime;
  running_at: MaybeTime;
  last_run_at: MaybeTime;
  last_result: string | null;
  last_error: string | null;
  last_failure: ColumnType<Cause | null, string | null | undefined, string | null>;
  last_import_id: string | null;
  failures: Generated<number>;
}

export interface StixOriginTable {
  seq: number;
  import_id: string;
  told: GeneratedAlways<number>;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  path: string;
  document: string | null;
}

export interface StixEntryTable {
  seq: number;
  org_id: string;
  tlp: number;
  audience: string[];
  type: string;
  /** A 64-bit number; text, since JavaScript's numbers are shorter. */
  thing: ColumnType<string, string, string>;
  version_at: number;
  created_at: number;
  confidence: number | null;
  derivation: number;
  tokens: string;
  /** 64-bit numbers, as `thing`. */
  alike: ColumnType<string | null, string | null, string | null>;
  same: ColumnType<string | null, string | null, string | null>;
  ends_at: number | null;
  fresh_at: number;
}

export interface StixSummaryTable {
  singleton: Generated<boolean>;
  done_to: number;
}

export interface StixEndingTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: string[];
  thing: ColumnType<string, string, string>;
  object_id: string;
  why: "by-hand" | "decayed";
  seq: number | null;
  reason: string;
  by_name: string;
  at: Time;
  resumed_at: MaybeTime;
  resumed_by_name: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface StixFadingTable {
  seq: number;
  look_at: number;
}

export interface StixExpiryTable {
  singleton: Generated<boolean>;
  looked_at: number;
  walked_to: number;
  floor: number;
}

export interface StixSameTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: string[];
  verdict: "same" | "different";
  one: string;
  other: string;
  one_thing: ColumnType<string, string, string>;
  other_thing: ColumnType<string, string, string>;
  one_alike: ColumnType<string | null, string | null, string | null>;
  other_alike: ColumnType<string | null, string | null, string | null>;
  reason: string;
  by_id: string;
  by_name: string;
  at: Time;
  undone_reason: string | null;
  undone_by_name: string | null;
  undone_at: MaybeTime;
}

export interface StixReindexTable {
  singleton: Generated<boolean>;
  derivation: number;
  done_to: number;
  finished_at: MaybeTime;
}

export interface StixWeighingTable {
  singleton: Generated<boolean>;
  /** What tells those by whom things were weighed apart. */
  judges: string;
  low: number;
  high: number;
}

export interface IntelWarninglistTable {
  key: string;
  name: string;
  off: Generated<boolean>;
  reason: Generated<string>;
  document: string | null;
  changed_at: Time;
  changed_by_name: string;
}

export interface IntelDeliveryTable {
  item_id: string;
  revision: number;
  org_id: string;
  tlp: number;
  audience: string[];
  via: string;
  first_fetched_at: Time;
  /** The organisation, or a peer that stands for none here; that one's name is `recipient`. */
  recipient_id: string;
  recipient: string | null;
}

export interface IntelTables {
  intel_item: IntelItemTable;
  intel_step: IntelStepTable;
  intel_release: IntelReleaseTable;
  intel_producer: IntelProducerTable;
  intel_delivery: IntelDeliveryTable;
  taxii_collection: TaxiiCollectionTable;
  taxii_status: TaxiiStatusTable;
  taxii_fetch: TaxiiFetchTable;
  stix_ledger: StixLedgerTable;
  stix_object: StixObjectTable;
  intel_source: IntelSourceTable;
  intel_import: IntelImportTable;
  intel_import_entry: IntelImportEntryTable;
  intel_feed: IntelFeedTable;
  stix_origin: StixOriginTable;
  stix_entry: StixEntryTable;
  stix_reindex: StixReindexTable;
  stix_weighing: StixWeighingTable;
  stix_worth: { node: string };
  stix_unweighed: { node: string };
  intel_warninglist: IntelWarninglistTable;
  stix_same: StixSameTable;
  stix_ending: StixEndingTable;
  stix_summary: StixSummaryTable;
  stix_fading: StixFadingTable;
  stix_expiry: StixExpiryTable;
}

export function instant(value: Date | string): string {
  return new Date(value).toISOString();
}

export function instantOrNull(value: Date | string | null): string | null {
  return value === null ? null : instant(value);
}
