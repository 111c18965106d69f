import { existsSync } from "node:fs";
import type { Fault } from "../../../core/problem.ts";
import { compileRules, loadPipeline, loadRules, type Matcher } from "../sigma/index.ts";

/** Folders of what analysts write: rules, and pipelines that tie them to records. */
export interface RuleFolders {
  readonly rules: string;
  readonly pipelines: string;
}

/** The compiled rules of a folder and what is wrong in it, each with file and line. */
export interface LoadedRules {
  readonly matcher: Matcher;
  readonly size: number;
  readonly faults: readonly Fault[];
}

/** Reads and compiles the rules. A rule with a fault is left out and told; a folder that is not there holds none. */
export function loadMatcher(folders: RuleFolders): LoadedRules {
  const loaded = existsSync(folders.rules) ? loadRules(folders.rules) : { rules: [], issues: [] };
  const pipeline = existsSync(folders.pipelines) ? loadPipeline(folders.pipelines) : undefined;
  const compiled = compileRules(
    loaded.rules,
    pipeline?.pipeline ?? { mappings: [], placeholders: new Map() },
  );
  const issues = [...loaded.issues, ...(pipeline?.issues ?? []), ...compiled.issues];
  return {
    matcher: compiled,
    size: compiled.size,
    faults: issues.map((issue) => ({ path: `${issue.file}:${issue.line}`, message: issue.message })),
  };
}
