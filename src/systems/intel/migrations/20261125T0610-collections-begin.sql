-- When a collection began: before that nothing was added to it, which an answer without an object says in its headers
-- (TAXII 2.1 section 3.2).
alter table taxii_collection add column began_at timestamptz not null default now();
update taxii_collection c set began_at = coalesce((select min(o.date_added) - interval '1 microsecond'
  from stix_object o where o.collection_id = c.id), began_at);
alter table taxii_collection alter column began_at drop default;
