import type { OrgId } from "../../../core/org.ts";
import { sees } from "../../../core/scope.ts";
import { tlpRank } from "../../../core/tlp.ts";
import type { IndicatorGroup } from "./image.ts";

/** An organisation as far as indicators concern it. */
export interface Reader {
  readonly id: OrgId;
  /** The organisations above it in the tree, which watch over it. */
  readonly above: readonly OrgId[];
  /** Whom releases reach it as: itself, its sector, everyone. */
  readonly audiences: readonly string[];
}

/** Not met with the organisation's logs; met, and the alert is the organisation's; met, and it stays with the indicator's owner. */
export const USES = ["none", "told", "kept"] as const;
export type Use = (typeof USES)[number];

/**
 * Whether an indicator is met with an organisation's logs, and who hears of it (mission I7). What the organisation may
 * see by the one rule of visibility raises its own alerts. What belongs to an organisation that watches over it raises
 * alerts there, which never reach it; RED is for the eyes of named people and not for machines of others (TLP 2.0).
 */
export function useOf({ orgId, tlp, audience }: IndicatorGroup, reader: Reader): Use {
  const own = { orgIds: [reader.id], audiences: reader.audiences, maxTlp: tlpRank("red") };
  if (sees(own, { orgId, tlp, audience })) return "told";
  return reader.above.includes(orgId) && tlp !== "red" ? "kept" : "none";
}

/** For each organisation a byte for each group: the place of its use among USES. */
export function usesOf(
  groups: readonly IndicatorGroup[],
  readers: readonly Reader[],
): ReadonlyMap<OrgId, Uint8Array> {
  return new Map(
    readers.map((reader) => [
      reader.id,
      Uint8Array.from(groups, (group) => USES.indexOf(useOf(group, reader))),
    ]),
  );
}
