import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, put, timeField } from "../text/fields.ts";
import { jsonRecord, placeRecord, textOf } from "../text/json.ts";
import { dayMonthYearAt } from "../text/time.ts";
import { verdictOf } from "../text/verdict.ts";

const TABLE = fieldTable("eset.", {
  event_type: "",
  occured: "",
  ipv4: "host.ip",
  ipv6: "host.ip",
  hostname: "host.name",
  source_uuid: "host.id",
  severity: "log.level",
  action: "event.action",
  action_taken: "event.action",
  username: "user.name",
  user: "user.name",
  threat_name: "rule.name",
  threat_type: "rule.category",
  rule_name: "rule.name",
  event: "rule.name",
  hash: "file.hash.sha1",
  object_uri: "",
  rulename: "rule.name",
  processname: "process.executable",
  process_name: "process.executable",
  application: "process.executable",
  source_address: "source.ip",
  source_port: "source.port",
  target_address: "destination.ip",
  target_port: "destination.port",
  protocol: "network.transport",
  detail: "message",
  result: "",
});

function isEset(message: string): boolean {
  return (
    message.startsWith("{") &&
    message.includes('"event_type"') &&
    message.includes('"source_uuid"') &&
    message.includes("_Event")
  );
}

const TIMES = { zoneMinutes: 0 };

/** ESET PROTECT (Security Management Center, Remote Administrator): events exported as JSON; their times are UTC. */
export const eset = defineParser({
  id: "eset",
  product: "ESET PROTECT",
  begins: "{",
  accepts: (message) => isEset(message),
  parse(message, context) {
    const record = jsonRecord(message);
    const type = record?.event_type;
    if (record === undefined || typeof type !== "string" || !type.endsWith("_Event")) return undefined;
    const draft = draftOf("eset", "eset.protect", "ESET", "PROTECT");
    draft["event.code"] = type;
    placeRecord(draft, TABLE, record);
    const stamp = textOf(record["occured"]) ?? textOf(record["occurred"]) ?? "";
    timeField(draft, dayMonthYearAt(stamp, 0, { ...context, ...TIMES })?.at);
    const object = textOf(record["object_uri"]);
    if (object !== undefined) objectFields(draft, object);
    kindOf(draft, type, record);
    return draft;
  },
});

/** `file:///C:/Users/...`, an address, or whatever else was scanned. */
function objectFields(draft: EcsDraft, object: string): void {
  const lower = object.slice(0, 8).toLowerCase();
  if (lower.startsWith("http://") || lower === "https://") {
    put(draft, "url.original", object);
    return;
  }
  const path = lower === "file:///" ? object.slice(8) : object;
  draft["file.path"] = path;
  if (lower === "file:///")
    draft["file.name"] = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

function kindOf(draft: EcsDraft, type: string, record: EcsDraft): void {
  const action = textOf(draft["event.action"]) ?? type;
  const result = textOf(record["result"])?.toLowerCase();
  const verdict = verdictOf(action.toLowerCase());
  const outcome =
    result === undefined
      ? verdict === undefined
        ? undefined
        : verdict === "denied"
          ? "failure"
          : "success"
      : result === "success"
        ? "success"
        : "failure";
  if (type === "Audit_Event") {
    const login = action.toLowerCase().includes("login");
    kindFields(
      draft,
      action,
      [login ? "authentication" : "configuration"],
      [login ? "start" : "change"],
      outcome,
    );
    return;
  }
  draft["event.kind"] = "alert";
  const network =
    type.startsWith("Firewall") || type.startsWith("FilteredWebsites") || type.startsWith("WebProtection");
  const category = type.startsWith("Threat") ? "malware" : network ? "network" : "intrusion_detection";
  const judged = verdict !== undefined && category !== "malware";
  kindFields(draft, action, [category], judged ? ["info", verdict] : ["info"], outcome);
}
