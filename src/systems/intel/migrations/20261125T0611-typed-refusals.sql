-- What was refused stands in the preview, too: [{path, rule, why, facts, message}], and how many more reasons there are.
alter table intel_import_entry add column refusals jsonb;
alter table intel_import_entry add column more_reasons integer not null default 0;
-- Why an import failed, and a feed's last run: {why, facts, message}, for words in either language.
alter table intel_import add column failure jsonb;
alter table intel_feed add column last_failure jsonb;
-- Whether the same file came in before.
create index intel_import_blob on intel_import (blob_sha256) where state = 'stored';
