import { isIdentifier } from "./identifier.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "./json.ts";
import {
  absoluteUrl,
  anyOf,
  boolean,
  type Check,
  checkMembers,
  hashes,
  integer,
  language,
  listOf,
  type ObjectRule,
  oneOf,
  ordered,
  type Report,
  reference,
  referenceBest,
  string,
  structure,
  type TypeDefinition,
  timestamp,
  within,
} from "./property.ts";

export const killChainPhase = structure({
  required: ["kill_chain_name", "phase_name"],
  properties: { kill_chain_name: string, phase_name: string },
});

/** Section 2.5; the identifiers of CVE and CAPEC have the form their keepers give them. */
const externalReference = structure({
  required: ["source_name"],
  properties: { source_name: string, description: string, url: absoluteUrl, hashes, external_id: string },
  rules: [
    anyOf("description", "url", "external_id"),
    (object, path, report) => {
      const { source_name: source, external_id: id } = object;
      if (typeof source !== "string" || !/^(?:cve|capec)$/i.test(source)) return;
      if (source !== source.toLowerCase())
        report(`${path}.source_name`, "source-name", "source-name", { name: source.toLowerCase() });
      const form = source.toLowerCase() === "cve" ? /^CVE-\d{4}-(?:0\d{3}|[1-9]\d{3,})$/ : /^CAPEC-\d+$/;
      if (typeof id !== "string" || !form.test(id))
        report(`${path}.external_id`, "external-id", "external-id", { source: source.toLowerCase() });
    },
  ],
});

/** Section 7.2.3: a marking or a language, and the parts of the object that it is for. */
const granularMarking = structure({
  required: ["selectors"],
  properties: { lang: language, marking_ref: reference("marking-definition"), selectors: listOf(string) },
  rules: [
    (object, path, report) => {
      if ((object["lang"] === undefined) === (object["marking_ref"] === undefined)) {
        report(within(path, "marking_ref"), "granular-marking", "granular-marking");
      }
    },
  ],
});

const selectorsExist: ObjectRule = (object, path, report) => {
  const markings = object["granular_markings"];
  if (markings === undefined || !isList(markings)) return;
  markings.forEach((marking, at) => {
    const selectors = isJsonObject(marking) ? marking["selectors"] : undefined;
    if (selectors === undefined || !isList(selectors)) return;
    selectors.forEach((selector, index) => {
      if (typeof selector === "string" && selected(object, selector) === undefined) {
        report(
          `${path === "" ? "" : `${path}.`}granular_markings.${at}.selectors.${index}`,
          "selector",
          "selector",
        );
      }
    });
  });
};

/** The value at a selector: property names and `[n]` list positions joined by dots. */
function selected(object: Json, selector: string): Json | undefined {
  return selector.split(".").reduce<Json | undefined>((value, step) => {
    if (value === undefined || value === null || typeof value !== "object") return undefined;
    const position = /^\[(\d{1,9})\]$/.exec(step);
    if (isList(value)) return position === null ? undefined : value[Number(position[1])];
    return isJsonObject(value) && position === null && Object.hasOwn(value, step) ? value[step] : undefined;
  }, object);
}

/** The marking definitions that mark an object or a part of it. */
export function markingRefs(object: JsonObject): string[] {
  return [object["object_marking_refs"], object["granular_markings"]]
    .flatMap((list) => (list !== undefined && isList(list) ? list : []))
    .map((ref) => (isJsonObject(ref) ? ref["marking_ref"] : ref))
    .filter((ref): ref is string => typeof ref === "string");
}

/** A marking never marks itself (section 7.2.1). */
const notOwnMarking: ObjectRule = (object, path, report) => {
  if (object["type"] !== "marking-definition" || !markingRefs(object).includes(String(object["id"]))) return;
  const { object_marking_refs: refs, granular_markings: granular } = object;
  const own = (list: Json | undefined) =>
    list !== undefined && isList(list)
      ? list.findIndex((ref) => (isJsonObject(ref) ? ref["marking_ref"] : ref) === object["id"])
      : -1;
  const [whole, part] = [own(refs), own(granular)];
  const at = whole >= 0 ? `object_marking_refs.${whole}` : `granular_markings.${part}.marking_ref`;
  report(within(path, at), "marking-cycle", "marking-self");
};

const markings = {
  object_marking_refs: listOf(reference("marking-definition")),
  granular_markings: listOf(granularMarking),
};

export const commonRules: readonly ObjectRule[] = [selectorsExist, notOwnMarking];

const specVersion = oneOf("2.1");
const own: Check = (value, path, report) => {
  if (typeof value !== "string" || !isIdentifier(value)) report(path, "identifier", "identifier");
  else if (/[A-F]/.test(value.slice(-36))) report(path, "identifier", "identifier-case", {}, "should");
};

/** Properties of domain and relationship objects and of language content (section 3.2). */
export const DOMAIN_COMMON: TypeDefinition = {
  required: ["type", "spec_version", "id", "created", "modified"],
  properties: {
    type: string,
    spec_version: specVersion,
    id: own,
    created_by_ref: referenceBest("identity"),
    created: timestamp,
    modified: timestamp,
    revoked: boolean,
    labels: listOf(string),
    confidence: integer(0, 100),
    lang: language,
    external_references: listOf(externalReference),
    ...markings,
  },
  rules: [ordered("created", "modified"), ...commonRules],
};

/** Properties of cyber-observables. */
export const OBSERVABLE_COMMON: TypeDefinition = {
  required: ["type", "id"],
  properties: { type: string, spec_version: specVersion, id: own, ...markings, defanged: boolean },
  rules: commonRules,
};

/** Properties of meta objects without versions: marking definitions. */
export const MARKING_COMMON: TypeDefinition = {
  required: ["type", "spec_version", "id", "created"],
  properties: {
    type: string,
    spec_version: specVersion,
    id: own,
    created_by_ref: referenceBest("identity"),
    created: timestamp,
    external_references: listOf(externalReference),
    ...markings,
  },
  rules: commonRules,
};

export const EXTENSION_TYPES = [
  "new-sdo",
  "new-sco",
  "new-sro",
  "property-extension",
  "toplevel-property-extension",
] as const;

/** Section 7.3: the keys are extension definitions or extensions that the standard defines for this very type. */
export function extensionsOf(predefined: TypeDefinition["extensions"] = {}): Check {
  return (value, path, report) => {
    if (!isJsonObject(value)) {
      report(path, "type", "dictionary");
      return;
    }
    if (Object.keys(value).length === 0) report(path, "empty-dictionary", "dictionary-empty");
    for (const [key, extension] of Object.entries(value))
      checkExtension(key, extension, predefined, `${path}.${key}`, report);
  };
}

function checkExtension(
  key: string,
  extension: Json,
  predefined: Readonly<Record<string, Check>>,
  path: string,
  report: Report,
): void {
  const check = Object.hasOwn(predefined, key) ? predefined[key] : undefined;
  if (check !== undefined) check(extension, path, report);
  else if (
    !/^[a-z0-9-]+-ext$/.test(key) &&
    !(key.startsWith("extension-definition--") && isIdentifier(key))
  ) {
    report(path, "extension-key", "extension-key");
  } else if (!isJsonObject(extension)) report(path, "type", "object");
  else {
    const { extension_type: type, ...members } = extension;
    if (Object.keys(extension).length === 0) report(path, "empty-dictionary", "extension-empty");
    if (type !== undefined) oneOf(...EXTENSION_TYPES)(type, `${path}.extension_type`, report);
    else if (key.startsWith("extension-definition--"))
      report(`${path}.extension_type`, "extension-type", "extension-type");
    checkMembers(members, { properties: {} }, path, report);
  }
}

export function extensionTypesOf(object: JsonObject): string[] {
  const extensions = object["extensions"];
  if (!isJsonObject(extensions)) return [];
  return Object.values(extensions).flatMap((each) =>
    isJsonObject(each) && typeof each["extension_type"] === "string" ? [each["extension_type"]] : [],
  );
}
