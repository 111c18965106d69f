import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { between } from "../text/csv.ts";
import { draftOf, kindFields, put, timeField } from "../text/fields.ts";
import { jsonObject, textOf } from "../text/json.ts";
import { levelFields, setLevel } from "../text/network.ts";
import { quotedAt } from "../text/pairs.ts";
import { table } from "../text/table.ts";
import { anyTime, bsdAt, clfAt, slashAt } from "../text/time.ts";

const MARK = "ModSecurity:";
const TAGS = table<string>({
  id: "rule.id",
  msg: "rule.name",
  rev: "rule.version",
  ver: "rule.ruleset",
  file: "modsecurity.file",
  line: "modsecurity.line",
  data: "modsecurity.data",
  maturity: "modsecurity.maturity",
  accuracy: "modsecurity.accuracy",
  hostname: "destination.address",
  uri: "url.original",
  unique_id: "event.id",
  client: "source.ip",
  host: "url.domain",
});

function isAudit(message: string): boolean {
  return message.startsWith('{"transaction"') && message.includes('"client_ip"');
}

/** ModSecurity 2 and 3: what it writes to the error log of Apache httpd and nginx, and its audit log as JSON. */
export const modsecurity = defineParser({
  id: "modsecurity",
  product: "ModSecurity",
  accepts: (message) => markIn(message) >= 0 || isAudit(message) || isSection(message),
  parse(message, context) {
    if (isAudit(message)) return audit(message, context);
    if (isSection(message)) return section(message, context);
    return markIn(message) < 0 ? undefined : errorLine(message, context);
  },
});

const BOUNDARY = /^--[0-9a-zA-Z]{6,12}-[A-Z]--$/;
const HEADER =
  /^\[(\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] (\S{8,40}) (\S{2,45}) (\d{1,5}) (\S{2,45}) (\d{1,5})$/;

/** A line of the audit log in its native form: the boundary of a section, its first line, a message of section H. */
function isSection(message: string): boolean {
  if (message.startsWith("--")) return BOUNDARY.test(message);
  if (message.startsWith("Message: ")) return message.includes(' [id "') || message.includes(' [file "');
  return message.startsWith("[") && message.length < 200 && HEADER.test(message);
}

function section(message: string, context: ParseContext): EcsDraft {
  if (message.startsWith("Message: ")) return errorLine(`${MARK}${message.slice(8)}`, context);
  const draft = base();
  draft["event.kind"] = "event";
  draft.message = message;
  kindFields(draft, message.startsWith("--") ? "audit-section" : "audit-header", ["web"], ["info"]);
  const found = HEADER.exec(message);
  if (found === null) return draft;
  timeField(draft, clfAt(found[1] ?? "", 0, context)?.at);
  put(draft, "event.id", found[2]);
  put(draft, "source.ip", found[3]);
  put(draft, "source.port", found[4]);
  put(draft, "destination.ip", found[5]);
  put(draft, "destination.port", found[6]);
  return draft;
}

function markIn(message: string): number {
  const at = message.indexOf(MARK);
  return at >= 0 && at < 300 ? at : -1;
}

function base(): EcsDraft {
  const draft = draftOf("modsecurity", "modsecurity.audit", "Trustwave", "ModSecurity", "waf");
  draft["event.kind"] = "alert";
  return draft;
}

function verdict(draft: EcsDraft, denied: boolean, action: string): void {
  kindFields(
    draft,
    action,
    ["intrusion_detection", "web", "network"],
    ["access", denied ? "denied" : "allowed"],
    denied ? "failure" : "success",
  );
}

function errorLine(message: string, context: ParseContext): EcsDraft {
  const draft = base();
  const at = message.indexOf(MARK);
  headFields(draft, message.slice(0, at), context);
  const said = message.slice(at + MARK.length).trim();
  const open = said.indexOf(" [");
  draft.message = open < 0 ? said : said.slice(0, open);
  const denied = said.startsWith("Access denied");
  const action = denied ? "access-denied" : said.startsWith("Warning") ? "warning" : "error";
  verdict(draft, denied, action);
  if (action === "error") {
    draft["event.kind"] = "event";
    draft["event.type"] = ["error"];
    delete draft["event.outcome"];
  }
  put(draft, "http.response.status_code", between(said, "with code ", " "));
  put(draft, "modsecurity.phase", between(said, "(phase ", ")"));
  tagFields(draft, said);
  requestTail(draft, said);
  return draft;
}

/** `[Mon Feb 09 16:47:55.974089 2015] [:error] [pid 1] [client 192.0.2.1:5001] ` or `2026/11/23 10:11:12 [error] 12#12: *3 `. */
function headFields(draft: EcsDraft, head: string, context: ParseContext): void {
  const slash = slashAt(head, 0, context);
  if (slash !== undefined) {
    timeField(draft, slash.at);
    put(draft, "log.level", between(head, "[", "]"));
    return;
  }
  if (head.startsWith("[")) {
    // The year stands last, behind the fraction; it is put where the reader of dates looks for it.
    const close = head.indexOf("]");
    const stamp = head.slice(5, Math.max(close, 5));
    const year = stamp.slice(-4);
    const time = bsdAt(`${year} ${stamp.slice(0, -5)}`, 0, context);
    timeField(draft, time?.at);
    const level = between(head, "[", "]", close + 1);
    if (level !== undefined) levelFields(draft, level.slice(level.indexOf(":") + 1));
  }
  const client = between(head, "[client ", "]");
  if (client === undefined) return;
  const colon = client.lastIndexOf(":");
  if (isIp(client)) draft["source.ip"] = client;
  else if (isIp(client.slice(0, colon))) {
    draft["source.ip"] = client.slice(0, colon);
    const port = portOf(client.slice(colon + 1));
    if (port !== undefined) draft["source.port"] = port;
  }
}

/** `[id "950119"] [msg "..."] [tag "..."]` to the end of the line. */
function tagFields(draft: EcsDraft, text: string): void {
  const tags: string[] = [];
  let at = text.indexOf(" [");
  while (at >= 0) {
    const space = text.indexOf(" ", at + 2);
    if (space < 0) break;
    if (text[space + 1] === '"' && space - at < 30) {
      const name = text.slice(at + 2, space);
      const read = quotedAt(text, space + 1);
      if (name === "tag") tags.push(read.value);
      else if (name === "severity") severity(draft, read.value);
      else if (!put(draft, TAGS[name] ?? `modsecurity.${name}`, read.value))
        draft[`modsecurity.${name}`] ??= read.value;
      at = text.indexOf(" [", read.end);
    } else {
      at = text.indexOf(" [", at + 2);
    }
  }
  if (tags.length > 0) draft["rule.category"] = tags[0] ?? "";
  if (tags.length > 0) draft["modsecurity.tags"] = tags;
  const host = draft["destination.address"];
  if (typeof host === "string") put(draft, isIp(host) ? "destination.ip" : "url.domain", host);
}

function severity(draft: EcsDraft, text: string): void {
  if (/^[0-7]$/.test(text)) setLevel(draft, Number(text));
  else levelFields(draft, text);
}

/** nginx says the client and the request after the tags: `, client: 192.0.2.1, server: x, request: "GET / HTTP/1.1", host: "x"`. */
function requestTail(draft: EcsDraft, text: string): void {
  const at = text.lastIndexOf(", client: ");
  if (at < 0) return;
  put(draft, "source.ip", between(text, "client: ", ",", at));
  const [method, url] = (between(text, 'request: "', '"', at) ?? "").split(" ", 3);
  put(draft, "http.request.method", method);
  put(draft, "url.original", url);
  put(draft, "url.domain", between(text, 'host: "', '"', at));
}

interface Part {
  readonly [name: string]: unknown;
}

function part(value: unknown): Part {
  return typeof value === "object" && value !== null ? (value as Part) : {};
}

function audit(message: string, context: ParseContext): EcsDraft | undefined {
  const object = jsonObject(message);
  if (object === undefined) return undefined;
  const transaction = part(object["transaction"]);
  const request = part(transaction["request"]);
  const response = part(transaction["response"]);
  const draft = base();
  put(draft, "source.ip", textOf(transaction["client_ip"]));
  put(draft, "source.port", textOf(transaction["client_port"]));
  put(draft, "destination.ip", textOf(transaction["host_ip"]));
  put(draft, "destination.port", textOf(transaction["host_port"]));
  put(draft, "event.id", textOf(transaction["unique_id"]));
  put(draft, "http.request.method", textOf(request["method"]));
  put(draft, "url.original", textOf(request["uri"]));
  put(draft, "http.version", textOf(request["http_version"]));
  put(draft, "http.response.status_code", textOf(response["http_code"]));
  const headers = part(request["headers"]);
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (lower === "host") put(draft, "url.domain", textOf(value));
    else if (lower === "user-agent") put(draft, "user_agent.original", textOf(value));
  }
  const stamp = textOf(transaction["time_stamp"]) ?? "";
  const clf = clfAt(stamp, 0, context);
  timeField(
    draft,
    clf?.at ?? bsdAt(`${stamp.slice(-4)} ${stamp.slice(4, -5)}`, 0, context)?.at ?? anyTime(stamp, context),
  );
  const messages = transaction["messages"];
  const first = part(Array.isArray(messages) ? messages[0] : undefined);
  const details = part(first["details"]);
  put(draft, "rule.name", textOf(first["message"]));
  put(draft, "rule.id", textOf(details["ruleId"]));
  put(draft, "rule.ruleset", textOf(details["ver"]));
  put(draft, "modsecurity.data", textOf(details["data"]));
  put(draft, "modsecurity.file", textOf(details["file"]));
  const level = textOf(details["severity"]);
  if (level !== undefined) severity(draft, level);
  const code = Number(draft["http.response.status_code"]);
  verdict(draft, code === 403 || code === 406, code === 403 || code === 406 ? "access-denied" : "warning");
  return draft;
}
