import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp, portOf, wholeOf } from "../text/address.ts";
import { between } from "../text/csv.ts";
import { draftOf, fieldTable, kindFields, put, timeField } from "../text/fields.ts";
import { jsonRecord, placeRecord, textOf } from "../text/json.ts";
import { isoAt } from "../text/time.ts";

interface Mark {
  readonly generator: string;
  readonly signature: string;
  readonly revision: string;
  /** Where the text of the message begins. */
  readonly end: number;
}

/** `[1:58722:4]`: generator, signature, revision. */
function markIn(message: string): Mark | undefined {
  let at = message.indexOf("[");
  for (let tries = 0; tries < 4 && at >= 0 && at < 100; tries++) {
    const close = message.indexOf("]", at);
    if (close < 0) return undefined;
    const [generator = "", signature = "", revision = "", more] = message.slice(at + 1, close).split(":", 4);
    const numbers = wholeOf(generator) !== undefined && wholeOf(signature) !== undefined;
    if (numbers && wholeOf(revision) !== undefined && more === undefined)
      return { generator, signature, revision, end: close + 1 };
    at = message.indexOf("[", at + 1);
  }
  return undefined;
}

function isAlert(message: string, mark: Mark | undefined): mark is Mark {
  return (
    mark !== undefined && (message.includes("[Priority: ", mark.end) || message.includes(" -> ", mark.end))
  );
}

/** Snort's alerts on one line: `fast`, `full` put on one line, and over syslog (Suricata's fast.log is the same). */
export const snort = defineParser({
  id: "snort",
  product: "Snort",
  accepts: (message) => (message.startsWith("{") ? isJson(message) : isAlert(message, markIn(message))),
  parse(message, context) {
    if (message.startsWith("{")) return isJson(message) ? fromJson(message, context) : undefined;
    const mark = markIn(message);
    if (!isAlert(message, mark)) return undefined;
    const draft = draftOf("snort", "snort.alert", "Cisco", "Snort", "ids");
    draft["event.kind"] = "alert";
    draft["rule.id"] = mark.signature;
    draft["rule.version"] = mark.revision;
    draft["snort.gid"] = mark.generator;
    const denied = message.includes("[Drop]") || message.includes("[Block]") || message.includes("[wDrop]");
    kindFields(
      draft,
      denied ? "drop" : "alert",
      ["intrusion_detection", "network"],
      [denied ? "denied" : "allowed"],
      denied ? "failure" : "success",
    );
    nameFields(draft, message, mark.end);
    put(draft, "rule.category", between(message, "[Classification: ", "]", mark.end));
    put(draft, "event.severity", between(message, "[Priority: ", "]", mark.end));
    put(draft, "network.transport", between(message, "{", "}", mark.end));
    const arrow = message.lastIndexOf(" -> ");
    if (arrow > 0) {
      const before = message.slice(message.lastIndexOf(" ", arrow - 1) + 1, arrow);
      const ported = /^(TCP|UDP)$/i.test(between(message, "{", "}", mark.end) ?? "");
      sideFields(draft, "source", before, ported);
      sideFields(draft, "destination", message.slice(arrow + 4).split(" ", 1)[0] ?? "", ported);
    }
    const read = (text: string) => isoAt(text, 0, context)?.at;
    const close = message.indexOf("] ", message.indexOf("[Priority: "));
    // The full form has the time behind the priority, and the transport behind the two ends.
    const inner = timeIn(message.slice(close + 2, close + 40), context.receivedAt, read);
    timeField(draft, timeIn(message, context.receivedAt, read) ?? inner);
    if (inner !== undefined && arrow > 0)
      put(draft, "network.transport", message.slice(arrow + 4).split(" ", 2)[1]);
    return draft;
  },
});

/** Snort 3's `alert_json`. */
function isJson(message: string): boolean {
  return message.includes('"rule"') && message.includes('"pkt_num"') && message.includes('"action"');
}

const JSON_TABLE = fieldTable("snort.", {
  timestamp: "",
  seconds: "",
  src_addr: "source.ip",
  src_port: "source.port",
  dst_addr: "destination.ip",
  dst_port: "destination.port",
  src_ap: "",
  dst_ap: "",
  proto: "network.transport",
  msg: "rule.name",
  sid: "rule.id",
  rev: "rule.version",
  class: "rule.category",
  priority: "event.severity",
  service: "network.protocol",
  iface: "observer.ingress.interface.name",
  action: "",
});

function fromJson(message: string, context: ParseContext): EcsDraft | undefined {
  const record = jsonRecord(message);
  if (record === undefined) return undefined;
  const draft = draftOf("snort", "snort.alert", "Cisco", "Snort", "ids");
  draft["event.kind"] = "alert";
  placeRecord(draft, JSON_TABLE, record);
  const action = textOf(record["action"]) ?? "alert";
  const denied = /drop|block|reject|reset/.test(action);
  kindFields(
    draft,
    action,
    ["intrusion_detection", "network"],
    [denied ? "denied" : "allowed"],
    denied ? "failure" : "success",
  );
  const read = (text: string) => isoAt(text, 0, context)?.at;
  timeField(draft, timeIn(textOf(record["timestamp"]) ?? "", context.receivedAt, read));
  put(draft, "message", textOf(record["msg"]));
  return draft;
}

function nameFields(draft: EcsDraft, message: string, from: number): void {
  // A name may hold brackets of its own, `ET MALWARE [ANY.RUN] …`, so only what follows a name ends it.
  const ends = [" [**]", " [Classification: ", " [Priority: ", " {"].map((text) =>
    message.indexOf(text, from),
  );
  const end = ends.reduce((first, at) => (at >= 0 && (first < 0 || at < first) ? at : first), -1);
  const name = message.slice(from, end < 0 ? undefined : end).trim();
  const quoted = name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1) : name;
  put(draft, "rule.name", quoted);
  put(draft, "message", quoted);
}

/** `11/23-10:11:12.123456` or `11/23/26-10:11:12.123456` (also `11/23/2026-`) in front. */
function timeIn(
  message: string,
  receivedAt: string,
  read: (text: string) => number | undefined,
): number | undefined {
  const dash = message.indexOf("-");
  if (dash < 5 || dash > 10 || message[2] !== "/") return undefined;
  const [month = "", day = "", year] = message.slice(0, dash).split("/", 3);
  const wall = message.slice(dash + 1, dash + 16);
  const said = year === undefined ? undefined : year.length === 2 ? `20${year}` : year;
  if (said !== undefined) return read(`${said}-${month}-${day} ${wall}`);
  const received = Date.parse(receivedAt);
  const thisYear = Number(receivedAt.slice(0, 4));
  const at = read(`${thisYear}-${month}-${day} ${wall}`);
  return at !== undefined && at > received + 86_400_000
    ? read(`${thisYear - 1}-${month}-${day} ${wall}`)
    : at;
}

function sideFields(draft: EcsDraft, side: "source" | "destination", text: string, ported: boolean): void {
  // `2001:db8::5:1234` would pass for an address, too: what has ports says one last.
  if (isIp(text) && !(ported && text.includes(":") && isIp(text.slice(0, text.lastIndexOf(":"))))) {
    draft[`${side}.ip`] = text;
    return;
  }
  // An IPv6 address stands in brackets before its port, and in Suricata's fast.log as it is.
  const colon = text.lastIndexOf(":");
  const said = text.slice(0, Math.max(colon, 0));
  const ip = said.startsWith("[") && said.endsWith("]") ? said.slice(1, -1) : said;
  if (!isIp(ip)) return;
  draft[`${side}.ip`] = ip;
  const port = portOf(text.slice(colon + 1));
  if (port !== undefined) draft[`${side}.port`] = port;
}
