-- Deletions travel, too (mission I1, I11): what a producer deleted is withdrawn here and kept; what is deleted here is
-- told to those who got it.

-- Nobody tells the object any more: it counts as revoked, and its document stays.
alter table stix_object add column withdrawn_at timestamptz;
alter table stix_origin add column gone_at timestamptz;

create function lianfang_entry_revoked() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  update stix_entry set tokens = case when new.revoked then tokens || array_to_tsvector(array['#x'])
    else ts_delete(tokens, '#x') end
  where seq = new.seq;
  return null;
end $$;
create trigger stix_entry_revoked after update of revoked on stix_object for each row
  when (old.revoked <> new.revoked) execute function lianfang_entry_revoked();

-- What is no longer in a collection, or no longer told by a source; numbered in the order of commit, under the lock of
-- stix_ledger.
create table stix_gone (
  gone bigint generated always as identity primary key,
  collection_id uuid references taxii_collection (id),
  source_id uuid references intel_source (id),
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  id text not null,
  version text not null,
  version_key text collate "C" not null,
  at timestamptz not null,
  check (num_nonnulls(collection_id, source_id) = 1)
);
create index stix_gone_collection on stix_gone (collection_id, gone) where collection_id is not null;
create index stix_gone_source on stix_gone (source_id, gone) where source_id is not null;
select lianfang_protect('stix_gone');

-- What a peer took from a line, so that it can be told when it is gone. The key is empty for what has no version.
create table intel_peer_sent (
  line_id uuid not null references intel_peer_line (id) on delete cascade,
  peer_id uuid not null references intel_peer (id) on delete cascade,
  id text not null,
  version_key text collate "C" not null,
  version text not null,
  sent_at timestamptz not null,
  deleted_at timestamptz,
  primary key (line_id, id, version_key)
);
select lianfang_protect_child('intel_peer_sent', 'intel_peer', 'peer_id');

alter table intel_peer add column deletions_checked_at timestamptz;

-- A delivery by push is to an organisation or, where the peer stands for none here, to the peer itself (mission I8);
-- org_id is then the node's own, which keeps the row.
alter table intel_delivery add column recipient_id uuid;
alter table intel_delivery add column recipient text;
update intel_delivery set recipient_id = org_id;
alter table intel_delivery alter column recipient_id set not null;
alter table intel_delivery drop constraint intel_delivery_pkey;
alter table intel_delivery add primary key (item_id, revision, recipient_id);
