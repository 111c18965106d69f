-- Who fetched from a collection, when and how far (mission I1): one row for each key and collection.
create table taxii_fetch (
  collection_id uuid not null references taxii_collection (id),
  actor_id text not null,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  actor_name text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  objects bigint not null,
  -- When the newest object that was fetched had been added.
  reached_at timestamptz,
  -- Whether the last answer had nothing after it.
  complete boolean not null,
  primary key (collection_id, actor_id)
);
select lianfang_protect('taxii_fetch');
