-- Incidents, their legal clocks, timeline and indicators (mission C2, C3).
create table incident (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  number text not null unique,
  title text not null,
  pack text not null,
  state text not null,
  level smallint not null,
  facts jsonb not null,
  -- The journal from which state and clocks follow; only ever appended to.
  moments jsonb not null,
  occurred_at timestamptz,
  aware_at timestamptz not null,
  reported_at timestamptz not null,
  reporter_id text not null,
  reporter_name text not null,
  channel text not null,
  channel_reason text,
  alert_ids uuid[] not null default '{}',
  closing_report jsonb,
  -- Who sent a report under which key, and what it said: a retried report is one incident.
  report_key text unique,
  report_sha256 text not null,
  -- The open clock that ends first.
  next_due_at timestamptz,
  next_duty text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null default 1
);
create index incident_next_due on incident (coalesce(next_due_at, 'infinity'::timestamptz), id);
create index incident_reported on incident (reported_at desc, id desc);
create index incident_org on incident (org_id);
select lianfang_protect('incident');

create table incident_clock (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  duty text not null,
  n integer not null,
  names jsonb not null,
  owed_by text not null,
  level smallint not null,
  started_at timestamptz not null,
  due_at timestamptz not null,
  near_at timestamptz not null,
  done_at timestamptz,
  warned_at timestamptz,
  overdue_at timestamptz,
  -- Set when the level fell out of the duty's reach: owed no more, kept for the record.
  lapsed_at timestamptz,
  unique (incident_id, duty, n)
);
create index incident_clock_open on incident_clock (due_at) where done_at is null and lapsed_at is null;
create index incident_clock_incident on incident_clock (incident_id);
select lianfang_protect_child('incident_clock', 'incident', 'incident_id');

create table incident_event (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  at timestamptz not null,
  kind text not null,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  text text not null,
  data jsonb not null
);
create index incident_event_incident on incident_event (incident_id, at, id);
select lianfang_protect_child('incident_event', 'incident', 'incident_id');

create table incident_indicator (
  incident_id uuid not null references incident (id),
  type text not null,
  value text not null,
  note text not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  primary key (incident_id, type, value)
);
select lianfang_protect_child('incident_indicator', 'incident', 'incident_id');

-- Running numbers without gaps: the row is locked until the report commits. Nobody but the function touches it.
create table incident_counter (
  year integer primary key,
  last integer not null
);
create function incident_next_number(wanted integer) returns integer
language sql security definer set search_path = public, pg_temp as $$
  insert into incident_counter as counter (year, last) values (wanted, 1)
  on conflict (year) do update set last = counter.last + 1
  returning last
$$;
