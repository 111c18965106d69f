import type { Condition } from "./condition.ts";
import { type Issue, type Issues, issueOf } from "./issue.ts";
import { type LogSource, readDetection, readLogSource, type Search, type SigmaRule } from "./rule.ts";
import { entryOf, type TreeMap, textOf } from "./tree.ts";

/** A Sigma filter (specification 2.1, "Filters"): a condition that is put beside those of other rules. */
export interface SigmaFilter {
  readonly title: string;
  /** Rules by id or name; undefined: all of the log source. */
  readonly rules: readonly string[] | undefined;
  /** Rules on other log sources are left as they are. */
  readonly logSource: LogSource;
  readonly searches: ReadonlyMap<string, Search>;
  readonly condition: Condition;
  readonly file: string;
  readonly line: number;
}

/** Reads one document that has `filter`. Undefined when it has faults, all of which are in `issues`. */
export function readFilter(tree: TreeMap, file: string, issues: Issues): SigmaFilter | undefined {
  const before = issues.found.length;
  const entry = entryOf(tree, "filter");
  const title = textOf(entryOf(tree, "title")?.value) ?? "";
  if (title.trim() === "") issues.add(tree.line, "filter-needs", { name: "title" }, "title");
  const source = entryOf(tree, "logsource");
  if (source === undefined) issues.add(tree.line, "filter-needs", { name: "logsource" }, "logsource");
  const logSource = readLogSource(source, issues);
  const rules = entry?.value.kind === "map" ? entryOf(entry.value, "rules") : undefined;
  const listed = rules?.value.kind === "list" ? rules.value.items.flatMap((item) => textOf(item) ?? []) : [];
  const any = textOf(rules?.value)?.toLowerCase() === "any";
  if (!any && listed.length === 0)
    issues.add(rules?.line ?? entry?.line ?? tree.line, "filter-rules", {}, "filter.rules");
  const detection = readDetection(entry, issues, ["rules"]);
  if (issues.found.length > before) return undefined;
  return { title, rules: any ? undefined : listed, logSource, ...detection, file, line: tree.line };
}

/**
 * The rules with the conditions of the filters that are about them; told are filters that name a rule there is not.
 * `faulty` are rules that are left out and may be named all the same.
 */
export function applyFilters(
  rules: readonly SigmaRule[],
  filters: readonly SigmaFilter[],
  faulty: readonly SigmaRule[] = [],
): { rules: SigmaRule[]; issues: Issue[] } {
  const issues: Issue[] = [];
  const known = new Set([...rules, ...faulty].flatMap(({ id, name }) => [id, name]));
  for (const { rules: wanted = [], title, file, line } of filters) {
    for (const name of wanted.filter((one) => !known.has(one)))
      issues.push(
        issueOf({ file, line, path: "filter.rules", rule: { id: null, title } }, "filter-nobody", { name }),
      );
  }
  const filtered = rules.map((rule) =>
    filters.reduce(
      (sofar, filter, at) => (concerns(filter, rule) ? withFilter(sofar, filter, at) : sofar),
      rule,
    ),
  );
  return { rules: filtered, issues };
}

function concerns({ rules, logSource }: SigmaFilter, rule: SigmaRule): boolean {
  const named = rules === undefined || rules.some((one) => one === rule.id || one === rule.name);
  return (
    named &&
    Object.entries(logSource).every(([key, value]) => rule.logSource[key as keyof LogSource] === value)
  );
}

function withFilter(rule: SigmaRule, filter: SigmaFilter, at: number): SigmaRule {
  // A space is in no identifier that is written, so that a filter's never meets a rule's.
  const named = (name: string) => `filter ${at} ${name}`;
  const searches = new Map(rule.searches);
  for (const [name, search] of filter.searches) searches.set(named(name), search);
  return {
    ...rule,
    searches,
    condition: { kind: "and", of: [rule.condition, renamed(filter.condition, named)] },
  };
}

function renamed(condition: Condition, named: (name: string) => string): Condition {
  switch (condition.kind) {
    case "search":
      return { kind: "search", name: named(condition.name) };
    case "not":
      return { kind: "not", of: renamed(condition.of, named) };
    default:
      return { kind: condition.kind, of: condition.of.map((one) => renamed(one, named)) };
  }
}
