import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { between } from "../text/csv.ts";
import { put, timeField } from "../text/fields.ts";
import { jsonObject, textOf } from "../text/json.ts";
import { levelFields } from "../text/network.ts";
import { anyTime, bsdAt, clfAt, slashAt } from "../text/time.ts";
import { base, MARK, severity, tagFields, verdict } from "./fields.ts";
import { isSection, joint, section, transaction } from "./native.ts";

function isAudit(message: string): boolean {
  return message.startsWith('{"transaction"') && message.includes('"client_ip"');
}

/** Version 2's audit log with `SecAuditLogFormat JSON`. */
function isAudit2(message: string): boolean {
  return (
    message.startsWith('{"transaction"') &&
    message.includes('"remote_address"') &&
    message.includes('"request_line"')
  );
}

/** ModSecurity 2 and 3: what it writes to the error log of Apache httpd and nginx, and its audit log as JSON. */
export const modsecurity = defineParser({
  id: "modsecurity",
  product: "ModSecurity",
  accepts: (message) => markIn(message) >= 0 || isAudit(message) || isAudit2(message) || isSection(message),
  parse(message, context) {
    if (isAudit(message)) return audit(message, context);
    if (isAudit2(message)) return audit2(message, context);
    if (isSection(message)) {
      const said = message.startsWith("Message: ");
      return said ? errorLine(`${MARK}${message.slice(8)}`, context) : section(message, context);
    }
    return markIn(message) < 0 ? undefined : errorLine(message, context);
  },
  joins: { mark: "-A--", joint, parse: transaction },
});

function markIn(message: string): number {
  const at = message.indexOf(MARK);
  return at >= 0 && at < 300 ? at : -1;
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

function headerFields(draft: EcsDraft, request: Part): void {
  for (const [name, value] of Object.entries(part(request["headers"]))) {
    const lower = name.toLowerCase();
    if (lower === "host") put(draft, "url.domain", textOf(value)?.split(":", 1)[0]);
    else if (lower === "user-agent") put(draft, "user_agent.original", textOf(value));
    else if (lower === "referer") put(draft, "http.request.referrer", textOf(value));
  }
}

/** Its messages are those of the error log; the first says the rule. */
function audit2(message: string, context: ParseContext): EcsDraft | undefined {
  const object = jsonObject(message);
  if (object === undefined) return undefined;
  const transaction = part(object["transaction"]);
  const request = part(object["request"]);
  const said = part(object["audit_data"]);
  const list: unknown = said["messages"];
  const texts = Array.isArray(list) ? list.filter((one): one is string => typeof one === "string") : [];
  const [first = ""] = texts;
  const draft = first === "" ? base() : errorLine(`${MARK} ${first}`, context);
  const stopped = part(said["action"])["intercepted"] === true || first.startsWith("Access denied");
  verdict(draft, stopped, stopped ? "access-denied" : first === "" ? "request" : "warning");
  if (first === "") draft["event.kind"] = "event";
  if (texts.length > 1) draft["modsecurity.messages"] = texts;
  put(draft, "source.ip", textOf(transaction["remote_address"]));
  put(draft, "source.port", textOf(transaction["remote_port"]));
  put(draft, "destination.ip", textOf(transaction["local_address"]));
  put(draft, "destination.port", textOf(transaction["local_port"]));
  put(draft, "event.id", textOf(transaction["transaction_id"]));
  const [method, url, version] = (textOf(request["request_line"]) ?? "").split(" ", 3);
  put(draft, "http.request.method", method);
  put(draft, "url.original", url);
  put(draft, "http.version", version?.replace("HTTP/", ""));
  headerFields(draft, request);
  const status = textOf(part(object["response"])["status"]);
  if (status !== undefined) {
    delete draft["http.response.status_code"];
    put(draft, "http.response.status_code", status);
  }
  timeField(draft, clfAt(textOf(transaction["time"]) ?? "", 0, context)?.at);
  return draft;
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
  headerFields(draft, request);
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
