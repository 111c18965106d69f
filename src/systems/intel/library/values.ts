import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { isJsonObject, isList, type Json, type JsonObject } from "../stix/json.ts";
import { readPattern } from "../stix/pattern.ts";
import type { Comparison, ObjectPath, Observation, PatternValue } from "../stix/pattern-tree.ts";
import type { Value, ValueKind } from "./model.ts";

/** More values than any object of use bears; the rest of a longer one is not correlated. */
export const MOST_VALUES = 200;
const LONGEST_VALUE = 2000;

const CVE = /^CVE-\d{4}-\d{4,19}$/i;
const ATTACK = /^(?:T|TA|G|S|M|C|DS|A)\d{4}(?:\.\d{3})?$/;
const DOMAIN = /^(?=.{1,253}$)[\p{L}\p{N}_-]{1,63}(?:\.[\p{L}\p{N}_-]{1,63})+$/u;
const HASH_KINDS: Readonly<Record<string, { readonly kind: ValueKind; readonly length: number }>> = {
  md5: { kind: "md5", length: 32 },
  sha1: { kind: "sha1", length: 40 },
  sha256: { kind: "sha256", length: 64 },
  sha512: { kind: "sha512", length: 128 },
};
const HASH_LENGTHS: ReadonlyMap<number, ValueKind> = new Map(
  Object.values(HASH_KINDS).map(({ kind, length }) => [length, kind]),
);

/** One form for one thing, whoever writes it; nothing where the text is no such value. */
export function canonical(kind: ValueKind, text: string): Value | undefined {
  const value = canonicalText(kind, text.trim());
  return value === undefined || value === "" || value.length > LONGEST_VALUE ? undefined : { kind, value };
}

function canonicalText(kind: ValueKind, text: string): string | undefined {
  switch (kind) {
    case "ipv4":
      return canonicalAddress(text, 4);
    case "ipv6":
      return canonicalAddress(text, 6);
    case "domain":
      return canonicalDomain(text);
    case "url":
      return URL.canParse(text) ? new URL(text).href : undefined;
    case "email":
      return /^[^\s@]{1,64}@[^\s@]{1,253}$/.test(text) ? text.toLowerCase() : undefined;
    case "md5":
    case "sha1":
    case "sha256":
    case "sha512":
      return new RegExp(`^[0-9a-f]{${HASH_KINDS[kind]?.length ?? 0}}$`, "i").test(text)
        ? text.toLowerCase()
        : undefined;
    case "cve":
      return CVE.test(text) ? text.toUpperCase() : undefined;
    case "attack":
      return ATTACK.test(text) ? text : undefined;
    case "asn":
      return /^\d{1,10}$/.test(text) ? text : undefined;
    case "file":
    case "registry-key":
      return text.toLowerCase();
    case "mutex":
      return text;
  }
}

/** A whole address; a network that is no single address stays with its length. */
function canonicalAddress(text: string, version: 4 | 6): string | undefined {
  const [host = "", bits, more] = text.split("/");
  if (isIP(host) !== version || more !== undefined) return undefined;
  const address =
    version === 4 ? host : new URL(`http://[${host.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  return bits === undefined || bits === (version === 4 ? "32" : "128") ? address : `${address}/${bits}`;
}

function canonicalDomain(text: string): string | undefined {
  const plain = text.toLowerCase().replace(/\.$/, "");
  if (!DOMAIN.test(plain) || isIP(plain) !== 0) return undefined;
  const ascii = domainToASCII(plain);
  return ascii === "" ? plain : ascii;
}

/**
 * What a text says as a value, also in the defanged forms in which people write (`hxxps://evil[.]example`): an address,
 * a network, a URL, a mail address, a domain, a hash, a CVE or a technique. Nothing where it is none of these.
 */
export function readValue(text: string): Value | undefined {
  const plain = text
    .trim()
    .replace(/^hxxp(s?)(?::|\[:\])/i, "http$1:")
    .replace(/\[\.\]|\(\.\)|\{\.\}|\[dot\]/gi, ".")
    .replace(/\[at\]|\[@\]/gi, "@")
    .replace(/\[:\]/g, ":")
    .replace(/\[\/\]/g, "/");
  if (plain === "" || plain.length > LONGEST_VALUE) return undefined;
  if (CVE.test(plain)) return canonical("cve", plain);
  if (ATTACK.test(plain.toUpperCase()) && /\d{4}/.test(plain))
    return canonical("attack", plain.toUpperCase());
  const hash = /^[0-9a-f]+$/i.test(plain) ? HASH_LENGTHS.get(plain.length) : undefined;
  if (hash !== undefined) return canonical(hash, plain);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(plain)) return canonical("url", plain);
  return (
    canonical("ipv4", plain) ??
    canonical("ipv6", plain) ??
    canonical("email", plain) ??
    canonical("domain", plain)
  );
}

/** The canonical observable values that an object says: what an observable is, what a pattern tests, what is referenced. */
export function valuesOf(object: JsonObject): Value[] {
  const found = new Map<string, Value>();
  const add = (value: Value | undefined) => {
    if (value !== undefined && found.size < MOST_VALUES) found.set(`${value.kind}:${value.value}`, value);
  };
  addObservable(object, add);
  const { pattern, pattern_type: type, objects, external_references: references } = object;
  if (typeof pattern === "string" && (type === "stix" || type === undefined)) addPattern(pattern, add);
  if (isJsonObject(objects))
    for (const each of Object.values(objects)) if (isJsonObject(each)) addObservable(each, add);
  if (references !== undefined && isList(references))
    for (const each of references) if (isJsonObject(each)) addReference(each, add);
  return [...found.values()];
}

const NAMED_KINDS: Readonly<Record<string, readonly [property: string, kind: ValueKind]>> = {
  "ipv4-addr": ["value", "ipv4"],
  "ipv6-addr": ["value", "ipv6"],
  "domain-name": ["value", "domain"],
  url: ["value", "url"],
  "email-addr": ["value", "email"],
  mutex: ["name", "mutex"],
  "windows-registry-key": ["key", "registry-key"],
  "autonomous-system": ["number", "asn"],
  file: ["name", "file"],
  vulnerability: ["name", "cve"],
};

type Add = (value: Value | undefined) => void;

function addObservable(object: JsonObject, add: Add): void {
  const type = typeof object["type"] === "string" ? object["type"] : "";
  const named = Object.hasOwn(NAMED_KINDS, type) ? NAMED_KINDS[type] : undefined;
  if (named !== undefined) {
    const value = object[named[0]];
    if (typeof value === "string" || typeof value === "number") add(canonical(named[1], String(value)));
  }
  if (isJsonObject(object["hashes"])) {
    for (const [name, value] of Object.entries(object["hashes"])) {
      const kind = hashKind(name);
      if (kind !== undefined && typeof value === "string") add(canonical(kind, value));
    }
  }
}

function addReference(reference: JsonObject, add: Add): void {
  const { external_id: id, source_name: source } = reference;
  if (typeof id !== "string" || typeof source !== "string") return;
  if (source === "cve" || CVE.test(id)) add(canonical("cve", id));
  else if (source.startsWith("mitre-")) add(canonical("attack", id));
}

function hashKind(name: string): ValueKind | undefined {
  const plain = name.toLowerCase().replaceAll("-", "");
  return Object.hasOwn(HASH_KINDS, plain) ? HASH_KINDS[plain]?.kind : undefined;
}

function addPattern(pattern: string, add: Add): void {
  const read = readPattern(pattern);
  if ("tree" in read) walkObservation(read.tree, add);
}

function walkObservation(tree: Observation, add: Add): void {
  if (tree.kind === "one") walkComparison(tree.comparison, add);
  else if ("parts" in tree) for (const part of tree.parts) walkObservation(part, add);
  else walkObservation(tree.of, add);
}

function walkComparison(tree: Comparison, add: Add): void {
  if (tree.kind === "and" || tree.kind === "or") for (const part of tree.parts) walkComparison(part, add);
  else if (tree.kind === "test" && !tree.negated && NAMING.has(tree.operator))
    for (const value of tree.values) add(testedValue(tree.path, value));
}

/** Comparisons that name what they mean: a value, one of several, a network by its prefix. */
const NAMING: ReadonlySet<string> = new Set(["=", "IN", "ISSUBSET"]);

/** The value that a comparison of a pattern asks for. */
export function testedValue(path: ObjectPath, value: PatternValue): Value | undefined {
  const text =
    value.kind === "text" ? value.text : value.kind === "number" ? String(value.number) : undefined;
  if (text === undefined) return undefined;
  const steps = path.steps.filter((step): step is string => typeof step === "string");
  const last = steps.at(-1) ?? "";
  const hash = steps.at(-2) === "hashes" ? hashKind(last) : undefined;
  if (hash !== undefined) return canonical(hash, text);
  const named = Object.hasOwn(NAMED_KINDS, path.type) ? NAMED_KINDS[path.type] : undefined;
  if (named !== undefined && steps.length === 1 && named[0] === last) return canonical(named[1], text);
  // Behind a reference, `network-traffic:dst_ref.value`, the type is what the value looks like.
  return last === "value" && steps.at(-2)?.endsWith("_ref") === true ? readValue(text) : undefined;
}

/** The words under which a value is found beside the whole: domains above a host, the host of a URL, a /24. */
export function partsOfValue({ kind, value }: Value): string[] {
  if (kind === "domain") return domainsAbove(value);
  if (kind === "ipv4" && !value.includes("/")) return [`${value.slice(0, value.lastIndexOf("."))}.0/24`];
  if (kind === "email") {
    const host = value.slice(value.lastIndexOf("@") + 1);
    return [host, value.slice(0, value.lastIndexOf("@")), ...domainsAbove(host)];
  }
  if (kind === "attack") return value.includes(".") ? [value.slice(0, value.indexOf(".")).toLowerCase()] : [];
  if (kind !== "url") return [];
  const { hostname } = new URL(value);
  return [hostname, ...domainsAbove(hostname)];
}

function domainsAbove(host: string): string[] {
  if (isIP(host) !== 0) return [];
  const labels = host.split(".");
  return labels.slice(1, -1).map((_, at) => labels.slice(at + 1).join("."));
}

/** Every id that an object refers to, by the property that says so (`created_by_ref`, `object_refs`), also inside. */
export function referencesOf(object: JsonObject): { readonly property: string; readonly id: string }[] {
  const found: { property: string; id: string }[] = [];
  const walk = (value: Json, property: string, depth: number): void => {
    if (found.length >= MOST_REFERENCES || depth > 20) return;
    if (typeof value === "string") {
      if (/_refs?$/.test(property) && value.includes("--")) found.push({ property, id: value });
    } else if (value !== null && typeof value === "object") {
      if (isList(value)) for (const each of value) walk(each, property, depth + 1);
      else for (const [name, each] of Object.entries(value)) walk(each, name, depth + 1);
    }
  };
  walk(object, "", 0);
  return found;
}

/** A report of more objects is linked to the first of them. */
const MOST_REFERENCES = 5000;
