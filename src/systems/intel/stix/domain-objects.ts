import { killChainPhase } from "./common.ts";
import { isJsonObject, isList, type JsonObject } from "./json.ts";
import { observableContainer } from "./observable-container.ts";
import { OBSERVABLE_OBJECTS } from "./observable-objects.ts";
import { readPattern } from "./pattern.ts";
import {
  anyOf,
  boolean,
  type Check,
  float,
  integer,
  language,
  listOf,
  matching,
  type ObjectRule,
  oneOf,
  oneOfTwo,
  ordered,
  type Report,
  reference,
  referenceExcept,
  string,
  type TypeDefinition,
  timestamp,
  within,
} from "./property.ts";

const named: Readonly<Record<string, Check>> = { name: string, description: string };
const strings = listOf(string);
const phases = listOf(killChainPhase);
const seen = { first_seen: timestamp, last_seen: timestamp };
const seenInOrder = ordered("first_seen", "last_seen");
const motives = {
  goals: strings,
  resource_level: string,
  primary_motivation: string,
  secondary_motivations: strings,
};
const anything = listOf(reference());

/** Section 4.7: a pattern of the standard's own language must parse. */
const patternParses: ObjectRule = (object, path, report) => {
  const { pattern, pattern_type: type } = object;
  if (typeof pattern !== "string" || type !== "stix") return;
  const read = readPattern(pattern);
  if ("fault" in read) report(within(path, "pattern"), "pattern", read.why, read.facts);
  else
    for (const what of read.beyond)
      report(within(path, "pattern"), "pattern", "pattern-beyond", { what }, "should");
};

const place: ObjectRule = (object, path, report) => {
  const has = (name: string) => object[name] !== undefined;
  const needs = (name: string, other: string) =>
    report(within(path, other), "together", "needs-other", { name, other });
  if (has("latitude") && !has("longitude")) needs("latitude", "longitude");
  if (has("longitude") && !has("latitude")) needs("longitude", "latitude");
  if (has("precision") && !has("latitude")) needs("precision", "latitude");
};

const familyIsNamed: ObjectRule = (object, path, report) => {
  if (object["is_family"] === true && object["name"] === undefined)
    report(within(path, "name"), "required", "required", { name: "name" });
};

const topLevelOnly: ObjectRule = (object, path, report) => {
  const types = object["extension_types"];
  const topLevel = types !== undefined && isList(types) && types.includes("toplevel-property-extension");
  if (object["extension_properties"] !== undefined && !topLevel)
    report(within(path, "extension_properties"), "extension", "extension-toplevel");
};

const NOT_OBSERVED = [
  "attack-pattern campaign course-of-action grouping identity incident indicator infrastructure intrusion-set location",
  "malware malware-analysis note observed-data opinion report threat-actor tool vulnerability",
  "language-content marking-definition extension-definition bundle",
].flatMap((line) => line.split(" "));
const META = [
  "bundle",
  "marking-definition",
  "language-content",
  "extension-definition",
  "relationship",
  "sighting",
];

/** Section 4.14: what is observed is at least one observable. */
const observesSomething: ObjectRule = (object, path, report) => {
  const refs = object["object_refs"];
  if (refs === undefined || !isList(refs) || refs.length === 0) return;
  if (refs.every((ref) => typeof ref === "string" && /^(?:relationship|sighting)--/.test(ref)))
    report(within(path, "object_refs"), "reference", "observed-nothing");
};

/** Section 7.1: every key is a language, every value a set of translated properties. */
const contents: Check = (value, path, report) => {
  if (!isJsonObject(value) || Object.keys(value).length === 0) report(path, "type", "dictionary");
  else
    for (const [tag, inner] of Object.entries(value)) {
      language(tag, `${path}.${tag}`, report);
      if (!isJsonObject(inner)) report(`${path}.${tag}`, "type", "dictionary");
      else translations(inner, `${path}.${tag}`, report);
    }
};

/** The names are those of properties; a list or dictionary is translated in its own form. */
function translations(inner: JsonObject, path: string, report: Report): void {
  if (Object.keys(inner).length === 0) report(path, "empty-dictionary", "dictionary-empty");
  for (const [name, value] of Object.entries(inner)) {
    if (!/^[a-z0-9_]{3,250}$/.test(name)) report(`${path}.${name}`, "property-name", "property-name");
    if (value === null || (typeof value !== "string" && typeof value !== "object"))
      report(`${path}.${name}`, "type", "translated-value");
  }
}

/** Domain, relationship and versioned meta objects (sections 4, 5, 7). */
export const DOMAIN_OBJECTS: Readonly<Record<string, TypeDefinition>> = {
  "attack-pattern": {
    required: ["name"],
    properties: { ...named, aliases: strings, kill_chain_phases: phases },
  },
  campaign: {
    required: ["name"],
    properties: { ...named, aliases: strings, ...seen, objective: string },
    rules: [seenInOrder],
  },
  "course-of-action": { required: ["name"], properties: named },
  grouping: {
    required: ["context", "object_refs"],
    properties: { ...named, context: string, object_refs: anything },
  },
  identity: {
    required: ["name"],
    properties: {
      ...named,
      roles: strings,
      identity_class: string,
      sectors: strings,
      contact_information: string,
    },
  },
  incident: { required: ["name"], properties: named },
  indicator: {
    required: ["pattern", "pattern_type", "valid_from"],
    properties: {
      ...named,
      indicator_types: strings,
      pattern: string,
      pattern_type: string,
      pattern_version: string,
      valid_from: timestamp,
      valid_until: timestamp,
      kill_chain_phases: phases,
    },
    rules: [ordered("valid_from", "valid_until", true), patternParses],
  },
  infrastructure: {
    required: ["name"],
    properties: {
      ...named,
      infrastructure_types: strings,
      aliases: strings,
      kill_chain_phases: phases,
      ...seen,
    },
    rules: [seenInOrder],
  },
  "intrusion-set": {
    required: ["name"],
    properties: { ...named, aliases: strings, ...seen, ...motives },
    rules: [seenInOrder],
  },
  location: {
    properties: {
      ...named,
      latitude: float(-90, 90),
      longitude: float(-180, 180),
      precision: float(0, Number.MAX_VALUE),
      region: string,
      country: string,
      administrative_area: string,
      city: string,
      street_address: string,
      postal_code: string,
    },
    rules: [anyOf("region", "country", "latitude"), place],
  },
  malware: {
    required: ["is_family"],
    properties: {
      ...named,
      malware_types: strings,
      is_family: boolean,
      aliases: strings,
      kill_chain_phases: phases,
      ...seen,
      operating_system_refs: listOf(reference("software")),
      architecture_execution_envs: strings,
      implementation_languages: strings,
      capabilities: strings,
      sample_refs: listOf(reference("file", "artifact")),
    },
    rules: [seenInOrder, familyIsNamed],
  },
  "malware-analysis": {
    required: ["product"],
    properties: {
      product: string,
      version: string,
      host_vm_ref: reference("software"),
      operating_system_ref: reference("software"),
      installed_software_refs: listOf(reference("software")),
      configuration_version: string,
      modules: strings,
      analysis_engine_version: string,
      analysis_definition_version: string,
      submitted: timestamp,
      analysis_started: timestamp,
      analysis_ended: timestamp,
      result_name: string,
      result: string,
      analysis_sco_refs: listOf(referenceExcept(...NOT_OBSERVED, "relationship", "sighting")),
      sample_ref: reference("file", "artifact", "network-traffic"),
    },
    rules: [anyOf("result", "analysis_sco_refs"), ordered("analysis_started", "analysis_ended")],
  },
  note: {
    required: ["content", "object_refs"],
    properties: { abstract: string, content: string, authors: strings, object_refs: anything },
  },
  "observed-data": {
    required: ["first_observed", "last_observed", "number_observed"],
    properties: {
      first_observed: timestamp,
      last_observed: timestamp,
      number_observed: integer(1, 999_999_999),
      objects: observableContainer,
      object_refs: listOf(referenceExcept(...NOT_OBSERVED)),
    },
    rules: [
      ordered("first_observed", "last_observed"),
      oneOfTwo("object_refs", "objects"),
      observesSomething,
    ],
  },
  opinion: {
    required: ["opinion", "object_refs"],
    properties: {
      explanation: string,
      authors: strings,
      opinion: oneOf("strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"),
      object_refs: anything,
    },
  },
  report: {
    required: ["name", "published", "object_refs"],
    properties: { ...named, report_types: strings, published: timestamp, object_refs: anything },
  },
  "threat-actor": {
    required: ["name"],
    properties: {
      ...named,
      threat_actor_types: strings,
      aliases: strings,
      ...seen,
      roles: strings,
      sophistication: string,
      ...motives,
      personal_motivations: strings,
    },
    rules: [seenInOrder],
  },
  tool: {
    required: ["name"],
    properties: {
      ...named,
      tool_types: strings,
      aliases: strings,
      kill_chain_phases: phases,
      tool_version: string,
    },
  },
  vulnerability: { required: ["name"], properties: named },
  relationship: {
    required: ["relationship_type", "source_ref", "target_ref"],
    properties: {
      relationship_type: matching(/^[a-z0-9-]+$/, "relationship-word"),
      description: string,
      source_ref: referenceExcept(...META),
      target_ref: referenceExcept(...META),
      start_time: timestamp,
      stop_time: timestamp,
    },
    rules: [ordered("start_time", "stop_time", true)],
  },
  sighting: {
    required: ["sighting_of_ref"],
    properties: {
      description: string,
      ...seen,
      count: integer(0, 999_999_999),
      sighting_of_ref: referenceExcept(...META, ...Object.keys(OBSERVABLE_OBJECTS)),
      observed_data_refs: listOf(reference("observed-data")),
      where_sighted_refs: listOf(reference("identity", "location")),
      summary: boolean,
    },
    rules: [seenInOrder],
  },
  "language-content": {
    required: ["object_ref", "contents"],
    properties: { object_ref: reference(), object_modified: timestamp, contents },
  },
  "extension-definition": {
    required: ["created_by_ref", "name", "schema", "version", "extension_types"],
    properties: {
      ...named,
      schema: string,
      version: string,
      extension_types: listOf(
        oneOf("new-sdo", "new-sco", "new-sro", "property-extension", "toplevel-property-extension"),
      ),
      extension_properties: listOf(matching(/^[a-z][a-z0-9_]{2,249}$/, "property-name", "property-name")),
    },
    rules: [topLevelOnly],
  },
};
