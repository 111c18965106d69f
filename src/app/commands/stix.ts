import { randomUUID } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import {
  type Judgement,
  leftText,
  matchPattern,
  patternFault,
  type StixFinding,
  searchesOf,
  sigmaOf,
  validateStixStream,
} from "../../systems/intel/index.ts";
import { printJson } from "./configured.ts";

export function addStix(program: Command): void {
  const stix = program.command("stix").description("STIX 2.1 documents and patterns");
  stix
    .command("validate")
    .description("documents against the specification -> {file, valid, errors, warnings}")
    .argument("<file...>", "an object, a bundle or a list; of any size; - is stdin")
    .option("--json", "JSON lines")
    .action(async (files: string[], options: { json?: boolean }) => {
      for (const file of files) {
        const judged = await judgementOf(file);
        if (judged.errors[0]?.rule === UNREADABLE) process.exitCode = 2;
        else if (!judged.valid) process.exitCode ??= 1;
        if (options.json === true) printJson({ file, ...judged });
        else printJudgement(file, judged);
      }
    });
  stix
    .command("pattern")
    .description("is this a STIX pattern, and is it true of what was observed?")
    .argument("<pattern>")
    .option("--match <file>", "JSON of observed-data and observables: an object, an array or a bundle")
    .addOption(
      new Option("--to <form>", "searches of the logs, or a Sigma rule over ECS names").choices([
        "search",
        "sigma",
      ]),
    )
    .option("--title <text>", "title of the Sigma rule", "STIX pattern")
    .option("--json", "JSON lines")
    .action((pattern: string, options: PatternOptions) => {
      if (options.to !== undefined) {
        convert(pattern, options);
        return;
      }
      const fault = patternFault(pattern);
      if (fault !== undefined || options.match === undefined) {
        if (options.json === true)
          printJson({ pattern, valid: fault === undefined, ...(fault === undefined ? {} : { fault }) });
        else console.log(fault === undefined ? "valid" : fault);
        if (fault !== undefined) process.exitCode = 1;
        return;
      }
      const answer = matchPattern(pattern, documentsOf(options.match));
      if (options.json === true) printJson({ pattern, valid: true, ...answer });
      else if ("fault" in answer) console.log(answer.fault);
      else console.log(answer.matched ? "matches" : "does not match");
      if ("fault" in answer || !answer.matched) process.exitCode = 1;
    });
}

/** The documents of a file: a bundle's objects, an array, or the one object it holds. */
function documentsOf(file: string): Parameters<typeof matchPattern>[1] {
  const content = JSON.parse(readFileSync(file, "utf8")) as { type?: unknown; objects?: unknown } | unknown[];
  if (Array.isArray(content)) return content as Parameters<typeof matchPattern>[1];
  const inside = content.type === "bundle" && Array.isArray(content.objects) ? content.objects : [content];
  return inside as Parameters<typeof matchPattern>[1];
}

interface PatternOptions {
  match?: string;
  to?: "search" | "sigma";
  title: string;
  json?: boolean;
}

/** Prints a pattern as searches (one a line) or as a Sigma rule; what cannot be said is told, and ends with 1. */
function convert(pattern: string, options: PatternOptions): void {
  try {
    if (options.to === "search") {
      for (const { query, left } of searchesOf(pattern)) {
        if (options.json === true) printJson({ query, left: left.map(leftText) });
        else {
          console.log(`/logs?${new URLSearchParams(query as Record<string, string>)}`);
          for (const part of left) console.log(`  not said: ${leftText(part)}`);
        }
      }
      return;
    }
    const rule = sigmaOf(pattern, { id: randomUUID(), title: options.title });
    if (options.json === true) printJson({ pattern, rule });
    else process.stdout.write(rule);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    if (options.json === true) printJson({ pattern, fault: error.message });
    else console.log(error.message);
    process.exitCode = 1;
  }
}

type Told = Pick<StixFinding, "path" | "rule" | "message">;

interface FileJudgement {
  readonly valid: boolean;
  readonly errors: readonly Told[];
  readonly warnings: readonly Told[];
  readonly moreErrors?: number;
  readonly moreWarnings?: number;
}

/** The rule that a file breaks which cannot be read: wrong use, and the next file is judged. */
const UNREADABLE = "file";

async function judgementOf(file: string): Promise<FileJudgement> {
  let judged: Judgement;
  try {
    const input = file === "-" ? process.stdin : createReadStream(file, { highWaterMark: 2 ** 20 });
    judged = await validateStixStream(input);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { valid: false, errors: [{ path: "$", rule: UNREADABLE, message }], warnings: [] };
  }
  const { valid, moreErrors, moreWarnings } = judged;
  return {
    valid,
    errors: judged.errors.map(told),
    warnings: judged.warnings.map(told),
    ...(moreErrors === 0 ? {} : { moreErrors }),
    ...(moreWarnings === 0 ? {} : { moreWarnings }),
  };
}

function told({ path, rule, message }: StixFinding): Told {
  return { path, rule, message };
}

function printJudgement(file: string, judged: FileJudgement): void {
  const errors = judged.errors.length + (judged.moreErrors ?? 0);
  const warnings = judged.warnings.length + (judged.moreWarnings ?? 0);
  console.log(`${file}: ${judged.valid ? "valid" : `${errors} errors`}, ${warnings} warnings`);
  for (const each of judged.errors) console.log(`  error    ${lineOf(each)}`);
  if (judged.moreErrors !== undefined) console.log(`  and ${judged.moreErrors} more errors`);
  for (const each of judged.warnings) console.log(`  warning  ${lineOf(each)}`);
  if (judged.moreWarnings !== undefined) console.log(`  and ${judged.moreWarnings} more warnings`);
}

function lineOf({ path, message, rule }: Told): string {
  return `${path}: ${message} (${rule})`;
}
