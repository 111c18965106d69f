import { type Issue, Issues } from "../sigma/issue.ts";
import { loadRules } from "../sigma/load.ts";
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
  const issues = [...loaded.issues];
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
  const { linked, issues: loose } = linkCorrelations(correlations, loaded.rules);
  return { rules: loaded.rules, linked, issues: [...issues, ...loose] };
}
