import { existsSync, readFileSync } from "node:fs";
import { type CorrelationSet, correlationSet, readCorrelations } from "../correlation/index.ts";
import type { RuleFolders } from "../pipeline/rules.ts";
import { readDocuments } from "../sigma/documents.ts";
import { applyFilters, type SigmaFilter } from "../sigma/filter.ts";
import { type Issue, issueOf } from "../sigma/issue.ts";
import { ruleFiles } from "../sigma/load.ts";
import { type CompiledRules, compileRules } from "../sigma/matcher.ts";
import { loadPipelines } from "../sigma/pipeline.ts";
import type { SigmaRule } from "../sigma/rule.ts";
import { entryOf, textOf } from "../sigma/tree.ts";
import type { TrialRule } from "./model.ts";

/** Under this name the draft's faults bear their lines. */
export const DRAFT_FILE = "draft.yml";

/** A draft, ready to be tried. */
export interface Draft {
  readonly rules: readonly TrialRule[];
  /** Each rule without its filters, and once more with each of them under `variantId`. */
  readonly matcher: CompiledRules;
  /** Filters about a rule, by its id. */
  readonly filters: ReadonlyMap<string, readonly SigmaFilter[]>;
  readonly correlations: CorrelationSet;
  /** Faults of the draft: with one of them nothing is tried. Warnings. */
  readonly issues: readonly Issue[];
}

export function variantId(ruleId: string, filter: number): string {
  return `${ruleId}\n${filter}`;
}

/**
 * Reads a draft against the rules, filters and pipelines of the folders: the filters that are about its rules, and the
 * rules that its correlation rules look at. What it has takes the place of what the folders have under the same id.
 */
export function readDraft(text: string, folders: RuleFolders): Draft {
  const present = (paths: string | readonly string[]) => [paths].flat().filter((path) => existsSync(path));
  const draft = readDocuments(text, DRAFT_FILE);
  const found = looked(draft, present(folders.rules));
  const rules = [...draft.rules, ...found.rules];
  const { pipeline } = loadPipelines(present(folders.pipelines));
  const filters = new Map(
    rules.map((rule) => [rule.id, found.filters.filter((filter) => isAbout(filter, rule))] as const),
  );
  const variants = rules.flatMap((rule) =>
    (filters.get(rule.id) ?? []).flatMap(
      (filter, at) => applyFilters([{ ...rule, id: variantId(rule.id, at) }], [anyRule(filter)]).rules,
    ),
  );
  const matcher = compileRules([...rules, ...variants], pipeline);
  const read = readCorrelations({ rules, faulty: draft.faulty, correlations: found.correlations });
  const namesOf = (rule: string, field: string) => matcher.namesOf(rule, field);
  const { set, issues: loose } = correlationSet(read.correlations, rules, namesOf, read.faulty);
  const issues = [
    ...draft.issues,
    ...matcher.issues.filter(({ rule }) => rule?.id?.includes("\n") !== true),
    ...compileRules(draft.faulty, pipeline).issues,
    ...read.issues,
    ...loose,
  ].filter(({ file }) => file === DRAFT_FILE);
  if (issues.length === 0 && draft.rules.length === 0 && draft.correlations.length === 0)
    issues.push(issueOf({ file: DRAFT_FILE, line: 1 }, "draft-empty"));
  const silent = (id: string) => set.silent.has(id);
  return {
    matcher,
    filters,
    correlations: set,
    issues,
    rules: [
      ...rules.map(
        (rule): TrialRule => ({
          ...namesIn(rule),
          kind: "detection",
          draft: rule.file === DRAFT_FILE,
          silent: silent(rule.id),
          filters: (filters.get(rule.id) ?? []).map(({ title }) => title),
        }),
      ),
      ...[...set.own.rules, ...set.across.rules].map(
        (rule): TrialRule => ({
          ...namesIn(rule),
          kind: "correlation",
          draft: rule.file === DRAFT_FILE,
          silent: silent(rule.id),
          filters: [],
        }),
      ),
    ],
  };
}

function namesIn({ id, title, titleZh, level }: Pick<SigmaRule, "id" | "title" | "titleZh" | "level">) {
  return { id, title, titleZh: titleZh ?? null, level };
}

function isAbout(filter: SigmaFilter, rule: SigmaRule): boolean {
  return applyFilters([rule], [filter]).rules[0] !== rule;
}

/** The filter for a rule under another id. */
function anyRule(filter: SigmaFilter): SigmaFilter {
  return { ...filter, rules: undefined };
}

type Documents = ReturnType<typeof readDocuments>;

/** What of the folders a draft needs: only files that name it are read, since all of them take seconds. */
function looked(draft: Documents, folders: readonly string[]) {
  const rules: SigmaRule[] = [];
  const filters = [...draft.filters];
  const correlations = [...draft.correlations];
  const held = new Set([...draft.rules, ...draft.faulty].flatMap(({ id, name }) => [id, name ?? id]));
  const texts =
    folders.length === 0
      ? []
      : ruleFiles(folders).map(({ path, name }) => ({ name, text: readFileSync(path, "utf8") }));
  for (const { name, text } of texts)
    if (/^filter\s*:/m.test(text)) filters.push(...readDocuments(text, name).filters);
  const own = new Set(correlations.flatMap(namesOfDocument));
  let wanted = correlations.flatMap(lookedAt).filter((name) => !held.has(name) && !own.has(name));
  while (wanted.length > 0) {
    const next: string[] = [];
    for (const { name, text } of texts) {
      if (!wanted.some((one) => text.includes(one))) continue;
      const file = readDocuments(text, name);
      for (const rule of file.rules) {
        if (held.has(rule.id) || !wanted.some((one) => one === rule.id || one === rule.name)) continue;
        rules.push(rule);
        held.add(rule.id);
        if (rule.name !== undefined) held.add(rule.name);
      }
      for (const document of file.correlations) {
        const names = namesOfDocument(document);
        if (names.some((one) => own.has(one)) || !names.some((one) => wanted.includes(one))) continue;
        correlations.push(document);
        for (const one of names) own.add(one);
        next.push(...lookedAt(document));
      }
    }
    wanted = next.filter((one) => !held.has(one) && !own.has(one));
  }
  return { rules, filters, correlations };
}

type OtherDocument = Documents["correlations"][number];

function namesOfDocument({ tree }: OtherDocument): string[] {
  return ["id", "name"].flatMap((name) => textOf(entryOf(tree, name)?.value) ?? []);
}

function lookedAt({ tree }: OtherDocument): string[] {
  const body = entryOf(tree, "correlation")?.value;
  const rules = body?.kind === "map" ? entryOf(body, "rules")?.value : undefined;
  const items = rules?.kind === "list" ? rules.items : rules === undefined ? [] : [rules];
  return items.flatMap((item) => textOf(item) ?? []);
}
