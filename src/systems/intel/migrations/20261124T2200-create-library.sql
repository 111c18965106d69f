-- What the library finds objects by (mission I3, I10): one row beside each version of each object, made in the same
-- commit, and one index that answers words, values, references, types, labels and kill chain phases alike. A value in a
-- hundred thousand objects is a hundred thousand short entries of one posting list; pairs are stored nowhere.
create table stix_entry (
  seq bigint primary key references stix_object (seq) on delete cascade,
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null default '{}',
  type text not null,
  -- 64 bits of the id's SHA-256: the versions of one object, whoever sent them.
  thing bigint not null,
  -- Microseconds since 1970; 0 where the object bears no version.
  version_at bigint not null,
  -- Milliseconds since 1970.
  created_at bigint not null,
  confidence smallint,
  derivation smallint not null,
  tokens tsvector not null
);
create index stix_entry_thing on stix_entry (thing);
create index stix_entry_tokens on stix_entry using gin (tokens) with (fastupdate = on, gin_pending_list_limit = 1024);
select lianfang_protect('stix_entry');
-- The owner reads it for lianfang_find alone; every unit of work runs as lianfang_scope, under the policies above.
alter table stix_entry no force row level security;

-- Where making all entries anew has come to.
create table stix_reindex (
  singleton boolean primary key default true check (singleton),
  derivation smallint not null,
  done_to bigint not null,
  finished_at timestamptz
);
insert into stix_reindex values (true, 0, 0, null);
grant select, update on stix_reindex to lianfang_scope;

-- What an object's row says of its readers, its entry says too.
create function lianfang_entry_follows() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  update stix_entry set org_id = new.org_id, audience = new.audience, tlp = new.tlp,
    tokens = ts_delete(tokens, array['#m0', '#m1', '#m2', '#m3', '#m4']) || array_to_tsvector(array['#m' || new.tlp])
  where seq = new.seq;
  return null;
end $$;
create trigger stix_entry_follows after update of org_id, tlp, audience on stix_object for each row
  when (old.tlp <> new.tlp or old.org_id <> new.org_id or old.audience <> new.audience)
  execute function lianfang_entry_follows();

-- The entries that a query finds, newest first, at most `most`, of each object only the last version that the scope
-- sees. The operator of the index is not leakproof, so under row-level security no index would be used: this function
-- reads as the owner and says the rule of lianfang_protect itself, by the same settings of the same scope.
-- `wanted` null = all. Parts of the index are taken from the newest backwards and the search ends with the last row
-- wanted, so that a word of a million objects costs no more than a rare one.
create function lianfang_find(wanted tsquery, strong tsquery, whole tsquery, upto bigint, most integer,
  created_from bigint default null, created_to bigint default null, least_confidence smallint default null)
returns table (seq bigint, org_id uuid, tlp smallint, audience uuid[], type text, version_at bigint,
  created_at bigint, strength smallint)
language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  width constant integer := 16384;
  highest bigint := least(upto, coalesce((select max(e.seq) from stix_entry e), 0)) / width;
  lowest bigint;
  many integer := 1;
  remaining integer := most;
  got integer;
  parts text;
begin
  while highest >= 0 and remaining > 0 loop
    lowest := greatest(0, highest - many + 1);
    select string_agg('''#p' || p || '''', ' | ') into parts from generate_series(lowest, highest) as p;
    return query
      select e.seq, e.org_id, e.tlp, e.audience, e.type, e.version_at, e.created_at,
        (case when whole is not null and e.tokens @@ whole then 2 when strong is not null and e.tokens @@ strong then 1
          else 0 end)::smallint
      from stix_entry e
      where e.tokens @@ (case when wanted is null then parts::tsquery else wanted && parts::tsquery end)
        and e.seq + 0 <= upto
        and e.tlp <= (select lianfang_max_tlp())
        and (e.org_id = any ((select lianfang_org_ids())::uuid[])
          or e.audience && (select lianfang_audiences())::uuid[])
        and (created_from is null or e.created_at >= created_from)
        and (created_to is null or (e.created_at > 0 and e.created_at < created_to))
        and (least_confidence is null or e.confidence >= least_confidence)
        and not exists (
          select 1 from stix_entry l where l.thing = e.thing and l.seq <> e.seq
            and (l.version_at > e.version_at or (l.version_at = e.version_at and l.seq > e.seq))
            and l.tlp <= (select lianfang_max_tlp())
            and (l.org_id = any ((select lianfang_org_ids())::uuid[])
              or l.audience && (select lianfang_audiences())::uuid[]))
      order by e.seq + 0 desc limit remaining;
    get diagnostics got = row_count;
    remaining := remaining - got;
    highest := lowest - 1;
    many := case when got < 100 then least(many * 2, 8) else 1 end;
  end loop;
end $$;
revoke all on function lianfang_find from public;
grant execute on function lianfang_find to lianfang_scope;
