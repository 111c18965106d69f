-- What others publish comes into the library (mission I3): sources, imports, and which import told which object.

-- Null = in the library only: published in no TAXII collection, since nothing goes up without approval.
alter table stix_object alter column collection_id drop not null;
alter table stix_object add check (collection_id is not null or item_id is null);
-- SHA-256 (hex) over the canonical JSON (RFC 8785) of a library object: two texts that say the same are one object.
alter table stix_object add column digest text;
alter table stix_object add check (collection_id is not null or digest is not null);
create unique index stix_object_library on stix_object (org_id, id, digest) where collection_id is null;

-- Where things come from: what somebody uploads, a feed, a peer, what machines push, what people write by hand.
create table intel_source (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  kind text not null check (kind in ('upload', 'feed', 'peer', 'push', 'manual')),
  name text not null,
  url text,
  -- Admiralty scale (AJP-2.1): A completely reliable to E unreliable, F cannot be judged.
  reliability text not null default 'F' check (reliability in ('A', 'B', 'C', 'D', 'E', 'F')),
  created_at timestamptz not null,
  created_by_id text not null,
  created_by_name text not null
);
create unique index intel_source_name on intel_source (org_id, kind, name);
select lianfang_protect('intel_source');

-- One taking in of one file or one answer of a feed.
create table intel_import (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  source_id uuid not null references intel_source (id),
  format text not null,
  -- How the format is read: columns of a CSV, what is HTML.
  options jsonb not null default '{}',
  -- As its sender named it; shown, and never a path.
  file_name text not null,
  -- Absent where nothing came as a file.
  blob_sha256 text,
  blob_size bigint,
  state text not null check (state in
    ('reading', 'previewed', 'storing', 'stored', 'undoing', 'undone', 'dropped', 'failed')),
  -- {total, refused, warned, new, known, left}
  counts jsonb not null,
  -- The first of them as [{path, message}]; their number is counts.refused.
  refusals jsonb not null default '[]',
  -- {done, total}; where a stopped run goes on.
  progress jsonb not null default '{"done":0,"total":0}',
  -- What was chosen at the preview: {tlp, leaveOut}.
  choices jsonb not null default '{}',
  reason text,
  by_id text not null,
  by_name text not null,
  at timestamptz not null,
  stored_at timestamptz,
  undone_at timestamptz,
  -- The process that works on it says so again and again; another one goes on when it has fallen silent.
  worked_at timestamptz
);
create index intel_import_org on intel_import (org_id, id desc);
create index intel_import_source on intel_import (source_id, id desc);
create index intel_import_open on intel_import (state) where state in ('reading', 'storing', 'undoing');
select lianfang_protect('intel_import');

-- The preview of an import, an object a row, until it is stored or dropped.
create table intel_import_entry (
  import_id uuid not null references intel_import (id),
  position integer not null,
  path text not null,
  tlp smallint not null,
  id text not null,
  type text not null,
  name text not null,
  version_key text collate "C",
  digest text not null,
  -- [{value, list, entry}] of what warninglists know.
  warnings jsonb,
  primary key (import_id, position)
);
select lianfang_protect_child('intel_import_entry', 'intel_import', 'import_id');

-- Which import told which object. The object's row bears the text of who told it first and the least strict marking of
-- all who told it; each origin bears its own marking, and its own text where that has other bytes.
create table stix_origin (
  seq bigint not null references stix_object (seq) on delete cascade,
  import_id uuid not null references intel_import (id),
  told bigint generated always as identity,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  -- Its place in what was imported.
  path text not null,
  document text,
  primary key (seq, import_id)
);
create index stix_origin_import on stix_origin (import_id, seq);
select lianfang_protect('stix_origin');
