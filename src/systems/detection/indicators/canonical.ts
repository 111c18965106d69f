import { domainToASCII } from "node:url";

/** Longest name of the DNS as text (RFC 1035 section 2.3.4). */
const LONGEST_NAME = 253;
const LONGEST_URL = 4_000;

/**
 * A domain name as it is compared: lower case, A-labels (RFC 5891), without the dot of the root. Undefined for what can
 * be none.
 */
export function canonicalDomain(text: string): string | undefined {
  const ascii = isAscii(text) ? text.toLowerCase() : domainToASCII(text);
  const name = ascii.endsWith(".") ? ascii.slice(0, -1) : ascii;
  return name === "" || name.length > LONGEST_NAME ? undefined : name;
}

/** A URL in its canonical form, with its query and without. */
export interface CanonicalUrl {
  readonly host: string;
  readonly full: string;
  readonly bare: string;
}

/**
 * A URL as it is compared (WHATWG URL and RFC 3986 section 6.2.2): scheme and host in lower case, no default port, no
 * user, no fragment, dots resolved, escapes written alike. Undefined for what is none or has no host.
 */
export function canonicalUrl(text: string): CanonicalUrl | undefined {
  if (text.length > LONGEST_URL || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const host = url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname;
  if (host === "") return undefined;
  const port = url.port === "" ? "" : `:${url.port}`;
  const bare = `${url.protocol}//${host}${port}${plain(url.pathname)}`;
  return { host, bare, full: bare + plain(url.search) };
}

/** Escapes of unreserved characters undone, all others in upper case. */
function plain(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escaped.toUpperCase();
  });
}

/** A mail address as it is compared: both sides in lower case, the domain as domains are. */
export function canonicalEmail(text: string): string | undefined {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > 320) return undefined;
  const domain = canonicalDomain(text.slice(at + 1));
  return domain === undefined ? undefined : `${text.slice(0, at).toLowerCase()}@${domain}`;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
}
