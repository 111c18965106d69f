import { flatten } from "../ecs-object.ts";
import type { EcsDraft, EcsValue } from "../parser.ts";
import { table } from "../text/table.ts";
import { attributeOf, leaves } from "../text/xml.ts";
import type { WindowsEvent } from "./event.ts";
import { isPowerShell, isSnare } from "./text-forms.ts";

function textIn(record: EcsDraft, ...names: string[]): string {
  for (const name of names) {
    const value = record[name];
    if (value !== undefined && value !== "" && typeof value !== "object") return String(value);
  }
  return "";
}

/** Names of the system part and of NXLog, Logstash and others in flat JSON; the rest is the event's data. */
const SHIPPER = new Set(
  "EventID EventId Channel Hostname Computer ComputerName SourceName Provider ProviderName Provider_Name ProviderGuid RecordNumber EventRecordID Severity SeverityValue Level Task Opcode OpcodeValue Keywords Version Message Category EventType EventTypeOrignal EventTime EventReceivedTime TimeCreated SystemTime UtcTime @timestamp @version host port tags SourceModuleName SourceModuleType ExecutionProcessID ExecutionThreadID ThreadID UserID AccountType AccountName ActivityID RelatedActivityID ERROR_EVT_UNRESOLVED".split(
    " ",
  ),
);
/** Of those, the ones a shipper of the JSON added or that stand elsewhere in the record. */
const DROPPED = new Set(
  "EventID EventId Channel Hostname Computer ComputerName SourceName Provider ProviderName Provider_Name Level Severity SeverityValue UtcTime RecordNumber EventRecordID Message EventTime EventReceivedTime TimeCreated SystemTime @timestamp @version host port tags SourceModuleName SourceModuleType ExecutionProcessID ThreadID ExecutionThreadID UserID".split(
    " ",
  ),
);

const REST = table<string>({
  ProviderGuid: "provider_guid",
  Task: "task",
  Opcode: "opcode",
  OpcodeValue: "opcode_value",
  Keywords: "keywords",
  Version: "version",
  Category: "category",
  AccountName: "user.name",
  AccountType: "user.type",
  ActivityID: "activity_id",
});

/** Whether `flatten` would change nothing in it. */
function isFlat(object: Record<string, unknown>): object is EcsDraft {
  for (const name in object) {
    const value = object[name];
    if (typeof value === "object" || name === "" || name === "__proto__") return false;
  }
  return true;
}

/** `{"EventID":1,"Channel":"...","Image":"..."}`: NXLog, the datasets of OTRF, and many converters of EVTX. */
export function flatEvent(object: Record<string, unknown>): WindowsEvent {
  const record = isFlat(object) ? object : flatten(object);
  const data = new Map<string, EcsValue>();
  const rest = new Map<string, EcsValue>();
  for (const name in record) {
    const value = record[name];
    if (value === undefined) continue;
    // Of a new service it is the event's own: the account under which it runs.
    const own = name === "AccountName" && record["ServiceName"] !== undefined;
    if (own || !SHIPPER.has(name)) data.set(name, value);
    else if (!DROPPED.has(name)) rest.set(REST[name] ?? name, value);
  }
  if (record["UtcTime"] !== undefined) data.set("UtcTime", record["UtcTime"]);
  const utc = textIn(record, "UtcTime");
  return {
    code: textIn(record, "EventID", "EventId"),
    channel: textIn(record, "Channel"),
    provider: textIn(record, "SourceName", "Provider_Name", "ProviderName", "Provider"),
    computer: textIn(record, "Hostname", "Computer", "ComputerName"),
    record: textIn(record, "RecordNumber", "EventRecordID"),
    level: textIn(record, "Level", "Severity"),
    time:
      textIn(record, "@timestamp", "SystemTime", "TimeCreated", "EventTime", "TimeGenerated") ||
      (utc === "" ? "" : `${utc}Z`),
    message: textIn(record, "Message"),
    processId: textIn(record, "ExecutionProcessID"),
    threadId: textIn(record, "ThreadID", "ExecutionThreadID"),
    userSid: textIn(record, "UserID"),
    data,
    rest,
  };
}

/** `"Data":[{"@Name":"Image","#text":"..."},...]`, as converters of XML write it; texts without a name are numbered. */
function listedData(from: unknown, data: Map<string, EcsValue>): void {
  const list: unknown[] = Array.isArray(from) ? from : from === undefined ? [] : [from];
  for (const [index, one] of list.entries()) {
    const item = part(one);
    const attributes = { ...item, ...part(item["#attributes"]), ...part(item["$"]) };
    const named = attributes["@Name"] ?? attributes["Name"] ?? attributes["_Name"];
    const text =
      typeof one === "string" ? one : plain(item["#text"] ?? item["_"] ?? item["Value"] ?? item["__text"]);
    const key = typeof named === "string" ? named : `param${index + 1}`;
    if (text !== "") data.set(key, text);
  }
}

function part(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function plain(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  const text = part(value)["#text"] ?? part(value)["Value"];
  return typeof text === "string" || typeof text === "number" ? String(text) : "";
}

/** `{"Event":{"System":{...},"EventData":{...}}}`: evtx_dump, evtxecmd and others. */
export function nestedEvent(object: Record<string, unknown>): WindowsEvent {
  const event = part(object["Event"]);
  const system = part(event["System"]);
  const provider = part(system["Provider"]);
  const execution = part(system["Execution"]);
  const attributes = (from: Record<string, unknown>) => ({ ...from, ...part(from["#attributes"]) });
  const data = new Map<string, EcsValue>();
  const readData = (from: unknown) => {
    for (const [name, value] of Object.entries(flatten(part(from)))) {
      if (name.startsWith("#attributes") || name.startsWith("@") || name === "Data") continue;
      data.set(name.startsWith("Data.") ? name.slice(5) : name, value);
    }
  };
  readData(event["EventData"]);
  listedData(part(event["EventData"])["Data"], data);
  for (const inner of Object.values(part(event["UserData"]))) readData(inner);
  const created = attributes(part(system["TimeCreated"]));
  const rest = new Map<string, EcsValue>();
  for (const [name, key] of Object.entries(REST)) {
    const value = plain(system[name]);
    if (value !== "" && key !== undefined) rest.set(key, value);
  }
  const named = attributes(provider);
  const run = attributes(execution);
  return {
    code: plain(system["EventID"]),
    channel: plain(system["Channel"]),
    provider: plain(named["Name"] ?? named["@Name"]),
    computer: plain(system["Computer"]),
    record: plain(system["EventRecordID"]),
    level: plain(system["Level"]),
    time: plain(created["SystemTime"] ?? created["@SystemTime"]),
    message: "",
    processId: plain(run["ProcessID"] ?? run["@ProcessID"]),
    threadId: plain(run["ThreadID"] ?? run["@ThreadID"]),
    userSid: plain(attributes(part(system["Security"]))["UserID"]),
    data,
    rest,
  };
}

/** `<Event xmlns=...><System>...</System><EventData><Data Name="Image">...</Data></EventData></Event>`. */
export function xmlEvent(xml: string): WindowsEvent {
  const system = new Map<string, string>();
  const data = new Map<string, EcsValue>();
  const rest = new Map<string, EcsValue>();
  let unnamed = 0;
  let inData = false;
  // What the collector rendered repeats the system part in words.
  const rendered = xml.indexOf("<RenderingInfo");
  for (const { name, text } of rendered < 0 ? [] : leaves(xml.slice(rendered)))
    if (name === "Message") system.set("Message", text);
  for (const { name, attributes, text } of leaves(rendered < 0 ? xml : xml.slice(0, rendered))) {
    if (name === "Provider") {
      system.set("Provider", attributeOf(attributes, "Name") ?? "");
    } else if (name === "TimeCreated") {
      system.set("TimeCreated", attributeOf(attributes, "SystemTime") ?? "");
    } else if (name === "Execution") {
      system.set("ProcessID", attributeOf(attributes, "ProcessID") ?? "");
      system.set("ThreadID", attributeOf(attributes, "ThreadID") ?? "");
    } else if (name === "Security" && !inData) {
      system.set("UserID", attributeOf(attributes, "UserID") ?? "");
      inData = true;
    } else if (name === "Data") {
      const named = attributeOf(attributes, "Name");
      if (named === undefined) unnamed++;
      if (text !== "") data.set(named ?? `param${unnamed}`, text);
    } else if (inData) {
      if (name === "Message") system.set("Message", text);
      else if (text !== "" && name !== "Binary") data.set(name, text);
    } else if (REST[name] !== undefined) {
      rest.set(REST[name], text);
    } else {
      system.set(name, text);
    }
  }
  const of = (name: string) => system.get(name) ?? "";
  return {
    code: of("EventID"),
    channel: of("Channel"),
    provider: of("Provider"),
    computer: of("Computer"),
    record: of("EventRecordID"),
    level: of("Level"),
    time: of("TimeCreated"),
    message: of("Message"),
    processId: of("ProcessID"),
    threadId: of("ThreadID"),
    userSid: of("UserID"),
    data,
    rest,
  };
}

type FormName = "flat" | "winlogbeat" | "nested" | "xml" | "snare" | "powershell";

let lastMessage = "";
let lastForm: FormName | undefined;

/** Which form a message has; of the one asked for last, which `accepts` and `parse` share, without looking again. */
export function formOf(message: string): FormName | undefined {
  if (message === lastMessage) return lastForm;
  lastForm = formIn(message);
  lastMessage = message;
  return lastForm;
}

/** The marks of the most frequent stand early in the line. */
function formIn(message: string): FormName | undefined {
  if (message.charCodeAt(0) === 123) {
    if (/^\{\s*"Event"\s*:/.test(message)) return "nested";
    const id = message.includes('"EventID"') || message.includes('"EventId"');
    if (id && message.includes('"Channel"')) return "flat";
    const nested = message.includes('"winlog"') && message.includes('"event_id"');
    if (nested || message.includes('"winlog.event_id"')) return "winlogbeat";
    return isPowerShell(message) ? "powershell" : undefined;
  }
  if (message.charCodeAt(0) !== 60) return isSnare(message) ? "snare" : undefined;
  if (message.startsWith("<Event ") || message.startsWith("<Event>")) return "xml";
  const head = message.startsWith("<?xml") || message.startsWith("<Events") ? message.slice(0, 200) : "";
  return head.includes("<Event ") || head.includes("<Event>") ? "xml" : undefined;
}
