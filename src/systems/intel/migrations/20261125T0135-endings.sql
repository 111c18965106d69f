-- What ends before or after its own `valid_until` (mission I10): by a person's word, or since its score has decayed to the
-- configured floor. Nothing is deleted; `stix_entry.ends_at` is the end that counts, and a new version of the same
-- object bears the person's word, too.
create table stix_ending (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  thing bigint not null,
  object_id text not null,
  -- `by-hand` holds for every version that the organisation keeps, `decayed` for the one of this number.
  why text not null check (why in ('by-hand', 'decayed')),
  seq bigint,
  reason text not null,
  by_name text not null,
  at timestamptz not null,
  resumed_at timestamptz,
  resumed_by_name text,
  check ((why = 'decayed') = (seq is not null))
);
create unique index stix_ending_standing on stix_ending (thing, org_id, why) where resumed_at is null;
select lianfang_protect('stix_ending');

-- When the score of a version is looked at next; filled only where a floor is configured.
create table stix_fading (
  seq bigint primary key references stix_object (seq) on delete cascade,
  look_at bigint not null
);
create index stix_fading_due on stix_fading (look_at);
grant select, insert, update, delete on stix_fading to lianfang_scope;

-- How far the job has come.
create table stix_expiry (
  singleton boolean primary key default true check (singleton),
  looked_at bigint not null,
  walked_to bigint not null,
  floor smallint not null
);
insert into stix_expiry values (true, 0, 0, 0);
grant select, update on stix_expiry to lianfang_scope;
create index stix_entry_ends on stix_entry (ends_at) where ends_at is not null;
