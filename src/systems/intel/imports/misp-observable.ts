import { observableIdentifier } from "../stix/identifier.ts";
import type { JsonObject } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { patternText } from "../stix/observable.ts";
import { type ImportOptions, indicatorObject, type Said } from "./imported.ts";

interface Shape {
  readonly type: string;
  readonly path: string;
  /** What the identifier is made of; nothing where the value is none of the type. */
  contributing(value: string): JsonObject | undefined;
  /** What the type wants beside. */
  readonly more?: JsonObject;
  /** The whole pattern, where one comparison does not say it. */
  pattern?(value: string): string;
}

const certificate = (name: string, length: number): Shape => ({
  type: "x509-certificate",
  path: `x509-certificate:hashes.${name === "MD5" ? name : `'${name}'`}`,
  contributing: (value) =>
    new RegExp(`^[0-9a-f]{${length}}$`, "i").test(value.trim())
      ? { hashes: { [name]: value.trim().toLowerCase() } }
      : undefined,
});
const fileName: Shape = { type: "file", path: "file:name", contributing: (name) => ({ name }) };

/** `HKLM\\Software\\X|value`: a key and what stands in it. */
function keyAndData(value: string): { key: string; data: string } | undefined {
  const at = value.indexOf("|");
  const [key, data] = [wholeKey(value.slice(0, at)), value.slice(at + 1)];
  return at < 1 || data === "" ? undefined : { key, data };
}

const HIVES: ReadonlyMap<string, string> = new Map([
  ["HKLM", "HKEY_LOCAL_MACHINE"],
  ["HKCU", "HKEY_CURRENT_USER"],
  ["HKCR", "HKEY_CLASSES_ROOT"],
  ["HKU", "HKEY_USERS"],
  ["HKCC", "HKEY_CURRENT_CONFIG"],
]);

/** The hive in full, as STIX wants it (section 6.17). */
function wholeKey(key: string): string {
  const [hive = "", ...below] = key.trim().split("\\");
  return [HIVES.get(hive.toUpperCase().replace(/:$/, "")) ?? hive, ...below].join("\\");
}

/** MISP types whose values are observables beside those that devices block. */
const SHAPES: Readonly<Record<string, Shape>> = Object.assign(Object.create(null), {
  filename: fileName,
  "email-attachment": fileName,
  "email-subject": {
    type: "email-message",
    path: "email-message:subject",
    contributing: (subject) => ({ subject }),
    more: { is_multipart: false },
  },
  "x509-fingerprint-md5": certificate("MD5", 32),
  "x509-fingerprint-sha1": certificate("SHA-1", 40),
  "x509-fingerprint-sha256": certificate("SHA-256", 64),
  sha512: {
    type: "file",
    path: "file:hashes.'SHA-512'",
    contributing: (value) =>
      /^[0-9a-f]{128}$/i.test(value) ? { hashes: { "SHA-512": value.toLowerCase() } } : undefined,
  },
  mutex: { type: "mutex", path: "mutex:name", contributing: (name) => ({ name }) },
  AS: {
    type: "autonomous-system",
    path: "autonomous-system:number",
    contributing: (value) => {
      const number = /^(?:AS)?(\d{1,10})$/i.exec(value.trim())?.[1];
      return number === undefined ? undefined : { number: Number(number) };
    },
  },
  "mac-address": {
    type: "mac-addr",
    path: "mac-addr:value",
    contributing: (value) => {
      const plain = value.trim().toLowerCase().replaceAll("-", ":");
      return /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(plain) ? { value: plain } : undefined;
    },
  },
  regkey: {
    type: "windows-registry-key",
    path: "windows-registry-key:key",
    contributing: (key) => ({ key: wholeKey(key) }),
    pattern: (key) => `[windows-registry-key:key = ${patternText(wholeKey(key))}]`,
  },
  "regkey|value": {
    type: "windows-registry-key",
    path: "windows-registry-key:key",
    contributing: (value) => {
      const read = keyAndData(value);
      return read === undefined ? undefined : { key: read.key, values: [{ data: read.data }] };
    },
    pattern(value) {
      const { key, data } = keyAndData(value) ?? { key: value, data: "" };
      return `[windows-registry-key:key = ${patternText(key)} AND windows-registry-key:values[*].data = ${patternText(data)}]`;
    },
  },
} satisfies Record<string, Shape>);

/** The observable of such an attribute, and its indicator where it is meant for detection; nothing for other types. */
export function mispObservable(
  type: string,
  value: string,
  said: Said,
  options: ImportOptions,
  onlyContext: boolean,
): StixObject[] | undefined {
  const shape = SHAPES[type];
  if (shape === undefined) return undefined;
  const contributing = value.trim() === "" ? undefined : shape.contributing(value);
  if (contributing === undefined) return [];
  const observable = stixObject({
    ...contributing,
    ...shape.more,
    type: shape.type,
    spec_version: "2.1",
    id: observableIdentifier(shape.type, contributing),
    object_marking_refs: [tlpMarkingId(said.tlp)],
  });
  if (onlyContext) return [observable];
  const literal = "number" in contributing ? String(contributing["number"]) : patternText(value.trim());
  const pattern = shape.pattern?.(value.trim()) ?? `[${shape.path} = ${literal}]`;
  return [observable, indicatorObject({ type, value, pattern }, said, options)];
}
