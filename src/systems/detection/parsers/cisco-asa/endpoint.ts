import type { EcsDraft } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { table } from "../text/table.ts";
import { domainOf } from "../text/url.ts";

const SERVICES = table<number>({
  ssh: 22,
  telnet: 23,
  http: 80,
  www: 80,
  https: 443,
  snmp: 161,
  domain: 53,
  smtp: 25,
  ftp: 21,
  ntp: 123,
  syslog: 514,
  tftp: 69,
  sunrpc: 111,
  "netbios-ns": 137,
  "netbios-dgm": 138,
  "netbios-ssn": 139,
});

interface Endpoint {
  readonly interface: string | undefined;
  readonly address: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
}

/**
 * One end of a connection as the ASA prints it: `outside:192.0.2.1/443`, `inside/10.0.0.1(5060)`, `10.0.0.1`,
 * `inside:fileserver/139`, each perhaps followed by a translated address or `(LOCAL\user)`.
 */
export function readEndpoint(text: string): Endpoint | undefined {
  const space = text.indexOf(" ");
  let word = space < 0 ? text : text.slice(0, space);
  let user = userIn(space < 0 ? "" : text.slice(space + 1));
  let port: number | undefined;
  let outer: string | undefined;
  const open = word.indexOf("(");
  if (open > 0) {
    const inner = word.slice(open + 1, word.endsWith(")") ? -1 : undefined);
    port = portOf(inner);
    if (port === undefined && inner.includes("\\")) user = inner;
    word = word.slice(0, open);
    const slash = port === undefined ? -1 : word.indexOf("/");
    if (slash > 0) {
      outer = word.slice(0, slash);
      word = word.slice(slash + 1);
    }
  }
  while (word.endsWith(",") || word.endsWith(".") || word.endsWith(";")) word = word.slice(0, -1);
  const slash = word.lastIndexOf("/");
  if (slash > 0 && outer === undefined) {
    const service = word.slice(slash + 1);
    port = portOf(service) ?? SERVICES[service.toLowerCase()];
    word = word.slice(0, slash);
  }
  if (word === "") return undefined;
  if (isIp(word)) return { interface: outer, address: word, port, user };
  const colon = word.indexOf(":");
  if (colon < 0) return { interface: outer, address: word, port, user };
  return { interface: word.slice(0, colon), address: word.slice(colon + 1), port, user };
}

function userIn(rest: string): string | undefined {
  const backslash = rest.indexOf("\\");
  if (backslash < 0) return undefined;
  const open = rest.lastIndexOf("(", backslash);
  let end = backslash;
  while (end < rest.length && rest[end] !== ")" && rest[end] !== "," && rest[end] !== " ") end++;
  return rest.slice(open + 1, end);
}

/** Field names of either side: to put them together for each record costs more than to write it. */
const SIDES = {
  source: {
    ip: "source.ip",
    domain: "source.domain",
    port: "source.port",
    user: "source.user.name",
    natIp: "source.nat.ip",
    natPort: "source.nat.port",
    through: "observer.ingress.interface.name",
  },
  destination: {
    ip: "destination.ip",
    domain: "destination.domain",
    port: "destination.port",
    user: "destination.user.name",
    natIp: "destination.nat.ip",
    natPort: "destination.nat.port",
    through: "observer.egress.interface.name",
  },
} as const;

/** Writes an end under `source` or `destination`; a name instead of an address becomes the domain. */
export function endpointFields(draft: EcsDraft, side: "source" | "destination", text: string): void {
  const end = readEndpoint(text);
  if (end === undefined || end.address === "") return;
  const names = SIDES[side];
  if (end.interface !== undefined && end.interface !== "") draft[names.through] ??= end.interface;
  if (isIp(end.address)) draft[names.ip] = end.address;
  else draft[names.domain] = domainOf(end.address);
  if (end.port !== undefined) draft[names.port] = end.port;
  if (end.user !== undefined) {
    const backslash = end.user.indexOf("\\");
    draft[names.user] = end.user.slice(backslash + 1);
    if (side === "source") draft["user.name"] ??= end.user.slice(backslash + 1);
  }
}

/** The translated address that stands in brackets after an end: `outside:10.1.2.1/22 (198.51.100.1/22)`. */
export function natFields(draft: EcsDraft, side: "source" | "destination", text: string): void {
  const open = text.indexOf(" (");
  const close = open < 0 ? -1 : text.indexOf(")", open);
  if (close < 0) return;
  const end = readEndpoint(text.slice(open + 2, close));
  const names = SIDES[side];
  if (end === undefined || !isIp(end.address) || end.address === draft[names.ip]) return;
  draft[names.natIp] = end.address;
  if (end.port !== undefined) draft[names.natPort] = end.port;
}
