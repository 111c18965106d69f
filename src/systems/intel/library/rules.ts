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
  /** The best reliability among the sources, A to F (Admiralty scale, AJP-2.1); null of what this node itself released. */
  readonly reliability: string | null;
  /** Independent sources that told it. */
  readonly sources: number;
  /** When it was last seen to be so: created, valid from, the last positive sighting. Milliseconds. */
  readonly freshAt: number;
  /** How often it was seen, in how many reports, and in how many it was looked for and not seen. */
  readonly sightings: { readonly positive: number; readonly reports: number; readonly negative: number };
  /** Opinions that disagree with it. */
  readonly disagreed: number;
  readonly warninglists: readonly string[];
  readonly revoked: boolean;
  /** Its producer recommends it no more. */
  readonly deprecated: boolean;
  /** Milliseconds; absent where the object names no end. */
  readonly validUntil: number | null;
  /** Absent for what does not lose worth, as techniques and actors. */
  readonly decay: Decay | null;
  readonly now: number;
}

/** Where a score begins by the best source alone (STIX 2.1 appendix A), and what it cannot exceed because of it. */
const RELIABILITY: Readonly<Record<string, number>> = { A: 90, B: 70, C: 50, D: 30, E: 10, F: 50 };
const MOST_BY_RELIABILITY: Readonly<Record<string, number>> = { A: 100, B: 90, C: 75, D: 45, E: 20, F: 55 };
/** What it cannot exceed because of the information itself, by its credibility 1 to 6. */
const MOST_BY_CREDIBILITY: Readonly<Record<number, number>> = { 1: 100, 2: 90, 3: 70, 4: 45, 5: 20, 6: 80 };
const UNKNOWN = 50;
/** Sources that nobody can have confirmed each other by chance. */
const CONFIRMED_BY = 3;
const DAY = 86_400_000;

/**
 * How credible the information is, whoever told it (AJP-2.1): 1 confirmed by other sources, 2 probably and 3 possibly
 * true, 4 doubtful, 5 improbable, 6 cannot be judged. By the creator's confidence on the scale of STIX 2.1 appendix A, one
 * better where two independent sources say the same, and 1 where three do; opinions that disagree make it doubtful. That it
 * was seen here says that it is there, not that it is evil, and so nothing of this.
 */
export function credibilityOf({
  confidence,
  sources,
  disagreed,
}: Pick<ScoreInput, "confidence" | "sources" | "disagreed">): 1 | 2 | 3 | 4 | 5 | 6 {
  if (disagreed > sources) return 5;
  if (disagreed > 0) return 4;
  if (sources >= CONFIRMED_BY) return 1;
  const better = sources > 1;
  if (confidence === null || confidence === 0) return better ? 2 : 6;
  if (confidence >= 80) return 1;
  if (confidence >= 60) return better ? 1 : 2;
  if (confidence >= 40) return better ? 2 : 3;
  if (confidence >= 20) return better ? 3 : 4;
  return better ? 4 : 5;
}

/**
 * 0 to 100: what an object is worth acting on now, and why. The base is its confidence, else its best source's
 * reliability; independent sources and sightings raise it, but never above what the Admiralty code makes of its best
 * source (A to F) and of the information (1 to 6); time lowers it by the polynomial model of MISP,
 * score = base x (1 - (t / lifetime)^(1 / speed)) (Mokaddem, Wagener, Dulaunoy, Iklody: Taxonomy driven indicator
 * scoring in MISP threat intelligence platforms, 2018); warninglists, disagreement, expiry and revocation cut it.
 */
export function scoreOf(input: ScoreInput): Score {
  const base = baseOf(input);
  const parts = [...base.parts];
  let { value } = base;
  const add = (reason: ScorePart["reason"], points: number, facts: ScorePart["facts"] = {}) => {
    parts.push({ reason, points: rounded(points), facts });
    value += points;
  };
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
  if (input.deprecated) add("deprecated", -value);
  if (input.revoked) add("revoked", -value);
  return { value: Math.max(0, Math.min(100, Math.round(value))), parts };
}

/**
 * What a score begins with, a whole number: all of it that no time, opinion or warninglist takes from. What takes from it
 * is said a second time by `lianfang_score` in SQL, for filters, and a test holds both against each other.
 */
export function baseOf(
  input: Pick<ScoreInput, "confidence" | "reliability" | "sources" | "sightings" | "disagreed">,
): { readonly value: number; readonly parts: readonly ScorePart[] } {
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
  const { positive, reports, negative } = input.sightings;
  if (reports > 0)
    add("sighted", Math.max(0, Math.min(100 - value, 5 * Math.min(reports, 4))), {
      positive,
      reports,
      negative,
    });
  const credibility = credibilityOf(input);
  const most = Math.min(
    input.reliability === null ? 100 : (MOST_BY_RELIABILITY[input.reliability] ?? 0),
    MOST_BY_CREDIBILITY[credibility] ?? 0,
  );
  if (value > most) add("capped", most - value, { reliability: input.reliability ?? "–", credibility, most });
  return { value, parts };
}

/** The share that is left after so many days, 1 to 0. */
export function keptAfter(days: number, { lifetime, speed }: Decay): number {
  if (days <= 0) return 1;
  return days >= lifetime ? 0 : 1 - (days / lifetime) ** (1 / speed);
}

function rounded(points: number): number {
  return Math.round(points * 10) / 10;
}

/** What is nothing to act on has no score. */
export const WORTHLESS: ReadonlySet<string> = new Set([
  "relationship",
  "sighting",
  "note",
  "opinion",
  "marking-definition",
  "extension-definition",
  "language-content",
  "identity",
  "location",
  "observed-data",
]);
