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
}

/** MISP types whose values are observables beside those that devices block. */
const SHAPES: Readonly<Record<string, Shape>> = Object.assign(Object.create(null), {
  filename: { type: "file", path: "file:name", contributing: (name) => ({ name }) },
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
    contributing: (key) => ({ key }),
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
    type: shape.type,
    spec_version: "2.1",
    id: observableIdentifier(shape.type, contributing),
    object_marking_refs: [tlpMarkingId(said.tlp)],
  });
  if (onlyContext) return [observable];
  const literal = "number" in contributing ? String(contributing["number"]) : patternText(value.trim());
  const pattern = `[${shape.path} = ${literal}]`;
  return [observable, indicatorObject({ type, value, pattern }, said, options)];
}
