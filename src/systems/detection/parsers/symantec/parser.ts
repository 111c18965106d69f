import { defineParser, type EcsDraft } from "../parser.ts";
import { splitCsv } from "../text/csv.ts";
import { draftOf, fieldTable, kindFields, place, timeField } from "../text/fields.ts";
import { isNothing } from "../text/pairs.ts";
import { isoAt } from "../text/time.ts";
import { verdictOf } from "../text/verdict.ts";

const TABLE = fieldTable("symantec.sep.", {
  ip_address: "host.ip",
  computer_name: "host.name",
  local_host_name: "host.name",
  local_host: "destination.ip",
  local_host_ip: "destination.ip",
  local_port: "destination.port",
  remote_host_ip: "source.ip",
  remote_host: "source.ip",
  remote_host_name: "source.domain",
  remote_port: "source.port",
  risk_name: "rule.name",
  cids_signature_string: "rule.name",
  cids_signature_id: "rule.id",
  rule: "rule.name",
  file_path: "file.path",
  application_name: "process.executable",
  application: "process.executable",
  application_hash: "file.hash.sha256",
  hash: "file.hash.sha256",
  user: "user.name",
  user_name: "user.name",
  domain: "user.domain",
  actual_action: "event.action",
  action: "event.action",
  intrusion_url: "url.original",
  event_description: "message",
  description: "message",
  event_time: "",
  begin: "",
  event_insert_time: "",
});

const TITLES = [
  "Virus found",
  "Security risk found",
  "Potential risk found",
  "Compressed File",
  "SONAR detection",
  "Suspicious behavior",
];
const LABELS = [
  ",Computer name: ",
  ",Local Host: ",
  ",Local Host IP: ",
  ",IP Address: ",
  ",Event time: ",
  ",CIDS Signature",
];

function isSymantec(message: string): boolean {
  const tagged = message.includes("SymantecServer");
  const labels = LABELS.filter((label) => message.includes(label)).length;
  return labels >= (tagged ? 1 : 2) || (labels === 1 && TITLES.some((title) => message.startsWith(title)));
}

/** Symantec Endpoint Protection Manager: risk, traffic, attack and scan logs over syslog; its times are UTC. */
export const symantec = defineParser({
  id: "symantec",
  product: "Symantec Endpoint Protection",
  programs: ["SymantecServer"],
  accepts: (message) => isSymantec(message),
  parse(message, context) {
    const parts = splitCsv(message);
    if (parts.length < 3) return undefined;
    const draft = draftOf("symantec", "symantec.sep", "Broadcom", "Symantec Endpoint Protection");
    const words: string[] = [];
    let stamp = "";
    for (const part of parts) {
      const colon = part.indexOf(": ");
      const end = part.endsWith(":") ? part.length - 1 : colon;
      if (end < 1 || end > 50) {
        if (part !== "" && words.length < 20) words.push(part);
        continue;
      }
      const key = part
        .slice(0, end)
        .toLowerCase()
        .replaceAll(/[ /()-]+/g, "_");
      const value = part.slice(end + 1).trim();
      if (isNothing(value) || value.startsWith('""')) continue;
      if (key === "event_time" || (key === "begin" && stamp === "")) stamp = value;
      place(draft, TABLE, key, value);
    }
    if (words.length === parts.length) return undefined;
    timeField(draft, isoAt(stamp, 0, { ...context, zoneMinutes: 0 })?.at);
    kinds(draft, words);
    return draft;
  },
});

function kinds(draft: EcsDraft, words: readonly string[]): void {
  const title = words[0] ?? "";
  if (title !== "") draft["symantec.sep.title"] = title;
  draft.message ??= words.join(", ");
  const direction = words.find((word) => word === "Inbound" || word === "Outbound");
  if (direction !== undefined) draft["network.direction"] = direction.toLowerCase();
  const transport = words.find((word) => ["TCP", "UDP", "ICMP"].includes(word));
  if (transport !== undefined) draft["network.transport"] = transport.toLowerCase();
  const action = String(draft["event.action"] ?? title);
  const verdict = verdictOf(action.toLowerCase().split(" ", 1)[0] ?? "");
  const outcome = verdict === undefined ? undefined : verdict === "denied" ? "failure" : "success";
  const found =
    TITLES.some((known) => title.startsWith(known)) || draft["symantec.sep.occurrences"] !== undefined;
  const attack = draft["rule.id"] !== undefined || draft["symantec.sep.intrusion_id"] !== undefined;
  if (found && !attack && draft["source.ip"] === undefined) {
    draft["event.kind"] = "alert";
    kindFields(draft, action, ["malware"], ["info"], outcome);
  } else if (attack) {
    draft["event.kind"] = "alert";
    kindFields(draft, action, ["intrusion_detection", "network"], ["info"], outcome);
  } else if (draft["source.ip"] !== undefined || draft["destination.ip"] !== undefined) {
    kindFields(
      draft,
      action,
      ["network"],
      verdict === undefined ? ["connection"] : ["connection", verdict],
      outcome,
    );
  } else {
    kindFields(draft, action, ["host"], ["info"], outcome);
  }
}
