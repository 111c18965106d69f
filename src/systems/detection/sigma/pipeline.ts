import { readFileSync } from "node:fs";
import { type Issue, Issues } from "./issue.ts";
import { yamlFiles } from "./load.ts";
import { type LogSource, readSearch, type Search, SIGMA_TAXONOMY, type SigmaRule } from "./rule.ts";
import { entryOf, readTrees, type Tree, type TreeMap, textOf } from "./tree.ts";

/** One way in which a log source is found among the records, and what its fields are called there. */
export interface Mapping {
  readonly logSource: LogSource;
  /** Which records belong to it, written like a search identifier over ECS fields; none: every record. */
  readonly records: Search | undefined;
  /** A rule's field -> the ECS fields that hold it. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** Put before a field without a dot that `fields` does not name. */
  readonly prefix: string;
  /** Mappings of two forms never hold together, such as flat JSON and ECS; undefined goes with any. */
  readonly form?: string | undefined;
  /** It is for rules that speak this taxonomy alone; Sigma's own unless told. */
  readonly taxonomy?: string | undefined;
}

/**
 * What ties rules to records. A rule belongs to the records of every mapping whose log source it has at least all
 * attributes of: a rule on windows/process_creation takes the mapping of windows and that of windows/process_creation
 * together. Mappings of one and the same log source are alternatives.
 */
export interface Pipeline {
  readonly mappings: readonly Mapping[];
  /** Values for `%name%` after the modifier `expand`. */
  readonly placeholders: ReadonlyMap<string, readonly string[]>;
}

/** Two names for the same: the second is what other Sigma tools write. */
const VALUES = ["placeholders", "vars"];

/** Reads every pipeline file (`*.yml`) at or below a path as one pipeline. */
export function loadPipeline(path: string): { pipeline: Pipeline; issues: Issue[] } {
  const mappings: Mapping[] = [];
  const placeholders = new Map<string, readonly string[]>();
  const issues: Issue[] = [];
  for (const { path: file, name } of yamlFiles(path)) {
    const own = new Issues(name);
    for (const tree of readTrees(readFileSync(file, "utf8"), own)) {
      if (tree.kind !== "map") {
        own.add(tree.line, "pipeline", { kind: tree.kind });
        continue;
      }
      mappings.push(...readMappings(tree, own));
      for (const name of VALUES) {
        for (const [placeholder, values] of readNames(entryOf(tree, name)?.value, own)) {
          placeholders.set(placeholder, values);
        }
      }
    }
    issues.push(...own.found);
  }
  return { pipeline: { mappings, placeholders }, issues };
}

/** The pipelines of several paths as one. */
export function loadPipelines(paths: readonly string[]): { pipeline: Pipeline; issues: Issue[] } {
  const loaded = paths.map((path) => loadPipeline(path));
  return {
    pipeline: {
      mappings: loaded.flatMap((each) => each.pipeline.mappings),
      placeholders: new Map(loaded.flatMap((each) => [...each.pipeline.placeholders])),
    },
    issues: loaded.flatMap((each) => each.issues),
  };
}

function readMappings(tree: TreeMap, issues: Issues): Mapping[] {
  const known = ["title", "description", "form", "taxonomy", "logsources", ...VALUES];
  for (const entry of tree.entries) {
    if (!known.includes(entry.key))
      issues.add(entry.line, "pipeline-key", { key: entry.key, values: known.join(", ") });
  }
  const list = entryOf(tree, "logsources");
  if (list === undefined) return [];
  if (list.value.kind !== "list") {
    issues.add(list.line, "pipeline-list");
    return [];
  }
  const form = textOf(entryOf(tree, "form")?.value);
  const taxonomy = textOf(entryOf(tree, "taxonomy")?.value)?.trim().toLowerCase();
  return list.value.items.flatMap((item) => {
    const mapping = readMapping(item, form, issues);
    return mapping === undefined ? [] : [{ ...mapping, ...(taxonomy !== undefined && { taxonomy }) }];
  });
}

function readMapping(tree: Tree, form: string | undefined, issues: Issues): Mapping | undefined {
  const source = tree.kind === "map" ? entryOf(tree, "logsource") : undefined;
  if (tree.kind !== "map" || source?.value.kind !== "map") {
    issues.add(tree.line, "pipeline-logsource");
    return undefined;
  }
  const logSource: Record<string, string> = {};
  for (const { key, line, value } of source.value.entries) {
    const text = textOf(value);
    if (!["category", "product", "service"].includes(key)) issues.add(line, "pipeline-part", { key });
    else if (text === undefined) issues.add(line, "text", { name: key });
    else logSource[key] = text.toLowerCase();
  }
  const records = entryOf(tree, "records");
  const before = issues.found.length;
  const search = records === undefined ? undefined : readSearch(records.value, records.line, issues);
  // Without its condition it would mean every record.
  if (issues.found.length > before) return undefined;
  return {
    logSource,
    records: search,
    fields: readNames(entryOf(tree, "fields")?.value, issues),
    prefix: textOf(entryOf(tree, "prefix")?.value) ?? "",
    form,
  };
}

/** A map of names, each to one text or a list of texts. */
function readNames(tree: Tree | undefined, issues: Issues): Map<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  if (tree === undefined) return names;
  if (tree.kind !== "map") {
    issues.add(tree.line, "pipeline-names");
    return names;
  }
  for (const { key, line, value } of tree.entries) {
    const texts = (value.kind === "list" ? value.items : [value]).flatMap((one) => textOf(one) ?? []);
    if (texts.length === 0) issues.add(line, "pipeline-name", { key });
    else names.set(key, texts);
  }
  return names;
}

/**
 * The ways in which a rule's log source is found, each a set of mappings that hold together; none where some attribute
 * of the log source is in no mapping, since the rule would then meet records that it does not mean.
 */
export function waysTo(
  { logSource, taxonomy }: Pick<SigmaRule, "logSource" | "taxonomy">,
  pipeline: Pipeline,
): readonly (readonly Mapping[])[] {
  const fitting = pipeline.mappings.filter(
    (mapping) =>
      (mapping.taxonomy ?? SIGMA_TAXONOMY) === taxonomy &&
      Object.entries(mapping.logSource).every(([key, value]) => logSource[key as keyof LogSource] === value),
  );
  const covered = new Set(fitting.flatMap((mapping) => Object.keys(mapping.logSource)));
  if (Object.keys(logSource).some((key) => !covered.has(key))) return [];
  const alternatives = new Map<string, Mapping[]>();
  for (const mapping of fitting) {
    const { category, product, service } = mapping.logSource;
    const key = JSON.stringify([category, product, service]);
    alternatives.set(key, [...(alternatives.get(key) ?? []), mapping]);
  }
  let ways: Mapping[][] = [[]];
  for (const choices of alternatives.values()) {
    ways = ways.flatMap((way) => choices.map((choice) => [...way, choice])).filter(ofOneForm);
  }
  // The narrower log source comes last, so that its names win.
  const width = (mapping: Mapping) => Object.keys(mapping.logSource).length;
  return ways.map((way) => way.sort((a, b) => width(a) - width(b)));
}

function ofOneForm(way: readonly Mapping[]): boolean {
  return new Set(way.flatMap(({ form }) => form ?? [])).size <= 1;
}
