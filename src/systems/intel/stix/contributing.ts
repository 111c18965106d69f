import { observableIdentifier } from "./identifier.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/** ID contributing properties of each observable (STIX 2.1 section 6); a process has none. */
const CONTRIBUTING: Readonly<Record<string, readonly string[]>> = {
  artifact: ["hashes", "payload_bin"],
  "autonomous-system": ["number"],
  directory: ["path"],
  "domain-name": ["value"],
  "email-addr": ["value"],
  "email-message": ["from_ref", "subject", "body"],
  file: ["hashes", "name", "extensions", "parent_directory_ref"],
  "ipv4-addr": ["value"],
  "ipv6-addr": ["value"],
  "mac-addr": ["value"],
  mutex: ["name"],
  "network-traffic": [
    "start",
    "end",
    "src_ref",
    "dst_ref",
    "src_port",
    "dst_port",
    "protocols",
    "extensions",
  ],
  process: [],
  software: ["name", "cpe", "swid", "vendor", "version"],
  url: ["value"],
  "user-account": ["account_type", "user_id", "account_login"],
  "windows-registry-key": ["key", "values"],
  "x509-certificate": ["hashes", "serial_number"],
};

/** Of several hashes one contributes, the first that is there (section 2.9). */
const PREFERRED_HASHES = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

/** The properties that make up an observable's identifier; undefined of a type that the standard does not know. */
export function contributingOf(object: JsonObject): JsonObject | undefined {
  const type = object["type"];
  const names =
    typeof type === "string" && Object.hasOwn(CONTRIBUTING, type) ? CONTRIBUTING[type] : undefined;
  if (names === undefined) return undefined;
  return Object.fromEntries(
    names.flatMap((name): [string, Json][] => {
      const value = object[name];
      if (value === undefined) return [];
      return [[name, name === "hashes" && isJsonObject(value) ? oneHash(value) : value]];
    }),
  );
}

/**
 * The identifier that every producer derives for an observable (section 2.9): UUIDv5 over the canonical JSON of its
 * contributing properties. Undefined where it has none, since its UUID is then a random one.
 */
export function derivedIdentifier(object: JsonObject): string | undefined {
  const contributing = contributingOf(object);
  if (contributing === undefined || Object.keys(contributing).length === 0) return undefined;
  return observableIdentifier(String(object["type"]), contributing);
}

function oneHash(hashes: JsonObject): JsonObject {
  const name = PREFERRED_HASHES.find((each) => hashes[each] !== undefined) ?? Object.keys(hashes).sort()[0];
  return name === undefined ? {} : { [name]: hashes[name] ?? null };
}
