import { type Refusal, refusal } from "../reasons/model.ts";
import { contributingOf } from "../stix/contributing.ts";
import { observableIdentifier } from "../stix/identifier.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "../stix/json.ts";
import type { StixObject } from "../stix/object.ts";

/** Vocabularies that stood in `labels` and have a property of their own in STIX 2.1 (section 13, changes). */
const TYPES_IN_LABELS: Readonly<Record<string, string>> = {
  indicator: "indicator_types",
  malware: "malware_types",
  report: "report_types",
  "threat-actor": "threat_actor_types",
  tool: "tool_types",
};

const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  file: { created: "ctime", modified: "mtime", accessed: "atime" },
  directory: { created: "ctime", modified: "mtime", accessed: "atime" },
  process: { created: "created_time", binary_ref: "image_ref" },
  "user-account": { password_last_changed: "credential_last_changed" },
  "windows-registry-key": { modified: "modified_time" },
};
/** Properties that STIX 2.1 took away. */
const GONE: Readonly<Record<string, readonly string[]>> = {
  process: ["name", "arguments"],
  file: ["is_encrypted", "encryption_algorithm", "decryption_key"],
};

/** A STIX 2.0 object as objects of STIX 2.1: the observables of observed data become objects of their own. */
export function convertStix20(value: unknown): { objects: StixObject[]; refused: Refusal[] } {
  if (!isJsonObject(value) || typeof value["type"] !== "string" || typeof value["id"] !== "string")
    return { objects: [], refused: [refusal("", "3.2 type", "container-object")] };
  const { type, id } = value;
  const { labels, granular_markings: granular, ...rest } = value;
  const typesIn = TYPES_IN_LABELS[type];
  const common: Record<string, Json> = { ...rest, type, id, spec_version: "2.1" };
  if (labels !== undefined) common[typesIn ?? "labels"] = labels;
  if (type === "malware") common["is_family"] ??= false;
  if (type === "indicator") {
    common["pattern_type"] ??= "stix";
    if (typeof value["pattern"] === "string") common["pattern"] = convertPattern20(value["pattern"]);
  }
  if (type !== "observed-data") {
    const kept = granular === undefined ? [] : selecting(granular, common);
    if (kept.length > 0) common["granular_markings"] = kept;
    return { objects: [common as StixObject], refused: [] };
  }
  const { objects: graph, ...observed } = common;
  if (!isJsonObject(graph)) return { objects: [], refused: [refusal(".objects", "4.14 type", "dictionary")] };
  const markings = value["object_marking_refs"];
  const { made, refused } = observables(graph, id, markings);
  if (made.length === 0) return { objects: [], refused };
  return {
    objects: [...made, { ...observed, type, id, object_refs: [...new Set(made.map((each) => each.id))] }],
    refused,
  };
}

/** Observables in an order in which each comes after those that its identifier is made of. */
function observables(
  graph: JsonObject,
  owner: string,
  markings: Json | undefined,
): { made: StixObject[]; refused: Refusal[] } {
  const made = new Map<string, StixObject>();
  const refused: Refusal[] = [];
  const waiting = new Map(Object.entries(graph));
  for (let before = -1; waiting.size > 0 && waiting.size !== before; ) {
    before = waiting.size;
    for (const [key, given] of waiting) {
      if (!isJsonObject(given) || typeof given["type"] !== "string") {
        refused.push(refusal(`.objects.${key}`, "4.14 type", "container-object"));
        waiting.delete(key);
        continue;
      }
      const needed = keysIn(given);
      if (needed.some((each) => waiting.has(each))) continue;
      const missing = needed.find((each) => !made.has(each));
      if (missing !== undefined)
        refused.push(
          refusal(`.objects.${key}`, "4.14 reference", "refers-missing", { name: missing.slice(0, 60) }),
        );
      else made.set(key, observable(given, given["type"], `${owner} ${key}`, made, markings));
      waiting.delete(key);
    }
  }
  for (const key of waiting.keys())
    refused.push(refusal(`.objects.${key}`, "4.14 reference", "refers-circle"));
  return { made: [...made.values()], refused };
}

function observable(
  given: JsonObject,
  type: string,
  place: string,
  made: ReadonlyMap<string, StixObject>,
  markings: Json | undefined,
): StixObject {
  const members: Record<string, Json> = {};
  for (const [name, value] of Object.entries(given)) {
    if (GONE[type]?.includes(name) === true) continue;
    const now = RENAMED[type]?.[name] ?? name;
    members[now] = name === "type" ? value : withIds(name, value, made);
  }
  if (type === "process" && members["command_line"] === undefined && typeof given["name"] === "string") {
    const { arguments: words } = given;
    const said = isList(words ?? null)
      ? (words as readonly Json[]).filter((word) => typeof word === "string")
      : [];
    members["command_line"] = [given["name"], ...said].join(" ");
  }
  return {
    ...members,
    type,
    spec_version: "2.1",
    id: identifierOf(type, members, place),
    ...(markings === undefined ? {} : { object_marking_refs: markings }),
  };
}

/** A type of somebody's own has an identifier of its properties. */
function identifierOf(type: string, members: JsonObject, place: string): string {
  const contributing = contributingOf({ ...members, type });
  if (contributing === undefined) return observableIdentifier(type, members);
  if (Object.keys(contributing).length > 0) return observableIdentifier(type, contributing);
  // Nothing contributes, as to a process: a UUIDv4 is wanted, and the same place must give the same one again.
  const [name = "", uuid = ""] = observableIdentifier(type, { place }).split("--");
  return `${name}--${uuid.slice(0, 14)}4${uuid.slice(15)}`;
}

function keysIn(value: JsonObject): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    if (name.endsWith("_ref") && typeof member === "string") return [member];
    if (name.endsWith("_refs") && isList(member)) return member.filter((each) => typeof each === "string");
    if (isJsonObject(member)) return keysIn(member);
    return isList(member) ? member.flatMap((each) => (isJsonObject(each) ? keysIn(each) : [])) : [];
  });
}

function withIds(name: string, value: Json, made: ReadonlyMap<string, StixObject>): Json {
  if (name.endsWith("_ref") && typeof value === "string") return made.get(value)?.id ?? value;
  if (isList(value)) {
    if (name.endsWith("_refs"))
      return value.map((each) => (typeof each === "string" ? (made.get(each)?.id ?? each) : each));
    return value.map((each) => withIds("", each, made));
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withIds(key, inner, made)]));
}

/** Granular markings whose selectors still find something; `labels` may have another name now. */
function selecting(granular: Json, object: JsonObject): Json[] {
  if (!isList(granular)) return [];
  return granular.flatMap((marking) => {
    const selectors = isJsonObject(marking) ? marking["selectors"] : undefined;
    if (!isJsonObject(marking) || selectors === undefined || !isList(selectors)) return [];
    const kept = selectors.filter(
      (each) => typeof each === "string" && Object.hasOwn(object, each.split(".", 1)[0] ?? ""),
    );
    return kept.length === 0 ? [] : [{ ...marking, selectors: kept }];
  });
}

/** A pattern of STIX 2.0 in the words of 2.1: timestamps bear a `t`, and some properties have other names. */
export function convertPattern20(pattern: string): string {
  let out = "";
  for (let at = 0; at < pattern.length; ) {
    if (pattern[at] === "'") {
      let end = at + 1;
      while (end < pattern.length && pattern[end] !== "'") end += pattern[end] === "\\" ? 2 : 1;
      const isTime = /(?:START|STOP)\s{1,20}$/i.test(out.slice(-30));
      out += `${isTime ? "t" : ""}${pattern.slice(at, end + 1)}`;
      at = end + 1;
      continue;
    }
    const next = pattern.indexOf("'", at);
    const plain = pattern.slice(at, next < 0 ? pattern.length : next);
    out += plain.replace(/\b([a-z0-9-]{2,40}):([a-z_]{2,40})\b/g, (whole, type: string, name: string) => {
      const renamed = Object.hasOwn(RENAMED, type) ? RENAMED[type]?.[name] : undefined;
      return renamed === undefined ? whole : `${type}:${renamed}`;
    });
    at = next < 0 ? pattern.length : next;
  }
  return out;
}
