import { fieldTable } from "../text/fields.ts";

/** The columns of Zeek's default scripts by log; of those with several, the number of columns tells which. */
const ENDS = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p";
const LAYOUTS_TEXT: readonly (readonly [path: string, names: string])[] = [
  [
    "conn",
    `${ENDS} proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents ip_proto`,
  ],
  [
    "dns",
    `${ENDS} proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected`,
  ],
  [
    "http",
    `${ENDS} trans_depth method host uri referrer version user_agent request_body_len response_body_len status_code status_msg info_code info_msg tags username password proxied orig_fuids orig_filenames orig_mime_types resp_fuids resp_filenames resp_mime_types`,
  ],
  [
    "http",
    `${ENDS} trans_depth method host uri referrer version user_agent origin request_body_len response_body_len status_code status_msg info_code info_msg tags username password proxied orig_fuids orig_filenames orig_mime_types resp_fuids resp_filenames resp_mime_types`,
  ],
  [
    "ssl",
    `${ENDS} version cipher curve server_name resumed last_alert next_protocol established ssl_history cert_chain_fps client_cert_chain_fps sni_matches_cert`,
  ],
  [
    "ssl",
    `${ENDS} version cipher curve server_name resumed last_alert next_protocol established cert_chain_fuids client_cert_chain_fuids subject issuer client_subject client_issuer`,
  ],
  [
    "files",
    "ts fuid tx_hosts rx_hosts conn_uids source depth analyzers mime_type filename duration local_orig is_orig seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid md5 sha1 sha256 extracted extracted_cutoff extracted_size",
  ],
  [
    "files",
    "ts fuid uid id.orig_h id.orig_p id.resp_h id.resp_p source depth analyzers mime_type filename duration local_orig is_orig seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid md5 sha1 sha256 extracted extracted_cutoff extracted_size",
  ],
  ["modbus", `${ENDS} func exception`],
  ["modbus", `${ENDS} tid unit func pdu_type exception`],
  ["dnp3", `${ENDS} fc_request fc_reply iin`],
];

export interface Layout {
  readonly path: string;
  readonly names: readonly string[];
}

export const LAYOUTS: readonly Layout[] = LAYOUTS_TEXT.map(([path, names]) => ({
  path,
  names: names.split(" "),
}));

const COMMON = {
  ts: "",
  "id.orig_h": "source.ip",
  "id.orig_p": "source.port",
  "id.resp_h": "destination.ip",
  "id.resp_p": "destination.port",
  proto: "network.transport",
  uid: "event.id",
};

const TABLES = {
  conn: {
    service: "network.protocol",
    orig_bytes: "source.bytes",
    resp_bytes: "destination.bytes",
    orig_pkts: "source.packets",
    resp_pkts: "destination.packets",
    duration: "",
    ip_proto: "network.iana_number",
    community_id: "network.community_id",
  },
  dns: {
    query: "dns.question.name",
    qtype_name: "dns.question.type",
    rcode_name: "dns.response_code",
    trans_id: "dns.id",
    rtt: "",
    answers: "",
    qclass_name: "",
  },
  http: {
    method: "http.request.method",
    host: "url.domain",
    uri: "url.original",
    referrer: "http.request.referrer",
    version: "http.version",
    user_agent: "user_agent.original",
    request_body_len: "http.request.body.bytes",
    response_body_len: "http.response.body.bytes",
    status_code: "http.response.status_code",
    username: "user.name",
    resp_mime_types: "http.response.mime_type",
  },
  ssl: {
    version: "tls.version",
    cipher: "tls.cipher",
    curve: "tls.curve",
    server_name: "tls.client.server_name",
    next_protocol: "tls.next_protocol",
    subject: "tls.server.subject",
    issuer: "tls.server.issuer",
    client_subject: "tls.client.subject",
    client_issuer: "tls.client.issuer",
    ja3: "tls.client.ja3",
    ja3s: "tls.server.ja3s",
  },
  files: {
    tx_hosts: "source.ip",
    rx_hosts: "destination.ip",
    mime_type: "file.mime_type",
    filename: "file.name",
    total_bytes: "file.size",
    md5: "file.hash.md5",
    sha1: "file.hash.sha1",
    sha256: "file.hash.sha256",
    fuid: "event.id",
    uid: "zeek.files.uid",
    duration: "",
  },
  modbus: {},
  dnp3: {},
} as const;

/** By log, the ECS field of each Zeek name. */
export const NAMES = new Map(
  Object.entries(TABLES).map(([path, own]) => [path, fieldTable(`zeek.${path}.`, { ...COMMON, ...own })]),
);
