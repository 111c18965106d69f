import type { EcsDraft, ParseContext } from "../parser.ts";
import { draftOf, kindFields, placeAll, put, timeField } from "../text/fields.ts";
import { readPairs } from "../text/pairs.ts";
import { table } from "../text/table.ts";
import { anyTime } from "../text/time.ts";
import { verdictFields, verdictOf } from "../text/verdict.ts";
import { CEF_TABLE } from "./extension.ts";
import { wordKinds } from "./words.ts";

/** `CEF:0|Vendor|Product|Version|Signature|Name|Severity|key=value ...`. */
export interface CefLine {
  /** Vendor, product, version, signature id, name, severity. */
  readonly head: readonly string[];
  readonly extension: string;
}

/**
 * Where `CEF:` stands, at the start or behind what a relay put before it: the vendor is six signs on. Some products put a
 * blank behind the colon, and it is then one sign less before the vendor.
 */
export function cefAt(message: string): number {
  const found = message.indexOf("CEF:");
  const at = message[found + 4] === " " ? found + 1 : found;
  return found >= 0 && found < 100 && message[at + 5] === "|" ? at : -1;
}

/** The parts between the bars; `\|` is a bar that belongs to the part. */
export function readCef(message: string, parts = 6): CefLine | undefined {
  const start = cefAt(message);
  if (start < 0) return undefined;
  const head: string[] = [];
  let from = start + 6;
  let at = from;
  while (head.length < parts) {
    const bar = message.indexOf("|", at);
    if (bar < 0) return undefined;
    at = bar + 1;
    if (message[bar - 1] === "\\" && message[bar - 2] !== "\\") continue;
    head.push(message.slice(from, bar).replaceAll("\\|", "|").replaceAll("\\\\", "\\"));
    from = at;
  }
  return { head, extension: message.slice(from) };
}

const WORDS = table<number>({ unknown: 0, low: 3, medium: 5, high: 8, "very-high": 10 });

function* unescaped(pairs: Map<string, string>): Generator<[string, string]> {
  for (const [key, value] of pairs) {
    if (/^(c[sn]\d|flexstring\d|cfp\d|c6a\d|devicecustomdate\d)label$/.test(key)) continue;
    const label = pairs.get(`${key}label`);
    const name = label === undefined ? key : label.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
    yield [name === "" ? key : name, value.includes("\\") ? value.replaceAll(/\\([=|\\])/g, "$1") : value];
  }
}

/** The record that every CEF line gives; products with a parser of their own go on from it. */
export function cefDraft(line: CefLine, context: ParseContext): EcsDraft {
  const [vendor = "", product = "", version, signature, name, severity = ""] = line.head;
  const draft = draftOf("cef", "cef.log", vendor, product);
  const pairs = readPairs(line.extension);
  put(draft, "observer.version", version);
  put(draft, "event.code", signature);
  put(draft, "rule.name", name);
  const level = WORDS[severity.toLowerCase()] ?? Number(severity);
  if (Number.isInteger(level) && level >= 0 && level <= 10 && severity !== "")
    draft["event.severity"] = level;
  placeAll(draft, CEF_TABLE, unescaped(pairs));
  draft.message ??= name ?? "";
  if (REVERSED.has(vendor)) turnBytes(draft);
  hashField(draft);
  const stamp =
    pairs.get("rt") ?? pairs.get("end") ?? pairs.get("start") ?? pairs.get("ftntfgteventtime") ?? "";
  timeField(draft, anyTime(stamp, context));
  const direction = pairs.get("devicedirection");
  if (direction !== undefined) draft["network.direction"] = direction === "1" ? "outbound" : "inbound";
  const user = draft["source.user.name"] ?? draft["destination.user.name"];
  if (user !== undefined) draft["user.name"] = user;
  kinds(draft, pairs, name ?? "");
  return draft;
}

/** Firewalls that call what they received from the destination `in`, where the format means what the source sent. */
const REVERSED = new Set(["Fortinet", "Palo Alto Networks"]);

function turnBytes(draft: EcsDraft): void {
  const { "source.bytes": source, "destination.bytes": destination } = draft;
  delete draft["source.bytes"];
  delete draft["destination.bytes"];
  if (destination !== undefined) draft["source.bytes"] = destination;
  if (source !== undefined) draft["destination.bytes"] = source;
}

const HASHES = new Map([
  [32, "file.hash.md5"],
  [40, "file.hash.sha1"],
  [64, "file.hash.sha256"],
]);

/** `fileHash` says no kind: its length does. */
function hashField(draft: EcsDraft): void {
  const hash = draft["cef.file_hash"];
  if (typeof hash !== "string" || !/^[\da-fA-F]+$/.test(hash)) return;
  const field = HASHES.get(hash.length);
  if (field !== undefined) put(draft, field, hash);
}

function kinds(draft: EcsDraft, pairs: Map<string, string>, name: string): void {
  const action = pairs.get("act") ?? name;
  const networked = draft["source.ip"] !== undefined && draft["destination.ip"] !== undefined;
  const outcome = pairs.get("outcome")?.toLowerCase();
  const said = `${name} ${pairs.get("cat") ?? ""}`;
  if (!wordKinds(draft, said, action)) {
    kindFields(draft, action, [networked ? "network" : "host"], [networked ? "connection" : "info"]);
    if (verdictOf(action.toLowerCase()) !== undefined) verdictFields(draft, action);
  }
  if (outcome === "success" || outcome === "failure") draft["event.outcome"] = outcome;
}
