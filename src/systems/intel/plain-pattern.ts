import type { IndicatorType } from "./model.ts";
import { readPattern } from "./stix/pattern.ts";
import type { Comparison, ObjectPath, Observation } from "./stix/pattern-tree.ts";

/** A value that makes a pattern true by itself. Of the types ipv4 and ipv6 it may be a prefix. */
export interface PlainValue {
  readonly type: IndicatorType;
  readonly value: string;
}

const PATHS: Readonly<Record<string, IndicatorType>> = {
  "ipv4-addr:value": "ipv4",
  "ipv6-addr:value": "ipv6",
  "domain-name:value": "domain",
  "url:value": "url",
  "email-addr:value": "email",
  "email-message:from_ref.value": "email",
  "email-message:sender_ref.value": "email",
  "network-traffic:dst_ref.value": "ipv4",
  "network-traffic:src_ref.value": "ipv4",
  "file:hashes.MD5": "md5",
  "file:hashes.SHA-1": "sha1",
  "file:hashes.SHA-256": "sha256",
};

/**
 * The values of a STIX pattern that is a plain comparison or an OR of them (section 9.5: `=`, `IN`, and `ISSUBSET` of
 * addresses). Undefined for every other pattern: no single value makes that true.
 */
export function plainValues(pattern: string): PlainValue[] | undefined {
  const read = readPattern(pattern);
  return "fault" in read ? undefined : ofObservation(read.tree);
}

function ofObservation(tree: Observation): PlainValue[] | undefined {
  if (tree.kind === "one") return ofComparison(tree.comparison);
  return tree.kind === "or" ? all(tree.parts, ofObservation) : undefined;
}

function ofComparison(tree: Comparison): PlainValue[] | undefined {
  if (tree.kind === "or") return all(tree.parts, ofComparison);
  if (tree.kind !== "test" || tree.negated) return undefined;
  const type = PATHS[textOf(tree.path)];
  if (type === undefined) return undefined;
  const address = type === "ipv4" || type === "ipv6";
  const fits = tree.operator === "=" || tree.operator === "IN" || (tree.operator === "ISSUBSET" && address);
  if (!fits) return undefined;
  return all(tree.values, (value) => {
    if (value.kind !== "text") return undefined;
    return [{ type: address && value.text.includes(":") ? "ipv6" : type, value: value.text }];
  });
}

/** What the parts give together; undefined when one gives nothing. */
function all<Part>(
  parts: readonly Part[],
  valuesOf: (part: Part) => PlainValue[] | undefined,
): PlainValue[] | undefined {
  const values: PlainValue[] = [];
  for (const part of parts) {
    const found = valuesOf(part);
    if (found === undefined) return undefined;
    values.push(...found);
  }
  return values;
}

function textOf({ type, steps }: ObjectPath): string {
  return `${type}:${steps.map((step) => (typeof step === "object" ? "*" : String(step))).join(".")}`;
}
