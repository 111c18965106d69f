import type { Tree } from "./tree.ts";

/**
 * What begins at a line of a document: `detection.selection.CommandLine|re`, `tags[2]`. Where several things stand in one
 * line, what holds them all; empty where nothing begins there.
 */
export function pathAt(tree: Tree, line: number): string {
  const found: string[][] = [];
  const walk = (at: Tree, path: readonly string[], keyLine: number): void => {
    if (at.kind === "map") {
      for (const { key, line: own, value } of at.entries) {
        if (own > line) return;
        const below = [...path, path.length === 0 ? key : `.${key}`];
        if (own === line) found.push(below);
        walk(value, below, own);
      }
    } else if (at.kind === "list") {
      for (const [number, item] of at.items.entries()) {
        if (item.line > line) return;
        const below = [...path, `[${number + 1}]`];
        if (item.line === line && item.line !== keyLine) found.push(below);
        walk(item, below, item.line);
      }
    }
  };
  walk(tree, [], 0);
  let common = found.at(-1) ?? [];
  for (const path of found) {
    // What holds another is told by it already.
    if (path.every((step, at) => common[at] === step)) continue;
    const apart = common.findIndex((step, at) => path[at] !== step);
    if (apart >= 0) common = common.slice(0, apart);
  }
  return common.join("");
}
