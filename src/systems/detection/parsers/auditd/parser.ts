import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, place, put, timeField } from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
import { table } from "../text/table.ts";
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
  // The kernel's own log has no `msg=` before it.
  const at = message.indexOf("audit(");
  return at >= 0 && at < 160 && message.lastIndexOf("type=", at) >= 0 ? at : -1;
}

/** Kinds by the record's type; the rest are things that happened on the host. */
const KINDS = table<readonly [action: string, category: string, type: string]>({
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
});

/** Linux audit: one record of the kernel's or a program's, as auditd writes it or audisp forwards it. */
export const auditd = defineParser({
  id: "auditd",
  product: "Linux auditd",
  accepts: (message) => auditAt(message) >= 0,
  parse(message) {
    const at = auditAt(message);
    if (at < 0) return undefined;
    const close = message.indexOf(")", at);
    const [stamp = "", sequence] = message.slice(at + 6, close < 0 ? undefined : close).split(":", 2);
    const draft = draftOf("auditd", "auditd.log", "Linux", "auditd");
    timeField(draft, epochOf(stamp));
    put(draft, "event.sequence", sequence);
    const body = close < 0 ? "" : message.slice(close + 1);
    const pairs = readPairs(message.slice(0, at).replace(/msg=$/, ""));
    // Behind the group separator auditd's `enriched` format says the names of what went before as numbers.
    const enriched = body.indexOf("\u001d");
    const plainBody = enriched < 0 ? body : body.slice(0, enriched);
    for (const [key, value] of readPairs(flat(plainBody))) if (!pairs.has(key)) pairs.set(key, value);
    if (enriched >= 0) {
      for (const [key, value] of readPairs(body.slice(enriched + 1)))
        if (key.length < 65) draft[`auditd.enriched.${key}`] = value;
    }
    for (const key of pairs.keys()) {
      const value = pairs.get(key) ?? "";
      if (HEXED.test(key) && !plainBody.includes(`${key}="`)) pairs.set(key, plain(value));
    }
    const number = pairs.get("type") ?? "";
    const type = NUMBERS[number] ?? number;
    if (type !== number) pairs.set("type", type);
    for (const [key, value] of pairs) if (value !== "?") place(draft, TABLE, key, value);
    kinds(draft, type, pairs);
    commandFields(draft, type, pairs);
    return draft;
  },
});

/** Programs put their own pairs in single quotes after `msg=`; the translations of auditd's `enriched` format follow a group separator. */
function flat(body: string): string {
  const text = body.startsWith(":") ? body.slice(1) : body;
  return text.replace("msg='", " ").replaceAll("'", " ");
}

/** Fields that are written in hexadecimal without quotes when they hold blanks or quotes. */
const HEXED = /^(a\d{1,3}|name|exe|comm|cwd|cmd|proctitle|acct|key)$/;

/** Types by number, as the kernel's log has them. */
const NUMBERS = table<string>({
  "1100": "USER_AUTH",
  "1101": "USER_ACCT",
  "1105": "USER_START",
  "1106": "USER_END",
  "1112": "USER_LOGIN",
  "1123": "USER_CMD",
  "1130": "SERVICE_START",
  "1131": "SERVICE_STOP",
  "1300": "SYSCALL",
  "1302": "PATH",
  "1305": "CONFIG_CHANGE",
  "1306": "SOCKADDR",
  "1307": "CWD",
  "1309": "EXECVE",
  "1326": "SECCOMP",
  "1327": "PROCTITLE",
  "1400": "AVC",
});

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
  if (text.length < 2 || text.length % 2 === 1 || !/^[0-9A-F]+$/.test(text)) return text;
  return Buffer.from(text, "hex").toString("utf8").replaceAll("\u0000", " ");
}

function commandFields(draft: EcsDraft, type: string, pairs: Map<string, string>): void {
  if (type === "EXECVE") {
    const args: string[] = [];
    for (let index = 0; index < 100; index++) {
      const value = pairs.get(`a${index}`);
      if (value === undefined) break;
      args.push(value);
    }
    if (args.length === 0) return;
    draft["process.args"] = args;
    draft["process.command_line"] = args.join(" ");
    const [first = ""] = args;
    if (first.startsWith("/")) draft["process.executable"] ??= first;
    draft["process.name"] ??= first.slice(first.lastIndexOf("/") + 1);
  } else {
    const command = pairs.get("proctitle") ?? pairs.get("cmd");
    if (command !== undefined) draft["process.command_line"] = command;
  }
  const path = type === "PATH" ? pairs.get("name") : undefined;
  if (path !== undefined) {
    draft["file.path"] = path;
    put(draft, "file.name", path.slice(path.lastIndexOf("/") + 1));
  }
}
