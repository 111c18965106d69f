-- `generation` is new whenever a file begins anew; `mark` shows whether its content is still the same.
alter table ingest_position add column generation text not null, add column mark text not null;
