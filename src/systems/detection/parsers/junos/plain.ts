import type { EcsDraft } from "../parser.ts";
import { isIp, portOf, wholeOf } from "../text/address.ts";
import { between } from "../text/csv.ts";
import { put } from "../text/fields.ts";

type Side = "source" | "destination";

/** `198.51.100.3/1080` and `198.51.100.3:1080`; an IPv6 address stands before a slash. */
function endFields(draft: EcsDraft, side: string, text: string | undefined): void {
  if (text === undefined) return;
  const split = Math.max(text.lastIndexOf("/"), isIp(text) ? -1 : text.lastIndexOf(":"));
  const ip = split < 0 ? text : text.slice(0, split);
  if (!isIp(ip)) return;
  draft[`${side}.ip`] = ip;
  const port = split < 0 ? undefined : portOf(text.slice(split + 1));
  if (port !== undefined) draft[`${side}.port`] = port;
}

/** What unstructured messages say, by the order of their words. */
export function plainFields(draft: EcsDraft, tag: string, text: string): void {
  const arrow = text.indexOf("->");
  if (arrow > 0 && (tag.startsWith("RT_FLOW") || tag.startsWith("APPTRACK")))
    flowFields(draft, tag, text, arrow);
  else if (tag.startsWith("RT_")) screenFields(draft, text);
  put(draft, "user.name", between(text, "User '", "'") ?? between(text, "user '", "'"));
  put(draft, "user.name", after(text, "for user ") ?? after(text, "User "));
  put(draft, "source.ip", between(text, "host '", "'") ?? between(text, "from '", "'"));
  put(
    draft,
    "source.ip",
    between(text, "ssh-connection '", " ") ?? after(text, "from host ") ?? after(text, " from "),
  );
  put(draft, "source.ip", after(text, "from-host "));
  if (tag.startsWith("RPD_")) put(draft, "destination.ip", after(text, "peer ") ?? after(text, "neighbor "));
  put(draft, "observer.ingress.interface.name", after(text, "ifName ") ?? after(text, "interface "));
  const command = between(text, "command '", "'");
  if (command !== undefined) put(draft, "process.command_line", command.trim());
}

function after(text: string, words: string): string | undefined {
  const at = text.indexOf(words);
  if (at < 0) return undefined;
  const from = at + words.length;
  const word = text.slice(from, from + 80).split(/[\s,;]/, 1)[0];
  return word === "" || word?.startsWith("'") === true ? undefined : word;
}

/**
 * `session denied 10.0.0.1/1080->10.0.0.2/8010 0x0 junos-dns-udp 17(0) deny-all trust untrust ...` and
 * `session closed TCP FIN: A->B 0x0 service C->D 0x0 source rule r1 N/A N/A 6 policy zone zone id out(bytes) in(bytes) seconds`.
 */
function flowFields(draft: EcsDraft, tag: string, text: string, arrow: number): void {
  const from = text.lastIndexOf(" ", arrow);
  const words = text.slice(from + 1).split(" ", 32);
  const [first, second] = (words[0] ?? "").split("->", 2);
  endFields(draft, "source", first);
  endFields(draft, "destination", second);
  const translated = words.findIndex((word, index) => index > 0 && word.includes("->"));
  if (translated > 0) {
    const [client, server] = (words[translated] ?? "").split("->", 2);
    endFields(draft, "source.nat", client);
    endFields(draft, "destination.nat", server);
  }
  const start = Math.max(translated, 1);
  const protocol = words.findIndex((word, index) => index > start && /^\d{1,3}(\(\d+\))?$/.test(word));
  if (protocol > 0) {
    put(draft, "network.transport", words[protocol]?.split("(", 1)[0]);
    put(draft, "rule.name", words[protocol + 1]);
    put(draft, "observer.ingress.zone", words[protocol + 2]);
    put(draft, "observer.egress.zone", words[protocol + 3]);
    if (!tag.includes("DENY")) put(draft, "network.session_id", words[protocol + 4]);
    if (tag.includes("CLOSE")) {
      countFields(draft, "source", words[protocol + 5]);
      countFields(draft, "destination", words[protocol + 6]);
      const seconds = wholeOf(words[protocol + 7] ?? "");
      if (seconds !== undefined && seconds < 9_000_000) draft["event.duration"] = seconds * 1_000_000_000;
    }
  }
  const head = text.slice(0, from).replace(/:$/, "");
  const reason = /^session closed (.+)$/.exec(head)?.[1];
  if (reason !== undefined) put(draft, "event.reason", reason);
}

/** `10(1500)`: packets and bytes. */
function countFields(draft: EcsDraft, side: Side, word: string | undefined): void {
  const found = /^(\d{1,15})\((\d{1,15})\)$/.exec(word ?? "");
  if (found === null) return;
  put(draft, `${side}.packets`, found[1]);
  put(draft, `${side}.bytes`, found[2]);
}

/** `TCP port scan! source: 198.51.100.3:1024, destination: 203.0.113.2:22, zone name: untrust, interface name: ge-0/0/0.0, action: drop`. */
function screenFields(draft: EcsDraft, text: string): void {
  const mark = text.indexOf("! ");
  if (mark > 0 && mark < 60) put(draft, "rule.name", text.slice(0, mark + 1));
  const said = (words: string) => between(`${text},`, words, ",")?.trim();
  endFields(draft, "source", said("source: "));
  endFields(draft, "destination", said("destination: "));
  put(draft, "observer.ingress.zone", said("zone name: "));
  put(draft, "observer.ingress.interface.name", said("interface name: "));
  put(draft, "event.action", said("action: "));
}

/** `FW: ge-0/0/0.0   D  tcp 198.51.100.3 203.0.113.2  1024   22 (1 packets)`: a firewall filter of the forwarding engine. */
export function filterFields(draft: EcsDraft, text: string): "denied" | "allowed" | undefined {
  const words = text.split(" ", 40).filter((word) => word !== "");
  const at = words.findIndex((word) => word === "A" || word === "D" || word === "R");
  if (at < 1) return undefined;
  put(draft, "observer.ingress.interface.name", words[at - 1]);
  const first = words.findIndex((word, index) => index > at && isIp(word));
  if (first < 0) return undefined;
  put(draft, "network.transport", words[first - 1]);
  put(draft, "source.ip", words[first]);
  put(draft, "destination.ip", words[first + 1]);
  put(draft, "source.port", words[first + 2]);
  put(draft, "destination.port", words[first + 3]);
  put(draft, "network.packets", between(text, "(", " packets)"));
  return words[at] === "A" ? "allowed" : "denied";
}

/** `IKE negotiation failed with error: ... Local: 203.0.113.2/500, Remote: 198.51.100.3/500, ...`. */
export function tunnelFields(draft: EcsDraft, text: string): void {
  endFields(draft, "destination", between(`${text},`, "Local: ", ","));
  endFields(draft, "source", between(`${text},`, "Remote: ", ","));
  put(draft, "event.reason", between(text, "with error: ", ". "));
}
