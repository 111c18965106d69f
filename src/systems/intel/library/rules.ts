import type { Score, ScorePart } from "./model.ts";

/** How fast intelligence of a kind loses its worth (content/taxonomies/decay.yml). */
export interface Decay {
  /** Days until nothing is left. */
  readonly lifetime: number;
  /** Below 1 it is lost late, above 1 early; 1 loses the same each day. */
  readonly speed: number;
}

export interface ScoreInput {
  /** STIX confidence 0 to 100, where the object bears one. */
  readonly confidence: number | null;
  /** The best reliability among the sources, A to F (Admiralty scale, AJP-2.1). */
  readonly reliability: string | null;
  /** Independent sources that told it. */
  readonly sources: number;
  /** When it was last seen to be so: created, valid from, the last positive sighting. Milliseconds. */
  readonly freshAt: number;
  readonly sightings: { readonly positive: number; readonly negative: number };
  /** Opinions that disagree with it. */
  readonly disagreed: number;
  readonly warninglists: readonly string[];
  readonly revoked: boolean;
  /** Milliseconds; absent where the object names no end. */
  readonly validUntil: number | null;
  /** Absent for what does not lose worth, as techniques and actors. */
  readonly decay: Decay | null;
  readonly now: number;
}

/** STIX 2.1 appendix A, "Admiralty Credibility" scale: A as 1 "confirmed", F as "cannot be judged". */
const RELIABILITY: Readonly<Record<string, number>> = { A: 90, B: 70, C: 50, D: 30, E: 10, F: 50 };
const UNKNOWN = 50;
const DAY = 86_400_000;

/**
 * 0 to 100: what an object is worth acting on now, and why. The base is its confidence, else its best source's
 * reliability; independent sources and sightings raise it; time lowers it by the polynomial model of MISP,
 * score = base x (1 - (t / lifetime)^(1 / speed)) (Mokaddem, Wagener, Dulaunoy, Iklody: Taxonomy driven indicator
 * scoring in MISP threat intelligence platforms, 2018); warninglists, disagreement, expiry and revocation cut it.
 */
export function scoreOf(input: ScoreInput): Score {
  const parts: ScorePart[] = [];
  let value = 0;
  const add = (reason: ScorePart["reason"], points: number, facts: ScorePart["facts"] = {}) => {
    parts.push({ reason, points: rounded(points), facts });
    value += points;
  };
  if (input.confidence !== null) add("confidence", input.confidence, { confidence: input.confidence });
  else if (input.reliability !== null)
    add("reliability", RELIABILITY[input.reliability] ?? UNKNOWN, { reliability: input.reliability });
  else add("no-confidence", UNKNOWN);
  if (input.sources > 1) {
    const raised = Math.min(100 - value, 5 * Math.min(input.sources - 1, 4));
    add("sources", Math.max(0, raised), { sources: input.sources });
  }
  const { positive, negative } = input.sightings;
  if (positive > 0)
    add("sighted", Math.max(0, Math.min(100 - value, 5 * Math.min(positive, 4))), { positive, negative });
  if (input.decay !== null) {
    const days = Math.max(0, (input.now - input.freshAt) / DAY);
    const kept = keptAfter(days, input.decay);
    add("decay", value * (kept - 1), { days: Math.floor(days), lifetime: input.decay.lifetime });
  }
  if (input.disagreed > 0)
    add("disagreed", -Math.min(value, 15 * input.disagreed), { count: input.disagreed });
  if (input.warninglists.length > 0)
    add("warninglist", -value * 0.75, { lists: input.warninglists.slice(0, 3).join(", ") });
  if (input.validUntil !== null && input.validUntil <= input.now)
    add("expired", -value, { at: new Date(input.validUntil).toISOString() });
  if (input.revoked) add("revoked", -value);
  return { value: Math.max(0, Math.min(100, Math.round(value))), parts };
}

/** The share that is left after so many days, 1 to 0. */
export function keptAfter(days: number, { lifetime, speed }: Decay): number {
  if (days <= 0) return 1;
  return days >= lifetime ? 0 : 1 - (days / lifetime) ** (1 / speed);
}

function rounded(points: number): number {
  return Math.round(points * 10) / 10;
}
