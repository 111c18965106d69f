import { Answers } from "../../answers.ts";
import type { EcsDraft } from "../parser.ts";
import { isIp, portOf } from "../text/address.ts";
import { domainOf } from "../text/url.ts";

/**
 * `client @0x7f... 192.0.2.1#53412 (asked.name): view internal: query: asked.name IN A +E(0)K (192.0.2.53)` and what
 * else named says of a client: denials, transfers, response policy, failures.
 */
export function clientFields(draft: EcsDraft, text: string): void {
  let at = 7;
  if (text[at] === "@") {
    const space = text.indexOf(" ", at);
    if (space < 0) return;
    at = space + 1;
  }
  const hash = text.indexOf("#", at);
  const address = text.slice(at, hash);
  if (isIp(address)) draft["source.ip"] = address;
  else draft["source.address"] = address;
  let end = hash + 1;
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  const port = portOf(text.slice(hash + 1, end));
  if (port !== undefined) draft["source.port"] = port;
  // The name in brackets may itself hold ": "; the message starts after the bracket.
  const bracket = text.startsWith(" (", end) ? text.indexOf("): ", end) : -1;
  if (bracket > 0) draft["dns.question.name"] = domainOf(text.slice(end + 2, bracket));
  const colon = bracket > 0 ? bracket + 1 : text.indexOf(": ", end);
  if (colon < 0) return;
  const signer = text.slice(end, colon);
  const key = signer.indexOf("/key ");
  if (key >= 0) draft["bind.key"] = wordFrom(signer, key + 5);
  let said = text.slice(colon + 2);
  if (said.startsWith("view ")) {
    const stop = said.indexOf(": ");
    if (stop > 0) {
      draft["bind.view"] = said.slice(5, stop);
      said = said.slice(stop + 2);
    }
  }
  saidFields(draft, said);
}

function wordFrom(text: string, from: number): string {
  const space = text.indexOf(" ", from);
  return text.slice(from, space < 0 ? undefined : space);
}

function act(
  draft: EcsDraft,
  action: string,
  type: readonly string[],
  outcome?: "success" | "failure",
): void {
  draft["event.action"] = action;
  draft["event.type"] = type;
  if (outcome !== undefined) draft["event.outcome"] = outcome;
}

const STARTED = ["protocol", "start"] as const;

function saidFields(draft: EcsDraft, said: string): void {
  if (said.startsWith("query: ")) {
    act(draft, "query", STARTED);
    queryFields(draft, said.slice(7));
  } else if (said.startsWith("query failed (")) {
    act(draft, "query-failed", ["protocol", "error"], "failure");
    const close = said.indexOf(")");
    if (close > 0) draft["dns.response_code"] = said.slice(14, close).toUpperCase();
    const on = said.indexOf(" for ", close);
    if (on > 0) questionFields(draft, wordFrom(said, on + 5), "class-first");
  } else if (said.startsWith("rpz ")) {
    policyFields(draft, said);
  } else if (said.startsWith("rate limit ") || said.startsWith("would rate limit ")) {
    act(draft, "rate-limited", ["protocol", "denied"], "failure");
    draft["event.reason"] = said;
  } else if (said.includes("denied") || said.includes("refused") || said === "query (cache)") {
    const kind = said.startsWith("zone transfer")
      ? "zone-transfer"
      : said.startsWith("update")
        ? "update"
        : "query";
    act(draft, `${kind}-denied`, ["protocol", "denied"], "failure");
    quotedFields(draft, said);
    const open = said.lastIndexOf(" (");
    if (said.endsWith(")") && open > said.indexOf("denied")) draft["event.reason"] = said.slice(open + 2, -1);
  } else if (said.startsWith("transfer of '")) {
    act(draft, "zone-transfer", ["protocol", "info"]);
    quotedFields(draft, said);
  } else if (said.startsWith("updating zone '")) {
    act(draft, "update", ["protocol", "change"]);
    quotedFields(draft, said);
  } else if (said.startsWith("received notify") || said.startsWith("notify")) {
    act(draft, "notify", ["protocol", "info"]);
    quotedFields(draft, said);
  }
}

/** `name class type flags (server)`: a name may hold escaped blanks, so the class is looked for. */
function queryFields(draft: EcsDraft, text: string): void {
  let stop = text.indexOf(" ");
  if (!text.startsWith(" IN ", stop)) stop = classIn(text);
  if (stop < 0) return;
  draft["dns.question.name"] = domainOf(text.slice(0, stop));
  draft["dns.type"] = "query";
  const [kind, type, flags, server] = text.slice(stop + 1).split(" ", 5);
  if (kind !== undefined) draft["dns.question.class"] = kind;
  if (type !== undefined) draft["dns.question.type"] = type;
  if (flags !== undefined && (flags.startsWith("+") || flags.startsWith("-"))) flagFields(draft, flags);
  if (server?.startsWith("(") === true && server.endsWith(")")) {
    const address = server.slice(1, -1);
    if (isIp(address)) draft["destination.ip"] = address;
  }
}

function classIn(text: string): number {
  let stop = -1;
  for (const kind of [" IN ", " CH ", " HS ", " ANY ", " CLASS", " RESERVED0 "]) {
    const found = text.indexOf(kind);
    if (found >= 0 && (stop < 0 || found < stop)) stop = found;
  }
  return stop;
}

/** A server's clients set the same few. */
const FLAGS = new Answers<{ readonly names: readonly string[]; readonly transport: "tcp" | "udp" }>(500);

/** `+E(0)TDCK`: recursion, EDNS version, TCP, DNSSEC wanted, checking off, cookie (`K` good, `V` with a server part), signed `S`. */
function flagFields(draft: EcsDraft, flags: string): void {
  let told = FLAGS.get(flags);
  if (told === undefined) {
    const names: string[] = [];
    if (flags.startsWith("+")) names.push("RD");
    if (flags.includes("D")) names.push("DO");
    if (flags.includes("C")) names.push("CD");
    told = { names, transport: flags.includes("T") ? "tcp" : "udp" };
    FLAGS.set(flags, told);
  }
  draft["bind.flags"] = flags;
  if (told.names.length > 0) draft["dns.header_flags"] = told.names;
  draft["network.transport"] = told.transport;
}

/** `rpz QNAME NXDOMAIN rewrite bad.example/A/IN via bad.example.rpz.local`. */
function policyFields(draft: EcsDraft, said: string): void {
  const [, trigger, policy, verb, question, , via] = said.split(" ", 8);
  const passed = policy === "PASSTHRU";
  act(draft, "response-policy", ["protocol", passed ? "allowed" : "denied"], passed ? "success" : "failure");
  draft["event.kind"] = "alert";
  draft["event.category"] = ["network", "intrusion_detection"];
  if (trigger !== undefined) draft["bind.rpz.trigger"] = trigger;
  if (policy !== undefined) draft["bind.rpz.policy"] = policy;
  if (question !== undefined && verb === "rewrite") questionFields(draft, question, "type-first");
  if (via !== undefined) draft["rule.name"] = via;
}

function quotedFields(draft: EcsDraft, said: string): void {
  const open = said.indexOf("'");
  const close = said.indexOf("'", open + 1);
  if (open >= 0 && close > open) questionFields(draft, said.slice(open + 1, close), "type-first");
}

const CLASSES = new Set(["IN", "CH", "HS", "ANY"]);

/** `name/TYPE/CLASS`; query failures put the class first and updates have no type. */
function questionFields(draft: EcsDraft, text: string, order: "type-first" | "class-first"): void {
  const parts = text.split("/", 4);
  const name = parts[0];
  if (name !== undefined && name !== "") draft["dns.question.name"] = domainOf(name);
  const [first, second] = order === "type-first" ? [parts[1], parts[2]] : [parts[2], parts[1]];
  const alone = second === undefined && first !== undefined && CLASSES.has(first);
  const type = alone ? undefined : first;
  const kind = alone ? first : second;
  if (type !== undefined) draft["dns.question.type"] = type;
  if (kind !== undefined) draft["dns.question.class"] = kind;
}
