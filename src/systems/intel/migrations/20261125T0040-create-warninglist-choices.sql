-- What was decided about warninglists (mission I10), beside the files of the folders: lists that are switched off, and
-- lists that a person has taken in. They hold for the whole node and are no one's secret, so the rows have no reader.
create table intel_warninglist (
  -- Of the list's name.
  key text primary key,
  name text not null,
  off boolean not null default false,
  -- Why it was switched off; empty when it is at work.
  reason text not null default '',
  -- The file that was taken in, in MISP's form; null for a list of a folder.
  document text,
  changed_at timestamptz not null,
  changed_by_name text not null
);
grant select, insert, update, delete on intel_warninglist to lianfang_scope;
