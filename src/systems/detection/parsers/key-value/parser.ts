import { defineParser } from "../parser.ts";
import { draftOf, fieldTable, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
import { anyTime } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

/** Keys that many products agree on. */
export const COMMON_KEYS = {
  src: "source.ip",
  srcip: "source.ip",
  src_ip: "source.ip",
  source_ip: "source.ip",
  sourceip: "source.ip",
  client_ip: "source.ip",
  clientip: "source.ip",
  remote_addr: "source.ip",
  srcport: "source.port",
  src_port: "source.port",
  sport: "source.port",
  spt: "source.port",
  dst: "destination.ip",
  dstip: "destination.ip",
  dst_ip: "destination.ip",
  dest_ip: "destination.ip",
  destip: "destination.ip",
  dstport: "destination.port",
  dst_port: "destination.port",
  dest_port: "destination.port",
  dport: "destination.port",
  dpt: "destination.port",
  proto: "network.transport",
  protocol: "network.transport",
  user: "user.name",
  username: "user.name",
  usr: "user.name",
  host: "host.name",
  hostname: "host.name",
  action: "event.action",
  act: "event.action",
  msg: "message",
  message: "message",
  level: "log.level",
  severity: "log.level",
  reason: "event.reason",
  url: "url.original",
  method: "http.request.method",
  rule: "rule.name",
  policy: "rule.name",
  filename: "file.name",
  process: "process.name",
  pid: "process.pid",
} as const;

const TABLE = fieldTable("kv.", COMMON_KEYS);
const LEAST = 3;

/** Whether the text begins with a key and holds at least three signs. */
function looksPaired(message: string): boolean {
  const first = message.indexOf("=");
  if (first < 1 || first > 64 || message.slice(0, first).includes(" ")) return false;
  const second = message.indexOf("=", first + 1);
  return second > 0 && message.indexOf("=", second + 1) > 0;
}

/** Any `key=value` line of a product without a parser of its own. */
export const keyValue = defineParser({
  id: "key-value",
  product: "key=value",
  generic: true,
  accepts: (message) => looksPaired(message),
  parse(message, context) {
    const pairs = readPairs(message);
    if (pairs.size < LEAST) return undefined;
    const draft = draftOf("kv", "kv.log", "", "");
    delete draft["observer.vendor"];
    delete draft["observer.product"];
    placeAll(draft, TABLE, pairs);
    const time = pairs.get("time") ?? pairs.get("timestamp") ?? pairs.get("ts") ?? "";
    const date = pairs.get("date");
    timeField(draft, anyTime(date === undefined ? time : `${date} ${time}`, context));
    const action = String(draft["event.action"] ?? pairs.get("event") ?? "");
    const networked = draft["source.ip"] !== undefined && draft["destination.ip"] !== undefined;
    kindFields(draft, action, [networked ? "network" : "host"], [networked ? "connection" : "info"]);
    verdictFields(draft, action);
    put(draft, "message", message);
    return draft;
  },
});
