-- Lines that were stored without the part beyond the longest line allowed, which counted as refused until now; and the
-- zone in which a source's times are read.
alter table ingest_source
  add column cut bigint not null default 0,
  add column time_zone text not null default 'Asia/Taipei';
update ingest_source set last_error = null, last_error_code = null, last_error_at = null
  where last_error_code = 'ingest.cut';
