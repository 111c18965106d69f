-- The header of the log (W3C extended, Zeek) in force at the position; empty: there is none, null: nobody looked yet.
alter table ingest_position add column header text;
