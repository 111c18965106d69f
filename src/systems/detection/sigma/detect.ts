import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Fault } from "../../../core/problem.ts";
import type { Issue } from "./issue.ts";
import { lineBatches, openBytes, openStream } from "./lines.ts";
import { loadRules } from "./load.ts";
import { type CompiledRules, compileRules, type RuleMatch } from "./matcher.ts";
import { loadPipeline, type Pipeline } from "./pipeline.ts";
import type { SigmaRule } from "./rule.ts";
import { flatRecord } from "./view.ts";

export interface DetectOptions {
  /** Folder of rules, or one file. */
  readonly rules: string;
  /** File of JSON lines (or raw log lines with `parser`), `.gz` too; or an open stream, packed or not. */
  readonly events: string | Readable;
  /** Pipeline folder or file. Without one every rule meets every event under the names the event has. */
  readonly pipeline?: string;
  /** Turns a raw line into a record; `undefined` for a line that it does not know. */
  readonly parser?: (line: string) => Readonly<Record<string, unknown>> | undefined;
  /** Hears of rules that cannot be used and of lines that cannot be read; the others go on. */
  readonly onFault?: (fault: Fault) => void;
}

/** One rule that one event met. */
export interface Detection {
  readonly event: Readonly<Record<string, unknown>>;
  readonly rule: Pick<RuleMatch, "title" | "level" | "tags" | "why"> & { readonly id: string };
}

/** Meets the events of a file with the rules of a folder, in the order of the file. */
export async function* detectFile(options: DetectOptions): AsyncGenerator<Detection> {
  const tell = options.onFault ?? (() => {});
  const compiled = rulesAt(options.rules, options.pipeline, (issue) =>
    tell({ path: `${issue.file}:${issue.line}`, message: issue.message }),
  );
  const source =
    typeof options.events === "string" ? openBytes(options.events) : await openStream(options.events);
  let line = 0;
  for await (const batch of lineBatches(source)) {
    for (const text of batch) {
      line += 1;
      if (text === "" || text.trim() === "") continue;
      const event = readEvent(text, options.parser);
      if (typeof event === "string") {
        tell({ path: `line ${line}`, message: event });
        continue;
      }
      for (const { ruleId, title, level, tags, why } of compiled.match(event)) {
        yield { event, rule: { id: ruleId, title, level, tags, why } };
      }
    }
  }
}

function rulesAt(
  folder: string,
  pipelinePath: string | undefined,
  tell: (issue: Issue) => void,
): CompiledRules {
  const { rules, issues } = loadRules(folder);
  const loaded = pipelinePath === undefined ? undefined : loadPipeline(pipelinePath);
  const compiled = compileRules(rules, loaded?.pipeline);
  for (const issue of [...issues, ...(loaded?.issues ?? []), ...compiled.issues]) tell(issue);
  return compiled;
}

/** The record, or the reason why there is none. */
function readEvent(
  text: string,
  parser: DetectOptions["parser"],
): Readonly<Record<string, unknown>> | string {
  if (parser !== undefined) return parser(text) ?? "the parser does not know this line";
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return flatRecord(value);
    return "an event is a JSON object";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Everything that is wrong in a folder of rules. With a pipeline also: rules that meet no record of this house, and
 * examples (`<rule>.events.json` with `match` and `noMatch`) that do not behave as they say.
 */
export function checkRules(folder: string, pipelinePath?: string): Issue[] {
  const { rules, issues } = loadRules(folder);
  if (pipelinePath === undefined) return issues;
  const { pipeline, issues: faults } = loadPipeline(pipelinePath);
  return [...issues, ...faults, ...rules.flatMap((rule) => checkRule(rule, folder, pipeline))];
}

function checkRule(rule: SigmaRule, folder: string, pipeline: Pipeline): Issue[] {
  const compiled = compileRules([rule], pipeline);
  if (compiled.unmapped.length > 0) {
    const source = Object.values(rule.logSource).join("/");
    return [{ file: rule.file, line: rule.line, message: `no pipeline knows the records of ${source}` }];
  }
  const path = join(folder, rule.file.replace(/\.ya?ml$/, ".events.json"));
  return existsSync(path)
    ? [...compiled.issues, ...checkExamples(compiled, rule, path)]
    : [...compiled.issues];
}

function checkExamples(compiled: CompiledRules, rule: SigmaRule, path: string): Issue[] {
  const file = rule.file.replace(/\.ya?ml$/, ".events.json");
  const examples = readExamples(path);
  if (typeof examples === "string") return [{ file, line: 1, message: examples }];
  const wrong = (events: readonly object[], wanted: boolean, name: string) =>
    events.flatMap((event, at): Issue[] => {
      if (compiled.match(flatRecord(event)).length > 0 === wanted) return [];
      return [{ file, line: 1, message: `${name}[${at}] ${wanted ? "does not match" : "matches"} the rule` }];
    });
  return [...wrong(examples.match, true, "match"), ...wrong(examples.noMatch, false, "noMatch")];
}

function readExamples(path: string): { match: object[]; noMatch: object[] } | string {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const lists = ["match", "noMatch"].map((name) => {
    const list: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
    return Array.isArray(list)
      ? list.filter((one): one is object => typeof one === "object" && one !== null)
      : [];
  });
  const [match = [], noMatch = []] = lists;
  if (match.length === 0 || noMatch.length === 0) return 'examples need events in "match" and in "noMatch"';
  return { match, noMatch };
}
