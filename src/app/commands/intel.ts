import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { TLP_LEVELS } from "../../core/tlp.ts";
import { IMPORT_FORMATS, type ImportDetail } from "../../systems/intel/index.ts";
import { configOf, printJson, withConfig } from "./configured.ts";
import { type LocalNode, withLocalNode } from "./local-node.ts";

interface ImportArguments {
  config?: string;
  format?: string;
  tlp: string;
  org?: string;
  source?: string;
  confidence?: string;
  dryRun?: boolean;
  json?: boolean;
}

const IMPORTS = "/api/v1/intel/imports";
const LOOK_MS = 200;
const SHOWN_REFUSALS = 10;

export function addIntel(program: Command): void {
  const intel = program.command("intel").description("the library of threat intelligence");
  withConfig(
    intel
      .command("import")
      .description("what others publish into the library; exits 1 when something was refused"),
  )
    .argument("<file...>", "STIX, MISP, CSV, text, HTML, PDF, CSAF, KEV, RSS; - is stdin")
    .option("--format <format>", `one of ${IMPORT_FORMATS.join(", ")}; told by the content otherwise`)
    .option("--tlp <marking>", `of what bears none: ${TLP_LEVELS.join(", ")}`, "amber")
    .option("--org <shortName>", "organisation whose library it is; the authority otherwise")
    .option("--source <name>", "who published it")
    .option("--confidence <0-100>", "of what the import makes and that bears none")
    .option("--dry-run", "only say what would come in")
    .option("--json", "JSON lines")
    .action((files: string[], options: ImportArguments) =>
      withLocalNode(configOf(options), async (node) => {
        const orgId = options.org === undefined ? undefined : await orgIdOf(node, options.org);
        for (const file of files) await importOne(node, file, orgId, options);
      }),
    );
  withConfig(
    intel
      .command("reindex")
      .description("makes the library's index anew; stopped, the node goes on by itself"),
  )
    .option("--json", "JSON lines")
    .action((options: { config?: string; json?: boolean }) =>
      withLocalNode(configOf(options), (node) => reindex(node, options.json === true)),
    );
}

async function reindex(node: LocalNode, json: boolean): Promise<void> {
  const path = "/api/v1/intel/reindex";
  let state = await node.ask<ReindexState>({ method: "POST", path });
  while (!state.finished) {
    await wait(1000);
    state = await node.ask<ReindexState>({ method: "GET", path });
    if (json) printJson(state);
    else console.error(`${state.done} of ${state.of}`);
  }
  if (!json) console.log(`${state.of} objects are indexed`);
}

interface ReindexState {
  done: number;
  of: number;
  finished: boolean;
}

async function orgIdOf(node: LocalNode, name: string): Promise<string> {
  const { items } = await node.ask<{ items: { id: string; shortName: string }[] }>({
    method: "GET",
    path: `/api/v1/orgs?q=${encodeURIComponent(name)}&limit=200`,
  });
  const found = items.find((org) => org.shortName === name || org.id === name);
  if (found === undefined) throw new Error(`there is no organisation ${name}`);
  return found.id;
}

async function importOne(
  node: LocalNode,
  file: string,
  orgId: string | undefined,
  options: ImportArguments,
): Promise<void> {
  const query = new URLSearchParams({
    fileName: file === "-" ? "stdin" : basename(file),
    tlp: options.tlp,
    store: String(options.dryRun !== true),
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.source === undefined ? {} : { source: options.source }),
    ...(options.confidence === undefined ? {} : { confidence: options.confidence }),
    ...(orgId === undefined ? {} : { orgId }),
  });
  const { id } = await node.ask<{ id: string }>({
    method: "POST",
    path: `${IMPORTS}?${query}`,
    body: readFileSync(file === "-" ? 0 : file),
    headers: { "content-type": "application/octet-stream" },
  });
  const done = await untilDone(node, id, options.json === true ? undefined : basename(file));
  if (options.dryRun === true && done.state === "previewed")
    await node.ask({ method: "POST", path: `${IMPORTS}/${id}/stop` });
  if (done.state === "failed" || done.counts.refused > 0) process.exitCode = 1;
  if (options.json === true) printJson({ file, ...told(done) });
  else print(file, done);
}

async function untilDone(node: LocalNode, id: string, name: string | undefined): Promise<ImportDetail> {
  const bar =
    name === undefined
      ? undefined
      : new SingleBar({ format: `${name} {bar} {value} objects`, hideCursor: true });
  bar?.start(0, 0);
  try {
    for (;;) {
      const detail = await node.ask<ImportDetail>({ method: "GET", path: `${IMPORTS}/${id}` });
      const { done, total } = detail.progress;
      bar?.setTotal(Math.max(total, done));
      bar?.update(done);
      if (detail.state !== "reading" && detail.state !== "storing") return detail;
      await wait(LOOK_MS);
    }
  } finally {
    bar?.stop();
  }
}

function told({ id, format, state, counts, preview, refusals, reason, before }: ImportDetail) {
  return {
    import: id,
    ...(before === null ? {} : { alreadyImportedAt: before.storedAt, alreadyImportedAs: before.id }),
    format,
    state,
    total: counts.total,
    new: counts.new,
    known: counts.known,
    conflicts: preview?.conflicts,
    warned: counts.warned,
    refused: counts.refused,
    refusals,
    ...(reason === null ? {} : { reason }),
  };
}

function print(file: string, detail: ImportDetail): void {
  const all = told(detail);
  const verb = detail.state === "previewed" ? "would come in" : "came in";
  if (detail.before !== null)
    console.log(`${file}: already imported at ${detail.before.storedAt} (import ${detail.before.id})`);
  else if (detail.state === "stored" && all.total > 0 && all.new === 0)
    console.log(`${file}: all of it is in already; nothing new came in`);
  console.log(
    detail.state === "failed"
      ? `${file}: failed, ${all.reason}`
      : `${file}: ${all.format}, ${all.new} new ${verb}, ${all.known} known already, ${all.warned} on a warninglist, ${all.refused} refused`,
  );
  for (const { path, rule, message } of all.refusals.slice(0, SHOWN_REFUSALS))
    console.log(`  ${path}: ${message} (${rule})`);
  const rest = all.refusals.length - SHOWN_REFUSALS;
  if (rest > 0) console.log(`  and ${rest} more reasons; --json lists the first 1,000`);
  if (detail.state === "stored") console.log(`  to undo it: the console's 匯入紀錄, import ${detail.id}`);
}
