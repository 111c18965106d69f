import { z } from "zod";
import { TLP_LEVELS, type Tlp } from "../../../core/tlp.ts";

export const Tags = z.array(z.object({ name: z.string() })).default([]);
type Tags = z.infer<typeof Tags>;

/** Yes and no as MISP writes them. */
export const Flag = z.union([z.boolean(), z.string(), z.number()]).default(false);

export function isSet(flag: z.infer<typeof Flag>): boolean {
  return flag === true || flag === 1 || flag === "1" || flag === "true";
}

/** The strictest of the tags `tlp:…`; `tlp:white` is the old name of CLEAR. */
export function tlpOf(tags: Tags): Tlp | undefined {
  const named = tags.map((tag) => tag.name.toLowerCase().replace("tlp:white", "tlp:clear"));
  return TLP_LEVELS.findLast((level) => named.includes(`tlp:${level}`));
}

/** Tags of taxonomies; markings and galaxies have objects of their own. */
export function labelsOf(tags: Tags): string[] {
  return [...new Set(tags.map((tag) => tag.name.slice(0, 200)))].filter(
    (name) => name !== "" && !/^(?:tlp|misp-galaxy):/i.test(name),
  );
}
