import { ENTITY_KINDS, type Entities, type Indicator } from "./model.ts";

type EcsFields = Readonly<Record<string, unknown>>;

/** Names of Windows and of Sysmon, in flat records and under Winlogbeat's prefix. */
function windows(...names: string[]): string[] {
  return [...names.map((name) => `winlog.event_data.${name}`), ...names];
}

/** Which fields name what: ECS first, then what rules for Windows' own records group by. */
const FIELDS: Readonly<Record<keyof Entities, readonly string[]>> = {
  sourceIps: ["source.ip", "client.ip", ...windows("IpAddress", "SourceIp", "SourceAddress")],
  destinationIps: ["destination.ip", "server.ip", ...windows("DestinationIp", "DestAddress")],
  users: [
    "user.name",
    "source.user.name",
    "user.target.name",
    ...windows("TargetUserName", "SubjectUserName", "User", "AccountName"),
  ],
  hosts: [
    "host.name",
    "host.hostname",
    "observer.name",
    "observer.hostname",
    "winlog.computer_name",
    "ComputerName",
    "Computer",
    ...windows("WorkstationName", "Workstation"),
  ],
  domains: [
    "dns.question.name",
    "url.domain",
    "destination.domain",
    "tls.client.server_name",
    ...windows("QueryName", "DestinationHostname"),
  ],
  urls: ["url.full", "url.original"],
  hashes: ["file.hash.sha256", "file.hash.sha1", "file.hash.md5"],
};
/** The one by which matches are gathered is the first that an event names. */
const MAIN: readonly (readonly [keyof Entities, string])[] = [
  ["sourceIps", "ip"],
  ["users", "user"],
  ["hosts", "host"],
  ["destinationIps", "ip"],
  ["domains", "domain"],
];
const MOST = 50;
const LONGEST = 500;

export function noEntities(): Entities {
  return { sourceIps: [], destinationIps: [], users: [], hosts: [], domains: [], urls: [], hashes: [] };
}

/** What an ECS record speaks of. */
export function entitiesOf(record: EcsFields): Entities {
  const entities = noEntities();
  for (const kind of ENTITY_KINDS) {
    const values = FIELDS[kind].flatMap((field) => textsOf(record[field]));
    // A URL without a host, as proxies log for a broken request, names nothing.
    entities[kind] = [
      ...new Set(kind === "urls" ? values.filter((value) => value.includes("://")) : values),
    ].slice(0, MOST);
  }
  return entities;
}

/** By whom or what this event is gathered with others, `ip 203.0.113.7`; empty when it names nobody. */
export function mainEntityOf(record: EcsFields): string {
  const entities = entitiesOf(record);
  for (const [kind, word] of MAIN) {
    const [first] = entities[kind];
    if (first !== undefined) return `${word} ${first}`;
  }
  return "";
}

/** Host, address and user of one event, as far as it names them; of several of a kind the first. */
export function sightOf(record: EcsFields): { host: string; address: string; user: string } {
  const { hosts, sourceIps, users } = entitiesOf(record);
  return { host: hosts[0] ?? "", address: sourceIps[0] ?? "", user: users[0] ?? "" };
}

/** Both together, the older first. */
export function joinEntities(older: Entities, newer: Entities): Entities {
  const joined = noEntities();
  for (const kind of ENTITY_KINDS)
    joined[kind] = [...new Set([...older[kind], ...newer[kind]])].slice(0, MOST);
  return joined;
}

export function entityValues(entities: Entities): string[] {
  return [...new Set(ENTITY_KINDS.flatMap((kind) => entities[kind]))];
}

/** The alert's observable entities as typed values, for incidents and intelligence. */
export function indicatorsOf(alert: { readonly entities: Entities }): Indicator[] {
  const { sourceIps, destinationIps, users, domains, urls, hashes } = alert.entities;
  const ips = [...new Set([...sourceIps, ...destinationIps])].filter(isAddress);
  return [
    ...ips.map((value): Indicator => ({ type: "ip", value, internal: isInternal(value) })),
    ...domains
      .filter((value) => !isAddress(value) && value.includes("."))
      .map(
        (value): Indicator => ({
          type: "domain",
          value: value.toLowerCase().replace(/\.$/, ""),
          internal: false,
        }),
      ),
    ...urls.map((value): Indicator => ({ type: "url", value, internal: isInternal(hostOf(value)) })),
    ...hashes
      .filter(isHash)
      .map((value): Indicator => ({ type: "hash", value: value.toLowerCase(), internal: false })),
    ...users.map((value): Indicator => ({ type: "user", value, internal: true })),
  ];
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== "string" && typeof value !== "number") return [];
  const text = clean(String(value)).trim();
  return text === "" || text === "-" ? [] : [text.slice(0, LONGEST)];
}

/** Text that PostgreSQL can hold: no NUL, no half of a character. */
export function clean(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

function isAddress(value: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(value) || (value.includes(":") && /^[0-9a-f:.]+$/i.test(value));
}

function isHash(value: string): boolean {
  return /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(value);
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^\[|\]$/g, "");
  } catch {
    return "";
  }
}

/** Private, loopback, link-local, shared and unspecified networks (RFC 6890), multicast and their IPv6 kin. */
function isInternal(host: string): boolean {
  const four = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(host);
  if (four !== null) {
    const [first, second] = [Number(four[1]), Number(four[2])];
    return (
      [0, 10, 127].includes(first) ||
      first >= 224 ||
      (first === 172 && second >= 16 && second <= 31) ||
      (first === 192 && second === 168) ||
      (first === 169 && second === 254) ||
      (first === 100 && second >= 64 && second <= 127)
    );
  }
  const lower = host.toLowerCase();
  return lower === "::1" || lower === "::" || /^(?:f[cd]|fe[89ab]|ff)[0-9a-f]*:/.test(lower);
}
