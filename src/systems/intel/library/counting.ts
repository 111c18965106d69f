import type { Work } from "../../../platform/records/work.ts";
import { NEWEST } from "./matching.ts";
import type { LibraryFilter } from "./model.ts";
import { SearchStore } from "./search-store.ts";
import type { Judges } from "./worth-store.ts";

/** How much one count may take: of time, and of scores that must be worked out one by one. */
export interface CountBounds {
  readonly millis: number;
  readonly scores: number;
}
const BOUNDS: CountBounds = { millis: 5000, scores: 10_000 };
/** Numbers of the first unit of work; more of the next where that was quick, fewer where it was not. */
const WIDTH = 16_384;
const WANTED_MILLIS = 300;

/**
 * How many things match, in units of work that let others get between; `more` where it was stopped and older objects were
 * not counted. What comes or goes meanwhile is counted or not, as it was when its part was.
 */
export async function countAll(
  within: <Answer>(run: (work: Work) => Promise<Answer>) => Promise<Answer>,
  filter: LibraryFilter,
  judges: Judges,
  { begins, bounds = BOUNDS }: { readonly begins: boolean; readonly bounds?: CountBounds },
): Promise<{ readonly total: number; readonly more: boolean }> {
  const until = performance.now() + bounds.millis;
  let [total, workedOut, upto, width] = [0, 0, NEWEST, WIDTH];
  for (;;) {
    const began = performance.now();
    const part = await within((work) =>
      new SearchStore(work).countSome(filter, judges, { begins, upto, width }),
    );
    total += part.count;
    workedOut += part.workedOut;
    upto = part.upto;
    if (upto <= 0) return { total, more: false };
    if (performance.now() > until || workedOut >= bounds.scores) return { total, more: true };
    width = performance.now() - began < WANTED_MILLIS ? 2 * width : Math.max(1024, Math.floor(width / 2));
  }
}
