import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp, portOf, wholeOf } from "../text/address.ts";
import { namesUnder } from "../text/fields.ts";
import { levelFields, transportFields } from "../text/network.ts";
import { readPairs } from "../text/pairs.ts";
import { epochOf, isoAt, isoText, offsetAt } from "../text/time.ts";
import { domainOf, urlFields } from "../text/url.ts";
import { judgedType, verdictOf } from "../text/verdict.ts";
import { begun } from "./draft.ts";
import { kindOf, outcomeOf } from "./kinds.ts";

/** FortiOS keys, new and old, of which the text is the ECS field as it stands. */
const TEXTS: Readonly<Record<string, string>> = {
  srcintf: "observer.ingress.interface.name",
  src_int: "observer.ingress.interface.name",
  dstintf: "observer.egress.interface.name",
  dst_int: "observer.egress.interface.name",
  srcmac: "source.mac",
  dstmac: "destination.mac",
  srcname: "source.domain",
  dstname: "destination.domain",
  devname: "observer.name",
  devid: "observer.serial_number",
  device_id: "observer.serial_number",
  logid: "event.code",
  log_id: "event.code",
  policyname: "rule.name",
  poluuid: "rule.uuid",
  catdesc: "rule.category",
  user: "user.name",
  unauthuser: "user.name",
  group: "user.group.name",
  agent: "user_agent.original",
  httpmethod: "http.request.method",
  referralurl: "http.request.referrer",
  filename: "file.name",
  qtype: "dns.question.type",
  qclass: "dns.question.class",
  ref: "event.reference",
  msg: "message",
  reason: "event.reason",
  srccountry: "source.geo.country_name",
  dstcountry: "destination.geo.country_name",
  sender: "email.from.address",
  recipient: "email.to.address",
  subject: "email.subject",
};

const NUMBERS: Readonly<Record<string, string>> = {
  sentbyte: "source.bytes",
  sent: "source.bytes",
  rcvdbyte: "destination.bytes",
  rcvd: "destination.bytes",
  sentpkt: "source.packets",
  sent_pkt: "source.packets",
  rcvdpkt: "destination.packets",
  rcvd_pkt: "destination.packets",
  filesize: "file.size",
};

const ADDRESSES: Readonly<Record<string, string>> = {
  srcip: "source.ip",
  src: "source.ip",
  dstip: "destination.ip",
  dst: "destination.ip",
  remip: "source.ip",
  locip: "destination.ip",
  transip: "source.nat.ip",
  tranip: "destination.nat.ip",
  tran_ip: "destination.nat.ip",
};

const PORTS: Readonly<Record<string, string>> = {
  srcport: "source.port",
  src_port: "source.port",
  dstport: "destination.port",
  dst_port: "destination.port",
  remport: "source.port",
  locport: "destination.port",
  transport: "source.nat.port",
  tranport: "destination.nat.port",
};

/** Keys that become something else than one text; they are read where it is made. */
const READ_ELSEWHERE = "date time eventtime tz level pri url qname ipaddr action".split(" ");

/** Fortinet FortiGate: FortiOS 4 to 7, `key=value` and CSV, every log type. */
export const fortigate = defineParser({
  id: "fortigate",
  product: "Fortinet FortiGate",
  accepts(message) {
    const head = message.length > 400 ? message.slice(0, 400) : message;
    return (
      (head.includes(" type=") || head.includes(",type=")) &&
      (head.includes("devid=") ||
        (head.includes("device_id=") && !head.includes("NetScreen device_id=")) ||
        (head.startsWith("date=") && (head.includes("logid=") || head.includes("log_id="))))
    );
  },
  parse(message, context) {
    const comma = message.startsWith("date=") && message[15] === ",";
    const pairs = readPairs(message, comma ? { gap: "," } : {});
    if (!pairs.has("type") || !(pairs.has("logid") || pairs.has("log_id") || pairs.has("subtype")))
      return undefined;
    const draft = begun(`fortigate.${pairs.get("type") ?? ""}`);
    for (const [key, value] of pairs) simpleField(draft, key, value);
    timeField(draft, pairs, context);
    networkFields(draft, pairs);
    webFields(draft, pairs);
    eventFields(draft, pairs);
    return draft;
  },
});

/** Writes a value where its key says; false where it goes under the vendor's own name. */
type Writer = (draft: EcsDraft, value: string) => boolean;

function textWriter(key: string, field: string): Writer {
  const country = key.endsWith("country");
  const domain = field.endsWith(".domain");
  return (draft, value) => {
    const empty = country ? value === "Reserved" : domain && isIp(value);
    if (draft[field] === undefined && !empty) draft[field] = value;
    return true;
  };
}

function addressWriter(field: string): Writer {
  return (draft, value) => {
    if (!isIp(value)) return false;
    if (draft[field] === undefined && value !== "0.0.0.0") draft[field] = value;
    return true;
  };
}

function portWriter(field: string): Writer {
  return (draft, value) => {
    const port = portOf(value);
    if (port !== undefined && draft[field] === undefined) draft[field] = port;
    return true;
  };
}

function numberWriter(field: string): Writer {
  return (draft, value) => {
    const number = wholeOf(value);
    if (number !== undefined && draft[field] === undefined) draft[field] = number;
    return number !== undefined;
  };
}

const WRITERS: ReadonlyMap<string, Writer> = new Map([
  ...Object.entries(NUMBERS).map(([key, field]) => [key, numberWriter(field)] as const),
  ...Object.entries(PORTS).map(([key, field]) => [key, portWriter(field)] as const),
  ...Object.entries(ADDRESSES).map(([key, field]) => [key, addressWriter(field)] as const),
  ...Object.entries(TEXTS).map(([key, field]) => [key, textWriter(key, field)] as const),
  ...READ_ELSEWHERE.map((key) => [key, () => true] as const),
]);

const ownName = namesUnder("fortinet.firewall.");

function simpleField(draft: EcsDraft, key: string, value: string): void {
  const write = WRITERS.get(key);
  if (write === undefined || !write(draft, value)) draft[ownName(key)] = value;
}

/** `eventtime` counts from 1970 and needs no zone; `date` and `time` are the device's own wall clock. */
function timeField(draft: EcsDraft, pairs: Map<string, string>, context: ParseContext): void {
  const since = epochOf(pairs.get("eventtime") ?? "");
  if (since !== undefined && since > 946_684_800_000) {
    draft["@timestamp"] = isoText(since);
    return;
  }
  const zone = offsetAt(pairs.get("tz") ?? "", 0);
  const time = (pairs.get("time") ?? "").replaceAll(" ", "");
  const read = isoAt(
    `${pairs.get("date") ?? ""} ${time}`,
    0,
    zone === undefined ? context : { ...context, zoneMinutes: zone.minutes },
  );
  if (read !== undefined) draft["@timestamp"] = isoText(read.at);
}

function networkFields(draft: EcsDraft, pairs: Map<string, string>): void {
  const proto = pairs.get("proto");
  if (proto !== undefined && draft["source.ip"] !== undefined) transportFields(draft, proto);
  const service = pairs.get("service");
  if (service !== undefined && !service.includes("/")) draft["network.protocol"] = service.toLowerCase();
  const app = pairs.get("app");
  if (app !== undefined) draft["network.application"] = app.toLowerCase();
  const sent = draft["source.bytes"];
  const received = draft["destination.bytes"];
  if (typeof sent === "number" && typeof received === "number") draft["network.bytes"] = sent + received;
  const seconds = wholeOf(pairs.get("duration") ?? "");
  if (seconds !== undefined && seconds <= 9_000_000) draft["event.duration"] = seconds * 1_000_000_000;
  const direction = pairs.get("direction");
  if (direction !== undefined) {
    draft["network.direction"] =
      direction === "outgoing" ? "outbound" : direction === "incoming" ? "inbound" : direction;
  }
  if (draft["source.ip"] === undefined) {
    const from = addressInBrackets(pairs.get("ui") ?? "");
    if (from !== undefined) draft["source.ip"] = from;
  }
}

/** The administrator's address in `ui="https(198.51.100.7)"`. */
function addressInBrackets(text: string): string | undefined {
  const open = text.indexOf("(");
  const close = text.indexOf(")", open);
  const inner = open >= 0 && close > open ? text.slice(open + 1, close) : "";
  return isIp(inner) ? inner : undefined;
}

function webFields(draft: EcsDraft, pairs: Map<string, string>): void {
  const host = pairs.get("hostname");
  const url = pairs.get("url");
  if (url !== undefined) {
    urlFields(draft, url);
    if (host !== undefined && url.startsWith("/")) {
      const scheme = pairs.get("service")?.toLowerCase() === "https" ? "https" : "http";
      draft["url.scheme"] = scheme;
      draft["url.full"] = `${scheme}://${host}${url}`;
    }
  }
  if (host !== undefined) {
    const name = domainOf(host);
    draft["url.domain"] ??= name;
    if (!isIp(name)) draft["destination.domain"] ??= name;
  }
  const question = pairs.get("qname");
  if (question !== undefined) draft["dns.question.name"] = domainOf(question);
  const answers = pairs.get("ipaddr");
  if (answers !== undefined && question !== undefined) {
    const addresses = answers.split(",").map((text) => text.trim());
    if (addresses.every(isIp)) draft["dns.resolved_ip"] = addresses;
  }
  const checksum = pairs.get("analyticscksum") ?? pairs.get("filehash");
  if (checksum?.length === 64) draft["file.hash.sha256"] = checksum.toLowerCase();
}

function eventFields(draft: EcsDraft, pairs: Map<string, string>): void {
  const type = pairs.get("type") ?? "";
  const subtype = pairs.get("subtype") ?? "";
  const logdesc = pairs.get("logdesc") ?? "";
  const status = pairs.get("status") ?? "";
  const action = pairs.get("action") ?? (type === "traffic" ? status : "") ?? "";
  draft["event.action"] =
    action !== "" ? action : logdesc.toLowerCase().replaceAll(" ", "-") || subtype || type;
  const level = pairs.get("level") ?? pairs.get("pri");
  if (level !== undefined) levelFields(draft, level);
  const lower = action.toLowerCase();
  const configures =
    pairs.has("cfgpath") || pairs.has("cfgattr") || logdesc.toLowerCase().includes("configur");
  const kind = kindOf(type, subtype, lower, configures);
  const verdict = type === "event" ? undefined : verdictOf(lower);
  draft["event.category"] = kind.category;
  draft["event.type"] = verdict === undefined ? kind.type : judgedType(kind.type, verdict);
  const outcome =
    verdict === undefined ? outcomeOf(status, lower, logdesc) : verdict === "denied" ? "failure" : "success";
  if (outcome !== undefined) draft["event.outcome"] = outcome;
  if (draft.message === undefined && logdesc !== "") draft.message = logdesc;
  ruleFields(draft, pairs, type);
}

/** The signature that fired names the rule; otherwise the policy that decided. */
function ruleFields(draft: EcsDraft, pairs: Map<string, string>, type: string): void {
  const signature = pairs.get("attack") ?? pairs.get("virus");
  const id = pairs.get("attackid") ?? pairs.get("virusid");
  if (type !== "traffic" && signature !== undefined) {
    draft["rule.name"] = signature;
    if (id !== undefined) draft["rule.id"] = id;
    draft["event.kind"] = "alert";
    return;
  }
  const policy = pairs.get("policyid");
  if (policy !== undefined) draft["rule.id"] = policy;
}
