-- How long a source may be silent by a person's word, and why its last lines were refused, as a code with words.
alter table ingest_source
  -- Goes before what the configuration says; 0: as long as it likes.
  add column set_minutes integer check (set_minutes >= 0),
  add column last_error_code text;
