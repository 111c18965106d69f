-- Whom the events of an alert spoke of, together: one row for each host, address and user, at most a thousand to an
-- alert; what comes beyond that is counted in one row of its own.
create table alert_sight (
  id bigint generated always as identity,
  alert_id uuid not null references alert (id) on delete cascade,
  host text not null,
  address text not null,
  user_name text not null,
  -- Whose records these are where the alert belongs to somebody else.
  member_id uuid,
  rest boolean not null default false,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  count bigint not null check (count > 0),
  unique nulls not distinct (alert_id, host, address, user_name, member_id, rest)
);
create index alert_sight_order on alert_sight (alert_id, id);
select lianfang_protect_child('alert_sight', 'alert', 'alert_id');
