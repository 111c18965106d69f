import { isIP } from "node:net";
import { isIdentifier } from "./identifier.ts";
import { isJsonObject } from "./json.ts";
import {
  FILE_EXTENSIONS,
  headers,
  NETWORK_TRAFFIC_EXTENSIONS,
  PROCESS_EXTENSIONS,
  textsAndNumbers,
  USER_ACCOUNT_EXTENSIONS,
} from "./observable-extensions.ts";
import {
  absoluteUrl,
  anyOf,
  base64,
  boolean,
  type Check,
  dictionary,
  hashes,
  hex,
  integer,
  language,
  listOf,
  matching,
  type ObjectRule,
  oneOf,
  oneOfTwo,
  ordered,
  observableReference as ref,
  referenceExcept,
  string,
  structure,
  type TypeDefinition,
  timestamp,
  within,
} from "./property.ts";
import { isCharset, isKnownLanguage } from "./vocabularies.ts";

const strings = listOf(string);
const refs = (...types: string[]) => listOf(ref(...types));
const SIZE = integer(0);
const PORT = integer(0, 65_535);
const times = { ctime: timestamp, mtime: timestamp, atime: timestamp };
const charset: Check = (value, path, report) => {
  if (typeof value !== "string" || !isCharset(value)) report(path, "charset", "charset");
};

/** Section 6.1: a media type of IANA's registry, known by its top-level name. */
const mediaType = matching(
  /^(?:application|audio|example|font|haptics|image|message|model|multipart|text|video)\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/,
  "media-type",
  "media-type",
);

/** Section 6.14: RFC 5646, whose languages are those of ISO 639. */
const languages = listOf((value, path, report) => {
  const [subtag = ""] = typeof value === "string" ? value.split("-") : [];
  const known = /^[a-z]{2,3}$/i.test(subtag) && (isKnownLanguage(subtag) || /^q[a-t][a-z]$/i.test(subtag));
  if (known) language(value, path, report);
  else report(path, "language", "language-software");
});

/** An address, or a prefix in CIDR notation without leading zeros. */
function address(version: 4 | 6): Check {
  return (value, path, report) => {
    const [host = "", bits, more] = typeof value === "string" ? value.split("/") : [];
    const length =
      bits === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
    if (isIP(host) !== version || !length || more !== undefined)
      report(path, "address", "ip-address", { version });
  };
}

/** Section 6.4: labels of letters, digits and hyphens; names in other scripts as they are or in punycode. */
const domainName = matching(
  /^(?=.{1,253}\.?$)(?:[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}_])?\.)*[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}_])?\.?$/u,
  "domain-name",
);

/** Section 6.5: RFC 5322's addr-spec: a plain or quoted local part, a name or an address in brackets. */
const mailAddress = matching(
  /^(?:[^\s@<>"(),:;[\\\]]+|"(?:[^"\\\r\n]|\\[^\r\n])*")@(?:[^\s@<>"(),:;[\\\]]+|\[[^\s[\]\\]+\])$/,
  "mail-address",
);
const CPE23 = /^cpe:2\.3:[aho*-](?::(?:\\.|[^\s:\\])+){10}$/i;

const cpe: Check = (value, path, report) => {
  if (typeof value !== "string" || !CPE23.test(value)) report(path, "cpe", "cpe");
};

const artifactSource: ObjectRule = (object, path, report) => {
  const has = (name: string) => object[name] !== undefined;
  const needs = (name: string, other: string) =>
    report(within(path, other), "together", "needs-other", { name, other });
  if (has("url") && !has("hashes")) needs("url", "hashes");
  if (has("decryption_key") && !has("encryption_algorithm")) needs("decryption_key", "encryption_algorithm");
};

const mailBody: ObjectRule = (object, path, report) => {
  const multipart = object["is_multipart"];
  const notWith = (name: string, other: string) =>
    report(within(path, name), "one-of", "not-with", { name, other });
  if (multipart === true && object["body"] !== undefined) notWith("body", "is_multipart: true");
  if (multipart === false && object["body_multipart"] !== undefined)
    notWith("body_multipart", "is_multipart: false");
};

const endedIsNotActive: ObjectRule = (object, path, report) => {
  if (object["end"] !== undefined && object["is_active"] === true)
    report(within(path, "is_active"), "together", "not-with", { name: "is_active: true", other: "end" });
};

const wholeHive: ObjectRule = (object, path, report) => {
  const key = object["key"];
  if (typeof key === "string" && /^(?:HKLM|HKCU|HKCR|HKU|HKCC)(?:\\|$)/i.test(key)) {
    report(within(path, "key"), "registry-hive", "registry-hive");
  }
};

const mimePart = structure({
  properties: {
    body: string,
    body_raw_ref: ref("artifact", "file"),
    content_type: string,
    content_disposition: string,
  },
  rules: [oneOfTwo("body", "body_raw_ref")],
});
const REGISTRY_TYPES = [
  "REG_NONE REG_SZ REG_EXPAND_SZ REG_BINARY REG_DWORD REG_DWORD_BIG_ENDIAN REG_DWORD_LITTLE_ENDIAN REG_LINK",
  "REG_MULTI_SZ REG_RESOURCE_LIST REG_FULL_RESOURCE_DESCRIPTION REG_RESOURCE_REQUIREMENTS_LIST REG_QWORD REG_INVALID_TYPE",
].flatMap((line) => line.split(" "));
const registryValue = structure({
  properties: { name: string, data: string, data_type: oneOf(...REGISTRY_TYPES) },
  rules: [anyOf("name", "data", "data_type")],
});
const anySco = listOf(referenceExcept("bundle", "marking-definition", "relationship", "sighting"));

/** Section 2.9: where nothing contributes to it, an observable's UUID is a random one. */
const randomWithout =
  (...contributing: readonly string[]): ObjectRule =>
  (object, path, report) => {
    const id = object["id"];
    if (typeof id !== "string" || contributing.some((name) => object[name] !== undefined)) return;
    if (!/--[0-9a-f]{8}-[0-9a-f]{4}-4/i.test(id) && isIdentifier(id))
      report(within(path, "id"), "identifier-version", "identifier-random");
  };

const certificateTimes: Check = (value, path, report) => {
  if (!isJsonObject(value) || Object.keys(value).length === 0) report(path, "type", "object");
  else
    for (const [name, inner] of Object.entries(value)) {
      (/^private_key_usage_period_not_(?:before|after)$/.test(name) ? timestamp : string)(
        inner,
        `${path}.${name}`,
        report,
      );
    }
};

const CERTIFICATE: Readonly<Record<string, Check>> = {
  is_self_signed: boolean,
  hashes,
  version: string,
  serial_number: string,
  signature_algorithm: string,
  issuer: string,
  validity_not_before: timestamp,
  validity_not_after: timestamp,
  subject: string,
  subject_public_key_algorithm: string,
  subject_public_key_modulus: string,
  subject_public_key_exponent: integer(),
  x509_v3_extensions: certificateTimes,
};

/** Cyber-observable objects (section 6) with the extensions that the standard defines for them. */
export const OBSERVABLE_OBJECTS: Readonly<Record<string, TypeDefinition>> = {
  artifact: {
    properties: {
      mime_type: mediaType,
      payload_bin: base64,
      url: absoluteUrl,
      hashes,
      encryption_algorithm: oneOf("AES-256-GCM", "ChaCha20-Poly1305", "mime-type-indicated"),
      decryption_key: string,
    },
    rules: [oneOfTwo("payload_bin", "url"), artifactSource, randomWithout("hashes", "payload_bin")],
  },
  "autonomous-system": { required: ["number"], properties: { number: integer(), name: string, rir: string } },
  directory: {
    required: ["path"],
    properties: { path: string, path_enc: charset, ...times, contains_refs: refs("file", "directory") },
  },
  "domain-name": {
    required: ["value"],
    properties: { value: domainName, resolves_to_refs: refs("ipv4-addr", "ipv6-addr", "domain-name") },
  },
  "email-addr": {
    required: ["value"],
    properties: {
      value: mailAddress,
      display_name: string,
      belongs_to_ref: ref("user-account"),
    },
  },
  "email-message": {
    required: ["is_multipart"],
    properties: {
      is_multipart: boolean,
      date: timestamp,
      content_type: string,
      from_ref: ref("email-addr"),
      sender_ref: ref("email-addr"),
      to_refs: refs("email-addr"),
      cc_refs: refs("email-addr"),
      bcc_refs: refs("email-addr"),
      message_id: string,
      subject: string,
      received_lines: strings,
      additional_header_fields: headers,
      body: string,
      body_multipart: listOf(mimePart),
      raw_email_ref: ref("artifact"),
    },
    rules: [mailBody, randomWithout("from_ref", "subject", "body")],
  },
  file: {
    properties: {
      hashes,
      size: SIZE,
      name: string,
      name_enc: charset,
      magic_number_hex: hex,
      mime_type: string,
      ...times,
      parent_directory_ref: ref("directory"),
      contains_refs: anySco,
      content_ref: ref("artifact"),
    },
    rules: [anyOf("hashes", "name")],
    extensions: FILE_EXTENSIONS,
  },
  "ipv4-addr": {
    required: ["value"],
    properties: {
      value: address(4),
      resolves_to_refs: refs("mac-addr"),
      belongs_to_refs: refs("autonomous-system"),
    },
  },
  "ipv6-addr": {
    required: ["value"],
    properties: {
      value: address(6),
      resolves_to_refs: refs("mac-addr"),
      belongs_to_refs: refs("autonomous-system"),
    },
  },
  "mac-addr": {
    required: ["value"],
    properties: { value: matching(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/, "mac-address") },
  },
  mutex: { required: ["name"], properties: { name: string } },
  "network-traffic": {
    required: ["protocols"],
    properties: {
      start: timestamp,
      end: timestamp,
      is_active: boolean,
      src_ref: ref("ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"),
      dst_ref: ref("ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"),
      src_port: PORT,
      dst_port: PORT,
      protocols: strings,
      src_byte_count: SIZE,
      dst_byte_count: SIZE,
      src_packets: SIZE,
      dst_packets: SIZE,
      ipfix: textsAndNumbers,
      src_payload_ref: ref("artifact"),
      dst_payload_ref: ref("artifact"),
      encapsulates_refs: refs("network-traffic"),
      encapsulated_by_ref: ref("network-traffic"),
    },
    rules: [anyOf("src_ref", "dst_ref"), ordered("start", "end"), endedIsNotActive],
    extensions: NETWORK_TRAFFIC_EXTENSIONS,
  },
  process: {
    properties: {
      is_hidden: boolean,
      pid: integer(),
      created_time: timestamp,
      cwd: string,
      command_line: string,
      environment_variables: dictionary(string),
      opened_connection_refs: refs("network-traffic"),
      creator_user_ref: ref("user-account"),
      image_ref: ref("file"),
      parent_ref: ref("process"),
      child_refs: refs("process"),
    },
    rules: [
      anyOf(
        "is_hidden",
        "pid",
        "created_time",
        "cwd",
        "command_line",
        "environment_variables",
        "opened_connection_refs",
        "creator_user_ref",
        "image_ref",
        "parent_ref",
        "child_refs",
        "extensions",
      ),
      randomWithout(),
    ],
    extensions: PROCESS_EXTENSIONS,
  },
  software: {
    required: ["name"],
    properties: { name: string, cpe, swid: string, languages, vendor: string, version: string },
  },
  url: { required: ["value"], properties: { value: absoluteUrl } },
  "user-account": {
    properties: {
      user_id: string,
      credential: string,
      account_login: string,
      account_type: string,
      display_name: string,
      is_service_account: boolean,
      is_privileged: boolean,
      can_escalate_privs: boolean,
      is_disabled: boolean,
      account_created: timestamp,
      account_expires: timestamp,
      credential_last_changed: timestamp,
      account_first_login: timestamp,
      account_last_login: timestamp,
    },
    rules: [
      anyOf(
        "user_id",
        "credential",
        "account_login",
        "account_type",
        "display_name",
        "is_service_account",
        "is_privileged",
        "can_escalate_privs",
        "is_disabled",
        "account_created",
        "account_expires",
        "credential_last_changed",
        "account_first_login",
        "account_last_login",
        "extensions",
      ),
      randomWithout("account_type", "user_id", "account_login"),
    ],
    extensions: USER_ACCOUNT_EXTENSIONS,
  },
  "windows-registry-key": {
    properties: {
      key: string,
      values: listOf(registryValue),
      modified_time: timestamp,
      creator_user_ref: ref("user-account"),
      number_of_subkeys: integer(),
    },
    rules: [
      anyOf("key", "values", "modified_time", "creator_user_ref", "number_of_subkeys"),
      wholeHive,
      randomWithout("key", "values"),
    ],
  },
  "x509-certificate": {
    properties: CERTIFICATE,
    rules: [anyOf(...Object.keys(CERTIFICATE)), randomWithout("hashes", "serial_number")],
  },
};
