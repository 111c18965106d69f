import { comparisonCheck, shapeCheck } from "./checks.ts";
import type { Condition } from "./condition.ts";
import type { Comparison, Item } from "./item.ts";
import { type Check, gathered, type Leaf, NEVER, negated, type Test, type Word } from "./leaf.ts";
import type { Facts, Reason } from "./model.ts";
import { fillPlaceholders, type Pattern, placeholdersOf, shapeOf } from "./pattern.ts";
import type { Search } from "./rule.ts";
import type { FieldSlots } from "./view.ts";

/** What a rule is compiled against: the pipeline's names, and the slots and leaves that rules share. */
export interface CompileContext {
  readonly slots: FieldSlots;
  readonly placeholders: ReadonlyMap<string, readonly string[]>;
  /** The ECS fields that stand for a rule's field. */
  fieldsFor(field: string): readonly string[];
  leaf(slot: number | undefined, words: readonly Word[], checks: readonly Check[]): Leaf;
  /** Tells the author that the rule cannot be compiled. */
  fault(line: number, reason: Reason, facts: Facts): void;
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

function compileItem(item: Item, context: CompileContext): Test {
  const fields = item.field === undefined ? [undefined] : context.fieldsFor(item.field);
  const tests = fields.map((field) => compileField(item, field, context));
  const test = gathered("or", tests);
  return item.negated ? negated(test) : test;
}

function compileField(item: Item, field: string | undefined, context: CompileContext): Test {
  const slot = field === undefined ? undefined : context.slots.of(field);
  const parts = item.comparisons.map((comparison) => compileComparison(comparison, item, slot, context));
  // With "all" every written value must be found, in any one of the forms that its modifiers gave it.
  if (item.all) {
    return gathered(
      "and",
      parts.map(({ words, checks }) => context.leaf(slot, words, checks)),
    );
  }
  return context.leaf(
    slot,
    parts.flatMap(({ words }) => words),
    parts.flatMap(({ checks }) => checks),
  );
}

interface Parts {
  readonly words: readonly Word[];
  readonly checks: readonly Check[];
}

function compileComparison(
  comparison: Comparison,
  item: Item,
  slot: number | undefined,
  context: CompileContext,
): Parts {
  if (comparison.kind === "text") {
    return compileText(comparison.patterns, comparison.cased, item, slot, context);
  }
  const others =
    comparison.kind === "field"
      ? context.fieldsFor(comparison.other).map((name) => context.slots.of(name))
      : [];
  const check = comparisonCheck(comparison, slot, others);
  return { words: [], checks: check === undefined ? [] : [check] };
}

function compileText(
  patterns: readonly Pattern[],
  cased: boolean,
  item: Item,
  slot: number | undefined,
  context: CompileContext,
): Parts {
  const filled = patterns.flatMap((pattern) => {
    for (const name of placeholdersOf(pattern)) {
      if (!context.placeholders.has(name)) context.fault(item.line, "placeholder", { name });
    }
    return fillPlaceholders(pattern, context.placeholders);
  });
  const words: Word[] = [];
  const checks: Check[] = [];
  for (const pattern of filled) {
    const shape = shapeOf(pattern, cased);
    if (cased || shape.how === "glob" || shape.how === "anything")
      checks.push(shapeCheck(shape, cased, slot));
    else words.push(shape);
  }
  return { words, checks };
}
