import { Answers } from "../../answers.ts";
import { flatten } from "../ecs-object.ts";
import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { draftOf, kindFields, namesUnder, put, timeField } from "../text/fields.ts";
import { jsonObject } from "../text/json.ts";
import { table } from "../text/table.ts";
import { isoAt } from "../text/time.ts";
import type { WindowsEvent } from "./event.ts";
import { dataFields } from "./fields.ts";
import { flatEvent, formOf, nestedEvent, xmlEvent } from "./forms.ts";
import { kindOf } from "./kinds.ts";
import { NONE, powerShellEvent, snareEvent } from "./text-forms.ts";

/** Windows events, Sysmon's among them: flat JSON, Winlogbeat's JSON, and EVTX exported as XML or JSON. */
export const windows = defineParser({
  id: "windows",
  product: "Windows events and Sysmon",
  accepts: (message) => formOf(message) !== undefined,
  parse(message, context) {
    const form = formOf(message);
    if (form === undefined) return undefined;
    try {
      if (form === "xml") return fromEvent(xmlEvent(message));
      if (form === "snare") {
        const event = snareEvent(message);
        // Agents write the wall clock of their host.
        return event === undefined ? undefined : fromEvent(event, context);
      }
      const object = jsonObject(message);
      if (object === undefined) return undefined;
      if (form === "powershell") return fromEvent(powerShellEvent(object));
      if (form === "winlogbeat") return winlogbeat(flatten(object));
      if (form === "nested") return fromEvent(nestedEvent(object));
      // NXLog's own time alone is the wall clock of the host.
      return fromEvent(flatEvent(object), TIMED.test(message) ? UTC : context);
    } catch {
      // Nested past what the stack bears.
      return undefined;
    }
  },
});

const ownName = namesUnder("winlog.");

const LEVELS = table<string>({
  "0": "information",
  "1": "critical",
  "2": "error",
  "3": "warning",
  "4": "information",
  "5": "verbose",
});

/** Windows leaves the zone out of some times and means UTC in them. */
function at(text: string, clock: ParseContext = UTC): number | undefined {
  return isoAt(text, 0, clock)?.at;
}

const TIMED = /"(@timestamp|SystemTime|TimeCreated)"/;
const UTC: ParseContext = { receivedAt: "", zoneMinutes: 0 };

function fromEvent(event: WindowsEvent, clock: ParseContext = UTC): EcsDraft | undefined {
  if (event.code === "" || event.code.length > 10) return undefined;
  const draft = draftOf("windows", datasetOf(event.channel), "Microsoft", "Windows");
  draft["event.code"] = event.code;
  draft["winlog.event_id"] = event.code;
  put(draft, "winlog.channel", event.channel);
  put(draft, "event.provider", event.provider);
  put(draft, "winlog.provider_name", event.provider);
  put(draft, "winlog.computer_name", event.computer);
  put(draft, "host.name", event.computer);
  put(draft, "winlog.record_id", event.record);
  put(draft, "winlog.process.pid", event.processId);
  put(draft, "winlog.process.thread.id", event.threadId);
  put(draft, "winlog.user.identifier", event.userSid);
  put(draft, "message", event.message);
  if (event.level !== "") draft["log.level"] = LEVELS[event.level] ?? event.level.toLowerCase();
  timeField(draft, at(event.time, clock));
  for (const [name, value] of event.rest) draft[ownName(name)] = value;
  dataFields(draft, event);
  kinds(draft, event.channel, event.code);
  return draft;
}

const DATASETS = new Answers<string>(500);

function datasetOf(channel: string): string {
  const known = DATASETS.get(channel);
  if (known !== undefined) return known;
  const dataset = datasetNamed(channel);
  DATASETS.set(channel, dataset);
  return dataset;
}

function datasetNamed(channel: string): string {
  const lower = channel.toLowerCase();
  if (lower.includes("sysmon")) return "windows.sysmon_operational";
  if (lower.includes("powershell"))
    return lower.includes("operational") ? "windows.powershell_operational" : "windows.powershell";
  if (lower === "security" || lower === "system" || lower === "application") return `system.${lower}`;
  return "windows.forwarded";
}

function kinds(draft: EcsDraft, channel: string, code: string): void {
  const kind = kindOf(channel, code);
  if (kind === undefined) kindFields(draft, `event-${code}`, ["host"], ["info"]);
  else kindFields(draft, kind.action, kind.category, kind.type, kind.outcome);
}

/** Winlogbeat speaks ECS already; only what it left to its ingest pipeline is added. */
function winlogbeat(record: EcsDraft): EcsDraft | undefined {
  const code = record["winlog.event_id"];
  const channel = String(record["winlog.channel"] ?? "");
  if (code === undefined) return undefined;
  const draft = draftOf("windows", datasetOf(channel), "Microsoft", "Windows");
  const data = new Map<string, string | number | boolean>();
  for (const [name, value] of Object.entries(record)) {
    if (name === "@timestamp") continue;
    if (name.startsWith("winlog.event_data.") && typeof value !== "object") {
      data.set(name.slice(18), value as string | number | boolean);
    } else if (typeof value !== "string" || !put(draft, name, value)) {
      draft[name] = value;
    }
  }
  timeField(draft, at(String(record["@timestamp"] ?? "")));
  draft["event.module"] = "windows";
  draft["event.dataset"] = datasetOf(channel);
  draft["event.code"] = String(code);
  draft["winlog.event_id"] = String(code);
  put(draft, "host.name", String(record["winlog.computer_name"] ?? ""));
  dataFields(draft, { ...NONE, code: String(code), channel, data });
  kinds(draft, channel, String(code));
  return draft;
}
