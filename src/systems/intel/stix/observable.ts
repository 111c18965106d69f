import type { IndicatorType } from "../model.ts";
import { observableIdentifier } from "./identifier.ts";
import { type StixObject, stixObject } from "./object.ts";

const HASH_NAMES = { md5: "MD5", sha1: "SHA-1", sha256: "SHA-256" } as const;
const VALUE_TYPES = {
  ipv4: "ipv4-addr",
  ipv6: "ipv6-addr",
  domain: "domain-name",
  url: "url",
  email: "email-addr",
} as const;

/** The cyber-observable object of an indicator's value, under the id that every producer derives for it. */
export function observableOf(
  type: IndicatorType,
  value: string,
  markingRefs: readonly string[],
  fileName?: string,
): StixObject {
  const contributing =
    type === "md5" || type === "sha1" || type === "sha256"
      ? { hashes: { [HASH_NAMES[type]]: value }, ...(fileName === undefined ? {} : { name: fileName }) }
      : { value };
  const stixType = type === "md5" || type === "sha1" || type === "sha256" ? "file" : VALUE_TYPES[type];
  return stixObject({
    type: stixType,
    spec_version: "2.1",
    id: observableIdentifier(stixType, contributing),
    object_marking_refs: markingRefs,
    ...contributing,
  });
}

/** The STIX pattern that matches the value, `[file:hashes.'SHA-256' = '…']` (STIX 2.1 section 9). */
export function patternOf(type: IndicatorType, value: string): string {
  const path =
    type === "md5" || type === "sha1" || type === "sha256"
      ? `file:hashes.${pathStep(HASH_NAMES[type])}`
      : `${VALUE_TYPES[type]}:value`;
  // A network holds addresses that are not equal to it (section 9.6.1).
  const operator = (type === "ipv4" || type === "ipv6") && value.includes("/") ? "ISSUBSET" : "=";
  return `[${path} ${operator} ${patternText(value)}]`;
}

/** A string literal of the pattern language: `\` and `'` are escaped with `\`. */
export function patternText(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** A step of an object path is quoted where it holds more than letters, digits and `_`. */
function pathStep(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : patternText(name);
}
