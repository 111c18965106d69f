import { defineParser, type EcsDraft } from "../parser.ts";
import { isIp } from "../text/address.ts";
import { draftOf, kindFields, put, timeField } from "../text/fields.ts";
import { levelFields } from "../text/network.ts";
import { epochOf, isoAt } from "../text/time.ts";
import { domainOf } from "../text/url.ts";

const LEVELS = new Set(["info", "notice", "warning", "error", "debug", "query", "reply", "fatal"]);

interface Said {
  readonly at: number | undefined;
  readonly level: string;
  readonly text: string;
}

/** `[1795399872] unbound[4411:0] info: text` of a file, `[4411:0] info: text` behind a syslog tag. */
function saidIn(message: string): Said | undefined {
  // With `log-time-ascii` the file has a date that reads as a syslog header.
  if (message.startsWith("unbound[")) return saidIn(message.slice(7));
  // With `log-time-iso` it stands there as it is.
  if (message[10] === "T" && message[4] === "-") {
    const at = message.indexOf(" unbound[");
    return at > 18 && at < 36 ? saidIn(message.slice(at + 1)) : undefined;
  }
  if (message[0] !== "[") return undefined;
  const close = message.indexOf("] ");
  if (close < 0 || close > 40) return undefined;
  const inner = message.slice(1, close);
  let from = close + 2;
  if (message.startsWith("unbound[", from)) {
    const end = message.indexOf("] ", from);
    if (end < 0 || end - from > 40) return undefined;
    from = end + 2;
  } else if (!/^\d+:[\da-f]+$/.test(inner)) {
    return undefined;
  }
  const colon = message.indexOf(": ", from);
  const level = message.slice(from, Math.max(colon, from));
  return LEVELS.has(level) ? { at: epochOf(inner), level, text: message.slice(colon + 2) } : undefined;
}

/** NLnet Labs Unbound: queries, replies, local zones and response policy, and what else it says. */
export const unbound = defineParser({
  id: "unbound",
  product: "Unbound",
  begins: "[u2",
  accepts: (message) => saidIn(message) !== undefined,
  parse(message, context) {
    const said = saidIn(message);
    if (said === undefined) return undefined;
    const draft = draftOf("unbound", "unbound.log", "NLnet Labs", "Unbound", "dns");
    draft["network.protocol"] = "dns";
    draft.message = said.text;
    timeField(draft, said.at ?? isoAt(message, 0, context)?.at);
    levelFields(draft, said.level === "query" || said.level === "reply" ? "info" : said.level);
    kindFields(draft, "server", ["network"], ["info"]);
    textFields(draft, said.text);
    return draft;
  },
});

function textFields(draft: EcsDraft, text: string): void {
  const words = text.split(" ", 12);
  const policy = text.startsWith("rpz: ");
  const client = words.findIndex((word) => word.includes("@") && isIp(word.slice(0, word.indexOf("@"))));
  if (isIp(words[0] ?? "") && words.length >= 4) {
    put(draft, "source.ip", words[0]);
    questionFields(draft, words, 1);
    const code = words[4];
    draft["dns.type"] = code === undefined ? "query" : "answer";
    kindFields(draft, code === undefined ? "query" : "reply", ["network"], ["protocol", "info"]);
    if (code !== undefined) replyFields(draft, words);
  } else if (client > 0) {
    const word = words[client] ?? "";
    const at = word.indexOf("@");
    put(draft, "source.ip", word.slice(0, at));
    put(draft, "source.port", word.slice(at + 1));
    questionFields(draft, words, client + 1);
    const rule = policy ? words[2]?.replaceAll(/[[\]]/g, "") : words[0];
    if (rule !== undefined) draft["rule.name"] = domainOf(rule);
    put(draft, "unbound.action", words[client - 1]);
    if (policy) draft["event.kind"] = "alert";
    kindFields(
      draft,
      policy ? "response-policy" : "local-zone",
      ["network"],
      ["protocol", "denied"],
      "failure",
    );
  }
}

function questionFields(draft: EcsDraft, words: readonly string[], from: number): void {
  put(draft, "dns.question.name", words[from]);
  put(draft, "dns.question.type", words[from + 1]);
  put(draft, "dns.question.class", words[from + 2]);
}

/** After the question: code, seconds, whether from the cache, size. */
function replyFields(draft: EcsDraft, words: readonly string[]): void {
  const [code, seconds, cached, size] = words.slice(4);
  put(draft, "dns.response_code", code);
  draft["event.outcome"] = code === "NOERROR" ? "success" : "failure";
  const took = Number(seconds);
  if (took >= 0 && took < 9_000_000) draft["event.duration"] = Math.round(took * 1e9);
  if (cached !== undefined) draft["unbound.cached"] = cached === "1";
  put(draft, "destination.bytes", size);
}
