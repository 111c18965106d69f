import { lookup } from "node:dns";
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { MODERN_TLS } from "../../../platform/crypto/tls.ts";

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** PEM of what the client shows, and of the authorities that are believed in place of those of the machine. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: readonly string[] };
  /** Whether this very machine may be asked; tests and demonstrations do. */
  readonly loopback?: boolean;
  readonly most: number;
}

export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  header(name: string): string | undefined;
  readonly body: Buffer;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");
LOOPBACK.addSubnet("0.0.0.0", 8);
LOOPBACK.addAddress("::", "ipv6");
const NEVER = new BlockList();
NEVER.addSubnet("169.254.0.0", 16);
NEVER.addSubnet("fe80::", 10, "ipv6");
NEVER.addSubnet("224.0.0.0", 4);
NEVER.addSubnet("ff00::", 8, "ipv6");

/** Why an address may not be asked: link-local and multicast never, this machine only where that is configured. */
export function addressFault(address: string, loopback: boolean): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
  if (NEVER.check(plain, family)) return `${address} is link-local or multicast`;
  if (!loopback && LOOPBACK.check(plain, family)) return `${address} is this machine; peers.loopback is off`;
  return undefined;
}

/**
 * One HTTP request to a peer. No redirect is followed; the address that the name leads to is judged at the moment of
 * connecting. Throws Error where there is no answer or one above `most` bytes.
 */
export function exchange(given: Exchange): Promise<Answer> {
  const url = new URL(given.url);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const loopback = given.loopback === true;
  const fault = isIP(host) === 0 ? undefined : addressFault(host, loopback);
  if (fault !== undefined) return Promise.reject(new Error(fault));
  const request = url.protocol === "https:" ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: given.method,
        headers: {
          ...given.headers,
          ...(given.body === undefined ? {} : { "content-length": String(Buffer.byteLength(given.body)) }),
        },
        signal: given.signal,
        lookup: judgedLookup(loopback),
        ...MODERN_TLS,
        ...(given.tls?.cert === undefined ? {} : { cert: given.tls.cert }),
        ...(given.tls?.key === undefined ? {} : { key: given.tls.key }),
        ...(given.tls?.ca === undefined ? {} : { ca: [...given.tls.ca] }),
      },
      (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          size += part.length;
          if (size > given.most) call.destroy(new Error(`an answer of more than ${given.most} bytes`));
          else parts.push(part);
        });
        response.on("error", reject);
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          resolve({
            status,
            ok: status >= 200 && status < 300,
            header: (name) => {
              const value = response.headers[name];
              return Array.isArray(value) ? value[0] : value;
            },
            body: Buffer.concat(parts),
          });
        });
      },
    );
    call.on("error", reject);
    call.end(given.body);
  });
}

function judgedLookup(loopback: boolean): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        done(error, "", 0);
        return;
      }
      const fault = addresses
        .map(({ address }) => addressFault(address, loopback))
        .find((each) => each !== undefined);
      const [first] = addresses;
      if (fault !== undefined || first === undefined)
        done(new Error(fault ?? "the name has no address"), "", 0);
      else if (options.all === true)
        (done as unknown as (error: null, all: typeof addresses) => void)(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}
