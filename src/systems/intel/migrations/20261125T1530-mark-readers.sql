-- Each entry bears the mark of who may read it: its organisation, marking and audience together. A reader who sees little
-- of a large library asks the index for the marks that stix_tally counts for him, and pays for what he sees alone. What
-- they find is looked at under the rule of visibility like everything else. Entries of older programs get theirs from the
-- job that makes entries anew, and until it is done nobody asks by the marks.
create function lianfang_readers_mark(org_id uuid, tlp smallint, audience uuid[]) returns text language sql stable as $$
  select '#w' || substr(md5(org_id::text || ' ' || tlp::text || ' ' || audience::text), 1, 10)
$$;

create or replace function lianfang_entry_follows() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  update stix_entry set org_id = new.org_id, audience = new.audience, tlp = new.tlp,
    tokens = ts_delete(tokens, array['#m0', '#m1', '#m2', '#m3', '#m4',
        lianfang_readers_mark(old.org_id, old.tlp, old.audience)])
      || array_to_tsvector(array['#m' || new.tlp, lianfang_readers_mark(new.org_id, new.tlp, new.audience)])
  where seq = new.seq;
  update stix_judgement set org_id = new.org_id, audience = new.audience, tlp = new.tlp where seq = new.seq;
  return null;
end $$;
