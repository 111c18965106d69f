import { z } from "zod";

/** Traffic Light Protocol 2.0 (FIRST, 2022), from open to closed. */
export const TLP_LEVELS = ["clear", "green", "amber", "amber+strict", "red"] as const;
export const Tlp = z.enum(TLP_LEVELS);
export type Tlp = z.infer<typeof Tlp>;

/** 0 (clear) to 4 (red); what the stores keep and compare. */
export function tlpRank(tlp: Tlp): number {
  return TLP_LEVELS.indexOf(tlp);
}

export function tlpOfRank(rank: number): Tlp {
  const tlp = TLP_LEVELS[rank];
  if (tlp === undefined) throw new RangeError(`no TLP level has rank ${rank}`);
  return tlp;
}

/** `TLP:AMBER+STRICT`, the label the standard wants on paper and screen. */
export function tlpLabel(tlp: Tlp): string {
  return `TLP:${tlp.toUpperCase()}`;
}
