import { existsSync } from "node:fs";
import { ALERT_LEVELS } from "../alerts/model.ts";
import type { Rule } from "../catalog/model.ts";
import {
  type CorrelationRule,
  type CorrelationSet,
  correlationSet,
  readCorrelations,
} from "../correlation/index.ts";
import {
  compileRules,
  type Issue,
  loadPipelines,
  loadRules,
  type Matcher,
  type ParsedFiles,
  SIGMA_TAXONOMY,
  type SigmaRule,
  sourceText,
} from "../sigma/index.ts";
import { SEVERITIES } from "../sigma/model.ts";

/** Folders of what analysts write: rules, and pipelines that tie them to records. */
export interface RuleFolders {
  readonly rules: string | readonly string[];
  readonly pipelines: string | readonly string[];
}

/** The compiled rules of the folders and what is wrong in them, each with file and line. */
export interface LoadedRules {
  readonly matcher: Matcher;
  readonly size: number;
  /** Every rule, severest first. */
  readonly rules: readonly Rule[];
  readonly correlations: CorrelationSet;
  /** Faults first. */
  readonly faults: readonly Issue[];
}

/** Reads and compiles the rules. A rule with a fault is left out and told; a folder that is not there holds none. */
export function loadMatcher(folders: RuleFolders, parsed?: ParsedFiles): LoadedRules {
  const present = (paths: string | readonly string[]) => [paths].flat().filter((path) => existsSync(path));
  const loaded = loadRules(present(folders.rules), parsed);
  const { pipeline, issues: unread } = loadPipelines(present(folders.pipelines));
  const compiled = compileRules(loaded.rules, pipeline);
  const read = readCorrelations(loaded);
  const namesOf = (rule: string, field: string) => compiled.namesOf(rule, field);
  const { set, issues: loose } = correlationSet(read.correlations, loaded.rules, namesOf, read.faulty);
  const unmapped = new Set(compiled.unmapped);
  const linked = new Set([...set.own.rules, ...set.across.rules].map(({ id }) => id));
  const ties = tiesOf(
    loaded.rules,
    read.correlations.filter(({ id }) => linked.has(id)),
  );
  const stateOf = (rule: SigmaRule): Rule["state"] =>
    unmapped.has(rule) ? "unmapped" : set.silent.has(rule.id) ? "silent" : "active";
  const issues = [
    ...loaded.issues,
    ...unread,
    ...compiled.issues,
    ...compileRules(loaded.faulty, pipeline).issues,
    ...read.issues,
    ...loose,
  ];
  const faults = issues.toSorted(
    (one, other) =>
      SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
      (one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1),
  );
  const warnings = Map.groupBy(
    faults.filter(({ severity }) => severity === "warning"),
    ({ rule }) => rule?.id,
  );
  return {
    matcher: compiled,
    size: compiled.size,
    rules: [
      ...loaded.rules.map((rule) => ({
        ...factsOf(rule, stateOf(rule), ties),
        warnings: warnings.get(rule.id) ?? [],
      })),
      ...read.correlations
        .filter(({ id }) => linked.has(id))
        .map((rule) => correlationFacts(rule, set.silent.has(rule.id), ties)),
    ].sort(bySeverity),
    correlations: set,
    faults,
  };
}

function factsOf(rule: SigmaRule, state: Rule["state"], ties: Ties): Rule {
  return {
    id: rule.id,
    title: rule.title,
    titleZh: rule.titleZh ?? null,
    kind: "detection",
    state,
    across: false,
    level: rule.level,
    status: rule.status ?? "",
    tags: [...rule.tags],
    logSource: sourceText(rule.logSource),
    file: rule.file,
    line: rule.line,
    taxonomy: rule.taxonomy,
    related: rule.related.map((each) => ({ ...each, loaded: ties.names.has(each.id) })),
    correlation: null,
    warnings: [],
    correlatedBy: [...(ties.above.get(rule.id) ?? [])],
  };
}

type RuleName = Rule["correlatedBy"][number];

/** How rules hang together: each by name, and the correlation rules that look at it. */
interface Ties {
  readonly names: ReadonlyMap<string, RuleName>;
  readonly above: ReadonlyMap<string, readonly RuleName[]>;
  /** A rule's id by the id or name by which others call it. */
  idOf(reference: string): string;
}

function tiesOf(rules: readonly SigmaRule[], correlations: readonly CorrelationRule[]): Ties {
  const all = [...rules, ...correlations];
  const names = new Map(
    all.map(({ id, title, titleZh }) => [id, { id, title, titleZh: titleZh ?? null }] as const),
  );
  const byName = new Map(all.flatMap(({ id, name }) => (name === undefined ? [] : [[name, id] as const])));
  const idOf = (reference: string) =>
    names.has(reference) ? reference : (byName.get(reference) ?? reference);
  const above = new Map<string, RuleName[]>();
  for (const rule of correlations) {
    const name = names.get(rule.id);
    for (const id of new Set(rule.rules.map(idOf)))
      if (name !== undefined) above.set(id, [...(above.get(id) ?? []), name]);
  }
  return { names, above, idOf };
}

const SIGNS: Readonly<Record<string, string>> = { gt: ">", gte: "≥", lt: "<", lte: "≤", eq: "=", neq: "≠" };

function correlationFacts(rule: CorrelationRule, silent: boolean, ties: Ties): Rule {
  return {
    id: rule.id,
    title: rule.title,
    titleZh: rule.titleZh ?? null,
    kind: "correlation",
    state: silent ? "silent" : "active",
    across: rule.across,
    level: rule.level,
    status: rule.status,
    tags: [...rule.tags],
    logSource: rule.type,
    file: rule.file,
    line: rule.line,
    taxonomy: SIGMA_TAXONOMY,
    related: [],
    correlation: {
      type: rule.type,
      rules: rule.rules.map((reference) => {
        const id = ties.idOf(reference);
        return ties.names.get(id) ?? { id, title: reference, titleZh: null };
      }),
      groupBy: [...rule.groupBy],
      fields: [...rule.fields],
      timespanSeconds: rule.span / 1000,
      condition: rule.ranges.map(({ op, than }) => `${SIGNS[op] ?? op} ${than}`).join(", "),
      generate: rule.generate,
    },
    warnings: [],
    correlatedBy: [...(ties.above.get(rule.id) ?? [])],
  };
}

function bySeverity(a: Rule, b: Rule): number {
  const apart = ALERT_LEVELS.indexOf(b.level) - ALERT_LEVELS.indexOf(a.level);
  if (apart !== 0) return apart;
  return a.title < b.title ? -1 : a.title > b.title ? 1 : a.id < b.id ? -1 : 1;
}
