import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { between } from "../text/csv.ts";
import { draftOf, kindFields, put, timeField } from "../text/fields.ts";
import { levelFields } from "../text/network.ts";
import { bsdAt, slashAt } from "../text/time.ts";

/** What ModSecurity writes into the same log is its own parser's. */
const OTHER = "ModSecurity:";

/** `2026/11/23 10:11:12 [error] 1234#1234: *5 text`, the time perhaps taken off already. */
const NGINX =
  /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d )?\[(debug|info|notice|warn|error|crit|alert|emerg)\] (\d{1,10})#(\d{1,10}): (?:\*(\d{1,20}) )?/;
/** `[Mon Nov 23 10:11:12.123456 2026] [core:error] `. */
const APACHE =
  /^\[[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) (\d{4})\] \[(?:([\w-]{0,40}):)?([a-z]{4,6}\d?)\] /;

/** Error logs of nginx and Apache httpd. */
export const webError = defineParser({
  id: "web-error",
  product: "nginx and Apache error log",
  begins: "[0123456789",
  accepts: (message) => (NGINX.test(message) || APACHE.test(message)) && !message.includes(OTHER),
  parse(message, context) {
    if (message.includes(OTHER)) return undefined;
    return nginx(message, context) ?? apache(message, context);
  },
});

function base(module: string, vendor: string, product: string): EcsDraft {
  const draft = draftOf(module, `${module}.error`, vendor, product);
  draft["network.protocol"] = "http";
  return draft;
}

function nginx(message: string, context: ParseContext): EcsDraft | undefined {
  const found = NGINX.exec(message);
  if (found === null) return undefined;
  const draft = base("nginx", "F5", "nginx");
  timeField(draft, slashAt(message, 0, context)?.at);
  levelFields(draft, found[1] ?? "");
  put(draft, "process.pid", found[2]);
  put(draft, "nginx.error.connection_id", found[4]);
  const text = message.slice(found[0].length);
  draft.message = text;
  kindOf(draft, text);
  const at = text.indexOf(", client: ");
  if (at < 0) return draft;
  put(draft, "source.ip", between(`${text},`, ", client: ", ",", at));
  put(draft, "nginx.error.server", between(`${text},`, ", server: ", ",", at));
  request(draft, between(text, ', request: "', '"', at) ?? "");
  put(draft, "url.domain", between(text, ', host: "', '"', at)?.split(":", 1)[0]);
  put(draft, "http.request.referrer", between(text, ', referrer: "', '"', at));
  return draft;
}

function request(draft: EcsDraft, text: string): void {
  const [method, url, version] = text.split(" ", 3);
  if (url === undefined) return;
  put(draft, "http.request.method", method);
  put(draft, "url.original", url);
  if (version?.startsWith("HTTP/") === true) put(draft, "http.version", version.slice(5));
}

function apache(message: string, context: ParseContext): EcsDraft | undefined {
  const found = APACHE.exec(message);
  if (found === null) return undefined;
  const draft = base("apache", "Apache", "httpd");
  timeField(draft, bsdAt(`${found[2]} ${found[1]}`, 0, context)?.at);
  put(draft, "apache.error.module", found[3]);
  levelFields(draft, found[4] ?? "");
  let text = message.slice(found[0].length);
  // `[pid 1:tid 2] [client 192.0.2.1:5000] `, in any order and number.
  for (let step = 0; step < 6 && text.startsWith("["); step++) {
    const close = text.indexOf("] ");
    if (close < 0 || close > 120) break;
    bracket(draft, text.slice(1, close));
    text = text.slice(close + 2);
  }
  const code = /^(AH\d{5}): /.exec(text)?.[1];
  put(draft, "event.code", code);
  draft.message = text;
  kindOf(draft, text);
  put(draft, "user.name", /\buser (\S{1,64})[: ]/.exec(text.slice(0, 200))?.[1]?.replace(/:$/, ""));
  const path = between(`${text} `, "in request ", " HTTP/") ?? between(text, "request: ", " HTTP/");
  if (path !== undefined) request(draft, path);
  put(draft, "http.request.referrer", between(`${text}\n`, ", referer: ", "\n"));
  put(draft, "file.path", between(`${text},`, "does not exist: ", ","));
  return draft;
}

function bracket(draft: EcsDraft, text: string): void {
  if (text.startsWith("pid ")) {
    put(draft, "process.pid", text.slice(4).split(":", 1)[0]);
    put(draft, "process.thread.id", between(`${text} `, "tid ", " "));
    return;
  }
  const peer = text.startsWith("client ") ? text.slice(7) : text.startsWith("remote ") ? text.slice(7) : "";
  const colon = peer.lastIndexOf(":");
  if (isIp(peer)) draft["source.ip"] = peer;
  else if (colon > 0 && isIp(peer.slice(0, colon).replaceAll(/[[\]]/g, ""))) {
    draft["source.ip"] = peer.slice(0, colon).replaceAll(/[[\]]/g, "");
    const port = portOf(peer.slice(colon + 1));
    if (port !== undefined) draft["source.port"] = port;
  }
}

function kindOf(draft: EcsDraft, text: string): void {
  const level = Number(draft["event.severity"] ?? 6);
  const lower = text.toLowerCase();
  if (/authentication failure|password mismatch|user .{1,64} not found|no user\/password/.test(lower)) {
    put(draft, "user.name", /^user "([^"]{1,64})"/.exec(text)?.[1]);
    kindFields(draft, "login-failed", ["authentication", "web"], ["start"], "failure");
  } else {
    kindFields(draft, "error", ["web"], [level <= 4 ? "error" : "info"], level <= 3 ? "failure" : undefined);
    if (level > 4) draft["event.action"] = "notice";
  }
}
