import { defineParser, draftFrom, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { levelFields } from "../text/network.ts";
import { dayMonthYearAt, isoAt, isoText } from "../text/time.ts";
import { domainOf } from "../text/url.ts";
import { clientFields } from "./client.ts";

const CATEGORIES = new Set(
  "client cname config database default delegation-only dispatch dnssec dnstap edns-disabled general lame-servers network notify nsid queries query-errors rate-limit resolver responses rpz rpz-passthru security serve-stale spill sslkeylog trust-anchor-telemetry unmatched update update-security xfer-in xfer-out zoneload".split(
    " ",
  ),
);
const SEVERITIES = new Set(["critical", "error", "warning", "notice", "info"]);

const NETWORK = ["network"] as const;
const INFO = ["info"] as const;

/** What follows the time in a query log with `print-category` and `print-severity`. */
const QUERIES = " queries: info: client ";
const CLIENT_IN_QUERIES = QUERIES.indexOf("client ");

interface Prefix {
  readonly at: number | undefined;
  readonly category: string | undefined;
  readonly severity: string | undefined;
  readonly text: string;
}

/** What `print-time`, `print-category` and `print-severity` put before the message of a log channel. */
function readPrefix(message: string, context: ParseContext): Prefix {
  const time = dayMonthYearAt(message, 0, context) ?? isoAt(message, 0, context);
  if (time?.end === 24 && message.startsWith(QUERIES, 24))
    return {
      at: time.at,
      category: "queries",
      severity: "info",
      text: message.slice(24 + CLIENT_IN_QUERIES),
    };
  let text = time === undefined ? message : message.slice(time.end).trimStart();
  let category: string | undefined;
  let severity: string | undefined;
  for (let step = 0; step < 2; step++) {
    const colon = text.indexOf(": ");
    if (colon < 0 || colon > 24) break;
    const word = text.slice(0, colon);
    if (category === undefined && severity === undefined && CATEGORIES.has(word)) category = word;
    else if (severity === undefined && (SEVERITIES.has(word) || word.startsWith("debug "))) severity = word;
    else break;
    text = text.slice(colon + 2);
  }
  return { at: time?.at, category, severity, text };
}

function isClient(text: string): boolean {
  if (!text.startsWith("client ")) return false;
  const hash = text.indexOf("#");
  return hash > 0 && hash < 90 && text.indexOf(": ", hash) > 0;
}

/** ISC BIND 9: the query log and every other line of named, from a file or over syslog. */
export const bindQuery = defineParser({
  id: "bind-query",
  product: "ISC BIND",
  programs: ["named"],
  sure: (line, context) =>
    line.startsWith(QUERIES, 24) && line[2] === "-" && line[6] === "-" && line[20] === "."
      ? read(line, context)
      : undefined,
  accepts(message, context) {
    if (context.program === "named" || context.program?.startsWith("named-") === true) return true;
    const { at, category, text } = readPrefix(message, context);
    if (isClient(text)) return hasBindWord(text);
    return at !== undefined && category !== undefined;
  },
  parse: read,
});

function read(message: string, context: ParseContext): EcsDraft | undefined {
  const prefix = readPrefix(message, context);
  if (prefix.text === "") return undefined;
  const draft = draftFrom({
    "@timestamp": undefined,
    "event.kind": "event",
    "event.module": "bind",
    "event.dataset": "bind.named",
    "event.category": NETWORK,
    "event.type": INFO,
    "observer.vendor": "ISC",
    "observer.product": "BIND",
    "observer.type": "dns",
    "network.protocol": "dns",
    message: prefix.text,
    "bind.category": undefined,
    "log.level": undefined,
    "event.severity": undefined,
    "source.ip": undefined,
    "source.address": undefined,
    "source.port": undefined,
    "dns.question.name": undefined,
    "dns.question.class": undefined,
    "dns.question.type": undefined,
    "dns.type": undefined,
    "dns.header_flags": undefined,
    "bind.flags": undefined,
    "network.transport": undefined,
    "destination.ip": undefined,
    "bind.view": undefined,
    "bind.key": undefined,
    "event.action": undefined,
    "event.outcome": undefined,
    "event.original": undefined,
  });
  if (prefix.at !== undefined) draft["@timestamp"] = isoText(prefix.at);
  if (prefix.category !== undefined) draft["bind.category"] = prefix.category;
  if (prefix.severity !== undefined) {
    levelFields(draft, prefix.severity.startsWith("debug") ? "debug" : prefix.severity);
  }
  if (isClient(prefix.text)) clientFields(draft, prefix.text);
  else serverFields(draft, prefix.text);
  return draft;
}

const BIND_WORDS = [
  "query",
  "update",
  "transfer",
  "notify",
  "rpz ",
  "rate limit",
  "view ",
  "signer ",
  "request",
  "AXFR",
  "IXFR",
];

function hasBindWord(text: string): boolean {
  const after = text.slice(text.indexOf("#"), 600);
  return BIND_WORDS.some((word) => after.includes(word));
}

/** Lines that the server says of itself: resolving, zones, transfers. */
function serverFields(draft: EcsDraft, text: string): void {
  const resolving = text.indexOf(" resolving '");
  if (resolving > 0) {
    draft["event.action"] = text.startsWith("lame server") ? "lame-server" : "resolution-failed";
    draft["event.type"] = ["protocol", "error"];
    draft["event.outcome"] = "failure";
    draft["event.reason"] = text.slice(0, resolving);
    const close = text.indexOf("'", resolving + 12);
    if (close > 0) questionOf(draft, text.slice(resolving + 12, close));
    const colon = text.lastIndexOf(": ");
    const hash = text.lastIndexOf("#");
    if (colon > 0 && hash > colon)
      addressFields(draft, "destination", text.slice(colon + 2, hash), text.slice(hash + 1));
    return;
  }
  if (text.startsWith("zone ")) {
    draft["event.action"] = "zone";
    const slash = text.indexOf("/");
    if (slash > 5 && slash < 300) draft["bind.zone"] = domainOf(text.slice(5, slash));
    if (text.includes("denied") || text.includes("failed") || text.includes("refused"))
      draft["event.outcome"] = "failure";
    return;
  }
  if (text.startsWith("transfer of '")) {
    draft["event.action"] = "zone-transfer";
    const close = text.indexOf("/", 13);
    if (close > 0) draft["bind.zone"] = domainOf(text.slice(13, close));
    const from = text.indexOf(" from ");
    const hash = text.indexOf("#", from);
    if (from > 0 && hash > 0) {
      const stop = text.indexOf(":", hash);
      addressFields(
        draft,
        "destination",
        text.slice(from + 6, hash),
        text.slice(hash + 1, stop < 0 ? undefined : stop),
      );
    }
  }
}

function addressFields(draft: EcsDraft, side: "source" | "destination", address: string, port: string): void {
  if (!isIp(address)) return;
  draft[`${side}.ip`] = address;
  const number = portOf(port);
  if (number !== undefined) draft[`${side}.port`] = number;
}

/** `name/TYPE/CLASS` as named writes questions outside of the query log. */
function questionOf(draft: EcsDraft, text: string): void {
  const [name, type, kind] = text.split("/");
  if (name !== undefined && name !== "") draft["dns.question.name"] = domainOf(name);
  if (type !== undefined) draft["dns.question.type"] = type;
  if (kind !== undefined) draft["dns.question.class"] = kind;
}
