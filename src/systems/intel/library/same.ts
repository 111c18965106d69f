import { hash } from "node:crypto";
import { isJsonObject, isList, type JsonObject } from "../stix/json.ts";
import { readPattern } from "../stix/pattern.ts";
import type { Comparison, ObjectPath, Observation, PatternValue } from "../stix/pattern-tree.ts";
import type { SameReason, Value } from "./model.ts";
import { foldedName, namesOf } from "./names.ts";
import { canonical, testedValue, valuesOf } from "./values.ts";

/**
 * What makes two objects of different ids one thing without anybody's decision: the pattern of an indicator, the value
 * of an observable, the number that CVE or ATT&CK gave. Nothing for what only a name tells apart.
 */
export function sameKey(object: JsonObject): (SameReason & { readonly key: string }) | undefined {
  const type = String(object["type"]);
  if (type === "indicator") {
    const pattern = patternKey(object);
    const text = String(object["pattern"]).slice(0, 300);
    return pattern === undefined ? undefined : { by: "pattern", text, key: `indicator ${pattern}` };
  }
  if (Object.hasOwn(NUMBERED, type)) {
    const number = NUMBERED[type]?.(object);
    return number === undefined ? undefined : { by: "number", text: number, key: `${type} ${number}` };
  }
  if (!OBSERVED.has(type)) return undefined;
  const [value] = valuesOf({ ...object, external_references: [] }).sort(
    (a, b) => BEST_HASH.indexOf(a.kind) - BEST_HASH.indexOf(b.kind),
  );
  // The name of a file is no identity; two files are one by their strongest digest.
  if (value === undefined || value.kind === "file") return undefined;
  return { by: "value", text: value.value, key: `${type} ${value.kind} ${value.value}` };
}

/** 64 bits that stand for a key of `sameKey`; never equal to those of an id but by chance. */
export function nodeOf(key: string): bigint {
  return hash("sha256", `same ${key}`, "buffer").readBigInt64BE(0);
}

const OBSERVED: ReadonlySet<string> = new Set([
  "ipv4-addr",
  "ipv6-addr",
  "domain-name",
  "url",
  "email-addr",
  "file",
  "mutex",
  "autonomous-system",
]);
const BEST_HASH: readonly string[] = ["file", "md5", "sha1", "sha256", "sha512"].reverse();

/** The types to which somebody gives numbers, and how each is read: of ATT&CK the first reference is the object's own. */
const NUMBERED: Readonly<Record<string, (object: JsonObject) => string | undefined>> = {
  vulnerability: (object) => valuesOf(object).find(({ kind }) => kind === "cve")?.value,
  "attack-pattern": attackNumber(/^T\d/),
  malware: attackNumber(/^S\d/),
  tool: attackNumber(/^S\d/),
  "intrusion-set": attackNumber(/^G\d/),
  campaign: attackNumber(/^C\d/),
  "course-of-action": attackNumber(/^M\d/),
};

function attackNumber(form: RegExp): (object: JsonObject) => string | undefined {
  return (object) => {
    const references = object["external_references"];
    const [first] = references !== undefined && isList(references) ? references : [];
    if (first === undefined || !isJsonObject(first)) return undefined;
    const { source_name: source, external_id: id } = first;
    if (typeof source !== "string" || !source.startsWith("mitre-") || typeof id !== "string")
      return undefined;
    const value = canonical("attack", id)?.value;
    return value !== undefined && form.test(value) ? value : undefined;
  };
}

function patternKey(object: JsonObject): string | undefined {
  const { pattern, pattern_type: type } = object;
  if (typeof pattern !== "string") return undefined;
  if (type !== "stix" && type !== undefined) return `${String(type)} ${pattern.replace(/\s+/g, " ").trim()}`;
  const read = readPattern(pattern);
  return "tree" in read ? `stix ${observationText(read.tree)}` : undefined;
}

/** One text for all patterns that say the same: operands in one order and once, values in their canonical form. */
function observationText(tree: Observation): string {
  switch (tree.kind) {
    case "one":
      return `[${comparisonText(tree.comparison)}]`;
    case "and":
    case "or":
      // Two observations must be two, so an AND keeps its repetitions.
      return joined(tree.kind, tree.parts.map(observationText), tree.kind === "or");
    case "followed-by":
      return `(${tree.parts.map(observationText).join(" then ")})`;
    case "within":
      return `${observationText(tree.of)} within ${tree.seconds}`;
    case "repeats":
      return `${observationText(tree.of)} repeats ${tree.times}`;
    case "between":
      return `${observationText(tree.of)} from ${instantText(tree.start)} to ${instantText(tree.stop)}`;
  }
}

function comparisonText(tree: Comparison): string {
  if (tree.kind === "and" || tree.kind === "or")
    return joined(tree.kind, tree.parts.map(comparisonText), true);
  const not = tree.negated ? "not " : "";
  if (tree.kind === "exists") return `${not}exists ${pathText(tree.path)}`;
  const whole = tree.operator === "=" || tree.operator === "!=" || tree.operator === "IN";
  const text = (value: PatternValue) => valueText(value, whole ? testedValue(tree.path, value) : undefined);
  const values = [...new Set(tree.values.map(text))].sort();
  // A choice of one is that one.
  const operator = tree.operator === "IN" && values.length === 1 ? "=" : tree.operator;
  return `${not}${pathText(tree.path)} ${operator} ${values.join(",")}`;
}

function joined(word: "and" | "or", parts: readonly string[], once: boolean): string {
  const sorted = (once ? [...new Set(parts)] : [...parts]).sort();
  return sorted.length === 1 ? (sorted[0] ?? "") : `(${sorted.join(` ${word} `)})`;
}

function pathText({ type, steps }: ObjectPath): string {
  return JSON.stringify([type, ...steps.map((step) => (typeof step === "object" ? { any: 1 } : step))]);
}

function valueText(value: PatternValue, known: Value | undefined): string {
  if (known !== undefined) return JSON.stringify([known.kind, known.value]);
  switch (value.kind) {
    case "text":
      return JSON.stringify(value.text);
    case "number":
      return String(value.number);
    case "boolean":
      return String(value.truth);
    case "time":
      return `t${instantText(value.text)}`;
    case "bytes":
      return `h${value.bytes.toString("hex")}`;
  }
}

function instantText(text: string): string {
  const at = Date.parse(text);
  return Number.isNaN(at) || /\.\d{4}/.test(text) ? text : String(at);
}

/** Types whose objects may be one thing by a name, those of one class with each other. */
const CLASSES: readonly (readonly string[])[] = [
  ["malware", "tool"],
  ["intrusion-set", "threat-actor"],
  ["campaign"],
  ["attack-pattern"],
  ["course-of-action"],
  ["infrastructure"],
  ["identity"],
  ["vulnerability"],
];

/** The types among which another object by the same name may be the same thing; empty where names say nothing. */
export function classOf(type: string): readonly string[] {
  return CLASSES.find((types) => types.includes(type)) ?? [];
}

/** Why two objects may be the same thing; none where nothing says so. */
export function reasonsFor(one: JsonObject, other: JsonObject): SameReason[] {
  const reasons: SameReason[] = [];
  const [key, otherKey] = [sameKey(one), sameKey(other)];
  if (key !== undefined && key.key === otherKey?.key) reasons.push({ by: key.by, text: key.text });
  if (classOf(String(one["type"])).includes(String(other["type"]))) {
    const known = new Map(namesOf(other).map((name, at) => [foldedName(name), at]));
    for (const [at, name] of namesOf(one).entries()) {
      const found = known.get(foldedName(name));
      if (found === undefined) continue;
      known.delete(foldedName(name));
      reasons.push({ by: at === 0 && found === 0 ? "name" : "alias", text: name });
    }
  }
  return reasons.slice(0, 10);
}
