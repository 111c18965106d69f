import type { EcsDraft } from "../parser.ts";
import { kindFields } from "../text/fields.ts";
import { canonicalIp, v4Text, v6Text } from "../text/ip-form.ts";
import { table } from "../text/table.ts";

/** An address of the network as `saddr` of a SOCKADDR record holds it. */
export interface SocketAddress {
  readonly type: "ipv4" | "ipv6";
  readonly ip: string;
  readonly port: number;
}

/**
 * `struct sockaddr` in hexadecimal (ip(7), ipv6(7)): the family in the byte order of the host, the port in that of the
 * network, the address. Undefined for other families (sockets of files, of the kernel) and for what is cut off.
 */
export function readSocketAddress(saddr: string): SocketAddress | undefined {
  if (!HEX.test(saddr)) return undefined;
  const number = (from: number, digits: number) => Number.parseInt(saddr.slice(from, from + digits), 16);
  const port = number(4, 4);
  switch (saddr.slice(0, 4)) {
    case "0200":
    case "0002":
      return saddr.length < 16 ? undefined : { type: "ipv4", ip: v4Text(number(8, 8)), port };
    case "0A00":
    case "000A": {
      if (saddr.length < 48) return undefined;
      const words = Uint32Array.from([16, 24, 32, 40], (from) => number(from, 8));
      const ip = canonicalIp(v6Text(words));
      return { type: ip.includes(":") ? "ipv6" : "ipv4", ip, port };
    }
    default:
      return undefined;
  }
}

const HEX = /^[0-9A-F]{16,}$/;

/** What a call does with the socket's address: whose it is, which way, and the event in Auditbeat's words. */
interface Use {
  readonly action: string;
  readonly side: "source" | "destination" | "server";
  readonly direction?: "egress" | "ingress";
  readonly types: readonly string[];
}

const OPENED = ["connection", "start"];
const CONNECT: Use = { action: "connected-to", side: "destination", direction: "egress", types: OPENED };
const ACCEPT: Use = {
  action: "accepted-connection-from",
  side: "source",
  direction: "ingress",
  types: OPENED,
};
const SEND: Use = { action: "sent-to", side: "destination", direction: "egress", types: ["connection"] };
const RECEIVE: Use = {
  action: "received-from",
  side: "source",
  direction: "ingress",
  types: ["connection"],
};

const USES = table<Use>({
  connect: CONNECT,
  accept: ACCEPT,
  accept4: ACCEPT,
  sendto: SEND,
  sendmsg: SEND,
  sendmmsg: SEND,
  recvfrom: RECEIVE,
  recvmsg: RECEIVE,
  recvmmsg: RECEIVE,
  bind: { action: "bound-socket", side: "server", types: ["info"] },
});

/** Numbers of these calls by `arch`: x86-64, 64-bit Arm, i386. */
const CALLS = table<ReadonlyMap<string, string>>({
  c000003e: named("42 connect 43 accept 44 sendto 45 recvfrom 46 sendmsg 47 recvmsg 49 bind 288 accept4"),
  c00000b7: named(
    "200 bind 202 accept 203 connect 206 sendto 207 recvfrom 211 sendmsg 212 recvmsg 242 accept4",
  ),
  "40000003": named("361 bind 362 connect 364 accept4 369 sendto 370 sendmsg 371 recvfrom 372 recvmsg"),
});

function named(text: string): ReadonlyMap<string, string> {
  const words = text.split(" ");
  return new Map(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ""]] : [])));
}

/** What an event says of the call that the address belongs to. */
export interface SocketCall {
  readonly arch: string | undefined;
  readonly syscall: string | undefined;
  /** The call's name where auditd told it. */
  readonly name: string | undefined;
}

/** Writes the address where it belongs; one without its call is most often where somebody connected to. */
export function socketFields(draft: EcsDraft, address: SocketAddress, call: SocketCall): void {
  const name = call.name ?? CALLS[call.arch ?? ""]?.get(call.syscall ?? "") ?? call.syscall ?? "";
  const use = USES[name];
  const side = use?.side ?? "destination";
  draft[`${side}.ip`] ??= address.ip;
  // A port of 0 is none that anybody speaks to.
  if (address.port > 0) draft[`${side}.port`] ??= address.port;
  draft["network.type"] ??= address.type;
  if (use?.direction !== undefined) draft["network.direction"] ??= use.direction;
  if (use === undefined || call.syscall === undefined) return;
  kindFields(draft, use.action, ["network"], use.types);
  // Sysmon's word, which Sigma's rules on connections ask for.
  if (use.types === OPENED) draft["auditd.initiated"] = use.direction === "egress";
}
