import type { Cause, Refusal } from "../reasons/model.ts";

const LONGEST = 1000;

/** What the stores take: no NUL, no lone surrogate, no great length. */
function plain(text: string): string {
  return text.slice(0, LONGEST).toWellFormed().replaceAll("\0", "");
}

export function plainCause({ why, facts, message }: Cause): Cause {
  const kept = Object.entries(facts).map(([name, fact]) => [
    name,
    typeof fact === "string" ? plain(fact) : fact,
  ]);
  return { why, facts: Object.fromEntries(kept), message: plain(message) };
}

export function plainRefusals(refusals: readonly Refusal[]): Refusal[] {
  return refusals.map((each) => ({ path: plain(each.path), rule: each.rule, ...plainCause(each) }));
}
