import type { Issues } from "./issue.ts";
import { entryOf, type Tree, type TreeEntry, type TreeMap, textOf } from "./tree.ts";

/**
 * Documents of one text after the legacy `action` (Sigma before version 2): `global` is put under each document that
 * follows, `reset` ends that, `repeat` is the document before with this one over it.
 */
export function withActions(trees: readonly Tree[], issues: Issues): Tree[] {
  const documents: Tree[] = [];
  let global: TreeMap | undefined;
  let before: TreeMap | undefined;
  for (const tree of trees) {
    const entry = tree.kind === "map" ? entryOf(tree, "action") : undefined;
    if (tree.kind !== "map" || entry === undefined) {
      const whole = tree.kind === "map" && global !== undefined ? over(global, tree) : tree;
      if (whole.kind === "map") before = whole;
      documents.push(whole);
      continue;
    }
    const own: TreeMap = { ...tree, entries: tree.entries.filter(({ key }) => key !== "action") };
    const action = textOf(entry.value)?.toLowerCase();
    if (action === "global") global = global === undefined ? own : over(global, own);
    else if (action === "reset") global = undefined;
    else if (action !== "repeat") issues.add(entry.line, "action-unknown", {}, "action");
    else if (before === undefined) issues.add(entry.line, "action-repeat", {}, "action");
    else {
      before = over(before, own);
      documents.push(before);
    }
  }
  if (global !== undefined && documents.length === 0) issues.add(global.line, "action-global", {}, "action");
  return documents;
}

/** Both maps as one: the second's entries win, maps within are merged alike; lines are the second's. */
function over(under: TreeMap, upper: TreeMap): TreeMap {
  const entries = new Map<string, TreeEntry>(under.entries.map((entry) => [entry.key, entry]));
  for (const entry of upper.entries) {
    const lower = entries.get(entry.key)?.value;
    const merged = lower?.kind === "map" && entry.value.kind === "map";
    entries.set(entry.key, merged ? { ...entry, value: over(lower, entry.value as TreeMap) } : entry);
  }
  const faulty = under.faulty === true || upper.faulty === true;
  return { kind: "map", line: upper.line, entries: [...entries.values()], ...(faulty && { faulty }) };
}
