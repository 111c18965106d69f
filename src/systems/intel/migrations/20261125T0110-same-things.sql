-- The same thing under different ids (mission I3): what is one by its value is so by itself, what is one by its name is
-- so by somebody's decision. No document changes; a decision that is undone leaves what was there before.

-- `alike`: 64 bits for the value, pattern or number that makes objects one by itself; null where nothing does.
-- `same`: the group that decisions put the object into; null where none does.
-- `ends_at`: `valid_until` in milliseconds since 1970.
alter table stix_entry add column alike bigint, add column same bigint, add column ends_at bigint;
create index stix_entry_same on stix_entry ((coalesce(same, alike)), seq) where coalesce(same, alike) is not null;

create table stix_same (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  -- `same`: both are one thing. `different`: no more is it proposed, and `one` stands apart from what is alike.
  verdict text not null check (verdict in ('same', 'different')),
  one text not null,
  other text not null,
  -- 64 bits of the ids, and what made each alike to others when it was decided.
  one_thing bigint not null,
  other_thing bigint not null,
  one_alike bigint,
  other_alike bigint,
  reason text not null,
  by_id text not null,
  by_name text not null,
  at timestamptz not null,
  undone_reason text,
  undone_by_name text,
  undone_at timestamptz,
  check (one <> other)
);
create index stix_same_one on stix_same (one_thing);
create index stix_same_other on stix_same (other_thing);
create index stix_same_one_alike on stix_same (one_alike);
create index stix_same_other_alike on stix_same (other_alike);
create unique index stix_same_standing on stix_same (org_id, least(one, other), greatest(one, other))
  where undone_at is null;
select lianfang_protect('stix_same');
alter table stix_same no force row level security;

-- What the standing decisions come to: numbers and the group of each. It names nothing, so that it has no reader.
create table stix_same_node (
  node bigint primary key,
  root bigint not null
);
create index stix_same_node_root on stix_same_node (root);
grant select on stix_same_node to lianfang_scope;

-- Makes the groups around some numbers anew out of all standing decisions, whoever may read them: the group of a thing
-- is one for all who see its members. Which numbers a group holds depends on the decisions alone, not on their order.
create function lianfang_regroup(touched bigint[]) returns integer language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  nodes bigint[] := touched;
  grown bigint[];
  old_roots bigint[];
  found integer;
begin
  -- Everything that standing decisions tie to them, and what was in their groups before.
  loop
    select array_agg(distinct n) into grown from (
      select unnest(nodes) as n
      union select unnest(array_remove(array[d.one_thing, d.other_thing, d.one_alike, d.other_alike], null))
        from stix_same d
        where d.undone_at is null and (d.one_thing = any (nodes) or d.other_thing = any (nodes)
          or (d.one_alike is not null and d.one_alike = any (nodes)) or (d.other_alike is not null and d.other_alike = any (nodes)))
      union select s.node from stix_same_node s where s.root in
        (select r.root from stix_same_node r where r.node = any (nodes))) t;
    exit when cardinality(grown) = cardinality(nodes);
    nodes := grown;
    if cardinality(nodes) > 4000 then raise exception 'lianfang: too many things in one group' using errcode = 'LF001'; end if;
  end loop;
  select coalesce(array_agg(distinct root), '{}') into old_roots from stix_same_node where node = any (nodes);
  delete from stix_same_node where node = any (nodes);
  insert into stix_same_node
  with recursive apart as (
    select one_thing as thing from stix_same
    where undone_at is null and verdict = 'different' and one_alike is not null and one_alike = other_alike
      and one_thing = any (nodes)
  ), tie as (
    select one_thing as a, other_thing as b from stix_same where undone_at is null and verdict = 'same' and one_thing = any (nodes)
    union select one_thing, one_alike from stix_same where undone_at is null and verdict = 'same'
      and one_alike is not null and one_thing = any (nodes) and one_thing not in (select thing from apart)
    union select other_thing, other_alike from stix_same where undone_at is null and verdict = 'same'
      and other_alike is not null and other_thing = any (nodes) and other_thing not in (select thing from apart)
    union select thing, thing from apart
  ), both_ways as (
    select a, b from tie union select b, a from tie
  ), reach as (
    select distinct a as node, a as other from both_ways
    union select r.node, t.b from reach r join both_ways t on t.a = r.other
  )
  select node, min(other) from reach group by node;
  update stix_entry e set same = w.want
  from (
    select i.seq, coalesce((select root from stix_same_node where node = i.thing),
      (select root from stix_same_node where node = i.alike)) as want
    from stix_entry i
    where i.thing = any (nodes) or (coalesce(i.same, i.alike) is not null and coalesce(i.same, i.alike) = any (nodes || old_roots))
  ) w
  where w.seq = e.seq and e.same is distinct from w.want;
  get diagnostics found = row_count;
  return found;
end $$;
revoke all on function lianfang_regroup from public;
grant execute on function lianfang_regroup to lianfang_scope;

-- What sightings and opinions say of an object, so that a score and a list need not look for them: one row for each
-- version of each, made in the commit that stores it.
create table stix_judgement (
  seq bigint not null references stix_object (seq) on delete cascade,
  about bigint not null,
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null default '{}',
  -- The sighting or opinion itself; of its versions the last one counts.
  thing bigint not null,
  version_at bigint not null,
  -- 1 seen, 0 looked for and not seen, -1 disagrees, null says nothing (any more).
  verdict smallint check (verdict between -1 and 1),
  times integer not null,
  -- Milliseconds since 1970.
  last_at bigint not null,
  primary key (about, seq)
);
create index stix_judgement_seq on stix_judgement (seq);
select lianfang_protect('stix_judgement');
alter table stix_judgement no force row level security;

create or replace function lianfang_entry_follows() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  update stix_entry set org_id = new.org_id, audience = new.audience, tlp = new.tlp,
    tokens = ts_delete(tokens, array['#m0', '#m1', '#m2', '#m3', '#m4']) || array_to_tsvector(array['#m' || new.tlp])
  where seq = new.seq;
  update stix_judgement set org_id = new.org_id, audience = new.audience, tlp = new.tlp where seq = new.seq;
  return null;
end $$;

-- The owner reads them for lianfang_told alone, as it reads stix_entry for lianfang_find.
alter table stix_origin no force row level security;
alter table intel_import no force row level security;

-- The filters of lianfang_find, each said once.
create function lianfang_entry_fits(e stix_entry, created_from bigint, created_to bigint, least_confidence smallint,
  state text, now_at bigint) returns boolean language sql stable as $$
  select (created_from is null or e.created_at >= created_from)
    and (created_to is null or (e.created_at > 0 and e.created_at < created_to))
    and (least_confidence is null or e.confidence >= least_confidence)
    and (state is null or case state
      when 'revoked' then e.tokens @@ '''#x'''::tsquery
      when 'expired' then e.ends_at <= now_at and not e.tokens @@ '''#x'''::tsquery
      else (e.ends_at is null or e.ends_at > now_at) and not e.tokens @@ '''#x'''::tsquery end)
$$;
-- Whether a source that the scope sees told the object, and whether the scope sees a sighting of it. For the owner, so
-- both say the rule of lianfang_protect themselves.
create function lianfang_told(of_seq bigint, source uuid) returns boolean language sql stable as $$
  select exists (select 1 from stix_origin r join intel_import i on i.id = r.import_id and i.source_id = source
    where r.seq = of_seq and r.tlp <= lianfang_max_tlp()
      and (r.org_id = any (lianfang_org_ids()) or r.audience && lianfang_audiences())
      and i.tlp <= lianfang_max_tlp() and (i.org_id = any (lianfang_org_ids()) or i.audience && lianfang_audiences()))
$$;
create function lianfang_seen(of_thing bigint) returns boolean language sql stable as $$
  select exists (select 1 from stix_judgement j where j.about = of_thing and j.verdict = 1
    and j.tlp <= lianfang_max_tlp() and (j.org_id = any (lianfang_org_ids()) or j.audience && lianfang_audiences())
    and not exists (select 1 from stix_judgement l where l.about = j.about and l.thing = j.thing
      and (l.version_at, l.seq) > (j.version_at, j.seq)
      and l.tlp <= lianfang_max_tlp() and (l.org_id = any (lianfang_org_ids()) or l.audience && lianfang_audiences())))
$$;
revoke all on function lianfang_told, lianfang_seen, lianfang_entry_fits from public;

-- As before, and: of what is one thing only the newest that matches, where `together` asks so; by its number,
-- by its state (`valid`, `expired`, `revoked`) at the instant `now_at`, by who told it, and by whether it was seen. Times in
-- milliseconds since 1970.
drop function lianfang_find;
create function lianfang_find(wanted tsquery, strong tsquery, whole tsquery, upto bigint, most integer,
  created_from bigint default null, created_to bigint default null, least_confidence smallint default null,
  together boolean default false, least_seq bigint default 0, last_seq bigint default null,
  state text default null, now_at bigint default null, told_by uuid default null, seen boolean default null)
returns table (seq bigint, org_id uuid, tlp smallint, audience uuid[], type text, version_at bigint,
  created_at bigint, strength smallint, thing bigint, same bigint)
language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  width constant integer := 16384;
  top constant bigint := least(upto, last_seq);
  highest bigint := least(top, coalesce((select max(e.seq) from stix_entry e), 0)) / width;
  lowest bigint;
  many integer := 1;
  remaining integer := most;
  got integer;
  parts text;
begin
  while highest >= least_seq / width and remaining > 0 loop
    lowest := greatest(least_seq / width, highest - many + 1);
    select string_agg('''#p' || p || '''', ' | ') into parts from generate_series(lowest, highest) as p;
    return query
      select e.seq, e.org_id, e.tlp, e.audience, e.type, e.version_at, e.created_at,
        (case when whole is not null and e.tokens @@ whole then 2 when strong is not null and e.tokens @@ strong then 1
          else 0 end)::smallint, e.thing, coalesce(e.same, e.alike)
      from stix_entry e
      where e.tokens @@ (case when wanted is null then parts::tsquery else wanted && parts::tsquery end)
        and e.seq + 0 between least_seq and top
        and e.tlp <= (select lianfang_max_tlp())
        and (e.org_id = any ((select lianfang_org_ids())::uuid[])
          or e.audience && (select lianfang_audiences())::uuid[])
        and lianfang_entry_fits(e, created_from, created_to, least_confidence, state, now_at)
        and (told_by is null or lianfang_told(e.seq, told_by))
        and (seen is null or seen = lianfang_seen(e.thing))
        and not exists (
          select 1 from stix_entry l where l.thing = e.thing and l.seq <> e.seq
            and (l.version_at > e.version_at or (l.version_at = e.version_at and l.seq > e.seq))
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
            and not exists (
              select 1 from stix_entry l where l.thing = m.thing and l.seq <> m.seq
                and (l.version_at > m.version_at or (l.version_at = m.version_at and l.seq > m.seq))
                and l.tlp <= (select lianfang_max_tlp())
                and (l.org_id = any ((select lianfang_org_ids())::uuid[])
                  or l.audience && (select lianfang_audiences())::uuid[]))))
      order by e.seq + 0 desc limit remaining;
    get diagnostics got = row_count;
    remaining := remaining - got;
    highest := lowest - 1;
    many := case when got < 100 then least(many * 2, 8) else 1 end;
  end loop;
end $$;
revoke all on function lianfang_find from public;
grant execute on function lianfang_find to lianfang_scope;
