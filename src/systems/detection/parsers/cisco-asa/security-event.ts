import type { EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, place, put, timeField } from "../text/fields.ts";
import { isNothing } from "../text/pairs.ts";
import { table } from "../text/table.ts";
import { isoAt } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

/** Names of "Security Event Syslog Messages" (430001 to 430005) of Firepower Threat Defense. */
const TABLE = fieldTable("cisco.ftd.", {
  SrcIP: "source.ip",
  DstIP: "destination.ip",
  SrcPort: "source.port",
  DstPort: "destination.port",
  NAT_InitiatorIP: "source.nat.ip",
  NAT_InitiatorPort: "source.nat.port",
  NAT_ResponderIP: "destination.nat.ip",
  NAT_ResponderPort: "destination.nat.port",
  Protocol: "network.transport",
  IngressInterface: "observer.ingress.interface.name",
  EgressInterface: "observer.egress.interface.name",
  IngressZone: "observer.ingress.zone",
  EgressZone: "observer.egress.zone",
  ConnectionID: "network.session_id",
  DeviceUUID: "observer.serial_number",
  AccessControlRuleReason: "event.reason",
  User: "user.name",
  UserAgent: "user_agent.original",
  ApplicationProtocol: "network.protocol",
  WebApplication: "network.application",
  InitiatorPackets: "source.packets",
  ResponderPackets: "destination.packets",
  InitiatorBytes: "source.bytes",
  ResponderBytes: "destination.bytes",
  HTTPResponse: "http.response.status_code",
  HTTPReferer: "http.request.referrer",
  HTTP_Hostname: "url.domain",
  HTTP_URI: "url.original",
  URL: "url.original",
  URI: "url.original",
  URLCategory: "rule.category",
  ReferencedHost: "url.domain",
  DNSQuery: "dns.question.name",
  DNSRecordType: "",
  DNSResponseType: "",
  SSLServerName: "tls.client.server_name",
  SSLCipherSuite: "tls.cipher",
  GID: "cisco.ftd.gid",
  SID: "rule.id",
  Revision: "rule.version",
  Classification: "rule.category",
  FileName: "file.name",
  FileSHA256: "file.hash.sha256",
  FileSize: "file.size",
  MitreAttackGroups: "threat.technique.name",
  ConnectionDuration: "",
  FirstPacketSecond: "",
});

/** What Firepower says of a user that it does not know. */
const NOBODY = new Set(["No Authentication Required", "Unknown", "Not Found", "No Authentication", "N/A"]);

const KEY = /^[A-Z][A-Za-z0-9_]*( [A-Z][A-Za-z]*){0,2}$/;

/** `Name: value, Name: value`; a comma may be in a value, so a new pair begins only where a name stands. */
export function pairsOf(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  let key = "";
  let value = "";
  const keep = () => {
    if (key !== "" && !isNothing(value) && !pairs.has(key)) pairs.set(key, value);
  };
  for (const part of text.split(", ")) {
    const colon = part.indexOf(": ");
    const name = colon > 0 && colon < 40 ? part.slice(0, colon) : "";
    if (name !== "" && KEY.test(name)) {
      keep();
      key = name;
      value = part.slice(colon + 2).trim();
    } else if (!part.endsWith(":") || part.includes(" ")) {
      value += `, ${part}`;
    }
  }
  keep();
  return pairs;
}

/** How the resource records are called in words. */
const RECORD_TYPES = table<string>({
  "a host address": "A",
  "ip6 address": "AAAA",
  "a domain name pointer": "PTR",
  "mail exchange": "MX",
  "text strings": "TXT",
  "server selection": "SRV",
  "an authoritative name server": "NS",
  "the canonical name for an alias": "CNAME",
  "marks the start of a zone of authority": "SOA",
});
const RESPONSE_CODES = table<string>({
  "no error": "NOERROR",
  "non-existent domain": "NXDOMAIN",
  "server failure": "SERVFAIL",
  "format error": "FORMERR",
  "query refused": "REFUSED",
});

/** The record of one of the messages 430001 (intrusion), 430002 and 430003 (connection), 430004 (file), 430005 (malware). */
export function securityEvent(id: string, text: string): EcsDraft {
  const draft = draftOf("cisco", "cisco.ftd", "Cisco", "FTD", "firewall");
  draft["event.code"] = id;
  draft.message = text;
  const pairs = pairsOf(text);
  const user = pairs.get("User");
  if (user !== undefined && NOBODY.has(user)) pairs.delete("User");
  for (const [key, value] of pairs) place(draft, TABLE, key, value);
  draft["network.application"] ??= (pairs.get("Client") ?? "").toLowerCase();
  if (draft["network.application"] === "") delete draft["network.application"];
  put(draft, "event.start", instantIn(pairs.get("FirstPacketSecond")));
  const seconds = Number(pairs.get("ConnectionDuration") ?? Number.NaN);
  if (seconds >= 0 && seconds < 9_000_000) draft["event.duration"] = Math.floor(seconds) * 1_000_000_000;
  const type = pairs.get("DNSRecordType")?.toLowerCase();
  if (type !== undefined) draft["dns.question.type"] = RECORD_TYPES[type] ?? type.toUpperCase();
  const code = pairs.get("DNSResponseType")?.toLowerCase();
  if (code !== undefined) draft["dns.response_code"] = RESPONSE_CODES[code] ?? code.toUpperCase();
  if (id === "430001") intrusion(draft, pairs);
  else if (id === "430004" || id === "430005") file(draft, pairs, id === "430005");
  else connection(draft, pairs, id === "430002" ? "start" : "end");
  return draft;
}

function instantIn(text: string | undefined): string | undefined {
  const read = text === undefined ? undefined : isoAt(text, 0, { receivedAt: "", zoneMinutes: 0 });
  const draft: EcsDraft = {};
  timeField(draft, read?.at);
  return draft["@timestamp"] as string | undefined;
}

/** The verdict is the first word: `Block with reset`, `Malware Block`, `Interactive Block`, `Monitor`, `Trust`. */
function verdict(draft: EcsDraft, action: string): void {
  const lower = action.toLowerCase();
  const word = lower.includes("block") || lower.startsWith("drop") ? "block" : "allow";
  verdictFields(draft, lower.startsWith("would") ? "" : word);
}

function connection(draft: EcsDraft, pairs: ReadonlyMap<string, string>, phase: "start" | "end"): void {
  const action = pairs.get("AccessControlRuleAction") ?? "";
  const suspect =
    pairs.has("IPReputationSICategory") || pairs.has("URLSICategory") || pairs.has("DNSSICategory");
  if (suspect) draft["event.kind"] = "alert";
  const categories = suspect ? ["network", "intrusion_detection"] : ["network"];
  kindFields(draft, action === "" ? `connection-${phase}` : action, categories, ["connection", phase]);
  put(draft, "rule.name", pairs.get("AccessControlRuleName"));
  put(draft, "rule.ruleset", pairs.get("ACPolicy"));
  verdict(draft, action);
}

function intrusion(draft: EcsDraft, pairs: ReadonlyMap<string, string>): void {
  draft["event.kind"] = "alert";
  const result = pairs.get("InlineResult") ?? "";
  kindFields(draft, result === "" ? "detected" : result, ["intrusion_detection", "network"], ["info"]);
  const message = pairs.get("Message") ?? "";
  put(draft, "rule.name", message.startsWith('"') && message.endsWith('"') ? message.slice(1, -1) : message);
  put(draft, "rule.ruleset", pairs.get("IntrusionPolicy"));
  if (result !== "") verdict(draft, result);
}

function file(draft: EcsDraft, pairs: ReadonlyMap<string, string>, malware: boolean): void {
  const action = pairs.get("FileAction") ?? "";
  const found = malware || pairs.get("SHA_Disposition") === "Malware";
  if (found) draft["event.kind"] = "alert";
  kindFields(draft, action === "" ? "file" : action, [found ? "malware" : "file", "network"], ["info"]);
  const threat = pairs.get("ThreatName");
  if (threat !== undefined && threat !== "Unknown" && threat !== "Invalid ID")
    put(draft, "rule.name", threat);
  put(draft, "rule.ruleset", pairs.get("FilePolicy"));
  const name = pairs.get("FileName") ?? "";
  const dot = name.lastIndexOf(".");
  if (dot > 0 && name.length - dot <= 10) put(draft, "file.extension", name.slice(dot + 1).toLowerCase());
  verdict(draft, action);
}
