import { defineParser, type EcsDraft } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { draftOf, fieldTable, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { setLevel } from "../text/network.ts";
import { readPairs } from "../text/pairs.ts";
import { anyTime, digitsAt } from "../text/time.ts";
import { domainOf } from "../text/url.ts";
import { verdictFields } from "../text/verdict.ts";

const TABLE = fieldTable("sonicwall.firewall.", {
  id: "",
  sn: "observer.serial_number",
  fw: "observer.ip",
  m: "event.code",
  msg: "message",
  usr: "user.name",
  user: "user.name",
  sent: "source.bytes",
  rcvd: "destination.bytes",
  spkt: "source.packets",
  rpkt: "destination.packets",
  rule: "rule.id",
  srcmac: "source.mac",
  dstmac: "destination.mac",
  srczone: "observer.ingress.zone",
  dstzone: "observer.egress.zone",
  dstname: "url.domain",
  fileid: "file.name",
  app: "sonicwall.firewall.app",
  appname: "network.application",
  arg: "",
  op: "",
  cdur: "",
  category: "rule.category",
  note: "event.reason",
  srcv6: "source.ip",
  dstv6: "destination.ip",
  result: "http.response.status_code",
  ipscat: "rule.category",
  sid: "rule.id",
  time: "",
  pri: "",
  src: "",
  dst: "",
  natsrc: "",
  natdst: "",
  proto: "",
  fw_action: "event.action",
  uuid: "rule.uuid",
});

/** `op=` of older versions. */
const METHODS = new Map([
  ["1", "GET"],
  ["2", "POST"],
  ["3", "HEAD"],
]);

/** SonicWall (SonicOS): `id=firewall sn=... m=...`. */
export const sonicwall = defineParser({
  id: "sonicwall",
  product: "SonicWall",
  begins: "i ",
  accepts: (message) => isSonicwall(message),
  parse(message, context) {
    if (!isSonicwall(message)) return undefined;
    // Names of applications stand in single quotes.
    const pairs = readPairs(
      message.includes("='") ? message.replaceAll(/='([^'"]{0,80})'/g, '="$1"') : message,
    );
    const draft = draftOf("sonicwall", "sonicwall.firewall", "SonicWall", "SonicOS", "firewall");
    placeAll(draft, TABLE, pairs);
    endFields(draft, "source", "", pairs.get("src"));
    endFields(draft, "destination", "", pairs.get("dst"));
    endFields(draft, "source", ".nat", pairs.get("natsrc"));
    endFields(draft, "destination", ".nat", pairs.get("natdst"));
    const [transport, service] = (pairs.get("proto") ?? "").split("/", 2);
    put(draft, "network.transport", transport);
    if (service !== undefined && portOf(service) === undefined) put(draft, "network.protocol", service);
    timeField(draft, anyTime(pairs.get("time") ?? "", context));
    setLevel(draft, digitsAt(pairs.get("pri") ?? "", 0, 1));
    kindOf(draft, pairs);
    return draft;
  },
});

function isSonicwall(message: string): boolean {
  const text = message.startsWith(" ") ? message.trimStart() : message;
  if (!text.startsWith("id=")) return false;
  const sn = text.indexOf(" sn=");
  return (
    sn > 0 &&
    sn < 80 &&
    (text.includes(" m=", sn) || (text.includes(" fw=", sn) && text.includes(" pri=", sn)))
  );
}

/** `198.51.100.201:40100:X1:host.example.tw`. */
function endFields(
  draft: EcsDraft,
  side: "source" | "destination",
  nat: string,
  text: string | undefined,
): void {
  if (text === undefined) return;
  const [ip = "", port = "", through, name] = text.split(":", 4);
  if (isIp(ip)) draft[`${side}${nat}.ip`] = ip;
  const number = portOf(port);
  if (number !== undefined) draft[`${side}${nat}.port`] = number;
  if (nat !== "") return;
  const field = side === "source" ? "observer.ingress.interface.name" : "observer.egress.interface.name";
  put(draft, field, through);
  if (name !== undefined && name !== "") draft[`${side}.domain`] = domainOf(name);
}

function kindOf(draft: EcsDraft, pairs: Map<string, string>): void {
  const said = (pairs.get("msg") ?? "").toLowerCase();
  const action = (pairs.get("fw_action") ?? "").toLowerCase();
  const verb = action === "" || action === "na" ? verdictWord(said) : action;
  if (action === "na") delete draft["event.action"];
  if (said.includes("login") || said.includes("log in") || said.includes("authentication")) {
    const failed = said.includes("fail") || said.includes("denied") || said.includes("incorrect");
    kindFields(
      draft,
      failed ? "login-failed" : "login-succeeded",
      ["authentication"],
      ["start"],
      failed ? "failure" : "success",
    );
  } else if (
    said.includes("ips ") ||
    said.includes("attack") ||
    said.includes("possible") ||
    said.includes("anti-virus") ||
    said.includes("anti-spyware") ||
    said.includes("botnet")
  ) {
    draft["event.kind"] = "alert";
    const malware = said.includes("anti-virus") || said.includes("virus");
    kindFields(draft, verb, [malware ? "malware" : "intrusion_detection", "network"], ["info"]);
    put(draft, "rule.name", pairs.get("msg")?.replace(/^[\w -]{3,40} Alert: /, ""));
    if (verb !== "log") verdictFields(draft, verb);
  } else if (said.includes("web site") || pairs.has("dstname")) {
    kindFields(draft, verb, ["web", "network"], ["access"]);
    verdictFields(draft, verb === "log" ? "allow" : verb);
    const op = pairs.get("op") ?? "";
    put(draft, "http.request.method", METHODS.get(op) ?? (/^[A-Z]{3,10}$/.test(op) ? op : undefined));
    const host = pairs.get("dstname") ?? "";
    const page = pairs.get("arg") ?? "";
    const whole = host !== "" && page.startsWith("/");
    const scheme = draft["network.protocol"] === "https" ? "https" : "http";
    put(draft, "url.original", whole ? `${scheme}://${host}${page}` : page);
  } else if (draft["destination.ip"] !== undefined) {
    const ended = verb === "connection-closed";
    const begun = verb === "connection-opened";
    kindFields(
      draft,
      verb,
      ["network"],
      ended ? ["connection", "end"] : begun ? ["connection", "start"] : ["connection"],
    );
    verdictFields(draft, begun ? "allow" : verb);
    const lasted = Number(pairs.get("cdur"));
    if (lasted > 0 && lasted < 9_000_000_000) draft["event.duration"] = Math.floor(lasted) * 1_000_000;
  } else {
    kindFields(draft, verb, ["host"], ["info"]);
  }
}

function verdictWord(said: string): string {
  if (said.includes("drop")) return "drop";
  if (said.includes("denied") || said.includes("block")) return "deny";
  if (said.includes("connection opened")) return "connection-opened";
  if (said.includes("connection closed")) return "connection-closed";
  return "log";
}
