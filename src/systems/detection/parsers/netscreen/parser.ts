import { defineParser, type EcsDraft } from "../parser.ts";
import { between } from "../text/csv.ts";
import { draftOf, fieldTable, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { levelFields } from "../text/network.ts";
import { readPairs } from "../text/pairs.ts";
import { isoAt } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

const TABLE = fieldTable("netscreen.", {
  src: "source.ip",
  dst: "destination.ip",
  src_port: "source.port",
  dst_port: "destination.port",
  nat_src: "source.nat.ip",
  nat_src_port: "source.nat.port",
  nat_dst: "destination.nat.ip",
  nat_dst_port: "destination.nat.port",
  proto: "network.transport",
  service: "network.protocol",
  sent: "source.bytes",
  rcvd: "destination.bytes",
  policy_id: "rule.id",
  session_id: "network.session_id",
  reason: "event.reason",
  src_zone: "observer.ingress.zone",
  dst_zone: "observer.egress.zone",
  zone: "",
  action: "event.action",
  duration: "",
  start_time: "",
  device_id: "observer.name",
  icmp: "netscreen.icmp",
});

const MARK = "NetScreen device_id=";

/** Juniper NetScreen (ScreenOS) traffic and event messages. */
export const netscreen = defineParser({
  id: "netscreen",
  product: "Juniper NetScreen",
  accepts: (message) => isNetscreen(message),
  parse(message, context) {
    if (!isNetscreen(message)) return undefined;
    const at = message.indexOf("device_id=");
    // Names of more than one word are made one, so that each pair has one key.
    const text = message
      .slice(at)
      .replaceAll("src zone=", "src_zone=")
      .replaceAll("dst zone=", "dst_zone=")
      .replace(" icmp type=", " icmp_type=")
      .replace(" icmp code=", " icmp_code=")
      .replace(/src-xlated ip=(\S+) port=(\d+)/, "nat_src=$1 nat_src_port=$2")
      .replace(/dst-xlated ip=(\S+) port=(\d+)/, "nat_dst=$1 nat_dst_port=$2");
    const pairs = readPairs(text);
    const draft = draftOf("netscreen", "netscreen.firewall", "Juniper", "NetScreen", "firewall");
    const mark = between(message, "system-", ":", at);
    if (mark !== undefined && mark.length < 60) headFields(draft, mark);
    const name = pairs.get("device_id")?.split(" ", 1)[0];
    if (name !== undefined) pairs.set("device_id", name);
    // `service=tcp/port:502` says no more than the port does.
    if (pairs.get("service")?.includes("/") === true) pairs.delete("service");
    placeAll(draft, TABLE, pairs);
    const stamp = (pairs.get("start_time") ?? between(message.slice(-23), "(", ")") ?? "").replaceAll(
      '"',
      "",
    );
    timeField(draft, isoAt(stamp, 0, context)?.at);
    const seconds = Number(pairs.get("duration"));
    if (seconds > 0 && seconds < 9_000_000) draft["event.duration"] = Math.floor(seconds) * 1_000_000_000;
    const colon = message.indexOf(": ", at);
    if (colon > 0) draft.message = message.slice(colon + 2);
    kindOf(draft, pairs, String(draft.message ?? ""));
    return draft;
  },
});

function isNetscreen(message: string): boolean {
  const at = message.indexOf("NetScreen device_id=");
  return at >= 0 && at < 100 && message.includes("system-", at + MARK.length);
}

/** `system-notification-00257(traffic)`. */
function headFields(draft: EcsDraft, mark: string): void {
  const dash = mark.indexOf("-");
  levelFields(draft, dash < 0 ? mark : mark.slice(0, dash));
  const open = mark.indexOf("(");
  if (dash > 0) put(draft, "event.code", mark.slice(dash + 1, open < 0 ? undefined : open));
}

function kindOf(draft: EcsDraft, pairs: Map<string, string>, text: string): void {
  const action = (pairs.get("action") ?? "").toLowerCase();
  const lower = text.toLowerCase();
  if (action !== "") {
    kindFields(draft, action, ["network"], ["connection"]);
    verdictFields(draft, action);
  } else if (lower.includes("login") || lower.includes("logged") || lower.includes("authentication")) {
    const failed = lower.includes("fail") || lower.includes("denied");
    kindFields(
      draft,
      failed ? "login-failed" : "login-succeeded",
      ["authentication"],
      ["start"],
      failed ? "failure" : "success",
    );
    const peer = between(`${text} `, "from IP address ", " ") ?? between(`${text} `, "from ", " ");
    const [address, port] = (peer ?? "").split(":", 2);
    put(draft, "source.ip", address);
    put(draft, "source.port", port);
    const name =
      between(text, 'user "', '"') ?? between(text, "login name ", ":") ?? between(text, "user ", " ");
    put(draft, "user.name", name?.replaceAll('"', ""));
  } else if (lower.includes("configuration") && /saved|changed|erased/.test(lower)) {
    kindFields(draft, "configuration-changed", ["configuration"], ["change"], "success");
    put(draft, "source.ip", between(`${text} `, "from host ", " "));
    put(draft, "user.name", between(`${text} `, " by ", " "));
  } else if (
    lower.includes("attack") ||
    lower.includes("flood") ||
    lower.includes("scan") ||
    lower.includes("spoof")
  ) {
    draft["event.kind"] = "alert";
    kindFields(draft, "attack-detected", ["intrusion_detection", "network"], ["info"]);
    attackFields(draft, text);
  } else {
    const tunnel = lower.startsWith("ike") || lower.includes("vpn");
    kindFields(draft, tunnel ? "vpn" : "system", [tunnel ? "network" : "host"], ["info"]);
    put(draft, "source.ip", /^IKE<?\s?([\d.]{7,15})/.exec(text)?.[1]);
  }
}

/** `SYN flood! From 198.51.100.9:4021 to 203.0.113.5:80, proto TCP (zone Untrust, int ethernet0/0).` */
function attackFields(draft: EcsDraft, text: string): void {
  const mark = text.indexOf("!");
  if (mark > 0 && mark < 60) draft["rule.name"] = text.slice(0, mark);
  const [source = "", sport] = (between(text, "From ", " ") ?? "").split(":", 2);
  const [target = "", dport] = (between(text, " to ", ",") ?? "").split(":", 2);
  put(draft, "source.ip", source);
  put(draft, "source.port", sport);
  put(draft, "destination.ip", target);
  put(draft, "destination.port", dport);
  put(draft, "network.transport", between(text, "proto ", " "));
}
