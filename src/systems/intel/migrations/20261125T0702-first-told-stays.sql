-- Of two documents of one object and one version the first that was told stays shown; another's content is kept beside it
-- and flagged. Only one that stands takes the place of one that was revoked or that nobody tells any more.
create function lianfang_stands_before(l stix_entry, e stix_entry) returns boolean language sql stable as $$
  select l.version_at > e.version_at or (l.version_at = e.version_at
    and (l.tokens @@ '''#x'''::tsquery, l.seq) < (e.tokens @@ '''#x'''::tsquery, e.seq))
$$;
revoke all on function lianfang_stands_before from public;

-- As before, and `deprecated`: what its producer keeps and recommends no more (x_mitre_deprecated of ATT&CK) is not valid.
create or replace function lianfang_entry_fits(e stix_entry, created_from bigint, created_to bigint, least_confidence smallint,
  state text, now_at bigint) returns boolean language sql stable as $$
  select (created_from is null or e.created_at >= created_from)
    and (created_to is null or (e.created_at > 0 and e.created_at < created_to))
    and (least_confidence is null or e.confidence >= least_confidence)
    and (state is null or case state
      when 'revoked' then e.tokens @@ '''#x'''::tsquery
      when 'deprecated' then e.tokens @@ '''#d'' & !''#x'''::tsquery
      when 'expired' then e.ends_at <= now_at and not e.tokens @@ '''#x'' | ''#d'''::tsquery
      else (e.ends_at is null or e.ends_at > now_at) and not e.tokens @@ '''#x'' | ''#d'''::tsquery end)
$$;

-- As before, but for which of two documents of one version is the current one.
create or replace function lianfang_find(wanted tsquery, strong tsquery, whole tsquery, upto bigint, most integer,
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
            and not exists (
              select 1 from stix_entry l where l.thing = m.thing and l.seq <> m.seq
                and lianfang_stands_before(l, m)
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
