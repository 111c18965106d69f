import type { EcsDraft } from "../parser.ts";
import { isIp, wholeOf } from "../text/address.ts";
import { namesUnder, put } from "../text/fields.ts";
import { table } from "../text/table.ts";
import type { WindowsEvent } from "./event.ts";

/** Names of event data that mean the same in every event, and their ECS field. The names themselves stay under `winlog.event_data`. */
const FIELDS = table<string>({
  CommandLine: "process.command_line",
  Image: "process.executable",
  NewProcessName: "process.executable",
  ProcessName: "process.executable",
  CurrentDirectory: "process.working_directory",
  ProcessGuid: "process.entity_id",
  ParentImage: "process.parent.executable",
  ParentProcessName: "process.parent.executable",
  ParentCommandLine: "process.parent.command_line",
  ParentProcessGuid: "process.parent.entity_id",
  TargetFilename: "file.path",
  ImageLoaded: "dll.path",
  TargetObject: "registry.path",
  QueryName: "dns.question.name",
  SourceIp: "source.ip",
  SourceAddress: "source.ip",
  IpAddress: "source.ip",
  SourcePort: "source.port",
  IpPort: "source.port",
  SourceHostname: "source.domain",
  WorkstationName: "source.domain",
  DestinationIp: "destination.ip",
  DestAddress: "destination.ip",
  DestinationPort: "destination.port",
  DestPort: "destination.port",
  DestinationHostname: "destination.domain",
  Protocol: "network.transport",
  ServiceName: "service.name",
  ScriptBlockText: "powershell.file.script_block_text",
  PipeName: "file.name",
});

/** Process ids, of which Security writes some in hexadecimal. */
const IDS = table<string>({
  ProcessId: "process.pid",
  NewProcessId: "process.pid",
  ParentProcessId: "process.parent.pid",
});

function textOf(event: WindowsEvent, name: string): string {
  const value = event.data.get(name);
  return value === undefined || typeof value === "object" ? "" : String(value);
}

function numberOf(text: string): number | undefined {
  if (!text.startsWith("0x")) return wholeOf(text);
  const value = text.length < 14 ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

const keyOf = namesUnder("winlog.event_data.");

/** Event data as `winlog.event_data.*`, and what of it ECS has names for. */
export function dataFields(draft: EcsDraft, event: WindowsEvent): void {
  for (const [name, value] of event.data) {
    if (name === "" || value === "") continue;
    draft[keyOf(name)] = value;
    if (value === "-" || typeof value === "object") continue;
    const field = FIELDS[name];
    if (field !== undefined) {
      put(draft, field, plainAddress(field, String(value)));
      continue;
    }
    const id = IDS[name];
    const number = id === undefined ? undefined : numberOf(String(value));
    if (id !== undefined && number !== undefined) draft[id] ??= number;
  }
  const program = draft["process.executable"];
  if (typeof program === "string") draft["process.name"] = program.slice(program.lastIndexOf("\\") + 1);
  const parent = draft["process.parent.executable"];
  if (typeof parent === "string") draft["process.parent.name"] = parent.slice(parent.lastIndexOf("\\") + 1);
  const path = draft["file.path"];
  if (typeof path === "string") draft["file.name"] ??= path.slice(path.lastIndexOf("\\") + 1);
  const dll = draft["dll.path"];
  if (typeof dll === "string") draft["dll.name"] = dll.slice(dll.lastIndexOf("\\") + 1);
  hashFields(draft, event);
  userFields(draft, event);
}

/** `::ffff:10.0.0.5` is an IPv4 client of a socket of both families. */
function plainAddress(field: string, value: string): string {
  const mapped = field.endsWith(".ip") && value.startsWith("::ffff:") ? value.slice(7) : value;
  return isIp(mapped) ? mapped : value;
}

/** Field names of the hashes of each that can own them. */
const hashesOf = (owner: string) =>
  table<string>({
    imphash: `${owner}.pe.imphash`,
    md5: `${owner}.hash.md5`,
    sha1: `${owner}.hash.sha1`,
    sha256: `${owner}.hash.sha256`,
  });
const HASHES = { dll: hashesOf("dll"), file: hashesOf("file"), process: hashesOf("process") };

/** `SHA1=..,MD5=..,SHA256=..,IMPHASH=..`: of the process, or of the library or file that the event is about. */
function hashFields(draft: EcsDraft, event: WindowsEvent): void {
  const hashes = textOf(event, "Hashes");
  if (hashes === "" || hashes.length > 600) return;
  const owner =
    draft["dll.path"] !== undefined
      ? "dll"
      : draft["file.path"] !== undefined && event.code !== "1"
        ? "file"
        : "process";
  for (const part of hashes.split(",")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, equals).toLowerCase();
    const value = part.slice(equals + 1).toLowerCase();
    const field = HASHES[owner][name];
    if (field !== undefined) draft[field] = value;
  }
}

const LOGONS = new Set(["4624", "4625", "4634", "4647", "4648", "4768", "4769", "4771", "4776"]);

/** `DOMAIN\user` of Sysmon; of Security the one who acted, or for logons the one who logged on. */
function userFields(draft: EcsDraft, event: WindowsEvent): void {
  const whole = textOf(event, "User");
  const backslash = whole.indexOf("\\");
  if (backslash > 0) {
    draft["user.domain"] = whole.slice(0, backslash).toLowerCase();
    draft["user.name"] = whole.slice(backslash + 1);
    return;
  }
  const logon = LOGONS.has(event.code);
  const name = textOf(event, logon ? "TargetUserName" : "SubjectUserName");
  const domain = textOf(event, logon ? "TargetDomainName" : "SubjectDomainName");
  const sid = textOf(event, logon ? "TargetUserSid" : "SubjectUserSid");
  if (name !== "" && name !== "-") draft["user.name"] = name;
  if (domain !== "" && domain !== "-") draft["user.domain"] = domain.toLowerCase();
  if (sid.startsWith("S-")) draft["user.id"] = sid;
  const target = textOf(event, "TargetUserName");
  if (!logon && target !== "" && target !== "-") draft["user.target.name"] = target;
}
