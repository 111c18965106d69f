-- Whom the node exchanges intelligence with by itself (mission I1): peers, what flows each way, and every run.

create table intel_peer (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  name text not null,
  -- Discovery of its TAXII 2.1 server.
  url text not null,
  login_kind text not null check (login_kind in ('token', 'basic', 'certificate')),
  -- AES-256-GCM under a key that is derived from the node's own; never shown again.
  login_sealed text not null,
  -- Whom it stands for here: what was released to this organisation goes to the peer, too.
  stands_for uuid,
  reliability text not null default 'F' check (reliability in ('A', 'B', 'C', 'D', 'E', 'F')),
  -- Nothing marked higher leaves for it.
  ceiling smallint not null check (ceiling between 0 and 2),
  -- The marking of what comes from it without one.
  unmarked smallint not null check (unmarked between 0 and 4),
  every_minutes integer not null check (every_minutes between 1 and 1440),
  paused boolean not null default false,
  source_id uuid references intel_source (id),
  failures integer not null default 0,
  last_error text,
  last_run_at timestamptz,
  last_good_at timestamptz,
  next_run_at timestamptz not null,
  created_at timestamptz not null,
  created_by_name text not null,
  version integer not null default 1
);
create unique index intel_peer_name on intel_peer (org_id, name);
create index intel_peer_due on intel_peer (next_run_at) where not paused;
select lianfang_protect('intel_peer');

-- One direction with one collection of the peer.
create table intel_peer_line (
  id uuid primary key,
  peer_id uuid not null references intel_peer (id) on delete cascade,
  direction text not null check (direction in ('pull', 'push')),
  root_url text not null,
  max_content_length bigint not null,
  collection_url text not null,
  collection_id text not null,
  title text not null,
  -- Of a push: `collection:<alias>` of this node, or `peer:<id>`, whose objects are handed on.
  source text,
  -- Of a pull {addedAfter, next}; of a push {after}, the number of the last object that the peer has answered for.
  checkpoint jsonb not null default '{}',
  -- {moved, refused, held}
  counts jsonb not null default '{"moved":0,"refused":0,"held":0}',
  check ((direction = 'push') = (source is not null))
);
create unique index intel_peer_line_once on intel_peer_line (peer_id, direction, collection_url, coalesce(source, ''));
select lianfang_protect_child('intel_peer_line', 'intel_peer', 'peer_id');

create table intel_peer_run (
  id uuid primary key,
  peer_id uuid not null references intel_peer (id) on delete cascade,
  at timestamptz not null,
  kind text not null check (kind in ('exchange', 'compare')),
  direction text not null,
  title text not null,
  moved integer not null,
  refused integer not null,
  held integer not null,
  -- The first refusals, {id, message}; the differences that a comparison found.
  details jsonb not null default '[]',
  error text
);
create index intel_peer_run_peer on intel_peer_run (peer_id, id desc);
select lianfang_protect_child('intel_peer_run', 'intel_peer', 'peer_id');
