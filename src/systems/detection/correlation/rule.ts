import { type Condition, ConditionFault, readCondition } from "../sigma/condition.ts";
import type { Issues } from "../sigma/issue.ts";
import { RULE_LEVELS, type RuleLevel } from "../sigma/rule.ts";
import { entryOf, type Tree, type TreeEntry, type TreeMap, textOf } from "../sigma/tree.ts";

const COUNTS = ["event_count", "value_count"] as const;
const VALUES = ["value_sum", "value_avg", "value_percentile", "value_median"] as const;
const TEMPORAL = ["temporal", "temporal_ordered"] as const;
/** How the extended forms are written: under a name of their own, or as `temporal` with a condition in words. */
const EXTENDED: Readonly<Record<string, (typeof TEMPORAL)[number]>> = {
  temporal_extended: "temporal",
  extended_temporal: "temporal",
  temporal_ordered_extended: "temporal_ordered",
  extended_temporal_ordered: "temporal_ordered",
};
export type CorrelationType = (typeof COUNTS | typeof VALUES | typeof TEMPORAL)[number];

const OPERATORS = ["gt", "gte", "lt", "lte", "eq", "neq"] as const;
export type Operator = (typeof OPERATORS)[number];

/** A Sigma correlation rule (specification 2.1, "Correlation rules"), read and checked. */
export interface CorrelationRule {
  /** The rule's `id`; its name or file where it has none. */
  readonly id: string;
  readonly name: string | undefined;
  readonly title: string;
  readonly titleZh: string | undefined;
  readonly level: RuleLevel;
  readonly status: string;
  readonly tags: readonly string[];
  readonly type: CorrelationType;
  /** Names or ids, as they are written, of the rules it looks at. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  /** Milliseconds; an event counts from its own time until just before this has passed. */
  readonly span: number;
  /** What is counted or reckoned with. */
  readonly fields: readonly string[];
  /** 0 to 100, of `value_percentile`. */
  readonly percentile: number;
  /** All must hold of the count or value. Empty for `temporal`. */
  readonly ranges: readonly Range[];
  /** Of the temporal types: over names of `rules`; undefined: all of them. */
  readonly condition: Condition | undefined;
  /** Name of the alias -> rule as it is written -> that rule's field. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** The rules it looks at also raise alerts of their own. */
  readonly generate: boolean;
  /** `lianfang: { across: true }`: over the matches of all organisations together; those above them alone hear of it. */
  readonly across: boolean;
  readonly file: string;
  readonly line: number;
}

export interface Range {
  readonly op: Operator;
  readonly than: number;
}

const SPAN = /^(\d{1,6})([smhdwMy])$/;
const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  // As other tools reckon: a twelfth of the Gregorian year, and that year.
  M: 2_629_746_000,
  y: 31_556_952_000,
};
const KEYS = ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];

/**
 * Reads one document that has `correlation`, as far as it can be read. With faults in `issues` it is not to be used, and
 * only looked at for more of them.
 */
export function readCorrelation(tree: TreeMap, file: string, issues: Issues): CorrelationRule | undefined {
  return new CorrelationReader(tree, file, issues).read();
}

class CorrelationReader {
  readonly #tree: TreeMap;
  readonly #file: string;
  readonly #issues: Issues;

  constructor(tree: TreeMap, file: string, issues: Issues) {
    this.#tree = tree;
    this.#file = file;
    this.#issues = issues;
  }

  read(): CorrelationRule | undefined {
    const entry = entryOf(this.#tree, "correlation");
    if (entry?.value.kind !== "map") {
      this.#issues.add(entry?.line ?? this.#tree.line, "correlation", {}, "correlation");
      return undefined;
    }
    const body = entry.value;
    for (const { key, line } of body.entries) {
      if (!KEYS.includes(key)) this.#issues.add(line, "correlation-key", { key, values: KEYS.join(", ") });
    }
    const title = textOf(entryOf(this.#tree, "title")?.value) ?? "";
    if (title.trim() === "") this.#issues.add(this.#tree.line, "correlation-title", {}, "title");
    const name = textOf(entryOf(this.#tree, "name")?.value);
    const extra = entryOf(this.#tree, "lianfang")?.value;
    const rules = this.#texts(body, "rules");
    const type = this.#type(body);
    const generate = entryOf(body, "generate") ?? entryOf(this.#tree, "generate");
    return {
      id: textOf(entryOf(this.#tree, "id")?.value) ?? name ?? `${this.#file}:${this.#tree.line}`,
      name,
      title,
      titleZh: extra?.kind === "map" ? textOf(entryOf(extra, "title_zh")?.value) : undefined,
      level: this.#level(),
      status: textOf(entryOf(this.#tree, "status")?.value) ?? "",
      tags: listOf(entryOf(this.#tree, "tags")),
      type,
      rules,
      groupBy: entryOf(body, "group-by") === undefined ? [] : this.#texts(body, "group-by"),
      span: this.#span(body),
      ...this.#condition(body, type, rules),
      aliases: this.#aliases(body, rules),
      generate: textOf(generate?.value)?.toLowerCase() === "true",
      across: extra?.kind === "map" && textOf(entryOf(extra, "across")?.value)?.toLowerCase() === "true",
      file: this.#file,
      line: this.#tree.line,
    };
  }

  #level(): RuleLevel {
    const entry = entryOf(this.#tree, "level");
    const level = RULE_LEVELS.find((known) => known === textOf(entry?.value));
    if (entry !== undefined && level === undefined)
      this.#issues.add(entry.line, "level", { values: RULE_LEVELS.join(", ") });
    return level ?? "medium";
  }

  #type(body: TreeMap): CorrelationType {
    const entry = entryOf(body, "type");
    const text = textOf(entry?.value) ?? "";
    const type = [...COUNTS, ...VALUES, ...TEMPORAL].find((known) => known === text) ?? EXTENDED[text];
    if (type === undefined)
      this.#issues.add(entry?.line ?? body.line, "correlation-type", { type: text }, "correlation.type");
    return type ?? "event_count";
  }

  #texts(body: TreeMap, name: string): readonly string[] {
    const entry = entryOf(body, name);
    const texts = listOf(entry);
    if (texts.length === 0 || new Set(texts).size < texts.length)
      this.#issues.add(entry?.line ?? body.line, "correlation-names", { name }, `correlation.${name}`);
    return texts;
  }

  #span(body: TreeMap): number {
    const entry = entryOf(body, "timespan");
    const found = SPAN.exec(textOf(entry?.value) ?? "");
    const span = Number(found?.[1] ?? 0) * (UNITS[found?.[2] ?? ""] ?? 0);
    if (span === 0)
      this.#issues.add(entry?.line ?? body.line, "correlation-span", {}, "correlation.timespan");
    return span;
  }

  #condition(body: TreeMap, type: CorrelationType, rules: readonly string[]) {
    const none = { ranges: [], condition: undefined, fields: [], percentile: Number.NaN };
    const entry = entryOf(body, "condition");
    if (type === "temporal" || type === "temporal_ordered") {
      if (entry === undefined) return none;
      if (entry.value.kind === "map") return { ...none, ...this.#ranges(entry.value, []) };
      return { ...none, condition: this.#words(entry, rules) };
    }
    if (entry?.value.kind !== "map") {
      this.#issues.add(entry?.line ?? body.line, "correlation-condition", { type }, "correlation.condition");
      return none;
    }
    const read = this.#ranges(entry.value, ["field", "percentile"]);
    if (read.ranges.length === 0)
      this.#issues.add(entry.line, "correlation-operator", { values: OPERATORS.join(", ") });
    const fields = listOf(entryOf(entry.value, "field"));
    if (type === "event_count" && fields.length > 0) this.#issues.add(entry.line, "correlation-no-field");
    if (type !== "event_count" && (fields.length === 0 || (type !== "value_count" && fields.length > 1)))
      this.#issues.add(entry.line, "correlation-field", { type });
    const percentile = Number(textOf(entryOf(entry.value, "percentile")?.value) ?? Number.NaN);
    if (type === "value_percentile" && !(percentile >= 0 && percentile <= 100))
      this.#issues.add(entry.line, "correlation-percentile");
    return { ranges: read.ranges, condition: undefined, fields, percentile };
  }

  #ranges(map: TreeMap, others: readonly string[]): { ranges: readonly Range[] } {
    const ranges: Range[] = [];
    for (const { key, line, value } of map.entries) {
      const op = OPERATORS.find((known) => known === key);
      const text = textOf(value)?.trim() ?? "";
      const than = text === "" ? Number.NaN : Number(text);
      if (op === undefined) {
        if (!others.includes(key)) this.#issues.add(line, "correlation-meaning", { key });
      } else if (!Number.isFinite(than)) this.#issues.add(line, "correlation-number", { key });
      else ranges.push({ op, than });
    }
    return { ranges };
  }

  #words(entry: TreeEntry, rules: readonly string[]): Condition | undefined {
    try {
      return readCondition(textOf(entry.value) ?? "", rules);
    } catch (error) {
      if (!(error instanceof ConditionFault)) throw error;
      this.#issues.add(entry.line, error.reason, error.facts);
      return undefined;
    }
  }

  #aliases(body: TreeMap, rules: readonly string[]): Map<string, Map<string, string>> {
    const aliases = new Map<string, Map<string, string>>();
    const entry = entryOf(body, "aliases");
    if (entry === undefined) return aliases;
    for (const alias of mapOf(entry.value)) {
      const fields = new Map<string, string>();
      for (const { key, line, value } of mapOf(alias.value)) {
        const field = textOf(value);
        if (!rules.includes(key)) this.#issues.add(line, "alias-rule", { name: key });
        if (field === undefined) this.#issues.add(line, "alias-field", { name: key });
        else fields.set(key, field);
      }
      if (fields.size === 0) this.#issues.add(alias.line, "alias-map", { name: alias.key });
      aliases.set(alias.key, fields);
    }
    if (aliases.size === 0) this.#issues.add(entry.line, "aliases");
    return aliases;
  }
}

function mapOf(tree: Tree): readonly TreeEntry[] {
  return tree.kind === "map" ? tree.entries : [];
}

function listOf(entry: TreeEntry | undefined): string[] {
  if (entry === undefined) return [];
  return (entry.value.kind === "list" ? entry.value.items : [entry.value]).flatMap(
    (one) => textOf(one) ?? [],
  );
}
