import type { EcsValue } from "../parser.ts";
import { textOf } from "../text/json.ts";
import { table } from "../text/table.ts";
import type { WindowsEvent } from "./event.ts";

/** Headings of a rendered message, and what the account fields under them are called in the event's data. */
const SECTIONS = table<string>({
  Subject: "Subject",
  "Account For Which Logon Failed": "Target",
  "New Logon": "Target",
  "Account Whose Credentials Were Used": "Target",
  "Account Information": "Target",
  "Target Account": "Target",
  "New Account": "Target",
  Member: "Member",
  Group: "Target",
  "Creator Subject": "Subject",
  "Target Subject": "Target",
});

/** Labels of a rendered message (English) and the names of the same in the event's data. `@` takes the section's. */
const LABELS = table<string>({
  "Security ID": "@UserSid",
  "Account Name": "@UserName",
  "Account Domain": "@DomainName",
  "Logon ID": "@LogonId",
  "Logon Type": "LogonType",
  "Source Network Address": "IpAddress",
  "Source Port": "IpPort",
  "Client Address": "IpAddress",
  "Client Port": "IpPort",
  "Workstation Name": "WorkstationName",
  "Failure Reason": "FailureReason",
  Status: "Status",
  "Sub Status": "SubStatus",
  "Logon Process": "LogonProcessName",
  "Authentication Package": "AuthenticationPackageName",
  "Process Name": "ProcessName",
  "Caller Process Name": "ProcessName",
  "New Process Name": "NewProcessName",
  "Creator Process Name": "ParentProcessName",
  "Process Command Line": "CommandLine",
  "Service Name": "ServiceName",
  "Service File Name": "ServiceFileName",
  "Task Name": "TaskName",
  "Share Name": "ShareName",
  "Object Name": "ObjectName",
  "Group Name": "TargetUserName",
});
/** Of Sysmon's messages, whose labels are the names themselves. */
const SYSMON =
  /^(RuleName|UtcTime|ProcessGuid|ProcessId|Image|CommandLine|CurrentDirectory|User|LogonGuid|LogonId|IntegrityLevel|Hashes|ParentProcessGuid|ParentProcessId|ParentImage|ParentCommandLine|TargetFilename|ImageLoaded|TargetObject|Details|EventType|QueryName|QueryResults|DestinationIp|DestinationPort|DestinationHostname|SourceIp|SourcePort|Protocol|PipeName|SourceImage|TargetImage|OriginalFileName|Company|Product|Description|FileVersion)$/;

/** A word or three before a colon, then blanks. Linear: nothing in it can be read in two ways. */
const LABEL = /(?:^|[\s.])([A-Z][A-Za-z]{1,24}(?: [A-Z][A-Za-z]{1,14}){0,4}):(?=\s|$)/g;

/** The event's data out of its rendered message, as far as labels are known. */
export function dataOfMessage(message: string): Map<string, EcsValue> {
  const data = new Map<string, EcsValue>();
  const found = [...message.slice(0, 20_000).matchAll(LABEL)].slice(0, 200);
  let section = "Subject";
  for (const [index, match] of found.entries()) {
    const label = match[1] ?? "";
    const from = match.index + match[0].length;
    const value = message.slice(from, found[index + 1]?.index ?? from + 4000).trim();
    const heading = SECTIONS[label];
    if (heading !== undefined) section = heading;
    const name = LABELS[label]?.replace("@", section) ?? (SYSMON.test(label) ? label : undefined);
    if (name === undefined || value === "" || value === "-") continue;
    const first = value.split(/[\r\n\t]/, 1)[0]?.trim() ?? "";
    if (first !== "" && !data.has(name)) data.set(name, first);
  }
  return data;
}

const SNARE = "MSWinEventLog";

/** Snare and the agents that speak like it: `MSWinEventLog`, then fields between tabs (or `#011`, as syslog daemons write them). */
export function isSnare(message: string): boolean {
  const at = message.indexOf(SNARE);
  return at >= 0 && at < 80;
}

export function snareEvent(message: string): WindowsEvent | undefined {
  const text = message.slice(message.indexOf(SNARE) + SNARE.length).replaceAll("#011", "\t");
  const gap = text.includes("\t") ? "\t" : ",";
  // Criticality, channel, counter, time, event id, source, user, type of the user, kind, computer, category, data, text.
  const fields = text.replace(/^[\t,:]/, "").split(gap);
  const [
    ,
    channel = "",
    record = "",
    time = "",
    code = "",
    provider = "",
    user = "",
    ,
    kind = "",
    computer = "",
  ] = fields;
  if (!/^\d{1,6}$/.test(code)) return undefined;
  const said = fields.slice(12).join(gap).trim();
  const data = dataOfMessage(said === "" ? fields.slice(11).join(gap) : said);
  if (user !== "" && user !== "N/A" && !data.has("SubjectUserName") && !data.has("TargetUserName"))
    data.set("User", user);
  return {
    ...NONE,
    code,
    channel,
    provider,
    computer,
    record,
    level: kind,
    time: usualTime(time),
    message: said,
    data,
  };
}

/** `Mon Nov 23 10:11:12 2026` as the reader of dates takes it. */
function usualTime(text: string): string {
  const found = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})$/.exec(text.trim());
  if (found === null) return text;
  const month = "JanFebMarAprMayJunJulAugSepOctNovDec".indexOf(found[1] ?? "") / 3 + 1;
  return `${found[4]}-${String(month).padStart(2, "0")}-${String(found[2]).padStart(2, "0")} ${found[3]}`;
}

/** `Get-WinEvent | ConvertTo-Json`. */
export function isPowerShell(message: string): boolean {
  return message.includes('"LogName"') && message.includes('"ProviderName"') && message.includes('"Id"');
}

export function powerShellEvent(object: Record<string, unknown>): WindowsEvent {
  const text = (name: string) => textOf(object[name]) ?? "";
  const stamp = /^\/Date\((\d{1,15})/.exec(text("TimeCreated"))?.[1];
  const time = stamp === undefined ? text("TimeCreated") : new Date(Number(stamp)).toISOString();
  return {
    ...NONE,
    code: text("Id"),
    channel: text("LogName"),
    provider: text("ProviderName"),
    computer: text("MachineName"),
    record: text("RecordId"),
    level: text("LevelDisplayName"),
    time,
    message: text("Message"),
    processId: text("ProcessId"),
    threadId: text("ThreadId"),
    data: dataOfMessage(text("Message")),
  };
}

/** An event of which nothing is known yet. */
export const NONE: WindowsEvent = {
  code: "",
  channel: "",
  provider: "",
  computer: "",
  record: "",
  level: "",
  time: "",
  message: "",
  processId: "",
  threadId: "",
  userSid: "",
  data: new Map(),
  rest: new Map(),
};
