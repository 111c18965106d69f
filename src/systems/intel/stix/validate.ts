import {
  DOMAIN_COMMON,
  extensionsOf,
  extensionTypesOf,
  MARKING_COMMON,
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
} from "./property.ts";

export type { StixFinding } from "./property.ts";

/** Everything that a document, an object or a bundle, breaks of STIX 2.1; findings of level `must` make it invalid. */
export function validate(document: unknown): StixFinding[] {
  const findings: StixFinding[] = [];
  const report: Report = (path, rule, message, level = "must") =>
    findings.push({ level, path, rule, message });
  if (!isJsonObject(document)) report("", "type", "an object is wanted");
  else if (document["type"] === "bundle") checkBundle(document, report);
  else checkObject(document, "", report);
  return findings;
}

/** As `validate`, of what must be a bundle. */
export function validateBundle(document: unknown): StixFinding[] {
  if (isJsonObject(document) && document["type"] === "bundle") return validate(document);
  return [{ level: "must", path: "type", rule: "type", message: "a bundle is wanted" }];
}

/** Section 8. */
function checkBundle(bundle: JsonObject, report: Report): void {
  const { id, objects } = bundle;
  if (typeof id !== "string" || !isIdentifier(id) || typeOfIdentifier(id) !== "bundle") {
    report("id", "identifier", "bundle--UUID is wanted");
  }
  if (objects === undefined) return;
  if (!isList(objects) || objects.length === 0) {
    report("objects", "type", "a list with at least one object is wanted");
    return;
  }
  objects.forEach((object, at) => {
    if (isJsonObject(object)) checkObject(object, `objects.${at}`, report);
    else report(`objects.${at}`, "type", "an object is wanted");
  });
}

function checkObject(object: JsonObject, path: string, report: Report): void {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const { type, id } = object;
  if (typeof type !== "string" || !/^[a-z0-9][a-z0-9-]{1,248}[a-z0-9]$/.test(type) || type.includes("--")) {
    report(at("type"), "object-type", "3 to 250 of a-z, 0-9 and single hyphens");
    return;
  }
  if (typeof id === "string" && typeOfIdentifier(id) !== type)
    report(at("id"), "identifier-type", "the identifier begins with the type");
  const definition = definitionOf(type, object);
  checkMembers(object, definition, path, report);
}

function definitionOf(type: string, object: JsonObject): TypeDefinition {
  if (type === "marking-definition") return MARKING;
  const domain = Object.hasOwn(DOMAIN_OBJECTS, type) ? DOMAIN_OBJECTS[type] : undefined;
  if (domain !== undefined) return joined(DOMAIN_COMMON, domain);
  const observable = Object.hasOwn(OBSERVABLE_OBJECTS, type) ? OBSERVABLE_OBJECTS[type] : undefined;
  if (observable !== undefined) return joined(OBSERVABLE_COMMON, observable);
  // A type of somebody's own: an observable where it says so or has no history, a domain object otherwise.
  const says = extensionTypesOf(object);
  const isObservable =
    says.includes("new-sco") ||
    (!says.includes("new-sdo") && !says.includes("new-sro") && object["created"] === undefined);
  return joined(isObservable ? OBSERVABLE_COMMON : DOMAIN_COMMON, { properties: {} });
}

/** Section 7.2.1: what the marking is stands in `definition`, or in an extension. */
const markingSaysSomething: ObjectRule = (object, path, report) => {
  const { definition_type: type, definition, extensions } = object;
  if (extensions === undefined && (type === undefined || definition === undefined)) {
    report(path, "required", "definition_type and definition, or an extension");
  }
  if (typeof type !== "string" || !isJsonObject(definition)) return;
  const at = path === "" ? "definition" : `${path}.definition`;
  if (type === "statement" && typeof definition["statement"] !== "string")
    report(at, "marking", "a statement is wanted");
  if (
    type === "tlp" &&
    !Object.entries(TLP1).some(([id, tlp]) => object["id"] === id && definition["tlp"] === tlp)
  ) {
    report(at, "marking", "TLP markings are the four that the standard defines");
  }
};

const TLP1: Readonly<Record<string, string>> = {
  "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "white",
  "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
  "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
  "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
};

const definition = (value: Json, path: string, report: Report): void => {
  if (!isJsonObject(value)) report(path, "type", "an object is wanted");
};

const MARKING = joined(MARKING_COMMON, {
  properties: { name: string, definition_type: string, definition },
  rules: [markingSaysSomething],
});

function joined(common: TypeDefinition, own: TypeDefinition): TypeDefinition {
  return {
    required: [...(common.required ?? []), ...(own.required ?? [])],
    properties: { ...common.properties, ...own.properties, extensions: extensionsOf(own.extensions) },
    rules: [...(common.rules ?? []), ...(own.rules ?? [])],
  };
}
