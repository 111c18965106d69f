-- The objects of groups of what is one thing, those that came last first, at most `most` of each. COALESCE is not leakproof
-- for the planner, so that under row-level security the index of the groups was never used: this function reads as the
-- owner, as lianfang_find does, and says the rule of lianfang_protect itself.
create function lianfang_group(groups bigint[], most integer)
returns table (same bigint, thing bigint, seq bigint, org_id uuid, tlp smallint, audience uuid[])
language sql stable security definer set search_path = public, pg_temp set enable_seqscan = off as $$
  select g.same, m.thing, m.seq, m.org_id, m.tlp, m.audience
  from unnest(groups) as g (same)
  cross join lateral (select e.thing, e.seq, e.org_id, e.tlp, e.audience from stix_entry e
    where coalesce(e.same, e.alike) = g.same and e.tlp <= (select lianfang_max_tlp())
      and (e.org_id = any ((select lianfang_org_ids())::uuid[]) or e.audience && (select lianfang_audiences())::uuid[])
    order by e.seq desc limit most) m
$$;
revoke all on function lianfang_group from public;
grant execute on function lianfang_group to lianfang_scope;
