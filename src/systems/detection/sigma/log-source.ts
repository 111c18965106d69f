import { type Found, type Issue, issueOf } from "./issue.ts";
import { type Pipeline, waysTo } from "./pipeline.ts";
import { type LogSource, SIGMA_TAXONOMY, type SigmaRule } from "./rule.ts";

const WILDCARDS: ReadonlySet<string> = new Set(["any", "all", "*"]);

/** Why a rule's log source is found among no records: nobody knows its names, one of its words, or all of them together. */
export function unmappedIssues(rule: SigmaRule, pipeline: Pipeline): Issue[] {
  const { id, title, file, line, logSource, logSourceLine, taxonomy } = rule;
  const found: Found = {
    file,
    line: logSourceLine,
    severity: "warning",
    rule: { id, title },
    path: "logsource",
  };
  const known = pipeline.mappings.filter((mapping) => (mapping.taxonomy ?? SIGMA_TAXONOMY) === taxonomy);
  if (known.length === 0 && taxonomy !== SIGMA_TAXONOMY)
    return [issueOf({ ...found, line, path: "taxonomy" }, "taxonomy", { taxonomy })];
  if (waysTo(rule, pipeline).length > 0) return [];
  const source = sourceText(logSource);
  const unknown = Object.entries(logSource).filter(([name, value]) =>
    known.every((mapping) => mapping.logSource[name as keyof LogSource] !== value),
  );
  if (unknown.length === 0) return [issueOf(found, "source-unknown", { source })];
  return unknown.map(([name, value]) =>
    issueOf({ ...found, path: `logsource.${name}` }, WILDCARDS.has(value) ? "source-any" : "source-name", {
      name,
      value,
      source,
    }),
  );
}

/** `product/category/service`, as far as it names them. */
export function sourceText({ product, category, service }: LogSource): string {
  return [product, category, service].filter((part) => part !== undefined).join("/");
}
