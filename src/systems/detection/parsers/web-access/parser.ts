import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp, wholeOf } from "../text/address.ts";
import { words } from "../text/csv.ts";
import { draftOf, kindFields, put, timeField } from "../text/fields.ts";
import { quotedAt } from "../text/pairs.ts";
import { clfAt } from "../text/time.ts";
import { peerFields, urlFields } from "../text/url.ts";

/** Where ` [10/Nov/2026:...` opens, within the reach of a host name, an identity and a user. */
function timeIn(message: string): number {
  const at = message.indexOf(" [");
  return at > 2 && at < 300 && message[at + 4] === "/" && message[at + 8] === "/" && message[at + 13] === ":"
    ? at
    : -1;
}

/** Squid's `combined` ends with its result, which makes it a proxy's line. */
function isSquid(message: string): boolean {
  const word = message.slice(message.trimEnd().lastIndexOf(" ") + 1);
  return word.includes("TCP_") || word.includes("UDP_") || word.startsWith("NONE");
}

/** Access logs of nginx, Apache httpd and whatever else writes the common or combined format, with a virtual host before it or not. */
export const webAccess = defineParser({
  id: "web-access",
  product: "nginx and Apache access log",
  accepts(message) {
    const at = timeIn(message);
    if (at < 0) return false;
    const close = message.indexOf("] ", at);
    return close > 0 && close - at < 40 && message[close + 2] === '"' && !isSquid(message);
  },
  parse(message, context) {
    const at = timeIn(message);
    return at < 0 ? undefined : access(message, at, context);
  },
});

function access(message: string, at: number, context: ParseContext): EcsDraft | undefined {
  const time = clfAt(message, at + 2, context);
  const close = message.indexOf('] "', at);
  if (time === undefined || close < 0) return undefined;
  const { host, client, user } = whoOf(words(message.slice(0, at), 20));
  const request = quotedAt(message, close + 2);
  const [status, size] = words(message.slice(request.end, request.end + 40), 3);
  const code = wholeOf(status ?? "");
  if (code === undefined) return undefined;
  const draft = draftOf("web", "web.access", "", "");
  delete draft["observer.vendor"];
  delete draft["observer.product"];
  timeField(draft, time.at);
  peerFields(draft, "source", client ?? "");
  if (user !== undefined && user !== "" && user !== "-") draft["user.name"] = user;
  requestFields(draft, request.value);
  if (host !== undefined && !isIp(host)) put(draft, "url.domain", host.split(":", 1)[0]);
  draft["http.response.status_code"] = code;
  put(draft, "http.response.bytes", size);
  kindFields(draft, "request", ["web"], ["access"], code >= 400 ? "failure" : "success");
  draft["network.protocol"] = "http";
  tailFields(draft, message, request.end);
  return draft;
}

/**
 * What stands before the time: `client - user`, a virtual host before it, or in the client's place the addresses that a
 * proxy forwarded, `client, proxy - user`. A user's name may hold blanks.
 */
function whoOf(head: readonly string[]): {
  readonly host?: string | undefined;
  readonly client?: string | undefined;
  readonly user?: string | undefined;
} {
  const last = head.findIndex((word) => !word.endsWith(","));
  if (last > 0) return { client: head[0]?.slice(0, -1), user: head.slice(last + 2).join(" ") };
  const [first = "", second = ""] = head;
  const isHost = head.length >= 4 && second !== "-" && (isIp(second) || !isIp(first));
  return isHost
    ? { host: first, client: second, user: head.slice(3).join(" ") }
    : { client: first, user: head.slice(2).join(" ") };
}

function requestFields(draft: EcsDraft, request: string): void {
  const [method, url, version] = words(request, 3);
  if (method === undefined || url === undefined || !/^[A-Z_-]{3,20}$/.test(method)) {
    // Bytes of another protocol on the web's port.
    if (request !== "-") draft["url.original"] = request;
    return;
  }
  draft["http.request.method"] = method;
  urlFields(draft, url, method === "CONNECT");
  if (version?.startsWith("HTTP/") === true) draft["http.version"] = version.slice(5);
}

/** Referrer, agent and, as many configure it, the forwarded address, each in quotes. */
function tailFields(draft: EcsDraft, message: string, from: number): void {
  const found: string[] = [];
  let at = message.indexOf('"', from);
  while (at >= 0 && found.length < 3) {
    const read = quotedAt(message, at);
    found.push(read.value);
    at = message.indexOf('"', read.end);
  }
  const [referrer, agent, forwarded] = found;
  if (referrer !== undefined && referrer !== "-") put(draft, "http.request.referrer", referrer);
  if (agent !== undefined && agent !== "-") put(draft, "user_agent.original", agent);
  const origin = forwarded?.split(",", 1)[0]?.trim() ?? "";
  if (isIp(origin)) draft["client.ip"] = origin;
}
