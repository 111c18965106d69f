import { defineParser, type EcsDraft } from "../parser.ts";
import { wholeOf } from "../text/address.ts";
import { between, splitCsv } from "../text/csv.ts";
import { columnsOf, draftOf, kindFields, placeColumns, put } from "../text/fields.ts";
import { verdictFields } from "../text/verdict.ts";

const PREFIX = "pfsense.";
const HEAD =
  "rule.id .subrule .anchor .tracker observer.ingress.interface.name event.reason event.action network.direction _";
const V4 = columnsOf(
  PREFIX,
  `${HEAD} .tos .ecn .ttl .id .offset .flags network.transport _ .length source.ip destination.ip`,
);
const V6 = columnsOf(
  PREFIX,
  `${HEAD} .class .flow_label .hop_limit network.transport _ .length source.ip destination.ip`,
);
const TCP = columnsOf(
  PREFIX,
  "source.port destination.port .data_length .tcp.flags .tcp.sequence .tcp.ack .tcp.window .tcp.urg .tcp.options",
);
const UDP = columnsOf(PREFIX, "source.port destination.port .data_length");
const ICMP = columnsOf(PREFIX, ".icmp.type .icmp.id .icmp.sequence");
const CARP = columnsOf(PREFIX, ".carp.type .carp.ttl .carp.vhid .carp.version .carp.advbase .carp.advskew");

/** The ninth column is the version of IP: 4 or 6. */
function versionOf(values: readonly string[]): "4" | "6" | undefined {
  const version = values[8];
  const direction = values[7];
  if (direction !== "in" && direction !== "out") return undefined;
  return version === "4" || version === "6" ? version : undefined;
}

/** pfSense and OPNsense: filterlog's CSV. */
export const pfsense = defineParser({
  id: "pfsense",
  product: "pfSense",
  programs: ["filterlog"],
  accepts(message) {
    if (isConfigurator(message)) return true;
    const direction = message.indexOf(",in,");
    const at = direction < 0 ? message.indexOf(",out,") : direction;
    return (
      at > 5 &&
      at < 160 &&
      message.includes(",match,") &&
      versionOf(message.slice(0, at + 8).split(",", 9)) !== undefined
    );
  },
  parse(message) {
    if (isConfigurator(message)) return configurator(message);
    const values = splitCsv(message);
    const version = versionOf(values);
    if (version === undefined) return undefined;
    const draft = draftOf("pfsense", "pfsense.firewall", "Netgate", "pfSense", "firewall");
    const head = version === "4" ? V4 : V6;
    placeColumns(draft, head, values);
    draft["network.type"] = version === "4" ? "ipv4" : "ipv6";
    transportColumns(draft, values.slice(head.length));
    const action = String(draft["event.action"] ?? "");
    kindFields(draft, action, ["network"], ["connection"]);
    verdictFields(draft, action);
    const direction = draft["network.direction"];
    draft["network.direction"] = direction === "out" ? "outbound" : "inbound";
    if (draft["network.direction"] === "outbound") {
      const name = draft["observer.ingress.interface.name"];
      delete draft["observer.ingress.interface.name"];
      if (name !== undefined) draft["observer.egress.interface.name"] = name;
    }
    return draft;
  },
});

/** `/index.php: webConfigurator authentication error for user 'admin' from: 198.51.100.7`: its own console. */
function isConfigurator(message: string): boolean {
  if (!message.startsWith("/")) return false;
  const at = message.indexOf(": ") + 2;
  if (at < 2 || at > 60) return false;
  return message.startsWith("webConfigurator ", at) || message.startsWith("Successful login for user '", at);
}

function configurator(message: string): EcsDraft {
  const draft = draftOf("pfsense", "pfsense.webconfigurator", "Netgate", "pfSense", "firewall");
  draft.message = message;
  const failed = message.includes("error");
  const ended = message.includes("logged out");
  kindFields(
    draft,
    ended ? "logout" : failed ? "login-failed" : "login-succeeded",
    ["authentication"],
    [ended ? "end" : "start"],
    failed ? "failure" : "success",
  );
  put(draft, "user.name", between(message, "user '", "'"));
  put(draft, "source.ip", between(`${message} `, "from: ", " ") ?? between(`${message} `, "from ", " "));
  return draft;
}

function transportColumns(draft: EcsDraft, values: readonly string[]): void {
  switch (draft["network.transport"]) {
    case "tcp":
      placeColumns(draft, TCP, values);
      break;
    case "udp":
      placeColumns(draft, UDP, values);
      break;
    case "vrrp":
    case "carp":
      placeColumns(draft, CARP, values);
      break;
    case "icmp":
    case "ipv6-icmp":
      // Only an echo has an id and a number; the others have what they are about.
      if (values.length > 1 && wholeOf(values[1] ?? "") === undefined)
        put(draft, "pfsense.icmp.type", values[0]);
      else placeColumns(draft, ICMP, values);
      break;
    default:
  }
}
