import type { Condition } from "./condition.ts";
import type { Comparison, Item, NumberOp, TimePart } from "./item.ts";
import { networkHolds } from "./network.ts";
import { fillPlaceholders, type Pattern, placeholdersOf, type Shape, shapeOf, testOf } from "./pattern.ts";
import type { Search } from "./rule.ts";
import type { EventView, FieldSlots } from "./view.ts";

/** A field of the event and its value that made a rule match. */
export interface Why {
  readonly field: string;
  readonly value: string;
}

/** A compiled part of a rule. `explain` is asked only after `test` said yes; it adds what was seen. */
export interface Test {
  test(view: EventView): boolean;
  explain(view: EventView, why: Why[]): void;
}

/** What a rule is compiled against: the pipeline's names, and the slots that all rules share. */
export interface CompileContext {
  readonly slots: FieldSlots;
  readonly placeholders: ReadonlyMap<string, readonly string[]>;
  /** The ECS fields that stand for a rule's field. */
  fieldsFor(field: string): readonly string[];
  /** Tells the author that the rule cannot be compiled. */
  fault(line: number, message: string): void;
}

/** One value of the event against one comparison; `fold` says whether it wants the value without case. */
interface ValueTest {
  readonly fold: boolean;
  holds(value: string): boolean;
}

export function compileCondition(condition: Condition, searches: ReadonlyMap<string, Test>): Test {
  switch (condition.kind) {
    case "search":
      return searches.get(condition.name) ?? NEVER;
    case "not":
      return negated(compileCondition(condition.of, searches));
    default:
      return gathered(
        condition.kind,
        condition.of.map((one) => compileCondition(one, searches)),
      );
  }
}

export function compileSearch(search: Search, context: CompileContext): Test {
  if (search.kind === "item") return compileItem(search.item, context);
  return gathered(
    search.kind,
    search.of.map((one) => compileSearch(one, context)),
  );
}

const NEVER: Test = { test: () => false, explain: () => {} };

function negated(of: Test): Test {
  // What is absent cannot be shown.
  return { test: (view) => !of.test(view), explain: () => {} };
}

function gathered(kind: "and" | "or", of: readonly Test[]): Test {
  const [only] = of;
  if (only !== undefined && of.length === 1) return only;
  if (kind === "and") {
    return {
      test: (view) => {
        for (const one of of) if (!one.test(view)) return false;
        return true;
      },
      explain: (view, why) => {
        for (const one of of) one.explain(view, why);
      },
    };
  }
  return {
    test: (view) => {
      for (const one of of) if (one.test(view)) return true;
      return false;
    },
    explain: (view, why) => {
      for (const one of of) if (one.test(view)) one.explain(view, why);
    },
  };
}

function compileItem(item: Item, context: CompileContext): Test {
  const fields = item.field === undefined ? [undefined] : context.fieldsFor(item.field);
  const tests = fields.map((field) => compileField(item, field, context));
  const test = gathered("or", tests);
  return item.negated ? negated(test) : test;
}

function compileField(item: Item, field: string | undefined, context: CompileContext): Test {
  const slot = field === undefined ? undefined : context.slots.of(field);
  const tests = item.comparisons.map((comparison) => compileComparison(comparison, item, slot, context));
  if (item.all) return gathered("and", tests.flat());
  // Values of one kind are tried together: a list of plain words is one look-up in a set.
  return gathered("or", merged(tests.flat(), slot));
}

/** A test that still knows that it only looks at single values. */
interface ValueItem extends Test {
  readonly value?: ValueTest;
  readonly shape?: Shape;
}

function compileComparison(
  comparison: Comparison,
  item: Item,
  slot: number | undefined,
  context: CompileContext,
): ValueItem[] {
  switch (comparison.kind) {
    case "text":
      return compileText(comparison.patterns, comparison.cased, item, slot, context);
    case "regex":
      return [valueItem({ fold: false, holds: (value) => comparison.regex.test(value) }, slot)];
    case "network":
      return [valueItem({ fold: false, holds: (value) => networkHolds(comparison.network, value) }, slot)];
    case "number":
      return [
        valueItem({ fold: false, holds: numberTest(comparison.op, comparison.than, comparison.part) }, slot),
      ];
    case "null":
      return slot === undefined ? [] : [{ test: (view) => view.texts(slot).length === 0, explain: () => {} }];
    case "exists":
      return slot === undefined ? [] : [existsTest(slot, comparison.present)];
    case "field": {
      const others = context.fieldsFor(comparison.other).map((name) => context.slots.of(name));
      return slot === undefined ? [] : [fieldTest(slot, others, comparison)];
    }
  }
}

function compileText(
  patterns: readonly Pattern[],
  cased: boolean,
  item: Item,
  slot: number | undefined,
  context: CompileContext,
): ValueItem[] {
  const filled = patterns.flatMap((pattern) => {
    for (const name of placeholdersOf(pattern)) {
      if (!context.placeholders.has(name))
        context.fault(item.line, `no pipeline gives values for "%${name}%"`);
    }
    return fillPlaceholders(pattern, context.placeholders);
  });
  const items = filled.map((pattern): ValueItem => {
    const shape = shapeOf(pattern, cased);
    return { ...valueItem({ fold: !cased, holds: testOf(shape) }, slot), shape };
  });
  // With "all" every written value must be found, in any one of the forms that its modifiers gave it.
  return item.all && items.length > 1 ? [gathered("or", items)] : items;
}

function valueItem(value: ValueTest, slot: number | undefined): ValueItem {
  const values = (view: EventView) => {
    if (slot === undefined) return value.fold ? view.everythingFolded() : view.everything();
    return value.fold ? view.folded(slot) : view.texts(slot);
  };
  return {
    value,
    test: (view) => {
      for (const one of values(view)) if (value.holds(one)) return true;
      return false;
    },
    explain: (view, why) => {
      const texts = slot === undefined ? view.everything() : view.texts(slot);
      for (const [at, one] of values(view).entries()) {
        if (!value.holds(one)) continue;
        const text = texts[at] ?? "";
        why.push({
          field: slot === undefined ? (view.fieldsHolding(text)[0] ?? "") : view.name(slot),
          value: text,
        });
        return;
      }
    },
  };
}

function merged(tests: readonly ValueItem[], slot: number | undefined): Test[] {
  const words: string[] = [];
  const kept: Test[] = [];
  for (const test of tests) {
    if (test.value?.fold === true && test.shape?.how === "equals") words.push(test.shape.text);
    else kept.push(test);
  }
  if (words.length < 4) return [...tests];
  const set = new Set(words);
  return [valueItem({ fold: true, holds: (value) => set.has(value) }, slot), ...kept];
}

function existsTest(slot: number, present: boolean): Test {
  return {
    test: (view) => view.has(slot) === present,
    explain: (view, why) => {
      if (present) why.push({ field: view.name(slot), value: view.texts(slot)[0] ?? "" });
    },
  };
}

function fieldTest(
  slot: number,
  others: readonly number[],
  how: Extract<Comparison, { kind: "field" }>,
): Test {
  const holds = (left: string, right: string) => {
    switch (how.how) {
      case "equals":
        return left === right;
      case "startsWith":
        return left.startsWith(right);
      case "endsWith":
        return left.endsWith(right);
      case "contains":
        return left.includes(right);
    }
  };
  const values = (view: EventView, at: number) => (how.cased ? view.texts(at) : view.folded(at));
  return {
    test: (view) =>
      values(view, slot).some((left) =>
        others.some((at) => values(view, at).some((right) => holds(left, right))),
      ),
    explain: (view, why) => {
      why.push({ field: view.name(slot), value: view.texts(slot)[0] ?? "" });
    },
  };
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;

function numberTest(op: NumberOp, than: number, part: TimePart | undefined): (value: string) => boolean {
  const read = (value: string) => (part === undefined ? numberOf(value) : timePart(value, part));
  return (value) => {
    const number = read(value);
    if (number === undefined) return false;
    switch (op) {
      case "eq":
        return number === than;
      case "lt":
        return number < than;
      case "lte":
        return number <= than;
      case "gt":
        return number > than;
      case "gte":
        return number >= than;
    }
  };
}

function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? Number(trimmed) : undefined;
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?/;

/** A part of a date as it is written; no zone is reckoned with (specification, "Time Modifiers"). */
function timePart(text: string, part: TimePart): number | undefined {
  const found = TIME.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute] = found
    .slice(1)
    .map((digits) => (digits === undefined ? undefined : +digits));
  if (part === "week") return year === undefined ? undefined : isoWeek(year, month ?? 1, day ?? 1);
  return { year, month, day, hour, minute }[part];
}

/** ISO 8601 week: the one that holds the year's first Thursday is 1. */
function isoWeek(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(year, month - 1, day));
  const thursday = date.getTime() + (4 - (date.getUTCDay() || 7)) * 86_400_000;
  const first = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return Math.floor((thursday - first) / 604_800_000) + 1;
}
