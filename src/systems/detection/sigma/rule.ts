import { type Condition, ConditionFault, readCondition } from "./condition.ts";
import { type Issue, Issues } from "./issue.ts";
import { type Item, readItem } from "./item.ts";
import { entryOf, readTrees, type Tree, type TreeEntry, type TreeMap, textOf } from "./tree.ts";

export const RULE_LEVELS = ["informational", "low", "medium", "high", "critical"] as const;
export type RuleLevel = (typeof RULE_LEVELS)[number];

const STATUSES = ["stable", "test", "experimental", "deprecated", "unsupported"];
const LOG_SOURCE_KEYS = ["category", "product", "service"] as const;
type LogSourceKey = (typeof LOG_SOURCE_KEYS)[number];
/** What kind of records a rule is about: `{ product: "fortigate", service: "event" }`. */
export type LogSource = Readonly<Partial<Record<LogSourceKey, string>>>;

/** A search identifier's content: maps are AND, lists are OR. */
export type Search =
  | { readonly kind: "and" | "or"; readonly of: readonly Search[] }
  | { readonly kind: "item"; readonly item: Item };

/** A Sigma detection rule (specification 2.0), read and checked. */
export interface SigmaRule {
  /** The rule's `id`; its file where it has none. */
  readonly id: string;
  /** What filters and correlations may call it by. */
  readonly name: string | undefined;
  readonly title: string;
  /** `lianfang: { title_zh: ... }`: the title for the console. */
  readonly titleZh: string | undefined;
  readonly description: string;
  /** `medium` where the rule does not say. */
  readonly level: RuleLevel;
  readonly status: string | undefined;
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  readonly logSource: LogSource;
  readonly logSourceLine: number;
  /** Whose field names it speaks; `sigma` unless it says another. */
  readonly taxonomy: string;
  readonly related: readonly RelatedRule[];
  readonly searches: ReadonlyMap<string, Search>;
  readonly condition: Condition;
  readonly file: string;
  readonly line: number;
}

/** Where a rule begins, for what is said of the whole of it. */
export function rulePlace({ file, line, id, title }: Pick<SigmaRule, "file" | "line" | "id" | "title">) {
  return { file, line, rule: { id, title } };
}

const RELATIONS = ["derived", "obsolete", "merged", "renamed", "similar"] as const;
/** Another rule that this one came from, replaces, or is like (specification, "Related"). */
export interface RelatedRule {
  readonly id: string;
  readonly type: (typeof RELATIONS)[number];
}

export const SIGMA_TAXONOMY = "sigma";
/** Stands where no condition could be read. */
const NOTHING: Condition = { kind: "or", of: [] };
const REQUIRED = ["title", "logsource", "detection"];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}[-/]\d{2}[-/]\d{2}$/;
const TAG = /^[a-z0-9_-]+\.[a-z0-9._-]+$/;

/** The rules of one YAML text and everything that is wrong with it. A document with a fault gives no rule. */
export function readRules(text: string, file: string): { rules: SigmaRule[]; issues: Issue[] } {
  const rules: SigmaRule[] = [];
  const issues: Issue[] = [];
  const whole = new Issues(file);
  const trees = readTrees(text, whole);
  if (trees.length === 0 && whole.found.length === 0) whole.add(1, "file-empty");
  for (const tree of trees) {
    const own = new Issues(file);
    const rule = readRule(tree, file, own);
    own.settle(tree);
    if (rule !== undefined && own.found.length === 0) rules.push(rule);
    issues.push(...own.found);
  }
  return { rules, issues: [...whole.found, ...issues] };
}

/**
 * The rule of one document as far as it can be read; undefined where that is no detection rule. With faults in `issues` it
 * is not to be used, and only looked at for more of them.
 */
export function readRule(tree: Tree, file: string, issues: Issues): SigmaRule | undefined {
  if (tree.kind !== "map") {
    issues.add(tree.line, "rule-map", { kind: tree.kind });
    return undefined;
  }
  for (const kind of ["correlation", "filter"]) {
    const entry = entryOf(tree, kind);
    if (entry !== undefined && entryOf(tree, "detection") === undefined) {
      issues.add(entry.line, "rule-kind", { kind });
      return undefined;
    }
  }
  for (const name of REQUIRED.filter((name) => entryOf(tree, name) === undefined)) {
    issues.add(tree.line, "rule-needs", { name }, name);
  }
  checkFacts(tree, issues);
  const logSource = readLogSource(entryOf(tree, "logsource"), issues);
  const detection = readDetection(entryOf(tree, "detection"), issues);
  const extra = entryOf(tree, "lianfang")?.value;
  const level = RULE_LEVELS.find((known) => known === factOf(tree, "level"));
  return {
    id: factOf(tree, "id") ?? file,
    name: factOf(tree, "name"),
    title: factOf(tree, "title") ?? "",
    titleZh: extra?.kind === "map" ? textOf(entryOf(extra, "title_zh")?.value) : undefined,
    description: factOf(tree, "description") ?? "",
    level: level ?? "medium",
    status: factOf(tree, "status"),
    tags: listOf(entryOf(tree, "tags")?.value),
    falsePositives: listOf(entryOf(tree, "falsepositives")?.value),
    logSource,
    logSourceLine: entryOf(tree, "logsource")?.line ?? tree.line,
    taxonomy: factOf(tree, "taxonomy")?.trim().toLowerCase() || SIGMA_TAXONOMY,
    related: relatedOf(entryOf(tree, "related"), issues),
    ...detection,
    file,
    line: tree.line,
  };
}

function factOf(tree: TreeMap, name: string): string | undefined {
  return textOf(entryOf(tree, name)?.value);
}

function listOf(tree: Tree | undefined): string[] {
  const items = tree?.kind === "list" ? tree.items : tree === undefined ? [] : [tree];
  return items.flatMap((item) => textOf(item) ?? []);
}

function relatedOf(entry: TreeEntry | undefined, issues: Issues): RelatedRule[] {
  if (entry === undefined) return [];
  if (entry.value.kind !== "list") {
    issues.add(entry.line, "related");
    return [];
  }
  return entry.value.items.flatMap((item) => {
    const id = item.kind === "map" ? textOf(entryOf(item, "id")?.value) : undefined;
    const word = item.kind === "map" ? textOf(entryOf(item, "type")?.value) : undefined;
    // Older rules write the plural of what the specification names.
    const type = RELATIONS.find((known) => known === word || `${known}s` === word);
    if (id !== undefined && UUID.test(id) && type !== undefined) return [{ id, type }];
    issues.add(item.line, "related-one", { values: RELATIONS.join(", ") });
    return [];
  });
}

/** What stands around the detection. */
function checkFacts(tree: TreeMap, issues: Issues): void {
  const check = (
    name: "title" | "id" | "level" | "status" | "date" | "modified",
    fits: (text: string) => boolean,
    values: readonly string[] = [],
  ) => {
    const entry = entryOf(tree, name);
    if (entry === undefined) return;
    const text = textOf(entry.value);
    if (text === undefined || !fits(text)) issues.add(entry.line, name, { values: values.join(", ") }, name);
  };
  check("title", (text) => text.trim() !== "" && text.length <= 256);
  check("id", (text) => UUID.test(text));
  check("level", (text) => RULE_LEVELS.some((level) => level === text), RULE_LEVELS);
  check("status", (text) => STATUSES.includes(text), STATUSES);
  check("date", (text) => DATE.test(text));
  check("modified", (text) => DATE.test(text));
  const tags = entryOf(tree, "tags");
  if (tags === undefined) return;
  if (tags.value.kind !== "list") issues.add(tags.line, "tags");
  for (const tag of tags.value.kind === "list" ? tags.value.items : []) {
    const text = textOf(tag);
    if (text === undefined || !TAG.test(text)) issues.add(tag.line, "tag", { tag: text ?? "" });
  }
}

/** Reads `logsource`; without one it is empty. */
export function readLogSource(entry: TreeEntry | undefined, issues: Issues): LogSource {
  const source: Partial<Record<LogSourceKey, string>> = {};
  if (entry === undefined) return source;
  if (entry.value.kind !== "map") {
    issues.add(entry.line, "logsource");
    return source;
  }
  for (const key of LOG_SOURCE_KEYS) {
    const one = entryOf(entry.value, key);
    if (one === undefined) continue;
    const text = textOf(one.value);
    if (text === undefined) issues.add(one.line, "text", { name: key });
    else source[key] = text.toLowerCase();
  }
  if (Object.keys(source).length === 0) issues.add(entry.line, "logsource-empty");
  return source;
}

/** The search identifiers and the condition over them, as far as they can be read; `others` are keys that are neither. */
export function readDetection(
  entry: TreeEntry | undefined,
  issues: Issues,
  others: readonly string[] = [],
): Pick<SigmaRule, "searches" | "condition"> {
  if (entry === undefined) return { searches: new Map(), condition: NOTHING };
  if (entry.value.kind !== "map") {
    issues.add(entry.line, "detection");
    return { searches: new Map(), condition: NOTHING };
  }
  const searches = new Map<string, Search>();
  const names: string[] = [];
  for (const { key, line, value } of entry.value.entries) {
    // A rule of Sigma's first days could hold its time frame here; it is no search identifier.
    if (key === "condition" || key === "timeframe" || others.includes(key)) continue;
    names.push(key);
    const search = readSearch(value, line, issues);
    if (search !== undefined) searches.set(key, search);
  }
  if (names.length === 0) issues.add(entry.line, "detection-empty");
  return { searches, condition: readConditions(entry, names, issues) ?? NOTHING };
}

function readConditions(entry: TreeEntry, names: readonly string[], issues: Issues): Condition | undefined {
  const written = entry.value.kind === "map" ? entryOf(entry.value, "condition") : undefined;
  if (written === undefined) {
    issues.add(entry.line, "detection-condition", {}, `${entry.key}.condition`);
    return undefined;
  }
  const of: Condition[] = [];
  for (const one of written.value.kind === "list" ? written.value.items : [written.value]) {
    const text = textOf(one);
    if (text === undefined) {
      issues.add(one.line, "condition-text");
      continue;
    }
    try {
      of.push(readCondition(text, names));
    } catch (error) {
      if (!(error instanceof ConditionFault)) throw error;
      issues.add(one.line, error.reason, error.facts);
    }
  }
  const [only] = of;
  return of.length === 1 ? only : { kind: "or", of };
}

/** The content of one search identifier, as far as it can be read; also the `records` of a pipeline, which are written alike. */
export function readSearch(tree: Tree, line: number, issues: Issues): Search | undefined {
  if (tree.kind === "scalar") {
    const item = readItem("", line, tree, issues);
    return item === undefined ? undefined : { kind: "item", item };
  }
  if (tree.kind === "map") {
    if (tree.entries.length === 0) issues.add(line, "map-empty");
    const items = tree.entries.map((entry) => readItem(entry.key, entry.line, entry.value, issues));
    return gathered(
      "and",
      items.map((item) => (item === undefined ? undefined : { kind: "item", item })),
    );
  }
  if (tree.items.length === 0) issues.add(line, "list-empty");
  const of = tree.items.map((item) => readSearch(item, item.line, issues));
  return gathered("or", of);
}

/** What of it could be read: what could not is among the faults, so that the whole is not used. */
function gathered(kind: "and" | "or", of: readonly (Search | undefined)[]): Search | undefined {
  const sound = of.filter((search) => search !== undefined);
  const [only] = sound;
  return sound.length <= 1 ? only : { kind, of: sound };
}
