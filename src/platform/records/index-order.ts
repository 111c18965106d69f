import { sql } from "kysely";
import type { Work } from "./work.ts";

/**
 * Until the commit, rows come in the order of an index and no more of them are read than a page needs. Left to itself
 * the planner, which guesses that row-level security leaves a row or two, reads and sorts all that is left of a table:
 * a walk over it by pages then costs its square.
 */
export async function readInIndexOrder(work: Work): Promise<void> {
  await without(work, ["sort", "bitmapscan", ...WHOLE_TABLES]);
}

/**
 * Until the commit, what few rows name in other tables is looked up there by index, one by one, where the planner, which
 * knows nothing of how many a function answers, would read those tables whole.
 */
export async function joinByIndex(work: Work): Promise<void> {
  await without(work, WHOLE_TABLES);
}

/** Ways of the planner that read tables whole. */
const WHOLE_TABLES = ["seqscan", "hashjoin", "mergejoin"];

/** A way that is ruled out counts as dear beyond measure, for which a server would compile each plan: longer than it runs. */
async function without(work: Work, ways: readonly string[]): Promise<void> {
  await sql`select set_config('jit', 'off', true), set_config('enable_' || way, 'off', true)
    from unnest(${[...ways]}::text[]) as way`.execute(work.tables());
}
