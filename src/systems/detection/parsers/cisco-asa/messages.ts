import { type Form, form } from "./form.ts";

/** What a message means in the words of ECS. */
export interface Kind {
  readonly action: string;
  readonly category: readonly string[];
  readonly type: readonly string[];
  readonly outcome?: "success" | "failure";
}

const NETWORK = ["network"];
const denied: Kind = {
  action: "connection-denied",
  category: NETWORK,
  type: ["connection", "denied"],
  outcome: "failure",
};
const dropped: Kind = { ...denied, action: "packet-dropped" };
const spoofed: Kind = { ...denied, action: "attack-denied", category: ["intrusion_detection", "network"] };
const built: Kind = {
  action: "connection-built",
  category: NETWORK,
  type: ["connection", "start", "allowed"],
  outcome: "success",
};
const teardown: Kind = { action: "connection-teardown", category: NETWORK, type: ["connection", "end"] };
const translated: Kind = { action: "translation-built", category: NETWORK, type: ["info"] };
const untranslated: Kind = { action: "translation-teardown", category: NETWORK, type: ["info"] };
const permitted: Kind = {
  action: "connection-permitted",
  category: NETWORK,
  type: ["connection", "allowed"],
  outcome: "success",
};
const loginDenied: Kind = {
  action: "login-failed",
  category: ["authentication"],
  type: ["start"],
  outcome: "failure",
};
const login: Kind = {
  action: "login-succeeded",
  category: ["authentication"],
  type: ["start"],
  outcome: "success",
};
const logout: Kind = { action: "logout", category: ["authentication"], type: ["end"], outcome: "success" };
const command: Kind = {
  action: "command-executed",
  category: ["configuration"],
  type: ["change"],
  outcome: "success",
};
const config: Kind = { action: "configuration-changed", category: ["configuration"], type: ["change"] };
const account = (action: string, type: string): Kind => ({
  action,
  category: ["iam"],
  type: ["user", type],
  outcome: "success",
});
const session = (action: string, type: string): Kind => ({
  action,
  category: ["network", "session"],
  type: ["connection", type],
});
const threat: Kind = {
  action: "threat-detected",
  category: ["intrusion_detection", "network"],
  type: ["info"],
};
const indicator: Kind = {
  action: "indicator-traffic",
  category: ["intrusion_detection", "network"],
  type: ["connection", "info"],
};
const web: Kind = {
  action: "url-accessed",
  category: ["web", "network"],
  type: ["access", "allowed"],
  outcome: "success",
};
const host = (action: string): Kind => ({ action, category: ["host"], type: ["info"] });
const flow: Kind = { action: "flow-info", category: NETWORK, type: ["connection", "info"] };

/**
 * Messages by id, as the "Syslog Messages" guide of the ASA prints them. `src` and `dst` are `interface:address/port`;
 * a message that is not here is still read: its words `from .. to`, `src .. dst`, `user =` say who and where.
 */
const TABLE: readonly (readonly [ids: string, kind: Kind, ...forms: string[]])[] = [
  [
    "106001",
    denied,
    "Inbound {transport} connection denied from {src} to {dst} flags {flags} on interface {in}",
  ],
  ["106002", denied, "{transport} Connection denied by outbound list {rule} src {src} dest {dst}"],
  ["106006", denied, "Deny inbound {transport} from {src} to {dst} on interface {in}"],
  ["106007", denied, "Deny inbound {transport} from {src} to {dst} due to {reason}"],
  ["106010", denied, "Deny inbound {transport} src {src} dst {dst}"],
  ["106011", denied, "Deny inbound (No xlate) {transport} src {src} dst {dst}"],
  ["106012", spoofed, "Deny IP from {src} to {dst}, IP options {reason}"],
  ["106013", denied, "Dropping echo request from {src} to PAT address {dst}"],
  ["106014", denied, "Deny inbound {transport} src {src} dst {dst} (type {icmp-type}, code {icmp-code})"],
  ["106015", denied, "Deny {transport} (no connection) from {src} to {dst} flags {flags} on interface {in}"],
  ["106016", spoofed, "Deny IP spoof from ({src}) to {dst} on interface {in}"],
  ["106017", spoofed, "Deny IP due to {reason} from {src} to {dst}"],
  [
    "106018",
    denied,
    "{transport} packet type {icmp-type} denied by outbound list {rule} src {src} dest {dst}",
  ],
  ["106020", spoofed, "Deny IP {reason} (size = {}, offset = {}) from {src} to {dst}"],
  ["106021", spoofed, "Deny {transport} reverse path check from {src} to {dst} on interface {in}"],
  ["106022", spoofed, "Deny {transport} connection spoof from {src} to {dst} on interface {in}"],
  ["106023", denied, 'Deny {transport} src {src} dst {dst} by access-group "{rule}"'],
  ["106027", denied, 'Deny src {src} dst {dst} by access-group "{rule}"'],
  [
    "106100,106102,106103",
    denied,
    "access-list {rule} {verdict} {transport} for user '{user}' {src} -> {dst} hit-cnt",
    "access-list {rule} {verdict} {transport} {src} -> {dst} hit-cnt",
  ],
  ["106101", host("deny-flows-limit")],
  [
    "108004",
    { ...denied, action: "mail-dropped", category: ["email", "network"] },
    "ESMTP Classification: {} from {src} to {dst}; {reason}",
  ],
  [
    "109005",
    login,
    "Authentication succeeded for user '{user}' from {src} to {dst} on interface {in}",
    "Authentication succeeded for user {user} from {src} to {dst} on interface {in}",
  ],
  [
    "109006",
    loginDenied,
    "Authentication failed for user '{user}' from {src} to {dst} on interface {in}",
    "Authentication failed for user {user} from {src} to {dst} on interface {in}",
  ],
  [
    "109007",
    { ...permitted, action: "authorization-permitted" },
    "Authorization permitted for user '{user}' from {src} to {dst} on interface {in}",
    "Authorization permitted for user {user} from {src} to {dst} on interface {in}",
  ],
  [
    "109008",
    { ...denied, action: "authorization-denied" },
    "Authorization denied for user '{user}' from {src} to {dst} on interface {in}",
    "Authorization denied for user {user} from {src} to {dst} on interface {in}",
  ],
  ["110002", dropped, "Failed to locate egress interface for {transport} from {src} to {dst}"],
  [
    "110003",
    dropped,
    "Routing failed to locate next-hop for {transport} from {src} to {dst}",
    "Routing failed to locate next hop for {transport} from {src} to {dst}",
  ],
  ["111001,111002,111007", config, "Begin configuration: {src} {reason}"],
  ["111003", { ...config, action: "configuration-erased", type: ["deletion"] }, "{src} Erase configuration"],
  ["111004,111005", config, "{src} end configuration: {status}"],
  [
    "111008",
    command,
    "User '{user}' executed the '{command}' command",
    "User {user} executed the {command} command",
  ],
  [
    "111009",
    { ...command, type: ["access"] },
    "User '{user}' executed cmd: {command}",
    "User {user} executed cmd:{command}",
  ],
  [
    "111010",
    command,
    "User '{user}', running '{application}' from IP {src}, executed '{command}'",
    "User {user}, running {application} from IP {src}, executed {command}",
  ],
  ["113004,113012", login],
  ["113005,113015,113016,113017,113021", loginDenied],
  [
    "113006",
    { ...loginDenied, action: "account-locked" },
    "User '{user}' locked out",
    "User {user} locked out",
  ],
  ["113008", login],
  [
    "113019",
    session("vpn-session-ended", "end"),
    "Group = {group}, Username = {user}, IP = {src}, Session disconnected. Session Type: {session-type}, Duration: {duration}, Bytes xmt: {sent}, Bytes rcv: {received}, Reason: {reason}",
  ],
  [
    "722051",
    session("vpn-session-started", "start"),
    "Group <{group}> User <{user}> IP <{src}> IPv4 Address <{assigned-ip}> IPv6 address <{}> assigned",
  ],
  ["113039,716001,722022,722033,734001", session("vpn-session-started", "start")],
  ["716002,722023,722037,722028", session("vpn-session-ended", "end")],
  ["716038", login],
  ["716039,716023", loginDenied],
  [
    "201008,201010,202010",
    { ...denied, action: "resource-exhausted" },
    "PAT pool exhausted. Unable to create {transport} connection from {src} to {dst}",
  ],
  [
    "209005,209003,209004",
    dropped,
    "Discard IP fragment set with more than {} elements: src = {src}, dest = {dst}, proto = {transport}, id = {}",
  ],
  [
    "302013,302015,302017,302303,302020",
    built,
    "Built {direction} {transport} connection for faddr {a} gaddr {} laddr {b}",
    "Built {direction} {transport} connection {connection} for faddr {a} gaddr {} laddr {b}",
    "Built {direction} {transport} connection {connection} for {a} to {b}",
    "Built {direction} {transport} connection {connection} from {a} to {b}",
    "Built {transport} state-bypass connection {connection} from {a} to {b}",
  ],
  [
    "302014,302016,302018,302021,302023,302025,302304",
    teardown,
    "Teardown {transport} connection for faddr {src} gaddr {} laddr {dst}",
    "Teardown {transport} connection {connection} for faddr {src} gaddr {} laddr {dst}",
    "Teardown {transport} connection {connection} for {src} to {dst} duration {duration} forwarded bytes {bytes} {reason}",
    "Teardown {transport} connection {connection} for {src} to {dst} duration {duration} bytes {bytes}",
    "Teardown {transport} connection {connection} from {src} to {dst} duration {duration} bytes {bytes}",
    "Teardown {transport} connection {connection} from {src} to {dst}",
  ],
  [
    "303002",
    { ...web, action: "ftp-transfer", category: ["file", "network"] },
    "FTP connection from {src} to {dst}, user {user} {status} file {file}",
  ],
  ["304001", web, "{src} Accessed URL {url-at}"],
  [
    "304002",
    { ...web, action: "url-denied", type: ["access", "denied"], outcome: "failure" },
    "Access denied URL {url} SRC {src} DEST {dst} on interface {in}",
  ],
  [
    "305005,305006,305013",
    denied,
    "No translation group found for {transport} src {src} dst {dst}",
    "{} failed for {transport} src {src} dst {dst}",
    "{}Connection for {transport} src {src} dst {dst} denied due to {reason}",
  ],
  [
    "305009,305011",
    translated,
    "Built {} {transport} translation from {src} to {nat}",
    "Built {} translation from {src} to {nat}",
  ],
  [
    "305010,305012",
    untranslated,
    "Teardown {} {transport} translation from {src} to {nat} duration {duration}",
    "Teardown {} translation from {src} to {nat} duration {duration}",
  ],
  ["308001", loginDenied, "{} password incorrect for {} tries (from {src})"],
  [
    "313001,313008",
    denied,
    "Denied {transport} type={icmp-type}, code={icmp-code} from {src} on interface {in}",
  ],
  [
    "313004",
    denied,
    "Denied {transport} type={icmp-type}, from laddr {src} on interface {in} to {dst}: {reason}",
    "Denied {transport} type={icmp-type}, from {src} on interface {in} to {dst}: {reason}",
  ],
  [
    "313005",
    denied,
    "No matching connection for ICMP error message: {transport} src {src} dst {dst} (type {icmp-type}, code {icmp-code}) on {in} interface",
  ],
  [
    "313009",
    denied,
    "Denied invalid {transport} code {icmp-code}, for {src} to {dst}, ICMP id {}, ICMP type {icmp-type}",
  ],
  ["315011", logout, 'SSH session from {src} on interface {in} for user "{user}" {reason}'],
  [
    "338001,338002,338003,338004,338201,338202",
    indicator,
    "Dynamic Filter {} listed {transport} traffic from {src} to {dst}, {} resolved from {list} list: {indicator}, threat-level: {threat}, category: {rule-category}",
    "Dynamic Filter {}listed {transport} traffic from {src} to {dst}, {} resolved from {list} list: {indicator}, threat-level: {threat}, category: {rule-category}",
  ],
  [
    "338005,338006,338007,338008,338203,338204",
    { ...indicator, type: ["connection", "info", "denied"], outcome: "failure" },
    "Dynamic Filter {}listed {transport} traffic from {src} to {dst}, {} resolved from {list} list: {indicator}, threat-level: {threat}, category: {rule-category}",
  ],
  [
    "400000-400051",
    threat,
    "IPS:{rule-id} {rule} from {src} to {dst} on interface {in}",
    "IDS:{rule-id} {rule} from {src} to {dst} on interface {in}",
  ],
  [
    "401004",
    { ...denied, action: "shunned" },
    "Shunned packet: {src} ==> {dst} on interface {in}",
    "Shunned packet: {src} = {dst} on interface {in}",
  ],
  ["405001,405003", { ...threat, action: "arp-collision" }],
  [
    "406001,406002",
    threat,
    "FTP port command low port: {src} to {dst} on interface {in}",
    "FTP port command different address: {src} to {dst} on interface {in}",
  ],
  ["410001", dropped, "Dropped {transport} DNS {} from {src} to {dst}; {reason}"],
  ["411001,411003", host("interface-up")],
  ["411002,411004", host("interface-down")],
  [
    "418001",
    denied,
    "Through-the-device packet to/from management-only network is denied: {transport} src {src} dst {dst}",
  ],
  ["419002", spoofed, "Duplicate {transport} SYN from {src} to {dst} with different initial sequence number"],
  ["420002,434002", dropped, "{} requested to drop {transport} packet from {src} to {dst}"],
  ["421001,421007", dropped, "{transport} flow from {src} to {dst} is {reason}"],
  ["421002", flow, "{transport} flow from {src} to {dst} bypassed application checking because {reason}"],
  [
    "500003",
    dropped,
    "Bad {transport} hdr length ({}) from {src} to {dst}, flags: {flags}, on interface {in}",
  ],
  ["500004", dropped, "Invalid transport field for protocol={transport}, from {src} to {dst}"],
  ["502101", account("user-added", "creation")],
  ["502102", account("user-deleted", "deletion")],
  [
    "502103",
    account("privilege-changed", "change"),
    "User priv level changed: Uname: {user} From: {from-level} To: {to-level}",
  ],
  ["605004", loginDenied, 'Login denied from {src} to {dst} for user "{user}"'],
  ["605005", login, 'Login permitted from {src} to {dst} for user "{user}"'],
  ["611101", login],
  ["611102", loginDenied],
  ["611103", logout],
  ["710001,710002", permitted, "{transport} access {verdict} from {src} to {dst}"],
  ["710003", denied, "{transport} access denied by ACL from {src} to {dst}"],
  ["710004", denied, "{transport} connection limit exceeded from {src} to {dst} ({reason})"],
  ["710005,710006", dropped, "{transport} request discarded from {src} to {dst}"],
  [
    "733101",
    threat,
    "Host {src} is attacking",
    "Object {src} is attacking",
    "Host {dst} is targeted",
    "Object {dst} is targeted",
  ],
  ["733102", { ...threat, action: "shunned" }, "Threat-detection adds host {src} to shun list"],
  ["733100,733103,733104,733105", threat],
  ["771001,771002", host("clock-set")],
];

export interface Message {
  readonly kind: Kind;
  readonly forms: readonly Form[];
}

function idsOf(text: string): string[] {
  return text.split(",").flatMap((part) => {
    const [from = "", to] = part.split("-");
    if (to === undefined) return [from];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, step) => String(Number(from) + step));
  });
}

export const MESSAGES: ReadonlyMap<string, Message> = new Map(
  TABLE.flatMap(([ids, kind, ...forms]) =>
    idsOf(ids).map((id): [string, Message] => [id, { kind, forms: forms.map(form) }]),
  ),
);

/** Messages by their class (the first three digits), for ids that the table does not name. */
export const CLASSES: ReadonlyMap<string, Kind> = new Map([
  ["106", denied],
  ["109", { action: "authentication", category: ["authentication"], type: ["info"] }],
  ["111", config],
  ["113", { action: "authentication", category: ["authentication"], type: ["info"] }],
  ["302", flow],
  ["338", host("dynamic-filter")],
  ["400", threat],
  ["713", session("vpn", "info")],
  ["716", session("vpn", "info")],
  ["722", session("vpn", "info")],
  ["750", session("vpn", "info")],
  ["751", session("vpn", "info")],
]);
