-- The role under which every unit of work runs. It owns nothing and passes no row-level security by.
do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'lianfang_scope') then
    create role lianfang_scope nologin nosuperuser nocreatedb nocreaterole noinherit nobypassrls;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of the same server made it at this moment
end $$;
do $$
begin
  if not pg_has_role(current_user, 'lianfang_scope', 'member') then
    execute format('grant lianfang_scope to %I', current_user);
  end if;
end $$;
grant usage on schema public to lianfang_scope;
alter default privileges in schema public grant usage on sequences to lianfang_scope;

-- The settings of the scope, parsed. Policies call them inside a sub-select, so that a query parses them once.
create function lianfang_org_ids() returns uuid[] language sql stable parallel safe
  return coalesce(nullif(current_setting('lianfang.org_ids', true), ''), '{}')::uuid[];
create function lianfang_audiences() returns uuid[] language sql stable parallel safe
  return coalesce(nullif(current_setting('lianfang.audiences', true), ''), '{}')::uuid[];
create function lianfang_max_tlp() returns integer language sql stable parallel safe
  return coalesce(nullif(current_setting('lianfang.max_tlp', true), ''), '-1')::integer;
create function lianfang_purpose() returns text language sql stable parallel safe
  return coalesce(current_setting('lianfang.purpose', true), '');

-- What is under protection, and for which purposes all of its rows are open.
create table lianfang_protected (
  table_name text primary key,
  purposes text[] not null default '{}'
);

-- Rows are seen by the rule of core/scope.ts and written by the organisations that own them. For the named
-- purposes (comma separated, matched exactly) all rows are open: an account is looked up before anybody is signed in.
create function lianfang_protect(target regclass, purposes text default '') returns void language plpgsql as $$
declare
  list text[] := array(select btrim(p) from unnest(string_to_array(purposes, ',')) p where btrim(p) <> '');
  open_to text := case when list = '{}' then '' else format(' or (select lianfang_purpose()) = any (%L::text[])', list) end;
  owned text := 'org_id = any ((select lianfang_org_ids())::uuid[])';
  seen text := format('tlp <= (select lianfang_max_tlp()) and (%s or audience && (select lianfang_audiences())::uuid[])', owned);
begin
  execute format('alter table %s enable row level security, force row level security', target);
  execute format('create policy scope_read on %s for select to lianfang_scope using ((%s)%s)', target, seen, open_to);
  execute format('create policy scope_add on %s for insert to lianfang_scope with check (%s%s)', target, owned, open_to);
  execute format('create policy scope_change on %s for update to lianfang_scope using (%s%s) with check (%s%s)',
    target, owned, open_to, owned, open_to);
  execute format('create policy scope_remove on %s for delete to lianfang_scope using (%s%s)', target, owned, open_to);
  execute format('grant select, insert, update, delete on %s to lianfang_scope', target);
  insert into lianfang_protected values (target::text, list);
end $$;

-- Rows that belong to a row of `parent` (by its id): seen exactly when that one is, written by who may write that one.
create function lianfang_protect_child(child regclass, parent regclass, parent_id_column text)
returns void language plpgsql as $$
declare
  list text[] := coalesce((select p.purposes from lianfang_protected p where p.table_name = parent::text), '{}');
  has_owner boolean := exists (
    select 1 from pg_attribute where attrelid = parent and attname = 'org_id' and not attisdropped);
  seen text := format('exists (select 1 from %s parent_row where parent_row.id = %s.%I)', parent, child, parent_id_column);
  owned text := format(
    'exists (select 1 from %s parent_row where parent_row.id = %s.%I and (parent_row.org_id = any ((select lianfang_org_ids())::uuid[]) or (select lianfang_purpose()) = any (%L::text[])))',
    parent, child, parent_id_column, list);
begin
  if not exists (select 1 from lianfang_protected p where p.table_name = parent::text) then
    raise exception 'protect % before its child %', parent, child;
  end if;
  if not has_owner then
    owned := seen;
  end if;
  execute format('alter table %s enable row level security, force row level security', child);
  execute format('create policy scope_read on %s for select to lianfang_scope using (%s)', child, seen);
  execute format('create policy scope_add on %s for insert to lianfang_scope with check (%s)', child, owned);
  execute format('create policy scope_change on %s for update to lianfang_scope using (%s) with check (%s)', child, owned, owned);
  execute format('create policy scope_remove on %s for delete to lianfang_scope using (%s)', child, owned);
  execute format('grant select, insert, update, delete on %s to lianfang_scope', child);
  insert into lianfang_protected values (child::text, list);
end $$;

-- Events on their way to other systems. `position` is given under a lock held to the end of the commit, so a
-- reader that saw 7 has seen everything below 7 that will ever be there.
create table outbox (
  position bigint generated always as identity primary key,
  id uuid not null unique,
  at timestamptz not null,
  topic text not null,
  subject text not null,
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null,
  data json not null
);
create table outbox_subscriber (
  name text primary key,
  position bigint not null,
  seen_at timestamptz not null
);

-- Who did what. `hash` covers the row and the hash before it. No role but the owner writes, and none changes.
create table audit (
  seq bigint primary key,
  at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  org_id uuid not null,
  purpose text not null,
  request_id text,
  action text not null,
  subject text not null,
  detail text not null,
  prev_hash text not null,
  hash text not null
);
create index audit_by_org on audit (org_id, seq desc);
create index audit_by_subject on audit (subject, seq desc);
create table audit_checkpoint (
  seq bigint primary key,
  hash text not null,
  at timestamptz not null,
  key_id text not null,
  signature text not null
);
create function lianfang_audit_is_final() returns trigger language plpgsql as $$
begin
  raise exception 'audit rows are final';
end $$;
create trigger audit_is_final before update or delete on audit
  for each row execute function lianfang_audit_is_final();
create trigger audit_is_whole before truncate on audit
  for each statement execute function lianfang_audit_is_final();
alter table audit enable row level security;
create policy scope_read on audit for select to lianfang_scope using (org_id = any ((select lianfang_org_ids())::uuid[]));
grant select on audit to lianfang_scope;
