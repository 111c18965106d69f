import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import {
  draftOf,
  type FieldTable,
  fieldTable,
  kindFields,
  placeAll,
  put,
  timeField,
} from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
import { isoAt } from "../text/time.ts";
import { filterFields, plainFields, tunnelFields } from "./plain.ts";
import { isJunosTag, isTag, tagFields } from "./tags.ts";

const TABLE: FieldTable = fieldTable("juniper.srx.", {
  "source-address": "source.ip",
  "remote-address": "source.ip",
  "source-port": "source.port",
  "source-mac": "source.mac",
  "mac-address": "source.mac",
  "destination-address": "destination.ip",
  "local-address": "destination.ip",
  "destination-port": "destination.port",
  "nat-source-address": "source.nat.ip",
  "nat-source-port": "source.nat.port",
  "nat-destination-address": "destination.nat.ip",
  "nat-destination-port": "destination.nat.port",
  "protocol-id": "network.transport",
  "protocol-name": "network.transport",
  protocol: "network.protocol",
  "attack-name": "rule.name",
  "policy-name": "rule.name",
  "rule-name": "rule.name",
  "source-zone-name": "observer.ingress.zone",
  "source-zone": "observer.ingress.zone",
  "destination-zone-name": "observer.egress.zone",
  "destination-zone": "observer.egress.zone",
  "packet-incoming-interface": "observer.ingress.interface.name",
  "source-interface-name": "observer.ingress.interface.name",
  "interface-name": "observer.ingress.interface.name",
  "destination-interface-name": "observer.egress.interface.name",
  "session-id-32": "network.session_id",
  "session-id": "network.session_id",
  "bytes-from-client": "source.bytes",
  "bytes-from-server": "destination.bytes",
  "inbound-bytes": "source.bytes",
  "outbound-bytes": "destination.bytes",
  "packets-from-client": "source.packets",
  "packets-from-server": "destination.packets",
  "inbound-packets": "source.packets",
  "outbound-packets": "destination.packets",
  "elapsed-time": "",
  username: "user.name",
  application: "network.application",
  "application-name": "network.application",
  category: "rule.category",
  reason: "event.reason",
  action: "event.action",
  url: "",
  obj: "",
  "http-host": "url.domain",
  hostname: "url.domain",
  "file-name": "file.name",
  filename: "file.name",
  "sample-sha256": "file.hash.sha256",
  "message-id": "event.code",
  message: "message",
  command: "process.command_line",
});

interface Head {
  readonly tag: string;
  readonly text: string;
  readonly daemon: string | undefined;
  readonly host: string | undefined;
  readonly at: number | undefined;
}

const STRUCTURED = "[junos@";
const PLAIN: Omit<Head, "tag" | "text"> = { daemon: undefined, host: undefined, at: undefined };

/** Programs of Junos that also say things without an event tag. */
const DAEMONS = new Set(
  "kmd iked rpd mgd chassisd mib2d snmpd jsrpd eventd dcd cosd pfed alarmd craftd l2ald lacpd lldpd dot1xd authd nsd idpd utmd httpd-gk PFE_FW_SYSLOG_IP PFE_FW_SYSLOG_ETH_IP PFE_FW_SYSLOG_IP6_GEN PFE_FW_SYSLOG_IP6_TCP_UDP".split(
    " ",
  ),
);
const FILTER = /^PFE_FW_SYSLOG_/;

/**
 * Structured: `2017-..Z host RT_FLOW - TAG [junos@2636.1.1.1.2.39 key="value"]`, of which the header may have been taken off
 * already up to any word before the bracket. Plain: `RT_FLOW_SESSION_CREATE: session created 10.0.0.1/1->...`.
 */
function headOf(message: string, context: ParseContext): Head | undefined {
  const bracket = message.indexOf(STRUCTURED);
  if (bracket >= 0 && bracket < 200) {
    const before = message.slice(0, bracket).trim().split(" ");
    const time = isoAt(before[0] ?? "", 0, context);
    const last = before.at(-1) ?? "";
    const host = time === undefined ? undefined : before[1];
    return {
      tag: isTag(last) ? last : "",
      text: message.slice(bracket),
      daemon: before.length > 3 ? before[2] : undefined,
      host,
      at: time?.at,
    };
  }
  const colon = message.indexOf(": ");
  if (colon >= 5 && colon <= 100) {
    const tag = message.slice(0, colon);
    const space = tag.lastIndexOf(" ");
    const word = space < 0 ? tag : tag.slice(space + 1);
    if (isJunosTag(word)) return { ...PLAIN, tag: word, text: message.slice(colon + 2) };
  }
  const { program } = context;
  if (program === undefined) return undefined;
  const known = DAEMONS.has(program) || isJunosTag(program);
  return known && message !== ""
    ? { ...PLAIN, tag: isTag(program) ? program : "", text: message, daemon: program }
    : undefined;
}

/** Juniper Junos on SRX and other devices: structured-data and plain syslog. */
export const junos = defineParser({
  id: "junos",
  product: "Juniper Junos",
  accepts: (message, context) => headOf(message, context) !== undefined,
  parse(message, context) {
    const head = headOf(message, context);
    if (head === undefined) return undefined;
    const draft = draftOf("juniper", "juniper.srx", "Juniper", "Junos", "firewall");
    const inner = head.text.startsWith(STRUCTURED);
    if (!inner) draft.message = head.text;
    timeField(draft, head.at);
    if (head.host !== undefined) draft["observer.name"] = head.host;
    if (head.daemon !== undefined) draft["juniper.srx.process"] = head.daemon;
    const tag = head.tag;
    if (tag !== "") draft["event.code"] = tag;
    if (inner) structured(draft, head.text);
    else if (FILTER.test(tag)) return filter(draft, head.text);
    else plainFields(draft, tag, head.text);
    if (tag === "" && !inner) untagged(draft, head.text);
    else tagFields(draft, tag);
    return draft;
  },
});

/** A value that says nothing. */
function isEmpty(value: string): boolean {
  return value === "UNKNOWN" || value === "None" || value === "-";
}

function structured(draft: EcsDraft, text: string): void {
  const close = text.lastIndexOf('"]');
  const from = text.indexOf(" ");
  if (from < 0) return;
  const pairs = readPairs(text.slice(from, close < from ? undefined : close + 1));
  for (const [key, value] of pairs) if (isEmpty(value)) pairs.delete(key);
  // The signature names the rule; the policy that it stands in is the ruleset.
  const named = pairs.get("attack-name") ?? pairs.get("name");
  if (named !== undefined) {
    draft["rule.name"] = named;
    pairs.delete("attack-name");
    pairs.delete("name");
    put(draft, "rule.ruleset", pairs.get("policy-name"));
  }
  placeAll(draft, TABLE, pairs);
  urlFields(draft, pairs.get("url"), pairs.get("obj"));
  const seconds = pairs.get("elapsed-time") ?? "";
  if (seconds.length > 0 && seconds.length < 8 && /^\d+$/.test(seconds))
    draft["event.duration"] = Number(seconds) * 1_000_000_000;
  for (const side of ["source", "destination"]) {
    if (draft[`${side}.nat.ip`] === "0.0.0.0") delete draft[`${side}.nat.ip`];
    if (draft[`${side}.nat.port`] === 0) delete draft[`${side}.nat.port`];
  }
  const end = close < 0 ? "" : text.slice(close + 2).trim();
  if (end !== "") draft.message ??= end;
}

/** Host and path are two values; either may stand alone. */
function urlFields(draft: EcsDraft, url: string | undefined, path: string | undefined): void {
  if (url === undefined && path === undefined) return;
  const host = url !== undefined && !url.includes("/") && url.includes(".") ? url : undefined;
  if (host !== undefined) put(draft, "url.domain", host);
  put(draft, "url.original", path ?? url);
  if (host !== undefined) put(draft, "destination.domain", host);
}

/** What a firewall filter of the forwarding engine logged. */
function filter(draft: EcsDraft, text: string): EcsDraft {
  const verdict = filterFields(draft, text);
  if (verdict === undefined) kindFields(draft, "filter", ["network"], ["info"]);
  else {
    const action = verdict === "denied" ? "connection-denied" : "connection-permitted";
    kindFields(
      draft,
      action,
      ["network"],
      ["connection", verdict],
      verdict === "denied" ? "failure" : "success",
    );
  }
  return draft;
}

function untagged(draft: EcsDraft, text: string): void {
  const daemon = String(draft["juniper.srx.process"] ?? "daemon");
  const tunnel = daemon === "kmd" || daemon === "iked";
  const failed = /\bfail|\berror/i.test(text);
  kindFields(
    draft,
    tunnel ? "vpn-negotiation" : daemon.toLowerCase(),
    [tunnel ? "network" : "host"],
    ["info"],
  );
  if (!tunnel) return;
  draft["event.outcome"] = failed ? "failure" : "success";
  tunnelFields(draft, text);
}
