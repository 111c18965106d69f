import type { Org } from "../model.ts";

/** An organisation at its height in the tree. */
export interface Branch {
  readonly org: Org;
  readonly depth: number;
  readonly below: number;
}

/**
 * The tree as lines from top to bottom, siblings by name. Whoever's parent is out of sight stands at the top;
 * below a folded one nothing is listed. Every organisation stands there once, even if the parents ran in a circle.
 */
export function branchesOf(orgs: readonly Org[], folded: ReadonlySet<string> = new Set()): Branch[] {
  const known = new Set(orgs.map((org) => org.id));
  const below = new Map<string | null, Org[]>();
  for (const org of orgs.toSorted((one, other) => one.name.localeCompare(other.name, "zh-Hant-TW"))) {
    const parent = org.parentId !== null && known.has(org.parentId) ? org.parentId : null;
    below.set(parent, [...(below.get(parent) ?? []), org]);
  }
  const lines: Branch[] = [];
  const seen = new Set<string>();
  const walk = (org: Org, depth: number): void => {
    if (seen.has(org.id)) return;
    seen.add(org.id);
    const children = below.get(org.id) ?? [];
    lines.push({ org, depth, below: children.length });
    if (!folded.has(org.id)) for (const child of children) walk(child, depth + 1);
  };
  for (const root of below.get(null) ?? []) walk(root, 0);
  return lines;
}

/** Organisations whose names hold the words, with everything above them, so that their place is seen. */
export function orgsFound(orgs: readonly Org[], words: string): readonly Org[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return orgs;
  const byId = new Map(orgs.map((org) => [org.id, org]));
  const kept = new Set<string>();
  for (const org of orgs) {
    const text = [org.name, org.nameEn, org.shortName, ...org.aliases].join("\n").toLowerCase();
    if (!text.includes(wanted)) continue;
    for (
      let at: Org | undefined = org;
      at !== undefined && !kept.has(at.id);
      at = at.parentId === null ? undefined : byId.get(at.parentId)
    ) {
      kept.add(at.id);
    }
  }
  return orgs.filter((org) => kept.has(org.id));
}

export const ORGS = "/api/v1/orgs";
