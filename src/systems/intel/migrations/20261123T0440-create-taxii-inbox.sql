-- What members push over TAXII (TAXII 2.1 sections 4.3, 5.5 and 5.7).

-- One collection of the node takes what its members send; the others only carry what was released.
alter table taxii_collection add column takes_pushes boolean not null default false;

-- Pushed objects belong to no item. One organisation's object has each version once; two organisations may both
-- have sent it, and either's deletion leaves the other's.
create unique index stix_object_pushed on stix_object (collection_id, org_id, id, version_key) where item_id is null;

-- What became of each push, as its sender may ask for it again.
create table taxii_status (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null default '{}',
  requested_at timestamptz not null,
  document text not null
);
create index taxii_status_age on taxii_status (org_id, requested_at);
select lianfang_protect('taxii_status');

-- A client asks for what came after a time, and for one type of object, without walking over the rest.
create index stix_object_added on stix_object (collection_id, date_added);
create index stix_object_type on stix_object (collection_id, type, seq);
