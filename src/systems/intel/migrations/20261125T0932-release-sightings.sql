-- How far the job has come that tells recipients how often what was released to them has been seen (mission I1, I10).
create table stix_summary (
  singleton boolean primary key default true check (singleton),
  done_to bigint not null
);
insert into stix_summary values (true, 0);
grant select, update on stix_summary to lianfang_scope;
