import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadMatcher } from "../pipeline/rules.ts";
import { loadRules } from "../sigma/index.ts";
import { Correlator, readCorrelations } from "./index.ts";

const at = (path: string) => fileURLToPath(new URL(`../../../../content/${path}`, import.meta.url));
const RULES = at("detection-rules");
const { matcher, correlations, faults } = loadMatcher({ rules: RULES, pipelines: at("sigma-pipelines") });

/** So many like events, one after the other; `{n}` in a text is the number of the event, from 1. */
interface Step {
  readonly times: number;
  readonly everySeconds: number;
  readonly event: Readonly<Record<string, unknown>>;
}

/** How often a rule fires over a stream of records, each organisation by itself or all together. */
function fires(ruleId: string, across: boolean, steps: readonly Step[]): number {
  const namesOf = (rule: string, field: string) => correlations.names.get(rule)?.get(field) ?? [field];
  const made = new Map<unknown, Correlator>();
  let time = Date.parse("2026-11-24T00:00:00Z");
  let events = 0;
  const found = steps.flatMap(({ times, everySeconds, event }) =>
    Array.from({ length: times }, (_, n) => {
      time += everySeconds * 1000;
      const record: Record<string, unknown> = JSON.parse(
        JSON.stringify(event).replaceAll("{n}", String(n + 1)),
      );
      const whose = across ? "all" : record["organization.id"];
      const correlator =
        made.get(whose) ?? new Correlator(across ? correlations.across : correlations.own, {}, namesOf);
      made.set(whose, correlator);
      const eventId = `e${++events}`;
      return matcher
        .match(record)
        .flatMap((match) => correlator.feed({ ruleId: match.ruleId, eventId, at: time, record }));
    }).flat(),
  );
  const rest = [...made.values()].flatMap((correlator) => correlator.flush());
  return [...found, ...rest].filter((match) => match.ruleId === ruleId).length;
}

test("every correlation rule loads, has its title in Chinese and its techniques, and its streams behave as they say", () => {
  assert.deepEqual(faults, []);
  const { correlations: rules } = readCorrelations(loadRules(RULES));
  assert.ok(rules.length >= 8);
  for (const rule of rules) {
    assert.match(rule.titleZh ?? "", /\p{Script=Han}/u, rule.file);
    if (correlations.silent.has(rule.id)) continue;
    assert.ok(
      rule.tags.some((tag) => /^attack\.t\d{4}/.test(tag)),
      `${rule.file} names no technique`,
    );
    const text = readFileSync(`${RULES}/${rule.file.replace(".yml", ".events.json")}`, "utf8");
    const { match, noMatch }: { match: Step[][]; noMatch: Step[][] } = JSON.parse(text);
    assert.ok(match.length > 0 && noMatch.length > 0, rule.file);
    for (const [n, steps] of match.entries())
      assert.equal(fires(rule.id, rule.across, steps), 1, `${rule.file} match[${n}]`);
    for (const [n, steps] of noMatch.entries())
      assert.equal(fires(rule.id, rule.across, steps), 0, `${rule.file} noMatch[${n}]`);
  }
});

test("rules that only correlations look at raise nothing themselves; those that say generate still do", () => {
  const { rules } = loadRules(RULES);
  const silent = rules.filter(({ id }) => correlations.silent.has(id)).map(({ name }) => name);
  assert.deepEqual(silent.sort(), ["authentication_failed", "authentication_succeeded"]);
});
