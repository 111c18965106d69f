import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Issue } from "./issue.ts";
import { readRules, type SigmaRule } from "./rule.ts";

/**
 * Every rule of a folder and those below it (`*.yml`, `*.yaml`), in the order of their paths. A file with faults is in
 * `issues`, each with its place, and hinders no other. A file's path works, too.
 */
export function loadRules(folder: string): { rules: SigmaRule[]; issues: Issue[] } {
  const rules: SigmaRule[] = [];
  const issues: Issue[] = [];
  const seen = new Map<string, SigmaRule>();
  for (const { path, name } of yamlFiles(folder)) {
    const read = readRules(readFileSync(path, "utf8"), name);
    issues.push(...read.issues);
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
  return { rules, issues };
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
