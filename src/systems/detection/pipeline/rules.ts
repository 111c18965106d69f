import { existsSync } from "node:fs";
import type { Fault } from "../../../core/problem.ts";
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
  loadPipeline,
  loadRules,
  type Matcher,
  type Pipeline,
  type SigmaRule,
} from "../sigma/index.ts";

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
  readonly faults: readonly Fault[];
}

/** Reads and compiles the rules. A rule with a fault is left out and told; a folder that is not there holds none. */
export function loadMatcher(folders: RuleFolders): LoadedRules {
  const present = (paths: string | readonly string[]) => [paths].flat().filter((path) => existsSync(path));
  const loaded = loadRules(present(folders.rules));
  const pipelines = present(folders.pipelines).map((folder) => loadPipeline(folder));
  const pipeline: Pipeline = {
    mappings: pipelines.flatMap((each) => each.pipeline.mappings),
    placeholders: new Map(pipelines.flatMap((each) => [...each.pipeline.placeholders])),
  };
  const compiled = compileRules(loaded.rules, pipeline);
  const read = readCorrelations(loaded);
  const { set, issues: loose } = correlationSet(read.correlations, loaded.rules, (rule, field) =>
    compiled.namesOf(rule, field),
  );
  const unmapped = new Set(compiled.unmapped);
  const linked = new Set([...set.own.rules, ...set.across.rules].map(({ id }) => id));
  const stateOf = (rule: SigmaRule): Rule["state"] =>
    unmapped.has(rule) ? "unmapped" : set.silent.has(rule.id) ? "silent" : "active";
  const issues = [
    ...loaded.issues,
    ...pipelines.flatMap((each) => each.issues),
    ...compiled.issues,
    ...read.issues,
    ...loose,
  ];
  return {
    matcher: compiled,
    size: compiled.size,
    rules: [
      ...loaded.rules.map((rule) => factsOf(rule, stateOf(rule))),
      ...read.correlations
        .filter(({ id }) => linked.has(id))
        .map((rule) => correlationFacts(rule, set.silent.has(rule.id))),
    ].sort(bySeverity),
    correlations: set,
    faults: issues.map((issue) => ({ path: `${issue.file}:${issue.line}`, message: issue.message })),
  };
}

function factsOf(rule: SigmaRule, state: Rule["state"]): Rule {
  const { product, category, service } = rule.logSource;
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
    logSource: [product, category, service].filter((part) => part !== undefined).join("/"),
    file: rule.file,
    line: rule.line,
  };
}

function correlationFacts(rule: CorrelationRule, silent: boolean): Rule {
  return {
    id: rule.id,
    title: rule.title,
    titleZh: rule.titleZh ?? null,
    kind: "correlation",
    state: silent ? "silent" : "active",
    across: rule.across,
    level: rule.level,
    status: "",
    tags: [...rule.tags],
    logSource: rule.type,
    file: rule.file,
    line: rule.line,
  };
}

function bySeverity(a: Rule, b: Rule): number {
  const apart = ALERT_LEVELS.indexOf(b.level) - ALERT_LEVELS.indexOf(a.level);
  if (apart !== 0) return apart;
  return a.title < b.title ? -1 : a.title > b.title ? 1 : a.id < b.id ? -1 : 1;
}
