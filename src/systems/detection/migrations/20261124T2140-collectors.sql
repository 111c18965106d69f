-- More ways in, what became of their lines hour by hour, and sources that fall silent.
alter table ingest_batch drop constraint ingest_batch_channel_check;
alter table ingest_batch add check (channel in ('http', 'syslog', 'file', 'nats'));
alter table ingest_source drop constraint ingest_source_channel_check;
alter table ingest_source add check (channel in ('http', 'syslog', 'file', 'nats'));

alter table ingest_source
  add column dropped bigint not null default 0,
  add column spooled bigint not null default 0,
  -- Seconds from receipt to storage of the last batch, and from the event itself to its receipt.
  add column store_lag real,
  add column event_lag real,
  -- Seconds without a line before the last one.
  add column last_gap real,
  -- What the configuration expects; 0: never.
  add column expected_minutes integer,
  add column silent_since timestamptz,
  add column silent_alert uuid;

-- One row for each source and hour in which something came or was lost.
create table ingest_source_hour (
  org_id uuid not null,
  name text not null,
  hour timestamptz not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  received bigint not null default 0,
  unparsed bigint not null default 0,
  refused bigint not null default 0,
  dropped bigint not null default 0,
  longest_gap real not null default 0,
  primary key (org_id, name, hour)
);
create index ingest_source_hour_age on ingest_source_hour (hour);
select lianfang_protect('ingest_source_hour');

-- How far a file or stream was read. `ends` is where the batch under way ends: after a crash the same batch is made
-- again, under the same key, so that it counts once.
create table ingest_position (
  org_id uuid not null,
  name text not null,
  identity text not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  path text not null,
  at bigint not null default 0,
  ends bigint,
  finished boolean not null default false,
  seen_at timestamptz not null,
  primary key (org_id, name, identity)
);
select lianfang_protect('ingest_position');
