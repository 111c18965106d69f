import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type Documents, type OtherDocument, readDocuments } from "./documents.ts";
import { applyFilters } from "./filter.ts";
import { type Issue, issueOf } from "./issue.ts";
import type { ParsedFiles } from "./parsed.ts";
import { rulePlace, type SigmaRule } from "./rule.ts";

/** What a folder holds. */
export interface RuleFolder {
  /** Detection rules, with the filters that are about them. */
  readonly rules: SigmaRule[];
  /** Detection rules that are left out for their faults, as far as they can be read. */
  readonly faulty: readonly SigmaRule[];
  /** Documents of correlation rules, not read yet. */
  readonly correlations: readonly OtherDocument[];
  readonly issues: Issue[];
}

/**
 * Every rule of a folder and those below it (`*.yml`, `*.yaml`), in the order of their paths. A file with faults is in
 * `issues`, each with its place, and hinders no other. A file's path works, too, and so do
 * several folders, of which the earlier wins where two rules have one id.
 */
export function loadRules(folders: string | readonly string[], parsed?: ParsedFiles): RuleFolder {
  return gatherRules(
    ruleFiles(folders).map(({ path, name }) => readDocuments(readFileSync(path, "utf8"), name, parsed)),
  );
}

/** The files of some folders in their order; those of a further folder bear its name, so that a fault says where it is. */
export function ruleFiles(folders: string | readonly string[]): { path: string; name: string }[] {
  return [folders].flat().flatMap(filesAt);
}

/** What several files hold together. */
export function gatherRules(files: readonly Documents[]): RuleFolder {
  const rules: SigmaRule[] = [];
  const faulty = files.flatMap((file) => file.faulty);
  const issues = files.flatMap((file) => file.issues);
  const seen = new Map<string, SigmaRule>();
  const first = (rule: SigmaRule): boolean => {
    const other = seen.get(rule.id);
    if (other === undefined) seen.set(rule.id, rule);
    else
      issues.push(issueOf({ ...rulePlace(rule), path: "id" }, "id-taken", { id: rule.id, file: other.file }));
    return other === undefined;
  };
  for (const file of files) rules.push(...file.rules.filter(first));
  // One with faults gives way to one without.
  for (const rule of faulty) first(rule);
  const filtered = applyFilters(
    rules,
    files.flatMap((file) => file.filters),
    faulty,
  );
  const correlations = files.flatMap((file) => file.correlations);
  return { rules: filtered.rules, faulty, correlations, issues: [...issues, ...filtered.issues] };
}

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
