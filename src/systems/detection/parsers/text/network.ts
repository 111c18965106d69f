import type { EcsDraft } from "../parser.ts";
import { table } from "./table.ts";

/** Names of IANA protocol numbers as ECS writes them. */
const TRANSPORTS = table<string>({
  "1": "icmp",
  "2": "igmp",
  "4": "ipip",
  "6": "tcp",
  "17": "udp",
  "41": "ipv6",
  "47": "gre",
  "50": "esp",
  "51": "ah",
  "58": "ipv6-icmp",
  "88": "eigrp",
  "89": "ospf",
  "103": "pim",
  "112": "vrrp",
  "132": "sctp",
});
const NUMBERS = new Map(Object.entries(TRANSPORTS).map(([number, name]) => [name, number]));

/** `network.transport` and `network.iana_number` from a number (`6`) or a name (`TCP`, `ICMPv6`). */
export function transportFields(draft: EcsDraft, text: string): void {
  const lower = text.toLowerCase();
  const name = TRANSPORTS[lower] ?? (lower === "icmpv6" || lower === "icmp6" ? "ipv6-icmp" : lower);
  const number =
    NUMBERS.get(name) ?? (lower.charCodeAt(0) >= 48 && lower.charCodeAt(0) <= 57 ? lower : undefined);
  if (number !== undefined) draft["network.iana_number"] = number;
  if (name !== number) draft["network.transport"] = name;
}

/** Syslog's severities (RFC 5424 table 2): the number is `event.severity`, the name `log.level`. */
export const LEVELS = [
  "emergency",
  "alert",
  "critical",
  "error",
  "warning",
  "notice",
  "information",
  "debug",
] as const;

const LEVEL_NUMBERS = new Map<string, number>([
  ...LEVELS.map((name, number): [string, number] => [name, number]),
  ["emerg", 0],
  ["crit", 2],
  ["err", 3],
  ["warn", 4],
  ["notification", 5],
  ["informational", 6],
  ["info", 6],
]);

/** `log.level` and `event.severity` from whatever word the vendor uses; an unknown word stays as it is. */
export function levelFields(draft: EcsDraft, word: string): void {
  const number = LEVEL_NUMBERS.get(word.toLowerCase());
  if (number === undefined) {
    draft["log.level"] = word.toLowerCase();
  } else {
    setLevel(draft, number);
  }
}

/** The same from syslog's number, 0 to 7. */
export function setLevel(draft: EcsDraft, number: number): void {
  const name = LEVELS[number];
  if (name === undefined) return;
  draft["log.level"] = name;
  draft["event.severity"] = number;
}
