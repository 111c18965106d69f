import { type ReasonFacts, reasonText } from "../reasons/model.ts";
import {
  DOMAIN_COMMON,
  extensionsOf,
  extensionTypesOf,
  MARKING_COMMON,
  markingRefs,
  OBSERVABLE_COMMON,
} from "./common.ts";
import { DOMAIN_OBJECTS } from "./domain-objects.ts";
import { isIdentifier, typeOfIdentifier } from "./identifier.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "./json.ts";
import { OBSERVABLE_OBJECTS } from "./observable-objects.ts";
import {
  checkMembers,
  type ObjectRule,
  type Report,
  type StixFinding,
  string,
  type TypeDefinition,
  within,
} from "./property.ts";
import { ruleName } from "./sections.ts";
import { customNames, notApplicable, SHOULD_RULES } from "./should.ts";

export type { StixFinding } from "./property.ts";

/**
 * Everything that a document breaks of STIX 2.1: an object, a bundle, or a list of objects. Findings of level `must` make
 * it invalid. Each is told with the section of the standard, `2.16 timestamp`.
 */
export function validate(document: unknown): StixFinding[] {
  const findings: StixFinding[] = [];
  if (Array.isArray(document)) checkObjects(document, "", findings);
  else if (!isJsonObject(document)) reportTo(findings, "")("$", "type", "object");
  else if (document["type"] === "bundle") checkBundle(document, findings);
  else checkObject(document, "", findings);
  return findings;
}

/** As `validate`, of what must be a bundle. */
export function validateBundle(document: unknown): StixFinding[] {
  if (isJsonObject(document) && document["type"] === "bundle") return validate(document);
  const findings: StixFinding[] = [];
  reportTo(findings, "bundle")("type", "type", "bundle");
  return findings;
}

const NO_FACTS: ReasonFacts = {};

function reportTo(findings: StixFinding[], type: string): Report {
  return (path, rule, why, facts = NO_FACTS, level = "must") => {
    findings.push({
      level,
      path: path === "" ? "$" : path,
      rule: ruleName(rule, type),
      why,
      facts,
      message: reasonText(why, facts),
    });
  };
}

/** Section 8: a bundle but for what its objects are. */
export function checkBundleItself(bundle: JsonObject, findings: StixFinding[]): void {
  const report = reportTo(findings, "bundle");
  const { id } = bundle;
  if (typeof id !== "string" || !isIdentifier(id) || typeOfIdentifier(id) !== "bundle") {
    report("id", "identifier", "identifier-of", { type: "bundle" });
  }
  for (const rule of SHOULD_RULES) rule(bundle, "", report);
  for (const name of Object.keys(bundle)) {
    if (!["type", "id", "objects"].includes(name))
      report(name.slice(0, 250), "bundle", "bundle-property", {}, "should");
  }
}

function checkBundle(bundle: JsonObject, findings: StixFinding[]): void {
  checkBundleItself(bundle, findings);
  const { objects } = bundle;
  if (objects === undefined) return;
  if (!isList(objects) || objects.length === 0) {
    reportTo(findings, "bundle")("objects", "type", "list-filled");
    return;
  }
  checkObjects(objects, "objects.", findings);
}

function checkObjects(objects: readonly unknown[], prefix: string, findings: StixFinding[]): void {
  const markings = new MarkingGraph();
  objects.forEach((object, at) => {
    checkMember(object, `${prefix}${at}`, findings, markings);
  });
}

/** One element of a bundle or a list; the markings that it is part of go into the graph, which tells of cycles. */
export function checkMember(
  object: unknown,
  path: string,
  findings: StixFinding[],
  markings: MarkingGraph,
): void {
  const report = reportTo(findings, "bundle");
  if (!isJsonObject(object)) report(path, "type", "object");
  else if (object["type"] === "bundle") report(path, "bundle", "bundle-inside");
  else {
    checkObject(object, path, findings);
    if (markings.closes(object)) report(`${path}.object_marking_refs`, "marking-cycle", "marking-circle");
  }
}

/** Which marking definition marks which (section 7.2.1): grows with the definitions alone. */
export class MarkingGraph {
  private readonly marks = new Map<string, string[]>();

  /** Takes a definition in; does it close a circle with those before? */
  closes(object: JsonObject): boolean {
    const { type, id } = object;
    if (type !== "marking-definition" || typeof id !== "string") return false;
    const direct = markingRefs(object).filter((ref) => ref !== id);
    this.marks.set(id, direct);
    const open = [...direct];
    for (const seen = new Set<string>(); open.length > 0; ) {
      const next = open.pop() ?? "";
      if (next === id) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(this.marks.get(next) ?? []));
    }
    return false;
  }
}

function checkObject(object: JsonObject, path: string, findings: StixFinding[]): void {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const { type, id } = object;
  const report = reportTo(findings, typeof type === "string" ? type : "");
  if (typeof type !== "string" || !/^[a-z][a-z0-9-]{1,248}[a-z0-9]$/.test(type) || type.includes("--")) {
    report(at("type"), "object-type", "object-type");
    return;
  }
  if (typeof id === "string" && typeOfIdentifier(id) !== type)
    report(at("id"), "identifier-type", "identifier-type");
  const before = findings.length;
  const definition = definitionOf(type, object);
  checkMembers(object, definition, path, report);
  // What is nested too deep is walked no further.
  if (findings.slice(before).some(({ rule }) => rule.endsWith(" nesting"))) return;
  for (const rule of SHOULD_RULES) rule(object, path, report);
  customNames(definition.properties, isExtended(object, type))(object, path, report);
  if (!isKnownType(type) && !type.startsWith("x-") && extensionTypesOf(object).length === 0)
    report(at("type"), "custom-name", "custom-type", {}, "should");
}

function isKnownType(type: string): boolean {
  return (
    type === "marking-definition" ||
    Object.hasOwn(DOMAIN_OBJECTS, type) ||
    Object.hasOwn(OBSERVABLE_OBJECTS, type)
  );
}

function isExtended(object: JsonObject, type: string): boolean {
  return !isKnownType(type) || extensionTypesOf(object).includes("toplevel-property-extension");
}

const DOMAIN_TYPES = mapOf(DOMAIN_OBJECTS, DOMAIN_COMMON);
const OBSERVABLE_TYPES = mapOf(OBSERVABLE_OBJECTS, {
  ...OBSERVABLE_COMMON,
  rules: [...(OBSERVABLE_COMMON.rules ?? []), notApplicable("observable")],
});
const CUSTOM_DOMAIN = joined(DOMAIN_COMMON, { properties: {} });
const CUSTOM_OBSERVABLE = joined(OBSERVABLE_COMMON, { properties: {} });

function mapOf(types: Readonly<Record<string, TypeDefinition>>, common: TypeDefinition) {
  return new Map(Object.entries(types).map(([type, definition]) => [type, joined(common, definition)]));
}

function definitionOf(type: string, object: JsonObject): TypeDefinition {
  if (type === "marking-definition") return MARKING;
  const known = DOMAIN_TYPES.get(type) ?? OBSERVABLE_TYPES.get(type);
  if (known !== undefined) return known;
  // A type of somebody's own: an observable where it says so or has no history, a domain object otherwise.
  const says = extensionTypesOf(object);
  const isObservable =
    says.includes("new-sco") ||
    (!says.includes("new-sdo") && !says.includes("new-sro") && !isVersioned(object));
  return isObservable ? CUSTOM_OBSERVABLE : CUSTOM_DOMAIN;
}

function isVersioned(object: JsonObject): boolean {
  return object["created"] !== undefined || object["modified"] !== undefined;
}

/** Section 7.2.1: what the marking is stands in `definition`, or in an extension. */
const markingSaysSomething: ObjectRule = (object, path, report) => {
  const { definition_type: type, definition, extensions } = object;
  const at = (name: string) => within(path, name);
  if (extensions === undefined && (type === undefined || definition === undefined)) {
    report(at(type === undefined ? "definition_type" : "definition"), "required", "marking-empty");
  }
  if (typeof type !== "string" || !isJsonObject(definition)) return;
  if (type === "statement" && typeof definition["statement"] !== "string")
    report(at("definition.statement"), "marking", "marking-statement");
  if (
    type === "tlp" &&
    !Object.entries(TLP1).some(([id, tlp]) => object["id"] === id && definition["tlp"] === tlp)
  ) {
    report(at("definition.tlp"), "marking", "marking-tlp");
  }
};

const TLP1: Readonly<Record<string, string>> = {
  "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "white",
  "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
  "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
  "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
};

const definition = (value: Json, path: string, report: Report): void => {
  if (!isJsonObject(value)) report(path, "type", "object");
};

const MARKING = joined(MARKING_COMMON, {
  properties: { name: string, definition_type: string, definition },
  rules: [markingSaysSomething, notApplicable("marking")],
});

function joined(common: TypeDefinition, own: TypeDefinition): TypeDefinition {
  return {
    required: [...(common.required ?? []), ...(own.required ?? [])],
    properties: { ...common.properties, ...own.properties, extensions: extensionsOf(own.extensions) },
    rules: [...(common.rules ?? []), ...(own.rules ?? [])],
  };
}
