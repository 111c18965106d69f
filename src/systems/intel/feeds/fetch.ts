import { lookup } from "node:dns";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { Problem } from "../../../core/problem.ts";
import { unpacked } from "../../../platform/http/gzip.ts";
import { type Cause, cause, type Reason, type ReasonFacts } from "../reasons/model.ts";

/** A fetch that is refused or goes wrong; the message is fit to be shown and holds no query of the address. */
export class FetchFault extends Error {
  override readonly name = "FetchFault";
  readonly told: Cause;

  constructor(why: Reason, facts: ReasonFacts = {}) {
    const told = cause(why, facts);
    super(told.message);
    this.told = told;
  }
}

export interface Fetching {
  /** What the server said of the last answer. */
  readonly etag?: string | null;
  readonly lastModified?: string | null;
  /** Headers that sign in; a redirect to another origin does not bear them. */
  readonly login?: Readonly<Record<string, string>>;
  /** Hosts that may be asked although they are within the own network. */
  readonly allowedHosts: readonly string[];
  readonly mostBytes: number;
  /** Milliseconds for the whole. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

export type Fetched =
  | { readonly changed: false }
  | {
      readonly changed: true;
      readonly body: Buffer;
      readonly etag: string | null;
      readonly lastModified: string | null;
    };

const MOST_REDIRECTS = 5;
const PATIENCE_MS = 5 * 60_000;
const IDLE_MS = 30_000;

/** Not the public internet: own host, private, link-local, shared, benchmark, documentation, multicast, reserved. */
const INSIDE = new BlockList();
for (const [network, length] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  INSIDE.addSubnet(network, length, "ipv4");
for (const [network, length] of [
  ["::", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const)
  INSIDE.addSubnet(network, length, "ipv6");

/** Whether an address is no place of the public internet. IPv4 within IPv6 is looked at as IPv4. */
export function isInside(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return INSIDE.check(address, "ipv4");
  return family !== 6 || INSIDE.check(address, "ipv6") || INSIDE.check(address, "ipv4");
}

/**
 * One answer of a feed by http or https, asked for changes only. The address is checked where the connection is made, so
 * that a name cannot turn into an inside address between the look-up and the call; so is every redirect. Throws FetchFault.
 */
export async function fetchFeed(address: string, fetching: Fetching): Promise<Fetched> {
  const deadline = AbortSignal.timeout(fetching.patience ?? PATIENCE_MS);
  const signal = fetching.signal === undefined ? deadline : AbortSignal.any([fetching.signal, deadline]);
  let url = addressOf(address);
  const { origin } = url;
  for (let turn = 0; turn <= MOST_REDIRECTS; turn++) {
    const { login = {} } = fetching;
    const response = await ask(url, { ...fetching, login: url.origin === origin ? login : {} }, signal);
    const { statusCode: status = 0, headers } = response;
    if ([301, 302, 303, 307, 308].includes(status) && headers.location !== undefined) {
      response.destroy();
      const next = addressOf(headers.location, url);
      if (url.protocol === "https:" && next.protocol !== "https:") throw new FetchFault("fetch-downgrade");
      url = next;
      continue;
    }
    if (status === 304) {
      response.destroy();
      return { changed: false };
    }
    if (status !== 200) {
      response.destroy();
      throw new FetchFault("fetch-status", { host: url.hostname, status });
    }
    const body = await bodyOf(response, fetching.mostBytes, signal);
    return {
      changed: true,
      body,
      etag: headers.etag?.slice(0, 500) ?? null,
      lastModified: headers["last-modified"]?.slice(0, 100) ?? null,
    };
  }
  throw new FetchFault("fetch-redirects", { most: MOST_REDIRECTS });
}

function addressOf(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new FetchFault("fetch-scheme");
  if (url.username !== "" || url.password !== "") throw new FetchFault("fetch-password");
  return url;
}

function ask(
  url: URL,
  { etag, lastModified, allowedHosts, login }: Fetching,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const allowed = allowedHosts.some((each) => each.toLowerCase() === host);
  const refused = () => new FetchFault("fetch-inside", { host });
  if (!allowed && isIP(host) !== 0 && isInside(host)) throw refused();
  const checked: LookupFunction = (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const addresses = found ?? [];
      const inside = addresses.some((each) => isInside(each.address));
      if (error === null && !allowed && inside) return done(refused(), []);
      if (options.all === true) return done(error, addresses);
      const [first] = addresses;
      return done(error, first?.address ?? "", first?.family);
    });
  };
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
    lookup: checked,
    signal,
    timeout: IDLE_MS,
    agent: false,
    headers: {
      ...login,
      accept: "*/*",
      "accept-encoding": "gzip, deflate, br",
      "user-agent": "lianfang",
      ...(etag ? { "if-none-match": etag } : {}),
      ...(lastModified ? { "if-modified-since": lastModified } : {}),
    },
  });
  return new Promise((done, fail) => {
    request.on("response", done);
    request.on("timeout", () =>
      request.destroy(new FetchFault("fetch-silent", { host, seconds: IDLE_MS / 1000 })),
    );
    request.on("error", (error: NodeJS.ErrnoException) => fail(plainly(error, host)));
    request.end();
  });
}

async function bodyOf(response: IncomingMessage, most: number, signal: AbortSignal): Promise<Buffer> {
  if (Number(response.headers["content-length"] ?? 0) > most) {
    response.destroy();
    throw new FetchFault("fetch-large", { bytes: most });
  }
  const encoding = response.headers["content-encoding"];
  const unpack = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress }[encoding ?? ""];
  const stream = unpack === undefined ? response : response.pipe(unpack());
  if (stream !== response) response.on("error", (error) => stream.destroy(error));
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of stream) {
      size += part.length;
      if (size > most) throw new FetchFault("fetch-large", { bytes: most });
      parts.push(part);
    }
  } catch (error) {
    response.destroy();
    if (signal.aborted) throw new FetchFault("fetch-late");
    throw error instanceof FetchFault ? error : new FetchFault("fetch-cut");
  }
  return fileInside(Buffer.concat(parts), most);
}

/** The file itself, or what is in it where it is gzip, as feeds publish long lists. */
async function fileInside(file: Buffer, most: number): Promise<Buffer> {
  const { packed, bytes } = await unpacked(Readable.from([file]));
  if (!packed) return file;
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of bytes) {
      size += part.length;
      if (size > most) throw new FetchFault("fetch-large", { bytes: most });
      parts.push(part);
    }
  } catch (error) {
    throw error instanceof Problem ? new FetchFault("fetch-gzip", { fault: error.detail ?? "" }) : error;
  }
  return Buffer.concat(parts);
}

function plainly(error: NodeJS.ErrnoException, host: string): FetchFault {
  if (error instanceof FetchFault) return error;
  if (error.name === "AbortError" || error.name === "TimeoutError")
    return new FetchFault("fetch-slow", { host });
  const why = CONNECTION[error.code ?? ""];
  return why === undefined
    ? new FetchFault("fetch-unreachable", { host, code: error.code ?? "unknown" })
    : new FetchFault(why, { host });
}

const CONNECTION: Readonly<Record<string, Reason>> = {
  ENOTFOUND: "fetch-name",
  EAI_AGAIN: "fetch-name-now",
  ECONNREFUSED: "fetch-refused",
  ECONNRESET: "fetch-reset",
  CERT_HAS_EXPIRED: "fetch-cert-expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "fetch-cert-unknown",
  SELF_SIGNED_CERT_IN_CHAIN: "fetch-cert-unknown",
  ERR_TLS_CERT_ALTNAME_INVALID: "fetch-cert-name",
};
