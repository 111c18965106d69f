import type { LibraryFilter } from "./model.ts";

/** What only says something of other objects, which a list shows when it is asked to. */
const TIES: readonly string[] = ["relationship", "sighting"];

/** What tells of no threat by itself: who and where somebody is, what may be shared, remarks, remedies, and how frameworks are made up. */
const BACKGROUND: readonly string[] = [
  "identity",
  "location",
  "marking-definition",
  "extension-definition",
  "language-content",
  "note",
  "opinion",
  "course-of-action",
  "x-misp-taxonomy",
  "x-mitre-analytic",
  "x-mitre-asset",
  "x-mitre-collection",
  "x-mitre-matrix",
  "x-mitre-data-source",
  "x-mitre-data-component",
  "x-mitre-detection-strategy",
  "x-mitre-tactic",
];

/** Types that a list leaves out because nothing names them. */
export function leftOut(filter: LibraryFilter): readonly string[] {
  if (filter.type !== undefined) return [];
  return [...(filter.relations === "yes" ? [] : TIES), ...aside(filter)];
}

function aside({ background, q, type, label, tag, phase, source }: LibraryFilter): readonly string[] {
  const named = [q, type, label, tag, phase, source].some((value) => value !== undefined && value !== "");
  return background === "yes" || named ? [] : BACKGROUND;
}

/** Whether nothing tells what is wanted but the types that are left out. */
export function asksByType({
  q,
  type,
  label,
  tag,
  phase,
  source,
  conflicting,
  ...others
}: LibraryFilter): boolean {
  const named = [q, type, label, tag, phase, source, conflicting];
  return named.every((value) => value === undefined || value === "") && leftOut(others).length > 0;
}
