import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp } from "../text/address.ts";
import { draftOf, fieldTable, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
import { isoAt, offsetAt } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

const XG = fieldTable("sophos.xg.", {
  sourceip: "source.ip",
  destinationip: "destination.ip",
  from_email_address: "email.from.address",
  to_email_address: "email.to.address",
  email_subject: "email.subject",
  subject: "email.subject",
  file_size: "file.size",
  file_path: "file.path",
  sha1sum: "file.hash.sha1",
  login_user: "user.name",
  usergroupname: "user.group.name",
  src_ip: "source.ip",
  dst_ip: "destination.ip",
  src_port: "source.port",
  dst_port: "destination.port",
  tran_src_ip: "source.nat.ip",
  tran_src_port: "source.nat.port",
  tran_dst_ip: "destination.nat.ip",
  tran_dst_port: "destination.nat.port",
  protocol: "network.transport",
  sent_bytes: "source.bytes",
  recv_bytes: "destination.bytes",
  bytes_sent: "source.bytes",
  bytes_received: "destination.bytes",
  sent_pkts: "source.packets",
  recv_pkts: "destination.packets",
  packets_sent: "source.packets",
  packets_received: "destination.packets",
  src_mac: "source.mac",
  dst_mac: "destination.mac",
  src_country_code: "source.geo.country_iso_code",
  src_country: "source.geo.country_iso_code",
  dst_country_code: "destination.geo.country_iso_code",
  dst_country: "destination.geo.country_iso_code",
  in_interface: "observer.ingress.interface.name",
  out_interface: "observer.egress.interface.name",
  srczone: "observer.ingress.zone",
  dstzone: "observer.egress.zone",
  device_name: "observer.name",
  device_id: "observer.serial_number",
  device_serial_id: "observer.serial_number",
  device_model: "observer.product",
  log_id: "event.code",
  user_name: "user.name",
  user_gp: "user.group.name",
  fw_rule_id: "rule.id",
  fw_rule_name: "rule.name",
  signature_msg: "rule.name",
  signature_id: "rule.id",
  virus: "rule.name",
  threatname: "rule.name",
  application: "network.application",
  priority: "log.level",
  severity: "log.level",
  url: "url.original",
  domain: "url.domain",
  domainname: "url.domain",
  user_agent: "user_agent.original",
  http_status: "http.response.status_code",
  status_code: "http.response.status_code",
  referer: "http.request.referrer",
  contenttype: "http.response.mime_type",
  content_type: "http.response.mime_type",
  filename: "file.name",
  message: "message",
  reason: "event.reason",
  connid: "network.session_id",
  con_id: "network.session_id",
  date: "",
  time: "",
  timestamp: "",
  timezone: "",
  duration: "",
  device: "",
});

const UTM = fieldTable("sophos.utm.", {
  srcip: "source.ip",
  dstip: "destination.ip",
  srcport: "source.port",
  dstport: "destination.port",
  srcmac: "source.mac",
  dstmac: "destination.mac",
  proto: "network.transport",
  initf: "observer.ingress.interface.name",
  outitf: "observer.egress.interface.name",
  fwrule: "rule.id",
  id: "event.code",
  name: "message",
  user: "user.name",
  url: "url.original",
  method: "http.request.method",
  statuscode: "http.response.status_code",
  size: "http.response.bytes",
  ua: "user_agent.original",
  referer: "http.request.referrer",
  "content-type": "http.response.mime_type",
  reason: "rule.name",
  action: "event.action",
});

/** Sophos Firewall (SFOS on XG and XGS) and Sophos UTM 9. */
export const sophos = defineParser({
  id: "sophos",
  product: "Sophos Firewall",
  accepts: (message) => isXg(message) || utmAt(message) >= 0,
  parse(message, context) {
    if (isXg(message)) return xg(message, context);
    const at = utmAt(message);
    return at < 0 ? undefined : utm(message, at, context);
  },
});

function isXg(message: string): boolean {
  if (!message.startsWith("device")) return false;
  return (
    message.startsWith('device="SFW"') ||
    message.startsWith("device_name=") ||
    message.includes(' log_type="', 20)
  );
}

/** Where `id="2001"` stands: UTM 9 puts a date of its own form, a host and a program before it. */
function utmAt(message: string): number {
  const at = message.indexOf('id="');
  return at >= 0 && at < 120 && message.includes(' sys="', at) && message.includes(' sub="', at) ? at : -1;
}

/** `2026:11:23-10:13:00 utm-01 ulogd[4411]: `. */
function utmHead(draft: EcsDraft, head: string, context: ParseContext): void {
  const [stamp = "", host, tag] = head.split(" ", 3);
  const [date = "", wall = ""] = stamp.split("-", 2);
  timeField(draft, isoAt(`${date.replaceAll(":", "-")} ${wall}`, 0, context)?.at);
  put(draft, "observer.name", host);
  put(draft, "process.name", tag?.split(/[[:]/, 1)[0]);
}

function xg(message: string, context: ParseContext): EcsDraft | undefined {
  const pairs = readPairs(message);
  const type = pairs.get("log_type");
  if (type === undefined) return undefined;
  const draft = draftOf("sophos", "sophos.xg", "Sophos", "", "firewall");
  delete draft["observer.product"];
  placeAll(draft, XG, pairs);
  draft["observer.product"] ??= "Firewall";
  const signature = pairs.get("signature_id");
  if (signature !== undefined) draft["rule.id"] = signature;
  const zone = offsetAt(pairs.get("timezone") ?? "", 0);
  const local = zone === undefined ? context : { ...context, zoneMinutes: zone.minutes };
  const date = pairs.get("date");
  // Beside a date the timestamp is when a session began, in seconds.
  const stamp = date === undefined ? (pairs.get("timestamp") ?? "") : `${date} ${pairs.get("time") ?? ""}`;
  timeField(draft, isoAt(stamp, 0, local)?.at);
  const seconds = Number(pairs.get("duration"));
  if (seconds > 0 && seconds < 9_000_000) draft["event.duration"] = Math.floor(seconds) * 1_000_000_000;
  const subtype = pairs.get("log_subtype") ?? pairs.get("status") ?? type;
  const lower = type.toLowerCase();
  const status = (pairs.get("status") ?? subtype).toLowerCase();
  if (lower === "firewall") {
    kindFields(draft, subtype, ["network"], ["connection"]);
  } else if (lower.includes("filter")) {
    kindFields(draft, subtype, ["web", "network"], ["access"]);
  } else if (
    lower === "idp" ||
    lower === "atp" ||
    lower === "anti-virus" ||
    lower.includes("threat") ||
    lower.includes("sandbox") ||
    lower.includes("heartbeat") ||
    lower === "waf"
  ) {
    draft["event.kind"] = "alert";
    const malware = lower === "anti-virus" || lower === "atp";
    kindFields(draft, subtype, [malware ? "malware" : "intrusion_detection", "network"], ["info"]);
  } else if (lower === "anti-spam") {
    kindFields(draft, subtype, ["email", "network"], ["info"]);
  } else if (
    subtype === "Authentication" ||
    (subtype === "Admin" && /log(ged )?(in|out)/i.test(pairs.get("message") ?? ""))
  ) {
    const failed = status.includes("fail");
    kindFields(draft, subtype, ["authentication"], ["start"], failed ? "failure" : "success");
    return draft;
  } else {
    kindFields(draft, subtype, ["host"], ["info"]);
    return draft;
  }
  verdictFields(draft, subtype);
  return draft;
}

function utm(message: string, start: number, context: ParseContext): EcsDraft {
  const pairs = readPairs(message.slice(start));
  const draft = draftOf("sophos", "sophos.utm", "Sophos", "UTM", "firewall");
  if (start > 0) utmHead(draft, message.slice(0, start), context);
  placeAll(draft, UTM, pairs);
  const sub = pairs.get("sub") ?? "";
  const action = pairs.get("action") ?? pairs.get("name") ?? sub;
  if (sub === "packetfilter") kindFields(draft, action, ["network"], ["connection"]);
  else if (sub === "http") kindFields(draft, action, ["web", "network"], ["access"]);
  else if (sub === "ips") {
    draft["event.kind"] = "alert";
    kindFields(draft, action, ["intrusion_detection", "network"], ["info"]);
  } else if (sub === "auth") {
    const failed = (pairs.get("name") ?? "").toLowerCase().includes("fail");
    kindFields(draft, action, ["authentication"], ["start"], failed ? "failure" : "success");
  } else kindFields(draft, action, ["host"], ["info"]);
  put(draft, "log.level", pairs.get("severity"));
  verdictFields(draft, action);
  const user = draft["user.name"];
  if (typeof user === "string" && isIp(user)) delete draft["user.name"];
  return draft;
}
