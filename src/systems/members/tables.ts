import type { Generated } from "kysely";

/** What every protected table carries. */
interface MarkedColumns {
  tlp: Generated<number>;
  audience: Generated<string[]>;
}

export interface OrganisationTable extends MarkedColumns {
  id: string;
  parent_id: string | null;
  org_id: string;
  name: string;
  name_en: string;
  short_name: string;
  kind: string;
  sector: string;
  aliases: string[];
  networks: string[];
  created_at: string | Date;
  version: Generated<number>;
}

export interface AccountTable extends MarkedColumns {
  id: string;
  org_id: string;
  name: string;
  display_name: string;
  email: string | null;
  roles: string[];
  state: string;
  password_hash: string;
  must_change_password: boolean;
  totp_secret: Generated<string | null>;
  totp_confirmed_at: Generated<string | Date | null>;
  totp_last_step: Generated<number | string>;
  failures: Generated<number>;
  locked_until: Generated<string | Date | null>;
  last_sign_in_at: Generated<string | Date | null>;
  created_at: string | Date;
  version: Generated<number>;
}

export interface SessionTable extends MarkedColumns {
  id: string;
  account_id: string;
  org_id: string;
  token_sha256: string;
  csrf_token: string;
  started_at: string | Date;
  last_seen_at: string | Date;
  expires_at: string | Date;
  revoked_at: string | Date | null;
  address: string;
  agent: string;
}

export interface ContactTable extends MarkedColumns {
  id: string;
  org_id: string;
  name: string;
  title: string;
  email: string | null;
  phone: string;
  rank: number;
  reachable_24x7: boolean;
  confirmed_at: string | Date | null;
  version: Generated<number>;
}

export interface ApiKeyTable extends MarkedColumns {
  id: string;
  org_id: string;
  name: string;
  prefix: string;
  /** Exactly one of the secret, the certificate's fingerprint and the certificate's name is there. */
  secret_sha256: string | null;
  certificate_sha256: string | null;
  certificate_name: string | null;
  certificate_subject: string | null;
  certificate_expires_at: string | Date | null;
  permissions: string[];
  clearance: number;
  created_by: string;
  created_at: string | Date;
  expires_at: string | Date;
  last_used_at: Generated<string | Date | null>;
  revoked_at: Generated<string | Date | null>;
}

export interface MembersTables {
  organisation: OrganisationTable;
  account: AccountTable;
  session: SessionTable;
  contact: ContactTable;
  api_key: ApiKeyTable;
}

/** A stored time as an instant; `null` stays. */
export function instantOrNull(value: string | Date | null): string | null {
  return value === null ? null : new Date(value).toISOString();
}
