-- The embedded store keeps no statistics of what grows within a run, and read the whole of stix_entry for each batch that
-- came in: whether an object was counted before is asked by the index of its things.
alter function lianfang_tally() set enable_seqscan = off;
alter function lianfang_tally() set enable_hashjoin = off;
alter function lianfang_tally() set enable_mergejoin = off;
