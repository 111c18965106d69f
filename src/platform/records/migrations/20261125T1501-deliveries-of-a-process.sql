-- Where every process gets each event, every process has a row: one row for all lost the events of whoever came later
-- or was slower, and dropped them from the outbox.
alter table outbox_subscriber add column everywhere boolean not null default false;
delete from outbox_subscriber
  where name in ('intel.warninglists', 'detection.indicators', 'detection.warninglists');
