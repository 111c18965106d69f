-- What correlation remembers over a restart: the state of each correlator as it was at some hit, and the hits since.

-- Matches that correlation rules look at, in the order in which they were taken, until a state holds them.
create table correlation_hit (
  seq bigint generated always as identity primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  rule_id text not null,
  event_id text not null,
  -- Milliseconds since 1970: the event's own time, and when it came in.
  at double precision not null,
  received_at double precision not null,
  -- Whether the correlators took it: one that came too late for one of them must not come in time after a restart.
  own boolean not null,
  across boolean not null,
  -- The fields that the rules ask for.
  record jsonb not null
);
create index correlation_hit_org on correlation_hit (org_id, seq);
select lianfang_protect('correlation_hit');

-- `organisation`: over the matches of the organisation alone. `across`: over those of all organisations of the node, kept
-- by the one at the top, which alone hears of what it finds.
create table correlation_state (
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  reach text not null check (reach in ('organisation', 'across')),
  -- Holds every hit up to this one.
  upto bigint not null,
  snapshot text not null,
  saved_at timestamptz not null,
  primary key (org_id, reach)
);
select lianfang_protect('correlation_state');
