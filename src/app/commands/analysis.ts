import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { SingleBar } from "cli-progress";
import { type Command, InvalidArgumentError } from "commander";
import { decodingOf, EncodingName } from "../../core/encoding.ts";
import { systemClock } from "../../core/instant.ts";
import { DEFAULT_TIME_ZONE, isTimeZone } from "../../core/time-zone.ts";
import {
  type ChunkAnswer,
  checkRules,
  detectFile,
  type FileChunk,
  type ImportProgress,
  type ImportResult,
  importFile,
  isParserChoice,
  parseFile,
  parserIds,
  RULE_FOLDERS,
  readLogs,
  requestHeader,
} from "../../systems/detection/index.ts";
import { DutyIncident, dutiesOf, loadPack, loadPackFile } from "../../systems/incidents/index.ts";
import { Client } from "../client.ts";
import { configOf, printJson, withConfig } from "./configured.ts";
import { refusal, withLocalNode } from "./local-node.ts";
import { addStix } from "./stix.ts";

export function addAnalysis(program: Command): void {
  addImport(program);
  addParse(program);
  addDetect(program);
  addStix(program);
  addDuties(program);
}

/** `--time-zone`, as it is declared to a command. */
const TIME_ZONE = [
  "--time-zone <name>",
  "IANA name of the zone of times that say none",
  (name: string): string => {
    if (isTimeZone(name)) return name;
    throw new InvalidArgumentError("It is not the IANA name of a time zone, such as Europe/Berlin.");
  },
  DEFAULT_TIME_ZONE,
] as const;

/** `--encoding`, as it is declared to a command. */
const ENCODING = [
  "--encoding <label>",
  "character encoding of the lines, such as big5; UTF-8, or what a byte order mark says, otherwise",
  (label: string): string => {
    const read = EncodingName.safeParse(label);
    if (read.success) return label;
    throw new InvalidArgumentError(`It is not ${read.error.issues[0]?.message ?? "an encoding"}.`);
  },
] as const;

interface ImportArguments {
  encoding?: string;
  config?: string;
  parser: string;
  timeZone: string;
  org?: string;
  url?: string;
  key?: string;
  json?: boolean;
}

type Send = (
  chunk: Pick<FileChunk, "key" | "bytes" | "header" | "encoding">,
  file: string,
) => Promise<ChunkAnswer>;

function addImport(program: Command): void {
  withConfig(
    program.command("import").description("log files of any size into the node's stores, each line once"),
  )
    .argument("<file...>", "plain or .gz")
    .option("--parser <id>", "parser, or auto", "auto")
    .option(...TIME_ZONE)
    .option(...ENCODING)
    .option("--org <shortName>", "organisation the lines belong to; the authority otherwise")
    .option("--url <address>", "a node elsewhere, with --key")
    .option("--key <secret>", "key with logs:ingest; LIANFANG_KEY otherwise")
    .option("--json", "JSON lines instead of the bar")
    .action(async (files: string[], options: ImportArguments) => {
      const stop = new AbortController();
      process.once("SIGINT", () =>
        stop.abort(new Error("stopped; run it again to go on, no line is stored twice")),
      );
      const importAll = async (send: Send) => {
        for (const file of files) await importOne(file, options, send, stop.signal);
      };
      if (options.url !== undefined) {
        const key = options.key ?? process.env.LIANFANG_KEY ?? "";
        const client = Client.withKey(options.url, key);
        await importAll(async ({ key, bytes, header, encoding }, file) => {
          const answer = await client.post(
            ingestPath(options, file, encoding),
            bytes,
            headersOf(key, header),
          );
          return accepted(answer.status, answer.body);
        });
        return;
      }
      await withLocalNode(configOf(options), (node) =>
        importAll(async ({ key, bytes, header, encoding }, file) => {
          const answer = await node.answer({
            method: "POST",
            path: ingestPath(options, file, encoding),
            body: bytes,
            headers: headersOf(key, header),
          });
          return accepted(answer.status, answer.body);
        }),
      );
    });
}

function ingestPath(options: ImportArguments, file: string, encoding: string | undefined): string {
  const query = new URLSearchParams({
    parser: options.parser,
    timeZone: options.timeZone,
    source: basename(file).slice(0, 80),
  });
  if (options.org !== undefined) query.set("org", options.org);
  if (encoding !== undefined) query.set("encoding", encoding);
  return `/ingest/logs?${query}`;
}

function headersOf(key: string, header: string | undefined): Record<string, string> {
  return { "content-type": "text/plain", "idempotency-key": key, ...requestHeader(header) };
}

function accepted(status: number, body: unknown): ChunkAnswer {
  if (status >= 300) throw new Error(refusal(body) ?? `the node answered ${status}`);
  return body as ChunkAnswer;
}

async function importOne(
  file: string,
  options: ImportArguments,
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  const bar = options.json === true ? undefined : progressBar(basename(file));
  let result: ImportResult;
  try {
    result = await importFile({
      file,
      parser: options.parser,
      encoding: decodingOf(options.encoding),
      signal,
      send: (chunk) => send(chunk, file),
      onProgress: (progress) => bar?.show(progress),
    });
  } finally {
    bar?.stop();
  }
  if (options.json === true) printJson({ file, ...result });
  else {
    const { received, stored, unparsed, alerts, refused } = result;
    console.log(
      `${file}: ${received} lines received, ${stored} stored, ${unparsed} not recognised (kept), ${alerts} new alerts`,
    );
    if (refused.count > 0)
      console.log(
        `  ${refused.count} lines too long and left out, first at ${refused.lines.slice(0, 5).join(", ")}`,
      );
  }
}

function progressBar(name: string): { show(progress: ImportProgress): void; stop(): void } {
  const bar = new SingleBar({
    format: `${name} {bar} {percentage}% | {lines} lines | {alerts} alerts | {duration_formatted}`,
    hideCursor: true,
  });
  let total = 0;
  return {
    show: ({ bytesRead, bytesTotal, received, alerts }) => {
      if (total === 0) bar.start(bytesTotal, 0, { lines: 0, alerts: 0 });
      total = bytesTotal;
      bar.update(bytesRead, { lines: received, alerts });
    },
    stop: () => {
      if (total === 0) return;
      bar.update(total);
      bar.stop();
    },
  };
}

function addParse(program: Command): void {
  program
    .command("parse")
    .description("log lines -> ECS, one JSON line each; exits 1 when a line is not recognised")
    .argument("[file...]", "plain or .gz; standard input otherwise")
    .option("--parser <id>", "parser, or auto", "auto")
    .option(...TIME_ZONE)
    .option(...ENCODING)
    .option("--json", "JSON lines (always)")
    .action(async (files: string[], options: { parser: string; timeZone: string; encoding?: string }) => {
      for (const file of files.length === 0 ? [process.stdin] : files) {
        for await (const { parsed, record } of parseFile({
          source: file,
          parser: options.parser,
          timeZone: options.timeZone,
          encoding: decodingOf(options.encoding),
          now: systemClock.now(),
        })) {
          if (!parsed) process.exitCode = 1;
          printJson(record);
        }
      }
    });
}

interface DetectArguments {
  rules: string;
  events?: string;
  pipeline?: string;
  parser?: string;
  timeZone: string;
  encoding?: string;
}

function addDetect(program: Command): void {
  program
    .command("detect")
    .description(
      "events met with Sigma rules -> {line, event, rule} for each match; correlations behind, with group and lines; exits 1 when a rule or a line is of no use",
    )
    .option("--rules <folder>", "folder or file of rules; the program's own otherwise", RULE_FOLDERS.rules)
    .option("--events <file>", "JSON lines, .gz too; standard input otherwise")
    .option("--pipeline <path>", "pipeline folder or file that maps the rules' fields")
    .option("--parser <id>", "the file holds raw log lines of this parser, or auto")
    .option(...TIME_ZONE)
    .option(...ENCODING)
    .option("--json", "JSON lines (always)")
    .action(async (options: DetectArguments) => {
      const { parser, pipeline } = options;
      if (parser !== undefined && !isParserChoice(parser))
        throw new Error(`no parser "${parser}"; there are auto, ${parserIds().join(", ")}`);
      const mapping = pipeline ?? (parser === undefined ? undefined : RULE_FOLDERS.pipelines);
      const now = systemClock.now();
      // Where the matches go into a file or a pipe, the terminal is free to say how far it is.
      const shown = process.stderr.isTTY && !process.stdout.isTTY;
      let unmet = 0;
      const found = detectFile({
        rules: options.rules,
        events: options.events ?? process.stdin,
        now: Date.parse(now),
        ...(shown ? { onProgress: (lines) => process.stderr.write(`\r${lines} lines`) } : {}),
        ...(mapping === undefined ? {} : { pipeline: mapping }),
        ...(parser === undefined
          ? {}
          : {
              read: (bytes) =>
                readLogs(bytes, {
                  parser,
                  timeZone: options.timeZone,
                  encoding: decodingOf(options.encoding),
                  now,
                }),
            }),
        onWarning: () => unmet++,
        onFault: (fault) => {
          console.error(`${fault.path}: ${fault.message}`);
          process.exitCode = 1;
        },
      });
      for await (const detection of found) printJson(detection);
      if (shown) process.stderr.write("\r\x1b[K");
      if (unmet > 0) console.error(`warning: ${unmet} rules meet no record; "lianfang rules check" says why`);
    });
  const rules = program.command("rules").description("detection rules");
  rules
    .command("check")
    .description("every fault of a folder of rules, with file and line")
    .argument("[folder]", "the program's own otherwise", RULE_FOLDERS.rules)
    .option("--pipeline <path>", "pipelines that say which records there are", RULE_FOLDERS.pipelines)
    .option("--no-pipeline", "for records that no pipeline is about")
    .option("--json", "JSON lines")
    .action((folder: string, options: { pipeline: string | false; json?: boolean }) => {
      const issues = checkRules(folder, options.pipeline === false ? undefined : options.pipeline);
      for (const issue of issues) {
        if (options.json === true) printJson(issue);
        else console.log(faultLine(issue));
      }
      if (issues.length === 0 && options.json !== true) console.log("no faults");
      // A rule with a warning is taken.
      if (issues.some(({ severity }) => severity === "fault")) process.exitCode = 1;
    });
}

/** `a.yml:7: detection.selection: warning: why (Title, id)`. */
function faultLine({
  file,
  line,
  path,
  severity,
  message,
  rule,
}: ReturnType<typeof checkRules>[number]): string {
  const place = path === "" ? "" : `${path}: `;
  const grave = severity === "warning" ? "warning: " : "";
  const of = [rule?.title, rule?.id].filter((part) => part != null && part !== "" && part !== file);
  return `${file}:${line}: ${place}${grave}${message}${of.length === 0 ? "" : ` (${of.join(", ")})`}`;
}

function addDuties(program: Command): void {
  program
    .command("duties")
    .description("an incident's level, its reasons and every clock it starts")
    .requiredOption("--pack <name>", "duty pack by name, or a .yml file")
    .argument("<incident>", "JSON file with facts and moments")
    .option("--json", "JSON lines")
    .action((file: string, options: { pack: string; json?: boolean }) => {
      const pack = options.pack.endsWith(".yml") ? loadPackFile(options.pack) : loadPack(options.pack);
      const incident = DutyIncident.parse(JSON.parse(readFileSync(file, "utf8")));
      const duties = dutiesOf(pack, incident, systemClock.now());
      if (options.json === true) {
        printJson(duties);
        return;
      }
      console.log(`level ${duties.level} after ${duties.pack}${duties.draft ? " (draft)" : ""}`);
      for (const reason of duties.reasons) console.log(`  ${reason.zh}`);
      for (const clock of duties.clocks)
        console.log(
          `  ${atOffset(clock.dueAt, pack.offsetMinutes)}  ${clock.state.padEnd(8)} ${clock.names.zh} / ${clock.names.en}`,
        );
    });
}

/** `2026-11-23T09:00:00+08:00`: an instant as the clocks on the walls of the pack's country show it. */
function atOffset(instant: string, offsetMinutes: number): string {
  const wall = new Date(Date.parse(instant) + offsetMinutes * 60_000).toISOString().slice(0, 19);
  const [minutes, sign] = [Math.abs(offsetMinutes), offsetMinutes < 0 ? "-" : "+"];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${wall}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
