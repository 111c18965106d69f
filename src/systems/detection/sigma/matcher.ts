import { compileCondition, compileSearch, type Test, type Why } from "./compile.ts";
import type { Issue } from "./issue.ts";
import { type Mapping, type Pipeline, waysTo } from "./pipeline.ts";
import type { RuleLevel, Search, SigmaRule } from "./rule.ts";
import { type EventRecord, EventView, FieldSlots } from "./view.ts";

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
  /** Rules left out because something they need is missing, such as the values of a placeholder. */
  readonly issues: readonly Issue[];
  /** Rules whose log source is in no mapping of the pipeline: they meet no event. */
  readonly unmapped: readonly SigmaRule[];
}

interface Compiled {
  readonly rule: SigmaRule;
  readonly test: Test;
}

/** Rules that share their records: all of `records` must hold before any rule is asked. */
interface Group {
  readonly records: readonly Gate[];
  readonly rules: Compiled[];
}

/** A condition on records that many groups share; its answer is kept for the event under way. */
class Gate {
  readonly #test: Test;
  #event = -1;
  #open = false;

  constructor(test: Test) {
    this.#test = test;
  }

  open(view: EventView, event: number): boolean {
    if (this.#event !== event) {
      this.#event = event;
      this.#open = this.#test.test(view);
    }
    return this.#open;
  }
}

const WHY_FIELDS = 20;
const WHY_CHARS = 400;

/**
 * Compiles rules against a pipeline, once. Without a pipeline every rule meets every event and fields keep their names:
 * for events that are already those of one log source.
 */
export function compileRules(rules: readonly SigmaRule[], pipeline?: Pipeline): CompiledRules {
  const index = new RuleIndex(pipeline);
  for (const rule of rules) index.add(rule);
  return index;
}

/** The rules by log source. A faster choice of candidates belongs into `candidates`, nothing else needs to change. */
class RuleIndex implements CompiledRules {
  readonly issues: Issue[] = [];
  readonly unmapped: SigmaRule[] = [];
  readonly #pipeline: Pipeline | undefined;
  readonly #slots = new FieldSlots();
  readonly #view = new EventView(this.#slots);
  readonly #gates = new Map<Search, Gate>();
  readonly #groups = new Map<string, Group>();
  readonly #numbers = new Map<Mapping, number>();
  #event = 0;
  #size = 0;

  constructor(pipeline: Pipeline | undefined) {
    this.#pipeline = pipeline;
  }

  get size(): number {
    return this.#size;
  }

  add(rule: SigmaRule): void {
    const ways = this.#pipeline === undefined ? [[]] : waysTo(rule.logSource, this.#pipeline);
    if (ways.length === 0) {
      this.unmapped.push(rule);
      return;
    }
    const before = this.issues.length;
    const compiled = ways.map((way) => ({ way, test: this.#compile(rule, way) }));
    if (this.issues.length > before) return;
    this.#size += 1;
    for (const { way, test } of compiled) this.#group(way).rules.push({ rule, test });
  }

  match(record: EventRecord): RuleMatch[] {
    const view = this.#view;
    view.show(record);
    this.#event += 1;
    let matches: Map<string, RuleMatch> | undefined;
    for (const group of this.candidates(view)) {
      for (const { rule, test } of group) {
        if (!test.test(view)) continue;
        matches ??= new Map();
        if (!matches.has(rule.id)) matches.set(rule.id, told(rule, test, view));
      }
    }
    return matches === undefined ? [] : [...matches.values()];
  }

  *candidates(view: EventView): Iterable<readonly Compiled[]> {
    for (const group of this.#groups.values()) {
      if (group.records.every((gate) => gate.open(view, this.#event))) yield group.rules;
    }
  }

  #compile(rule: SigmaRule, way: readonly Mapping[]): Test {
    const fields = new Map(way.flatMap((mapping) => [...mapping.fields]));
    const prefix = way.findLast((mapping) => mapping.prefix !== "")?.prefix ?? "";
    const context = {
      slots: this.#slots,
      placeholders: this.#pipeline?.placeholders ?? new Map<string, readonly string[]>(),
      // A dotted name is an ECS name already.
      fieldsFor: (field: string) => fields.get(field) ?? [field.includes(".") ? field : prefix + field],
      fault: (line: number, message: string) => this.issues.push({ file: rule.file, line, message }),
    };
    const searches = new Map(
      [...rule.searches].map(([name, search]) => [name, compileSearch(search, context)]),
    );
    return compileCondition(rule.condition, searches);
  }

  #group(way: readonly Mapping[]): Group {
    const key = way.map((mapping) => this.#number(mapping)).join(",");
    let group = this.#groups.get(key);
    if (group === undefined) {
      const records = way.flatMap(({ records }) => (records === undefined ? [] : [this.#gate(records)]));
      group = { records, rules: [] };
      this.#groups.set(key, group);
    }
    return group;
  }

  #number(mapping: Mapping): number {
    const number = this.#numbers.get(mapping) ?? this.#numbers.size;
    this.#numbers.set(mapping, number);
    return number;
  }

  #gate(search: Search): Gate {
    let gate = this.#gates.get(search);
    if (gate === undefined) {
      const test = compileSearch(search, {
        slots: this.#slots,
        placeholders: new Map(),
        fieldsFor: (field) => [field],
        fault: () => {},
      });
      gate = new Gate(test);
      this.#gates.set(search, gate);
    }
    return gate;
  }
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
