import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, place, put, timeField } from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
import { epochOf } from "../text/time.ts";

const TABLE = fieldTable("auditd.", {
  pid: "process.pid",
  ppid: "process.parent.pid",
  exe: "process.executable",
  comm: "process.name",
  cwd: "process.working_directory",
  exit: "process.exit_code",
  uid: "user.id",
  auid: "user.audit.id",
  euid: "user.effective.id",
  acct: "user.name",
  hostname: "source.domain",
  addr: "source.ip",
  node: "host.name",
  msg: "",
});

function auditAt(message: string): number {
  const at = message.indexOf("msg=audit(");
  return at >= 0 && at < 160 && message.lastIndexOf("type=", at) >= 0 ? at : -1;
}

/** Kinds by the record's type; the rest are things that happened on the host. */
const KINDS: Readonly<Record<string, readonly [action: string, category: string, type: string]>> = {
  EXECVE: ["executed", "process", "start"],
  PROCTITLE: ["executed", "process", "info"],
  SYSCALL: ["syscall", "process", "info"],
  PATH: ["path", "file", "info"],
  CWD: ["cwd", "process", "info"],
  USER_AUTH: ["authenticated", "authentication", "start"],
  USER_LOGIN: ["logged-in", "authentication", "start"],
  USER_LOGOUT: ["logged-out", "authentication", "end"],
  USER_START: ["session-opened", "session", "start"],
  USER_END: ["session-closed", "session", "end"],
  USER_CMD: ["command-executed", "process", "start"],
  ADD_USER: ["added-user-account", "iam", "creation"],
  DEL_USER: ["deleted-user-account", "iam", "deletion"],
  ADD_GROUP: ["added-group", "iam", "creation"],
  USER_CHAUTHTOK: ["changed-password", "iam", "change"],
  CONFIG_CHANGE: ["configuration-changed", "configuration", "change"],
  SERVICE_START: ["service-started", "process", "start"],
  SERVICE_STOP: ["service-stopped", "process", "end"],
};

/** Linux audit: one record of the kernel's or a program's, as auditd writes it or audisp forwards it. */
export const auditd = defineParser({
  id: "auditd",
  product: "Linux auditd",
  accepts: (message) => auditAt(message) >= 0,
  parse(message) {
    const at = auditAt(message);
    if (at < 0) return undefined;
    const close = message.indexOf(")", at);
    const [stamp = "", sequence] = message.slice(at + 10, close < 0 ? undefined : close).split(":", 2);
    const draft = draftOf("auditd", "auditd.log", "Linux", "auditd");
    timeField(draft, epochOf(stamp));
    put(draft, "event.sequence", sequence);
    const body = close < 0 ? "" : message.slice(close + 1);
    const pairs = readPairs(message.slice(0, at));
    for (const [key, value] of readPairs(flat(body))) if (!pairs.has(key)) pairs.set(key, value);
    const type = pairs.get("type") ?? "";
    for (const [key, value] of pairs) if (value !== "?") place(draft, TABLE, key, value);
    kinds(draft, type, pairs);
    commandFields(draft, type, pairs);
    return draft;
  },
});

/** Programs put their own pairs in single quotes after `msg=`; the translations of auditd's `enriched` format follow a group separator. */
function flat(body: string): string {
  const text = body.startsWith(":") ? body.slice(1) : body;
  return text.replace("msg='", " ").replaceAll("'", " ").replaceAll("\u001d", " ");
}

function kinds(draft: EcsDraft, type: string, pairs: Map<string, string>): void {
  const [action, category, kind] = KINDS[type] ?? [type.toLowerCase(), "host", "info"];
  const said = pairs.get("res") ?? pairs.get("success") ?? "";
  const outcome =
    said === "success" || said === "yes" || said === "1" ? "success" : said === "" ? undefined : "failure";
  kindFields(draft, action === "" ? "audit" : action, [category], [kind], outcome);
  if (pairs.has("key")) put(draft, "rule.name", pairs.get("key"));
}

/** Arguments with blanks in them, and whole titles, are written in hexadecimal. */
function plain(text: string): string {
  if (text.length < 4 || text.length % 2 === 1 || !/^[0-9A-F]+$/.test(text)) return text;
  return Buffer.from(text, "hex").toString("utf8").replaceAll("\u0000", " ");
}

function commandFields(draft: EcsDraft, type: string, pairs: Map<string, string>): void {
  if (type === "EXECVE") {
    const args: string[] = [];
    for (let index = 0; index < 100; index++) {
      const value = pairs.get(`a${index}`);
      if (value === undefined) break;
      args.push(plain(value));
    }
    if (args.length === 0) return;
    draft["process.args"] = args;
    draft["process.command_line"] = args.join(" ");
  } else {
    const command = pairs.get("proctitle") ?? pairs.get("cmd");
    if (command !== undefined) draft["process.command_line"] = plain(command);
  }
  const path = type === "PATH" ? pairs.get("name") : undefined;
  if (path !== undefined) draft["file.path"] = plain(path);
}
