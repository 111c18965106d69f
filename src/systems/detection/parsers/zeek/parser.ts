import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp } from "../text/address.ts";
import { draftOf, type FieldTable, fieldTable, kindFields, place, put, timeField } from "../text/fields.ts";
import { jsonRecord, placeValue, textOf } from "../text/json.ts";
import { epochOf, isoAt } from "../text/time.ts";
import { LAYOUTS, type Layout, NAMES } from "./names.ts";
import { isZeekJson, pathOfRecord } from "./paths.ts";

function isTsv(message: string): boolean {
  const tab = message.indexOf("\t");
  if (tab < 12 || tab > 22 || message[10] !== ".") return false;
  const id = message[tab + 1];
  return (
    (id === "C" || id === "F") &&
    message.includes("\t", tab + 2) &&
    epochOf(message.slice(0, tab)) !== undefined
  );
}

const HEADER = /^#(separator|set_separator|empty_field|unset_field|path|open|close|fields|types)[ \t]/;

function layoutOf(values: readonly string[], context: ParseContext): Layout | undefined {
  const { memory } = context;
  if (memory?.zeekFields !== undefined && memory.zeekPath !== undefined)
    return { path: memory.zeekPath, names: memory.zeekFields };
  const path = pathOf(values);
  const same = LAYOUTS.filter((layout) => layout.path === path);
  return same.find((layout) => layout.names.length === values.length) ?? same[0];
}

const VERSION = /^(TLSv|SSLv|DTLSv)/;

/** Which log it is, from what stands behind the two ends. */
function pathOf(values: readonly string[]): string {
  if (values[1]?.startsWith("F") === true) return "files";
  const seventh = values[6] ?? "";
  const count = values.length;
  if (seventh === "tcp" || seventh === "udp" || seventh === "icmp" || seventh === "unknown_transport")
    return count >= 22 && /^\d+$/.test(values[7] ?? "") ? "dns" : "conn";
  if (count >= 27 && /^\d+$/.test(seventh)) return "http";
  if (VERSION.test(seventh) || count >= 14) return "ssl";
  return count === 9 ? "dnp3" : "modbus";
}

/** Zeek: conn, dns, http, ssl, files, modbus, dnp3 and some thirty other logs, as JSON or TSV. TSV without its header is read by the default scripts' order. */
export const zeek = defineParser({
  id: "zeek",
  product: "Zeek",
  begins: "{#0123456789",
  accepts: (message) =>
    message.charCodeAt(0) === 35 ? HEADER.test(message) : isTsv(message) || isZeekJson(message),
  parse(message, context) {
    if (message.startsWith("#")) return HEADER.test(message) ? header(message, context) : undefined;
    if (message.startsWith("{")) return isZeekJson(message) ? fromJson(message, context) : undefined;
    return isTsv(message) ? fromTsv(message, context) : undefined;
  },
});

function header(message: string, context: ParseContext): EcsDraft {
  const { memory } = context;
  const parts = message.split("\t");
  if (memory !== undefined && parts[0] === "#path") memory.zeekPath = parts[1] ?? "";
  if (memory !== undefined && parts[0] === "#fields") memory.zeekFields = parts.slice(1);
  const draft = draftOf("zeek", "zeek.header", "Zeek", "Zeek", "ids");
  draft.message = message;
  kindFields(draft, "log-header", ["network"], ["info"]);
  return draft;
}

function fromTsv(message: string, context: ParseContext): EcsDraft | undefined {
  const values = message.split("\t");
  const layout = layoutOf(values, context);
  if (layout === undefined) return undefined;
  const draft = draftOf("zeek", `zeek.${layout.path}`, "Zeek", "Zeek", "ids");
  const table = tableOf(layout.path);
  const count = Math.min(values.length, layout.names.length);
  let answers = "";
  let duration = "";
  for (let index = 1; index < count; index++) {
    const value = values[index] ?? "";
    if (value === "-" || value === "" || value === "(empty)") continue;
    const name = layout.names[index] ?? "";
    if (name === "answers") answers = value;
    else if (name === "duration" || name === "rtt") duration = value;
    else place(draft, table, name, value);
  }
  timeField(draft, epochOf(values[0] ?? ""));
  finish(
    draft,
    layout.path,
    answers === "" ? [] : answers.split(","),
    duration === "" ? Number.NaN : Number(duration),
  );
  return draft;
}

function tableOf(path: string): FieldTable {
  return (
    NAMES.get(path) ??
    fieldTable(`zeek.${path}.`, {
      ts: "",
      "id.orig_h": "source.ip",
      "id.orig_p": "source.port",
      "id.resp_h": "destination.ip",
      "id.resp_p": "destination.port",
      proto: "network.transport",
      uid: "event.id",
    })
  );
}

function fromJson(message: string, context: ParseContext): EcsDraft | undefined {
  const record = jsonRecord(message);
  if (record === undefined) return undefined;
  const path = textOf(record["_path"]) ?? pathOfRecord(record);
  const draft = draftOf("zeek", `zeek.${path}`, "Zeek", "Zeek", "ids");
  const table = tableOf(path);
  for (const [name, value] of Object.entries(record)) {
    if (name !== "_path" && name !== "_write_ts" && name !== "_system_name")
      placeValue(draft, table, name, value);
  }
  const stamp = record["ts"];
  timeField(draft, typeof stamp === "number" ? stamp * 1000 : isoAt(textOf(stamp) ?? "", 0, context)?.at);
  const answers = record["answers"];
  finish(
    draft,
    path,
    Array.isArray(answers) ? answers.map(String) : [],
    Number(record["duration"] ?? record["rtt"]),
  );
  return draft;
}

function finish(draft: EcsDraft, path: string, answers: readonly string[], seconds: number): void {
  if (seconds >= 0 && seconds < 9_000_000) draft["event.duration"] = Math.round(seconds * 1e9);
  switch (path) {
    case "conn": {
      const sent = draft["source.bytes"];
      const received = draft["destination.bytes"];
      if (typeof sent === "number" && typeof received === "number") draft["network.bytes"] = sent + received;
      kindFields(draft, "connection", ["network"], ["connection", "end"]);
      break;
    }
    case "dns":
      kindFields(draft, "query", ["network"], ["protocol", "info"]);
      draft["network.protocol"] = "dns";
      answerFields(draft, answers);
      break;
    case "http":
      httpFields(draft);
      break;
    case "files":
      kindFields(draft, "file", ["file", "network"], ["info"]);
      break;
    default:
      kindFields(draft, path, ["network"], ["protocol", "info"]);
      if (!NO_PROTOCOLS.has(path)) draft["network.protocol"] = path === "ssl" ? "tls" : path;
      otherFields(draft, path);
      if (path === "modbus" && draft["zeek.modbus.func"] !== undefined)
        draft["event.action"] = String(draft["zeek.modbus.func"]).toLowerCase();
      if (path === "dnp3" && draft["zeek.dnp3.fc_request"] !== undefined)
        draft["event.action"] = String(draft["zeek.dnp3.fc_request"]).toLowerCase();
      put(draft, "destination.domain", textOf(draft["tls.client.server_name"]));
  }
}

/** Logs that are not named after a protocol. */
const NO_PROTOCOLS = new Set(
  "log notice notice_alarm weird intel x509 known_certs known_hosts known_services known_devices known_modbus software pe ocsp tunnel traceroute capture_loss stats loaded_scripts packet_filter reporter dpd".split(
    " ",
  ),
);

/** What other logs say of who did what, beside their own names, which rules ask for. */
function otherFields(draft: EcsDraft, path: string): void {
  const own = (name: string) => {
    const value = draft[`zeek.${path}.${name}`];
    return value === undefined || typeof value === "object" ? undefined : String(value);
  };
  const judge = (said: string | undefined) => {
    if (said !== undefined) draft["event.outcome"] = /^(true|T)$/.test(said) ? "success" : "failure";
  };
  switch (path) {
    case "notice":
      draft["event.kind"] = "alert";
      kindFields(draft, "notice", ["intrusion_detection", "network"], ["info"]);
      put(draft, "rule.name", own("note"));
      put(draft, "message", own("msg"));
      put(draft, "source.ip", own("src"));
      put(draft, "destination.ip", own("dst"));
      break;
    case "intel":
      draft["event.kind"] = "alert";
      kindFields(draft, "intel", ["threat", "network"], ["indicator"]);
      break;
    case "weird":
      put(draft, "rule.name", own("name"));
      break;
    case "ssh":
      kindFields(draft, "ssh", ["network", "authentication"], ["protocol", "start"]);
      judge(own("auth_success"));
      break;
    case "kerberos": {
      const [name, realm] = (own("client") ?? "").split("/", 2);
      put(draft, "user.name", name);
      put(draft, "user.domain", realm);
      judge(own("success"));
      break;
    }
    case "ntlm":
      put(draft, "user.name", own("username"));
      put(draft, "user.domain", own("domainname"));
      judge(own("success"));
      break;
    case "rdp":
      put(draft, "user.name", own("cookie"));
      break;
    case "ftp":
      put(draft, "user.name", own("user"));
      break;
    case "smb_files":
      put(draft, "file.name", own("name"));
      break;
    default:
  }
}

function answerFields(draft: EcsDraft, answers: readonly string[]): void {
  const code = draft["dns.response_code"];
  if (code !== undefined) draft["event.outcome"] = code === "NOERROR" ? "success" : "failure";
  draft["dns.type"] = code === undefined ? "query" : "answer";
  if (answers.length === 0) return;
  draft["dns.answers.data"] = answers;
  const addresses = answers.filter(isIp);
  if (addresses.length > 0) draft["dns.resolved_ip"] = addresses;
}

function httpFields(draft: EcsDraft): void {
  const code = Number(draft["http.response.status_code"] ?? 0);
  kindFields(
    draft,
    "request",
    ["web", "network"],
    ["access"],
    code === 0 ? undefined : code >= 400 ? "failure" : "success",
  );
  draft["network.protocol"] = "http";
  const host = textOf(draft["url.domain"]);
  if (host !== undefined) put(draft, "destination.domain", host);
  const path = textOf(draft["url.original"]);
  if (host !== undefined && path?.startsWith("/") === true) draft["url.full"] = `http://${host}${path}`;
}
