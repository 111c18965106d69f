import { defineParser, type EcsDraft } from "../parser.ts";
import { between } from "../text/csv.ts";
import { draftOf, fieldTable, kindFields, placeAll, put } from "../text/fields.ts";
import { setLevel } from "../text/network.ts";
import { readPairs } from "../text/pairs.ts";
import { digitsAt } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

/** Keys of the message with blanks and hyphens taken out, so that `Source IP`, `source-ip` and `SourceIP` are one. */
const TABLE = fieldTable("huawei.usg.", {
  rcvpkts: "destination.packets",
  rcvbytes: "destination.bytes",
  proto: "network.transport",
  receiveinterface: "observer.ingress.interface.name",
  attacktype: "rule.name",
  page: "url.original",
  category: "rule.category",
  failedreason: "event.reason",
  failreason: "event.reason",
  accountname: "user.name",
  peer: "destination.ip",
  sourceip: "source.ip",
  srcip: "source.ip",
  sourceaddress: "source.ip",
  userip: "source.ip",
  ip: "source.ip",
  ipaddress: "source.ip",
  destinationip: "destination.ip",
  destip: "destination.ip",
  dstip: "destination.ip",
  destinationaddress: "destination.ip",
  sourceport: "source.port",
  srcport: "source.port",
  destinationport: "destination.port",
  destport: "destination.port",
  dstport: "destination.port",
  sourcenatip: "source.nat.ip",
  sourcenatport: "source.nat.port",
  destinationnatip: "destination.nat.ip",
  destinationnatport: "destination.nat.port",
  protocol: "network.transport",
  protocolid: "network.transport",
  sourcezone: "observer.ingress.zone",
  srczone: "observer.ingress.zone",
  destinationzone: "observer.egress.zone",
  dstzone: "observer.egress.zone",
  application: "network.application",
  user: "user.name",
  username: "user.name",
  policy: "rule.name",
  policyname: "rule.name",
  rulename: "rule.name",
  signname: "rule.name",
  virusname: "rule.name",
  signid: "rule.id",
  virusid: "rule.id",
  sendbytes: "source.bytes",
  receivebytes: "destination.bytes",
  sendpkts: "source.packets",
  receivepkts: "destination.packets",
  url: "url.original",
  host: "url.domain",
  filename: "file.name",
  command: "process.command_line",
  action: "event.action",
  reason: "event.reason",
  closereason: "event.reason",
});

interface Mark {
  readonly module: string;
  readonly level: number;
  readonly brief: string;
  readonly at: number;
}

/** `%%01POLICY/6/POLICYDENY(l)[0]:text` and `%%01SHELL/5/LOGIN(s):`; the two digits are the version of the format. */
function markIn(message: string): Mark | undefined {
  const from = message.indexOf("%%");
  if (from < 0 || from > 160 || digitsAt(message, from + 2, 2) < 0) return undefined;
  const slash = message.indexOf("/", from);
  const level = digitsAt(message, slash + 1, 1);
  if (slash < 0 || slash - from > 40 || level < 0 || level > 7 || message[slash + 2] !== "/")
    return undefined;
  let stop = slash + 3;
  while (stop < message.length && stop - slash < 60 && message[stop] !== "(" && message[stop] !== ":") stop++;
  const colon = message.indexOf(":", stop);
  if (colon < 0 || colon - stop > 40) return undefined;
  return {
    module: message.slice(from + 4, slash),
    level,
    brief: message.slice(slash + 3, stop),
    at: colon + 1,
  };
}

/** Huawei USG and Eudemon firewalls (and what else runs VRP): `%%01MODULE/level/BRIEF`. */
export const huaweiUsg = defineParser({
  id: "huawei-usg",
  product: "Huawei USG",
  accepts: (message) => markIn(message) !== undefined,
  parse(message) {
    const mark = markIn(message);
    if (mark === undefined) return undefined;
    const draft = draftOf("huawei", "huawei.usg", "Huawei", "USG", "firewall");
    const whole = message.slice(mark.at).trim();
    // Newer versions put the id of the component before the text: `CID=0x814f041e;`.
    const component = whole.startsWith("CID=0x") ? whole.indexOf(";") + 1 : 0;
    const text = whole.slice(component);
    if (component > 1) draft["huawei.usg.cid"] = whole.slice(4, component - 1);
    draft.message = text;
    draft["event.code"] = `${mark.module}/${mark.brief}`;
    draft["huawei.usg.module"] = mark.module;
    setLevel(draft, mark.level);
    const open = text.indexOf("(");
    const inside = open >= 0 && text.includes("=", open) ? text.slice(open + 1, closing(text)) : text;
    placeAll(draft, TABLE, keyed(inside.endsWith(".") ? inside.slice(0, -1) : inside));
    for (const side of ["source", "destination"] as const) endFields(draft, side);
    if (draft["user.name"] === "unknown") delete draft["user.name"];
    hashField(draft);
    const { "url.domain": host, "url.original": page } = draft;
    if (
      mark.module === "URL" &&
      typeof host === "string" &&
      typeof page === "string" &&
      page.startsWith("/")
    ) {
      delete draft["url.original"];
      put(
        draft,
        "url.original",
        `${draft["network.application"] === "https" ? "https" : "http"}://${host}${page}`,
      );
    }
    const signature = draft["huawei.usg.signname"] ?? draft["huawei.usg.virusname"];
    if (signature !== undefined) {
      draft["rule.ruleset"] = String(draft["rule.name"] ?? "");
      draft["rule.name"] = signature;
    }
    kindOf(draft, mark, text);
    return draft;
  },
});

const HASHES = new Map([
  [32, "file.hash.md5"],
  [40, "file.hash.sha1"],
  [64, "file.hash.sha256"],
]);

function hashField(draft: EcsDraft): void {
  const hash = draft["huawei.usg.hash"];
  const field = typeof hash === "string" ? HASHES.get(hash.length) : undefined;
  if (field !== undefined) draft[field] = String(hash).toLowerCase();
}

/** `src="198.51.100.7:1024 "` of attacks; of several the first. */
function endFields(draft: EcsDraft, side: "source" | "destination"): void {
  const key = side === "source" ? "huawei.usg.src" : "huawei.usg.dst";
  const text = draft[key];
  if (typeof text !== "string") return;
  const first = text.split(" ", 1)[0] ?? "";
  const colon = first.indexOf(".") > 0 ? first.lastIndexOf(":") : -1;
  put(draft, `${side}.ip`, colon < 0 ? first : first.slice(0, colon));
  if (colon > 0) put(draft, `${side}.port`, first.slice(colon + 1));
}

function closing(text: string): number {
  const end = text.endsWith(".") ? text.length - 1 : text.length;
  return text[end - 1] === ")" ? end - 1 : end;
}

function* keyed(text: string): Generator<[string, string]> {
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    const colon = equals < 0 ? part.indexOf(":") : equals;
    if (colon < 1 || colon > 40) continue;
    const key = part.slice(0, colon).toLowerCase().replace(/[ _-]/g, "");
    const raw = part.slice(colon + 1).trim();
    const value = raw.startsWith('"') ? [...readPairs(`v=${raw}`).values()].join("").trim() : raw;
    if (value !== "" && key !== "") yield [key, value];
  }
}

function kindOf(draft: EcsDraft, mark: Mark, text: string): void {
  const brief = mark.brief.toUpperCase();
  const said = draft["event.action"];
  if (mark.module === "IPS" || mark.module === "ATK" || mark.module === "IDP" || brief.includes("ATTACK")) {
    draft["event.kind"] = "alert";
    kindFields(
      draft,
      typeof said === "string" ? said : brief.toLowerCase(),
      ["intrusion_detection", "network"],
      ["info"],
    );
  } else if (mark.module === "AV") {
    draft["event.kind"] = "alert";
    kindFields(draft, typeof said === "string" ? said : "virus", ["malware", "network"], ["info"]);
  } else if (mark.module === "URL") {
    kindFields(draft, typeof said === "string" ? said : brief.toLowerCase(), ["web", "network"], ["access"]);
  } else if (
    mark.module.startsWith("POLICY") ||
    mark.module.startsWith("SEC") ||
    mark.module === "PACKET-FILTER"
  ) {
    const denied = brief.includes("DENY");
    const permitted = brief.includes("PERMIT");
    kindFields(
      draft,
      denied ? "deny" : permitted ? "permit" : brief.toLowerCase(),
      ["network"],
      ["connection"],
    );
    verdictFields(draft, denied ? "deny" : permitted ? "permit" : "");
    return;
  } else if (/LOGIN|LOGOUT|AUTH|SSH_FAIL|ONLINE|OFFLINE/.test(brief)) {
    const lower = text.toLowerCase();
    const failed = brief.includes("FAIL") || lower.includes("fail");
    const out = brief.includes("LOGOUT") || brief.includes("OFFLINE");
    put(draft, "source.ip", between(`${text} `, " from ", " ")?.replace(/[.,(]+$/, ""));
    kindFields(
      draft,
      out ? "logout" : failed ? "login-failed" : "login-succeeded",
      ["authentication"],
      [out ? "end" : "start"],
      failed ? "failure" : "success",
    );
    return;
  } else if (brief.includes("CMDRECORD")) {
    kindFields(draft, "command-executed", ["configuration"], ["access"], "success");
    return;
  } else {
    const network = /^(IFNET|BGP|OSPF|ISIS|LINK|IFPDT|ARP|VRRP|LLDP|BFD|LDP|IKE|IPSEC|HRPI|HRP)/.test(
      mark.module,
    );
    kindFields(draft, brief.toLowerCase(), [network ? "network" : "host"], ["info"]);
    if (network) {
      put(draft, "destination.ip", between(`${text} `, "peer ", " ")?.replace(/[,.]$/, ""));
      put(draft, "observer.ingress.interface.name", between(`${text} `, "nterface ", " "));
    }
  }
  if (typeof said === "string") verdictFields(draft, said);
}
