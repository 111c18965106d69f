import { existsSync } from "node:fs";
import type { Fault } from "../../../core/problem.ts";
import { type CorrelationSet, correlationSet, readCorrelations } from "../correlation/index.ts";
import { compileRules, loadPipeline, loadRules, type Matcher, type Pipeline } from "../sigma/index.ts";

/** Folders of what analysts write: rules, and pipelines that tie them to records. */
export interface RuleFolders {
  readonly rules: string | readonly string[];
  readonly pipelines: string | readonly string[];
}

/** The compiled rules of the folders and what is wrong in them, each with file and line. */
export interface LoadedRules {
  readonly matcher: Matcher;
  readonly size: number;
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
    correlations: set,
    faults: issues.map((issue) => ({ path: `${issue.file}:${issue.line}`, message: issue.message })),
  };
}
