import { Answers, ownText } from "../../answers.ts";
import { defineParser, draftFrom, type EcsDraft, type ParseContext } from "../parser.ts";
import { portOf, wholeOf } from "../text/address.ts";
import { Words, words } from "../text/csv.ts";
import { clfAt, digitsAt, epochOf, isoText } from "../text/time.ts";
import { peerFields, urlFields } from "../text/url.ts";

/** Squid's access log: the native format (`logformat squid`) and `combined` with `%Ss:%Sh` at its end. */
export const squid = defineParser({
  id: "squid",
  product: "Squid",
  sure: sureNative,
  accepts(message, context) {
    const dot = message.indexOf(".");
    const timed = dot >= 9 && dot <= 11 && epochOf(message.slice(0, dot + 4)) !== undefined;
    if (timed && (context.program?.includes("squid") === true || looksNative(message, dot))) return true;
    return isCombined(message);
  },
  parse(message, context) {
    return native(message) ?? (isCombined(message) ? combined(message, context) : undefined);
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

/** `1795401712.104    231 client TCP_MISS/200 4512 GET http://`: nobody else writes this. */
function sureNative(line: string): EcsDraft | undefined {
  const dot = digitsFrom(line, 0);
  if (dot < 9 || dot > 10 || line.charCodeAt(dot) !== 46 || digitsFrom(line, dot + 1) !== dot + 4)
    return undefined;
  const took = blanksFrom(line, dot + 4);
  const tookEnd = digitsFrom(line, took);
  if (took === dot + 4 || tookEnd === took || line.charCodeAt(tookEnd) !== 32) return undefined;
  const client = tookEnd + 1;
  const clientEnd = line.indexOf(" ", client);
  const slash = clientEnd <= client ? -1 : line.indexOf("/", clientEnd);
  if (slash < 0 || slash - clientEnd > 60) return undefined;
  for (let at = clientEnd + 1; at < slash; at++) {
    const code = line.charCodeAt(at);
    if ((code < 65 || code > 90) && code !== 95) return undefined;
  }
  const status = digitsFrom(line, slash + 1);
  const size = status + 1;
  const sizeEnd = digitsFrom(line, size);
  if (status !== slash + 4 || line.charCodeAt(status) !== 32 || line.charCodeAt(sizeEnd) !== 32)
    return undefined;
  const bytes = wholeOf(line, size, sizeEnd);
  const millis = wholeOf(line, took, tookEnd);
  if (bytes === undefined || millis === undefined) return undefined;
  return nativeDraft(
    {
      at: digitsAt(line, 0, dot) * 1000 + digitsAt(line, dot + 1, 3),
      took: millis,
      client: line.slice(client, clientEnd),
      result: resultOf(line.slice(clientEnd + 1, status)),
      size: bytes,
    },
    new Words(line, sizeEnd),
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

/** The words of the native format up to the size. */
interface NativeHead {
  readonly at: number;
  readonly took: number;
  readonly client: string;
  readonly result: Result;
  readonly size: number;
}

function native(message: string): EcsDraft | undefined {
  const read = new Words(message);
  const time = read.next();
  const elapsed = read.next();
  const client = read.next();
  const result = read.next();
  const size = wholeOf(read.next());
  const at = time.includes(".") ? epochOf(time) : undefined;
  const took = wholeOf(elapsed, elapsed.startsWith("-") ? 1 : 0);
  if (at === undefined || !result.includes("/") || size === undefined || took === undefined) return undefined;
  return nativeDraft({ at, took, client, result: resultOf(result), size }, read);
}

/** `rest` stands behind the size: method, URL, user, hierarchy and type. */
function nativeDraft({ at, took, client, result, size }: NativeHead, rest: Words): EcsDraft | undefined {
  const method = rest.next();
  const url = rest.next();
  if (url === "") return undefined;
  const draft = begun(at);
  peerFields(draft, "source", client);
  resultFields(draft, result);
  if (took <= 9_000_000_000) draft["event.duration"] = took * 1_000_000;
  sizeFields(draft, size);
  requestFields(draft, method, url);
  const user = rest.next();
  const hierarchy = rest.next();
  const mime = rest.rest();
  if (user !== "" && user !== "-") draft["user.name"] = user;
  if (hierarchy !== "") hierarchyFields(draft, hierarchy);
  if (mime !== "" && mime !== "-") draft["http.response.mime_type"] = mime;
  return draft;
}

function sizeFields(draft: EcsDraft, size: number): void {
  draft["http.response.bytes"] = size;
  draft["destination.bytes"] = size;
}

/** What `TCP_MISS/200` says. */
interface Result {
  readonly action: string;
  readonly status: number;
  readonly outcome: "success" | "failure" | undefined;
  readonly denied: boolean;
}

/** A proxy writes a few of them in all its lines. */
const RESULTS = new Answers<Result>(500);

function resultOf(text: string): Result {
  const known = RESULTS.get(text);
  if (known !== undefined) return known;
  const slash = text.indexOf("/");
  const result = judged(ownText(text.slice(0, slash)), text.slice(slash + 1));
  RESULTS.set(text, result);
  return result;
}

function judged(action: string, code: string): Result {
  const status = wholeOf(code) ?? 0;
  const denied = action.includes("DENIED") || action === "NONE_ABORTED";
  const outcome = denied || status >= 400 ? "failure" : status > 0 ? "success" : undefined;
  return { action, status, outcome, denied };
}

function resultFields(draft: EcsDraft, { action, status, outcome, denied }: Result): void {
  draft["event.action"] = action;
  draft["squid.result"] = action;
  if (status > 0) draft["http.response.status_code"] = status;
  if (outcome !== undefined) draft["event.outcome"] = outcome;
  draft["event.type"] = denied ? DENIED : ALLOWED;
}

function requestFields(draft: EcsDraft, method: string, url: string): void {
  const tunnel = method === "CONNECT";
  draft["http.request.method"] = method;
  const authority = urlFields(draft, url, tunnel);
  draft["network.protocol"] = draft["url.scheme"] ?? (tunnel ? "https" : "http");
  if (authority === undefined || authority.host === "" || authority.host === "-") return;
  const { host, address } = authority;
  draft["destination.address"] = host;
  if (address) draft["destination.ip"] = host;
  else draft["destination.domain"] = host;
  const port = draft["url.port"];
  if (typeof port === "number") draft["destination.port"] = port;
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
  resultFields(draft, judged(end.slice(0, split), status));
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
