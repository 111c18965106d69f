import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type OtherDocument, readDocuments } from "./documents.ts";
import { applyFilters, type SigmaFilter } from "./filter.ts";
import type { Issue } from "./issue.ts";
import type { SigmaRule } from "./rule.ts";

/** What a folder holds. */
export interface RuleFolder {
  /** Detection rules, with the filters that are about them. */
  readonly rules: SigmaRule[];
  /** Documents of correlation rules, not read yet. */
  readonly correlations: readonly OtherDocument[];
  readonly issues: Issue[];
}

/**
 * Every rule of a folder and those below it (`*.yml`, `*.yaml`), in the order of their paths. A file with faults is in
 * `issues`, each with its place, and hinders no other. A file's path works, too, and so do
 * several folders, of which the earlier wins where two rules have one id.
 */
export function loadRules(folders: string | readonly string[]): RuleFolder {
  const filters: SigmaFilter[] = [];
  const correlations: OtherDocument[] = [];
  const rules: SigmaRule[] = [];
  const issues: Issue[] = [];
  const seen = new Map<string, SigmaRule>();
  for (const { path, name } of [folders].flat().flatMap(filesAt)) {
    const read = readDocuments(readFileSync(path, "utf8"), name);
    issues.push(...read.issues);
    filters.push(...read.filters);
    correlations.push(...read.correlations);
    for (const rule of read.rules) {
      const first = seen.get(rule.id);
      if (first !== undefined) {
        issues.push({
          file: name,
          line: rule.line,
          message: `the id ${rule.id} belongs to ${first.file} already`,
        });
        continue;
      }
      seen.set(rule.id, rule);
      rules.push(rule);
    }
  }
  const filtered = applyFilters(rules, filters);
  return { rules: filtered.rules, correlations, issues: [...issues, ...filtered.issues] };
}

/** Files of a further folder bear its name, so that a fault says where it is. */
function filesAt(folder: string, at: number): { path: string; name: string }[] {
  const files = yamlFiles(folder);
  return at === 0 ? files : files.map(({ path, name }) => ({ path, name: `${basename(folder)}/${name}` }));
}

/** YAML files at or below a path; `name` is relative to it, with slashes. */
export function yamlFiles(folder: string): { path: string; name: string }[] {
  if (!statSync(folder).isDirectory())
    return [{ path: folder, name: folder.split(/[\\/]/).at(-1) ?? folder }];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, name: path.slice(join(folder, "/").length).replaceAll("\\", "/") };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
