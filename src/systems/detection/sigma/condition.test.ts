import assert from "node:assert/strict";
import { test } from "node:test";
import { type Condition, ConditionFault, readCondition } from "./condition.ts";

const NAMES = ["selection", "selection_a", "selection_b", "filter_x", "_hidden", "keywords"];

function holds(condition: Condition, truth: ReadonlySet<string>): boolean {
  switch (condition.kind) {
    case "search":
      return truth.has(condition.name);
    case "not":
      return !holds(condition.of, truth);
    case "and":
      return condition.of.every((one) => holds(one, truth));
    case "or":
      return condition.of.some((one) => holds(one, truth));
  }
}

test("precedence, brackets and quantifiers", () => {
  const rows: [string, string[], boolean][] = [
    ["selection or keywords and filter_x", ["selection"], true],
    ["(selection or keywords) and filter_x", ["selection"], false],
    ["not selection and keywords", ["keywords"], true],
    ["not (selection and keywords)", ["keywords"], true],
    ["not not selection", ["selection"], true],
    ["1 of selection_*", ["selection_b"], true],
    ["all of selection_*", ["selection_b"], false],
    ["all of selection_*", ["selection_a", "selection_b"], true],
    ["all of selection*", ["selection_a", "selection_b"], false],
    ["1 of them", ["_hidden"], false],
    ["any of *_x", ["filter_x"], true],
    ["all of them", NAMES.filter((name) => name !== "_hidden"), true],
    ["selection AND NOT 1 OF filter_*", ["selection"], true],
    ["selection and not 1 of filter_*", ["selection", "filter_x"], false],
  ];
  for (const [text, truth, wanted] of rows) {
    assert.equal(holds(readCondition(text, NAMES), new Set(truth)), wanted, text);
  }
});

test("what is wrong is said", () => {
  const rows: [string, RegExp][] = [
    ["", /empty/],
    ["selection and", /ends where/],
    ["selection selection_a", /"selection_a" is not expected/],
    ["(selection", /"\)" is missing/],
    ["selection)", /"\)" is not expected/],
    ["nothing", /no search identifier "nothing"/],
    ["1 of nothing*", /covered by "nothing\*"/],
    ["2 of them", /"2 of" is not known/],
    ["selection | count() > 5", /aggregations/],
    ["and selection", /"and" stands/],
    [`${"(".repeat(200)}selection${")".repeat(200)}`, /nested deeper/],
  ];
  for (const [text, message] of rows) {
    assert.throws(
      () => readCondition(text, NAMES),
      (error: Error) => error instanceof ConditionFault && message.test(error.message),
      text,
    );
  }
});
