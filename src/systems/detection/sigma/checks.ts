import { Answers } from "../answers.ts";
import type { Comparison, NumberOp, TimePart } from "./item.ts";
import { type Check, seen, type Why, type Word } from "./leaf.ts";
import { networkHolds } from "./network.ts";
import { folded, type Shape, testOf } from "./pattern.ts";
import type { EventView } from "./view.ts";

/** Values of which it is remembered whether a regular expression fits, at least. */
const MOST_ANSWERS = 1_000;

/** A check of single values. `fold` says whether they are to be without case. */
function valueCheck(
  key: string,
  slot: number | undefined,
  fold: boolean,
  hints: readonly Word[] | undefined,
  holds: (value: string) => boolean,
): Check {
  const values = (view: EventView) => {
    if (slot === undefined) return fold ? view.everythingFolded() : view.everything();
    return fold ? view.folded(slot) : view.texts(slot);
  };
  return {
    key,
    hints,
    test: (view) => {
      for (const one of values(view)) if (holds(one)) return true;
      return false;
    },
    explain: (view, why) => {
      const texts = slot === undefined ? view.everything() : view.texts(slot);
      for (const [at, one] of values(view).entries()) {
        if (!holds(one)) continue;
        why.push(seen(view, slot, texts[at] ?? ""));
        return;
      }
    },
  };
}

/** A text that no single word answers: with wildcards inside, with regard to case, or any at all. */
export function shapeCheck(shape: Shape, cased: boolean, slot: number | undefined): Check {
  const key = JSON.stringify(["text", cased, keyOf(shape)]);
  return valueCheck(key, slot, !cased, hintsOf(shape), testOf(shape));
}

function keyOf(shape: Shape): unknown {
  if (shape.how !== "glob") return shape;
  const segments = shape.segments.map((segment) =>
    segment.map((part) => (typeof part === "string" ? part : 1)),
  );
  return [segments, shape.atStart, shape.atEnd];
}

function hintsOf(shape: Shape): readonly Word[] | undefined {
  if (shape.how === "anything") return undefined;
  if (shape.how !== "glob") return hint(shape.how, shape.text);
  const literals = shape.segments.flat().filter((part) => typeof part === "string");
  const [longest] = literals.sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : hint("contains", longest);
}

function hint(how: Word["how"], text: string): readonly Word[] | undefined {
  // Half of a surrogate pair changes with its other half when case is folded.
  return text === "" || !text.isWellFormed() ? undefined : [{ how, text: folded(text) }];
}

/** The check of any comparison but text. A keyword, that is no slot, can only be a regular expression. */
export function comparisonCheck(
  comparison: Exclude<Comparison, { kind: "text" }>,
  slot: number | undefined,
  others: readonly number[],
): Check | undefined {
  switch (comparison.kind) {
    case "regex": {
      const { regex, hints } = comparison;
      const key = JSON.stringify(["re", regex.pattern(), regex.flags()]);
      const answers = new Answers<boolean>(MOST_ANSWERS);
      return valueCheck(key, slot, false, hints.words, (value) => {
        if (value.length < hints.shortest) return false;
        const known = answers.get(value);
        if (known !== undefined) return known;
        const fits = regex.test(value);
        answers.set(value, fits);
        return fits;
      });
    }
    case "network": {
      const { network } = comparison;
      const key = JSON.stringify(["cidr", [...network.bytes], network.bits]);
      return valueCheck(key, slot, false, undefined, (value) => networkHolds(network, value));
    }
    case "number": {
      const { op, than, part } = comparison;
      return valueCheck(JSON.stringify([op, than, part]), slot, false, undefined, numberTest(op, than, part));
    }
    case "null":
      if (slot === undefined) return undefined;
      return {
        key: "null",
        hints: undefined,
        test: (view) => view.texts(slot).length === 0,
        explain: () => {},
      };
    case "exists":
      return slot === undefined ? undefined : existsCheck(slot, comparison.present);
    case "field":
      return slot === undefined ? undefined : fieldCheck(slot, others, comparison);
  }
}

function existsCheck(slot: number, present: boolean): Check {
  return {
    key: `exists ${present}`,
    hints: undefined,
    test: (view) => view.has(slot) === present,
    explain: (view, why) => {
      if (present) why.push({ field: view.name(slot), value: view.texts(slot)[0] ?? "" });
    },
  };
}

function fieldCheck(
  slot: number,
  others: readonly number[],
  how: Extract<Comparison, { kind: "field" }>,
): Check {
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
    key: JSON.stringify(["field", others, how.how, how.cased]),
    hints: undefined,
    test: (view: EventView) =>
      values(view, slot).some((left) =>
        others.some((at) => values(view, at).some((right) => holds(left, right))),
      ),
    explain: (view: EventView, why: Why[]) => {
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
