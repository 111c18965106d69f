import { type Issue, issueOf } from "../sigma/issue.ts";
import { rulePlace } from "../sigma/rule.ts";
import type { CorrelationRule } from "./rule.ts";

/** What a correlation can look at: a detection rule or another correlation. */
export interface NamedRule {
  readonly id: string;
  readonly name?: string | undefined;
}

/** One way from a rule's matches into a correlation. */
export interface Input {
  readonly rule: CorrelationRule;
  /** Which of the correlation's `rules` it is. */
  readonly position: number;
  /** The source's names of the fields in the correlation's `group-by`. */
  readonly groupBy: readonly string[];
  /** The same of the fields that are counted. */
  readonly fields: readonly string[];
}

/** Correlations that are tied to the rules they look at. */
export interface LinkedCorrelations {
  /** Each after those it looks at. */
  readonly rules: readonly CorrelationRule[];
  /** Id of the source rule -> where its matches go. */
  readonly inputs: ReadonlyMap<string, readonly Input[]>;
  /** Ids of rules that raise no alert of their own, since only correlations without `generate` look at them. */
  readonly silent: ReadonlySet<string>;
}

/** Rules that are left out for faults of their own. */
export interface FaultyRules {
  readonly rules: readonly NamedRule[];
  readonly correlations: readonly CorrelationRule[];
}
export const NONE_FAULTY: FaultyRules = { rules: [], correlations: [] };

/**
 * Ties correlations to their sources by id or name. One whose sources are missing or faulty, or that looks at itself, is
 * told and left out.
 */
export function linkCorrelations(
  correlations: readonly CorrelationRule[],
  sources: readonly NamedRule[],
  faulty: FaultyRules = NONE_FAULTY,
): { linked: LinkedCorrelations; issues: Issue[] } {
  const issues: Issue[] = [];
  const ids = new Map<string, string>();
  for (const { id, name } of [...sources, ...correlations]) {
    ids.set(id, id);
    if (name !== undefined && !ids.has(name)) ids.set(name, id);
  }
  const unsound = new Set([...faulty.rules, ...faulty.correlations].flatMap(({ id, name }) => [id, name]));
  const ready = new Set(sources.map(({ id }) => id));
  const rules: CorrelationRule[] = [];
  let waiting = [...correlations];
  for (let before = -1; before !== waiting.length; ) {
    before = waiting.length;
    waiting = waiting.filter((rule) => {
      if (!rule.rules.every((reference) => ready.has(ids.get(reference) ?? ""))) return true;
      rules.push(rule);
      ready.add(rule.id);
      return false;
    });
  }
  for (const rule of [...waiting, ...faulty.correlations]) {
    const lacking = rule.rules.filter((reference) => !ids.has(reference));
    const missing = lacking.filter((reference) => !unsound.has(reference));
    const broken = lacking.filter((reference) => unsound.has(reference));
    const told = { ...rulePlace(rule), path: "correlation.rules" };
    if (missing.length > 0) issues.push(issueOf(told, "correlation-nobody", { names: missing.join('", "') }));
    if (broken.length > 0) issues.push(issueOf(told, "correlation-faulty", { names: broken.join('", "') }));
    if (lacking.length === 0 && waiting.includes(rule)) issues.push(issueOf(told, "correlation-circle"));
  }
  return { linked: { rules, ...inputsOf(rules, ids) }, issues };
}

function inputsOf(rules: readonly CorrelationRule[], ids: ReadonlyMap<string, string>) {
  const inputs = new Map<string, Input[]>();
  const silent = new Set<string>();
  const loud = new Set<string>();
  for (const rule of rules) {
    for (const [position, reference] of rule.rules.entries()) {
      const source = ids.get(reference) ?? reference;
      const named = (field: string) => rule.aliases.get(field)?.get(reference) ?? field;
      const input = { rule, position, groupBy: rule.groupBy.map(named), fields: rule.fields.map(named) };
      inputs.set(source, [...(inputs.get(source) ?? []), input]);
      (rule.generate ? loud : silent).add(source);
    }
  }
  for (const id of loud) silent.delete(id);
  return { inputs, silent };
}
