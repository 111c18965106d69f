import { type Issue, Issues } from "../sigma/issue.ts";
import { loadRules, type RuleFolder } from "../sigma/load.ts";
import type { SigmaRule } from "../sigma/rule.ts";
import { type FaultyRules, type LinkedCorrelations, linkCorrelations, NONE_FAULTY } from "./link.ts";
import { type CorrelationRule, readCorrelation } from "./rule.ts";

/** Reads the correlation rules of a folder of Sigma rules and ties them to its rules. Faults are told with their places. */
export function loadCorrelations(folder: string): {
  rules: readonly SigmaRule[];
  linked: LinkedCorrelations;
  issues: Issue[];
} {
  const loaded = loadRules(folder);
  const { correlations, faulty, issues } = readCorrelations(loaded);
  const { linked, issues: loose } = linkCorrelations(correlations, loaded.rules, faulty);
  return { rules: loaded.rules, linked, issues: [...loaded.issues, ...issues, ...loose] };
}

/** The correlation rules among what a folder holds. */
export interface ReadCorrelations {
  readonly correlations: CorrelationRule[];
  /** What is left out for its faults. */
  readonly faulty: FaultyRules;
  readonly issues: Issue[];
}

export function readCorrelations(
  loaded: Pick<RuleFolder, "rules" | "faulty" | "correlations">,
): ReadCorrelations {
  const issues: Issue[] = [];
  const ids = new Set([...loaded.rules, ...loaded.faulty].map(({ id }) => id));
  const correlations: CorrelationRule[] = [];
  const unsound: CorrelationRule[] = [];
  for (const { tree, file } of loaded.correlations) {
    const own = new Issues(file);
    const rule = readCorrelation(tree, file, own);
    if (rule !== undefined && ids.has(rule.id)) own.add(rule.line, "id-twice", { id: rule.id }, "id");
    own.settle(tree);
    issues.push(...own.found);
    if (rule === undefined) continue;
    if (own.found.length > 0 || tree.faulty === true) unsound.push(rule);
    else correlations.push(rule);
    ids.add(rule.id);
  }
  return { correlations, faulty: { rules: loaded.faulty, correlations: unsound }, issues };
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
  faulty: FaultyRules = NONE_FAULTY,
): { set: CorrelationSet; issues: Issue[] } {
  const reaching = (far: boolean) => {
    const those = (of: readonly CorrelationRule[]) => of.filter(({ across }) => across === far);
    return linkCorrelations(those(correlations), rules, {
      ...faulty,
      correlations: those(faulty.correlations),
    });
  };
  const [own, across] = [reaching(false), reaching(true)];
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
