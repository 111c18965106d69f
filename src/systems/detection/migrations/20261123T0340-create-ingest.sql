-- One row for each batch of log lines: what makes taking it in happen exactly once. `received_at` is fixed by the first
-- attempt, so that every later one writes the same rows.
create table ingest_batch (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  key text not null,
  body_sha256 text not null,
  source text not null,
  channel text not null check (channel in ('http', 'syslog')),
  sent_by text not null,
  received_at timestamptz not null,
  state text not null check (state in ('taken', 'done')),
  done_at timestamptz,
  received integer not null default 0,
  parsed integer not null default 0,
  unparsed integer not null default 0,
  invalid_utf8 integer not null default 0,
  alerts integer not null default 0,
  unique (org_id, key),
  check ((state = 'done') = (done_at is not null))
);
create index ingest_batch_age on ingest_batch (received_at);
select lianfang_protect('ingest_batch');

-- How each source of logs does: for the health page.
create table ingest_source (
  org_id uuid not null,
  name text not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  channel text not null check (channel in ('http', 'syslog')),
  parser text not null,
  address text,
  first_seen timestamptz not null,
  last_seen timestamptz,
  received bigint not null default 0,
  parsed bigint not null default 0,
  unparsed bigint not null default 0,
  refused bigint not null default 0,
  invalid_utf8 bigint not null default 0,
  alerts bigint not null default 0,
  last_error text,
  last_error_at timestamptz,
  primary key (org_id, name)
);
select lianfang_protect('ingest_source');
