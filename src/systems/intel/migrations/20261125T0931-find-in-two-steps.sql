-- 64 bits of what the document says, whatever its spacing and order (RFC 8785): another number under the same thing and
-- version is another document. Null in entries that an older program made.
alter table stix_entry add column content bigint;

-- Marks, in the index, entries beside which another document of the same version stands, whoever may read either. What a
-- reader finds by the mark is looked at again under the rule of visibility, so that the mark tells nobody anything.
create function lianfang_mark_conflicts(numbers bigint[]) returns void language sql security definer
set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  update stix_entry e set tokens = e.tokens || '''#c'''::tsvector
  where e.seq in (
    select each.seq from unnest(numbers) as n (number)
    join stix_entry fresh on fresh.seq = n.number and fresh.version_at > 0
    join stix_entry other on other.thing = fresh.thing and other.version_at = fresh.version_at
      and other.content <> fresh.content
    cross join lateral (values (fresh.seq), (other.seq)) as each (seq))
  and not e.tokens @@ '''#c'''::tsquery
$$;
revoke all on function lianfang_mark_conflicts from public;
grant execute on function lianfang_mark_conflicts to lianfang_scope;

-- As before, but in two steps, and with `conflicting`: only what has another document of its version that the scope sees.
-- First the numbers of what answers: where much does they are read in the order of the numbers, from the newest, as far as
-- needed; where little does by the index, part by part. Then, for so many of them as are wanted, the looking up of other
-- versions and of what is the same thing, which costs most.
drop function lianfang_find;
create function lianfang_find(wanted tsquery, strong tsquery, whole tsquery, upto bigint, most integer,
  created_from bigint default null, created_to bigint default null, least_confidence smallint default null,
  together boolean default false, least_seq bigint default 0, last_seq bigint default null,
  state text default null, now_at bigint default null, told_by uuid default null, seen boolean default null,
  conflicting boolean default false)
returns table (seq bigint, org_id uuid, tlp smallint, audience uuid[], type text, version_at bigint,
  created_at bigint, strength smallint, thing bigint, same bigint)
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
begin
  while upper > 0 and upper >= least_seq and remaining > 0 loop
    if walking then
      lower := greatest(least_seq, upper - span + 1);
      select array_agg(e.seq order by e.seq + 0 desc) into numbers from stix_entry e
      where e.seq between lower and upper and (wanted is null or ts_match_vq(e.tokens, wanted))
        and e.tlp <= (select lianfang_max_tlp())
        and (e.org_id = any ((select lianfang_org_ids())::uuid[])
          or e.audience && (select lianfang_audiences())::uuid[])
        and lianfang_entry_fits(e, created_from, created_to, least_confidence, state, now_at);
    else
      lower := greatest(least_seq, (upper / width - many + 1) * width);
      select string_agg('''#p' || p || '''', ' | ') into parts from generate_series(lower / width, upper / width) as p;
      select array_agg(e.seq order by e.seq + 0 desc) into numbers from stix_entry e
      where e.tokens @@ (wanted && parts::tsquery) and e.seq + 0 between lower and upper
        and e.tlp <= (select lianfang_max_tlp())
        and (e.org_id = any ((select lianfang_org_ids())::uuid[])
          or e.audience && (select lianfang_audiences())::uuid[])
        and lianfang_entry_fits(e, created_from, created_to, least_confidence, state, now_at);
    end if;
    matched := coalesce(cardinality(numbers), 0);
    for place in 1 .. matched by slice loop
      return query
        select e.seq, e.org_id, e.tlp, e.audience, e.type, e.version_at, e.created_at,
          (case when whole is not null and e.tokens @@ whole then 2 when strong is not null and e.tokens @@ strong then 1
            else 0 end)::smallint, e.thing, coalesce(e.same, e.alike)
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
