import { withActions } from "./actions.ts";
import { readFilter, type SigmaFilter } from "./filter.ts";
import { type Issue, Issues } from "./issue.ts";
import type { ParsedFiles } from "./parsed.ts";
import { readRule, type SigmaRule } from "./rule.ts";
import { entryOf, readTrees, type TreeMap } from "./tree.ts";

/** A document that is for others to read, with its file. */
export interface OtherDocument {
  readonly tree: TreeMap;
  readonly file: string;
}

/** What one YAML text holds, document by document; one with a fault hinders no other. */
export interface Documents {
  readonly rules: readonly SigmaRule[];
  /** Detection rules with faults, as far as they can be read: to be looked at for more of them, and not to be used. */
  readonly faulty: readonly SigmaRule[];
  readonly filters: readonly SigmaFilter[];
  readonly correlations: readonly OtherDocument[];
  readonly issues: readonly Issue[];
}

/** Reads detection rules and filters; correlation rules are handed on as they stand. */
export function readDocuments(text: string, file: string, parsed?: ParsedFiles): Documents {
  const rules: SigmaRule[] = [];
  const faulty: SigmaRule[] = [];
  const filters: SigmaFilter[] = [];
  const correlations: OtherDocument[] = [];
  const whole = new Issues(file);
  const read = () => ({ trees: readTrees(text, whole), sound: whole.found.length === 0 });
  const trees = withActions(parsed?.of(text, read) ?? read().trees, whole);
  if (trees.length === 0 && whole.found.length === 0) whole.add(1, "file-empty");
  for (const tree of trees) {
    const own = new Issues(file);
    const has = (name: string) => tree.kind === "map" && entryOf(tree, name) !== undefined;
    const unsound = tree.kind === "map" && tree.faulty === true;
    if (tree.kind === "map" && has("correlation") && !has("detection")) correlations.push({ tree, file });
    else if (tree.kind === "map" && has("filter") && !has("detection")) {
      const filter = readFilter(tree, file, own);
      if (filter !== undefined && !unsound) filters.push(filter);
    } else {
      const rule = readRule(tree, file, own);
      // Only one rule of a file can be called after it.
      const taken = rule?.id === file && rules.some(({ id }) => id === file);
      if (rule !== undefined && (unsound || own.found.length > 0)) faulty.push(rule);
      else if (rule !== undefined) rules.push(taken ? { ...rule, id: `${file}:${rule.line}` } : rule);
    }
    own.settle(tree);
    whole.found.push(...own.found);
  }
  return { rules, faulty, filters, correlations, issues: whole.found };
}
