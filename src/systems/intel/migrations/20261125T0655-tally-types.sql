-- How many objects there are of each type, by who may see them: counted as they come and go, so that a library of a million
-- says it at once and no large import hides the rest. An object is counted once for each organisation, marking and audience
-- under which it stands, whatever its versions.
create table stix_tally (
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null default '{}',
  type text not null,
  count bigint not null,
  primary key (org_id, tlp, audience, type)
);
select lianfang_protect('stix_tally');
alter table stix_tally no force row level security;

create function lianfang_tally() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from stix_tally;
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into stix_tally
    select f.org_id, f.tlp, f.audience, f.type, count(distinct f.thing) from fresh f
    where not exists (select 1 from stix_entry e where e.thing = f.thing and e.org_id = f.org_id and e.tlp = f.tlp
      and e.audience = f.audience and e.seq not in (select n.seq from fresh n))
    group by 1, 2, 3, 4
    on conflict (org_id, tlp, audience, type) do update set count = stix_tally.count + excluded.count;
    return null;
  end if;
  if tg_op = 'DELETE' then
    update stix_tally t set count = t.count - g.count from (
      select o.org_id, o.tlp, o.audience, o.type, count(distinct o.thing) as count from gone o
      where not exists (select 1 from stix_entry e where e.thing = o.thing and e.org_id = o.org_id and e.tlp = o.tlp
        and e.audience = o.audience)
      group by 1, 2, 3, 4) g
    where t.org_id = g.org_id and t.tlp = g.tlp and t.audience = g.audience and t.type = g.type;
    return null;
  end if;
  if not exists (select 1 from gone o join fresh n on n.seq = o.seq
    where (o.org_id, o.tlp, o.audience, o.type) is distinct from (n.org_id, n.tlp, n.audience, n.type)) then
    return null;
  end if;
  -- Who may see some of them changed: what they stood under before and stand under now is counted anew.
  delete from stix_tally t using (
    select org_id, tlp, audience, type from gone union select org_id, tlp, audience, type from fresh) k
  where t.org_id = k.org_id and t.tlp = k.tlp and t.audience = k.audience and t.type = k.type;
  insert into stix_tally
  select e.org_id, e.tlp, e.audience, e.type, count(distinct e.thing) from stix_entry e
  where (e.org_id, e.tlp, e.audience, e.type) in (
    select org_id, tlp, audience, type from gone union select org_id, tlp, audience, type from fresh)
  group by 1, 2, 3, 4;
  return null;
end $$;
revoke all on function lianfang_tally from public;
create trigger stix_entry_tally_insert after insert on stix_entry referencing new table as fresh
  for each statement execute function lianfang_tally();
create trigger stix_entry_tally_update after update on stix_entry referencing old table as gone new table as fresh
  for each statement execute function lianfang_tally();
create trigger stix_entry_tally_delete after delete on stix_entry referencing old table as gone
  for each statement execute function lianfang_tally();
create trigger stix_entry_tally_truncate after truncate on stix_entry for each statement execute function lianfang_tally();

insert into stix_tally
select org_id, tlp, audience, type, count(distinct thing) from stix_entry group by 1, 2, 3, 4;
