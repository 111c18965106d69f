import type { Instant } from "../../../core/instant.ts";
import { millis } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import { type Tlp, tlpRank } from "../../../core/tlp.ts";
import type { MatchedEvent } from "../alerts/index.ts";
import type { IndicatorImage } from "./image.ts";
import { type KnownImage, KnownValues } from "./known.ts";
import { worse } from "./level.ts";
import { type Fields, type IndicatorHit, IndicatorMatcher } from "./match.ts";
import { USES } from "./use.ts";

/** Everything a thread needs to meet records with indicators; handed on without copying its arrays. */
export interface IndicatorSet {
  readonly image: IndicatorImage;
  /** For each organisation a byte for each group of the image, as `usesOf` gives it. */
  readonly uses: ReadonlyMap<OrgId, Uint8Array>;
  readonly known: KnownImage | undefined;
}

/** What was met and raised nothing, since a warninglist knows it: name of the list -> how often. */
export type KnownCounts = Readonly<Record<string, number>>;

/** Sights of one indicator at one organisation within this join one alert. */
const JOIN_WITHIN = 24 * 3_600_000;
const NOTHING_MET: readonly MatchedEvent[] = [];
const KEPT = USES.indexOf("kept");

/** Indicators on the way of a thread. */
export class IndicatorPass {
  readonly #matcher: IndicatorMatcher;
  readonly #uses: IndicatorSet["uses"];
  readonly #groups: ReadonlyMap<IndicatorImage["groups"][number], number>;
  readonly #known: KnownValues | undefined;
  #counts: Record<string, number> = {};

  constructor({ image, uses, known }: IndicatorSet) {
    this.#matcher = new IndicatorMatcher(image);
    this.#uses = uses;
    this.#groups = new Map(image.groups.map((group, at) => [group, at]));
    this.#known = known === undefined ? undefined : new KnownValues(known);
  }

  /**
   * The alerts that a record gives: one for each value of an indicator and each who hears of it. `time` is `at` in
   * milliseconds.
   */
  meet(
    from: { readonly orgId: OrgId; readonly tlp: Tlp; readonly eventId: string },
    record: Fields,
    at: Instant,
    time = millis(at),
  ): readonly MatchedEvent[] {
    const uses = this.#uses.get(from.orgId);
    if (uses === undefined) return NOTHING_MET;
    const hits = this.#matcher.match(record, time / 1000, uses);
    if (hits.length === 0) return NOTHING_MET;
    const of = { ...from, at, record };
    const together = new Map<string, MatchedEvent>();
    for (const hit of hits) {
      const list = this.#known?.listOf(hit);
      if (list !== undefined) {
        this.#counts[list] = (this.#counts[list] ?? 0) + 1;
        continue;
      }
      const kept = uses[this.#groups.get(hit.group) ?? 0] === KEPT;
      const tlp = tlpRank(hit.group.tlp) > tlpRank(of.tlp) ? hit.group.tlp : of.tlp;
      const orgId = kept ? hit.group.orgId : of.orgId;
      const ruleId = [
        kept ? "indicator-kept" : "indicator",
        ...(tlp === of.tlp ? [] : [tlp]),
        hit.kind,
        hit.indicator,
      ].join(":");
      const key = `${orgId} ${ruleId}`;
      together.set(
        key,
        joined(together.get(key), { ...of, orgId, tlp }, ruleId, hit, kept ? of.orgId : undefined),
      );
    }
    return [...together.values()];
  }

  /** How often each warninglist spoke since the last call. */
  takeKnown(): KnownCounts {
    const counts = this.#counts;
    this.#counts = {};
    return counts;
  }
}

/** The match with one more source of the same value. */
function joined(
  before: MatchedEvent | undefined,
  of: Omit<MatchedEvent, "match">,
  ruleId: string,
  hit: IndicatorHit,
  memberId: OrgId | undefined,
): MatchedEvent {
  const { orgId, tlp, eventId, at, record } = of;
  const level = before === undefined ? hit.group.level : worse(before.match.level, hit.group.level);
  const why = [
    ...(before?.match.why ?? [
      { field: hit.field, value: hit.value },
      ...(memberId === undefined ? [] : [{ field: "organization.id", value: memberId }]),
    ]),
    { field: "threat.indicator.name", value: hit.name === "" ? hit.indicator : hit.name },
    ...(hit.id === "" ? [] : [{ field: "threat.indicator.id", value: hit.id }]),
    { field: "threat.indicator.provider", value: hit.group.source },
  ];
  return {
    orgId,
    ...(tlp === undefined ? {} : { tlp }),
    eventId,
    at,
    record: memberId === undefined ? record : { "organization.id": memberId, ...record },
    match: {
      ruleId: ruleId.slice(0, 500),
      title: `Known indicator: ${hit.indicator}`,
      titleZh: `已知入侵指標：${hit.indicator}`,
      level,
      tags: ["lianfang.indicator"],
      why,
      entity: `${hit.kind} ${hit.indicator}`.slice(0, 500),
      joinWithin: JOIN_WITHIN,
    },
  };
}
