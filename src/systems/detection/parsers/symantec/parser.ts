import { defineParser, type EcsDraft } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
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
  sha_256: "file.hash.sha256",
  md_5: "file.hash.md5",
  file_size_bytes_: "file.size",
  admin: "user.name",
  intrusion_payload_url: "url.original",
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
    for (const [number, part] of parts.entries()) {
      if (number === 1 && part.startsWith("[SID: ")) {
        draft.message = part;
        continue;
      }
      const found = keyIn(part);
      if (found === undefined) {
        if (part !== "" && words.length < 20) words.push(part);
        continue;
      }
      const [key, value] = found;
      if (isNothing(value) || value.startsWith('""')) continue;
      if (key === "event_time" || (key === "begin" && stamp === "")) stamp = value;
      place(draft, TABLE, key === "local" || key === "remote" ? endKey(key, value) : key, value);
    }
    if (words.length === parts.length) return undefined;
    timeField(draft, isoAt(stamp, 0, { ...context, zoneMinutes: 0 })?.at);
    // Client logs begin with the name of the computer; risk logs name it later, and the header names the manager.
    const first = parts[0] ?? "";
    if (first === words[0] && !first.includes(" ")) draft["host.name"] ??= first;
    kinds(draft, words);
    if (draft["network.direction"] === "outbound") turn(draft);
    return draft;
  },
});

/** `Risk name: EICAR`, and `Local Port 80` of older versions. */
function keyIn(part: string): [string, string] | undefined {
  const port = part.startsWith("Local Port ")
    ? "local_port"
    : part.startsWith("Remote Port ")
      ? "remote_port"
      : "";
  if (port !== "") return [port, part.slice(part.lastIndexOf(" ") + 1)];
  const colon = part.indexOf(": ");
  const end = part.endsWith(":") ? part.length - 1 : colon;
  if (end < 1 || end > 50) return undefined;
  const key = part
    .slice(0, end)
    .toLowerCase()
    .replaceAll(/[ /()-]+/g, "_");
  return [key, part.slice(end + 1).trim()];
}

/** Versions before 14 call address, port, name and hardware address of an end all `Local` or `Remote`. */
function endKey(key: string, value: string): string {
  if (isIp(value)) return `${key}_host_ip`;
  if (/^[0-9A-Fa-f]{12}$/.test(value)) return `${key}_host_mac`;
  return portOf(value) === undefined ? `${key}_host_name` : `${key}_port`;
}

const ENDS = ["ip", "port", "domain"] as const;

/** The table has the remote end as the source, which is so of what comes in. */
function turn(draft: EcsDraft): void {
  for (const part of ENDS) {
    const source = draft[`source.${part}`];
    const destination = draft[`destination.${part}`];
    delete draft[`source.${part}`];
    delete draft[`destination.${part}`];
    if (destination !== undefined) draft[`source.${part}`] = destination;
    if (source !== undefined) draft[`destination.${part}`] = source;
  }
}

function kinds(draft: EcsDraft, words: readonly string[]): void {
  const title = words[0] ?? "";
  if (title !== "") draft["symantec.sep.title"] = title;
  draft.message ??= words.join(", ");
  const direction = words.find((word) => word === "Inbound" || word === "Outbound");
  if (direction !== undefined) draft["network.direction"] = direction.toLowerCase();
  const transport = words.find((word) => ["TCP", "UDP", "ICMP"].includes(word));
  if (transport !== undefined) draft["network.transport"] = transport.toLowerCase();
  const text = String(draft.message).toLowerCase();
  const said = words.find((word) => word === "Blocked" || word === "Allowed");
  const stopped = text.includes("has been blocked") ? "Blocked" : undefined;
  const action = String(draft["event.action"] ?? said ?? stopped ?? title);
  const verdict = verdictOf(action.toLowerCase().split(" ", 1)[0] ?? "");
  const outcome = verdict === undefined ? undefined : verdict === "denied" ? "failure" : "success";
  if (text.includes("administrator log on") || text.includes("administrator login")) {
    const failed = text.includes("fail");
    kindFields(
      draft,
      failed ? "login-failed" : "login-succeeded",
      ["authentication"],
      ["start"],
      failed ? "failure" : "success",
    );
    return;
  }
  const ends = draft["source.ip"] !== undefined || draft["destination.ip"] !== undefined;
  const found =
    TITLES.some((known) => title.startsWith(known)) || draft["symantec.sep.occurrences"] !== undefined;
  const attack = draft["rule.id"] !== undefined || draft["symantec.sep.intrusion_id"] !== undefined;
  if (found && !attack && !ends) {
    draft["event.kind"] = "alert";
    kindFields(draft, action, ["malware"], ["info"], outcome);
  } else if (attack) {
    draft["event.kind"] = "alert";
    kindFields(
      draft,
      action,
      ["intrusion_detection", "network"],
      verdict === undefined ? ["info"] : ["info", verdict],
      outcome,
    );
  } else if (ends) {
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
