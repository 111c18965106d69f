import { sql } from "kysely";
import type { Work } from "./work.ts";

/**
 * Until the commit, rows come in the order of an index and no more of them are read than a page needs. Left to itself
 * the planner, which guesses that row-level security leaves a row or two, reads and sorts all that is left of a table:
 * a walk over it by pages then costs its square.
 */
export async function readInIndexOrder(work: Work): Promise<void> {
  const off = ["enable_sort", "enable_bitmapscan", "enable_seqscan", "enable_hashjoin", "enable_mergejoin"];
  await sql`select set_config(name, 'off', true) from unnest(${off}::text[]) as name`.execute(work.tables());
}

/**
 * Until the commit, what few rows name in other tables is looked up there by index, one by one, where the planner, which
 * knows nothing of how many a function answers, would read those tables whole.
 */
export async function joinByIndex(work: Work): Promise<void> {
  const off = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"];
  await sql`select set_config(name, 'off', true) from unnest(${off}::text[]) as name`.execute(work.tables());
}
