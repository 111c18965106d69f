import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, place } from "../text/fields.ts";
import { verdictFields } from "../text/verdict.ts";

const TABLE = fieldTable("iptables.", {
  in: "observer.ingress.interface.name",
  out: "observer.egress.interface.name",
  src: "source.ip",
  dst: "destination.ip",
  spt: "source.port",
  dpt: "destination.port",
  proto: "network.transport",
  mac: "",
  len: "network.bytes",
});

/** Where `IN=` begins that has `OUT=` right after it. */
function startIn(message: string): number {
  const at = message.indexOf("IN=");
  if (at < 0 || at > 200) return -1;
  const out = message.indexOf(" OUT=", at);
  return out > 0 && out - at < 40 && message.includes(" SRC=", out) ? at : -1;
}

/** Linux netfilter: the LOG target of iptables and nftables, and UFW. */
export const iptables = defineParser({
  id: "iptables",
  product: "Linux iptables",
  accepts: (message) => startIn(message) >= 0,
  parse(message) {
    const start = startIn(message);
    if (start < 0) return undefined;
    const draft = draftOf("iptables", "iptables.log", "Linux", "netfilter", "firewall");
    const flags: string[] = [];
    for (const word of message.slice(start).split(" ")) {
      const equals = word.indexOf("=");
      if (equals > 0 && equals < 24) {
        const key = word.slice(0, equals).toLowerCase();
        const value = word.slice(equals + 1);
        // The second LEN and ID are those of the inner header.
        const again =
          (key === "len" && draft["network.bytes"] !== undefined) || draft[`iptables.${key}`] !== undefined;
        if (key === "mac") macFields(draft, value);
        else if (value !== "" && !again) place(draft, TABLE, key, value);
      } else if (word !== "" && word.length < 8) {
        flags.push(word);
      }
    }
    if (flags.length > 0) draft["iptables.flags"] = flags;
    prefixFields(draft, message.slice(0, start).trim());
    return draft;
  },
});

/** Destination, source and the type of the frame, in one. */
function macFields(draft: EcsDraft, value: string): void {
  const parts = value.split(":");
  if (parts.length < 12) return;
  draft["destination.mac"] = parts.slice(0, 6).join("-").toUpperCase();
  draft["source.mac"] = parts.slice(6, 12).join("-").toUpperCase();
}

const DENY = ["block", "drop", "deny", "reject", "denied", "dropped"];
const ALLOW = ["allow", "accept", "pass", "audit"];

/** What the rule's author wrote before the packet: `[UFW BLOCK]`, `SFW2-INext-DROP-DEFLT`. */
function prefixFields(draft: EcsDraft, text: string): void {
  const close = text.startsWith("[") ? text.indexOf("]") : -1;
  const uptime = close > 0 && /^\[ *\d+\.\d+$/.test(text.slice(0, close));
  const rest = (uptime ? text.slice(close + 1) : text).trim();
  if (rest !== "") draft["iptables.prefix"] = rest;
  const said = rest.toLowerCase();
  // UniFi and EdgeOS: `[WAN_LOCAL-4000-D]` names the list, the rule, and what was done.
  const letter = /^\[[^\s\]]+-[^\s\]-]+-([ADR])\]$/.exec(rest)?.[1];
  const denied = letter === undefined ? DENY.some((word) => said.includes(word)) : letter !== "A";
  const allowed = !denied && (letter === "A" || ALLOW.some((word) => said.includes(word)));
  const action = denied ? "drop" : allowed ? "accept" : "log";
  kindFields(draft, action, ["network"], ["connection"]);
  if (denied || allowed) verdictFields(draft, action);
  const bare = draft["observer.ingress.interface.name"] === undefined;
  if (bare) draft["network.direction"] = "egress";
  else if (draft["observer.egress.interface.name"] === undefined) draft["network.direction"] = "ingress";
}
