import { Candidates } from "./candidates.ts";
import { type CompileContext, compileCondition, compileSearch } from "./compile.ts";
import { Gates } from "./gates.ts";
import { type Issue, issueOf } from "./issue.ts";
import { type Entry, gathered, type Test, type Why } from "./leaf.ts";
import { unmappedIssues } from "./log-source.ts";
import { type Mapping, type Pipeline, waysTo } from "./pipeline.ts";
import { type RuleLevel, rulePlace, type Search, type SigmaRule } from "./rule.ts";
import { type EventRecord, EventView, type FieldRead, FieldSlots } from "./view.ts";

/** That an event met a rule, and by which of its fields. */
export interface RuleMatch {
  readonly ruleId: string;
  readonly title: string;
  readonly titleZh?: string;
  readonly level: RuleLevel;
  readonly tags: readonly string[];
  readonly why: readonly Why[];
}

/** Meets events with rules; keeps nothing from one event to the next. */
export interface Matcher {
  match(record: EventRecord): RuleMatch[];
}

export interface CompiledRules extends Matcher {
  /** How many rules can match at all. */
  readonly size: number;
  /** How many rules were tried on all events so far. */
  readonly tried: number;
  /** The fields of the record that hold a rule's field, by the rule's id. */
  namesOf(ruleId: string, field: string): readonly string[];
  /**
   * Faults: rules left out because something they need is missing, such as the values of a placeholder. Warnings: rules
   * whose log source nobody knows.
   */
  readonly issues: readonly Issue[];
  /** Rules whose log source is in no mapping of the pipeline: they meet no event. */
  readonly unmapped: readonly SigmaRule[];
}

interface Compiled {
  readonly rule: SigmaRule;
  /** Its place among all rules. */
  readonly at: number;
}

/** Rules that share their records. */
type Group = Candidates<Compiled>;

const WHY_FIELDS = 20;
const WHY_CHARS = 400;

/**
 * Compiles rules against a pipeline, once. Without a pipeline every rule meets every event and fields keep their names:
 * for events that are already those of one log source.
 */
export function compileRules(rules: readonly SigmaRule[], pipeline?: Pipeline): CompiledRules {
  const index = new RuleIndex(pipeline);
  for (const rule of rules) index.add(rule);
  index.seal();
  return index;
}

/** The rules by log source: the groups are found by the same means as the rules in them. */
class RuleIndex implements CompiledRules {
  readonly issues: Issue[] = [];
  readonly unmapped: SigmaRule[] = [];
  readonly #pipeline: Pipeline | undefined;
  readonly #slots = new FieldSlots();
  readonly #view = new EventView(this.#slots);
  readonly #root = new Candidates<Group>();
  readonly #groups = new Map<string, Group>();
  readonly #ways = new Map<string, readonly (readonly Mapping[])[]>();
  readonly #waysOf = new Map<string, readonly (readonly Mapping[])[]>();
  readonly #numbers = new Map<Mapping, number>();
  readonly #gates = new Gates<readonly Group[]>(this.#slots);
  readonly #told = new Set<string>();
  #size = 0;

  constructor(pipeline: Pipeline | undefined) {
    this.#pipeline = pipeline;
  }

  get size(): number {
    return this.#size;
  }

  get tried(): number {
    let tried = 0;
    for (const group of this.#groups.values()) tried += group.tried;
    return tried;
  }

  namesOf(ruleId: string, field: string): readonly string[] {
    const names = (this.#ways.get(ruleId) ?? [[]]).flatMap((way) => namesIn(way)(field));
    return [...new Set(names)];
  }

  add(rule: SigmaRule): void {
    const ways = this.#pipeline === undefined ? [[]] : this.#waysTo(rule, this.#pipeline);
    this.#ways.set(rule.id, ways);
    if (ways.length === 0) {
      this.unmapped.push(rule);
      if (this.#pipeline !== undefined) this.issues.push(...unmappedIssues(rule, this.#pipeline));
      // What else is wrong with it is not to come to light only when its source is known.
      this.#compile(rule, [], new Candidates());
      return;
    }
    const before = this.issues.length;
    const compiled = ways.map((way) => {
      const group = this.#group(way);
      return { group, test: this.#compile(rule, way, group) };
    });
    if (this.issues.length > before) return;
    for (const { group, test } of compiled) group.add(test, { rule, at: this.#size });
    this.#size += 1;
  }

  seal(): void {
    for (const group of this.#groups.values()) group.seal();
    this.#root.seal();
  }

  match(record: EventRecord): RuleMatch[] {
    const view = this.#view;
    view.show(record);
    let met: Entry<Compiled>[] | undefined;
    for (const group of this.#groupsOf(record)) {
      for (const entry of group.matching(view)) {
        met ??= [];
        met.push(entry);
      }
    }
    if (met === undefined) return [];
    met.sort((a, b) => a.payload.at - b.payload.at);
    const matches: RuleMatch[] = [];
    let last = -1;
    for (const { payload, test } of met) {
      // In two ways at once a rule still matches once.
      if (payload.at !== last) matches.push(told(payload.rule, test, view));
      last = payload.at;
    }
    return matches;
  }

  /** The groups whose records this is one of; known already when the fields that tell were seen before. */
  #groupsOf(record: EventRecord): readonly Group[] {
    const known = this.#gates.get(record);
    if (known !== undefined) return known;
    const reads: FieldRead[] = [];
    this.#view.reads = reads;
    const groups = this.#root.inTurn(this.#view);
    this.#view.reads = undefined;
    this.#gates.set(record, reads, groups);
    return groups;
  }

  #compile(rule: SigmaRule, way: readonly Mapping[], group: Group): Test {
    let path = "";
    const context: CompileContext = {
      slots: this.#slots,
      placeholders: this.#pipeline?.placeholders ?? new Map<string, readonly string[]>(),
      fieldsFor: namesIn(way),
      leaf: (slot, words, checks) => group.leaf(slot, words, checks),
      fault: (line, reason, facts) => {
        const issue = issueOf({ ...rulePlace(rule), line, path }, reason, facts);
        // A rule that is found in several ways has it in each.
        const key = `${issue.file}:${line} ${issue.message}`;
        if (!this.#told.has(key)) this.issues.push(issue);
        this.#told.add(key);
      },
    };
    const searches = new Map<string, Test>();
    for (const [name, search] of rule.searches) {
      path = `detection.${name}`;
      searches.set(name, compileSearch(search, context));
    }
    return compileCondition(rule.condition, searches);
  }

  #group(way: readonly Mapping[]): Group {
    const key = way.map((mapping) => this.#number(mapping)).join(",");
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Candidates();
      const records = way.flatMap(({ records }) => (records === undefined ? [] : [this.#gate(records)]));
      this.#root.add(gathered("and", records), group);
      this.#groups.set(key, group);
    }
    return group;
  }

  /** Thousands of rules have some hundred log sources among them. */
  #waysTo(rule: SigmaRule, pipeline: Pipeline): readonly (readonly Mapping[])[] {
    const { category, product, service } = rule.logSource;
    const key = JSON.stringify([rule.taxonomy, category, product, service]);
    const known = this.#waysOf.get(key) ?? waysTo(rule, pipeline);
    this.#waysOf.set(key, known);
    return known;
  }

  #number(mapping: Mapping): number {
    const number = this.#numbers.get(mapping) ?? this.#numbers.size;
    this.#numbers.set(mapping, number);
    return number;
  }

  #gate(search: Search): Test {
    return compileSearch(search, {
      slots: this.#slots,
      placeholders: new Map(),
      fieldsFor: (field) => [field],
      leaf: (slot, words, checks) => this.#root.leaf(slot, words, checks),
      fault: () => {},
    });
  }
}

function namesIn(way: readonly Mapping[]): (field: string) => readonly string[] {
  const fields = new Map(way.flatMap((mapping) => [...mapping.fields]));
  const prefix = way.findLast((mapping) => mapping.prefix !== "")?.prefix ?? "";
  // A dotted name is an ECS name already.
  return (field) => fields.get(field) ?? [field.includes(".") ? field : prefix + field];
}

function told(rule: SigmaRule, test: Test, view: EventView): RuleMatch {
  const seen: Why[] = [];
  test.explain(view, seen);
  const why = new Map<string, Why>();
  for (const { field, value } of seen) {
    if (why.size < WHY_FIELDS) why.set(`${field}\n${value}`, { field, value: value.slice(0, WHY_CHARS) });
  }
  return {
    ruleId: rule.id,
    title: rule.title,
    ...(rule.titleZh === undefined ? {} : { titleZh: rule.titleZh }),
    level: rule.level,
    tags: rule.tags,
    why: [...why.values()],
  };
}
