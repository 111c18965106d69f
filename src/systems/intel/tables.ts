import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { Removed } from "./deidentify/deidentify.ts";
import type { Secrets } from "./deidentify/secrets.ts";
import type { IndicatorValue, Recipient } from "./model.ts";

/** A point in time: read as the driver reads it, written as an instant. */
type Time = ColumnType<Date | string, string, string>;
type MaybeTime = ColumnType<Date | string | null, string | null | undefined, string | null>;
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
}

export interface TaxiiStatusTable {
  id: string;
  org_id: string;
  tlp: number;
  audience: Generated<string[]>;
  requested_at: Time;
  document: string;
}

export interface StixLedgerTable {
  singleton: Generated<boolean>;
  seq: number;
  date_added: Time;
}

export interface StixObjectTable {
  seq: number;
  collection_id: string;
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
}

export interface IntelDeliveryTable {
  item_id: string;
  revision: number;
  org_id: string;
  tlp: number;
  audience: string[];
  via: string;
  first_fetched_at: Time;
}

export interface IntelTables {
  intel_item: IntelItemTable;
  intel_step: IntelStepTable;
  intel_release: IntelReleaseTable;
  intel_producer: IntelProducerTable;
  intel_delivery: IntelDeliveryTable;
  taxii_collection: TaxiiCollectionTable;
  taxii_status: TaxiiStatusTable;
  stix_ledger: StixLedgerTable;
  stix_object: StixObjectTable;
}

export function instant(value: Date | string): string {
  return new Date(value).toISOString();
}

export function instantOrNull(value: Date | string | null): string | null {
  return value === null ? null : instant(value);
}
