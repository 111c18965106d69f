import { defineParser, draftFrom, type EcsDraft, type ParseContext } from "../parser.ts";
import { portOf, wholeOf } from "../text/address.ts";
import { Words, words } from "../text/csv.ts";
import { clfAt, epochOf, isoText } from "../text/time.ts";
import { peerFields, urlFields } from "../text/url.ts";

/** Squid's access log: the native format (`logformat squid`) and `combined` with `%Ss:%Sh` at its end. */
export const squid = defineParser({
  id: "squid",
  product: "Squid",
  sure: isNative,
  accepts(message, context) {
    const dot = message.indexOf(".");
    const timed = dot >= 9 && dot <= 11 && epochOf(message.slice(0, dot + 4)) !== undefined;
    if (timed && (context.program?.includes("squid") === true || looksNative(message, dot))) return true;
    return isCombined(message);
  },
  parse(message, context) {
    const draft = native(message) ?? (isCombined(message) ? combined(message, context) : undefined);
    if (draft !== undefined) draft["network.protocol"] = protocolOf(draft);
    return draft;
  },
});

function digitsFrom(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at++;
  return at;
}

function blanksFrom(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 32) at++;
  return at;
}

/** `1795401712.104    231 client TCP_MISS/200 4512 `: nobody else writes this. */
function isNative(line: string): boolean {
  const dot = digitsFrom(line, 0);
  if (dot < 9 || dot > 10 || line.charCodeAt(dot) !== 46 || digitsFrom(line, dot + 1) !== dot + 4)
    return false;
  const took = blanksFrom(line, dot + 4);
  const tookEnd = digitsFrom(line, took);
  if (took === dot + 4 || tookEnd === took || line.charCodeAt(tookEnd) !== 32) return false;
  const client = line.indexOf(" ", tookEnd + 1);
  const slash = client < 0 ? -1 : line.indexOf("/", client);
  if (slash < 0 || slash - client > 60) return false;
  for (let at = client + 1; at < slash; at++) {
    const code = line.charCodeAt(at);
    if ((code < 65 || code > 90) && code !== 95) return false;
  }
  const status = digitsFrom(line, slash + 1);
  const size = digitsFrom(line, status + 1);
  return (
    status === slash + 4 &&
    line.charCodeAt(status) === 32 &&
    size > status + 1 &&
    line.charCodeAt(size) === 32
  );
}

const CATEGORY = ["network", "web"] as const;
const ALLOWED = ["access", "allowed"] as const;
const DENIED = ["access", "denied"] as const;

function begun(at: number): EcsDraft {
  return draftFrom({
    "@timestamp": isoText(at),
    "event.module": "squid",
    "event.dataset": "squid.access",
    "event.kind": "event",
    "event.category": CATEGORY,
    "observer.vendor": "Squid",
    "observer.product": "Squid",
    "observer.type": "proxy",
    "network.transport": "tcp",
    "source.address": undefined,
    "source.ip": undefined,
    "source.domain": undefined,
    "source.port": undefined,
    "event.action": undefined,
    "squid.result": undefined,
    "http.response.status_code": undefined,
    "event.outcome": undefined,
    "event.type": undefined,
    "event.duration": undefined,
    "http.response.bytes": undefined,
    "destination.bytes": undefined,
    "http.request.method": undefined,
    "url.original": undefined,
    "url.scheme": undefined,
    "url.full": undefined,
    "url.username": undefined,
    "url.domain": undefined,
    "url.port": undefined,
    "url.fragment": undefined,
    "url.query": undefined,
    "url.path": undefined,
    "url.extension": undefined,
    "destination.address": undefined,
    "destination.ip": undefined,
    "destination.domain": undefined,
    "destination.port": undefined,
    "user.name": undefined,
    "squid.hierarchy": undefined,
    "squid.peer": undefined,
    "http.response.mime_type": undefined,
    "http.version": undefined,
    "http.request.referrer": undefined,
    "user_agent.original": undefined,
    "network.protocol": undefined,
    "event.original": undefined,
  });
}

/** `1795401712.104    231 192.168.31.44 TCP_MISS/200 `: after time and duration a client, then the result with its status. */
function looksNative(message: string, dot: number): boolean {
  let at = message.indexOf(" ", dot);
  for (let word = 0; word < 2 && at > 0; word++) {
    while (message.charCodeAt(at) === 32) at++;
    at = message.indexOf(" ", at);
  }
  const slash = at < 0 ? -1 : message.indexOf("/", at);
  const end = at < 0 ? -1 : message.indexOf(" ", at + 1);
  return slash > 0 && slash < end;
}

function protocolOf(draft: EcsDraft): string {
  const scheme = draft["url.scheme"];
  if (typeof scheme === "string") return scheme;
  return draft["http.request.method"] === "CONNECT" ? "https" : "http";
}

function native(message: string): EcsDraft | undefined {
  const read = new Words(message);
  const time = read.next();
  const elapsed = read.next();
  const client = read.next();
  const result = read.next();
  const bytes = read.next();
  const method = read.next();
  const url = read.next();
  if (url === "") return undefined;
  const at = time.includes(".") ? epochOf(time) : undefined;
  const slash = result.indexOf("/");
  const size = wholeOf(bytes);
  const took = wholeOf(elapsed.startsWith("-") ? elapsed.slice(1) : elapsed);
  if (at === undefined || slash < 0 || size === undefined || took === undefined) return undefined;
  const draft = begun(at);
  peerFields(draft, "source", client);
  resultFields(draft, result.slice(0, slash), result.slice(slash + 1));
  if (took <= 9_000_000_000) draft["event.duration"] = took * 1_000_000;
  sizeFields(draft, size);
  requestFields(draft, method, url);
  const user = read.next();
  const hierarchy = read.next();
  const mime = read.rest();
  if (user !== "" && user !== "-") draft["user.name"] = user;
  if (hierarchy !== "") hierarchyFields(draft, hierarchy);
  if (mime !== "" && mime !== "-") draft["http.response.mime_type"] = mime;
  return draft;
}

function sizeFields(draft: EcsDraft, size: number): void {
  draft["http.response.bytes"] = size;
  draft["destination.bytes"] = size;
}

function resultFields(draft: EcsDraft, result: string, status: string): void {
  const code = wholeOf(status) ?? 0;
  const denied = result.includes("DENIED") || result === "NONE_ABORTED";
  draft["event.action"] = result;
  draft["squid.result"] = result;
  if (code > 0) draft["http.response.status_code"] = code;
  if (denied || code >= 400) draft["event.outcome"] = "failure";
  else if (code > 0) draft["event.outcome"] = "success";
  draft["event.type"] = denied ? DENIED : ALLOWED;
}

function requestFields(draft: EcsDraft, method: string, url: string): void {
  draft["http.request.method"] = method;
  urlFields(draft, url, method === "CONNECT");
  const domain = draft["url.domain"];
  if (typeof domain === "string") {
    peerFields(draft, "destination", domain);
    const port = draft["url.port"];
    if (typeof port === "number") draft["destination.port"] = port;
  }
}

/** `HIER_DIRECT/203.0.113.9`, `FIRSTUP_PARENT/10.0.0.2`, `NONE/-`. */
function hierarchyFields(draft: EcsDraft, text: string): void {
  const slash = text.indexOf("/");
  if (slash < 0) return;
  const how = text.slice(0, slash);
  const peer = text.slice(slash + 1);
  if (how !== "NONE" && how !== "HIER_NONE") draft["squid.hierarchy"] = how;
  if (peer === "-" || peer === "") return;
  draft["squid.peer"] = peer;
  if (!how.includes("DIRECT")) return;
  const name = draft["destination.domain"];
  peerFields(draft, "destination", peer);
  if (typeof name === "string") draft["destination.domain"] = name;
}

function isCombined(message: string): boolean {
  const open = message.indexOf(" [");
  return (
    open > 0 &&
    open < 120 &&
    message[open + 4] === "/" &&
    message.includes('] "', open) &&
    tail(message) !== ""
  );
}

/** The last word when it is `TCP_MISS:HIER_DIRECT`, which tells Squid from a web server. */
function tail(message: string): string {
  const text = message.trimEnd();
  const word = text.slice(text.lastIndexOf(" ") + 1);
  const colon = word.indexOf(":");
  return colon > 0 && (word.includes("TCP_") || word.includes("UDP_") || word.startsWith("NONE")) ? word : "";
}

/** The text between the next pair of quotes at or after `from`; a backslash covers what follows it. */
function quoted(text: string, from: number): { value: string; end: number } | undefined {
  const open = text.indexOf('"', from);
  if (open < 0) return undefined;
  let at = open + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at >= text.length ? undefined : { value: text.slice(open + 1, at), end: at + 1 };
}

function combined(message: string, context: ParseContext): EcsDraft | undefined {
  const open = message.indexOf(" [");
  const [client, , user] = words(message.slice(0, open), 3);
  const time = clfAt(message, open + 2, context);
  const request = quoted(message, open);
  if (client === undefined || time === undefined || request === undefined) return undefined;
  const [method, url, version] = words(request.value, 3);
  const [status, bytes] = words(message.slice(request.end, request.end + 40), 3);
  if (method === undefined || url === undefined || status === undefined) return undefined;
  const draft = begun(time.at);
  const colon = client.indexOf(":");
  const port = colon > 0 && client.lastIndexOf(":") === colon ? portOf(client.slice(colon + 1)) : undefined;
  peerFields(draft, "source", port === undefined ? client : client.slice(0, colon));
  if (port !== undefined) draft["source.port"] = port;
  const end = tail(message);
  const split = end.indexOf(":");
  resultFields(draft, end.slice(0, split), status);
  hierarchyFields(draft, `${end.slice(split + 1)}/-`);
  const size = wholeOf(bytes ?? "");
  if (size !== undefined) sizeFields(draft, size);
  requestFields(draft, method, url);
  if (version?.startsWith("HTTP/") === true) draft["http.version"] = version.slice(5);
  if (user !== undefined && user !== "-") draft["user.name"] = user;
  const referrer = quoted(message, request.end);
  const agent = referrer === undefined ? undefined : quoted(message, referrer.end);
  if (referrer !== undefined && referrer.value !== "-") draft["http.request.referrer"] = referrer.value;
  if (agent !== undefined && agent.value !== "-") draft["user_agent.original"] = agent.value;
  return draft;
}
