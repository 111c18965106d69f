-- Feeds: sources that are fetched by themselves (mission I3). How a source of the kind `feed` is asked, and how it went.
create table intel_feed (
  source_id uuid primary key references intel_source (id),
  -- Absent = told by the content each time.
  format text,
  options jsonb not null default '{}',
  -- Marking of what bears none of its own, and the clearance of who made the feed.
  unmarked_tlp smallint not null check (unmarked_tlp between 0 and 4),
  clearance smallint not null check (clearance between 0 and 4),
  every_minutes integer not null check (every_minutes between 5 and 10080),
  paused boolean not null default true,
  -- What the server said of the last answer, to be asked again for changes only.
  etag text,
  last_modified text,
  -- Of a MISP feed: each event that came in, with its timestamp.
  checkpoint jsonb not null default '{}',
  last_sha256 text,
  next_run_at timestamptz,
  running_at timestamptz,
  last_run_at timestamptz,
  last_result text check (last_result in ('imported', 'unchanged', 'failed')),
  last_error text,
  last_import_id uuid references intel_import (id),
  failures integer not null default 0
);
create index intel_feed_next on intel_feed (next_run_at) where not paused;
select lianfang_protect_child('intel_feed', 'intel_source', 'source_id');
