import type { ParserChoice } from "../parsers/line.ts";
import { Joiner, mayJoin } from "../pipeline/joiner.ts";

/** How often a line is held back for the rest of its event: a second in all where lines go every 250 ms. */
const MOST_HELD = 4;

/** A line that waits to become part of a batch. */
export interface Waiting {
  readonly bytes: Uint8Array;
  /** How often it was held back. */
  held: number;
}

/**
 * Parts what waits into what goes into a batch now and what is held back, because the rest of its event may still come:
 * a batch joins only its own lines. `all`: the bytes of them all, for a quick look.
 */
export function holdBack<Line extends Waiting>(
  lines: readonly Line[],
  all: Uint8Array,
  choice: ParserChoice,
): { readonly now: readonly Line[]; readonly later: readonly Line[] } {
  if (!mayJoin(all, choice)) return { now: lines, later: [] };
  const joiner = new Joiner(choice);
  const groups = lines.map(({ bytes }) =>
    joiner.take(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  );
  const unfinished = new Set(joiner.unfinished());
  // The oldest line of an event says how long it may wait.
  const waited = new Set<unknown>();
  lines.forEach(({ held }, at) => {
    if (held >= MOST_HELD) waited.add(groups[at]);
  });
  const now: Line[] = [];
  const later: Line[] = [];
  lines.forEach((line, at) => {
    const group = groups[at];
    const waits = group !== undefined && unfinished.has(group) && !waited.has(group);
    if (waits) line.held++;
    (waits ? later : now).push(line);
  });
  return { now, later };
}
