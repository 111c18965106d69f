-- Items of shared information: draft, review, release (mission I1, I4 to I8).

-- The centre itself as STIX knows it; says nothing about any organisation, so that everyone may read it.
create table intel_producer (
  singleton boolean primary key default true check (singleton),
  id text not null,
  name text not null,
  sectors text[] not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  document text not null
);
grant select, insert, update on intel_producer to lianfang_scope;

-- Working copies: as written, with everything that may not leave. Their audience stays empty; what goes out is copied
-- to intel_release and stix_object.
create table intel_item (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}' check (audience = '{}'),
  kind text not null,
  state text not null,
  title text not null,
  description text not null,
  indicators jsonb not null,
  recipients jsonb not null,
  secrets jsonb not null,
  incident_id uuid,
  incident_number text,
  authors jsonb not null,
  -- What would leave, made anew with each change, and what was taken out.
  out_title text not null,
  out_description text not null,
  out_indicators jsonb not null,
  bundle text not null,
  bundle_sha256 text not null,
  removed jsonb not null,
  reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  submitted_at timestamptz,
  approved_by_id text,
  approved_by_name text,
  approved_at timestamptz,
  released_at timestamptz,
  withdrawn_at timestamptz,
  version integer not null default 1
);
create index intel_item_org on intel_item (org_id, id desc);
create index intel_item_incident on intel_item (incident_id) where incident_id is not null;
select lianfang_protect('intel_item');

create table intel_step (
  id uuid primary key,
  item_id uuid not null references intel_item (id),
  action text not null,
  by_id text not null,
  by_name text not null,
  at timestamptz not null,
  reason text
);
create index intel_step_item on intel_step (item_id, id);
select lianfang_protect_child('intel_step', 'intel_item', 'item_id');

-- An item as its recipients read it.
create table intel_release (
  item_id uuid primary key references intel_item (id),
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null default '{}',
  kind text not null,
  title text not null,
  description text not null,
  bundle text not null,
  bundle_sha256 text not null,
  released_at timestamptz not null,
  withdrawn_at timestamptz
);
create index intel_release_audience on intel_release using gin (audience);
select lianfang_protect('intel_release');

-- Collections of the TAXII server. Their ids are random, as TAXII 2.1 section 2 wants them, and stay.
create table taxii_collection (
  id uuid primary key default gen_random_uuid(),
  alias text not null unique,
  position integer not null,
  title text not null,
  description text not null
);
grant select, insert, update on taxii_collection to lianfang_scope;

-- The one counter of the library. Its row is locked from the first object of a transaction to the end of the commit,
-- so seq and date_added grow in the order of commit: who has read up to one misses nothing that comes later.
create table stix_ledger (
  singleton boolean primary key default true check (singleton),
  seq bigint not null,
  date_added timestamptz not null
);
insert into stix_ledger (seq, date_added) values (0, '1970-01-01T00:00:00Z');
grant select, update on stix_ledger to lianfang_scope;

-- STIX objects, every version, the text as it came and columns derived from it.
create table stix_object (
  seq bigint primary key,
  collection_id uuid not null references taxii_collection (id),
  item_id uuid references intel_item (id),
  revision smallint not null default 1,
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null default '{}',
  id text not null,
  type text not null,
  spec_version text not null,
  -- As the object says it; version_key sorts as the instant does, whatever the digits of the second.
  version text not null,
  version_key text collate "C" not null,
  revoked boolean not null,
  document text not null,
  date_added timestamptz not null
);
create unique index stix_object_once on stix_object (collection_id, item_id, id, version_key);
create index stix_object_version on stix_object (collection_id, id, spec_version, version_key, seq);
create index stix_object_page on stix_object (collection_id, seq);
create index stix_object_item on stix_object (item_id, revision);
create index stix_object_audience on stix_object using gin (audience);
select lianfang_protect('stix_object');

-- Who fetched what, and when first: written by the receiving organisation, read by it and by the one it came from.
create table intel_delivery (
  item_id uuid not null references intel_item (id),
  revision smallint not null,
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null default '{}',
  via text not null,
  first_fetched_at timestamptz not null,
  primary key (item_id, revision, org_id)
);
select lianfang_protect('intel_delivery');
