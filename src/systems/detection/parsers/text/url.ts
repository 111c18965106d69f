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

function hostFields(draft: EcsDraft, authority: string, scheme: string): void {
  const at = authority.lastIndexOf("@");
  if (at > 0) {
    const user = authority.slice(0, at);
    const colon = user.indexOf(":");
    draft["url.username"] = colon < 0 ? user : user.slice(0, colon);
  }
  const { host, port } = hostAndPort(at < 0 ? authority : authority.slice(at + 1));
  if (host !== "") draft["url.domain"] = domainOf(host);
  const known = port ?? DEFAULT_PORTS[scheme];
  if (known !== undefined) draft["url.port"] = known;
}

function pathFields(draft: EcsDraft, rest: string): void {
  const hash = rest.indexOf("#");
  const before = hash < 0 ? rest : rest.slice(0, hash);
  if (hash >= 0 && hash + 1 < rest.length) draft["url.fragment"] = rest.slice(hash + 1);
  const question = before.indexOf("?");
  const path = question < 0 ? before : before.slice(0, question);
  if (question >= 0 && question + 1 < before.length) draft["url.query"] = before.slice(question + 1);
  if (path === "") return;
  draft["url.path"] = path;
  const dot = path.lastIndexOf(".");
  const extension = dot > path.lastIndexOf("/") ? path.slice(dot + 1) : "";
  if (extension !== "" && extension.length <= 10) draft["url.extension"] = extension.toLowerCase();
}

/** `/`, `?` or `#`. */
function endsAuthority(code: number): boolean {
  return code === 47 || code === 63 || code === 35;
}

/**
 * The `url.*` fields of a URL as a proxy logs it: a whole one, `host:port` of a CONNECT, or what the client sent
 * instead. `url.original` is always set; a password in it is not taken out here.
 */
export function urlFields(draft: EcsDraft, original: string, connect = false): void {
  draft["url.original"] = original;
  const colon = original.indexOf("://");
  if (colon > 0 && colon <= 12) {
    const scheme = original.slice(0, colon).toLowerCase();
    draft["url.scheme"] = scheme;
    draft["url.full"] = original;
    const start = colon + 3;
    let end = start;
    while (end < original.length && !endsAuthority(original.charCodeAt(end))) end++;
    hostFields(draft, original.slice(start, end), scheme);
    pathFields(draft, original.slice(end));
  } else if (connect) {
    hostFields(draft, original, "");
  } else if (original.startsWith("/")) {
    pathFields(draft, original);
  }
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
