import { defineParser, type EcsDraft } from "../parser.ts";
import { between } from "../text/csv.ts";
import { draftOf, kindFields, put } from "../text/fields.ts";

function isSudo(message: string): boolean {
  return message.includes(" ; PWD=") && message.includes(" ; USER=") && message.includes("TTY=");
}

const REFUSALS = [
  "NOT in sudoers",
  "incorrect password",
  "command not allowed",
  "authentication failure",
  "not allowed to",
];

/** sudo: what was run as whom, and what was refused. */
export const sudo = defineParser({
  id: "sudo",
  product: "sudo",
  programs: ["sudo"],
  accepts: (message) => isSudo(message),
  parse(message, context) {
    if (context.program !== "sudo" && !isSudo(message)) return undefined;
    const draft = draftOf("system", "system.auth", "sudo", "sudo");
    draft.message = message;
    draft["process.name"] = "sudo";
    const refused = REFUSALS.find((word) => message.includes(word));
    if (message.startsWith("pam_unix(")) {
      session(draft, message);
    } else {
      const colon = message.indexOf(" : ");
      if (colon > 0) put(draft, "user.name", message.slice(0, colon).trim());
      kindFields(
        draft,
        refused === undefined ? "command-executed" : "command-refused",
        ["process", "iam"],
        refused === undefined ? ["start", "admin"] : ["info", "admin"],
        refused === undefined ? "success" : "failure",
      );
      fields(draft, message);
    }
    if (refused !== undefined) draft["event.reason"] = refused;
    return draft;
  },
});

function fields(draft: EcsDraft, message: string): void {
  put(draft, "system.auth.sudo.tty", between(message, "TTY=", " ;"));
  put(draft, "process.working_directory", between(message, "PWD=", " ;"));
  put(draft, "user.effective.name", between(message, "USER=", " ;"));
  const command = message.indexOf("COMMAND=");
  if (command >= 0) put(draft, "process.command_line", message.slice(command + 8));
}

function session(draft: EcsDraft, message: string): void {
  const opened = message.includes("session opened");
  const failed = message.includes("authentication failure");
  kindFields(
    draft,
    failed ? "login-failed" : opened ? "session-opened" : "session-closed",
    [failed ? "authentication" : "session"],
    [failed || opened ? "start" : "end"],
    failed ? "failure" : "success",
  );
  const text = between(`${message} `, " for user ", " ") ?? between(`${message} `, " user=", " ");
  put(draft, "user.effective.name", text?.split("(", 1)[0]);
  put(draft, "user.name", between(`${message} `, " by ", "(") ?? between(`${message} `, "ruser=", " "));
}
