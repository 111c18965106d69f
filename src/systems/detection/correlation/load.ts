import { type Issue, Issues } from "../sigma/issue.ts";
import { loadRules, type RuleFolder } from "../sigma/load.ts";
import type { SigmaRule } from "../sigma/rule.ts";
import { type LinkedCorrelations, linkCorrelations } from "./link.ts";
import { type CorrelationRule, readCorrelation } from "./rule.ts";

/** Reads the correlation rules of a folder of Sigma rules and ties them to its rules. Faults are told with their places. */
export function loadCorrelations(folder: string): {
  rules: readonly SigmaRule[];
  linked: LinkedCorrelations;
  issues: Issue[];
} {
  const loaded = loadRules(folder);
  const { correlations, issues } = readCorrelations(loaded);
  const { linked, issues: loose } = linkCorrelations(correlations, loaded.rules);
  return { rules: loaded.rules, linked, issues: [...loaded.issues, ...issues, ...loose] };
}

/** The correlation rules among what a folder holds. */
export function readCorrelations(loaded: RuleFolder): { correlations: CorrelationRule[]; issues: Issue[] } {
  const issues: Issue[] = [];
  const ids = new Set(loaded.rules.map(({ id }) => id));
  const correlations: CorrelationRule[] = [];
  for (const { tree, file } of loaded.correlations) {
    const own = new Issues(file);
    const rule = readCorrelation(tree, file, own);
    issues.push(...own.found);
    if (rule === undefined) continue;
    if (ids.has(rule.id))
      issues.push({ file, line: rule.line, message: `the id ${rule.id} is taken already` });
    else correlations.push(rule);
    ids.add(rule.id);
  }
  return { correlations, issues };
}

/** Correlation rules by their reach, with what it takes to feed them; plain data, so that a thread can hand it on. */
export interface CorrelationSet {
  /** Kept apart for each organisation. */
  readonly own: LinkedCorrelations;
  /** Over all organisations together. */
  readonly across: LinkedCorrelations;
  /** Ids of rules that raise no alert of their own. */
  readonly silent: ReadonlySet<string>;
  /** Id of a rule -> its field -> names under which that stands in records. */
  readonly names: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
}

/** Sorts correlation rules by their reach. A rule may look at another of the same reach only. */
export function correlationSet(
  correlations: readonly CorrelationRule[],
  rules: readonly SigmaRule[],
  namesOf: (ruleId: string, field: string) => readonly string[],
): { set: CorrelationSet; issues: Issue[] } {
  const own = linkCorrelations(
    correlations.filter(({ across }) => !across),
    rules,
  );
  const across = linkCorrelations(
    correlations.filter(({ across }) => across),
    rules,
  );
  const { silent } = linkCorrelations(correlations, rules).linked;
  const names = new Map<string, Map<string, readonly string[]>>();
  for (const [id, inputs] of [...own.linked.inputs, ...across.linked.inputs]) {
    const fields = names.get(id) ?? new Map<string, readonly string[]>();
    for (const field of inputs.flatMap(({ groupBy, fields: counted }) => [...groupBy, ...counted]))
      fields.set(field, namesOf(id, field));
    names.set(id, fields);
  }
  return {
    set: { own: own.linked, across: across.linked, silent, names },
    issues: [...own.issues, ...across.issues],
  };
}
