-- Alerts: what rules found, gathered by rule, organisation and main entity, and what people did about it.
create table alert (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  rule_id text not null,
  title text not null,
  title_zh text,
  level smallint not null check (level between 0 and 4),
  tags text[] not null,
  state text not null check (state in ('new', 'assigned', 'closed', 'raised')),
  reason text check (reason in ('false-positive', 'handled', 'benign', 'duplicate')),
  reason_text text,
  assignee_id text,
  assignee_name text,
  main_entity text not null,
  entities jsonb not null,
  entity_values text[] not null,
  words text not null,
  sample jsonb not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  count integer not null check (count >= 0),
  incident_id uuid,
  raised_at timestamptz not null,
  changed_at timestamptz not null,
  version integer not null default 1,
  check (first_seen <= last_seen),
  check ((state = 'closed') = (reason is not null)),
  check ((state = 'raised') = (incident_id is not null))
);
create index alert_newest on alert (id desc) include (org_id, tlp);
create index alert_severest on alert (level desc, id desc);
create index alert_open on alert (org_id, rule_id, main_entity) where state in ('new', 'assigned');
create index alert_entities on alert using gin (entity_values);
create index alert_incident on alert (incident_id) where incident_id is not null;
select lianfang_protect('alert');

-- One row for each event that a rule matched: what is here has been counted.
create table alert_match (
  rule_id text not null,
  event_id text not null,
  alert_id uuid not null references alert (id) on delete cascade,
  seen_at timestamptz not null,
  primary key (rule_id, event_id)
);
create index alert_match_alert on alert_match (alert_id);
select lianfang_protect_child('alert_match', 'alert', 'alert_id');

-- What people said and did, in order.
create table alert_comment (
  id uuid primary key,
  seq bigint generated always as identity,
  alert_id uuid not null references alert (id) on delete cascade,
  at timestamptz not null,
  actor_id text not null,
  actor_name text not null,
  act text not null check (act in ('comment', 'assigned', 'unassigned', 'closed', 'reopened', 'raised')),
  detail text,
  text text not null
);
create index alert_comment_alert on alert_comment (alert_id, seq);
select lianfang_protect_child('alert_comment', 'alert', 'alert_id');
