import { z } from "zod";
import type { Fault } from "../../../core/problem.ts";
import { filled, type ReasonFacts } from "../../../core/reason.ts";

/**
 * Why a file of rules or pipelines is not taken as it stands, in English; `{{name}}` stands for a fact. The console has
 * the same keys in both languages.
 */
export const REASONS = {
  // The file as YAML (specification 1.2.2); the reader's own words are `fault`.
  yaml: "{{fault}}",
  "yaml-key-twice": "{{fault}}",
  "yaml-indent": "{{fault}}",
  "yaml-tab": "{{fault}}",
  "yaml-escape": "{{fault}}",
  "yaml-missing": "{{fault}}",
  "yaml-unexpected": "{{fault}}",
  "yaml-scalar": "{{fault}}",
  "yaml-alias": "{{fault}}",
  "yaml-tag": "{{fault}}",
  "file-unreadable": "the file cannot be read: {{fault}}",
  "file-long": "the file is longer than {{most}} characters",
  "file-empty": "the file holds no rule",
  "document-large": "the document is too large or too deep",
  "key-text": "a key must be text",
  value: "not a value that a rule can hold",
  "action-unknown": '"action" is one of global, reset, repeat',
  "action-repeat": '"action: repeat" needs a document before it',
  "action-global": '"action: global" has no document after it',
  // A rule and what stands around its detection.
  "rule-map": "a rule is a map, not a {{kind}}",
  "rule-kind": 'this document has "{{kind}}" and no "detection"; only detection rules are taken here',
  "rule-needs": 'a detection rule needs "{{name}}"',
  "id-taken": "the id {{id}} belongs to {{file}} already",
  "id-twice": "the id {{id}} is taken already",
  title: '"title" is text of 1 to 256 characters',
  id: '"id" is a UUID',
  level: '"level" is one of {{values}}',
  status: '"status" is one of {{values}}',
  date: '"date" is a day, YYYY-MM-DD',
  modified: '"modified" is a day, YYYY-MM-DD',
  tags: '"tags" is a list',
  tag: '"{{tag}}" is not a tag such as attack.t1110',
  related: '"related" is a list of maps with id and type',
  "related-one": '"related" names a rule\'s UUID as id, and as type one of {{values}}',
  logsource: '"logsource" is a map of category, product and service',
  "logsource-empty": '"logsource" needs category, product or service',
  text: '"{{name}}" is text',
  // What a pipeline knows of it.
  "source-any":
    '"{{name}}: {{value}}" is taken for a name, since Sigma knows no wildcard there, and no pipeline knows it: the rule meets nothing. Leave the line out to mean every {{name}}',
  "source-name": 'no pipeline knows the {{name}} "{{value}}" (of {{source}}), so the rule meets nothing',
  "source-unknown": "no pipeline knows the records of {{source}}, so the rule meets nothing",
  taxonomy: 'no pipeline maps the names of the taxonomy "{{taxonomy}}", so the rule meets nothing',
  placeholder: 'no pipeline gives values for "%{{name}}%"',
  // The detection.
  detection: '"detection" is a map of search identifiers and a condition',
  "detection-empty": '"detection" has no search identifier',
  "detection-condition": '"detection" needs a "condition"',
  "condition-text": "a condition is text",
  "condition-empty": "the condition is empty",
  "condition-pipe": '"|" aggregations left Sigma with version 2; write a correlation rule instead',
  "condition-unexpected": '"{{token}}" is not expected here',
  "condition-end": "the condition ends where a search identifier is expected",
  "condition-bracket": 'a ")" is missing',
  "condition-place": '"{{token}}" stands where a search identifier is expected',
  "condition-name": 'there is no search identifier "{{name}}"',
  "condition-quantifier": '"{{word}} of" is not known; write "1 of" or "all of"',
  "condition-of": '"{{word}} of" needs an identifier, a pattern or "them"',
  "condition-covers": 'no search identifier is covered by "{{pattern}}"',
  "condition-deep": "the condition is nested deeper than {{most}}",
  "map-empty": "the map is empty",
  "list-empty": "the list is empty",
  // An item of it (modifiers appendix 2.1).
  "modifier-unknown": '"{{name}}" is not a modifier of Sigma',
  "modifier-empty": '"{{key}}" has an empty modifier',
  "modifier-twice": '"{{key}}" has a modifier twice',
  "modifiers-apart": '"{{one}}" and "{{other}}" do not go together',
  "modifier-after": '"{{name}}" stands only after "re"',
  "modifier-behind": '"{{name}}" stands after "re"',
  "modifier-before": '"{{name}}" stands before "{{other}}"',
  "modifier-date": '"{{name}}" goes with "lt", "lte", "gt", "gte" only',
  "modifier-part": "a date gives one part only",
  "modifier-alone": '"exists" stands alone',
  "modifier-field": '"{{name}}" needs a field before it',
  "value-one": '"{{name}}" takes one value, not a list',
  "value-several": '"all" needs a list of at least two values',
  "value-kind": '"{{key}}" takes a value or a list of values, not a {{kind}}',
  "value-none": '"{{key}}" has no values',
  "value-judgement": '"exists" takes true or false',
  "value-null": 'null does not go with "{{name}}"',
  "value-keyword": "a keyword must be text",
  "value-text": '"{{name}}" takes text, not {{value}}',
  "value-text-number": '"{{name}}" takes text, not the number {{value}}',
  "regex-beyond":
    '"{{sign}}" is not supported: regular expressions are run in linear time, without lookaround, back-references and atomic groups',
  "regex-unusable": "the regular expression cannot be used: {{fault}}",
  prefix: '"{{value}}" is not an address prefix',
  number: '"{{name}}" takes a number, not "{{value}}"',
  range: '"{{name}}" is a number from {{least}} to {{most}}',
  fieldref: '"fieldref" takes the name of a field',
  windash: '"windash" takes at most 4 switches in one value',
  wildcards: '"{{name}}" takes text without wildcards',
  // Filters (specification 2.1).
  "filter-needs": 'a filter needs "{{name}}"',
  "filter-rules": '"filter" needs "rules", a list of ids and names, or "any"',
  "filter-nobody": 'there is no rule "{{name}}" to filter',
  // Correlation rules (specification 2.1).
  correlation: '"correlation" is a map',
  "correlation-key": '"{{key}}" is not one of {{values}}',
  "correlation-title": 'a correlation rule needs "title"',
  "correlation-type": '"{{type}}" is not a type of correlation',
  "correlation-names": '"{{name}}" is a list of names, each once',
  "correlation-span": '"timespan" is a number with s, m, h, d, w, M or y',
  "correlation-condition": '"{{type}}" needs a map as "condition"',
  "correlation-operator": '"condition" needs one of {{values}}',
  "correlation-no-field": '"event_count" takes no "field"',
  "correlation-field": '"{{type}}" needs a "field"',
  "correlation-percentile": '"value_percentile" needs a "percentile" from 0 to 100',
  "correlation-meaning": '"{{key}}" has no meaning in this condition',
  "correlation-number": '"{{key}}" takes a number',
  "alias-rule": '"{{name}}" is not among "rules"',
  "alias-field": '"{{name}}" needs the name of a field',
  "alias-map": 'the alias "{{name}}" is a map of rules and fields',
  aliases: '"aliases" is a map',
  "correlation-nobody": 'there is no rule "{{names}}"',
  "correlation-faulty": 'the rule "{{names}}" that it looks at has faults of its own',
  "correlation-circle": "it looks at a rule that is left out, or at itself in a circle",
  // Pipelines.
  pipeline: "a pipeline is a map, not a {{kind}}",
  "pipeline-key": '"{{key}}" is not one of {{values}}',
  "pipeline-list": '"logsources" is a list',
  "pipeline-logsource": 'a mapping needs a "logsource" with category, product or service',
  "pipeline-part": '"{{key}}" is not part of a log source',
  "pipeline-names": "this is a map of names",
  "pipeline-name": '"{{key}}" needs a name or a list of names',
  "draft-empty": "there is no rule to try: the text holds filters only",
  // Examples beside a rule.
  examples: 'examples need events in "match" and in "noMatch"',
  "examples-unreadable": "the examples cannot be read: {{fault}}",
  "example-misses": "{{example}} does not match the rule",
  "example-meets": "{{example}} matches the rule",
} as const;
export type Reason = keyof typeof REASONS;
export type Facts = ReasonFacts;

/** `fault`: what it stands in is left out. `warning`: it is taken, and does not do what it seems to. */
export const SEVERITIES = ["fault", "warning"] as const;

/** One thing that is wrong with an author's file. */
export const RuleFault = z.object({
  severity: z.enum(SEVERITIES),
  /** Relative to its folder, and the line from 1. */
  file: z.string(),
  line: z.number().int(),
  /** The place in the document: `detection.selection.CommandLine|re`; empty where that is the whole of it. */
  path: z.string(),
  /** The rule in which it is; null where no rule could be made out. */
  rule: z.object({ id: z.string().nullable(), title: z.string() }).nullable(),
  message: z.string(),
  /** The message among the console's texts, and what stands in it. */
  key: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type RuleFault = z.infer<typeof RuleFault>;

/** The reason in English. */
export function reasonText(reason: Reason, facts: Facts): string {
  return filled(REASONS[reason], facts);
}

/** The same in the words of a Problem, its path file and line. */
export function faultOf({ file, line, message, key, facts }: RuleFault): Fault {
  return { path: `${file}:${line}`, message, key, facts };
}
