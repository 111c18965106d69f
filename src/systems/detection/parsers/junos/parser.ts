import { defineParser, type EcsDraft } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { between } from "../text/csv.ts";
import {
  draftOf,
  type FieldTable,
  fieldTable,
  kindFields,
  place,
  placeAll,
  put,
  timeField,
} from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
import { isoAt } from "../text/time.ts";
import { verdictOf } from "../text/verdict.ts";

const TABLE: FieldTable = fieldTable("juniper.srx.", {
  "source-address": "source.ip",
  "source-port": "source.port",
  "destination-address": "destination.ip",
  "destination-port": "destination.port",
  "nat-source-address": "source.nat.ip",
  "nat-source-port": "source.nat.port",
  "nat-destination-address": "destination.nat.ip",
  "nat-destination-port": "destination.nat.port",
  "protocol-id": "network.transport",
  "protocol-name": "network.transport",
  "policy-name": "rule.name",
  "rule-name": "rule.name",
  "attack-name": "rule.name",
  "source-zone-name": "observer.ingress.zone",
  "destination-zone-name": "observer.egress.zone",
  "packet-incoming-interface": "observer.ingress.interface.name",
  "interface-name": "observer.ingress.interface.name",
  "session-id-32": "network.session_id",
  "bytes-from-client": "source.bytes",
  "bytes-from-server": "destination.bytes",
  "packets-from-client": "source.packets",
  "packets-from-server": "destination.packets",
  "elapsed-time": "",
  username: "user.name",
  application: "network.application",
  reason: "event.reason",
  action: "event.action",
  url: "url.original",
  obj: "url.path",
  "file-name": "file.name",
  "message-id": "event.code",
});

interface Head {
  readonly tag: string;
  readonly text: string;
  readonly daemon: string | undefined;
  readonly host: string | undefined;
  readonly at: number | undefined;
}

/** The event tag: `RT_FLOW_SESSION_DENY`, `SSHD_LOGIN_FAILED`, `UI_AUTH_EVENT`. */
function isTag(word: string): boolean {
  return word.length > 4 && word.length < 64 && /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(word);
}

const STRUCTURED = "[junos@";

/**
 * Structured: `2017-..Z host RT_FLOW - TAG [junos@2636.1.1.1.2.39 key="value"]`, of which the header may have been taken off
 * already up to any word before the bracket. Plain: `RT_FLOW_SESSION_CREATE: session created 10.0.0.1/1->...`.
 */
function headOf(message: string, context: { receivedAt: string; zoneMinutes?: number }): Head | undefined {
  const bracket = message.indexOf(STRUCTURED);
  if (bracket >= 0 && bracket < 200) {
    const before = message.slice(0, bracket).trim().split(" ");
    const time = isoAt(before[0] ?? "", 0, context);
    const last = before.at(-1) ?? "";
    const host = time === undefined ? undefined : before[1];
    return {
      tag: isTag(last) ? last : "",
      text: message.slice(bracket),
      daemon: before.length > 3 ? before[2] : undefined,
      host,
      at: time?.at,
    };
  }
  const colon = message.indexOf(": ");
  if (colon < 5 || colon > 100) return undefined;
  const tag = message.slice(0, colon);
  const space = tag.lastIndexOf(" ");
  const word = space < 0 ? tag : tag.slice(space + 1);
  const text = message.slice(colon + 2);
  return isTag(word) && isPlain(word)
    ? { tag: word, text, daemon: undefined, host: undefined, at: undefined }
    : undefined;
}

const FAMILIES = [
  "RT_",
  "UI_",
  "SSHD_",
  "LOGIN_",
  "FLOW_",
  "IDP_",
  "APPTRACK_",
  "WEBFILTER_",
  "SNMP_",
  "KMD_",
  "AV_",
  "AAMW_",
];

function isPlain(tag: string): boolean {
  return FAMILIES.some((family) => tag.startsWith(family));
}

/** Juniper Junos on SRX and other devices: structured-data and plain syslog. */
export const junos = defineParser({
  id: "junos",
  product: "Juniper Junos",
  accepts: (message, context) => headOf(message, context) !== undefined,
  parse(message, context) {
    const head = headOf(message, context);
    if (head === undefined) return undefined;
    const draft = draftOf("juniper", "juniper.srx", "Juniper", "Junos", "firewall");
    if (!head.text.startsWith(STRUCTURED)) draft.message = head.text;
    timeField(draft, head.at);
    if (head.host !== undefined) draft["observer.name"] = head.host;
    if (head.daemon !== undefined) draft["juniper.srx.process"] = head.daemon;
    const inner = head.text.startsWith(STRUCTURED);
    const tag = head.tag;
    if (tag !== "") draft["event.code"] = tag;
    if (inner) {
      const close = head.text.lastIndexOf("]");
      const from = head.text.indexOf(" ");
      if (from > 0)
        placeAll(draft, TABLE, real(readPairs(head.text.slice(from, close < from ? undefined : close))));
    } else {
      plainFields(draft, tag, head.text);
    }
    const seconds = between(head.text, 'elapsed-time="', '"');
    if (seconds !== undefined && seconds.length < 8 && /^\d+$/.test(seconds))
      draft["event.duration"] = Number(seconds) * 1_000_000_000;
    tagFields(draft, tag);
    return draft;
  },
});

function* real(pairs: Map<string, string>): Generator<[string, string]> {
  for (const pair of pairs) if (pair[1] !== "UNKNOWN" && pair[1] !== "None") yield pair;
}

function tagFields(draft: EcsDraft, tag: string): void {
  const said = String(draft["event.action"] ?? "").toLowerCase();
  if (tag.startsWith("RT_FLOW_SESSION") || tag.startsWith("APPTRACK_SESSION")) {
    const denied = tag.includes("DENY");
    const phase = tag.includes("CREATE")
      ? "start"
      : tag.includes("CLOSE")
        ? "end"
        : denied
          ? "denied"
          : "info";
    const action = denied ? "connection-denied" : `session-${phase}`;
    kindFields(draft, action, ["network"], ["connection", phase], denied ? "failure" : "success");
  } else if (tag.startsWith("RT_IDS") || tag.startsWith("RT_SCREEN") || tag.startsWith("IDP_")) {
    draft["event.kind"] = "alert";
    const denied = verdictOf(said) === "denied";
    kindFields(
      draft,
      said === "" ? tag.toLowerCase() : said,
      ["intrusion_detection", "network"],
      denied ? ["denied"] : ["info"],
      denied ? "failure" : undefined,
    );
  } else if (tag.startsWith("AV_") || tag.startsWith("AAMW_")) {
    draft["event.kind"] = "alert";
    kindFields(draft, tag.toLowerCase(), ["malware", "network"], ["info"]);
  } else if (tag.startsWith("WEBFILTER_")) {
    const denied = tag.includes("BLOCKED");
    kindFields(
      draft,
      tag.toLowerCase(),
      ["web", "network"],
      ["access", denied ? "denied" : "allowed"],
      denied ? "failure" : "success",
    );
  } else if (tag.includes("LOGIN") || tag.includes("AUTH")) {
    const failed = tag.includes("FAIL") || tag.includes("PASSWD");
    kindFields(
      draft,
      failed ? "login-failed" : "login-succeeded",
      ["authentication"],
      ["start"],
      failed ? "failure" : "success",
    );
  } else if (tag.startsWith("UI_COMMIT") || tag.startsWith("UI_CFG")) {
    kindFields(draft, "configuration-changed", ["configuration"], ["change"], "success");
  } else if (tag.startsWith("UI_CMDLINE")) {
    kindFields(draft, "command-executed", ["configuration"], ["access"], "success");
  } else {
    kindFields(draft, said === "" ? tag.toLowerCase() : said, ["network"], ["info"]);
  }
}

function endFields(draft: EcsDraft, side: "source" | "destination", text: string | undefined): void {
  const slash = text?.lastIndexOf("/") ?? -1;
  if (text === undefined || slash < 0) return;
  const ip = text.slice(0, slash);
  const port = portOf(text.slice(slash + 1));
  if (!isIp(ip)) return;
  draft[`${side}.ip`] = ip;
  if (port !== undefined) draft[`${side}.port`] = port;
}

/** `session denied 10.0.0.1/1080->10.0.0.2/8010 0x0 junos-dns-udp 17(0) deny-all trust untrust UNKNOWN ...`. */
function plainFields(draft: EcsDraft, tag: string, text: string): void {
  const arrow = text.indexOf("->");
  if (arrow > 0 && tag.startsWith("RT_")) {
    const from = text.lastIndexOf(" ", arrow);
    const words = text.slice(from + 1).split(" ", 16);
    const [first, second] = (words[0] ?? "").split("->", 2);
    endFields(draft, "source", first);
    endFields(draft, "destination", second);
    const protocol = words.findIndex((word, index) => index > 1 && /^\d{1,3}(\(\d+\))?$/.test(word));
    if (protocol > 0) {
      put(draft, "network.transport", words[protocol]?.split("(", 1)[0]);
      put(draft, "rule.name", words[protocol + 1]);
      put(draft, "observer.ingress.zone", words[protocol + 2]);
      put(draft, "observer.egress.zone", words[protocol + 3]);
    }
  }
  const user = between(text, "User '", "'") ?? between(text, "user '", "'");
  put(draft, "user.name", user);
  const host = between(text, "host '", "'") ?? between(text, "from '", "'");
  put(draft, "source.ip", host);
  const command = between(text, "command '", "'");
  if (command !== undefined) place(draft, TABLE, "command", command.trim());
}
