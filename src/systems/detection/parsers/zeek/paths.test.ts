import assert from "node:assert/strict";
import { test } from "node:test";
import { zeek } from "./parser.ts";

const CONTEXT = { receivedAt: "2026-11-23T03:00:00.000Z" };
const ENDS = { "id.orig_h": "192.0.2.1", "id.orig_p": 40000, "id.resp_h": "192.0.2.2", "id.resp_p": 445 };
/** Records as Zeek's JSON writer makes them, without `_path`. */
const RECORDS: readonly (readonly [path: string, fields: object])[] = [
  ["conn", { ...ENDS, proto: "tcp", conn_state: "SF", history: "ShADFf" }],
  ["dns", { ...ENDS, proto: "udp", trans_id: 7, query: "a.example", rejected: false }],
  ["http", { ...ENDS, trans_depth: 1, request_body_len: 0, response_body_len: 5, tags: [] }],
  ["smtp", { ...ENDS, trans_depth: 1, helo: "a.example", path: ["192.0.2.2"], tls: false }],
  ["ssl", { ...ENDS, version: "TLSv13", resumed: false, established: true }],
  ["ssh", { ...ENDS, version: 2, auth_attempts: 3, client: "SSH-2.0-x", server: "SSH-2.0-y" }],
  ["rdp", { ...ENDS, cookie: "admin", result: "encrypted", security_protocol: "HYBRID" }],
  ["kerberos", { ...ENDS, request_type: "TGS", client: "a/B", service: "krbtgt/B", success: true }],
  ["smb_mapping", { ...ENDS, path: "\\\\srv\\ipc$", share_type: "PIPE" }],
  ["smb_files", { ...ENDS, action: "SMB::FILE_OPEN", name: "a.exe", "times.modified": 1, size: 5 }],
  ["dce_rpc", { ...ENDS, endpoint: "svcctl", operation: "CreateServiceW", named_pipe: "445", rtt: 0.1 }],
  ["ntlm", { ...ENDS, username: "a", hostname: "B", domainname: "C", success: true }],
  ["ftp", { ...ENDS, user: "a", command: "RETR", arg: "ftp://192.0.2.2/x", reply_code: 226 }],
  ["irc", { ...ENDS, nick: "a", user: "b", command: "JOIN", value: "#c" }],
  ["sip", { ...ENDS, trans_depth: 0, call_id: "x", method: "INVITE", request_path: [] }],
  ["snmp", { ...ENDS, version: "2c", community: "public", get_requests: 1 }],
  ["radius", { ...ENDS, username: "a", result: "failed" }],
  ["mysql", { ...ENDS, cmd: "query", arg: "select 1", success: true }],
  ["syslog", { ...ENDS, proto: "udp", facility: "LOCAL0", severity: "INFO", message: "x" }],
  ["tunnel", { ...ENDS, tunnel_type: "Tunnel::GRE", action: "Tunnel::DISCOVER" }],
  ["socks", { ...ENDS, version: 5, status: "succeeded", "request.host": "192.0.2.3" }],
  ["ntp", { ...ENDS, version: 4, mode: 3, stratum: 0, poll: 1 }],
  ["modbus", { ...ENDS, func: "READ_COILS" }],
  ["dnp3", { ...ENDS, fc_request: "READ", iin: 0 }],
  ["dpd", { ...ENDS, proto: "tcp", analyzer: "HTTP", failure_reason: "not a request" }],
  ["weird", { ...ENDS, name: "bad_TCP_checksum", notice: false, peer: "zeek" }],
  ["weird", { name: "non_ip_packet_in_ethernet", notice: false, peer: "zeek" }],
  [
    "notice",
    { note: "Scan::Port_Scan", msg: "192.0.2.1 scanned", src: "192.0.2.1", actions: ["Notice::ACTION_LOG"] },
  ],
  ["intel", { ...ENDS, "seen.indicator": "evil.example", "seen.where": "DNS::IN_REQUEST", matched: [] }],
  ["files", { fuid: "Fabc", source: "HTTP", depth: 0, analyzers: ["MD5"], mime_type: "text/html" }],
  ["x509", { fingerprint: "ab", "certificate.version": 3, "certificate.serial": "01" }],
  ["software", { host: "192.0.2.1", software_type: "HTTP::BROWSER", name: "x" }],
  ["known_services", { host: "192.0.2.1", port_num: 22, port_proto: "tcp", service: ["SSH"] }],
  ["dhcp", { uids: ["Cabc"], mac: "00:00:5e:00:53:01", msg_types: ["DISCOVER"], duration: 0.1 }],
];

test("JSON that does not say which log it is of is known by its fields", () => {
  for (const [path, fields] of RECORDS) {
    const line = JSON.stringify({ ts: 1_763_863_200.5, uid: "Cabc", ...fields });
    assert.ok(zeek.accepts(line, CONTEXT), `${path} is taken`);
    const record = zeek.parse(line, CONTEXT);
    assert.equal(record?.["event.dataset"], `zeek.${path}`, line);
    assert.equal(record?.["@timestamp"], "2025-11-23T02:00:00.500Z");
  }
});

test("other JSON with a time called ts is left to others", () => {
  for (const line of [
    '{"ts":1,"msg":"x"}',
    '{"ts":1,"name":"x","peer":"y"}',
    '{"ts":1,"note":"lunch"}',
    '{"ts":1,"notice":false}',
  ])
    assert.equal(zeek.accepts(line, CONTEXT), false, line);
});
