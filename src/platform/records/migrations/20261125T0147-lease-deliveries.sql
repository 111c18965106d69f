-- Which process delivers to a subscriber, and until when it need not be asked again: two would deliver everything twice.
alter table outbox_subscriber add column holder uuid;
alter table outbox_subscriber add column held_until timestamptz;
