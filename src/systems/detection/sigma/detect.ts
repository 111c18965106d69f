import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Fault } from "../../../core/problem.ts";
import { FileCorrelation, type FileMatch } from "../correlation/file.ts";
import { correlationSet, readCorrelations } from "../correlation/load.ts";
import { eventTime } from "../parsers/text/event-time.ts";
import { parseJson } from "../parsers/text/exact-json.ts";
import { type Issue, issueOf } from "./issue.ts";
import { lineBatches, openBytes, openStream } from "./lines.ts";
import { loadRules } from "./load.ts";
import { type CompiledRules, compileRules, type RuleMatch } from "./matcher.ts";
import { faultOf } from "./model.ts";
import { loadPipeline, type Pipeline } from "./pipeline.ts";
import { rulePlace, type SigmaRule } from "./rule.ts";
import { flatRecord } from "./view.ts";

export interface DetectOptions {
  /** Folder of rules, or one file. */
  readonly rules: string;
  /** File of JSON lines (or what `read` reads), `.gz` too; or an open stream, packed or not. */
  readonly events: string | Readable;
  /** Pipeline folder or file. Without one every rule meets every event under the names the event has. */
  readonly pipeline?: string;
  /** Reads raw log lines instead of JSON lines. */
  readonly read?: (bytes: AsyncIterable<Buffer>) => AsyncIterable<Iterable<FileEvent>>;
  /** Stands for the time of events that have none, milliseconds since 1970; 0 unless told. */
  readonly now?: number;
  /** Hears how many lines were read, each time some thousands more were. */
  readonly onProgress?: (lines: number) => void;
  /** Hears of rules that cannot be used and of lines that cannot be read; the others go on. */
  readonly onFault?: (fault: Fault) => void;
  /** Hears of rules that can be used and meet no record of the pipeline. */
  readonly onWarning?: (fault: Fault) => void;
}

/** An event of a file. */
export interface FileEvent {
  /** Number of its line, or of its first, from 1. */
  readonly line: number;
  /** Or the reason why there is none. */
  readonly event: Readonly<Record<string, unknown>> | string;
}

/** One rule that one event met, or a correlation rule that several events met together. */
export interface Detection {
  /** Number of the event's line, from 1; of a correlation, of the event that met its condition. */
  readonly line: number;
  readonly event: Readonly<Record<string, unknown>>;
  readonly rule: Pick<RuleMatch, "title" | "level" | "tags" | "why"> & { readonly id: string };
  /** What follows is there for correlations only: the values of `group-by`. */
  readonly group?: Readonly<Record<string, string>>;
  /** Lines of the events in the window, oldest event first; at most 100. */
  readonly lines?: readonly number[];
  readonly count?: number;
  /** What the condition was asked of: a count, a sum, a mean. */
  readonly value?: number;
  readonly from?: string;
  readonly to?: string;
}

const TELL_EVERY = 20_000;

/**
 * Meets the events of a file with the rules of a folder, in the order of the file. What correlation rules find comes
 * behind, in the order of time, since any later line may hold an earlier event.
 */
export async function* detectFile(options: DetectOptions): AsyncGenerator<Detection> {
  const tell = options.onFault ?? (() => {});
  const { compiled, correlation } = rulesAt(options.rules, options.pipeline, (issue) =>
    issue.severity === "fault" ? tell(faultOf(issue)) : options.onWarning?.(faultOf(issue)),
  );
  const source =
    typeof options.events === "string" ? openBytes(options.events) : await openStream(options.events);
  let told = 0;
  for await (const batch of (options.read ?? jsonEvents)(source)) {
    for (const { line, event } of batch) {
      if (line - told >= TELL_EVERY) {
        told = line;
        options.onProgress?.(line);
      }
      if (typeof event === "string") {
        tell({ path: `line ${line}`, message: event });
        continue;
      }
      for (const { ruleId, title, level, tags, why } of compiled.match(event)) {
        if (correlation?.shows(ruleId) !== false)
          yield { line, event, rule: { id: ruleId, title, level, tags, why } };
        if (correlation?.wants(ruleId) === true)
          correlation.feed(ruleId, line, eventTime(event) ?? options.now ?? 0, event);
      }
    }
  }
  if (correlation === undefined) return;
  for (const found of correlation.finish()) yield detectionOf(found);
  if (correlation.late > 0)
    tell({ path: "events", message: `${correlation.late} were left out of correlation: too many at once` });
}

function detectionOf({ match, lines, event }: FileMatch): Detection {
  const { ruleId, title, level, tags, group, count, value } = match;
  const why = Object.entries(group).map(([field, one]) => ({ field, value: one }));
  return {
    line: lines.at(-1) ?? 0,
    event: event ?? {},
    rule: { id: ruleId, title, level, tags, why },
    group,
    lines,
    count,
    value,
    from: new Date(match.firstAt).toISOString(),
    to: new Date(match.at).toISOString(),
  };
}

function rulesAt(
  folder: string,
  pipelinePath: string | undefined,
  tell: (issue: Issue) => void,
): { compiled: CompiledRules; correlation: FileCorrelation | undefined } {
  const folderRules = loadRules(folder);
  const loaded = pipelinePath === undefined ? undefined : loadPipeline(pipelinePath);
  const compiled = compileRules(folderRules.rules, loaded?.pipeline);
  const read = readCorrelations(folderRules);
  const namesOf = (rule: string, field: string) => compiled.namesOf(rule, field);
  const correlation = new FileCorrelation(read.correlations, folderRules.rules, namesOf, read.faulty);
  for (const issue of [
    ...folderRules.issues,
    ...(loaded?.issues ?? []),
    ...compiled.issues,
    ...compileRules(folderRules.faulty, loaded?.pipeline).issues,
    ...read.issues,
    ...correlation.issues,
  ])
    tell(issue);
  return { compiled, correlation: read.correlations.length === 0 ? undefined : correlation };
}

async function* jsonEvents(source: AsyncIterable<Buffer>): AsyncGenerator<Iterable<FileEvent>> {
  let line = 0;
  const read = function* (batch: readonly string[]): Generator<FileEvent> {
    for (const text of batch) {
      line += 1;
      if (text !== "" && text.trim() !== "") yield { line, event: readEvent(text) };
    }
  };
  for await (const batch of lineBatches(source)) yield read(batch);
}

/** The record, or the reason why there is none. */
function readEvent(text: string): Readonly<Record<string, unknown>> | string {
  try {
    const value = parseJson(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return flatRecord(value);
    return "an event is a JSON object";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Everything that is wrong in a folder of rules. With a pipeline also: rules that meet no record of this house (as a
 * warning), and examples (`<rule>.events.json` with `match` and `noMatch`) that do not behave as they say.
 */
export function checkRules(folder: string, pipelinePath?: string): Issue[] {
  const loaded = loadRules(folder);
  const read = readCorrelations(loaded);
  const loose = correlationSet(read.correlations, loaded.rules, (_, field) => [field], read.faulty).issues;
  const issues = [...loaded.issues, ...read.issues, ...loose];
  if (pipelinePath === undefined) return issues;
  const { pipeline, issues: faults } = loadPipeline(pipelinePath);
  return [
    ...issues,
    ...faults,
    ...compileRules(loaded.faulty, pipeline).issues,
    ...loaded.rules.flatMap((rule) => checkRule(rule, folder, pipeline)),
  ];
}

function checkRule(rule: SigmaRule, folder: string, pipeline: Pipeline): Issue[] {
  const compiled = compileRules([rule], pipeline);
  const path = join(folder, rule.file.replace(/\.ya?ml$/, ".events.json"));
  return compiled.unmapped.length === 0 && existsSync(path)
    ? [...compiled.issues, ...checkExamples(compiled, rule, path)]
    : [...compiled.issues];
}

function checkExamples(compiled: CompiledRules, rule: SigmaRule, path: string): Issue[] {
  const file = rule.file.replace(/\.ya?ml$/, ".events.json");
  const place = { ...rulePlace(rule), file, line: 1 };
  let examples: { match: object[]; noMatch: object[] };
  try {
    examples = readExamples(path);
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return [issueOf(place, "examples-unreadable", { fault })];
  }
  if (examples.match.length === 0 || examples.noMatch.length === 0) return [issueOf(place, "examples")];
  const wrong = (events: readonly object[], wanted: boolean, name: string) =>
    events.flatMap((event, at): Issue[] => {
      if (compiled.match(flatRecord(event)).length > 0 === wanted) return [];
      const example = `${name}[${at}]`;
      return [issueOf({ ...place, path: example }, wanted ? "example-misses" : "example-meets", { example })];
    });
  return [...wrong(examples.match, true, "match"), ...wrong(examples.noMatch, false, "noMatch")];
}

/** Throws what is wrong with a file that is no JSON. */
function readExamples(path: string): { match: object[]; noMatch: object[] } {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  const listOf = (name: string): object[] => {
    const list: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
    return Array.isArray(list)
      ? list.filter((one): one is object => typeof one === "object" && one !== null)
      : [];
  };
  return { match: listOf("match"), noMatch: listOf("noMatch") };
}
