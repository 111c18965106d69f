-- What scores are made of, kept so that a filter by score asks one expression of each object and works none out (mission
-- I10). A row for each thing or group of what is one thing, as somebody sees it who sees everything that it is made of; for
-- whoever sees less it does not hold, and his score is worked out. It names nothing, so that it has no reader.

-- When the version was last said to be so, in milliseconds since 1970; 0 where its document names no time.
alter table stix_entry add column fresh_at bigint not null default 0;

-- Who sees all of some rows: clearance for `tlp`, and for each of `orgs` be it or in the audience beside it.
create table stix_readers (
  id integer generated always as identity primary key,
  key text not null unique,
  tlp smallint not null,
  orgs uuid[] not null,
  audiences text[] not null
);

create table stix_worth (
  -- The group of the newest version, else the thing.
  node bigint primary key,
  -- Milliseconds since 1970: last seen or said to be so; and when the first of what stands ends.
  fresh_at bigint not null,
  until bigint,
  -- Days, and how early within them worth is lost; null where it is not.
  lifetime float8,
  speed float8,
  readers integer not null,
  -- Before time, disagreement and warninglists take from it.
  base smallint not null,
  disagreed smallint not null,
  warned boolean not null,
  -- At `until` all of it ends; else what is left must be weighed again.
  ends boolean not null
);
create index stix_worth_until on stix_worth (until) where not ends and until is not null;

-- What has changed since it was weighed, and how far the weighing of what was not has come: numbers above `low` up to
-- `high` are done, by the judges named.
create table stix_unweighed (node bigint primary key);
create table stix_weighing (
  singleton boolean primary key default true check (singleton),
  judges text not null,
  low bigint not null,
  high bigint not null
);
insert into stix_weighing values (true, '', 0, 0);
grant select, insert, update, delete on stix_worth, stix_readers, stix_unweighed to lianfang_scope;
grant select, update on stix_weighing to lianfang_scope;

-- The score of what is kept at an instant, as scoreOf in library/rules.ts says it; null where it must be worked out.
create function lianfang_score(w stix_worth, now_at bigint) returns smallint language plpgsql immutable as $$
declare
  value float8 := w.base;
  days float8;
begin
  if w.until <= now_at then return case when w.ends then 0 end; end if;
  if w.lifetime is not null then
    days := greatest(0::float8, (now_at - w.fresh_at)::float8 / 86400000::float8);
    if days >= w.lifetime then
      value := 0;
    elsif days > 0 then
      value := value + value * ((1::float8 - power(days / w.lifetime, 1::float8 / w.speed)) - 1::float8);
    end if;
  end if;
  if w.disagreed > 0 then value := value - least(value, 15::float8 * w.disagreed); end if;
  if w.warned then value := value - value * 0.75::float8; end if;
  return greatest(0, least(100, floor(value + 0.5::float8)))::smallint;
end $$;

-- Whether it fits, without working it out where that is seen before; null where it must be worked out.
create function lianfang_score_fits(w stix_worth, score_from smallint, score_to smallint, now_at bigint) returns boolean
language sql immutable as $$
  select case when w.until <= now_at then case when w.ends then 0 between score_from and score_to end
    when w.base < score_from then false
    when (now_at - w.fresh_at)::float8 / 86400000::float8 >= w.lifetime then 0 between score_from and score_to
    else lianfang_score(w, now_at) between score_from and score_to end
$$;

-- Forgets what is kept of these things and groups, in the commit that changes what it is made of. `every`: to be weighed
-- again also where nothing was kept.
create function lianfang_unweigh(things bigint[], nodes bigint[], every boolean) returns void language plpgsql
security definer set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
begin
  if not every and not exists (select 1 from stix_worth) then return; end if;
  -- Who weighs holds it, too, so that none keeps what is no longer so.
  perform 1 from stix_ledger for update;
  with touched as (
    select n as node from unnest(nodes) as n
    union select coalesce(e.same, e.alike, e.thing) from stix_entry e where e.thing = any (things)
  ), gone as (
    delete from stix_worth w using touched t where w.node = t.node returning w.node
  )
  insert into stix_unweighed select t.node from touched t
  where every or exists (select 1 from gone g where g.node = t.node)
  on conflict (node) do nothing;
end $$;

create function lianfang_entry_weighs() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  things bigint[];
  nodes bigint[];
begin
  if tg_op = 'TRUNCATE' then
    delete from stix_worth;
    delete from stix_unweighed;
    update stix_weighing set judges = '';
  elsif tg_op = 'INSERT' then
    perform lianfang_unweigh(array(select distinct thing from fresh), '{}', false);
  elsif tg_op = 'DELETE' then
    perform lianfang_unweigh(array(select distinct thing from gone),
      array(select distinct coalesce(same, alike, thing) from gone), false);
  else
    -- What a score is made of, and who sees it.
    select array_agg(distinct n.thing),
      array_agg(distinct coalesce(o.same, o.alike, o.thing)) || array_agg(distinct coalesce(n.same, n.alike, n.thing))
    into things, nodes from gone o join fresh n on n.seq = o.seq
    where (o.thing, o.same, o.alike, o.version_at, o.fresh_at, o.confidence, o.ends_at, o.type,
        o.tokens @@ '''#x'''::tsquery, o.tokens @@ '''#d'''::tsquery, o.org_id, o.tlp, o.audience)
      is distinct from (n.thing, n.same, n.alike, n.version_at, n.fresh_at, n.confidence, n.ends_at, n.type,
        n.tokens @@ '''#x'''::tsquery, n.tokens @@ '''#d'''::tsquery, n.org_id, n.tlp, n.audience);
    if things is not null then perform lianfang_unweigh(things, nodes, true); end if;
  end if;
  return null;
end $$;
create trigger stix_entry_weighs_insert after insert on stix_entry referencing new table as fresh
  for each statement execute function lianfang_entry_weighs();
create trigger stix_entry_weighs_update after update on stix_entry referencing old table as gone new table as fresh
  for each statement execute function lianfang_entry_weighs();
create trigger stix_entry_weighs_delete after delete on stix_entry referencing old table as gone
  for each statement execute function lianfang_entry_weighs();
create trigger stix_entry_weighs_truncate after truncate on stix_entry
  for each statement execute function lianfang_entry_weighs();

create function lianfang_judgement_weighs() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if tg_op <> 'INSERT' then perform lianfang_unweigh(array(select distinct about from gone), '{}', true); end if;
  if tg_op <> 'DELETE' then perform lianfang_unweigh(array(select distinct about from fresh), '{}', false); end if;
  return null;
end $$;
create trigger stix_judgement_weighs_insert after insert on stix_judgement referencing new table as fresh
  for each statement execute function lianfang_judgement_weighs();
create trigger stix_judgement_weighs_update after update on stix_judgement
  referencing old table as gone new table as fresh for each statement execute function lianfang_judgement_weighs();
create trigger stix_judgement_weighs_delete after delete on stix_judgement referencing old table as gone
  for each statement execute function lianfang_judgement_weighs();

create function lianfang_origin_weighs() returns trigger language plpgsql
security definer set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
begin
  if tg_op <> 'INSERT' then
    perform lianfang_unweigh(array(select distinct e.thing from gone o join stix_entry e on e.seq = o.seq), '{}', true);
  end if;
  if tg_op <> 'DELETE' then
    perform lianfang_unweigh(array(select distinct e.thing from fresh o join stix_entry e on e.seq = o.seq), '{}', false);
  end if;
  return null;
end $$;
create trigger stix_origin_weighs_insert after insert on stix_origin referencing new table as fresh
  for each statement execute function lianfang_origin_weighs();
create trigger stix_origin_weighs_update after update on stix_origin
  referencing old table as gone new table as fresh for each statement execute function lianfang_origin_weighs();
create trigger stix_origin_weighs_delete after delete on stix_origin referencing old table as gone
  for each statement execute function lianfang_origin_weighs();

-- How reliable a source is, and who may know of it, is part of all that it told: everything is weighed anew.
create function lianfang_source_weighs() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  update stix_weighing set judges = '';
  return null;
end $$;
create trigger intel_source_weighs after update on intel_source for each row
  when ((old.reliability, old.org_id, old.tlp, old.audience) is distinct from
    (new.reliability, new.org_id, new.tlp, new.audience))
  execute function lianfang_source_weighs();
create function lianfang_import_weighs() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if exists (select 1 from stix_origin r where r.import_id = new.id) then update stix_weighing set judges = ''; end if;
  return null;
end $$;
create trigger intel_import_weighs after update on intel_import for each row
  when ((old.source_id, old.org_id, old.tlp, old.audience) is distinct from
    (new.source_id, new.org_id, new.tlp, new.audience))
  execute function lianfang_import_weighs();
revoke all on function lianfang_score, lianfang_score_fits, lianfang_unweigh, lianfang_entry_weighs, lianfang_judgement_weighs,
  lianfang_origin_weighs, lianfang_source_weighs, lianfang_import_weighs from public;

-- As before, and: where a score is asked for (`score_from` and `score_to` together) what is kept and fits, with its score,
-- and without one what must be worked out, which `kept` false makes of all. `among`: only of these numbers.
drop function lianfang_find;
create function lianfang_find(wanted tsquery, strong tsquery, whole tsquery, upto bigint, most integer,
  created_from bigint default null, created_to bigint default null, least_confidence smallint default null,
  together boolean default false, least_seq bigint default 0, last_seq bigint default null,
  state text default null, now_at bigint default null, told_by uuid default null, seen boolean default null,
  conflicting boolean default false, score_from smallint default null, score_to smallint default null,
  kept boolean default false, among bigint[] default null)
returns table (seq bigint, org_id uuid, tlp smallint, audience uuid[], type text, version_at bigint,
  created_at bigint, strength smallint, thing bigint, same bigint, score smallint)
language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off
set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  width constant integer := 16384;
  slice constant integer := 256;
  -- Read in the order of the numbers where one in so many answers.
  dense constant integer := 4;
  top constant bigint := least(upto, last_seq);
  -- The highest number that was not looked at yet.
  upper bigint := least(top, coalesce((select max(e.seq) from stix_entry e), 0));
  lower bigint;
  walking boolean := true;
  span integer := slice;
  many integer := 1;
  remaining integer := most;
  numbers bigint[];
  matched integer;
  shown integer;
  parts text;
  mine integer[];
begin
  if score_from is not null and kept then
    select array_agg(r.id) into mine from stix_readers r
    where r.tlp <= (select lianfang_max_tlp()) and not exists (
      select 1 from unnest(r.orgs, r.audiences) as p (org, audience)
      where not (p.org = any ((select lianfang_org_ids())::uuid[])
        or p.audience::uuid[] && (select lianfang_audiences())::uuid[]));
  end if;
  while upper > 0 and upper >= least_seq and remaining > 0 loop
    if among is not null then
      lower := least_seq;
      select array_agg(e.seq order by e.seq + 0 desc) into numbers from stix_entry e
      where e.seq = any (among) and e.seq + 0 between lower and upper
        and (wanted is null or ts_match_vq(e.tokens, wanted))
        and e.tlp <= (select lianfang_max_tlp())
        and (e.org_id = any ((select lianfang_org_ids())::uuid[])
          or e.audience && (select lianfang_audiences())::uuid[])
        and lianfang_entry_fits(e, created_from, created_to, least_confidence, state, now_at)
        and (score_from is null or coalesce((select lianfang_score_fits(w, score_from, score_to, now_at) from stix_worth w
          where w.node = coalesce(e.same, e.alike, e.thing) and w.readers = any (mine)), true));
    elsif walking then
      lower := greatest(least_seq, upper - span + 1);
      select array_agg(e.seq order by e.seq + 0 desc) into numbers from stix_entry e
      where e.seq between lower and upper and (wanted is null or ts_match_vq(e.tokens, wanted))
        and e.tlp <= (select lianfang_max_tlp())
        and (e.org_id = any ((select lianfang_org_ids())::uuid[])
          or e.audience && (select lianfang_audiences())::uuid[])
        and lianfang_entry_fits(e, created_from, created_to, least_confidence, state, now_at)
        and (score_from is null or coalesce((select lianfang_score_fits(w, score_from, score_to, now_at) from stix_worth w
          where w.node = coalesce(e.same, e.alike, e.thing) and w.readers = any (mine)), true));
    else
      lower := greatest(least_seq, (upper / width - many + 1) * width);
      select string_agg('''#p' || p || '''', ' | ') into parts from generate_series(lower / width, upper / width) as p;
      select array_agg(e.seq order by e.seq + 0 desc) into numbers from stix_entry e
      where e.tokens @@ (wanted && parts::tsquery) and e.seq + 0 between lower and upper
        and e.tlp <= (select lianfang_max_tlp())
        and (e.org_id = any ((select lianfang_org_ids())::uuid[])
          or e.audience && (select lianfang_audiences())::uuid[])
        and lianfang_entry_fits(e, created_from, created_to, least_confidence, state, now_at)
        and (score_from is null or coalesce((select lianfang_score_fits(w, score_from, score_to, now_at) from stix_worth w
          where w.node = coalesce(e.same, e.alike, e.thing) and w.readers = any (mine)), true));
    end if;
    matched := coalesce(cardinality(numbers), 0);
    for place in 1 .. matched by slice loop
      return query
        select e.seq, e.org_id, e.tlp, e.audience, e.type, e.version_at, e.created_at,
          (case when whole is not null and e.tokens @@ whole then 2 when strong is not null and e.tokens @@ strong then 1
            else 0 end)::smallint, e.thing, coalesce(e.same, e.alike),
          (select lianfang_score(w, now_at) from stix_worth w where score_from is not null
            and w.node = coalesce(e.same, e.alike, e.thing) and w.readers = any (mine))
        from unnest(numbers[place : place + slice - 1]) as n (number) join stix_entry e on e.seq = n.number
        where (told_by is null or lianfang_told(e.seq, told_by))
          and (seen is null or seen = lianfang_seen(e.thing))
          and (not conflicting or exists (
            select 1 from stix_entry c where c.thing = e.thing and c.version_at = e.version_at and e.version_at > 0
              and c.content <> e.content and c.tlp <= (select lianfang_max_tlp())
              and (c.org_id = any ((select lianfang_org_ids())::uuid[])
                or c.audience && (select lianfang_audiences())::uuid[])))
          and not exists (
            select 1 from stix_entry l where l.thing = e.thing and l.seq <> e.seq
              and lianfang_stands_before(l, e)
              and l.tlp <= (select lianfang_max_tlp())
              and (l.org_id = any ((select lianfang_org_ids())::uuid[])
                or l.audience && (select lianfang_audiences())::uuid[]))
          and (not together or coalesce(e.same, e.alike) is null or not exists (
            select 1 from stix_entry m
            where coalesce(m.same, m.alike) = coalesce(e.same, e.alike) and m.seq > e.seq and m.thing <> e.thing
              and m.tlp <= (select lianfang_max_tlp())
              and (m.org_id = any ((select lianfang_org_ids())::uuid[])
                or m.audience && (select lianfang_audiences())::uuid[])
              and (wanted is null or m.tokens @@ wanted) and (last_seq is null or m.seq <= last_seq)
              and lianfang_entry_fits(m, created_from, created_to, least_confidence, state, now_at)
              and (told_by is null or lianfang_told(m.seq, told_by))
              and (seen is null or seen = lianfang_seen(m.thing))
              and (not conflicting or exists (
                select 1 from stix_entry c where c.thing = m.thing and c.version_at = m.version_at and m.version_at > 0
                  and c.content <> m.content and c.tlp <= (select lianfang_max_tlp())
                  and (c.org_id = any ((select lianfang_org_ids())::uuid[])
                    or c.audience && (select lianfang_audiences())::uuid[])))
              and not exists (
                select 1 from stix_entry l where l.thing = m.thing and l.seq <> m.seq
                  and lianfang_stands_before(l, m)
                  and l.tlp <= (select lianfang_max_tlp())
                  and (l.org_id = any ((select lianfang_org_ids())::uuid[])
                    or l.audience && (select lianfang_audiences())::uuid[]))))
        order by e.seq desc limit remaining;
      get diagnostics shown = row_count;
      remaining := remaining - shown;
      exit when remaining <= 0;
    end loop;
    if walking then
      walking := wanted is null or matched * dense >= upper - lower + 1;
      span := least(span * 2, case when matched = 0 then width else 16 * slice end);
    else
      walking := matched * dense >= upper - lower + 1;
      span := 4 * slice;
      many := greatest(1, least(8, many * 2, 1024 * many / greatest(matched, 1)));
    end if;
    upper := lower - 1;
  end loop;
end $$;
revoke all on function lianfang_find from public;
grant execute on function lianfang_find to lianfang_scope;
