import { defineParser, type EcsDraft, type Joint } from "../parser.ts";
import { draftOf, fieldTable, kindFields, place, placementOf, put, timeField } from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
import { table } from "../text/table.ts";
import { epochOf } from "../text/time.ts";
import { readSocketAddress, socketFields } from "./socket.ts";

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
  type: "",
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

/** Records that say more of an event and do not tell its kind where another does, in the order of which tells it least. */
const BESIDE = ["EOE", "PROCTITLE", "CWD", "PATH", "SOCKADDR", "FD_PAIR", "MMAP", "BPRM_FCAPS", "SYSCALL"];

/** Types of which the kernel writes others with the same id behind or before; all the rest stand alone or are the last. */
const PARTS = new Set(
  `SYSCALL LOGIN PATH IPC SOCKETCALL SOCKADDR CWD EXECVE IPC_SET_PERM MQ_OPEN MQ_SENDRECV MQ_NOTIFY MQ_GETSETATTR KERNEL_OTHER
   FD_PAIR OBJ_PID TTY BPRM_FCAPS CAPSET MMAP NETFILTER_PKT NETFILTER_CFG SECCOMP FEATURE_CHANGE KERN_MODULE FANOTIFY
   TIME_INJOFFSET TIME_ADJNTPVAL BPF EVENT_LISTENER URINGOP OPENAT2 CONFIG_CHANGE AVC SELINUX_ERR AVC_PATH MAC_POLICY_LOAD
   MAC_STATUS MAC_CONFIG_CHANGE ANOM_PROMISCUOUS ANOM_ABEND ANOM_LINK ANOM_CREAT INTEGRITY_DATA INTEGRITY_METADATA
   INTEGRITY_PCR INTEGRITY_RULE INTEGRITY_EVM_XATTR LANDLOCK_ACCESS`
    .split(/\s+/)
    .filter((name) => name !== ""),
);

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
  "1320": "EOE",
  "1321": "BPRM_FCAPS",
  "1323": "MMAP",
  "1326": "SECCOMP",
  "1327": "PROCTITLE",
  "1400": "AVC",
});

/** Linux audit: one record of the kernel's or a program's, as auditd writes it or audisp forwards it, or all of one event. */
export const auditd = defineParser({
  id: "auditd",
  product: "Linux auditd",
  accepts: (message) => auditAt(message) >= 0,
  parse(message) {
    const read = readRecord(message);
    return read === undefined ? undefined : draftOfRecords([read]);
  },
  joins: {
    mark: "audit(",
    joint,
    parse(messages) {
      const read = messages.map(readRecord).filter((record) => record !== undefined);
      return read.length === 0 ? undefined : draftOfRecords(read);
    },
  },
});

/** The host as the line names it, and the event's time and number. */
function joint(message: string): Joint | undefined {
  const at = auditAt(message);
  const close = at < 0 ? -1 : message.indexOf(")", at);
  if (close < 0 || close - at > 60) return undefined;
  const id = message.slice(at + 6, close);
  const node = message.startsWith("node=") ? message.slice(5, message.indexOf(" ")) : "";
  const typeAt = message.lastIndexOf("type=", at) + 5;
  const said = message.slice(typeAt, message.indexOf(" ", typeAt));
  return {
    key: `${node} ${id}`,
    ended: !PARTS.has(NUMBERS[said] ?? said),
    at: epochOf(id.split(":", 1)[0] ?? ""),
  };
}

interface AuditRecord {
  readonly type: string;
  readonly stamp: string;
  readonly sequence: string | undefined;
  readonly pairs: ReadonlyMap<string, string>;
  /** What auditd's `enriched` format says the names of, behind the group separator. */
  readonly names: ReadonlyMap<string, string>;
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();
const AS_THEY_STAND = { verbatim: true };

function readRecord(message: string): AuditRecord | undefined {
  const at = auditAt(message);
  if (at < 0) return undefined;
  const close = message.indexOf(")", at);
  const [stamp = "", sequence] = message.slice(at + 6, close < 0 ? undefined : close).split(":", 2);
  const body = close < 0 ? "" : message.slice(close + 1);
  const pairs = readPairs(message.slice(0, at).replace(/msg=$/, ""));
  const enriched = body.indexOf("\u001d");
  const plainBody = enriched < 0 ? body : body.slice(0, enriched);
  const said = pairs.get("type") ?? "";
  const type = NUMBERS[said] ?? said;
  // An argument `-` is one, as it is in every `curl -o -`.
  const style = type === "EXECVE" ? AS_THEY_STAND : undefined;
  for (const [key, value] of readPairs(flat(plainBody), style)) if (!pairs.has(key)) pairs.set(key, value);
  wholeArguments(pairs);
  for (const key of pairs.keys()) {
    const value = pairs.get(key) ?? "";
    // The arguments of a system call are numbers.
    const hexed = HEXED.test(key) || (type === "EXECVE" && ARGUMENT.test(key));
    if (hexed && !plainBody.includes(`${key}="`)) pairs.set(key, plain(value));
  }
  // `SADDR={ saddr_fam=inet laddr=203.0.113.9 lport=80 }`
  const names = enriched < 0 ? NO_NAMES : readPairs(body.slice(enriched + 1).replace(/[{}]/g, ""));
  return { type, stamp, sequence, pairs, names };
}

/** Programs put their own pairs in single quotes after `msg=`. A piece of a long argument, `a2[0]=`, is told by a dot. */
function flat(body: string): string {
  const text = body.startsWith(":") ? body.slice(1) : body;
  const pieces = text.includes("]=") ? text.replace(/ (a\d{1,5})\[(\d{1,5})\]=/g, " $1.$2=") : text;
  return pieces.replace("msg='", " ").replaceAll("'", " ");
}

/** Puts the pieces of an argument together that was too long for one pair. */
function wholeArguments(pairs: Map<string, string>): void {
  for (const [key, value] of pairs) {
    if (!PIECE.test(key)) continue;
    const name = key.slice(0, key.indexOf("."));
    pairs.delete(key);
    pairs.delete(`${name}_len`);
    pairs.set(name, (pairs.get(name) ?? "") + value);
  }
}

const ARGUMENT = /^a\d{1,5}$/;
const PIECE = /^a\d{1,5}\.\d{1,5}$/;
/** Fields that are written in hexadecimal without quotes when they hold blanks or quotes. */
const HEXED = /^(name|exe|comm|cwd|cmd|proctitle|acct|key)$/;

/** Arguments with blanks in them, and whole titles, are written in hexadecimal. */
function plain(text: string): string {
  if (text.length < 2 || text.length % 2 === 1 || !/^[0-9A-F]+$/.test(text)) return text;
  return Buffer.from(text, "hex").toString("utf8").replaceAll("\u0000", " ");
}

function draftOfRecords(records: readonly AuditRecord[]): EcsDraft {
  const draft = draftOf("auditd", "auditd.log", "Linux", "auditd");
  const [first] = records;
  timeField(draft, epochOf(first?.stamp ?? ""));
  put(draft, "event.sequence", first?.sequence);
  const types = [...new Set(records.map(({ type }) => type))];
  draft["auditd.type"] = types.length === 1 ? (types[0] ?? "") : types;
  const executed = records.filter(({ type }) => type === "EXECVE");
  // What the event is about says its fields first; of a program's start the call's own arguments are only addresses.
  const paths = records.filter(({ type }) => type === "PATH");
  for (const record of records.toSorted((a, b) => rank(b.type) - rank(a.type))) {
    if (record.type === "PATH" && paths.length > 1) continue;
    const passed = record.type === "SYSCALL" && executed.length > 0 ? /^a[0-3]$/ : undefined;
    pairFields(draft, record, passed);
  }
  if (paths.length > 1) pathLists(draft, paths);
  for (const { names } of records)
    for (const [key, value] of names) if (key.length < 65) draft[`auditd.enriched.${key}`] ??= value;
  kinds(draft, records);
  commandFields(draft, executed, records);
  pathFields(draft, paths);
  connection(draft, records);
  return draft;
}

/** Of two records of an event that say a field differently the one with the higher rank is the event's. */
function rank(type: string): number {
  if (type === "SYSCALL") return BESIDE.length + 1;
  const at = BESIDE.indexOf(type);
  return at < 0 ? BESIDE.length : at;
}

function pairFields(draft: EcsDraft, { pairs }: AuditRecord, passed: RegExp | undefined): void {
  for (const [key, value] of pairs) {
    if (value === "?" || passed?.test(key) === true) continue;
    const { field, spare } = placementOf(TABLE, key);
    // Said before by another record of the event.
    if (spare !== "" && String(draft[field]) === value) continue;
    place(draft, TABLE, key, value);
  }
}

/** Each key of several paths as a list, so that whatever one of them says can be asked for. */
function pathLists(draft: EcsDraft, paths: readonly AuditRecord[]): void {
  const lists = new Map<string, string[]>();
  for (const { pairs } of paths) {
    for (const [key, value] of pairs) {
      if (key === "type" || key === "msg" || key === "node" || value === "?") continue;
      const list = lists.get(key) ?? [];
      if (!list.includes(value)) list.push(value);
      lists.set(key, list);
    }
  }
  for (const [key, list] of lists) draft[`auditd.${key}`] ??= list.length === 1 ? (list[0] ?? "") : list;
  const node = paths[0]?.pairs.get("node");
  if (node !== undefined) draft["host.name"] ??= node;
}

function kinds(draft: EcsDraft, records: readonly AuditRecord[]): void {
  const types = new Set(records.map(({ type }) => type));
  const telling = [...types].find((type) => !BESIDE.includes(type));
  // A list of what only says more, and of those the one that says most.
  const type = types.has("EXECVE") ? "EXECVE" : (telling ?? BESIDE.findLast((name) => types.has(name)) ?? "");
  const [action, category, kind] = KINDS[type] ?? [type.toLowerCase(), "host", "info"];
  const said = pairOf(records, "res") ?? pairOf(records, "success") ?? "";
  const outcome =
    said === "success" || said === "yes" || said === "1" ? "success" : said === "" ? undefined : "failure";
  const made = records.length > 1 && type === "SYSCALL" ? fileKind(records) : undefined;
  const categories =
    records.length > 1 && types.has("PATH") && type !== "EXECVE" ? [category, "file"] : [category];
  kindFields(draft, action === "" ? "audit" : action, categories, [made ?? kind], outcome);
  const key = pairOf(records, "key");
  if (key !== undefined) keyFields(draft, key);
}

/** What the event did to files, where it did one thing. */
function fileKind(records: readonly AuditRecord[]): string | undefined {
  const did = new Set(records.map(({ pairs }) => pairs.get("nametype")));
  if (did.has("CREATE")) return did.has("DELETE") ? "change" : "creation";
  return did.has("DELETE") ? "deletion" : undefined;
}

/** An event that met several watches names the keys of all, with a control character between. */
function keyFields(draft: EcsDraft, key: string): void {
  const keys = key.split("\u0001").filter((one) => one !== "");
  const value = keys.length === 1 ? (keys[0] ?? "") : keys;
  draft["auditd.key"] = value;
  draft["rule.name"] = value;
}

function connection(draft: EcsDraft, records: readonly AuditRecord[]): void {
  const address = readSocketAddress(pairOf(records, "saddr") ?? "");
  if (address === undefined) return;
  const call = records.find(({ type }) => type === "SYSCALL");
  socketFields(draft, address, {
    arch: call?.pairs.get("arch"),
    syscall: call?.pairs.get("syscall"),
    name: call?.names.get("syscall"),
  });
}

function pairOf(records: readonly AuditRecord[], key: string): string | undefined {
  for (const { pairs } of records) {
    const value = pairs.get(key);
    if (value !== undefined) return value;
  }
  return undefined;
}

const MOST_ARGUMENTS = 1_000;

function commandFields(
  draft: EcsDraft,
  executed: readonly AuditRecord[],
  records: readonly AuditRecord[],
): void {
  if (executed.length > 0) {
    const args = argumentsOf(executed);
    if (args.length === 0) return;
    draft["process.args"] = args;
    draft["process.command_line"] = args.join(" ");
    const [first = ""] = args;
    if (first.startsWith("/")) draft["process.executable"] ??= first;
    draft["process.name"] ??= first.slice(first.lastIndexOf("/") + 1);
  } else {
    const command = pairOf(records, "proctitle") ?? pairOf(records, "cmd");
    if (command !== undefined) draft["process.command_line"] = command;
  }
}

/** The arguments up to the last that is there; one that is empty is not written as a pair's value. */
function argumentsOf(executed: readonly AuditRecord[]): string[] {
  const args: string[] = [];
  for (const { pairs } of executed) {
    for (const [key, value] of pairs) {
      const at = ARGUMENT.test(key) ? Number(key.slice(1)) : MOST_ARGUMENTS;
      if (at >= MOST_ARGUMENTS) continue;
      while (args.length < at) args.push("");
      args[at] = value;
    }
  }
  return args;
}

/** What the event touched, without the folders in which it did, from the root on where it says where it was. */
function pathFields(draft: EcsDraft, paths: readonly AuditRecord[]): void {
  const touched = paths.filter(({ pairs }) => pairs.get("nametype") !== "PARENT");
  const meant = touched.length > 0 ? touched : paths;
  const cwd = draft["process.working_directory"];
  const whole = new Set<string>();
  for (const { pairs } of meant) {
    const name = pairs.get("name");
    if (name !== undefined && name !== "(null)")
      whole.add(typeof cwd === "string" ? absolute(cwd, name) : name);
  }
  const list = [...whole];
  if (list.length === 0) return;
  const names = list.map((path) => path.slice(path.lastIndexOf("/") + 1)).filter((name) => name !== "");
  draft["file.path"] = list.length === 1 ? (list[0] ?? "") : list;
  if (names.length > 0) draft["file.name"] = names.length === 1 ? (names[0] ?? "") : names;
}

function absolute(cwd: string, name: string): string {
  if (name.startsWith("/")) return name;
  const relative = name.startsWith("./") ? name.slice(2) : name;
  return cwd.endsWith("/") ? cwd + relative : `${cwd}/${relative}`;
}
