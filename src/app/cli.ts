import { Command, CommanderError } from "commander";
import { z } from "zod";
import { PROBLEMS, Problem } from "../core/problem.ts";
import { addAdministration } from "./commands/administration.ts";
import { addAnalysis } from "./commands/analysis.ts";
import { addIntel } from "./commands/intel.ts";
import { addServing } from "./commands/serving.ts";
import { VERSION } from "./version.ts";

/** Exit codes of every sub-command. */
export const EXIT = { fine: 0, found: 1, wrongUse: 2 } as const;

const program = new Command("lianfang")
  .description("聯防: ISAC, CERT and second-line SOC of critical infrastructure, in one program")
  .version(VERSION)
  .showHelpAfterError()
  .exitOverride();

// `lianfang parse FILE | head` closes the pipe early; that is the reader's right and no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.fine);
  throw error;
});

addServing(program);
addAnalysis(program);
addIntel(program);
addAdministration(program);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

/** The system's words for what went wrong with a file or a port, in ours. */
function plainly(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return `there is no file ${error.path ?? ""}`;
  if (error.code === "EISDIR") return "that is a folder; a file is wanted";
  if (error.code === "EACCES") return `${error.path ?? "the file"} may not be read`;
  if (error.code === "EADDRINUSE")
    return `${error.message}: another program listens there; set http.port (LIANFANG_HTTP__PORT=9090)`;
  return error.message;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.wrongUse;
  if (error instanceof Problem) {
    console.error(
      `lianfang: ${PROBLEMS[error.code].title}${error.detail === undefined ? "" : `: ${error.detail}`}`,
    );
    for (const fault of error.faults) console.error(`  ${fault.path}: ${fault.message}`);
    return EXIT.wrongUse;
  }
  if (error instanceof z.ZodError) {
    console.error("lianfang: the file does not hold what is wanted");
    for (const issue of error.issues)
      console.error(`  ${issue.path.join(".") || "(whole)"}: ${issue.message}`);
    return EXIT.wrongUse;
  }
  console.error(`lianfang: ${error instanceof Error ? plainly(error) : String(error)}`);
  return EXIT.wrongUse;
}
