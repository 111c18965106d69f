import { Answers, ownText } from "../../answers.ts";
import type { EcsDraft } from "../parser.ts";
import { isIp, portOf } from "./address.ts";
import { table } from "./table.ts";

const DEFAULT_PORTS = table<number>({ http: 80, https: 443, ftp: 21, ws: 80, wss: 443 });

/** Splits `host:port` or `[v6]:port`. */
export function hostAndPort(text: string): { host: string; port: number | undefined } {
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    if (close > 0) {
      const port = text[close + 1] === ":" ? portOf(text.slice(close + 2)) : undefined;
      return { host: text.slice(1, close), port };
    }
  }
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.indexOf(":") !== colon) return { host: text, port: undefined };
  const port = portOf(text.slice(colon + 1));
  return { host: text.slice(0, colon), port };
}

/** A DNS name as it is compared: lower case, without the dot of the root. */
export function domainOf(text: string): string {
  const name = text.toLowerCase();
  return name.length > 1 && name.endsWith(".") ? name.slice(0, -1) : name;
}

/** What stands between scheme and path. */
export interface Authority {
  readonly username: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  /** Whether the host is an address. */
  readonly address: boolean;
}

/** Hosts come again and again in a proxy's log, and what is said of them is one text for all who look it up. */
const AUTHORITIES = new Answers<Authority>(16_384);

function authorityOf(text: string): Authority {
  const known = AUTHORITIES.get(text);
  if (known !== undefined) return known;
  const read = readAuthority(text);
  AUTHORITIES.set(text, read);
  return read;
}

function readAuthority(text: string): Authority {
  const at = text.lastIndexOf("@");
  const user = at > 0 ? text.slice(0, at) : undefined;
  const colon = user === undefined ? -1 : user.indexOf(":");
  const { host, port } = hostAndPort(at < 0 ? text : text.slice(at + 1));
  const name = domainOf(host);
  return {
    username: user === undefined ? undefined : ownText(colon < 0 ? user : user.slice(0, colon)),
    host: ownText(name),
    port,
    address: isIp(name),
  };
}

function hostFields(draft: EcsDraft, authority: Authority, scheme: string): void {
  const { username, host, port } = authority;
  if (username !== undefined) draft["url.username"] = username;
  if (host !== "") draft["url.domain"] = host;
  const known = port ?? DEFAULT_PORTS[scheme];
  if (known !== undefined) draft["url.port"] = known;
}

const HASH = 35;
const DOT = 46;
const SLASH = 47;
const QUESTION = 63;

/** Path, query and fragment: what stands behind `from`. */
function pathFields(draft: EcsDraft, text: string, from: number): void {
  let dot = -1;
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) dot = at;
    else if (code === SLASH) dot = -1;
    else if (code === QUESTION || code === HASH) break;
  }
  const end = at;
  if (text.charCodeAt(at) === QUESTION) {
    const hash = text.indexOf("#", at);
    const stop = hash < 0 ? text.length : hash;
    if (at + 1 < stop) draft["url.query"] = text.slice(at + 1, stop);
    at = stop;
  }
  if (at + 1 < text.length) draft["url.fragment"] = text.slice(at + 1);
  if (end === from) return;
  draft["url.path"] = text.slice(from, end);
  if (dot >= 0 && end - dot > 1 && end - dot <= 11)
    draft["url.extension"] = text.slice(dot + 1, end).toLowerCase();
}

/** `/`, `?` or `#`. */
function endsAuthority(code: number): boolean {
  return code === SLASH || code === QUESTION || code === HASH;
}

/**
 * The `url.*` fields of a URL as a proxy logs it: a whole one, `host:port` of a CONNECT, or what the client sent
 * instead. `url.original` is always set; a password in it is not taken out here. Answers whose URL it is, where it says.
 */
export function urlFields(draft: EcsDraft, original: string, connect = false): Authority | undefined {
  draft["url.original"] = original;
  const colon = original.indexOf("://");
  if (colon > 0 && colon <= 12) {
    const scheme = schemeOf(original, colon);
    draft["url.scheme"] = scheme;
    draft["url.full"] = original;
    const start = colon + 3;
    let end = start;
    while (end < original.length && !endsAuthority(original.charCodeAt(end))) end++;
    const authority = authorityOf(original.slice(start, end));
    hostFields(draft, authority, scheme);
    pathFields(draft, original, end);
    return authority;
  }
  if (connect) {
    const authority = authorityOf(original);
    hostFields(draft, authority, "");
    return authority;
  }
  if (original.startsWith("/")) pathFields(draft, original, 0);
  return undefined;
}

function schemeOf(url: string, colon: number): string {
  if (colon === 4 && url.startsWith("http")) return "http";
  return url.slice(0, colon).toLowerCase();
}

/**
 * Puts an address or, when it is none, a name: `source.ip` or `source.domain`; `source.address` keeps the text. Keys are
 * written out: one that is put together, or lies in a variable, turns the record into a slow hash table.
 */
export function peerFields(draft: EcsDraft, side: "source" | "destination", address: string): void {
  if (address === "" || address === "-") return;
  if (side === "source") {
    draft["source.address"] = address;
    if (isIp(address)) draft["source.ip"] = address;
    else draft["source.domain"] = domainOf(address);
  } else {
    draft["destination.address"] = address;
    if (isIp(address)) draft["destination.ip"] = address;
    else draft["destination.domain"] = domainOf(address);
  }
}
