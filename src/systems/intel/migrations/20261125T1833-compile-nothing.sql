-- A way of the planner that is ruled out counts as dear beyond measure, for which a server compiles the plan: a hundred
-- milliseconds and more, where the function takes one.
alter function lianfang_group(bigint[], integer) set jit = off;
alter function lianfang_mark_conflicts(bigint[]) set jit = off;
alter function lianfang_tally() set jit = off;
alter function lianfang_unweigh(bigint[], bigint[], boolean) set jit = off;
alter function lianfang_origin_weighs() set jit = off;
