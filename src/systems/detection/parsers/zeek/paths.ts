import type { EcsDraft } from "../parser.ts";

/**
 * What tells one of Zeek's logs from the others when a JSON record does not say (`_path` comes with one way of writing
 * only). Each row: the log, fields that are all there, and fields of which one is; the first row that fits. Out of the
 * `Info` records of Zeek's scripts: fields that a log always has, or that no other has.
 */
const MARKS: readonly (readonly [path: string, all: readonly string[], one?: readonly string[]])[] = [
  ["notice", ["note"]],
  ["intel", ["seen.indicator"]],
  ["x509", [], ["certificate.serial", "certificate.version", "certificate.subject"]],
  ["known_certs", ["issuer_subject"]],
  ["weird", ["name", "notice"]],
  ["software", ["software_type"]],
  ["dhcp", [], ["msg_types", "assigned_ip", "assigned_addr", "lease_time"]],
  ["pe", ["machine"], ["is_64bit", "is_exe", "compile_ts"]],
  ["ocsp", ["certStatus"]],
  ["files", ["fuid"], ["source", "seen_bytes", "depth", "mime_type", "analyzers", "is_orig"]],
  ["conn", ["conn_state"]],
  ["dns", [], ["trans_id", "qtype", "rcode"]],
  ["sip", [], ["call_id", "request_path", "response_path"]],
  ["smtp", ["trans_depth"], ["helo", "mailfrom", "rcptto", "last_reply", "path"]],
  ["http", ["trans_depth"]],
  ["rdp", [], ["security_protocol", "client_channels", "keyboard_layout"]],
  ["ssh", [], ["auth_attempts", "auth_success", "kex_alg", "hassh", "host_key_alg"]],
  ["kerberos", ["request_type"]],
  ["smb_mapping", ["share_type"]],
  ["smb_files", ["action"], ["times.modified", "times.created", "prev_name"]],
  ["dce_rpc", [], ["named_pipe", "endpoint"]],
  ["ntlm", [], ["domainname", "server_nb_computer_name", "server_dns_computer_name"]],
  ["ntlm", ["username", "hostname"]],
  ["irc", [], ["nick", "addl"]],
  ["ftp", ["command"], ["reply_code", "data_channel.passive", "arg", "cwd"]],
  ["snmp", [], ["community", "get_requests", "get_bulk_requests"]],
  ["radius", [], ["framed_addr", "reply_msg", "tunnel_client"]],
  ["radius", ["username", "result"]],
  ["mysql", ["cmd"], ["success", "rows", "arg"]],
  ["syslog", ["facility", "severity"]],
  ["tunnel", ["tunnel_type"]],
  ["socks", [], ["request.host", "request.name", "bound.host", "request_p"]],
  ["ntp", ["stratum"]],
  ["mqtt_connect", [], ["connect_status", "proto_version"]],
  ["mqtt_publish", ["topic", "payload_len"]],
  ["known_services", ["port_num"]],
  ["dpd", ["failure_reason"]],
  ["ssl", [], ["cipher", "server_name", "established", "ssl_history", "ja3"]],
  ["dnp3", [], ["fc_request", "fc_reply", "iin"]],
  ["modbus", ["func"]],
  ["files", ["fuid"]],
];

/** Which log a record is of; `log` where nothing tells. */
export function pathOfRecord(record: EcsDraft): string {
  const has = (name: string) => record[name] !== undefined;
  const found = MARKS.find(([, all, one]) => all.every(has) && (one === undefined || one.some(has)));
  return found?.[0] ?? "log";
}

/** Names under which a log without connection or file id is still known for Zeek's; with `ts` beside them. */
const ALONE =
  /"(?:seen\.indicator|certificate\.(?:serial|version)|software_type|issuer_subject|certStatus|msg_types|port_num)":/;
const NOTICE = /"note":"[A-Z]\w+::/;
const WEIRD = /"notice":(?:true|false)/;

/** Whether a JSON text can be a record of Zeek. */
export function isZeekJson(message: string): boolean {
  if (!message.startsWith("{") || !message.includes('"ts"')) return false;
  return (
    message.includes('"id.orig_h"') ||
    message.includes('"fuid"') ||
    message.includes('"id":{"orig_h"') ||
    ALONE.test(message) ||
    NOTICE.test(message) ||
    (WEIRD.test(message) && message.includes('"peer"'))
  );
}
