-- Which source told of a hit, since each has a clock of its own; and hits of sources so far behind that they are
-- correlated apart (`backfill`), with the states of these.
alter table correlation_hit
  add column source text not null default '',
  add column backfill boolean not null default false;

alter table correlation_state
  add column source text not null default '',
  drop constraint correlation_state_pkey,
  add primary key (org_id, reach, source),
  drop constraint correlation_state_reach_check,
  add constraint correlation_state_reach_check check (reach in ('organisation', 'across', 'backfill'));

-- Matches that came too late for correlation and were not counted by it.
alter table ingest_source add column late bigint not null default 0;
