import { instantOf, millis } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import { clean, mainEntityOf } from "../alerts/entities.ts";
import type { MatchedEvent } from "../alerts/index.ts";
import { LOG_TLP } from "../pipeline/log-table.ts";
import type { CorrelationSet } from "./load.ts";
import type { CorrelationMatch, RuleHit } from "./model.ts";

const WHY_EVENTS = 10;
/** The field that tells members apart in rules that look across them (ECS). */
const ORGANISATION = "organization.id";

/** What correlation needs of a match; undefined where no rule looks at it. */
export function hitOf(
  set: CorrelationSet,
  { match, eventId, at, record }: MatchedEvent,
  source: string,
  receivedAt: number,
): RuleHit | undefined {
  const fields = set.names.get(match.ruleId);
  if (fields === undefined) return undefined;
  const kept: Record<string, unknown> = {};
  for (const name of [...fields.values()].flat()) {
    const value = record[name];
    if (value !== undefined) kept[name] = typeof value === "string" ? clean(value.slice(0, 2_000)) : value;
  }
  return { ruleId: match.ruleId, eventId, at: millis(at), receivedAt, source, record: kept };
}

/** What a correlation found, as an alert is raised of it. */
export function alertOf(set: CorrelationSet, match: CorrelationMatch, orgId: OrgId): MatchedEvent {
  const { id, ruleId, title, titleZh, level, tags, group, counted, firstAt, at, count, value, eventIds } =
    match;
  const grouped: Record<string, unknown> = {};
  for (const [field, text] of Object.entries(group))
    for (const name of recordNames(set, ruleId, field)) grouped[name] = text;
  const record: Record<string, unknown> = {};
  for (const [field, texts] of Object.entries(counted ?? {}))
    for (const name of recordNames(set, ruleId, field)) record[name] = texts;
  Object.assign(record, grouped);
  return {
    orgId,
    tlp: LOG_TLP,
    eventId: id.slice(0, 1_000),
    at: instantOf(at),
    stands: { count, since: instantOf(firstAt) },
    record,
    match: {
      ruleId,
      title,
      ...(titleZh === undefined ? {} : { titleZh }),
      level,
      tags,
      // What was counted differs from one time to the next, what it was grouped by does not.
      entity: mainEntityOf(grouped),
      why: [
        ...Object.entries(group).map(([field, text]) => ({
          field: recordNames(set, ruleId, field)[0] ?? field,
          value: text,
        })),
        { field: "correlation.events", value: String(count) },
        ...(value === count || Number.isNaN(value)
          ? []
          : [{ field: "correlation.value", value: String(value) }]),
        ...eventIds.slice(-WHY_EVENTS).map((event) => ({ field: "event.id", value: event })),
      ],
    },
  };
}

/** The names in records of a correlation's field, by the rules below it that are tied to records. */
function recordNames(set: CorrelationSet, ruleId: string, field: string): readonly string[] {
  const names = new Set<string>();
  for (const linked of [set.own, set.across]) {
    for (const [source, inputs] of linked.inputs) {
      for (const { rule, groupBy, fields } of inputs) {
        if (rule.id !== ruleId) continue;
        const by = groupBy[rule.groupBy.indexOf(field)];
        const counted = fields[rule.fields.indexOf(field)];
        for (const own of [by, counted])
          if (own !== undefined) for (const name of set.names.get(source)?.get(own) ?? []) names.add(name);
      }
    }
  }
  return names.size === 0 ? [field] : [...names];
}

export function withOrganisation(hit: RuleHit, orgId: OrgId): RuleHit {
  return { ...hit, record: { ...hit.record, [ORGANISATION]: orgId } };
}
